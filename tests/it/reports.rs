//! Reports: numbers about the work, for auditors and for those who lead it.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestCaller, TestServer};
use crate::support::world::World;
use handback::domain::actor::Scope;
use handback::domain::termination::{DataClass, TerminationState};
use handback::domain::wipe::IdentityReading;
use handback::services::Recorder;
use handback::services::evidence::{self, Finding, Verification};
use handback::services::terminations::IdentityRead;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const REPORTS: [&str; 8] = [
    "lead-times",
    "overdue",
    "reuse",
    "devices",
    "subscriptions",
    "signed-out",
    "rules",
    "not-returned",
];

/// Ada left on Friday, and her phone is Bea's on Monday. Cid left and has his still. Dag handed his in and stays. Eli
/// left long ago, and nobody asked for his number.
async fn municipality(db: &TestDb) -> World {
    let world = World::new(db).await;
    let mut devices = Vec::new();
    for number in 0..3 {
        devices.push(world.device(number, DataClass::Standard).await.id);
    }
    let place = world.leaver("Ada", devices[0]).await;
    world.settle_all_but_wiped(place, "SERIAL0X").await;
    let saw = Verification {
        identity: IdentityRead {
            serial: Some("SERIAL0X".to_owned()),
            imei: None,
        },
        reading: IdentityReading::DialCode,
        finding: Finding::Erased,
        locks_absent: true,
    };
    evidence::verify(&world.desk, place, saw, Recorder::none())
        .await
        .unwrap();
    let state = world.case(place.0).await.termination.state;
    assert_eq!(state, TerminationState::Completed);
    let bea = world.employ("Bea", 1, None).await.employment.id;
    world.hand_out(devices[0], bea).await;
    world.leaver("Cid", devices[1]).await;
    let dag = world.employ("Dag", 1, None).await.employment.id;
    let handed_out = world.hand_out(devices[2], dag).await;
    world.take_back(handed_out).await;
    let eli = world.employ("Eli", 1, Some("2027-01-08")).await.employment.id;
    world.subscribe(eli).await;
    world
}

async fn report(caller: &TestCaller<'_>, path: &str) -> Value {
    let path = format!("/v1/reports/{path}");
    caller.get(&path).await.expect(StatusCode::OK).json()
}

/// The members of a row that are named.
fn numbers<const N: usize>(row: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| row[name].clone())
}

#[test]
fn every_report_answers_its_question_in_one_call_and_names_nobody() {
    for_each_database(async |db: &TestDb| {
        let world = municipality(db).await;
        let server = TestServer::start(db);
        let reader = server.caller(&[Scope::Read]).await;
        for (path, names, expected) in [
            (
                "lead-times",
                ["number", "median_days", "p90_days"],
                json!([1, 3, 3]),
            ),
            (
                "overdue",
                ["number", "days_1_to_7", "oldest_days"],
                json!([1, 1, 3]),
            ),
            (
                "reuse",
                ["returned", "reused", "share_percent"],
                json!([2, 1, 50]),
            ),
            ("devices", ["number", "assigned", "in_stock"], json!([3, 2, 1])),
            (
                "subscriptions",
                ["number", "assigned", "monthly_cost_ore"],
                json!([1, 1, 0]),
            ),
            (
                "signed-out",
                ["kind", "devices", "subscriptions"],
                json!(["employee", 2, 1]),
            ),
            (
                "rules",
                ["is_common", "wipe_standard", "own_timelines"],
                json!([true, "attested", 0]),
            ),
            (
                "not-returned",
                ["devices_with_case", "subscriptions_without_case", "oldest_days"],
                json!([1, 1, 3]),
            ),
        ] {
            let answer = report(&reader, path).await;
            assert_eq!(answer["rows"].as_array().unwrap().len(), 1, "{path}");
            assert_eq!(json!(numbers(&answer["rows"][0], names)), expected, "{path}");
            if path != "rules" && path != "signed-out" {
                assert_eq!(json!(numbers(&answer["total"], names)), expected, "{path}");
            }
            let text = answer.to_string();
            for name in ["Ada", "Bea", "Cid", "Dag", "Eli"] {
                assert!(!text.contains(name), "{path} names {name}");
            }
        }
        drop(world);
        server.stop().await;
    });
}

