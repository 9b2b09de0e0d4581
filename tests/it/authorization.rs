//! Who may call what: one table, held against the description of the API. An operation without a row fails
//! the test, and so does a row without an operation.

use super::support::db::{TestDb, for_each_database};
use super::support::http::{Answer, TestServer};
use super::support::operations::{OPEN, Operation, call, operations};
use handback::domain::actor::Scope;
use reqwest::{Method, StatusCode};

use Scope::{Admin, Desk, Hr, Mdm, Read, Telephony};

/// The scopes of which one is enough, by operation.
const ALLOWED: &[(&str, &[Scope])] = &[
    ("absences_open", &[Desk]),
    ("account_reviews_get", &[Read, Desk, Admin]),
    ("account_reviews_list", &[Read, Desk, Admin]),
    ("account_reviews_resolve", &[Desk]),
    ("add_ons_create", &[Desk, Admin]),
    ("add_ons_end", &[Desk, Admin]),
    ("add_ons_get", &[Read, Desk, Admin]),
    ("add_ons_list", &[Read, Desk, Admin]),
    ("add_ons_list_of_subscription", &[Read, Desk, Admin]),
    ("add_ons_update", &[Desk, Admin]),
    ("assignments_create", &[Desk, Admin]),
    ("assignments_end", &[Desk, Admin]),
    ("assignments_get", &[Read, Desk, Admin]),
    ("assignments_list", &[Read, Desk, Admin]),
    ("audit_events_list", &[Read, Admin]),
    ("claims_get", &[Read, Desk, Admin]),
    ("claims_list", &[Read, Desk, Admin]),
    ("claims_settle", &[Desk]),
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
    ("employments_list_versions", &[Hr, Read, Desk, Admin]),
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
    ("messages_deliveries", &[Read, Desk, Admin]),
    ("messages_get", &[Read, Desk, Admin]),
    ("messages_list", &[Read, Desk, Admin]),
    ("messages_report_bounce", &[Desk]),
    ("messages_resend", &[Desk]),
    ("missing_employments_end", &[Desk, Admin]),
    ("missing_employments_list", &[Hr, Read, Desk, Admin]),
    ("people_create", &[Desk, Admin]),
    ("people_get", &[Read, Desk, Admin]),
    ("people_list", &[Read, Desk, Admin]),
    ("people_list_merges", &[Read, Desk, Admin]),
    ("people_merge", &[Desk, Admin]),
    ("people_undo_merge", &[Desk, Admin]),
    ("people_update", &[Desk, Admin]),
    ("phone_hours_list", &[Read, Desk, Admin]),
    ("phone_hours_set", &[Desk, Admin]),
    ("private_addresses_forget", &[Desk, Hr]),
    ("private_addresses_get", &[Read, Desk, Admin]),
    ("private_addresses_give", &[Desk, Hr]),
    ("reports_devices", &[Read, Desk, Admin]),
    ("reports_hand_in_list", &[Read, Desk, Admin]),
    ("reports_lead_times", &[Read, Desk, Admin]),
    ("reports_not_returned", &[Read, Desk, Admin]),
    ("reports_overdue", &[Read, Desk, Admin]),
    ("reports_receipt_list", &[Read, Desk, Admin]),
    ("reports_reuse", &[Read, Desk, Admin]),
    ("reports_rules", &[Read, Desk, Admin]),
    ("reports_signed_out", &[Read, Desk, Admin]),
    ("reports_subscriptions", &[Read, Desk, Admin]),
    ("schedules_get", &[Read, Desk, Admin]),
    ("schedules_list_versions", &[Read, Desk, Admin]),
    ("schedules_set", &[Admin]),
    ("snapshots_approve", &[Desk, Admin]),
    ("snapshots_create", &[Hr]),
    ("snapshots_get", &[Hr, Read, Desk, Admin]),
    ("snapshots_list", &[Hr, Read, Desk, Admin]),
    ("snapshots_reject", &[Desk, Admin]),
    ("sources_create", &[Admin]),
    ("sources_get", &[Read, Desk, Admin]),
    ("sources_list", &[Read, Desk, Admin]),
    ("sources_update", &[Admin]),
    ("subscriptions_create", &[Desk, Admin]),
    ("subscriptions_get", &[Read, Desk, Admin]),
    ("subscriptions_list", &[Read, Desk, Admin]),
    ("subscriptions_update", &[Desk, Admin]),
    ("tasks_create", &[Desk, Admin, Hr]),
    ("tasks_decline", &[Desk, Admin]),
    ("tasks_finish", &[Desk, Admin, Telephony]),
    ("tasks_get", &[Read, Desk, Admin, Telephony]),
    ("tasks_list", &[Read, Desk, Admin, Telephony]),
    ("tasks_update", &[Desk, Admin]),
    ("terminations_accept_contradiction", &[Desk]),
    ("terminations_approve_transfer", &[Desk]),
    ("terminations_arrange", &[Desk]),
    ("terminations_assess_breach", &[Desk]),
    ("terminations_decide_number", &[Desk]),
    ("terminations_delegate", &[Desk]),
    ("terminations_dispose", &[Desk]),
    ("terminations_end_delegation", &[Desk]),
    ("terminations_get", &[Read, Desk, Admin]),
    ("terminations_hand_back", &[Desk]),
    ("terminations_hold", &[Desk]),
    ("terminations_list", &[Read, Desk, Admin]),
    ("terminations_list_notes", &[Read, Desk, Admin]),
    ("terminations_note_police_report", &[Desk]),
    ("terminations_receipt", &[Read, Desk, Admin]),
    ("terminations_record_damage", &[Desk]),
    ("terminations_release", &[Desk]),
    ("terminations_reopen", &[Desk]),
    ("terminations_report_outcome", &[Desk]),
    ("terminations_request_number", &[Desk]),
    ("terminations_settle", &[Desk]),
    ("terminations_timeline", &[Read, Desk, Admin]),
    ("terminations_verify", &[Desk]),
    ("terminations_withdraw_disposal", &[Desk]),
    ("terminations_write_note", &[Desk]),
    ("timelines_get", &[Read, Desk, Admin]),
    ("timelines_reset", &[Admin]),
    ("timelines_set", &[Admin]),
    ("units_create", &[Desk, Admin]),
    ("units_get", &[Read, Desk, Admin]),
    ("units_list", &[Read, Desk, Admin]),
    ("units_merge", &[Desk, Admin]),
    ("units_update", &[Desk, Admin]),
    ("units_withdraw_merger", &[Desk, Admin]),
    ("unmatched_get", &[Hr, Read, Desk, Admin]),
    ("unmatched_list", &[Hr, Read, Desk, Admin]),
    ("unmatched_resolve", &[Desk, Admin]),
    ("worklist_count", &[Read, Desk, Admin]),
    ("worklist_list", &[Read, Desk, Admin]),
];

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

