//! Lists through the front door: filters that mean what they say, and pages that neither lose nor repeat rows.

use super::world::{World, create_device, imei, legal_entity, new_device};
use crate::support::db::for_each_database;
use crate::support::http::{TestCaller, TestServer};
use handback::domain::actor::Scope;
use serde_json::{Value, json};
use std::collections::HashMap;

#[test]
fn every_row_that_stays_is_seen_once_while_others_come_and_go() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Read]).await;
        let mut doomed = Vec::new();
        let mut staying = Vec::new();
        for number in 0..30 {
            let device = world.device(number).await.id.to_string();
            if number % 3 == 0 {
                &mut doomed
            } else {
                &mut staying
            }
            .push(device);
        }
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut next = Some("/v1/devices?status=in_stock&limit=4".to_owned());
        let mut arriving = 100;
        let mut pages = 0;
        while let Some(path) = next {
            let page = front.get(&path).await;
            let body = page.json();
            let items = body["items"].as_array().unwrap();
            assert!(items.len() <= 4);
            for item in items {
                *seen.entry(item["id"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            next = front.next_of(&page);
            assert_eq!(page.header("link").is_empty(), next.is_none());
            pages += 1;
            assert!(pages < 50, "the list goes in circles");
            // Somebody registers devices for a while, and somebody deletes what was seen last and what was not.
            if arriving < 105 {
                world.device(arriving).await;
                arriving += 1;
            }
            let last_seen = items.last().map(|item| item["id"].as_str().unwrap().to_owned());
            let at_cursor = last_seen.filter(|id| doomed.contains(id));
            for id in at_cursor.into_iter().chain(doomed.pop()) {
                db.execute(&format!("DELETE FROM device_imei WHERE device_id = '{id}'"));
                db.execute(&format!("DELETE FROM device WHERE id = '{id}'"));
                doomed.retain(|other| *other != id);
            }
        }
        assert!(pages > 5, "{pages}");
        for id in &staying {
            assert_eq!(seen.get(id), Some(&1), "{id}");
        }
        assert!(seen.values().all(|times| *times == 1));
        server.stop().await;
    });
}

/// The values of one member in all rows of a list, in the order of the list.
async fn column(front: &TestCaller<'_>, path: &str, member: &str) -> Vec<String> {
    let rows = front.all(path).await;
    let text = |row: &Value| match &row[member] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter().map(text).collect()
}

/// Two subscriptions and two people.
async fn fill(front: &TestCaller<'_>, world: &World) {
    for number in ["070-174 06 05", "070-174 06 06"] {
        let body = json!({ "legal_entity_id": world.entity, "number": number });
        assert_eq!(front.post("/v1/subscriptions", &body).await.status, 201);
    }
    for name in ["Åsa Exempel", "Berit Exempel"] {
        let body = json!({ "name": name, "email": "x@exempelkommunen.example" });
        assert_eq!(front.post("/v1/people", &body).await.status, 201);
    }
}

#[test]
fn filters_show_what_they_name_and_nothing_else() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let other = legal_entity(&world.ctx, "Exempelbostäder AB").await;
        let (first, second) = (world.device(1).await.id, world.device(2).await.id);
        let foreign = create_device(&world.ctx, new_device(other, 3)).await.unwrap().id;
        let on_first = world.employment(1).await;
        let ends = "2027-03-31".parse().unwrap();
        let on_second = world.deliver(2, 1, Some(ends)).await;
        let assignment = world.hand_out(on_first, first).await.unwrap();
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Desk]).await;
        fill(&front, &world).await;
        let (first, second, foreign) = (first.to_string(), second.to_string(), foreign.to_string());
        let with_imei = imei(2).as_str()[..14].to_owned();
        for (path, member, expected) in [
            (
                format!("/v1/devices?legal_entity_id={other}"),
                "id",
                vec![foreign.clone()],
            ),
            (
                "/v1/devices?status=assigned".to_owned(),
                "id",
                vec![first.clone()],
            ),
            (
                "/v1/devices?status=in_stock&limit=1".to_owned(),
                "id",
                vec![second.clone(), foreign],
            ),
            (
                "/v1/devices?serial=exempel00002".to_owned(),
                "id",
                vec![second.clone()],
            ),
            (
                format!("/v1/devices?imei={with_imei}"),
                "id",
                vec![second.clone()],
            ),
            (format!("/v1/devices?imei={with_imei}&status=lost"), "id", vec![]),
            (
                "/v1/subscriptions?number=070-174%2006%2006".to_owned(),
                "number",
                vec!["+46701740606".to_owned()],
            ),
            ("/v1/subscriptions?status=terminated".to_owned(), "number", vec![]),
            (
                format!("/v1/assignments?device_id={first}&is_open=true"),
                "device_id",
                vec![first.clone()],
            ),
            (format!("/v1/assignments?device_id={second}"), "device_id", vec![]),
            (
                format!("/v1/assignments?employment_id={on_first}&is_open=false"),
                "id",
                vec![],
            ),
            (
                "/v1/employments?ends_from=2027-03-31&ends_to=2027-03-31".to_owned(),
                "external_id",
                vec!["e-2".to_owned()],
            ),
            (
                "/v1/employments?ends_to=2027-03-30".to_owned(),
                "external_id",
                vec![],
            ),
            (
                format!("/v1/employments?person_id={}", on_second.person_id),
                "external_id",
                vec!["e-2".to_owned()],
            ),
            (
                "/v1/employments?source=hr&limit=1".to_owned(),
                "external_id",
                vec!["e-1".to_owned(), "e-2".to_owned()],
            ),
            (
                "/v1/people?name_prefix=%C3%A5S".to_owned(),
                "name",
                vec!["Åsa Exempel".to_owned()],
            ),
            ("/v1/people?name_prefix=a".to_owned(), "name", vec![]),
            (
                "/v1/people?is_incomplete=true&limit=1".to_owned(),
                "name",
                vec!["null".to_owned(), "null".to_owned()],
            ),
            (format!("/v1/units?legal_entity_id={other}"), "name", vec![]),
            (
                "/v1/units?is_incomplete=true".to_owned(),
                "name",
                vec!["4711".to_owned()],
            ),
            ("/v1/sources".to_owned(), "name", vec!["hr".to_owned()]),
        ] {
            assert_eq!(column(&front, &path, member).await, expected, "{path}");
        }
        assert_eq!(
            column(&front, &format!("/v1/assignments?employment_id={on_first}"), "id").await,
            [assignment.id.to_string()]
        );
        server.stop().await;
    });
}

#[test]
fn a_filter_that_cannot_be_understood_is_refused_and_not_ignored() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let front = server.caller(&[Scope::Read]).await;
        for (path, refusal) in [
            ("/v1/devices?colour=red", "400 colour unknown_parameter"),
            ("/v1/devices?status=gone", "400 status unknown_value"),
            ("/v1/devices?imei=123", "400 imei invalid_value"),
            ("/v1/assignments?is_open=yes", "400 is_open invalid_value"),
            ("/v1/employments?ends_to=31%2F3", "400 ends_to invalid_value"),
            ("/v1/sources?limit=1", "400 limit unknown_parameter"),
        ] {
            assert_eq!(front.get(path).await.refusal(), refusal, "{path}");
        }
        server.stop().await;
    });
}
