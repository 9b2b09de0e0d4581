//! Add-ons end by themselves, with their subscription, or by a decision; of those without an end it is asked once a year
//! whether they are needed. And the hours at which a unit answers its telephones.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestCaller, TestServer};
use crate::support::story::{Setting, Story, deliver, read};
use handback::domain::actor::Scope;
use handback::domain::assignment::Assigned;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Anna's subscription, and Maria, who orders for her.
async fn anna(db: &TestDb) -> (Story, String, Value) {
    let setting = Setting {
        has_number: true,
        ..Setting::default()
    };
    let story = Story::begin_in(db.app(), setting).await;
    let record = story.record().await;
    let Assigned::Subscription(id) = record.holdings[1].assigned else {
        panic!("the second item is the subscription")
    };
    let maria = deliver(&story.app, "Maria Lind", Some("Olof Sund"), (2, None)).await;
    let maria = json!(maria.employment.person_id);
    (story, format!("/v1/subscriptions/{id}"), maria)
}

fn roaming(orderer: &Value, to: Option<&str>) -> Value {
    json!({
        "kind": "roaming_outside_eu", "reason": "Studieresa till Schweiz.", "from": "2027-02-01", "to": to,
        "cost_ore": 19_900, "orderer_id": orderer, "agreement": "RA-2025-17",
    })
}

async fn get(caller: &TestCaller<'_>, add_on: &Value) -> Value {
    let path = format!("/v1/add-ons/{}", add_on["id"].as_str().unwrap());
    caller.get(&path).await.expect(StatusCode::OK).json()
}

#[test]
fn an_add_on_is_ordered_changed_and_ended_and_ends_with_its_subscription() {
    for_each_database(async |db: &TestDb| {
        let (_story, subscription, maria) = anna(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let add_ons = format!("{subscription}/add-ons");
        let mut wrong = roaming(&json!("01939e5c-5b6a-7c1e-8f00-0242ac120099"), Some("2027-01-31"));
        wrong["cost_ore"] = json!(-1);
        let refused = desk.post(&add_ons, &wrong).await;
        assert_eq!(
            refused.refusal(),
            "422 /to dates_order, /cost_ore cost_out_of_range, /orderer_id unknown_person"
        );
        let made = desk.make(&add_ons, &roaming(&maria, Some("2027-02-14"))).await;
        assert_eq!(
            (&made["ended_on"], &made["needs_review"]),
            (&Value::Null, &json!(false))
        );
        let path = format!("/v1/add-ons/{}", made["id"].as_str().unwrap());
        let stale = desk.patch(&path, "\"v9\"", &json!({"to": null})).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let changed = desk
            .patch(&path, "\"v1\"", &json!({"to": "2027-02-28", "agreement": null}))
            .await;
        let changed = changed.expect(StatusCode::OK).json();
        assert_eq!(
            (&changed["to"], &changed["agreement"], &changed["version"]),
            (&json!("2027-02-28"), &Value::Null, &json!(2))
        );
        let ended = Answer::of(desk.fresh_post(&format!("{path}/end"))).await;
        assert_eq!(ended.expect(StatusCode::OK).json()["end_cause"], "decision");
        let late = desk.patch(&path, "*", &json!({"to": null})).await;
        assert_eq!(late.refusal(), "409 invalid_transition");

        // What goes on when the subscription ends, ends then.
        let second = desk.make(&add_ons, &roaming(&maria, None)).await;
        let item = desk.all(&format!("{add_ons}?is_open=true")).await;
        assert_eq!(item.len(), 1);
        let assigned = desk.all("/v1/assignments?is_open=true").await;
        let of_it = assigned
            .iter()
            .find(|found| found["subscription_id"] != Value::Null);
        // Out of use first: the case asks for it, so that is done behind its back.
        let id = of_it.unwrap()["id"].as_str().unwrap();
        db.execute(&format!(
            "UPDATE assignment SET ended_at = assigned_at, end_reason = 'mistake' WHERE id = '{id}'"
        ));
        db.execute("UPDATE subscription SET status = 'available'");
        let terminated = json!({"status": "terminated"});
        drop(
            desk.patch(&subscription, "*", &terminated)
                .await
                .expect(StatusCode::OK),
        );
        assert_eq!(get(&desk, &second).await["end_cause"], "subscription");
        let refused = desk.post(&add_ons, &roaming(&maria, None)).await;
        assert_eq!(refused.refusal(), "409 subscription_terminated");
        server.stop().await;
    });
}

#[test]
fn an_add_on_with_a_last_day_ends_by_itself_and_whoever_ordered_it_is_told_once() {
    for_each_database(async |db: &TestDb| {
        let (story, subscription, maria) = anna(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let add_ons = format!("{subscription}/add-ons");
        let made = desk.make(&add_ons, &roaming(&maria, Some("2027-02-14"))).await;
        story.it_is("2027-02-14T08:00:00Z");
        server.run_jobs().await;
        let desk = server.caller(&[Scope::Desk]).await;
        assert_eq!(get(&desk, &made).await["ended_on"], Value::Null);
        // Monday morning.
        story.it_is("2027-02-15T08:00:00Z");
        let before = db.mailer().sent().len();
        for _ in 0..3 {
            server.run_jobs().await;
        }
        let desk = server.caller(&[Scope::Desk]).await;
        let ended = get(&desk, &made).await;
        assert_eq!(
            (&ended["ended_on"], &ended["end_cause"]),
            (&json!("2027-02-14"), &json!("date"))
        );
        let mails = db.mailer().sent();
        let told: Vec<_> = mails[before..]
            .iter()
            .map(read)
            .filter(|mail| mail.subject.contains("Tilläggsfunktionen"))
            .collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].to, "maria");
        assert!(
            told[0].text.contains("på 070-174 06 05 har upphört"),
            "{}",
            told[0].text
        );
        server.stop().await;
        assert_eq!(
            db.number("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'add_on.ended'"),
            1
        );
    });
}

