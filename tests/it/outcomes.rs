//! What becomes of a device that does not come back into stock, each through the front door to its receipt.

use crate::support::app::start;
use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestCaller, TestServer};
use crate::support::world::World;
use chrono::TimeDelta;
use handback::domain::actor::Scope;
use handback::domain::ids::{ItemId, TerminationId};
use handback::domain::termination::DataClass;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A case with one device, worked with by the desk.
struct Desk<'s> {
    caller: TestCaller<'s>,
    path: String,
    item: String,
    device: String,
}

impl<'s> Desk<'s> {
    /// Kim has left, and one device is to come back.
    async fn begin(world: &World, server: &'s TestServer<'s>) -> Self {
        let device = world.device(0, DataClass::Standard).await;
        let case = world.leaver("kim", device.id).await;
        Self::of(server, case, device.id.to_string()).await
    }

    async fn of(server: &'s TestServer<'s>, (case, item): (TerminationId, ItemId), device: String) -> Self {
        let path = format!("/v1/terminations/{case}");
        Self {
            caller: server.caller(&[Scope::Desk]).await,
            item: format!("{path}/items/{item}"),
            device: format!("/v1/devices/{device}"),
            path,
        }
    }

    async fn case(&self) -> Value {
        self.caller.get(&self.path).await.expect(StatusCode::OK).json()
    }

    /// Posts about the device, which must succeed.
    async fn post(&self, what: &str, body: Value) -> Value {
        self.send(what, body).await.expect(StatusCode::OK).json()
    }

    async fn send(&self, what: &str, body: Value) -> Answer {
        self.caller.post(&format!("{}/{what}", self.item), &body).await
    }

    async fn settle(&self, check: &str, body: Value) -> Value {
        let path = format!("{}/checks/{check}", self.item);
        let answer = self.caller.put_if(&path, "*", &body).await;
        answer.expect(StatusCode::OK).json()
    }

    /// A technician has seen that it is erased and free of locks.
    async fn verify(&self) {
        let seen = json!({
            "identity": {"serial": "SERIAL0X"}, "reading": "screen", "finding": "erased", "locks_absent": true,
        });
        drop(self.send("verifications", seen).await.expect(StatusCode::CREATED));
    }

    async fn answer_codes(&self) -> Value {
        let kinds = ["screen_lock", "sim_pin", "other"];
        let codes = kinds.map(|kind| json!({"kind": kind, "answer": "not_needed_after_wipe"}));
        drop(self.post("codes", json!({ "codes": codes })).await);
        self.settle("codes", json!({"state": "done"})).await
    }

    async fn withdraw(&self) -> Answer {
        let path = format!("{}/disposal", self.item);
        let request = self.caller.request(Method::DELETE, &path);
        Answer::of(request.header("if-match", "*")).await
    }

    async fn receipt(&self) -> Value {
        let path = format!("{}/receipt", self.path);
        self.caller.get(&path).await.expect(StatusCode::OK).json()
    }

    async fn device_status(&self) -> String {
        let device = self.caller.get(&self.device).await.expect(StatusCode::OK).json();
        device["status"].as_str().unwrap().to_owned()
    }

    /// Kind and state of each task of the case.
    async fn tasks(&self) -> Vec<String> {
        let id = self.path.rsplit('/').next().unwrap();
        let tasks = self.caller.all(&format!("/v1/tasks?termination_id={id}")).await;
        let word = |task: &Value, name: &str| task[name].as_str().unwrap().to_owned();
        tasks
            .iter()
            .map(|task| format!("{} {}", word(task, "kind"), word(task, "state")))
            .collect()
    }
}

