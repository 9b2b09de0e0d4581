//! Skyddade personuppgifter: a name that is for named roles alone is in nothing that anybody else gets.

use crate::ends::{Town, employment, led_by, story};
use crate::support::http::{Answer, TestCaller};
use crate::support::log::Log;
use crate::support::operations::{OPEN, operations};
use crate::support::story::{ReadMail, read};
use handback::domain::actor::Scope;
use handback::web::openapi;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is in nothing: of a holder, and of the manager who takes phones back.
const NAMES: [&str; 4] = ["Skyddsnamn", "Zetterqvist", "Hemlignamn", "Qvarnmark"];

fn assert_silent(text: &str, of: &str) {
    for name in NAMES {
        assert!(!text.contains(name), "{of} names {name}:\n{text}");
    }
}

fn person(id: &str, name: &str) -> Value {
    json!({
        "external_id": id, "name": name, "email": format!("{id}@exempelkommunen.example"), "is_protected": true,
    })
}

/// What HR says of the protected holder, whose manager is protected too.
fn holder(sequence: i64, other: Value) -> Value {
    let mut document = employment("u-9", sequence, other);
    document["person"] = person("u-9", "Skyddsnamn Zetterqvist");
    document["manager"] = person("u-7", "Hemlignamn Qvarnmark");
    document
}

/// The protected holder leaves, led by a protected manager; a document about them could not be applied.
async fn begin(town: &Town<'_>) -> String {
    let mut manager = employment("u-7", 1, json!({"manager": led_by("bo")}));
    manager["person"] = person("u-7", "Hemlignamn Qvarnmark");
    town.hr("m-7", &manager).await;
    let begun = town.hr("e-9", &holder(1, json!({}))).await;
    town.equip(&begun, "EX01K0009").await;
    let hr = town.server.caller(&[Scope::Hr]).await;
    let other = holder(1, json!({"start_date": "2021-01-01"}));
    let refused = hr.put("/v1/sources/hr/employments/e-9", &other).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert_silent(&refused.body, "the refusal");
    let desk = town.desk().await;
    let unit = &desk.all("/v1/units").await[0]["id"];
    let notice = json!({"kind": "other", "unit_id": unit, "text": "Ny hänvisning."});
    desk.make("/v1/tasks", &notice).await;
    let ended = town
        .hr("e-9", &holder(2, json!({"end_date": "2027-02-26"})))
        .await;
    ended["termination"]["id"].as_str().unwrap().to_owned()
}

/// The mails of a whole case, from the first to the escalation, and the pages that their links open.
async fn mails(town: &Town<'_>) -> Vec<ReadMail> {
    let mut all = Vec::new();
    for day in ["01-27", "02-19", "02-25", "03-01", "03-05", "03-12"] {
        let left = town.until(&format!("2027-{day}T08:00:00Z")).await;
        for token in left.iter().filter_map(|mail| mail.token.as_deref()) {
            let page = Answer::of(town.server.anonymous(Method::GET, &format!("/c/{token}"))).await;
            assert_silent(&page.body, "the page of a link");
        }
        all.extend(left);
    }
    all
}

/// The desk settles what is open; there is a receipt.
async fn complete(town: &Town<'_>, case: &str) {
    let desk = town.desk().await;
    let path = format!("/v1/terminations/{case}");
    let found = desk.get(&path).await.expect(StatusCode::OK).json();
    let item = format!("{path}/items/{}", found["items"][0]["id"].as_str().unwrap());
    let codes =
        ["screen_lock", "sim_pin", "other"].map(|kind| json!({"kind": kind, "answer": "not_applicable"}));
    let answered = desk
        .post(&format!("{item}/codes"), &json!({"codes": codes}))
        .await;
    assert!(answered.status.is_success(), "{}", answered.body);
    let serial = json!({"serial": "EX01K0009"});
    for (check, body) in [
        ("returned", json!({"state": "done", "identity": serial})),
        ("reset", json!({"state": "done"})),
        ("codes", json!({"state": "done"})),
    ] {
        let tag = desk.get(&path).await.expect(StatusCode::OK).etag();
        let settled = desk.put_if(&format!("{item}/checks/{check}"), &tag, &body).await;
        drop(settled.expect(StatusCode::OK));
    }
    let saw = json!({"identity": serial, "reading": "screen", "finding": "erased", "locks_absent": true});
    let verified = desk.post(&format!("{item}/verifications"), &saw).await;
    drop(verified.expect(StatusCode::CREATED));
    assert_eq!(desk.get(&path).await.json()["state"], "completed");
}

