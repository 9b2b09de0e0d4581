//! The HR door: what a delivered document does, once and for all arrival orders.

use super::support::db::for_each_database;
use super::support::http::{Answer, TestCaller, TestServer};
use handback::domain::actor::Scope;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const EMPLOYMENT: &str = "/v1/sources/hr/employments/e-1";

fn document(sequence: i64, end_date: Option<&str>) -> Value {
    json!({
        "person": {"external_id": "p-1", "name": "Alva Exempel", "email": "alva@exempelkommunen.example"},
        "kind": "employee",
        "unit": "VO-12",
        "manager": {"external_id": "p-2", "name": "Bo Chef", "email": "bo@exempelkommunen.example"},
        "state": "active",
        "start_date": "2020-08-01",
        "end_date": end_date,
        "sequence": sequence,
    })
}

/// A source with one employment that has a phone.
async fn employed_with_a_phone(admin: &TestCaller<'_>, hr: &TestCaller<'_>) -> Value {
    let entity = admin
        .make(
            "/v1/legal-entities",
            &json!({"name": "Socialnämnden", "kind": "authority"}),
        )
        .await;
    let source = json!({"name": "hr", "kind": "hr", "label": "HR", "legal_entity_id": entity["id"]});
    admin.make("/v1/sources", &source).await;
    let delivered = hr
        .put(EMPLOYMENT, &document(1, None))
        .await
        .expect(StatusCode::CREATED)
        .json();
    let device = json!({"legal_entity_id": entity["id"], "serial": "EX01K0001", "model": "E10", "data_class": "standard"});
    let device = admin.make("/v1/devices", &device).await;
    let assignment = json!({"employment_id": delivered["employment_id"], "device_id": device["id"]});
    admin.make("/v1/assignments", &assignment).await;
    delivered
}

#[test]
fn a_document_is_ordered_by_its_sequence_and_its_case_follows() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let (admin, hr) = (
            server.caller(&[Scope::Admin]).await,
            server.caller(&[Scope::Hr]).await,
        );
        employed_with_a_phone(&admin, &hr).await;

        let ended = hr
            .put(EMPLOYMENT, &document(5, Some("2027-03-31")))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            (&ended["outcome"], &ended["version"]),
            (&json!("applied"), &json!(2))
        );
        let case = &ended["termination"];
        assert_eq!(case["state"], "scheduled");
        for (sequence, end, outcome) in [
            (5, Some("2027-03-31"), "unchanged"),
            (6, Some("2027-03-31"), "unchanged"),
            (4, None, "stale"),
            (7, Some("2027-04-30"), "applied"),
            (5, Some("2027-03-31"), "stale"),
        ] {
            let answer = hr
                .put(EMPLOYMENT, &document(sequence, end))
                .await
                .expect(StatusCode::OK)
                .json();
            assert_eq!(answer["outcome"], outcome, "sequence {sequence}");
            assert_eq!(
                answer["termination"]["id"], case["id"],
                "one case, whatever comes"
            );
        }
        let conflict = hr
            .put(EMPLOYMENT, &document(7, Some("2027-05-31")))
            .await
            .expect(StatusCode::CONFLICT);
        assert_eq!(conflict.problem()["code"], "sequence_conflict");
        let path = format!("/v1/terminations/{}", case["id"].as_str().unwrap());
        assert_eq!(admin.get(&path).await.json()["end_on"], "2027-04-30");

        let withdrawn = hr
            .put(EMPLOYMENT, &document(8, None))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(withdrawn["termination"]["state"], "cancelled");
        let planned = format!(
            "/v1/messages?state=planned&termination_id={}",
            case["id"].as_str().unwrap()
        );
        assert_eq!(admin.get(&planned).await.json()["items"], json!([]));
        server.stop().await;
    });
}

#[test]
fn the_employment_is_given_back_as_it_was_delivered() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let (admin, hr) = (
            server.caller(&[Scope::Admin]).await,
            server.caller(&[Scope::Hr]).await,
        );
        let delivered = employed_with_a_phone(&admin, &hr).await;
        let path = format!("/v1/employments/{}", delivered["employment_id"].as_str().unwrap());
        let read = hr.get(&path).await.expect(StatusCode::OK).json();
        assert_eq!(
            (&read["source"], &read["external_id"]),
            (&json!("hr"), &json!("e-1"))
        );
        let mut document = document(1, None);
        for (said, at) in [
            ("person", "person_external_id"),
            ("manager", "manager_external_id"),
        ] {
            let person = document.as_object_mut().unwrap().remove(said).unwrap();
            assert_eq!(read[at], person["external_id"]);
        }
        for (member, said) in document.as_object().unwrap() {
            assert_eq!(&read[member], said, "{member}");
        }
        let stubs = admin
            .get("/v1/units?is_incomplete=true")
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            stubs["items"].as_array().unwrap().len(),
            1,
            "the unit was not known and is listed"
        );
        server.stop().await;
    });
}