/// What keeps a case from completing, in one line.
fn blockers(case: &Value) -> String {
    let blockers = case["blockers"].as_array().unwrap().iter();
    let words = blockers.map(|blocker| {
        let word = blocker["blocker"].as_str().unwrap();
        match blocker["check"].as_str() {
            Some(check) => format!("{word} {check}"),
            None => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The rows of the receipt about the outcome, in English.
fn facts(receipt: &Value) -> Vec<String> {
    let facts = receipt["devices"][0]["outcome_facts"].as_array().unwrap();
    let text = |fact: &Value, name: &str| fact[name]["en"].as_str().unwrap().to_owned();
    facts
        .iter()
        .map(|fact| format!("{}: {}", text(fact, "name"), text(fact, "text")))
        .collect()
}

fn decision(outcome: &str, member: &str, terms: Value) -> Value {
    json!({
        "outcome": outcome, "decided_by": "Enhetschefen", "reason": "Beslut 7.", member: terms,
    })
}

fn sale() -> Value {
    let terms = json!({"market_value_ore": 120_000, "valuation": "Tre annonser."});
    decision("bought_out", "sale", terms)
}

#[test]
fn a_loss_blocks_the_number_at_once_and_waits_for_the_breach_to_be_decided() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let device = world.device(0, DataClass::Standard).await;
        let employed = world.employ("kim", 1, None).await;
        world.hand_out(device.id, employed.employment.id).await;
        world.subscribe(employed.employment.id).await;
        let desk = Desk::of(&server, world.ends("kim").await, device.id.to_string()).await;
        let mut before = vec!["directory open".to_owned(), "diversion open".to_owned()];
        assert_eq!(desk.tasks().await, before);

        let future = json!({"outcome": "lost", "reason": "x", "known_at": "2027-01-12T08:00:00Z"});
        let refused = desk.send("outcome", future).await;
        assert_eq!(refused.refusal(), "422 /known_at in_the_future");
        let absurd = json!({"outcome": "lost", "reason": "x", "known_at": "1900-01-01T00:00:00Z"});
        let refused = desk.send("outcome", absurd).await;
        assert_eq!(refused.refusal(), "422 /known_at too_early");
        let known = start() - TimeDelta::hours(10);
        let lost = json!({"outcome": "lost", "reason": "Glömd på bussen.", "known_at": known});
        let case = desk.post("outcome", lost).await;
        let by = serde_json::to_value(known + TimeDelta::hours(72)).unwrap();
        assert_eq!(
            (
                &case["breach_notify_by"],
                &case["items"][0]["loss"]["breach_notify_by"]
            ),
            (&by, &by)
        );
        let blocked = "breach_undecided, check_open number, check_open directory";
        assert_eq!(blockers(&case), blocked);
        before.extend(["block_subscription open", "clear_mdm open"].map(str::to_owned));
        assert_eq!(desk.tasks().await, before);

        // A hold takes the order to the MDM back, and its release gives it again; the number stays blocked.
        let hold = format!("{}/hold", desk.path);
        let why = json!({"reason": "Utredning."});
        drop(desk.caller.post(&hold, &why).await.expect(StatusCode::OK));
        before[3] = "clear_mdm withdrawn".to_owned();
        assert_eq!(desk.tasks().await, before);
        let release = format!("{}/release", desk.path);
        drop(desk.caller.post(&release, &why).await.expect(StatusCode::OK));
        before.push("clear_mdm open".to_owned());
        assert_eq!(desk.tasks().await, before);
        // That it was theft asks for nothing twice.
        let stolen = json!({"outcome": "stolen", "reason": "Stulen på bussen."});
        let case = desk.post("outcome", stolen).await;
        assert_eq!(case["breach_notify_by"], by);
        assert_eq!(desk.tasks().await, before);

        let due = "/v1/worklist?filter=breach_due";
        assert_eq!(desk.caller.all(due).await.len(), 1);
        let lacking = json!({"decision": "notified", "facts": "Låst.", "informs_people": true});
        let refused = desk.send("breach-assessment", lacking).await;
        assert_eq!(refused.refusal(), "422 /notified_at missing");
        let undecided = json!({"decision": "undecided", "facts": "Utreds.", "informs_people": false});
        let case = desk.post("breach-assessment", undecided).await;
        assert_eq!(case["breach_notify_by"], by);
        let notified = json!({
            "decision": "notified", "facts": "Olåst, journalappen öppen.", "informs_people": true,
            "notified_at": start(), "reference": "IMY-2027-118",
        });
        let case = desk.post("breach-assessment", notified).await;
        assert_eq!(
            (
                &case["breach_notify_by"],
                &case["items"][0]["loss"]["breach"]["reference"]
            ),
            (&json!(null), &json!("IMY-2027-118"))
        );
        assert!(desk.caller.all(due).await.is_empty());
        let listed = "/v1/terminations?breach_undecided=true";
        assert!(desk.caller.all(listed).await.is_empty());
        let open = "police_report_missing, check_open number, check_open directory";
        assert_eq!(blockers(&case), open);
        let case = desk.post("police-report", json!({"number": "5000-K1-27"})).await;
        assert_eq!(blockers(&case), "check_open number, check_open directory");
        server.stop().await;
        assert_eq!(
            db.number("SELECT COUNT(*) AS n FROM audit_payload WHERE details LIKE '%journal%' OR details LIKE '%IMY%'"),
            0
        );
    });
}

#[test]
fn a_found_device_that_was_lost_when_the_case_was_closed_is_in_stock_again() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = Desk::begin(&world, &server).await;
        drop(
            desk.post("outcome", json!({"outcome": "lost", "reason": "Borta."}))
                .await,
        );
        let no_risk = json!({"decision": "no_notification", "facts": "Låst.", "informs_people": false});
        let case = desk.post("breach-assessment", no_risk).await;
        assert_eq!(
            (&case["state"], desk.device_status().await.as_str()),
            (&json!("completed"), "lost")
        );
        let reopen = format!("{}/reopen", desk.path);
        let found = json!({"reason": "Hittad."});
        drop(desk.caller.post(&reopen, &found).await.expect(StatusCode::OK));
        let back = json!({"state": "done", "identity": {"serial": "SERIAL0X"}});
        drop(desk.settle("returned", back).await);
        assert!(desk.tasks().await.contains(&"clear_mdm withdrawn".to_owned()));
        drop(desk.settle("reset", json!({"state": "done"})).await);
        desk.verify().await;
        assert_eq!(desk.answer_codes().await["state"], "completed");
        assert_eq!(desk.device_status().await, "in_stock");
        server.stop().await;
    });
}

