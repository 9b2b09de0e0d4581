//! A device that does not come back becomes a claim, which ends in one lawful way.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{TestCaller, TestServer};
use crate::support::world::World;
use handback::domain::actor::Scope;
use handback::domain::termination::DataClass;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The devices were due on the 8th of January: thirty whole days have passed on the 8th of February.
const DAY_30: &str = "2027-02-07T08:00:00Z";
const DAY_31: &str = "2027-02-08T08:00:00Z";

fn settlement(ending: &str) -> Value {
    json!({"ending": ending, "decided_by": "Enhetschefen", "reason": "Beslut 7."})
}

async fn open_claims(desk: &TestCaller<'_>) -> Vec<Value> {
    desk.all("/v1/claims?state=open").await
}

async fn claim_tasks(desk: &TestCaller<'_>) -> Vec<String> {
    let tasks = desk.all("/v1/tasks?kind=claim").await;
    tasks
        .iter()
        .map(|task| task["state"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_claim_opens_after_thirty_days_once_and_ends_once_with_what_its_ending_needs() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let device = world.device(0, DataClass::Standard).await;
        let (case, item) = world.leaver("kim", device.id).await;
        world.app.clock.set(DAY_30.parse().unwrap());
        server.run_jobs().await;
        let desk = server.caller(&[Scope::Desk]).await;
        assert!(open_claims(&desk).await.is_empty());
        world.app.clock.set(DAY_31.parse().unwrap());
        server.run_jobs().await;
        server.run_jobs().await;
        let desk = server.caller(&[Scope::Desk]).await;
        let opened = open_claims(&desk).await;
        assert_eq!(opened.len(), 1);
        let claim = &opened[0];
        assert_eq!(
            (&claim["termination_id"], &claim["item_id"], &claim["return_by"]),
            (&json!(case), &json!(item), &json!("2027-01-08"))
        );
        assert!(claim["number"].as_str().unwrap().starts_with("HK-"));
        assert_eq!(claim_tasks(&desk).await, ["open"]);

        let path = format!("/v1/claims/{}", claim["id"].as_str().unwrap());
        let settle = format!("{path}/settlement");
        let mut set_off = settlement("waived");
        set_off["set_off"] = json!({"basis": "consent", "reference": "Samtycke 3 februari"});
        for (body, refusal) in [
            (settlement("insurance"), "422 /reference missing"),
            (
                settlement("invoice_after_decision"),
                "422 /legal_ground missing, /amount_ore missing",
            ),
            (
                settlement("recovery_order"),
                "422 /reference missing, /legal_ground missing",
            ),
            (settlement("returned"), "422 /ending ending_by_check"),
            (set_off, "422 /set_off other_kind"),
        ] {
            assert_eq!(desk.post(&settle, &body).await.refusal(), refusal);
        }
        let mut invoice = settlement("invoice_after_decision");
        invoice["legal_ground"] = json!("Avtal om privat användning, punkt 6.");
        invoice["amount_ore"] = json!(150_000);
        invoice["set_off"] = json!({"basis": "consent", "reference": "Samtycke 3 februari"});
        let settled = desk.post(&settle, &invoice).await.expect(StatusCode::OK).json();
        assert_eq!(
            (&settled["state"], &settled["settlement"]["set_off"]["basis"]),
            (&json!("settled"), &json!("consent"))
        );
        let again = desk.post(&settle, &settlement("waived")).await;
        assert_eq!(again.refusal(), "409 invalid_transition");
        assert_eq!(claim_tasks(&desk).await, ["withdrawn"]);
        // What has ended is not claimed again.
        server.run_jobs().await;
        assert!(open_claims(&desk).await.is_empty());
        server.stop().await;
        let audited =
            "SELECT COUNT(*) AS n FROM audit_entry WHERE action IN ('claim.opened', 'claim.settled')";
        assert_eq!(db.number(audited), 2);
        let told = "SELECT COUNT(*) AS n FROM audit_payload WHERE details LIKE '%Samtycke%' OR details LIKE '%150000%'";
        assert_eq!(db.number(told), 0);
    });
}

#[test]
fn a_device_that_comes_back_ends_its_claim_and_one_whose_fate_is_known_never_gets_one() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let (first, second) = (
            world.device(0, DataClass::Standard).await,
            world.device(1, DataClass::Standard).await,
        );
        let (late, item) = world.leaver("kim", first.id).await;
        let (gone, lost) = world.leaver("sam", second.id).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let report = format!("/v1/terminations/{gone}/items/{lost}/outcome");
        let body = json!({"outcome": "lost", "reason": "Borta."});
        drop(desk.post(&report, &body).await.expect(StatusCode::OK));
        let admin = server.caller(&[Scope::Admin]).await;
        let entity = format!("/v1/legal-entities/{}", world.legal_entity);
        let refused = admin.patch(&entity, "*", &json!({"claim_after_days": 0})).await;
        assert_eq!(refused.refusal(), "422 /claim_after_days claim_after_days_range");
        let sooner = admin.patch(&entity, "*", &json!({"claim_after_days": 2})).await;
        assert_eq!(sooner.expect(StatusCode::OK).json()["claim_after_days"], 2);

        server.run_jobs().await;
        let opened = open_claims(&desk).await;
        assert_eq!(opened.len(), 1);
        assert_eq!(opened[0]["termination_id"], json!(late));
        let back = json!({"state": "done", "identity": {"serial": "SERIAL0X"}});
        let check = format!("/v1/terminations/{late}/items/{item}/checks/returned");
        drop(desk.put_if(&check, "*", &back).await.expect(StatusCode::OK));
        let path = format!("/v1/claims/{}", opened[0]["id"].as_str().unwrap());
        let ended = desk.get(&path).await.expect(StatusCode::OK).json();
        assert_eq!(
            (&ended["settlement"]["ending"], &ended["settlement"]["role"]),
            (&json!("returned"), &json!("system"))
        );
        assert_eq!(claim_tasks(&desk).await, ["withdrawn"]);
        server.stop().await;
    });
}
