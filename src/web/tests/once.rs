//! One effect for one idempotency key.

use super::harness::{Answer, Harness, send};
use crate::domain::actor::Scope;

const PATH: &str = "/v1/legal-entities";
const COMPANY: &str = r#"{"name":"Exempelbostäder AB","kind":"company","org_number":"556016-0680"}"#;

async fn post(server: &Harness, token: &str, key: &str, body: &'static str) -> Answer {
    let request = server
        .request("POST", PATH)
        .bearer_auth(token)
        .header("idempotency-key", key);
    send(request.header("content-type", "application/json").body(body)).await
}

async fn count(server: &Harness, token: &str) -> usize {
    let list = send(server.request("GET", PATH).bearer_auth(token)).await;
    list.json()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_key_is_needed_and_must_be_readable() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let request = server
        .request("POST", PATH)
        .bearer_auth(&token)
        .header("content-type", "application/json");
    send(request.body(COMPANY))
        .await
        .is_problem(400, "idempotency-key-missing");
    post(&server, &token, "a b", COMPANY)
        .await
        .is_problem(400, "malformed-request");
    assert_eq!(count(&server, &token).await, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_bytes_and_has_one_effect() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let first = post(&server, &token, "\"key-1\"", COMPANY).await;
    assert_eq!((first.status, first.header("etag")), (201, "\"v1\""));
    assert!(first.headers.get("idempotent-replayed").is_none());
    let address = first.header("location").to_owned();
    // The same key without quotes is the same key.
    let second = post(&server, &token, "key-1", COMPANY).await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!((second.status, &second.body), (201, &first.body));
    for name in ["location", "etag", "content-type"] {
        assert_eq!(second.header(name), first.header(name));
    }
    assert_eq!(count(&server, &token).await, 1);
    let read = send(server.request("GET", &address).bearer_auth(&token)).await;
    assert_eq!(read.body, first.body);
    server.stop().await;
}

#[tokio::test]
async fn a_key_with_another_request_is_refused_and_another_clients_key_is_another_key() {
    let server = Harness::start().await;
    let token = server.admin().await;
    assert_eq!(post(&server, &token, "key", COMPANY).await.status, 201);
    let other = r#"{"name":"Socialnämnden","kind":"authority"}"#;
    post(&server, &token, "key", other)
        .await
        .is_problem(422, "idempotency-key-reused");
    let stranger = server.admin().await;
    assert_eq!(post(&server, &stranger, "key", other).await.status, 201);
    assert_eq!(count(&server, &token).await, 2);
    server.stop().await;
}

#[tokio::test]
async fn a_refusal_by_a_rule_is_kept_and_one_for_want_of_rights_is_not() {
    let server = Harness::start().await;
    let token = server.admin().await;
    assert_eq!(post(&server, &token, "one", COMPANY).await.status, 201);
    let first = post(&server, &token, "two", COMPANY).await;
    first.is_problem(409, "conflict");
    assert_eq!(first.json()["code"], "org_number_taken");
    let again = post(&server, &token, "two", COMPANY).await;
    assert_eq!((again.status, &again.body), (409, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");

    let reader = server.token(&[Scope::Read]).await;
    for _ in 0..2 {
        let refused = post(&server, &reader, "three", COMPANY).await;
        refused.is_problem(403, "forbidden");
        assert!(refused.headers.get("idempotent-replayed").is_none());
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_with_one_key_that_arrive_together_have_one_effect() {
    let server = Harness::start().await;
    let token = server.admin().await;
    let body = r#"{"name":"Socialnämnden","kind":"authority"}"#;
    let answers = futures_util::future::join_all((0..20).map(|_| post(&server, &token, "key", body))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer.body == answers[0].body)
    );
    let fresh = answers
        .iter()
        .filter(|answer| answer.headers.get("idempotent-replayed").is_none());
    assert_eq!(fresh.count(), 1);
    assert_eq!(count(&server, &token).await, 1);
    server.stop().await;
}
