//! A case from its opening to its receipt, through the front door.

use crate::support::app::start;
use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestCaller, TestServer};
use crate::support::world::{IMEIS, World};
use chrono::TimeDelta;
use handback::domain::actor::Scope;
use handback::domain::termination::DataClass;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A case with one device, and its paths.
struct Case {
    path: String,
    item: String,
}

async fn open_case(world: &World) -> Case {
    let device = world.device(0, DataClass::Standard).await;
    let (id, item) = world.leaver("kim", device.id).await;
    let path = format!("/v1/terminations/{id}");
    let item = format!("{path}/items/{item}");
    Case { path, item }
}

async fn tag(desk: &TestCaller<'_>, case: &Case) -> String {
    desk.get(&case.path).await.expect(StatusCode::OK).etag()
}

async fn check(desk: &TestCaller<'_>, case: &Case, check: &str, body: Value) -> Answer {
    let tag = tag(desk, case).await;
    desk.put_if(&format!("{}/checks/{check}", case.item), &tag, &body)
        .await
}

fn code(answer: &Answer) -> String {
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}

/// A loss that is no risk to anybody.
fn no_breach() -> Value {
    json!({"decision": "no_notification", "facts": "Låst och krypterad.", "informs_people": false})
}

/// Takes nothing but success.
#[track_caller]
fn ok(answer: Answer) {
    drop(answer.expect(StatusCode::OK));
}

#[test]
fn a_case_is_worked_through_to_its_receipt() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let mdm = server.caller(&[Scope::Mdm]).await;
        let case = open_case(&world).await;

        let refused = check(
            &desk,
            &case,
            "returned",
            json!({"state": "done", "identity": {"serial": "OTHER1"}}),
        )
        .await;
        assert_eq!(
            (refused.status, code(&refused)),
            (StatusCode::CONFLICT, "wrong_device".to_owned())
        );
        for without in [json!({"state": "done"}), json!({"state": "done", "identity": {}})] {
            let refused = check(&desk, &case, "returned", without).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(refused.json()["errors"][0]["code"], "identity_missing");
        }
        let back = json!({"state": "done", "identity": {"imei": IMEIS[0]}, "note": {"condition": "intact"}});
        ok(check(&desk, &case, "returned", back).await);
        let early = desk.get(&format!("{}/receipt", case.path)).await;
        assert_eq!(
            (early.status, code(&early)),
            (StatusCode::CONFLICT, "not_completed".to_owned())
        );
        ok(check(
            &desk,
            &case,
            "reset",
            json!({"state": "done", "role": "technician"}),
        )
        .await);

        let codes = json!({"codes": [
            {"kind": "screen_lock", "answer": "received", "value": "17421742"},
            {"kind": "sim_pin", "answer": "not_applicable"},
            {"kind": "other", "answer": "not_applicable"},
        ]});
        let answered = desk
            .post(&format!("{}/codes", case.item), &codes)
            .await
            .expect(StatusCode::OK);
        assert_eq!(answered.json()["codes"].as_array().unwrap().len(), 3);
        assert!(!answered.body.contains("17421742"));
        ok(check(&desk, &case, "codes", json!({"state": "done"})).await);
        let open = desk.get(&case.path).await.json();
        let wiped = json!([{"blocker": "check_open", "item_id": open["items"][0]["id"], "check": "wiped"}]);
        assert_eq!(open["blockers"], wiped);

        let report = json!({
            "event_id": "e-1", "kind": "command_acknowledged", "occurred_at": "2027-01-11T07:59:00Z",
            "device": {"serial": "serial0x"}, "scope": "full_device",
        });
        // Before it was handed out: the clock of the test stands still.
        let early = mdm
            .post("/v1/mdm/reports", &report)
            .await
            .expect(StatusCode::ACCEPTED)
            .json();
        assert_eq!(
            (&early["match"], &early["match_reason"]),
            (&json!("quarantined"), &json!("earlier_custody"))
        );
        let report = json!({
            "event_id": "e-2", "kind": "command_acknowledged",
            "device": {"serial": "serial0x"}, "scope": "full_device",
        });
        let first = mdm
            .post("/v1/mdm/reports", &report)
            .await
            .expect(StatusCode::ACCEPTED)
            .json();
        let again = mdm
            .post("/v1/mdm/reports", &report)
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            (&first["match"], &first["evidence_id"]),
            (&json!("bound"), &again["evidence_id"])
        );
        assert_eq!(
            (&first["duplicate"], &again["duplicate"]),
            (&json!(false), &json!(true))
        );

        let done = desk.get(&case.path).await.json();
        assert_eq!(
            (&done["state"], &done["items"][0]["wipe"]["level"]),
            (&json!("completed"), &json!("acknowledged"))
        );
        receipt_says_what_was_proved(&desk, &case).await;
        server.stop().await;
    });
}

