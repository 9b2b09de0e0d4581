//! What every operation does with a query that it does not have and with formats that it does not write.

use super::support::db::TestDb;
use super::support::http::{Answer, TestServer};
use super::support::operations::{OPEN, Operation, call, operations};
use handback::domain::actor::Scope;
use reqwest::StatusCode;

/// The receipt has two formats and chooses itself.
const NEGOTIATED: &[&str] = &[
    "terminations_receipt",
    "reports_hand_in_list",
    "reports_receipt_list",
];

fn with_query(operation: &Operation, query: &str) -> Operation {
    Operation {
        method: operation.method.clone(),
        path: format!("{}?{query}", operation.path),
        body: operation.body.clone(),
    }
}

#[actix_web::test]
async fn a_parameter_that_an_operation_does_not_have_is_refused_by_name() {
    let db = TestDb::sqlite();
    let server = TestServer::start(&db);
    let caller = server.caller(Scope::ALL).await;
    for (id, operation) in &operations() {
        if OPEN.contains(&id.as_str()) {
            continue;
        }
        for (query, refusal) in [
            ("colour=red", "400 colour unknown_parameter"),
            ("colour=red&colour=red", "400 colour repeated_parameter"),
            ("191212121212=x", "400  unknown_parameter"),
        ] {
            let request = call(&server, &with_query(operation, query), &format!("{id}-{query}"));
            let answer = Answer::of(request.bearer_auth(caller.token())).await;
            assert_eq!(answer.refusal(), refusal, "{id}?{query}");
        }
        // An empty query is none.
        let request = call(&server, &with_query(operation, ""), &format!("{id}-empty"));
        let answer = Answer::of(request.bearer_auth(caller.token())).await;
        assert_ne!(answer.status, StatusCode::BAD_REQUEST, "{id}: {}", answer.body);
    }
    server.stop().await;
}

#[actix_web::test]
async fn json_is_written_for_those_who_take_it_and_406_for_the_others() {
    let db = TestDb::sqlite();
    let server = TestServer::start(&db);
    let caller = server.caller(Scope::ALL).await;
    for (id, operation) in &operations() {
        if OPEN.contains(&id.as_str()) || NEGOTIATED.contains(&id.as_str()) {
            continue;
        }
        for (accept, is_served) in [
            ("application/xml", false),
            ("text/html, application/json;q=0", false),
            ("*/*", true),
            ("application/*", true),
            ("application/json", true),
            ("application/problem+json", true),
        ] {
            let request = call(&server, operation, &format!("{id}-{accept}"));
            let request = request.header("accept", accept).bearer_auth(caller.token());
            let answer = Answer::of(request).await;
            assert_eq!(
                answer.status != StatusCode::NOT_ACCEPTABLE,
                is_served,
                "{id} for {accept}: {} {}",
                answer.status,
                answer.body
            );
            if !is_served {
                assert_eq!(answer.problem()["type"], "urn:handback:problem:not-acceptable");
            }
        }
    }
    // Pages and probes have manners of their own.
    for path in ["/livez", "/openapi.yaml", "/docs"] {
        let request = server.anonymous(reqwest::Method::GET, &format!("{path}?utm_source=mail"));
        let answer = Answer::of(request.header("accept", "text/html")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    server.stop().await;
}
