//! When a legal entity writes to people: its own days and timelines, and what becomes of the cases under way.

use super::ends::{Town, employment, led_by};
use super::support::db::{TestDb, for_each_database};
use super::support::http::{Answer, TestServer};
use handback::app::App;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The service as it runs for real: mail leaves by day.
pub(super) fn by_day(db: &TestDb) -> App {
    let mut app = db.app().clone();
    let mut config = (*app.config).clone();
    config.mail.send_window = true;
    app.config = Arc::new(config);
    app
}

/// Alva, who has a phone, leaves on 26 February 2027.
async fn leaving(town: &Town<'_>) -> Value {
    town.alva().await;
    town.hr(
        "alva",
        &employment(
            "alva",
            2,
            json!({"manager": led_by("bo"), "end_date": "2027-02-26"}),
        ),
    )
    .await
}

impl Town<'_> {
    fn path(&self, rest: &str) -> String {
        format!(
            "/v1/legal-entities/{}/{rest}",
            self.entity["id"].as_str().unwrap()
        )
    }

    /// Changes a schedule or a timeline, and lets what follows happen.
    async fn decides(&self, rest: &str, body: &Value) -> Answer {
        let admin = self.admin().await;
        let etag = admin.get(&self.path("schedule")).await.etag();
        let answer = admin.put_if(&self.path(rest), &etag, body).await;
        let summary = self.server.run_jobs().await;
        assert_eq!(summary.retried + summary.dead, 0, "{summary:?}");
        answer
    }

    /// What is still to be mailed in a case: step and day.
    async fn planned(&self, delivered: &Value) -> Vec<String> {
        let id = delivered["termination"]["id"].as_str().unwrap();
        let path = format!("/v1/terminations/{id}/timeline");
        let timeline = self.desk().await.get(&path).await.expect(StatusCode::OK).json();
        let planned = timeline["items"].as_array().unwrap().iter();
        planned
            .filter(|message| message["state"] == "planned")
            .map(|message| {
                let day = &message["due_at"].as_str().unwrap()[..10];
                format!("{} {day}", message["step"].as_str().unwrap())
            })
            .collect()
    }
}