async fn receipt_says_what_was_proved(desk: &TestCaller<'_>, case: &Case) {
    let path = format!("{}/receipt", case.path);
    let receipt = desk.get(&path).await.expect(StatusCode::OK).json();
    let device = &receipt["devices"][0];
    assert_eq!(receipt["title"], json!({"sv": "Kvittens", "en": "Receipt"}));
    assert_eq!(
        (&device["serial_last4"], &device["outcome"]),
        (&json!("AL0X"), &json!("returned"))
    );
    assert_eq!(
        (&device["returned"]["level"], &device["reset"]["level"]),
        (&json!("attested"), &json!("verified"))
    );
    assert_eq!(
        (&device["wiped"]["level"], &device["wiped"]["date"]),
        (&json!("reported"), &json!("2027-01-11"))
    );
    // Who answered by the API is named by the account; what the rule settled has nobody's name.
    let by = device["returned"]["by"].as_str().unwrap_or_default();
    assert!(by.starts_with("test-"), "{device}");
    assert_eq!(device["wiped"]["by"], json!(null));
    let words = device["wiped"]["text"]["en"].as_str().unwrap();
    assert!(words.contains("not checked on site"), "{words}");
    let page = desk
        .request(Method::GET, &format!("{path}?language=en"))
        .header("accept", "text/html");
    let page = Answer::of(page).await.expect(StatusCode::OK);
    assert!(
        page.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(page.body.contains("not checked on site") && page.body.contains("<html lang=\"en\""));
    let neither = desk.request(Method::GET, &path).header("accept", "image/png");
    drop(Answer::of(neither).await.expect(StatusCode::NOT_ACCEPTABLE));
}

#[test]
fn a_code_is_read_once_and_the_answer_is_kept_nowhere() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let reader = server.caller(&[Scope::Read]).await;
        let case = open_case(&world).await;
        let codes = json!({"codes": [{"kind": "screen_lock", "answer": "received", "value": "17421742"}]});
        ok(desk.post(&format!("{}/codes", case.item), &codes).await);
        let listed = reader
            .get(&format!("{}/codes", case.path))
            .await
            .expect(StatusCode::OK);
        assert!(!listed.body.contains("17421742"));
        let id = listed.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/codes/{id}/reveal");
        let why = json!({"reason": "Telefonen behöver låsas upp för felsökning."});
        drop(reader.post(&path, &why).await.expect(StatusCode::FORBIDDEN));
        drop(desk.get(&path).await.expect(StatusCode::METHOD_NOT_ALLOWED));
        let shown = desk.post(&path, &why).await.expect(StatusCode::OK);
        assert_eq!(shown.headers["cache-control"], "no-store");
        assert_eq!(shown.json(), json!({"kind": "screen_lock", "value": "17421742"}));
        let again = desk.post(&path, &why).await.expect(StatusCode::GONE);
        assert_eq!(code(&again), "code_already_revealed");
        assert_eq!(
            db.number("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'code.revealed'"),
            1
        );
        assert_eq!(
            db.number("SELECT COUNT(*) AS n FROM audit_payload WHERE details LIKE '%17421742%'"),
            0
        );
        assert_eq!(db.number("SELECT COUNT(*) AS n FROM idempotency_receipt"), 0);
        let wrong = json!({"codes": [{"kind": "sim_pin", "answer": "refused", "value": "1742"}]});
        let refused = desk.post(&format!("{}/codes", case.item), &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!refused.body.contains("1742"));
        server.stop().await;
    });
}

