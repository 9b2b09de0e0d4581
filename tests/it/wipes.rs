//! Which proof of a wipe is enough, a wipe that nobody hears of again, and a contradiction that nobody can look into.

use crate::support::app::start;
use crate::support::db::{TestDb, for_each_database};
use crate::support::http::TestServer;
use crate::support::world::World;
use chrono::TimeDelta;
use handback::domain::actor::Scope;
use handback::domain::termination::{CheckKind, CheckState, DataClass, TerminationState};
use handback::jobs::{self, Deliveries, schedule};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn run(world: &World) -> usize {
    let summary = jobs::run_due(&world.app, Deliveries, schedule::RECONCILERS, None)
        .await
        .unwrap();
    assert!(summary.failed_sweeps.is_empty(), "{summary:?}");
    let swept = summary.swept.iter().find(|(name, _)| *name == "wipe_reassess");
    swept.map_or(0, |(_, count)| *count)
}

fn hours(world: &World, hours: i64) {
    world.app.clock.set(start() + TimeDelta::hours(hours));
}

fn report(event: &str, kind: &str, hour: i64) -> Value {
    json!({
        "event_id": event, "kind": kind, "scope": "full_device",
        "occurred_at": start() + TimeDelta::hours(hour), "device": {"serial": "SERIAL0X"},
    })
}

#[test]
fn a_legal_entity_decides_which_proof_is_enough_and_a_case_keeps_what_was_asked_for() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let admin = server.caller(&[Scope::Admin]).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let mdm = server.caller(&[Scope::Mdm]).await;
        let entity = format!("/v1/legal-entities/{}", world.legal_entity);

        for (policy, fault) in [
            (
                json!({"standard": "ordered"}),
                "422 /wipe_policy/standard wipe_level_too_low",
            ),
            (
                json!({"standard": "certified"}),
                "422 /wipe_policy/secrecy wipe_policy_weaker_for_secrecy",
            ),
        ] {
            let change = json!({ "wipe_policy": policy });
            let refused = admin.patch(&entity, "*", &change).await;
            assert_eq!(refused.refusal(), fault);
        }
        let change = json!({"wipe_policy": {"standard": "acknowledged"}});
        let changed = admin
            .patch(&entity, "*", &change)
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            changed["wipe_policy"],
            json!({"standard": "acknowledged", "secrecy": "verified"})
        );
        assert_eq!(
            db.number(
                "SELECT count(*) AS n FROM audit_entry e JOIN audit_payload p ON p.entry_id = e.id \
                 WHERE e.action = 'legal_entity.changed' AND details LIKE '%\"acknowledged\"%' AND details LIKE '%\"attested\"%'"
            ),
            1
        );

        let device = world.device(0, DataClass::Standard).await;
        let place = world.leaver("kim", device.id).await;
        // Loosened again: the case goes on asking for what it asked for.
        let change = json!({"wipe_policy": {"standard": "attested"}});
        let _ = admin.patch(&entity, "*", &change).await.expect(StatusCode::OK);
        let path = format!("/v1/terminations/{}", place.0);
        let shown = desk.get(&path).await.json();
        assert_eq!(shown["items"][0]["wipe"]["required_level"], "acknowledged");
        world.settle_all_but_wiped(place, "SERIAL0X").await;
        hours(&world, 1);
        let refused = world.settle(place, CheckKind::Wiped, None).await;
        assert!(refused.is_err(), "nobody's word is enough");
        let acknowledged = report("e-1", "command_acknowledged", 1);
        let _ = mdm
            .post("/v1/mdm/reports", &acknowledged)
            .await
            .expect(StatusCode::ACCEPTED);
        assert_eq!(
            world.case(place.0).await.termination.state,
            TerminationState::Completed
        );
        let receipt = desk
            .get(&format!("{path}/receipt"))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(receipt["devices"][0]["required_wipe_level"], "acknowledged");
        let page = desk
            .request(reqwest::Method::GET, &format!("{path}/receipt?language=sv"))
            .header("accept", "text/html");
        let page = crate::support::http::Answer::of(page).await;
        assert!(
            page.body.contains("Minst telefonens egen rapport"),
            "{}",
            page.body
        );
        server.stop().await;
    });
}