#[test]
fn a_number_of_somebody_whose_identity_is_protected_is_in_no_mail_about_its_add_ons() {
    for_each_database(async |db: &TestDb| {
        let (story, subscription, maria) = anna(db).await;
        let holder = story.record().await.person_id;
        db.execute(&format!(
            "UPDATE person SET is_protected = TRUE WHERE id = '{holder}'"
        ));
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let add_ons = format!("{subscription}/add-ons");
        desk.make(&add_ons, &roaming(&maria, Some("2027-02-14"))).await;
        story.it_is("2027-02-15T08:00:00Z");
        for _ in 0..2 {
            server.run_jobs().await;
        }
        server.stop().await;
        let mails: Vec<_> = db.mailer().sent().iter().map(read).collect();
        let told = mails
            .iter()
            .find(|mail| mail.subject.contains("Tilläggsfunktionen"));
        let told = told.expect("maria is told");
        assert!(!told.text.contains("06 05"), "{}", told.text);
        assert!(!told.text.contains("Anna"), "{}", told.text);
    });
}

#[test]
fn an_add_on_without_an_end_is_asked_about_once_a_year() {
    for_each_database(async |db: &TestDb| {
        let (story, subscription, maria) = anna(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        // The case of the subscription is of no interest here.
        deliver(&story.app, "Anna Ek", Some("Maria Lind"), (3, None)).await;
        let made = desk
            .make(&format!("{subscription}/add-ons"), &roaming(&maria, None))
            .await;
        let reviews = async |at: &str| {
            story.it_is(at);
            server.run_jobs().await;
            server.run_jobs().await;
            let desk = server.caller(&[Scope::Desk]).await;
            let tasks = desk.all("/v1/tasks?kind=add_on_review").await;
            let due = desk.all("/v1/add-ons?needs_review=true").await;
            (tasks, due.len())
        };
        let (tasks, due) = reviews("2028-01-31T12:00:00Z").await;
        assert_eq!((tasks.len(), due), (0, 0));
        let (tasks, due) = reviews("2028-02-01T12:00:00Z").await;
        assert_eq!((tasks.len(), due), (1, 1));
        assert_eq!(
            (&tasks[0]["add_on"]["id"], &tasks[0]["owner_id"]),
            (&made["id"], &maria)
        );
        let (tasks, due) = reviews("2028-03-01T12:00:00Z").await;
        assert_eq!((tasks.len(), due), (1, 1), "asked once");
        let desk = server.caller(&[Scope::Desk]).await;
        let done = format!("/v1/tasks/{}/done", tasks[0]["id"].as_str().unwrap());
        drop(desk.post(&done, &json!({})).await.expect(StatusCode::OK));
        let (tasks, due) = reviews("2029-02-28T12:00:00Z").await;
        assert_eq!((tasks.len(), due), (1, 0), "a year has not passed since");
        let (tasks, due) = reviews("2029-03-01T12:00:00Z").await;
        assert_eq!((tasks.len(), due), (2, 1));
        // With an end there is nothing left to ask.
        let desk = server.caller(&[Scope::Desk]).await;
        let path = format!("/v1/add-ons/{}", made["id"].as_str().unwrap());
        let until = json!({"to": "2029-06-30"});
        drop(desk.patch(&path, "*", &until).await.expect(StatusCode::OK));
        let states: Vec<Value> = desk.all("/v1/tasks?kind=add_on_review").await;
        assert_eq!(states[1]["state"], "withdrawn");
        server.stop().await;
    });
}

#[test]
fn new_phone_hours_of_a_unit_are_a_notice_to_the_desk() {
    for_each_database(async |db: &TestDb| {
        let (story, _, _) = anna(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let unit = story.record().await.unit_id;
        let path = format!("/v1/units/{unit}/phone-hours");
        let hours = json!({"hours": "Måndag–fredag 9–15.", "valid_from": "2027-03-01"});
        let set = desk.post(&path, &hours).await.expect(StatusCode::OK).json();
        let notices = desk.all("/v1/tasks?kind=phone_hours").await;
        assert_eq!(notices.len(), 1);
        assert_eq!(
            (&notices[0]["number"], &notices[0]["phone_hours"]["effective_on"]),
            (&set["notice_number"], &json!("2027-03-01"))
        );
        let same = desk.post(&path, &hours).await.expect(StatusCode::OK).json();
        assert_eq!(same["notice_id"], Value::Null, "nothing has changed");
        let other = json!({"hours": "Måndag–fredag 8–12.", "valid_from": "2027-06-01"});
        drop(desk.post(&path, &other).await.expect(StatusCode::OK));
        assert_eq!(desk.all("/v1/tasks?kind=phone_hours").await.len(), 2);
        let listed = desk.get(&path).await.expect(StatusCode::OK).json();
        let days: Vec<&str> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["valid_from"].as_str().unwrap())
            .collect();
        assert_eq!(days, ["2027-06-01", "2027-03-01"]);
        let refused = desk
            .post(&path, &json!({"hours": " ", "valid_from": "2027-06-01"}))
            .await;
        assert!(refused.refusal().starts_with("422 /hours"), "{}", refused.body);
        server.stop().await;
    });
}
