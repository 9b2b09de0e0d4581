//! What may be changed about sources, people and units, and what keeps the next HR document from finding them.

use super::world::{World, day, legal_entity};
use crate::support::db::for_each_database;
use crate::support::http::TestServer;
use handback::domain::actor::Scope;
use serde_json::{Value, json};

fn called(names: &[&str]) -> Value {
    let pairs = names.iter().map(|name| {
        let (source, external_id) = name.split_once(' ').unwrap();
        json!({ "source": source, "external_id": external_id })
    });
    json!({ "identifiers": pairs.collect::<Vec<_>>() })
}

#[test]
fn a_person_keeps_a_name_in_every_source_whose_employments_name_them() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let anna = world.deliver(1, 1, None).await.person_id;
        let other = world.deliver(2, 1, None).await.person_id;
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Admin]).await;
        let source =
            json!({ "name": "ad", "kind": "directory", "label": "AD", "legal_entity_id": world.entity });
        front.make("/v1/sources", &source).await;
        let address = format!("/v1/people/{anna}");
        let change = async |names: &[&str]| front.patch(&address, "*", &called(names)).await;

        let added = change(&["hr p-1", "hr p-1b", "ad anna"]).await;
        assert_eq!(
            added.json()["identifiers"],
            called(&["ad anna", "hr p-1", "hr p-1b"])["identifiers"]
        );
        assert_eq!(front.get(&address).await.body, added.body);
        for (names, refusal) in [
            (&["hr p-1", "hr p-2"][..], "409 person_identifier_taken"),
            (&["ad anna"], "409 person_identifier_in_use"),
            (&[], "409 person_identifier_in_use"),
            (&["hr p-1", "x 1"], "422 /identifiers/1/source unknown_source"),
            (&["hr p-1", "hr p-1"], "422 /identifiers/1 repeated"),
        ] {
            assert_eq!(change(names).await.refusal(), refusal, "{names:?}");
        }
        // What was refused changed nothing, and what is already so makes no version.
        let same = change(&["hr p-1b", "ad anna", "hr p-1"]).await;
        assert_eq!(same.body, added.body);

        // The duplicate's name moves over once nothing needs it there: HR has corrected its number.
        let corrected = change(&["hr p-1b"]).await;
        assert_eq!(corrected.etag(), "\"v3\"");
        let duplicate = format!("/v1/people/{other}");
        let refused = front.patch(&duplicate, "*", &called(&[])).await;
        assert_eq!(refused.refusal(), "409 person_identifier_in_use");
        let taken_over = front.patch(&duplicate, "*", &called(&["hr p-2", "hr p-1"])).await;
        assert_eq!(taken_over.status, 200, "{}", taken_over.body);
        let delivered = world.deliver(1, 2, Some(day("2040-01-31"))).await;
        assert_eq!(delivered.person_id, other, "HR's number finds who has it now");

        // Now nothing names Anna any more, so she needs no name there.
        assert_eq!(change(&[]).await.json()["identifiers"], json!([]));
        server.stop().await;
        let entries = "SELECT count(*) AS n FROM audit_payload WHERE details LIKE '%identifiers%'";
        assert_eq!(db.number(entries), 4);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_payload WHERE details LIKE '%p-1b%'"),
            0
        );
    });
}

#[test]
fn a_unit_gets_loses_and_keeps_for_itself_what_a_source_calls_it() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let named = world.deliver(1, 1, None).await.unit_id;
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Desk]).await;
        let unit = json!({ "legal_entity_id": world.entity, "name": "Hemtjänsten" });
        let made = front.make("/v1/units", &unit).await;
        let address = format!("/v1/units/{}", made["id"].as_str().unwrap());
        let hr = |id: &str| json!({ "external": { "source": "hr", "external_id": id } });
        let nowhere = json!({ "external": { "source": "x", "external_id": "1" } });
        let refused = front.patch(&address, "\"v1\"", &hr("4711")).await;
        assert_eq!(refused.refusal(), "409 unit_external_id_taken");
        let refused = front.patch(&address, "\"v1\"", &nowhere).await;
        assert_eq!(refused.refusal(), "422 /external/source unknown_source");

        // The stub that a document made gives its name to the unit that it means.
        let stub = format!("/v1/units/{named}");
        let freed = front.patch(&stub, "*", &json!({ "external": null })).await;
        assert_eq!(freed.json()["external"], json!(null), "{}", freed.body);
        let taken = front.patch(&address, "\"v1\"", &hr("4711")).await;
        assert_eq!(taken.json()["external"], hr("4711")["external"], "{}", taken.body);
        let unit = world.deliver(1, 2, Some(day("2040-01-31"))).await.unit_id;
        assert_eq!(json!(unit), made["id"]);
        server.stop().await;
    });
}

#[test]
fn a_source_moves_to_another_legal_entity_for_the_units_to_come() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let before = world.deliver(1, 1, None).await;
        let other = legal_entity(&world.ctx, "Exempelbostäder AB").await;
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Admin]).await;
        let address = "/v1/sources/hr";
        let change = async |body: Value| front.patch(address, "*", &body).await;
        let nobody = db.app().ids.next::<uuid::Uuid>();
        for (body, refusal) in [
            (
                json!({ "legal_entity_id": nobody }),
                "422 /legal_entity_id unknown_legal_entity",
            ),
            (
                json!({ "legal_entity_id": null }),
                "422 /legal_entity_id wrong_type",
            ),
            (json!({ "label": " " }), "422 /label text_blank"),
            (json!({ "name": "hr2" }), "422 /name unknown_member"),
        ] {
            assert_eq!(change(body).await.refusal(), refusal);
        }
        let nothing = change(json!({ "kind": "hr" })).await;
        assert_eq!(
            (nothing.status.as_u16(), nothing.etag().as_str()),
            (200, "\"v1\"")
        );
        let moved = change(json!({ "legal_entity_id": other })).await;
        assert_eq!(moved.json()["legal_entity_id"], json!(other), "{}", moved.body);
        let missing = front.patch("/v1/sources/x", "*", &json!({})).await;
        assert_eq!(missing.status, 404);
        server.stop().await;
        assert_eq!(
            world.deliver(1, 2, Some(day("2040-01-31"))).await.legal_entity_id,
            before.legal_entity_id
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'source.changed'"),
            1
        );
    });
}