#[test]
fn a_wipe_that_nobody_hears_of_again_stalls_without_a_new_report() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let device = world.device(0, DataClass::Standard).await;
        let (case, _) = world.leaver("kim", device.id).await;
        let waiting =
            || db.number("SELECT count(*) AS n FROM termination_item WHERE wipe_due_at IS NOT NULL");
        let state = async || {
            let desk = server.caller(&[Scope::Desk]).await;
            let shown = desk.get(&format!("/v1/terminations/{case}")).await.json();
            shown["items"][0]["wipe"]["state"].as_str().unwrap().to_owned()
        };
        let deliver = async |body: Value| {
            // A token is good for an hour, and here days pass.
            let mdm = server.caller(&[Scope::Mdm]).await;
            let answer = mdm.post("/v1/mdm/reports", &body).await;
            let _ = answer.expect(StatusCode::ACCEPTED);
        };
        assert_eq!((run(&world).await, waiting()), (0, 0));
        deliver(report("e-1", "command_queued", 0)).await;
        assert_eq!(waiting(), 1);
        // Heard of on the way: the wait begins anew.
        hours(&world, 24);
        deliver(report("e-2", "contact", 24)).await;
        hours(&world, 72);
        assert_eq!(run(&world).await, 0, "nothing is due yet");
        hours(&world, 96);
        assert_eq!((run(&world).await, state().await), (0, "ordered".to_owned()));
        hours(&world, 97);
        assert_eq!((run(&world).await, state().await), (1, "stalled".to_owned()));
        assert_eq!((run(&world).await, waiting()), (0, 0), "seen once");
        assert_eq!(
            db.number(
                "SELECT count(*) AS n FROM audit_entry e JOIN audit_payload p ON p.entry_id = e.id \
                 WHERE e.action = 'termination.wipe_assessed' AND details LIKE '%stalled%'"
            ),
            1
        );
        server.stop().await;
    });
}

#[test]
fn a_contradicted_wipe_of_a_stolen_phone_closes_by_a_decision_and_stays_on_the_receipt() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let device = world.device(0, DataClass::Standard).await;
        let (case, item) = world.leaver("kim", device.id).await;
        let path = format!("/v1/terminations/{case}");
        let accept = format!("{path}/items/{item}/contradiction");
        let reason = json!({"reason": "Polisanmäld, spärrad hos operatören."});
        let deliver = async |body: Value| {
            // A token is good for an hour, and here days pass.
            let mdm = server.caller(&[Scope::Mdm]).await;
            let answer = mdm.post("/v1/mdm/reports", &body).await;
            let _ = answer.expect(StatusCode::ACCEPTED);
        };
        let desk = server.caller(&[Scope::Desk]).await;
        let refused = desk.post(&accept, &reason).await;
        assert_eq!(refused.refusal(), "409 invalid_transition");
        deliver(report("e-1", "command_acknowledged", 0)).await;
        hours(&world, 2);
        deliver(report("e-2", "contact", 1)).await;
        let desk = server.caller(&[Scope::Desk]).await;
        // It may come back still, and then a technician can look.
        assert_eq!(
            desk.post(&accept, &reason).await.refusal(),
            "409 invalid_transition"
        );
        let stolen =
            json!({"outcome": "stolen", "reason": "Stulen på tåget.", "police_report": "5000-K1-27"});
        let outcome = desk.post(&format!("{path}/items/{item}/outcome"), &stolen).await;
        drop(outcome.expect(StatusCode::OK));
        let no_risk = json!({"decision": "no_notification", "facts": "Låst.", "informs_people": false});
        let open = desk
            .post(&format!("{path}/items/{item}/breach-assessment"), &no_risk)
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(open["state"], "open");
        assert_eq!(open["blockers"][0]["blocker"], "wipe_contradicted");

        let done = desk.post(&accept, &reason).await.expect(StatusCode::OK).json();
        assert_eq!(done["state"], "completed");
        assert_eq!(done["is_contradicted"], true, "it stays visible");
        let wipe = &done["items"][0]["wipe"];
        assert_eq!(
            (
                &wipe["is_contradicted"],
                &wipe["contradiction_accepted"]["reason"]
            ),
            (&json!(true), &reason["reason"])
        );
        assert_eq!(wipe["contradiction_accepted"]["by"]["role"], "desk");
        assert_eq!(
            db.number(
                "SELECT count(*) AS n FROM audit_entry WHERE action = 'termination.contradiction_accepted'"
            ),
            1
        );
        let receipt = desk.get(&format!("{path}/receipt?language=sv")).await.json();
        assert_eq!(receipt["title"]["sv"], "Kvittens med avvikelse");
        assert_eq!(receipt["devices"][0]["wiped"]["level"], "contradicted");
        assert_eq!(
            receipt["deviations"],
            json!([
                {"sv": "Stulen på tåget.", "en": "Stulen på tåget."},
                {
                    "sv": "Rensningen motsägs: telefonen har hörts av efteråt. Avslutat ändå: Polisanmäld, spärrad hos operatören.",
                    "en": "The wipe is contradicted: the phone was heard of afterwards. Closed in spite of it: Polisanmäld, spärrad hos operatören.",
                },
            ])
        );
        // The thief goes on using it: that is known, and the case stays closed.
        deliver(report("e-3", "contact", 2)).await;
        assert_eq!(
            world.case(case).await.termination.state,
            TerminationState::Completed
        );
        // A technician gets hold of it after all; the next contradiction is a new question.
        let mut again = report("e-4", "command_acknowledged", 2);
        again["command_ref"] = json!("c-2");
        deliver(again).await;
        assert!(!world.item(case).await.wipe.contradicted);
        hours(&world, 5);
        deliver(report("e-5", "contact", 4)).await;
        let record = world.case(case).await;
        assert_eq!(record.termination.state, TerminationState::Open);
        assert_eq!(
            record.termination.items[0].check(CheckKind::Wiped).unwrap().state,
            CheckState::Deviation
        );
        server.stop().await;
    });
}
