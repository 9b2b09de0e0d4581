//! The register through the front door: a story from the first legal entity to the returned handset, and what
//! is refused on the way.

use super::world::{World, imei};
use crate::support::db::for_each_database;
use crate::support::http::{Answer, TestCaller, TestServer};
use futures_util::future::join_all;
use handback::domain::actor::Scope;
use reqwest::Method;
use serde_json::{Value, json};

fn tagged(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("etag"))
}

fn created(answer: &Answer) -> String {
    assert_eq!(tagged(answer), (201, "\"v1\""), "{:?}", answer.body);
    answer.header("location").to_owned()
}

/// Makes a record, reads it back, and gives its address.
async fn create(front: &TestCaller<'_>, path: &str, body: Value) -> String {
    let made = front.post(path, &body).await;
    let address = created(&made);
    let read = front.get(&address).await;
    assert_eq!(tagged(&read), (200, "\"v1\""));
    assert_eq!(read.body, made.body, "{address}");
    let listed = front.all(path).await;
    assert!(listed.contains(&made.json()), "{address}");
    address
}

fn id_in(address: &str) -> &str {
    address.rsplit('/').next().unwrap()
}

/// Changes one member, and shows that the change is there, that an old tag is refused and a missing one too.
async fn edit(front: &TestCaller<'_>, address: &str, change: Value) {
    let changed = front.patch(address, "\"v1\"", &change).await;
    assert_eq!(tagged(&changed), (200, "\"v2\""), "{:?}", changed.body);
    assert_eq!(front.get(address).await.body, changed.body);
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(&changed.json()[name], value, "{address}");
    }
    let late = front.patch(address, "\"v1\"", &change).await;
    assert_eq!(tagged(&late), (412, "\"v2\""));
    let blind = Answer::of(front.request(Method::PATCH, address).json(&change)).await;
    assert_eq!(blind.status, 428);
    let misspelt = front.patch(address, "\"v2\"", &json!({ "colour": "red" })).await;
    assert_eq!(misspelt.refusal(), "422 /colour unknown_member");
}

#[test]
fn the_register_is_filled_read_and_changed() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Admin]).await;
        let entity = json!({ "name": "Socialnämnden", "kind": "authority" });
        let entity = create(&front, "/v1/legal-entities", entity).await;
        let entity = id_in(&entity);
        let source =
            json!({ "name": "hr", "kind": "hr", "label": "Personalsystemet", "legal_entity_id": entity });
        let source = create(&front, "/v1/sources", source).await;
        assert_eq!(source, "/v1/sources/hr");
        edit(
            &front,
            &source,
            json!({ "label": "Lön och personal", "kind": "directory" }),
        )
        .await;

        let identifiers = json!([{ "source": "hr", "external_id": "p-9" }]);
        let person = json!({ "name": "Berit Exempel", "identifiers": identifiers });
        let person = create(&front, "/v1/people", person).await;
        edit(
            &front,
            &person,
            json!({
                "email": "berit@exempelkommunen.example",
                "language": "en",
                "identifiers": [{ "source": "hr", "external_id": "p-10" }],
            }),
        )
        .await;

        let top =
            json!({ "legal_entity_id": entity, "name": "Vård och omsorg", "coordinator_id": id_in(&person) });
        let top = create(&front, "/v1/units", top).await;
        let unit = json!({
            "legal_entity_id": entity,
            "name": "Hemtjänsten",
            "external": { "source": "hr", "external_id": "4711" },
        });
        let unit = create(&front, "/v1/units", unit).await;
        edit(
            &front,
            &unit,
            json!({
                "parent_id": id_in(&top),
                "name": "Hemtjänsten norr",
                "external": { "source": "hr", "external_id": "4712" },
            }),
        )
        .await;

        let device = json!({
            "legal_entity_id": entity,
            "serial": " exempel0001 ",
            "model": "Exempel 1",
            "imeis": [imei(1).as_str()],
            "data_class": "secrecy",
        });
        let device = create(&front, "/v1/devices", device).await;
        assert_eq!(front.get(&device).await.json()["serial"], "EXEMPEL0001");
        edit(
            &front,
            &device,
            json!({ "manufacturer": "Exempel AB", "imeis": [] }),
        )
        .await;

        let subscription = json!({ "legal_entity_id": entity, "number": "070-174 06 05" });
        let subscription = create(&front, "/v1/subscriptions", subscription).await;
        assert_eq!(front.get(&subscription).await.json()["number"], "+46701740605");
        edit(&front, &subscription, json!({ "operator": "Exempeltele" })).await;
        server.stop().await;

        // Each change left its entry, and no entry tells whom or which number it was about.
        let kinds = "('legal_entity', 'source', 'person', 'unit', 'device', 'subscription')";
        let entries = format!("SELECT count(*) AS n FROM audit_entry WHERE object_type IN {kinds}");
        assert_eq!(db.number(&entries), 7 + 5);
        for personal in ["Berit", "berit", "exempelkommunen", "70174"] {
            let found = format!("SELECT count(*) AS n FROM audit_payload WHERE details LIKE '%{personal}%'");
            assert_eq!(db.number(&found), 0, "{personal}");
        }
        let named = "SELECT count(*) AS n FROM audit_payload WHERE details LIKE '%email%'";
        assert_eq!(db.number(named), 1);
    });
}

