//! What becomes of a mail at the mail server, and what is done about it.

use super::ends::{Town, employment, led_by};
use super::schedules::by_day;
use super::support::db::{TestDb, for_each_database};
use super::support::http::TestServer;
use handback::integrations::mail::MailError;
use handback::services::health;
use reqwest::StatusCode;
use serde_json::{Value, json};

const UNKNOWN: &str = "550 5.1.1 User unknown";

/// Alva, whom Bo leads and Cia above him, leaves; everything before the day on which Bo is asked has been sent.
async fn before_asking<'s>(db: &TestDb, server: &'s TestServer<'s>) -> (Town<'s>, Value) {
    db.app().clock.set("2027-02-01T09:00:00Z".parse().unwrap());
    let town = Town::of(server).await;
    town.alva().await;
    let leaves = json!({"manager": led_by("bo"), "end_date": "2027-02-26"});
    let case = town.hr("alva", &employment("alva", 2, leaves)).await;
    town.until("2027-02-02T09:00:00Z").await;
    town.until("2027-02-19T09:00:00Z").await;
    (town, case)
}

impl Town<'_> {
    async fn asked(&self) -> Vec<Value> {
        self.desk().await.all("/v1/messages?step=confirm_return").await
    }

    async fn unreachable(&self) -> Vec<Value> {
        let path = "/v1/tasks?kind=unreachable_recipient&state=open";
        self.desk().await.all(path).await
    }
}

fn path(message: &Value, rest: &str) -> String {
    format!("/v1/messages/{}/{rest}", message["id"].as_str().unwrap())
}

#[test]
fn when_an_address_fails_the_next_level_is_asked_the_same_day_and_the_desk_gets_a_task() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let (town, _) = before_asking(db, &server).await;
        db.mailer().fail_next(MailError::Permanent {
            reply: UNKNOWN.to_owned(),
        });
        let mails = town.until("2027-02-25T07:00:00Z").await;
        let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["cia"]);
        assert!(mails[0].token.is_some());
        let messages = town.asked().await;
        let states: Vec<&str> = messages
            .iter()
            .map(|one| one["state"].as_str().unwrap())
            .collect();
        assert_eq!(states, ["failed", "sent"]);
        let log = town
            .desk()
            .await
            .get(&path(&messages[0], "deliveries"))
            .await
            .json();
        assert_eq!(log["items"][0]["outcome"], "refused");
        assert_eq!(log["items"][0]["reply"], UNKNOWN);
        let tasks = town.unreachable().await;
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0]["person_id"], messages[0]["recipient_id"]);
        // The address stays passed by until somebody says that it works.
        let mails = town.until("2027-03-01T07:00:00Z").await;
        assert_eq!(mails[0].to, "cia");
        assert_eq!(town.unreachable().await.len(), 1, "one task, however many mails");
        let again = town
            .desk()
            .await
            .post(&path(&messages[0], "resend"), &json!({}))
            .await;
        let again = again.expect(StatusCode::ACCEPTED).json();
        assert_eq!(again["state_reason"], "resent");
        let mails = town.mails().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "bo", "who has had no mail for another reason");
    });
}

#[test]
fn a_mail_that_comes_back_is_reported_and_whoever_is_next_is_asked() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let (town, _) = before_asking(db, &server).await;
        town.until("2027-02-25T07:00:00Z").await;
        let asked = town.asked().await;
        let desk = town.desk().await;
        let bounces = path(&asked[0], "bounces");
        for (body, code) in [
            (json!({"status": "4.4.7"}), "status_not_permanent"),
            (json!({"status": "5.1"}), "status_not_permanent"),
            (json!({"status": "5.1.1", "recipient": "bo"}), "email_invalid"),
        ] {
            let refused = desk.post(&bounces, &body).await;
            let refused = refused.expect(StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(code), "{}", refused.body);
        }
        let report = json!({
            "status": "5.1.1",
            "diagnostic": "smtp; 550 5.1.1 <bo@exempelkommunen.example> unknown",
            "recipient": "bo@exempelkommunen.example",
        });
        let back = desk.post(&bounces, &report).await.expect(StatusCode::OK).json();
        assert_eq!(back["state"], "bounced");
        assert!(!back.to_string().contains("bo@"), "{back}");
        let twice = desk.post(&bounces, &report).await.expect(StatusCode::OK).json();
        assert_eq!(twice, back);
        let mails = town.mails().await;
        let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["cia"]);
        assert_eq!(town.unreachable().await.len(), 1);
        let log = desk.get(&path(&asked[0], "deliveries")).await.json();
        assert_eq!(log["items"][1]["outcome"], "bounced");
        let bounced = desk.all("/v1/messages?state=bounced").await;
        assert_eq!(bounced.len(), 1);
    });
}