#[test]
fn whoever_was_revoked_is_refused_by_every_operation_and_changes_nothing() {
    for_each_database(async |db: &TestDb| {
        let server = TestServer::start(db);
        let caller = server.caller(Scope::ALL).await;
        db.execute("UPDATE service_account SET revoked_at = created_at");
        let rows = |table: &str| db.number(&format!("SELECT count(*) AS n FROM {table}"));
        let audited = rows("audit_entry");
        for (id, operation) in &operations() {
            if OPEN.contains(&id.as_str()) {
                continue;
            }
            let request = call(&server, operation, id).bearer_auth(caller.token());
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{id}: {}", answer.body);
        }
        server.stop().await;
        assert_eq!(rows("audit_entry"), audited);
        for table in [
            "idempotency_receipt",
            "legal_entity",
            "person",
            "mdm_report",
            "task",
        ] {
            assert_eq!(rows(table), 0, "{table}");
        }
    });
}

/// Requests that are wrong in every way a body, a header or a query can be.
fn garbage(server: &TestServer<'_>, operation: &Operation) -> Vec<(&'static str, reqwest::RequestBuilder)> {
    let bare = || server.anonymous(operation.method.clone(), &operation.path);
    let mut requests = vec![("without a body", bare())];
    if operation.method != Method::GET {
        requests.push((
            "a picture",
            bare().header("content-type", "image/png").body("\u{1}"),
        ));
        requests.push((
            "no JSON",
            bare().header("content-type", "application/json").body("{"),
        ));
        requests.push((
            "another body",
            bare().json(&serde_json::json!({ "colour": "red" })),
        ));
        let bad_headers = bare().header("if-match", "x").header("idempotency-key", "a b");
        requests.push(("bad headers", bad_headers.json(&operation.body)));
    }
    let path = format!("{}?colour=red&limit=0", operation.path);
    requests.push(("another query", server.anonymous(operation.method.clone(), &path)));
    requests.push(("another format", bare().header("accept", "application/xml")));
    requests
}

#[actix_web::test]
async fn whoever_lacks_the_scope_learns_that_before_anything_about_the_request() {
    let db = TestDb::sqlite();
    let server = TestServer::start(&db);
    let mut callers = Vec::new();
    for scope in Scope::ALL {
        callers.push((scope, server.caller(&[*scope]).await));
    }
    for (id, operation) in &operations() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == id) else {
            continue;
        };
        for (name, request) in garbage(&server, operation) {
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{id}, {name}");
        }
        for (scope, caller) in &callers {
            for (name, request) in garbage(&server, operation) {
                let answer = Answer::of(request.bearer_auth(caller.token())).await;
                assert_eq!(
                    answer.status == StatusCode::FORBIDDEN,
                    !allowed.contains(scope),
                    "{id} with {scope}, {name}: {} {}",
                    answer.status,
                    answer.body
                );
            }
        }
    }
    server.stop().await;
}
