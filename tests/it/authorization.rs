//! Who may call what: one table, held against the description of the API. An operation without a row fails
//! the test, and so does a row without an operation.

use super::support::db::TestDb;
use super::support::http::{Answer, TestServer};
use handback::domain::actor::Scope;
use handback::web::openapi;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;

use Scope::{Admin, Desk, Hr, Mdm, Read};

/// The scopes of which one is enough, by operation.
const ALLOWED: &[(&str, &[Scope])] = &[
    ("assignments_create", &[Desk, Admin]),
    ("assignments_end", &[Desk, Admin]),
    ("assignments_get", &[Read, Desk, Admin]),
    ("assignments_list", &[Read, Desk, Admin]),
    ("audit_events_list", &[Read, Admin]),
    ("codes_answer", &[Desk]),
    ("codes_list", &[Read, Desk, Admin]),
    ("codes_reveal", &[Desk]),
    ("devices_create", &[Desk, Admin]),
    ("devices_get", &[Read, Desk, Admin]),
    ("devices_list", &[Read, Desk, Admin]),
    ("devices_update", &[Desk, Admin]),
    ("employment_documents_create", &[Hr]),
    ("employments_deliver", &[Hr]),
    ("employments_get", &[Hr, Read, Desk, Admin]),
    ("employments_list", &[Hr, Read, Desk, Admin]),
    ("jobs_cancel", &[Admin]),
    ("jobs_get", &[Read, Desk, Admin]),
    ("jobs_list", &[Read, Desk, Admin]),
    ("jobs_resume", &[Admin]),
    ("legal_entities_create", &[Admin]),
    ("legal_entities_get", &[Read, Desk, Admin]),
    ("legal_entities_list", &[Read, Desk, Admin]),
    ("legal_entities_update", &[Admin]),
    ("mdm_reports_deliver", &[Mdm]),
    ("mdm_reports_list", &[Read, Desk, Admin]),
    ("messages_get", &[Read, Desk, Admin]),
    ("messages_list", &[Read, Desk, Admin]),
    ("people_create", &[Desk, Admin]),
    ("people_get", &[Read, Desk, Admin]),
    ("people_list", &[Read, Desk, Admin]),
    ("people_update", &[Desk, Admin]),
    ("sources_create", &[Admin]),
    ("sources_get", &[Read, Desk, Admin]),
    ("sources_list", &[Read, Desk, Admin]),
    ("subscriptions_create", &[Desk, Admin]),
    ("subscriptions_get", &[Read, Desk, Admin]),
    ("subscriptions_list", &[Read, Desk, Admin]),
    ("subscriptions_update", &[Desk, Admin]),
    ("terminations_decide_number", &[Desk]),
    ("terminations_get", &[Read, Desk, Admin]),
    ("terminations_hold", &[Desk]),
    ("terminations_list", &[Read, Desk, Admin]),
    ("terminations_receipt", &[Read, Desk, Admin]),
    ("terminations_release", &[Desk]),
    ("terminations_reopen", &[Desk]),
    ("terminations_report_outcome", &[Desk]),
    ("terminations_settle", &[Desk]),
    ("terminations_timeline", &[Read, Desk, Admin]),
    ("terminations_verify", &[Desk]),
    ("units_create", &[Desk, Admin]),
    ("units_get", &[Read, Desk, Admin]),
    ("units_list", &[Read, Desk, Admin]),
    ("units_update", &[Desk, Admin]),
];

/// Operations that anybody may call. This list may only get shorter.
const OPEN: &[&str] = &[
    "health_live",
    "health_ready",
    "metrics_read",
    "openapi_read",
    "token_issue",
];

/// One operation of the description, ready to be called.
struct Operation {
    method: Method,
    path: String,
    body: Option<Value>,
}

fn operations() -> BTreeMap<String, Operation> {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let body = schema.map(|reference| {
                let component = document.pointer(reference.trim_start_matches('#')).unwrap();
                let example = &component["examples"][0];
                assert!(!example.is_null(), "{reference} has no example");
                example.clone()
            });
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path
                .replace("{source}", "hr")
                .replace("{name}", "hr")
                .replace("{external_id}", "e-1")
                .replace("{check}", "returned")
                .replace("{id}", "01939e5c-5b6a-7c1e-8f00-0242ac120002")
                .replace("{item}", "01939e5c-5b6a-7c1e-8f00-0242ac120003");
            found.insert(id.to_owned(), Operation { method, path, body });
        }
    }
    found
}

fn call(server: &TestServer<'_>, operation: &Operation, key: &str) -> reqwest::RequestBuilder {
    let mut request = server
        .anonymous(operation.method.clone(), &operation.path)
        .header("idempotency-key", key)
        .header("if-match", "\"v1\"");
    if operation.method == Method::GET {
        request = server.anonymous(Method::GET, &operation.path);
    }
    match &operation.body {
        Some(body) => request.json(body),
        None => request,
    }
}

#[test]
fn every_operation_is_in_the_table_and_every_row_is_an_operation() {
    let known: Vec<String> = operations()
        .into_keys()
        .filter(|id| !OPEN.contains(&id.as_str()))
        .collect();
    let mut listed: Vec<String> = ALLOWED.iter().map(|(id, _)| (*id).to_owned()).collect();
    listed.sort();
    assert_eq!(listed, known);
}

#[actix_web::test]
async fn nobody_calls_what_their_scope_does_not_allow() {
    let db = TestDb::sqlite();
    let server = TestServer::start(&db);
    let operations = operations();
    for (id, operation) in &operations {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == id) else {
            continue;
        };
        let anonymous = Answer::of(call(&server, operation, "anonymous")).await;
        assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED, "{id} without a token");
        for scope in Scope::ALL {
            let caller = server.caller(&[*scope]).await;
            let request = call(&server, operation, &format!("{id}-{scope}")).bearer_auth(caller.token());
            let answer = Answer::of(request).await;
            if allowed.contains(scope) {
                assert!(
                    !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
                        && !answer.status.is_server_error(),
                    "{id} with {scope}: {} {}",
                    answer.status,
                    answer.body
                );
            } else {
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{id} with {scope}: {}",
                    answer.body
                );
            }
        }
    }
    server.stop().await;
}