#[test]
fn a_handset_is_handed_out_and_comes_back() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let employment = world.employment(1).await;
        let device = world.device(1).await.id;
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Desk]).await;
        let read = front.get(&format!("/v1/employments/{employment}")).await;
        assert_eq!(
            (read.status.as_u16(), read.json()["external_id"].as_str()),
            (200, Some("e-1"))
        );

        let body = json!({ "employment_id": employment, "device_id": device, "accessories": [" Laddare "] });
        let assignment = create(&front, "/v1/assignments", body).await;
        let held = front.get(&assignment).await.json();
        assert_eq!(
            (&held["accessories"], &held["custody_epoch"]),
            (&json!(["Laddare"]), &json!(1))
        );

        let end = format!("{assignment}/end");
        let reason = json!({ "reason": "returned" });
        assert_eq!(front.post(&end, &reason).await.status, 428);
        let request = || {
            let request = front.request(Method::POST, &end).header("if-match", "\"v1\"");
            request.json(&reason)
        };
        assert_eq!(Answer::of(request()).await.status, 400);
        let stale = Answer::of(front.fresh_post(&end).header("if-match", "\"v7\"").json(&reason)).await;
        assert_eq!(tagged(&stale), (412, "\"v1\""));
        let wrong = json!({ "reason": "terminated" });
        let wrong = Answer::of(front.fresh_post(&end).header("if-match", "\"v1\"").json(&wrong)).await;
        assert_eq!(wrong.refusal(), "422 /reason unknown_value");

        let ended = Answer::of(request().header("idempotency-key", "once")).await;
        assert_eq!(tagged(&ended), (200, "\"v2\""), "{:?}", ended.body);
        assert_eq!(ended.json()["end_reason"], "returned");
        // The answer got lost: the same request again gets it, though the version has moved on.
        let again = Answer::of(request().header("idempotency-key", "once")).await;
        assert_eq!(
            (again.status.as_u16(), again.header("idempotent-replayed")),
            (200, "true")
        );
        assert_eq!(again.body, ended.body);
        let twice = Answer::of(front.fresh_post(&end).header("if-match", "*").json(&reason)).await;
        assert_eq!(twice.refusal(), "409 assignment_ended");
        let device = front.get(&format!("/v1/devices/{device}")).await.json();
        assert_eq!(
            (&device["status"], &device["custody_epoch"]),
            (&json!("in_stock"), &json!(2))
        );
        server.stop().await;
    });
}

#[test]
fn of_fifty_hand_outs_over_http_one_is_201_and_the_others_are_409() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let device = world.device(1).await.id;
        let mut employments = Vec::new();
        for number in 0..50 {
            employments.push(world.employment(number).await);
        }
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Desk]).await;
        let bodies: Vec<Value> = employments
            .iter()
            .map(|employment| json!({ "employment_id": employment, "device_id": device }))
            .collect();
        let attempts = bodies.iter().map(|body| front.post("/v1/assignments", body));
        let statuses: Vec<u16> = join_all(attempts)
            .await
            .iter()
            .map(|answer| answer.status.as_u16())
            .collect();
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(201), count(409)), (1, 49), "{statuses:?}");
        server.stop().await;
    });
}

