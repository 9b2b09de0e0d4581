//! What somebody gets who has several cases: one mail a day.

use super::ends::{Town, employment, led_by};
use super::schedules::by_day;
use super::support::db::{TestDb, for_each_database};
use super::support::http::TestServer;
use super::support::story::{ReadMail, Visitor};
use handback::integrations::mail::MailError;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Town<'_> {
    /// Bo's people leave on this day, each with a phone.
    async fn all_leave(&self, people: &[&str], day: &str) -> Vec<Value> {
        let mut cases = Vec::new();
        for person in people {
            let begun = self
                .hr(person, &employment(person, 1, json!({"manager": led_by("bo")})))
                .await;
            self.equip(&begun, &format!("EX{}", person.to_uppercase())).await;
            let leaves = json!({"manager": led_by("bo"), "end_date": day});
            cases.push(self.hr(person, &employment(person, 2, leaves)).await);
        }
        cases
    }

    /// The messages of this step, in all cases.
    async fn messages(&self, step: &str) -> Vec<Value> {
        self.desk().await.all(&format!("/v1/messages?step={step}")).await
    }
}

/// The tokens of all links in a mail.
fn tokens(mail: &ReadMail) -> Vec<String> {
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_';
    mail.text
        .split("/c/")
        .skip(1)
        .map(|rest| rest.split(ends).next().unwrap().to_owned())
        .collect()
}

fn to<'m>(mails: &'m [ReadMail], reader: &str) -> Vec<&'m ReadMail> {
    mails.iter().filter(|mail| mail.to == reader).collect()
}

fn states(messages: &[Value]) -> BTreeSet<&str> {
    messages
        .iter()
        .map(|message| message["state"].as_str().unwrap())
        .collect()
}

async fn begin<'s>(db: &TestDb, server: &'s TestServer<'s>) -> Town<'s> {
    db.app().clock.set("2027-02-01T09:00:00Z".parse().unwrap());
    Town::of(server).await
}

#[test]
fn a_manager_gets_one_mail_a_day_about_all_cases_and_each_link_in_it_works() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let town = begin(db, &server).await;
        town.all_leave(&["alva", "berit", "dan"], "2027-02-26").await;
        let first = town.until("2027-02-02T09:00:00Z").await;
        assert_eq!(to(&first, "bo").len(), 1, "the mails in advance");

        let mails = town.until("2027-02-25T07:00:00Z").await;
        let digest = to(&mails, "bo");
        assert_eq!(digest.len(), 1);
        assert_eq!(
            digest[0].subject,
            "3 ärenden väntar på ditt svar, det första senast 26 februari 2027"
        );
        let tokens = tokens(digest[0]);
        assert_eq!(tokens.len(), 3);
        for token in &tokens {
            Visitor::open(&server, token).await;
        }
        let messages = town.messages("confirm_return").await;
        assert_eq!(states(&messages), BTreeSet::from(["sent"]));
        let carriers: BTreeSet<Option<&str>> = messages
            .iter()
            .map(|message| message["carried_by"].as_str())
            .collect();
        assert_eq!(carriers.len(), 2, "one carries the two others");
        let log = format!("/v1/messages/{}/deliveries", messages[2]["id"].as_str().unwrap());
        let log = town.desk().await.get(&log).await.expect(StatusCode::OK).json();
        assert_eq!(log["items"][0]["outcome"], "accepted");

        // One more becomes known the same day: Bo has had the mail of the day.
        town.all_leave(&["eva"], "2027-02-26").await;
        assert!(to(&town.until("2027-02-25T09:00:00Z").await, "bo").is_empty());
        let next = town.until("2027-02-26T07:00:00Z").await;
        assert_eq!(to(&next, "bo").len(), 1);
        assert!(to(&next, "bo")[0].text.contains("EVA Exempel"));
        let last = town.until("2027-03-01T07:00:00Z").await;
        assert_eq!(to(&last, "bo").len(), 1, "what is late for all four is one mail");
        assert_eq!(tokens_of(&last), 4);
    });
}

fn tokens_of(mails: &[ReadMail]) -> usize {
    to(mails, "bo").iter().map(|mail| tokens(mail).len()).sum()
}