#[test]
fn a_damage_is_the_employers_cost_and_the_receipt_says_so_or_how_to_object() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = Desk::begin(&world, &server).await;
        let back = json!({"state": "done", "identity": {"serial": "SERIAL0X"}});
        drop(desk.settle("returned", back).await);
        let damage = json!({
            "facts": "Sprucken skärm.", "cause": "accident", "insurance": "claimed", "insurance_reference": "SK-1",
        });
        let case = desk.post("damage", damage.clone()).await;
        assert_eq!(case["items"][0]["damage"]["bearer"], "employer");
        let mut ruled = damage;
        ruled["decision"] =
            json!({"bearer": "holder", "decided_by": "Chefsjuristen", "reason": "Kastad i väggen."});
        let refused = desk.send("damage", ruled.clone()).await;
        assert_eq!(
            refused.refusal(),
            "422 /decision/legal_ground legal_ground_missing"
        );
        drop(desk.settle("reset", json!({"state": "done"})).await);
        desk.verify().await;
        assert_eq!(desk.answer_codes().await["state"], "completed");
        let receipt = desk.receipt().await;
        assert_eq!(receipt["title"]["sv"], "Kvittens med avvikelse");
        assert_eq!(receipt["deviations"][0]["sv"], "Skadad: Sprucken skärm.");
        let employers = [
            "Damage: Accident",
            "Cost of the damage: The employer stands for the cost",
        ];
        assert_eq!(facts(&receipt), employers);

        let reopen = format!("{}/reopen", desk.path);
        drop(
            desk.caller
                .post(&reopen, &json!({"reason": "Beslut."}))
                .await
                .expect(StatusCode::OK),
        );
        ruled["decision"]["legal_ground"] = json!("Skadeståndslagen 4 kap. 1 §, uppsåt.");
        ruled["decision"]["amount_ore"] = json!(50_000);
        assert_eq!(desk.post("damage", ruled).await["state"], "completed");
        assert!(facts(&desk.receipt().await)[1].contains("can object"));
        server.stop().await;
    });
}

