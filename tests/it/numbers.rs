//! What is decided about a number is carried out, by the desk or the telephony system, and a number that was freed is
//! nobody else's for a time.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{TestCaller, TestServer};
use crate::support::story::{Setting, Story, Visitor, all_well, deliver, read};
use handback::domain::actor::Scope;
use handback::domain::assignment::Assigned;
use handback::domain::ids::EmploymentId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn number_story(db: &TestDb) -> Story {
    let setting = Setting {
        has_number: true,
        ..Setting::default()
    };
    Story::begin_in(db.app(), setting).await
}

/// The addresses of the case, of its subscription as an item, and of the subscription in the register.
async fn places(story: &Story) -> (String, String, String) {
    let record = story.record().await;
    let Assigned::Subscription(id) = record.holdings[1].assigned else {
        panic!("the second item is the subscription")
    };
    let case = format!("/v1/terminations/{}", story.case);
    let item = format!("{case}/items/{}", record.holdings[1].item);
    (case, item, format!("/v1/subscriptions/{id}"))
}

async fn ok(caller: &TestCaller<'_>, path: &str) -> Value {
    caller.get(path).await.expect(StatusCode::OK).json()
}

/// Kind and state of each task about numbers.
async fn number_tasks(caller: &TestCaller<'_>, story: &Story) -> Vec<(String, Value)> {
    let all = caller
        .all(&format!("/v1/tasks?termination_id={}", story.case))
        .await;
    let about = |task: &Value| !task["number_work"].is_null();
    let line = |task: Value| {
        let word = |name: &str| task[name].as_str().unwrap().to_owned();
        (format!("{} {}", word("kind"), word("state")), task)
    };
    all.into_iter().filter(about).map(line).collect()
}

async fn told(caller: &TestCaller<'_>, story: &Story) -> Vec<String> {
    let all = number_tasks(caller, story).await;
    all.into_iter().map(|(line, _)| line).collect()
}

/// Whoever keeps the telephony system says that every open task of a kind is done.
async fn finish(caller: &TestCaller<'_>, story: &Story, kind: &str) {
    let path = format!("/v1/tasks?termination_id={}&kind={kind}&state=open", story.case);
    let open = caller.all(&path).await;
    assert!(!open.is_empty(), "no open {kind}");
    for task in open {
        let path = format!("/v1/tasks/{}/done", task["id"].as_str().unwrap());
        drop(caller.post(&path, &json!({})).await.expect(StatusCode::OK));
    }
}

/// Maria's mail is out and read.
async fn asked<'s>(story: &Story, server: &'s TestServer<'_>) -> Visitor<'s> {
    story.it_is("2027-02-25T07:00:00Z");
    server.run_jobs().await;
    story.it_is("2027-02-25T07:20:00Z");
    let token = read(server.db.mailer().sent().last().unwrap()).token.unwrap();
    Visitor::open(server, &token).await
}

fn transfer() -> Value {
    json!({"decision": "transfer_to_private", "decided_by": "Enhetschefen", "reason": "Numret är privat från början."})
}

async fn employment(story: &Story, name: &str) -> EmploymentId {
    deliver(&story.app, name, Some("Olof Sund"), (2, None))
        .await
        .employment
        .id
}