#[test]
fn those_who_are_to_know_get_one_mail_about_all_cases_too() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let town = begin(db, &server).await;
        let cases = town.all_leave(&["alva", "berit"], "2027-02-26").await;
        // Cia coordinates the unit.
        let admin = town.admin().await;
        let units = admin.all("/v1/units").await;
        let people = admin.all("/v1/people").await;
        let cia = people
            .iter()
            .find(|person| person["name"] == "CIA Exempel")
            .unwrap();
        let path = format!("/v1/units/{}", units[0]["id"].as_str().unwrap());
        let etag = admin.get(&path).await.etag();
        let changed = admin
            .patch(&path, &etag, &json!({"coordinator_id": cia["id"]}))
            .await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);

        let mails = town.until("2027-03-05T07:00:00Z").await;
        let known = to(&mails, "cia");
        assert_eq!(known.len(), 1);
        assert!(tokens(known[0]).is_empty(), "a copy carries no link");
        assert_eq!(
            known[0].text.matches("Kopia för kännedom").count(),
            2,
            "{}",
            known[0].text
        );
        let copies = town.messages("reminder_2").await;
        let copies: Vec<&Value> = copies.iter().filter(|copy| copy["to"] == "coordinator").collect();
        assert_eq!(copies.len(), 2);
        assert!(copies.iter().all(|copy| copy["copy_of"].is_string()));
        // Escalations go to Cia, who is not told of them as the coordinator as well.
        let mails = town.until("2027-03-12T07:00:00Z").await;
        let decide = to(&mails, "cia");
        assert_eq!(decide.len(), 1);
        assert!(
            decide[0].text.contains("Bestäm i 2 ärenden"),
            "{}",
            decide[0].text
        );
        assert_eq!(decide[0].text.matches("Det här kan du bestämma").count(), 1);
        assert_eq!(cases.len(), 2);
    });
}

#[test]
fn a_digest_does_not_leave_when_one_of_its_cases_is_called_off_and_is_written_anew() {
    for_each_database(async |db| {
        let server = TestServer::start_app(db, by_day(db));
        let town = begin(db, &server).await;
        town.all_leave(&["alva", "berit", "dan"], "2027-02-26").await;
        town.until("2027-02-02T09:00:00Z").await;
        town.until("2027-02-19T09:00:00Z").await;
        db.mailer().fail_next(MailError::Transient {
            reply: "421 away".to_owned(),
        });
        assert!(to(&town.until("2027-02-25T07:00:00Z").await, "bo").is_empty());
        // Berit stays.
        town.hr("berit", &employment("berit", 3, json!({"manager": led_by("bo")})))
            .await;
        let mails = town.until("2027-02-25T07:30:00Z").await;
        let mut digest = to(&mails, "bo");
        digest.retain(|mail| !tokens(mail).is_empty());
        assert_eq!(digest.len(), 1);
        assert_eq!(tokens(digest[0]).len(), 2);
        assert!(!digest[0].text.contains("BERIT"), "{}", digest[0].text);
        let live = "SELECT count(*) AS n FROM action_link WHERE revoked_at IS NULL AND purpose = 'confirm'";
        assert_eq!(db.number(live), 2, "the links that nobody has seen are dead");
        assert!(
            to(&town.until("2027-02-25T09:00:00Z").await, "bo").is_empty(),
            "nothing is told twice"
        );
    });
}

#[test]
fn many_mails_leave_at_a_bounded_rate_and_what_misses_the_window_is_written_anew_in_the_morning() {
    for_each_database(async |db| {
        let mut app = by_day(db);
        let mut config = (*app.config).clone();
        config.mail.rate_per_minute = 1;
        app.config = Arc::new(config);
        let server = TestServer::start_app(db, app);
        let town = begin(db, &server).await;
        town.all_leave(&["alva", "berit", "dan"], "2027-02-26").await;
        // Three holders and Bo, a minute and a half before the window closes.
        assert_eq!(town.until("2027-02-19T14:58:30Z").await.len(), 1);
        assert_eq!(town.until("2027-02-19T14:59:30Z").await.len(), 1);
        assert!(town.until("2027-02-19T15:02:00Z").await.is_empty());
        let waiting = "SELECT count(*) AS n FROM message WHERE state = 'queued'";
        assert_eq!(
            db.number(waiting),
            0,
            "nothing waits over the weekend as it was written"
        );
        assert_eq!(town.until("2027-02-22T07:00:00Z").await.len(), 1);
        assert_eq!(town.until("2027-02-22T07:01:00Z").await.len(), 1);
        assert!(town.until("2027-02-22T07:02:00Z").await.is_empty());
    });
}