#[test]
fn a_device_is_sold_only_where_that_is_allowed_and_when_it_is_wiped_and_free() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = Desk::begin(&world, &server).await;
        let admin = server.caller(&[Scope::Admin]).await;
        let entity = format!("/v1/legal-entities/{}", world.legal_entity);
        assert_eq!(
            desk.send("disposal", sale()).await.refusal(),
            "409 buy_out_not_allowed"
        );
        let tag = admin.get(&entity).await.expect(StatusCode::OK).etag();
        let allowed = admin.patch(&entity, &tag, &json!({"allows_buy_out": true})).await;
        assert_eq!(allowed.expect(StatusCode::OK).json()["allows_buy_out"], true);

        let mixed = decision("bought_out", "transfer", json!({}));
        assert_eq!(
            desk.send("disposal", mixed).await.refusal(),
            "422 /sale missing, /transfer other_kind"
        );
        let case = desk.post("disposal", sale()).await;
        assert_eq!(
            blockers(&case),
            "check_open reset, check_open wiped, check_open codes, check_not_done locks_cleared"
        );
        drop(desk.settle("reset", json!({"state": "done"})).await);
        drop(desk.answer_codes().await);
        desk.verify().await;
        assert_eq!(desk.case().await["state"], "completed");
        assert_eq!(desk.device_status().await, "retired");
        let receipt = desk.receipt().await;
        let device = &receipt["devices"][0];
        assert_eq!(
            (
                &receipt["title"]["sv"],
                &device["outcome"],
                &device["returned"]["level"]
            ),
            (&json!("Kvittens"), &json!("bought_out"), &json!("not_applicable"))
        );
        assert_eq!(
            facts(&receipt),
            ["Market value: SEK 1,200.00", "Decided by: Enhetschefen"]
        );
        server.stop().await;
    });
}

#[test]
fn a_destruction_proves_the_wipe_until_it_is_withdrawn() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = Desk::begin(&world, &server).await;
        let terms = |day: &str| {
            let terms =
                json!({"destroyed_by": "Återvinnaren", "destroyed_on": day, "certificate": "Intyg 42"});
            decision("destroyed", "destruction", terms)
        };
        let refused = desk.send("disposal", terms("2027-01-12")).await;
        assert_eq!(refused.refusal(), "422 /destruction/destroyed_on in_the_future");
        let case = desk.post("disposal", terms("2027-01-08")).await;
        assert_eq!(blockers(&case), "check_open codes");
        assert_eq!(case["items"][0]["wipe"]["level"], "certified");
        let again = desk.post("disposal", terms("2027-01-08")).await;
        assert_eq!(again["version"], case["version"]);

        let case = desk.withdraw().await.expect(StatusCode::OK).json();
        assert_eq!(
            blockers(&case),
            "check_open returned, check_open reset, check_open wiped, check_open codes"
        );
        assert_eq!(
            (&case["items"][0]["outcome"], &case["items"][0]["wipe"]["level"]),
            (&json!(null), &json!("none"))
        );
        assert_eq!(desk.withdraw().await.refusal(), "409 invalid_transition");

        drop(desk.post("disposal", terms("2027-01-08")).await);
        assert_eq!(desk.answer_codes().await["state"], "completed");
        assert_eq!(desk.device_status().await, "retired");
        let receipt = desk.receipt().await;
        assert_eq!(receipt["devices"][0]["wiped"]["level"], "certified");
        assert_eq!(
            facts(&receipt),
            [
                "Destroyed by: Återvinnaren, 8 January 2027",
                "Certificate: Intyg 42",
                "Decided by: Enhetschefen"
            ]
        );
        server.stop().await;
    });
}