#[test]
fn an_edit_names_its_version_a_hold_blocks_and_a_repeated_post_is_answered_from_memory() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let case = open_case(&world).await;
        let reset = format!("{}/checks/reset", case.item);
        drop(
            desk.put(&reset, &json!({"state": "done"}))
                .await
                .expect(StatusCode::PRECONDITION_REQUIRED),
        );
        drop(
            desk.put_if(&reset, "\"v9\"", &json!({"state": "done"}))
                .await
                .expect(StatusCode::PRECONDITION_FAILED),
        );
        let declared = desk.put_if(&reset, "*", &json!({"state": "declared"})).await;
        assert_eq!(declared.status, StatusCode::UNPROCESSABLE_ENTITY);
        let unknown = desk
            .put_if(
                &format!("{}/checks/polished", case.item),
                "*",
                &json!({"state": "done"}),
            )
            .await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);

        let hold = |key: &'static str| {
            let request = desk.request(Method::POST, &format!("{}/hold", case.path));
            Answer::of(
                request
                    .header("idempotency-key", key)
                    .json(&json!({"reason": "Utredning pågår."})),
            )
        };
        let held = hold("k-1").await.expect(StatusCode::OK);
        let replayed = hold("k-1").await.expect(StatusCode::OK);
        assert_eq!(held.body, replayed.body);
        assert_eq!(replayed.headers["idempotent-replayed"], "true");
        assert_eq!(held.json()["hold"]["reason"], "Utredning pågår.");
        let blocked = check(&desk, &case, "reset", json!({"state": "done"})).await;
        assert_eq!(
            (blocked.status, code(&blocked)),
            (StatusCode::CONFLICT, "held".to_owned())
        );
        let listed = desk
            .get("/v1/terminations?held=true&state=open")
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let none = desk
            .get("/v1/terminations?contradicted=true")
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(none["items"], json!([]));
        ok(desk
            .post(&format!("{}/release", case.path), &json!({"reason": "Beslut 7."}))
            .await);
        ok(check(&desk, &case, "reset", json!({"state": "done"})).await);
        server.stop().await;
    });
}

#[test]
fn a_stolen_device_closes_with_deviation_and_a_reopened_case_waits_for_a_correction() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let case = open_case(&world).await;
        let stolen = json!({
            "outcome": "stolen", "reason": "Stulen på tåget, polisanmäld.", "police_report": "5000-K12345-27",
        });
        ok(desk.post(&format!("{}/outcome", case.item), &stolen).await);
        let closed = desk
            .post(&format!("{}/breach-assessment", case.item), &no_breach())
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            (&closed["state"], &closed["items"][0]["outcome"]),
            (&json!("completed"), &json!("stolen"))
        );
        let receipt = desk
            .get(&format!("{}/receipt", case.path))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(receipt["title"]["sv"], "Kvittens med avvikelse");
        assert_eq!(receipt["devices"][0]["wiped"]["level"], "lost");
        let words = "Stulen på tåget, polisanmäld.";
        assert_eq!(receipt["deviations"], json!([{"sv": words, "en": words}]));
        let reopen = format!("{}/reopen", case.path);
        let opened = desk
            .post(&reopen, &json!({"reason": "Telefonen hittades."}))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(opened["state"], "open");
        let again = desk
            .post(&reopen, &json!({"reason": "Telefonen hittades."}))
            .await;
        assert_eq!(code(&again), "invalid_transition");
        let found = json!({"state": "done", "identity": {"serial": "SERIAL0X"}});
        let found = check(&desk, &case, "returned", found)
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            (&found["state"], &found["items"][0]["outcome"]),
            (&json!("open"), &json!("returned"))
        );
        server.stop().await;
    });
}

#[test]
fn the_number_of_a_subscription_is_decided_and_then_done() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let employed = world.employ("kim", 1, None).await;
        world.subscribe(employed.employment.id).await;
        let (id, item) = world.ends("kim").await;
        let path = format!("/v1/terminations/{id}");
        let case = Case {
            item: format!("{path}/items/{item}"),
            path,
        };
        let early = check(&desk, &case, "number", json!({"state": "done"})).await;
        assert_eq!(code(&early), "unanswered");
        let decision = json!({"decision": "reuse"});
        ok(desk.post(&format!("{}/number", case.item), &decision).await);
        ok(check(&desk, &case, "number", json!({"state": "done"})).await);
        let done = check(&desk, &case, "directory", json!({"state": "done"}))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(done["state"], "completed");
        let mistake = json!({"reason": "Fel ärende."});
        ok(desk.post(&format!("{}/reopen", case.path), &mistake).await);
        let nothing_new = desk
            .post(&format!("{}/number", case.item), &decision)
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(nothing_new["state"], "open");
        // Nothing was to be corrected: whoever answers a check once more says that the case can be closed again.
        let confirmed = check(&desk, &case, "number", json!({"state": "done"}))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(confirmed["state"], "completed");
        let verified = json!({"identity": {"serial": "SERIAL0X"}, "reading": "screen", "finding": "erased", "locks_absent": true});
        let none = desk
            .post(&format!("{}/verifications", case.item), &verified)
            .await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        server.stop().await;
    });
}

