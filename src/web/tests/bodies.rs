//! Bodies that are wrong, too large or never come.

use super::harness::{Answer, Harness, send};
use std::time::Duration;

const PATH: &str = "/v1/legal-entities";
const GOOD: &str = r#"{"name":"Socialnämnden","kind":"authority"}"#;

async fn post(server: &Harness, token: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = server
        .request("POST", PATH)
        .bearer_auth(token)
        .header("idempotency-key", uuid::Uuid::nil().to_string())
        .header("content-type", media_type);
    send(request.body(body)).await
}

#[tokio::test]
async fn a_body_of_another_media_type_is_415() {
    let server = Harness::start().await;
    let token = server.admin().await;
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "x",
    ] {
        let answer = post(&server, &token, media_type, GOOD).await;
        answer.is_problem(415, "unsupported-media-type");
        assert_eq!(answer.header("accept"), "application/json");
    }
    let zipped = server
        .request("POST", PATH)
        .bearer_auth(&token)
        .header("idempotency-key", "k");
    let zipped = zipped
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    send(zipped.body("x"))
        .await
        .is_problem(415, "unsupported-media-type");
    assert_eq!(
        post(&server, &token, "Application/JSON; charset=UTF-8", GOOD)
            .await
            .status,
        201
    );
    server.stop().await;
}

#[tokio::test]
async fn text_that_is_not_one_json_value_is_400() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let wrong: [&[u8]; 6] = [
        b"",
        b"{",
        b"{\"name\":\"\xff\",\"kind\":\"authority\"}",
        br#"{"name":"a","name":"b","kind":"authority"}"#,
        br#"{"name":"a","kind":"authority","x":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"#,
        br#"{"name":"a","kind":"authority"} {}"#,
    ];
    for body in wrong {
        let answer = post(&server, &token, "application/json", body).await;
        answer.is_problem(400, "malformed-body");
    }
    server.stop().await;
}

#[tokio::test]
async fn json_of_another_shape_is_422_and_its_values_are_not_repeated() {
    let server = Harness::start().await;
    let token = server.admin().await;
    for (body, pointer, code) in [
        (r#"{"kind":"authority"}"#, "/name", "missing_member"),
        (
            r#"{"name":"a","kind":"authority","colour":"191212121212"}"#,
            "/colour",
            "unknown_member",
        ),
        (
            r#"{"name":191212121212,"kind":"authority"}"#,
            "/name",
            "wrong_type",
        ),
        (r#"{"name":"a","kind":"191212121212"}"#, "/kind", "unknown_value"),
        (r#"{"name":"  ","kind":"authority"}"#, "/name", "name_blank"),
        (
            r#"{"name":"a","kind":"company","org_number":"191212121212"}"#,
            "/org_number",
            "org_number_format",
        ),
    ] {
        let answer = post(&server, &token, "application/json", body).await;
        answer.is_problem(422, "validation-failed");
        let fault = &answer.json()["errors"][0];
        assert_eq!(
            (fault["pointer"].as_str(), fault["code"].as_str()),
            (Some(pointer), Some(code))
        );
        assert!(!answer.text().contains("1912"));
        // The key is the same every time: a body that says nothing is not kept, a broken rule is.
        if code == "name_blank" {
            break;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn every_broken_rule_is_told_at_once() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let answer = post(
        &server,
        &token,
        "application/json",
        r#"{"name":"","kind":"company","org_number":"1"}"#,
    )
    .await;
    answer.is_problem(422, "validation-failed");
    let body = answer.json();
    let pointers: Vec<&str> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/name", "/org_number"]);
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_whether_or_not_it_says_so_first() {
    let server = Harness::start_with(|config| config.http.body_limit = 1_000).await;
    let token = server.admin().await;
    let answer = post(&server, &token, "application/json", "x".repeat(1_001)).await;
    answer.is_problem(413, "body-too-large");
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
    let (answer, closed) = server
        .raw(
            format!("{head}{}", chunk.repeat(3)).as_bytes(),
            Duration::from_secs(5),
        )
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("body-too-large"),
        "{answer}"
    );
    assert!(
        closed,
        "the rest of the body must not be read as a request: {answer}"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_stalls_is_408_and_the_connection_is_closed() {
    let server = Harness::start_with(|config| config.http.body_deadline = Duration::from_millis(100)).await;
    let token = server.admin().await;
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{{\"name\":"
    );
    let (answer, closed) = server.raw(request.as_bytes(), Duration::from_secs(5)).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("body-timeout"),
        "{answer}"
    );
    assert!(closed);
    server.stop().await;
}

#[tokio::test]
async fn an_unfinished_chunked_body_holds_no_connection_whoever_refuses_it() {
    let server = Harness::start_with(|config| config.http.body_deadline = Duration::from_millis(100)).await;
    let token = server.admin().await;
    for (path, token, status) in [
        (PATH, token.as_str(), 408),
        (PATH, "x", 401),
        ("/v1/nothing", "x", 404),
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"nam\r\n"
        );
        let (answer, closed) = server.raw(request.as_bytes(), Duration::from_secs(5)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(closed, "{path}");
    }
    server.stop().await;
}