#[test]
fn a_device_goes_along_with_its_holder_at_once_and_the_history_knows_both_custodies() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let device = world.device(0, DataClass::Standard).await;
        let old = world.employ("kim", 1, None).await.employment.id;
        world.hand_out(device.id, old).await;
        let next = world.employ_as("kim", "kim-2", ("2027-01-09", 1, None)).await;
        let next = next.employment.id;
        let other = world.employ("sam", 1, None).await.employment.id;
        let desk = Desk::of(&server, world.ends("kim").await, device.id.to_string()).await;
        // Whoever goes on in another employment is held at first.
        assert_eq!(desk.case().await["kind"], "transfer");

        let to = |id: &dyn std::fmt::Display| {
            decision(
                "transferred",
                "transfer",
                json!({"employment_id": id.to_string()}),
            )
        };
        let refused = desk.send("disposal", to(&old)).await;
        assert_eq!(refused.refusal(), "422 /transfer/employment_id ending_employment");
        assert_eq!(desk.send("disposal", to(&other)).await.refusal(), "409 held");
        let case = desk.post("disposal", to(&next)).await;
        assert_eq!(blockers(&case), "held");
        assert_eq!(case["items"][0]["disposal"]["goes_along"], true);
        let again = desk.post("disposal", to(&next)).await;
        assert_eq!(again["version"], case["version"]);

        let custodies = desk
            .caller
            .all(&format!("/v1/assignments?device_id={}", device.id))
            .await;
        let told: Vec<_> = custodies
            .iter()
            .map(|custody| (custody["employment_id"].clone(), custody["end_reason"].clone()))
            .collect();
        assert_eq!(
            told,
            [(json!(old), json!("transferred")), (json!(next), json!(null))]
        );
        assert_eq!(desk.device_status().await, "assigned");
        assert_eq!(desk.withdraw().await.refusal(), "409 invalid_transition");
        let release = format!("{}/release", desk.path);
        let done = desk
            .caller
            .post(&release, &json!({"reason": "Följer med."}))
            .await;
        assert_eq!(done.expect(StatusCode::OK).json()["state"], "completed");
        assert_eq!(desk.device_status().await, "assigned");
        let receipt = desk.receipt().await;
        assert_eq!(
            (&receipt["title"]["sv"], &receipt["devices"][0]["wiped"]["level"]),
            (&json!("Kvittens"), &json!("not_applicable"))
        );
        server.stop().await;
    });
}

#[test]
fn another_legal_entity_takes_a_device_over_when_both_approve_and_it_is_retired_here() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let server = TestServer::start(db);
        let desk = Desk::begin(&world, &server).await;
        let admin = server.caller(&[Scope::Admin]).await;
        let company = json!({"name": "Exempelbostäder AB", "kind": "company"});
        let company = admin.make("/v1/legal-entities", &company).await;
        let to = |id: &Value| decision("transferred", "transfer", json!({"legal_entity_id": id}));
        let own = desk.send("disposal", to(&json!(world.legal_entity))).await;
        assert_eq!(own.refusal(), "422 /transfer/legal_entity_id own_legal_entity");
        drop(desk.post("disposal", to(&company["id"])).await);
        drop(desk.settle("reset", json!({"state": "done"})).await);
        desk.verify().await;
        let case = desk.answer_codes().await;
        assert_eq!(blockers(&case), "transfer_not_approved");
        let approve = |side: &str| json!({"side": side, "decided_by": "Vd", "reason": "Ja."});
        let case = desk.post("disposal/approvals", approve("giving")).await;
        assert_eq!(blockers(&case), "transfer_not_approved");
        let case = desk.post("disposal/approvals", approve("receiving")).await;
        assert_eq!(case["state"], "completed");
        assert_eq!(desk.device_status().await, "retired");
        let receipt = desk.receipt().await;
        assert_eq!(
            facts(&receipt),
            ["Moved to: Exempelbostäder AB", "Decided by: Enhetschefen"]
        );
        server.stop().await;
    });
}