#[test]
fn somebody_who_holds_nothing_gets_no_case() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let (admin, hr) = (
            server.caller(&[Scope::Admin]).await,
            server.caller(&[Scope::Hr]).await,
        );
        employed_with_a_phone(&admin, &hr).await;
        let other = "/v1/sources/hr/employments/e-2";
        let mut without = document(1, Some("2027-01-31"));
        without["person"] = json!({"external_id": "p-3"});
        let answer = hr.put(other, &without).await.expect(StatusCode::CREATED).json();
        assert_eq!(answer["termination"], Value::Null);
        server.stop().await;
    });
}

#[test]
fn a_hundred_deliveries_from_twenty_clients_are_one_case_and_one_mail() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let (admin, hr) = (
            server.caller(&[Scope::Admin]).await,
            server.caller(&[Scope::Hr]).await,
        );
        employed_with_a_phone(&admin, &hr).await;
        let ending = document(2, Some("2027-01-12"));
        for _ in 0..5 {
            let all = (0..20).map(|_| hr.put(EMPLOYMENT, &ending));
            for answer in futures_util::future::join_all(all).await {
                let _ = answer.expect(StatusCode::OK);
            }
        }
        let cases = admin.get("/v1/terminations").await.json();
        assert_eq!(cases["items"].as_array().unwrap().len(), 1);
        server.run_jobs().await;
        let to_manager = db
            .mailer()
            .sent()
            .iter()
            .filter(|mail| mail.envelope_to == ["bo@exempelkommunen.example"])
            .count();
        assert_eq!(to_manager, 1);
        server.stop().await;
    });
}

#[test]
fn bad_documents_get_a_clear_answer_and_change_nothing() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let (admin, hr) = (
            server.caller(&[Scope::Admin]).await,
            server.caller(&[Scope::Hr]).await,
        );
        employed_with_a_phone(&admin, &hr).await;
        let good = document(2, Some("2027-03-31"));
        let changed = |member: &str, value: Value| {
            let mut body = good.clone();
            body[member] = value;
            body
        };
        let mut without_end = good.clone();
        without_end.as_object_mut().unwrap().remove("end_date");
        for (body, pointer, code) in [
            (
                changed("endDate", json!("2027-03-31")),
                "/endDate",
                "unknown_member",
            ),
            (without_end, "/end_date", "missing_member"),
            (
                changed("end_date", json!("2027-03-31T00:00:00Z")),
                "/end_date",
                "invalid_value",
            ),
            (
                changed("end_date", json!("2019-01-01")),
                "/end_date",
                "end_before_start",
            ),
            (changed("sequence", json!("2")), "/sequence", "wrong_type"),
            (changed("sequence", json!(-1)), "/sequence", "out_of_range"),
            (
                changed("last_working_day", json!("2027-04-01")),
                "/last_working_day",
                "after_end",
            ),
            (
                changed("manager", json!({"external_id": "p-1"})),
                "/manager/external_id",
                "own_manager",
            ),
        ] {
            let answer = hr
                .put(EMPLOYMENT, &body)
                .await
                .expect(StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(answer.problem()["errors"], json!([[pointer, code]]), "{body}");
        }
        let unknown = hr.put("/v1/sources/nobody/employments/e-1", &good).await;
        assert_eq!(
            unknown.expect(StatusCode::NOT_FOUND).problem()["type"],
            "urn:handback:problem:not-found"
        );
        let broken = hr
            .request(Method::PUT, EMPLOYMENT)
            .header("content-type", "application/json")
            .body("{\"a\":");
        assert_eq!(
            Answer::of(broken).await.problem()["type"],
            "urn:handback:problem:malformed-body"
        );
        assert_eq!(admin.get("/v1/terminations").await.json()["items"], json!([]));
        server.stop().await;
    });
}

#[test]
fn a_posted_document_is_answered_again_byte_for_byte() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let (admin, hr) = (
            server.caller(&[Scope::Admin]).await,
            server.caller(&[Scope::Hr]).await,
        );
        employed_with_a_phone(&admin, &hr).await;
        let path = "/v1/sources/hr/employment-documents";
        let post = |document: Value| {
            let body = json!({"external_id": "e-1", "document": document});
            Answer::of(
                hr.request(Method::POST, path)
                    .header("idempotency-key", "\"k-1\"")
                    .json(&body),
            )
        };
        let first = post(document(2, Some("2027-03-31"))).await.expect(StatusCode::OK);
        let again = post(document(2, Some("2027-03-31"))).await.expect(StatusCode::OK);
        assert_eq!(first.body, again.body);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let other = post(document(3, None))
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            other.problem()["type"],
            "urn:handback:problem:idempotency-key-reused"
        );
        server.stop().await;
    });
}