#[test]
fn all_that_is_wrong_in_a_body_is_told_at_once_and_in_order() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Admin]).await;
        let (entity, nobody) = (world.entity, db.app().ids.next::<uuid::Uuid>());
        let long = "x".repeat(201);
        for (path, body, refusal) in [
            (
                "/v1/devices",
                json!({ "legal_entity_id": entity, "serial": "?", "model": " ", "manufacturer": "a\nb",
                    "imeis": ["1", imei(1).as_str(), imei(1).as_str()], "data_class": "standard" }),
                "422 /serial serial_placeholder, /manufacturer text_characters, /model text_blank, \
                 /imeis/0 imei_length, /imeis/1 imei_repeated",
            ),
            (
                "/v1/people",
                json!({ "name": "-", "email": "x", "identifiers": [
                    { "source": "HR", "external_id": "/" },
                    { "source": "hr", "external_id": "1" }, { "source": "hr", "external_id": "1" }] }),
                "422 /name name_blank, /email email_invalid, /identifiers/0/source source_name_invalid, \
                 /identifiers/0/external_id external_id_characters, /identifiers/2 repeated",
            ),
            (
                "/v1/sources",
                json!({ "name": "HR", "kind": "hr", "label": long, "legal_entity_id": entity }),
                "422 /name source_name_invalid, /label text_too_long",
            ),
            (
                "/v1/units",
                json!({ "legal_entity_id": entity, "name": "", "external": { "source": "", "external_id": "" } }),
                "422 /name text_blank, /external/source source_name_invalid, \
                 /external/external_id external_id_length",
            ),
            (
                "/v1/subscriptions",
                json!({ "legal_entity_id": entity, "number": "ABC", "operator": "\u{202e}" }),
                "422 /number phone_characters, /operator text_characters",
            ),
            (
                "/v1/assignments",
                json!({ "employment_id": nobody, "accessories": ["", "ok"] }),
                "422  device_or_subscription, /accessories/0 text_blank",
            ),
            (
                "/v1/assignments",
                json!({ "employment_id": nobody, "device_id": nobody }),
                "422 /employment_id unknown_employment, /device_id unknown_device",
            ),
            (
                "/v1/assignments",
                json!({ "device_id": nobody }),
                "422 /employment_id missing_member",
            ),
            (
                "/v1/assignments",
                json!({ "employment_id": 7 }),
                "422 /employment_id wrong_type",
            ),
        ] {
            let answer = front.post(path, &body).await;
            assert_eq!(answer.refusal(), refusal, "{path}");
        }
        server.stop().await;
    });
}

#[test]
fn what_the_caller_may_not_do_is_403_and_what_is_not_there_is_404() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let (employment, device) = (world.employment(1).await, world.device(1).await.id);
        let server = TestServer::start(db);
        let reader = server.caller(&[Scope::Read]).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let hr = server.caller(&[Scope::Hr]).await;
        let body = json!({ "employment_id": employment, "device_id": device });
        assert_eq!(reader.post("/v1/assignments", &body).await.status, 403);
        let address = format!("/v1/devices/{device}");
        let edit = reader.patch(&address, "*", &json!({ "model": "x" })).await;
        assert_eq!(edit.status, 403);
        let source = json!({ "name": "x", "kind": "hr", "label": "x", "legal_entity_id": world.entity });
        assert_eq!(desk.post("/v1/sources", &source).await.status, 403);
        assert_eq!(hr.get("/v1/devices").await.status, 403);
        assert_eq!(hr.get("/v1/employments").await.status, 200);
        for path in [
            "units",
            "people",
            "employments",
            "devices",
            "subscriptions",
            "assignments",
            "sources",
        ] {
            for id in [&db.app().ids.next::<uuid::Uuid>().to_string(), "x", "%00"] {
                let answer = reader.get(&format!("/v1/{path}/{id}")).await;
                assert_eq!(answer.status, 404, "{path} {id}");
            }
        }
        server.stop().await;
    });
}

/// A POST of that body under that key; its status, and whether it is the answer of another time.
async fn keyed(front: &TestCaller<'_>, key: &str, body: &Value) -> (u16, bool) {
    let request = front.request(Method::POST, "/v1/legal-entities");
    let answer = Answer::of(request.header("idempotency-key", key).json(body)).await;
    let is_replayed = answer.header("idempotent-replayed") == "true";
    (answer.status.as_u16(), is_replayed)
}

#[test]
fn of_refusals_under_one_key_that_come_together_one_is_kept() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let admin = server.caller(&[Scope::Admin]).await;
        let taken = json!({"name": "Socialnämnden", "kind": "authority", "org_number": "212000-0142"});
        admin.make("/v1/legal-entities", &taken).await;
        let before = db.number("SELECT count(*) AS n FROM idempotency_receipt");
        let answers = join_all((0..12).map(|_| keyed(&admin, "once", &taken))).await;
        assert!(answers.iter().all(|(status, _)| *status == 409), "{answers:?}");
        assert_eq!(keyed(&admin, "once", &taken).await, (409, true));
        let after = db.number("SELECT count(*) AS n FROM idempotency_receipt");
        assert_eq!(after, before + 1);
        server.stop().await;
    });
}

#[test]
fn an_answer_that_has_expired_makes_room_before_it_is_swept_away() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let admin = server.caller(&[Scope::Admin]).await;
        let entity = |name: &str| json!({"name": name, "kind": "authority"});
        let (one, other) = (entity("Socialnämnden"), entity("Kulturnämnden"));
        assert_eq!(keyed(&admin, "again", &one).await, (201, false));
        assert_eq!(keyed(&admin, "again", &other).await, (422, false));
        db.execute("UPDATE idempotency_receipt SET expires_at = created_at");
        assert_eq!(keyed(&admin, "again", &other).await, (201, false));
        assert_eq!(keyed(&admin, "again", &other).await, (201, true));
        assert_eq!(keyed(&admin, "again", &one).await, (422, false));
        assert_eq!(db.number("SELECT count(*) AS n FROM idempotency_receipt"), 1);
        server.stop().await;
    });
}