#[test]
fn codes_are_destroyed_by_the_job_when_the_case_has_been_closed_long_enough() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let case = open_case(&world).await;
        let codes = json!({"codes": [{"kind": "screen_lock", "answer": "received", "value": "17421742"}]});
        ok(desk.post(&format!("{}/codes", case.item), &codes).await);
        let lost = json!({"outcome": "lost", "reason": "Borttappad."});
        ok(desk.post(&format!("{}/outcome", case.item), &lost).await);
        let breach = format!("{}/breach-assessment", case.item);
        ok(desk.post(&breach, &no_breach()).await);
        let left = || db.number("SELECT COUNT(*) AS n FROM data_key WHERE wrapped IS NOT NULL");
        db.app().clock.set(start() + TimeDelta::days(29));
        server.run_jobs().await;
        assert_eq!(left(), 1);
        db.app().clock.set(start() + TimeDelta::days(31));
        server.run_jobs().await;
        assert_eq!(left(), 0);
        server.stop().await;
    });
}

#[test]
fn the_desk_writes_notes_that_are_kept_in_order_and_never_twice() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let reader = server.caller(&[Scope::Read]).await;
        let case = open_case(&world).await;
        let path = format!("{}/notes", case.path);
        let item = case.item.rsplit('/').next().unwrap();

        let body = json!({ "text": " Chefen ringde.\r\nLaddaren ligger i skåpet. ", "item_id": item });
        let send = || {
            desk.request(Method::POST, &path)
                .header("idempotency-key", "once")
                .json(&body)
        };
        let first = Answer::of(send()).await.expect(StatusCode::CREATED);
        let again = Answer::of(send()).await.expect(StatusCode::CREATED);
        assert_eq!(
            (again.header("idempotent-replayed"), &again.body),
            ("true", &first.body)
        );
        let note = first.json();
        assert_eq!(note["text"], "Chefen ringde.\nLaddaren ligger i skåpet.");
        assert_eq!(
            (&note["kind"], &note["item_id"], &note["actor_kind"]),
            (&json!("message"), &json!(item), &json!("service_account"))
        );
        assert_eq!(note["may_hold_personal_number"], false);

        let long = "x".repeat(1_001);
        for (body, refusal) in [
            (json!({ "text": " " }), "422 /text text_blank"),
            (json!({ "text": long }), "422 /text text_too_long"),
            (json!({ "text": "a\u{202e}b" }), "422 /text text_characters"),
            (
                json!({ "text": "\u{7}", "item_id": "01939e5c-5b6a-7c1e-8f00-0242ac120003" }),
                "422 /text text_characters, /item_id unknown_item",
            ),
            (json!({}), "422 /text missing_member"),
        ] {
            assert_eq!(desk.post(&path, &body).await.refusal(), refusal);
        }
        // The shape of a personal identity number is no reason to refuse what may be a phone number.
        let warned = desk.make(&path, &json!({ "text": "Gäller 121212-1212" })).await;
        assert_eq!(warned["may_hold_personal_number"], true);
        let held = json!({ "reason": "Begärd av 121212-1212" });
        let held = desk.post(&format!("{}/hold", case.path), &held).await;
        assert_eq!(held.json()["hold"]["may_hold_personal_number"], true);

        desk.make(&path, &json!({ "text": "Tre" })).await;
        let texts = |notes: &[Value]| -> Vec<String> {
            let texts = notes.iter().map(|note| note["text"].as_str().unwrap());
            texts.map(|text| text.chars().take(6).collect()).collect()
        };
        let all = reader.all(&format!("{path}?limit=1")).await;
        assert_eq!(texts(&all), ["Chefen", "Gäller", "Tre"]);
        assert_eq!(all[0], note);
        let elsewhere = "/v1/terminations/01939e5c-5b6a-7c1e-8f00-0242ac120002/notes";
        assert_eq!(reader.get(elsewhere).await.status, StatusCode::NOT_FOUND);
        let nowhere = desk.post(elsewhere, &json!({ "text": "x" })).await;
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
        server.stop().await;
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'termination.noted'"),
            3
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_payload WHERE details LIKE '%1212%'"),
            0
        );
    });
}