#[test]
fn what_the_manager_decides_the_telephony_system_does_and_the_freed_number_is_kept() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let (case, item, subscription) = places(&story).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let flagged = json!({"is_recovery_number": true});
        drop(
            desk.patch(&subscription, "*", &flagged)
                .await
                .expect(StatusCode::OK),
        );
        let asking = Answering::of(&desk, &item);
        asking.asks().await;
        let visitor = asked(&story, &server).await;
        let page = visitor.reload().await.body;
        for said in [
            "Numret används för att logga in eller återställa konton.",
            "Innehavaren vill ta över numret privat.",
            "Ett tjänstenummer överlåts normalt inte till innehavaren.",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        let mut fields = all_well();
        fields.insert("s0_number", "terminate");
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let now = ok(&desk, &case).await;
        assert_eq!(
            (
                &now["items"][1]["number"]["decision"],
                &now["items"][1]["checks"][0]["state"]
            ),
            (&json!("terminate"), &json!("open"))
        );
        assert_eq!(told(&desk, &story).await, ["terminate_subscription open"]);
        // Maria has decided: she is not asked again.
        let before = db.mailer().sent().len();
        story.it_is("2027-03-20T08:00:00Z");
        server.run_jobs().await;
        assert_eq!(db.mailer().sent().len(), before);

        let desk = server.caller(&[Scope::Desk]).await;
        let last_day = json!({"decision": "terminate", "last_day": "2027-03-31"});
        drop(
            desk.post(&format!("{item}/number"), &last_day)
                .await
                .expect(StatusCode::OK),
        );
        let telephony = server.caller(&[Scope::Telephony]).await;
        finish(&telephony, &story, "directory").await;
        finish(&telephony, &story, "terminate_subscription").await;
        assert_eq!(ok(&desk, &case).await["state"], "completed");
        assert_eq!(told(&desk, &story).await, ["terminate_subscription done"]);
        let ended = ok(&desk, &subscription).await;
        assert_eq!(
            (&ended["status"], &ended["ends_on"], &ended["quarantined_until"]),
            (&json!("terminated"), &json!("2027-03-31"), &json!("2027-06-29"))
        );

        // The same number on another subscription is still Anna's for ninety days.
        let register = json!({"legal_entity_id": ended["legal_entity_id"], "number": ended["number"]});
        let again = desk.make("/v1/subscriptions", &register).await;
        assert_eq!(again["quarantined_until"], "2027-06-29");
        let mut handout = json!({
            "employment_id": employment(&story, "Karin Berg").await, "subscription_id": again["id"],
        });
        let refused = desk.post("/v1/assignments", &handout).await;
        assert_eq!(refused.refusal(), "409 number_quarantined");
        assert!(refused.body.contains("2027-06-29"), "{}", refused.body);
        handout["override_quarantine"] =
            json!({"decided_by": "Telefoniansvarig", "reason": "Jourtelefonen."});
        let given = desk.make("/v1/assignments", &handout).await;
        assert_eq!(given["quarantine_override"]["until"], "2027-06-29");
        let in_use = ok(
            &desk,
            &format!("/v1/subscriptions/{}", again["id"].as_str().unwrap()),
        )
        .await;
        assert_eq!(in_use["quarantined_until"], Value::Null);
        server.stop().await;
        let told = "SELECT COUNT(*) AS n FROM audit_payload WHERE details LIKE '%Jourtelefonen%'";
        assert_eq!(db.number(told), 0);
    });
}

/// The desk says that the holder asks for the number.
struct Answering<'d, 's> {
    desk: &'d TestCaller<'s>,
    item: &'d str,
}

impl<'d, 's> Answering<'d, 's> {
    fn of(desk: &'d TestCaller<'s>, item: &'d str) -> Self {
        Self { desk, item }
    }

    async fn asks(&self) {
        let request = || {
            self.desk
                .request(Method::PUT, &format!("{}/number/request", self.item))
        };
        let first = crate::support::http::Answer::of(request())
            .await
            .expect(StatusCode::OK);
        let again = crate::support::http::Answer::of(request())
            .await
            .expect(StatusCode::OK);
        assert_eq!(first.json(), again.json(), "to ask again changes nothing");
        assert_eq!(first.json()["items"][1]["number_requested"]["role"], "desk");
        assert_eq!(
            first.json()["items"][1]["number"],
            Value::Null,
            "to ask is not to decide"
        );
    }
}

