//! The exemplar resource: reads, edits, lists.

use super::harness::{Answer, Harness, send};
use crate::domain::actor::Scope;
use serde_json::{Value, json};
use std::collections::HashSet;

const PATH: &str = "/v1/legal-entities";

async fn create(server: &Harness, token: &str, body: &Value) -> Answer {
    let key = server.app.ids.next::<uuid::Uuid>().to_string();
    let answer = send(
        server
            .request("POST", PATH)
            .bearer_auth(token)
            .header("idempotency-key", key)
            .json(body),
    )
    .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer
}

async fn patch(server: &Harness, token: &str, path: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut request = server.request("PATCH", path).bearer_auth(token).json(body);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    send(request).await
}

#[tokio::test]
async fn an_edit_names_its_version_and_only_the_first_one_wins() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let made = create(
        &server,
        &token,
        &json!({"name": "Socialnämnden", "kind": "authority"}),
    )
    .await;
    let path = made.header("location").to_owned();
    let change = json!({"name": "Vård- och omsorgsnämnden"});
    patch(&server, &token, &path, None, &change)
        .await
        .is_problem(428, "precondition-required");
    patch(&server, &token, &path, Some("W/\"v1\""), &change)
        .await
        .is_problem(412, "precondition-failed");
    let changed = patch(&server, &token, &path, Some("\"v0\", \"v1\""), &change).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"v2\""));
    assert_eq!(changed.json()["name"], "Vård- och omsorgsnämnden");
    let late = patch(&server, &token, &path, Some("\"v1\""), &change).await;
    late.is_problem(412, "precondition-failed");
    assert_eq!(late.header("etag"), "\"v2\"");
    // What changes nothing makes no version.
    let same = patch(&server, &token, &path, Some("*"), &change).await;
    assert_eq!((same.status, same.header("etag")), (200, "\"v2\""));
    server.stop().await;
}

#[tokio::test]
async fn in_a_patch_absent_means_unchanged_and_null_means_cleared() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let new = json!({"name": "Exempelbostäder AB", "kind": "company", "org_number": "5560160680"});
    let made = create(&server, &token, &new).await;
    let path = made.header("location").to_owned();
    assert_eq!(made.json()["org_number"], "556016-0680");
    let kept = patch(&server, &token, &path, Some("*"), &json!({"language": "en"})).await;
    assert_eq!(
        (&kept.json()["org_number"], &kept.json()["language"]),
        (&"556016-0680".into(), &"en".into())
    );
    let cleared = patch(&server, &token, &path, Some("*"), &json!({"org_number": null})).await;
    assert_eq!(cleared.json()["org_number"], Value::Null);
    let refused = patch(&server, &token, &path, Some("*"), &json!({"name": null})).await;
    refused.is_problem(422, "validation-failed");
    assert_eq!(refused.json()["errors"][0]["code"], "wrong_type");
    server.stop().await;
}

#[tokio::test]
async fn a_reader_that_has_the_version_gets_no_body() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let made = create(
        &server,
        &token,
        &json!({"name": "Socialnämnden", "kind": "authority"}),
    )
    .await;
    let path = made.header("location").to_owned();
    for (tag, status) in [("\"v1\"", 304), ("W/\"v1\"", 304), ("*", 304), ("\"v2\"", 200)] {
        let read = send(
            server
                .request("GET", &path)
                .bearer_auth(&token)
                .header("if-none-match", tag),
        )
        .await;
        assert_eq!((read.status, read.header("etag")), (status, "\"v1\""), "{tag}");
        assert_eq!(read.body.is_empty(), status == 304);
        assert_eq!(read.header("cache-control"), "no-store");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_malformed_id_is_answered_like_an_unknown_one() {
    let server = Harness::start().await;
    let token = server.admin().await;
    for id in ["01939e5c-5b6a-7c1e-8f00-0242ac120002", "x", "%FF", "..%2f"] {
        let answer = send(server.request("GET", &format!("{PATH}/{id}")).bearer_auth(&token)).await;
        answer.is_problem(404, "not-found");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_list_is_walked_to_its_end_while_others_add_to_it() {
    let server = Harness::start().await;
    let token = server.admin().await;
    for n in 0..7 {
        let kind = if n % 2 == 0 { "authority" } else { "company" };
        create(
            &server,
            &token,
            &json!({"name": format!("Nummer {n}"), "kind": kind}),
        )
        .await;
    }
    let public = &server.app.config.public_url;
    let mut address = format!("{public}{PATH}?limit=2&kind=authority");
    let mut seen = HashSet::new();
    for page in 0..4 {
        let path = address.strip_prefix(public.as_str()).unwrap().to_owned();
        let answer = send(server.request("GET", &path).bearer_auth(&token)).await;
        let body = answer.json();
        assert_eq!(body["self"], address.as_str());
        for item in body["items"].as_array().unwrap() {
            assert!(seen.insert(item["name"].as_str().unwrap().to_owned()));
        }
        let Some(next) = body["next"].as_str() else {
            assert_eq!((page, answer.header("link")), (1, ""));
            break;
        };
        assert_eq!(answer.header("link"), format!("<{next}>; rel=\"next\""));
        address = next.to_owned();
        create(
            &server,
            &token,
            &json!({"name": format!("Sen {page}"), "kind": "company"}),
        )
        .await;
    }
    assert_eq!(seen.len(), 4);
    server.stop().await;
}

#[tokio::test]
async fn a_cursor_that_was_changed_or_belongs_elsewhere_is_refused() {
    let server = Harness::start().await;
    let token = server.token(&[Scope::Admin]).await;
    for n in 0..3 {
        create(
            &server,
            &token,
            &json!({"name": format!("Nummer {n}"), "kind": "authority"}),
        )
        .await;
    }
    let first = send(
        server
            .request("GET", &format!("{PATH}?limit=1"))
            .bearer_auth(&token),
    )
    .await
    .json();
    let cursor = first["next"]
        .as_str()
        .unwrap()
        .split_once("cursor=")
        .unwrap()
        .1
        .to_owned();
    let mut changed = cursor.clone();
    changed.replace_range(..1, if cursor.starts_with('A') { "B" } else { "A" });
    for query in [
        format!("cursor={changed}"),
        format!("kind=authority&cursor={cursor}"),
        "cursor=".to_owned(),
    ] {
        let answer = send(
            server
                .request("GET", &format!("{PATH}?{query}"))
                .bearer_auth(&token),
        )
        .await;
        answer.is_problem(400, "cursor-invalid");
    }
    let other_limit = send(
        server
            .request("GET", &format!("{PATH}?limit=2&cursor={cursor}"))
            .bearer_auth(&token),
    )
    .await;
    assert_eq!(other_limit.json()["items"].as_array().unwrap().len(), 2);
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "colour=red",
        "kind=authority&kind=company",
    ] {
        let answer = send(
            server
                .request("GET", &format!("{PATH}?{query}"))
                .bearer_auth(&token),
        )
        .await;
        answer.is_problem(400, "malformed-request");
    }
    server.stop().await;
}
