//! A phone that goes along with a holder who moves: one manager says so, the other accepts, by link.

use super::ends::{Town, employment, led_by, story};
use super::support::story::{ReadMail, Visitor, utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const END: &str = "2027-02-26";

fn to(mails: &[ReadMail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}

/// Alva moves from Bo to Cia; what HR says of both employments, and the mail to Bo.
async fn moving(town: &Town<'_>) -> (Value, Value, ReadMail) {
    town.alva().await;
    let ends = json!({"manager": led_by("bo"), "end_date": END});
    let ended = town.hr("alva", &employment("alva", 2, ends)).await;
    let next = json!({"manager": led_by("cia"), "start_date": "2027-03-01", "unit": "VO-13"});
    let next = town.hr("alva-2", &employment("alva", 1, next)).await;
    town.until("2027-01-27T07:00:00Z").await;
    town.until("2027-02-19T07:00:00Z").await;
    let mut asked = town.until("2027-02-25T07:00:00Z").await;
    assert_eq!(to(&asked), ["bo"]);
    town.server.db.app().clock.set(utc("2027-02-25T08:00:00Z"));
    (ended, next, asked.remove(0))
}

/// The leaving manager says that the phone goes along; the mail to the other one.
async fn goes_along(town: &Town<'_>, mail: &ReadMail) -> ReadMail {
    let page = Visitor::open(town.server, mail.token.as_ref().unwrap()).await;
    let unsaid = BTreeMap::from([("answer", "confirm")]);
    let missing = page.send(&unsaid).await;
    assert!(
        missing.body.contains("Svara på om telefonen följer med"),
        "{}",
        missing.body
    );
    let along = BTreeMap::from([("answer", "confirm"), ("d0_along", "yes")]);
    page.gets(&along, StatusCode::SEE_OTHER).await;
    let done = page.reload().await.body;
    assert!(!done.contains("name=\"undo\""), "somebody else is asked: {done}");
    let mut asked = town.mails().await;
    assert_eq!(to(&asked), ["cia"], "the other side is asked");
    assert!(
        asked[0].text.contains("kan ta med sig mobiltelefonen"),
        "{}",
        asked[0].text
    );
    town.server.db.app().clock.set(utc("2027-02-25T09:00:00Z"));
    asked.remove(0)
}

async fn with(town: &Town<'_>, employment: &Value) -> usize {
    let id = employment["employment_id"].as_str().unwrap();
    let path = format!("/v1/assignments?is_open=true&employment_id={id}");
    let page = town.desk().await.get(&path).await.json();
    page["items"].as_array().unwrap().len()
}

#[test]
fn a_phone_goes_along_when_both_managers_have_said_so() {
    story(async |town| {
        let (ended, next, mail) = moving(&town).await;
        let asked = goes_along(&town, &mail).await;
        let case = town.case(&ended).await;
        assert_eq!(case["items"][0]["goes_along_to"], next["employment_id"]);
        assert_eq!(
            (with(&town, &ended).await, with(&town, &next).await),
            (1, 0),
            "nothing has happened yet"
        );
        let page = Visitor::open(town.server, asked.token.as_ref().unwrap()).await;
        assert!(!page.reload().await.body.contains("name=\"d0_wiped\""));
        let accept = BTreeMap::from([("answer", "confirm"), ("d0_along", "yes")]);
        page.gets(&accept, StatusCode::SEE_OTHER).await;
        assert_eq!((with(&town, &ended).await, with(&town, &next).await), (0, 1));
        let case = town.case(&ended).await;
        let item = &case["items"][0];
        assert_eq!(
            (&item["outcome"], &item["goes_along_to"], &item["wipe"]["level"]),
            (&json!("transferred"), &Value::Null, &json!("none"))
        );
        let sides: Vec<&Value> = item["disposal"]["approvals"].as_array().unwrap().iter().collect();
        assert_eq!(sides.len(), 2, "{item}");
        assert_eq!(
            (&case["state"], &case["is_held"]),
            (&json!("completed"), &json!(false)),
            "nothing is left to decide"
        );
    });
}

#[test]
fn a_phone_that_is_not_welcome_is_handed_back_to_the_manager_whom_it_leaves() {
    story(async |town| {
        let (ended, next, mail) = moving(&town).await;
        let asked = goes_along(&town, &mail).await;
        let page = Visitor::open(town.server, asked.token.as_ref().unwrap()).await;
        let decline = BTreeMap::from([("answer", "confirm"), ("d0_along", "no")]);
        page.gets(&decline, StatusCode::SEE_OTHER).await;
        assert_eq!((with(&town, &ended).await, with(&town, &next).await), (1, 0));
        assert_eq!(town.case(&ended).await["items"][0]["goes_along_to"], Value::Null);
        let again = town.until("2027-02-26T07:00:00Z").await;
        assert_eq!(to(&again), ["bo"], "asked again");
        town.server.db.app().clock.set(utc("2027-02-26T08:00:00Z"));
        let page = Visitor::open(town.server, again[0].token.as_ref().unwrap()).await;
        let back = BTreeMap::from([
            ("answer", "confirm"),
            ("d0_along", "no"),
            ("d0_have", "yes"),
            ("d0_serial", "0001"),
            ("d0_condition", "intact"),
            ("d0_records", "yes"),
            ("d0_sim", "returned"),
            ("d0_code_screen_lock", "received"),
            ("d0_code_sim_pin", "not_applicable"),
            ("d0_code_other", "not_applicable"),
        ]);
        page.gets(&back, StatusCode::SEE_OTHER).await;
        assert_eq!(town.case(&ended).await["items"][0]["outcome"], "returned");
    });
}

#[test]
fn of_a_yes_and_a_no_to_the_phone_that_come_together_one_counts() {
    story(async |town| {
        let (ended, next, mail) = moving(&town).await;
        let asked = goes_along(&town, &mail).await;
        let link = asked.token.as_ref().unwrap();
        let (one, other) = (
            Visitor::open(town.server, link).await,
            Visitor::open(town.server, link).await,
        );
        let said = |along| BTreeMap::from([("answer", "confirm"), ("d0_along", along)]);
        let (accept, decline) = (said("yes"), said("no"));
        let (yes, no) = tokio::join!(one.send(&accept), other.send(&decline));
        let is_taken = |status| status == StatusCode::SEE_OTHER;
        assert!(
            is_taken(yes.status) != is_taken(no.status),
            "{} {}",
            yes.status,
            no.status
        );

        let held = (with(&town, &ended).await, with(&town, &next).await);
        let case = town.case(&ended).await;
        let item = &case["items"][0];
        assert_eq!(item["goes_along_to"], Value::Null, "nothing is left to answer");
        let outcome = if is_taken(yes.status) {
            assert_eq!((held, &case["state"]), ((0, 1), &json!("completed")));
            json!("transferred")
        } else {
            assert_eq!((held, &case["state"]), ((1, 0), &json!("scheduled")));
            Value::Null
        };
        assert_eq!(item["outcome"], outcome);
    });
}