#[test]
fn a_number_that_goes_to_its_holder_is_not_terminated_first_however_late_it_is() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let (case, item, subscription) = places(&story).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let decide = format!("{item}/number");
        for (body, refusal) in [
            (
                json!({"decision": "transfer_to_private"}),
                "422 /decided_by missing, /reason missing",
            ),
            (
                json!({"decision": "reuse", "reason": "Behövs."}),
                "422 /decided_by missing",
            ),
            (
                json!({"decision": "reuse", "last_day": "2027-03-31", "move_to": {}}),
                "422 /last_day other_kind, /move_to other_kind",
            ),
            (
                json!({"decision": "terminate", "last_day": "2999-03-31"}),
                "422 /last_day day_range",
            ),
        ] {
            assert_eq!(desk.post(&decide, &body).await.refusal(), refusal);
        }
        let decided = desk
            .post(&decide, &transfer())
            .await
            .expect(StatusCode::OK)
            .json();
        let number = &decided["items"][1]["number"];
        assert_eq!(
            (&number["release_by"], &number["decided_by"]),
            (&json!("2027-03-26"), &json!("Enhetschefen"))
        );
        assert_eq!(decided["items"][1]["subscription"]["status"], "to_be_transferred");
        let tasks = number_tasks(&desk, &story).await;
        assert_eq!(tasks[0].0, "number_transfer open");
        // The last day is Good Friday.
        assert_eq!(
            (&tasks[0].1["due_on"], &tasks[0].1["number_work"]["release_by"]),
            (&json!("2027-03-25"), &json!("2027-03-26"))
        );
        let listed = desk.all("/v1/worklist?filter=number_transfer").await;
        assert_eq!(listed.len(), 1);
        assert_eq!(ok(&desk, "/v1/worklist/counts").await["number_transfer"], 1);

        let terminated = json!({"status": "terminated"});
        let refused = desk.patch(&subscription, "*", &terminated).await;
        assert_eq!(refused.refusal(), "409 number_transfer_under_way");
        let refused = desk.post(&decide, &json!({"decision": "terminate"})).await;
        assert_eq!(refused.refusal(), "409 number_transfer_under_way");
        let visitor = asked(&story, &server).await;
        let page = visitor.reload().await.body;
        assert!(
            page.contains("senast 26 mars 2027") && !page.contains("s0_number"),
            "{page}"
        );

        // The last day for the operator passes, and nothing is terminated because of that.
        story.it_is("2027-03-26T12:00:00Z");
        server.run_jobs().await;
        let desk = server.caller(&[Scope::Desk]).await;
        assert_eq!(
            told(&desk, &story).await,
            ["number_transfer open"],
            "it is its last day"
        );
        story.it_is("2027-03-27T12:00:00Z");
        server.run_jobs().await;
        server.run_jobs().await;
        let desk = server.caller(&[Scope::Desk]).await;
        assert_eq!(
            told(&desk, &story).await,
            ["number_transfer open", "transfer_overdue open"]
        );
        assert_eq!(ok(&desk, &subscription).await["status"], "to_be_transferred");
        // The employment goes on for longer, and so does the time.
        deliver(&story.app, "Anna Ek", Some("Maria Lind"), (3, Some("2027-04-30"))).await;
        assert_eq!(
            told(&desk, &story).await,
            ["number_transfer open", "transfer_overdue withdrawn"]
        );
        let moved = ok(&desk, &case).await;
        assert_eq!(moved["items"][1]["number"]["release_by"], "2027-05-30");

        finish(&desk, &story, "number_transfer").await;
        finish(&desk, &story, "directory").await;
        let mut left = ok(&desk, &case).await;
        assert_eq!(left["items"][1]["checks"][0]["state"], "done");
        assert_eq!(left["items"][1]["number"]["release_by"], Value::Null);
        let visitor_fields = all_well();
        story.it_is("2027-04-29T07:00:00Z");
        server.run_jobs().await;
        story.it_is("2027-04-29T08:00:00Z");
        let token = read(db.mailer().sent().last().unwrap()).token.unwrap();
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&visitor_fields, StatusCode::SEE_OTHER).await;
        let desk = server.caller(&[Scope::Desk]).await;
        left = ok(&desk, &case).await;
        assert_eq!(left["state"], "completed", "{left}");
        let gone = ok(&desk, &subscription).await;
        assert_eq!(
            (&gone["status"], &gone["quarantined_until"]),
            (&json!("terminated"), &Value::Null),
            "it is the holder's own"
        );
        server.stop().await;
    });
}

#[test]
fn the_manager_gives_a_number_to_its_holder_in_person_and_can_take_that_back() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let (case, _, subscription) = places(&story).await;
        let visitor = asked(&story, &server).await;
        let mut fields = all_well();
        fields.insert("s0_number", "transfer");
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let number = ok(&desk, &case).await["items"][1]["number"].clone();
        assert_eq!(
            (&number["decision"], &number["decided_by"], &number["by"]["role"]),
            (&json!("transfer_to_private"), &Value::Null, &json!("receiver"))
        );
        assert_eq!(ok(&desk, &subscription).await["status"], "to_be_transferred");
        drop(visitor.reload().await);
        visitor
            .gets(
                &BTreeMap::from([("act", "undo"), ("undo", "yes")]),
                StatusCode::SEE_OTHER,
            )
            .await;
        assert_eq!(ok(&desk, &case).await["items"][1]["number"], Value::Null);
        assert_eq!(told(&desk, &story).await, ["number_transfer withdrawn"]);
        assert_eq!(ok(&desk, &subscription).await["status"], "assigned");
        server.stop().await;
    });
}