#[test]
fn a_day_on_which_nobody_is_at_work_moves_the_day_of_return_and_the_mails_of_open_cases() {
    for_each_database(async |db| {
        db.app().clock.set("2027-02-01T09:00:00Z".parse().unwrap());
        let server = TestServer::start_app(db, by_day(db));
        let town = Town::of(&server).await;
        let case = leaving(&town).await;
        assert_eq!(town.case(&case).await["return_by"], "2027-02-26");
        let days = json!({
            "sends_mail": true,
            "closed_days": [{"date": "2027-02-26", "label": "Planeringsdag"}],
            "quiet_periods": [{"from": "2027-03-01", "to": "2027-03-05", "label": "Sportlov"}],
        });
        let set = town.decides("schedule", &days).await.expect(StatusCode::OK);
        assert_eq!(set.json()["closed_days"], days["closed_days"]);
        assert_eq!(town.case(&case).await["return_by"], "2027-02-25");
        let planned = town.planned(&case).await;
        assert!(
            planned.contains(&"confirm_return 2027-02-24".to_owned()),
            "{planned:?}"
        );

        // In the quiet week people work, and mail waits: what was missed becomes one mail, also for the manager above.
        town.until("2027-02-24T09:00:00Z").await;
        let mut left = Vec::new();
        for day in ["01", "02", "03", "04", "05"] {
            left.extend(town.until(&format!("2027-03-{day}T09:00:00Z")).await);
        }
        assert!(left.is_empty(), "{}", left.len());
        let after = town.until("2027-03-08T09:00:00Z").await;
        let to: Vec<&str> = after.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["bo"]);

        let versions = town.admin().await.get(&town.path("schedule/versions")).await;
        let versions = versions.expect(StatusCode::OK).json();
        assert_eq!(versions["items"][0]["days"]["closed_days"], days["closed_days"]);
        assert_eq!(versions["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_timeline_of_ones_own_counts_for_cases_under_way_and_nobody_is_told_twice() {
    for_each_database(async |db| {
        db.app().clock.set("2027-02-01T09:00:00Z".parse().unwrap());
        let server = TestServer::start_app(db, by_day(db));
        let town = Town::of(&server).await;
        let case = leaving(&town).await;
        let first = town.until("2027-02-25T09:00:00Z").await;
        assert!(first.iter().any(|mail| mail.to == "bo" && mail.token.is_some()));

        let rules = json!({"rules": [
            {"step": "confirm_return", "to": "receiver", "offset": -2, "unit": "business_days"},
            {"step": "reminder_1", "to": "receiver", "offset": 4, "unit": "business_days", "answer_within": 5},
        ]});
        let set = town.decides("timelines/ordinary", &rules).await;
        let set = set.expect(StatusCode::OK).json();
        assert_eq!(set["items"][0]["kind"], "ordinary");
        assert_eq!(set["items"][0]["is_standard"], false);
        assert_eq!(set["items"][1]["is_standard"], true);
        assert_eq!(town.planned(&case).await, ["reminder_1 2027-03-04"]);
        assert!(town.until("2027-03-03T09:00:00Z").await.is_empty());
        let reminder = town.until("2027-03-04T09:00:00Z").await;
        assert_eq!(reminder.len(), 1);
        assert!(reminder[0].text.contains("11 mars 2027"), "{}", reminder[0].text);

        let admin = town.admin().await;
        let etag = admin.get(&town.path("schedule")).await.etag();
        let reset = admin
            .request(reqwest::Method::DELETE, &town.path("timelines/ordinary"))
            .header("if-match", etag);
        let reset = Answer::of(reset).await.expect(StatusCode::OK).json();
        assert_eq!(reset["items"][0]["is_standard"], true);
        server.run_jobs().await;
        assert_eq!(
            town.planned(&case).await,
            ["reminder_2 2027-03-05", "escalation 2027-03-12"]
        );
    });
}

#[test]
fn a_legal_entity_that_writes_to_nobody_writes_what_was_missed_as_one_mail_when_it_does_again() {
    for_each_database(async |db| {
        db.app().clock.set("2027-02-01T09:00:00Z".parse().unwrap());
        let server = TestServer::start_app(db, by_day(db));
        let town = Town::of(&server).await;
        let case = leaving(&town).await;
        let off = town.decides("schedule", &json!({"sends_mail": false})).await;
        assert_eq!(off.json()["sends_mail"], false, "{}", off.body);
        assert!(town.planned(&case).await.is_empty());
        assert!(town.until("2027-03-02T09:00:00Z").await.is_empty());
        let on = town.decides("schedule", &json!({"sends_mail": true})).await;
        assert_eq!(on.json()["sends_mail"], true, "{}", on.body);
        let caught_up = town.until("2027-03-02T09:05:00Z").await;
        let to: Vec<&str> = caught_up.iter().map(|mail| mail.to.as_str()).collect();
        assert!(to.len() <= 1, "{to:?}");
        let all = db.mailer().sent();
        assert_eq!(all.len(), 1, "one reminder, and not each that was missed");
    });
}

#[test]
fn a_schedule_that_cannot_be_is_refused_with_every_fault() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let town = Town::of(&server).await;
        let days = json!({
            "sends_mail": true,
            "closed_days": [{"date": "2027-05-07", "label": "Klämdag"}, {"date": "2027-05-07", "label": ""}],
            "quiet_periods": [{"from": "2027-07-30", "to": "2027-07-05", "label": "Semester"}],
        });
        let refused = town
            .decides("schedule", &days)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        for code in ["closed_day_twice", "label_unusable", "period_reversed"] {
            assert!(refused.body.contains(code), "{}", refused.body);
        }
        let rules = json!({"rules": [{"step": "reminder_1", "to": "desk", "offset": 400, "unit": "days"}]});
        let refused = town
            .decides("timelines/ordinary", &rules)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        for code in ["role_unsuitable", "offset_out_of_bounds", "nobody_is_asked"] {
            assert!(refused.body.contains(code), "{}", refused.body);
        }
        let admin = town.admin().await;
        let stale = admin
            .put_if(&town.path("schedule"), "\"v99\"", &json!({"sends_mail": false}))
            .await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.body);
    });
}