/// The paths of every GET that is not open to all, filled in with what there is.
async fn paths(everybody: &TestCaller<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let known = operations();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (pattern, methods) in document["paths"].as_object().unwrap() {
        let Some(id) = methods["get"]["operationId"].as_str() else {
            continue;
        };
        if OPEN.contains(&id) || !known.contains_key(id) {
            continue;
        }
        let pattern = pattern.replace("{source}", "hr").replace("{name}", "hr");
        let paths = found.entry(id.to_owned()).or_default();
        let Some((list, rest)) = pattern.split_once("/{") else {
            paths.insert(pattern);
            continue;
        };
        let (_, rest) = rest.split_once('}').unwrap();
        for row in everybody.all(list).await {
            if let Some(id) = row["id"].as_str() {
                paths.insert(format!("{list}/{id}{rest}"));
            }
        }
    }
    found
}

#[test]
fn a_protected_name_is_in_no_answer_mail_page_receipt_or_log_but_for_the_roles_that_are_named() {
    let log = Log::listen();
    story(async |town| {
        let case = begin(&town).await;
        let written = mails(&town).await;
        complete(&town, &case).await;
        let receipts = town.mails().await;
        assert!(written.len() >= 6, "{} mails were written", written.len());
        assert!(!receipts.is_empty(), "the receipt left");
        assert!(written.iter().any(|mail| mail.to == "u-9") && written.iter().any(|mail| mail.to == "u-7"));
        for mail in town.server.db.mailer().sent() {
            let ReadMail {
                subject, text, html, ..
            } = read(&mail);
            for part in [
                subject,
                text,
                html,
                String::from_utf8_lossy(&mail.raw).into_owned(),
            ] {
                assert_silent(&part, "a mail");
            }
        }
        let everybody = town.server.caller(Scope::ALL).await;
        let paths = paths(&everybody).await;
        for id in [
            "people_get",
            "terminations_get",
            "terminations_receipt",
            "unmatched_get",
            "messages_get",
            "tasks_get",
        ] {
            assert!(!paths[id].is_empty(), "nothing to read with {id}");
        }
        let mut shown = BTreeSet::new();
        for scope in Scope::ALL.iter().filter(|scope| **scope != Scope::Protected) {
            let (bare, named) = (
                town.server.caller(&[*scope]).await,
                town.server.caller(&[*scope, Scope::Protected]).await,
            );
            for (id, path) in paths
                .iter()
                .flat_map(|(id, paths)| paths.iter().map(move |path| (id, path)))
            {
                for accept in ["application/json", "text/html, text/csv", "application/pdf"] {
                    let read =
                        |caller: &TestCaller<'_>| caller.request(Method::GET, path).header("accept", accept);
                    let answer = Answer::of(read(&bare)).await;
                    assert_silent(&answer.body, &format!("{path} as {accept} with {scope}"));
                    let answer = Answer::of(read(&named)).await;
                    if NAMES.iter().any(|name| answer.body.contains(name)) {
                        shown.insert(id.as_str());
                    }
                }
            }
        }
        // Whoever may know is told, so that the silence above says something.
        assert_eq!(
            shown.into_iter().collect::<Vec<_>>(),
            [
                "people_get",
                "people_list",
                "terminations_get",
                "unmatched_get",
                "unmatched_list"
            ]
        );
        assert_silent(&String::from_utf8_lossy(&log.bytes()), "the log");
    });
}

#[test]
fn a_protected_person_is_not_found_by_name_and_nobody_unnamed_takes_the_protection_away() {
    story(async |town| {
        begin(&town).await;
        let desk = town.desk().await;
        let named = town.server.caller(&[Scope::Desk, Scope::Protected]).await;
        let path = "/v1/people?name_prefix=skyddsnamn%20z";
        assert!(desk.all(path).await.is_empty());
        let found = named.all(path).await;
        assert_eq!(found.len(), 1);
        // In lists they stand where they always did: the order is not that of the names.
        let ids = async |caller: &TestCaller<'_>| {
            let rows = caller.all("/v1/people").await;
            let ids = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(ids(&desk).await, ids(&named).await);

        let path = format!("/v1/people/{}", found[0]["id"].as_str().unwrap());
        let tag = desk.get(&path).await.expect(StatusCode::OK).etag();
        let open = json!({"is_protected": false});
        assert_eq!(desk.patch(&path, &tag, &open).await.status, StatusCode::FORBIDDEN);
        let opened = named.patch(&path, &tag, &open).await.expect(StatusCode::OK);
        let protect = json!({"is_protected": true});
        let hidden = desk
            .patch(&path, &opened.etag(), &protect)
            .await
            .expect(StatusCode::OK);
        assert_silent(&hidden.body, "the answer to whoever protected them");

        // Whoever turns out to be the same person is protected as well.
        let other = desk.make("/v1/people", &json!({"name": "Alter Ego"})).await;
        let stays = format!("/v1/people/{}", other["id"].as_str().unwrap());
        desk.make(&format!("{stays}/merges"), &json!({"merged_id": found[0]["id"]}))
            .await;
        let stays = desk.get(&stays).await.expect(StatusCode::OK).json();
        assert_eq!(
            (&stays["is_protected"], &stays["name"]),
            (&json!(true), &Value::Null)
        );
    });
}