#[test]
fn a_mind_is_changed_until_it_is_done_and_a_number_that_has_moved_stays_there() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let (_, item, subscription) = places(&story).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let decide = format!("{item}/number");
        drop(desk.post(&decide, &transfer()).await.expect(StatusCode::OK));
        let mut other =
            json!({"decision": "terminate", "decided_by": "Enhetschefen", "reason": "Står på bilarna."});
        drop(desk.post(&decide, &other).await.expect(StatusCode::OK));
        assert_eq!(ok(&desk, &subscription).await["status"], "assigned");
        assert_eq!(
            told(&desk, &story).await,
            ["number_transfer withdrawn", "terminate_subscription open"]
        );
        finish(&desk, &story, "terminate_subscription").await;
        // Done, and the other way after all: it is asked for again.
        other = json!({"decision": "move"});
        drop(desk.post(&decide, &other).await.expect(StatusCode::OK));
        let task = &number_tasks(&desk, &story).await[2].1;
        let done = format!("/v1/tasks/{}/done", task["id"].as_str().unwrap());
        let declined = format!("/v1/tasks/{}/decline", task["id"].as_str().unwrap());
        let refused = desk.post(&declined, &json!({"reason": "Nej."})).await;
        assert_eq!(refused.refusal(), "409 task_of_a_check");
        let refused = desk.post(&done, &json!({})).await;
        assert_eq!(refused.refusal(), "409 unanswered", "nobody knows where to");
        let record = story.record().await;
        let own = json!({"decision": "move", "move_to": {"employment_id": record.employment_id}});
        assert_eq!(
            desk.post(&decide, &own).await.refusal(),
            "422 /move_to/employment_id ending_employment"
        );
        let karin = employment(&story, "Karin Berg").await;
        let to_karin = json!({"decision": "move", "move_to": {"employment_id": karin}});
        drop(desk.post(&decide, &to_karin).await.expect(StatusCode::OK));
        finish(&desk, &story, "move_number").await;
        let id = subscription.rsplit('/').next().unwrap();
        let path = format!("/v1/assignments?subscription_id={id}");
        let assignments = desk.all(&path).await;
        assert_eq!(
            (&assignments[0]["end_reason"], &assignments[1]["employment_id"]),
            (&json!("transferred"), &json!(karin))
        );
        assert_eq!(ok(&desk, &subscription).await["status"], "assigned");
        let back = desk.post(&decide, &json!({"decision": "reuse"})).await;
        assert_eq!(back.refusal(), "409 invalid_transition");
        server.stop().await;
    });
}

#[test]
fn a_number_goes_back_to_whoever_had_it_at_once_and_to_others_when_its_quarantine_is_over() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let admin = server.caller(&[Scope::Admin]).await;
        let record = story.record().await;
        let entity = format!("/v1/legal-entities/{}", record.legal_entity_id);
        let refused = admin
            .patch(&entity, "*", &json!({"number_quarantine_days": 731}))
            .await;
        assert_eq!(
            refused.refusal(),
            "422 /number_quarantine_days number_quarantine_days_range"
        );
        let shorter = json!({"number_quarantine_days": 10});
        drop(admin.patch(&entity, "*", &shorter).await.expect(StatusCode::OK));

        let desk = server.caller(&[Scope::Desk]).await;
        let register = json!({"legal_entity_id": record.legal_entity_id, "number": "070-174 06 06"});
        let fresh = desk.make("/v1/subscriptions", &register).await;
        let path = format!("/v1/subscriptions/{}", fresh["id"].as_str().unwrap());
        let (maria, karin) = (
            employment(&story, "Maria Lind").await,
            employment(&story, "Karin Berg").await,
        );
        let handout = |to: EmploymentId| json!({"employment_id": to, "subscription_id": fresh["id"]});
        let end = async |desk: &TestCaller<'_>, assignment: &Value, reason: &str| {
            let path = format!("/v1/assignments/{}/end", assignment["id"].as_str().unwrap());
            let ended = desk
                .fresh_post(&path)
                .header("if-match", "*")
                .json(&json!({ "reason": reason }));
            drop(
                crate::support::http::Answer::of(ended)
                    .await
                    .expect(StatusCode::OK),
            );
        };
        let given = desk.make("/v1/assignments", &handout(maria)).await;
        end(&desk, &given, "mistake").await;
        assert_eq!(
            ok(&desk, &path).await["quarantined_until"],
            Value::Null,
            "nobody had it"
        );
        let given = desk.make("/v1/assignments", &handout(maria)).await;
        end(&desk, &given, "returned").await;
        let until = ok(&desk, &path).await["quarantined_until"].clone();
        let listed = desk.all("/v1/subscriptions?status=available").await;
        assert_eq!(listed[0]["quarantined_until"], until);
        let refused = desk.post("/v1/assignments", &handout(karin)).await;
        assert_eq!(refused.refusal(), "409 number_quarantined");
        let given = desk.make("/v1/assignments", &handout(maria)).await;
        end(&desk, &given, "returned").await;

        let last = format!("{}T20:00:00Z", until.as_str().unwrap());
        story.it_is(&last);
        server.run_jobs().await;
        let desk = server.caller(&[Scope::Desk]).await;
        let refused = desk.post("/v1/assignments", &handout(karin)).await;
        assert_eq!(refused.refusal(), "409 number_quarantined");
        let day: chrono::NaiveDate = until.as_str().unwrap().parse().unwrap();
        story.it_is(&format!("{}T06:00:00Z", day.succ_opt().unwrap()));
        let desk = server.caller(&[Scope::Desk]).await;
        drop(desk.make("/v1/assignments", &handout(karin)).await);
        // Who had it is not remembered for longer than that.
        server.run_jobs().await;
        assert_eq!(db.number("SELECT COUNT(*) AS n FROM number_quarantine"), 0);
        server.stop().await;
    });
}