#[test]
fn a_report_keeps_to_its_period_and_to_its_part_of_the_organisation() {
    for_each_database(async |db: &TestDb| {
        let world = municipality(db).await;
        let server = TestServer::start(db);
        let admin = server.caller(&[Scope::Admin]).await;
        let unit = admin.all("/v1/units").await[0].clone();
        let (id, entity) = (unit["id"].as_str().unwrap(), world.legal_entity);
        let kim = admin.make("/v1/people", &json!({"name": "Kim Exempel"})).await;
        let kim = kim["id"].as_str().unwrap();
        let number =
            async |query: &str| report(&admin, &format!("overdue?{query}")).await["total"]["number"].clone();
        let other = "01939e5c-5b6a-7c1e-8f00-0242ac120002";
        for (scope, expected) in [
            (format!("unit_id={id}"), 1),
            (format!("unit_id={other}"), 0),
            (format!("legal_entity_id={entity}"), 1),
            (format!("legal_entity_id={other}"), 0),
            (format!("coordinator_id={kim}"), 0),
        ] {
            assert_eq!(number(&scope).await, expected, "{scope}");
        }
        // A unit without a coordinator has that of the unit above.
        let above = json!({"legal_entity_id": entity, "name": "Förvaltningen", "coordinator_id": kim});
        let above = admin.make("/v1/units", &above).await;
        let path = format!("/v1/units/{id}");
        let tag = admin.get(&path).await.expect(StatusCode::OK).etag();
        let change = json!({"parent_id": above["id"]});
        drop(admin.patch(&path, &tag, &change).await.expect(StatusCode::OK));
        assert_eq!(number(&format!("coordinator_id={kim}")).await, 1);
        assert_eq!(
            number(&format!("unit_id={}", above["id"].as_str().unwrap())).await,
            1
        );

        for (period, expected) in [
            ("", 1),
            ("?from=2027-01-11&to=2027-01-11", 1),
            ("?from=2027-01-12&to=2027-01-31", 0),
            ("?to=2027-01-10", 0),
        ] {
            let found = report(&admin, &format!("lead-times{period}")).await;
            assert_eq!(found["total"]["number"], expected, "{period}");
        }
        let wrong = admin.get("/v1/reports/reuse?from=2027-02-01&to=2027-01-01").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(wrong.json()["errors"][0]["parameter"], "from");
        server.stop().await;
    });
}

#[test]
fn a_table_has_the_columns_of_the_report_and_runs_nothing_in_a_spreadsheet() {
    for_each_database(async |db: &TestDb| {
        let world = municipality(db).await;
        let server = TestServer::start(db);
        let admin = server.caller(&[Scope::Admin]).await;
        let unit = admin.all("/v1/units").await[0].clone();
        let path = format!("/v1/units/{}", unit["id"].as_str().unwrap());
        let tag = admin.get(&path).await.expect(StatusCode::OK).etag();
        let name = json!({"name": "=HYPERLINK(\"http://x.example\",\"Öppna, nu\")"});
        drop(admin.patch(&path, &tag, &name).await.expect(StatusCode::OK));
        for name in REPORTS {
            let path = format!("/v1/reports/{name}");
            let report = admin.get(&path).await.expect(StatusCode::OK);
            let request = admin.request(Method::GET, &path).header("accept", "text/csv");
            let table = Answer::of(request).await.expect(StatusCode::OK);
            assert_eq!(
                table.header("content-type"),
                "text/csv; charset=utf-8; header=present"
            );
            let mut reader = csv::Reader::from_reader(table.body.as_bytes());
            let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            let report = report.json();
            let members = report["rows"][0].as_object().unwrap();
            assert!(header.iter().all(|column| members.contains_key(column)), "{name}");
            assert_eq!(header.len(), members.len(), "{name}");
            let total = usize::from(!report["total"].is_null());
            assert_eq!(
                rows.len(),
                report["rows"].as_array().unwrap().len() + total,
                "{name}"
            );
            for cell in rows.iter().flatten() {
                assert!(!cell.starts_with(['=', '+', '-', '@']), "{name}: {cell}");
            }
        }
        let html = admin
            .request(Method::GET, "/v1/reports/overdue")
            .header("accept", "text/html");
        assert_eq!(Answer::of(html).await.status, StatusCode::NOT_ACCEPTABLE);
        drop(world);
        server.stop().await;
    });
}