#[test]
fn a_report_about_an_address_of_before_and_a_full_mailbox_leave_the_address_alone() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let (town, _) = before_asking(db, &server).await;
        town.until("2027-02-25T07:00:00Z").await;
        let asked = town.asked().await;
        let report = json!({"status": "5.1.1", "recipient": "bo.before@exempelkommunen.example"});
        let desk = town.desk().await;
        let taken = desk.post(&path(&asked[0], "bounces"), &report).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
        assert!(town.mails().await.is_empty());
        assert!(town.unreachable().await.is_empty());
        let reminder = town.until("2027-03-01T07:00:00Z").await;
        assert_eq!(reminder[0].to, "bo");
        let desk = town.desk().await;
        let reminders = desk.all("/v1/messages?step=reminder_1").await;
        // A full mailbox says nothing about the address.
        let full = json!({"status": "5.2.2"});
        let taken = desk.post(&path(&reminders[0], "bounces"), &full).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
        assert!(town.mails().await.is_empty());
        assert!(town.unreachable().await.is_empty());
    });
}

#[test]
fn a_mail_server_that_takes_nothing_is_told_within_minutes_and_the_service_stays_ready() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let (town, _) = before_asking(db, &server).await;
        for minute in ["00", "01", "02"] {
            db.mailer().fail_next(MailError::Transient {
                reply: "451 4.3.0 try later".to_owned(),
            });
            assert!(
                town.until(&format!("2027-02-25T07:{minute}:00Z"))
                    .await
                    .is_empty()
            );
        }
        db.app().clock.set("2027-02-25T07:02:30Z".parse().unwrap());
        assert!(health::mail(db.app()).await.unwrap().is_some());
        let desk = town.desk().await;
        let deferred = desk.all("/v1/messages?is_deferred=true").await;
        assert_eq!(deferred.len(), 1);
        assert_eq!(deferred[0]["deferred_since"], "2027-02-25T07:00:00Z");
        assert_eq!(town.until("2027-02-25T07:10:00Z").await.len(), 1);
        assert!(health::mail(db.app()).await.unwrap().is_none());
        let log = desk.get(&path(&deferred[0], "deliveries")).await.json();
        let outcomes: Vec<&str> = log["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(outcomes, ["deferred", "deferred", "deferred", "accepted"]);
        assert!(desk.all("/v1/messages?is_deferred=true").await.is_empty());
    });
}

#[test]
fn a_mail_is_sent_again_only_where_it_makes_sense() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let (town, case) = before_asking(db, &server).await;
        let desk = town.desk().await;
        let planned = town.asked().await;
        let refused = desk.post(&path(&planned[0], "resend"), &json!({})).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
        town.until("2027-02-25T07:00:00Z").await;
        let desk = town.desk().await;
        let again = desk.post(&path(&planned[0], "resend"), &json!({})).await;
        assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.body);
        let waits = desk.post(&path(&planned[0], "resend"), &json!({})).await;
        assert!(waits.body.contains("message_waits"), "{}", waits.body);
        let mails = town.mails().await;
        assert_eq!(mails.len(), 1, "although Bo has had the mail of the day");
        assert_eq!(mails[0].to, "bo");
        // Alva stays.
        town.hr("alva", &employment("alva", 3, json!({"manager": led_by("bo")})))
            .await;
        assert_eq!(town.case(&case).await["state"], "cancelled");
        let unwanted = desk.post(&path(&planned[0], "resend"), &json!({})).await;
        assert!(unwanted.body.contains("mail_not_wanted"), "{}", unwanted.body);
    });
}
