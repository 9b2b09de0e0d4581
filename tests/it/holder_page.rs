//! The holder's own page, through the front door: it declares, asks HR, and settles nothing.

use super::ends::{Town, employment, led_by, story};
use super::support::http::Answer;
use super::support::story::{ReadMail, Visitor, all_well, utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const END: &str = "2027-02-26";
/// The morning on which Alva is told, and a moment later, as a person reads.
const TOLD: &str = "2027-01-27T07:00:00Z";
const READ: &str = "2027-01-27T07:20:00Z";

impl Town<'_> {
    /// Alva leaves, with a phone, a charger and a number.
    pub(super) async fn alva_leaves(&self) -> Value {
        let begun = self
            .hr("alva", &employment("alva", 1, json!({"manager": led_by("bo")})))
            .await;
        let admin = self.admin().await;
        let entity = &self.entity["id"];
        let device = json!({"legal_entity_id": entity, "serial": "EX12K47Q2K", "model": "Exempel X1", "data_class": "standard"});
        let device = admin.make("/v1/devices", &device).await;
        let number = json!({"legal_entity_id": entity, "number": "070-174 06 05"});
        let number = admin.make("/v1/subscriptions", &number).await;
        for what in [
            json!({"device_id": device["id"], "accessories": ["laddare"]}),
            json!({"subscription_id": number["id"]}),
        ] {
            let mut assignment = what;
            assignment["employment_id"] = begun["employment_id"].clone();
            admin.make("/v1/assignments", &assignment).await;
        }
        self.ends_on(2, END).await
    }

    /// HR says that Alva's last day is this one.
    async fn ends_on(&self, sequence: i64, day: &str) -> Value {
        let leaves = json!({"manager": led_by("bo"), "end_date": day});
        self.hr("alva", &employment("alva", sequence, leaves)).await
    }

    pub(super) fn it_is(&self, instant: &str) {
        self.server.db.app().clock.set(utc(instant));
    }

    async fn tasks(&self, state: &str) -> Vec<Value> {
        let path = format!("/v1/tasks?kind=confirm_end&state={state}");
        self.desk().await.all(&path).await
    }
}

/// Where each check of the first item stands.
fn states(case: &Value) -> BTreeMap<String, String> {
    let checks = case["items"][0]["checks"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    checks
        .map(|check| (word(&check["check"]), word(&check["state"])))
        .collect()
}

fn page_of(mails: &[ReadMail]) -> String {
    let mail = mails.iter().find(|mail| mail.to == "alva").expect("a mail");
    mail.page.clone().expect("a page of her own")
}

/// What Alva has done, and asks for.
fn said() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("d0_records", "yes"),
        ("d0_private", "yes"),
        ("d0_reset", "yes"),
        ("d0_code_screen_lock", "not_needed_after_wipe"),
        ("d0_code_sim_pin", "received"),
        ("d0_code_other", "not_applicable"),
        ("s0_keep_number", "yes"),
    ])
}

#[test]
fn what_the_holder_says_is_declared_can_be_taken_back_and_completes_nothing() {
    story(async |town| {
        let ended = town.alva_leaves().await;
        let page = page_of(&town.until(TOLD).await);
        let db = town.server.db;
        let footprint = || {
            [
                "SELECT count(*) AS n FROM audit_entry",
                "SELECT count(*) AS n FROM holder_statement",
                "SELECT CAST(sum(version) AS BIGINT) AS n FROM termination",
            ]
            .map(|sql| db.number(sql))
        };
        let before = footprint();
        for method in [Method::GET, Method::HEAD] {
            let path = format!("/s/{page}?lang=en");
            let shown = Answer::of(town.server.anonymous(method, &path)).await;
            let shown = shown.expect(StatusCode::OK);
            for (name, value) in [
                ("referrer-policy", "strict-origin"),
                ("cache-control", "no-store"),
                ("x-robots-tag", "noindex"),
                ("content-language", "en"),
            ] {
                assert_eq!(shown.headers[name], value, "{name}");
            }
        }
        let visitor = Visitor::open_page(town.server, &page).await;
        // Faster than anybody reads, from elsewhere, and at the door of whoever confirms.
        visitor.gets(&said(), StatusCode::TOO_MANY_REQUESTS).await;
        town.it_is(READ);
        let cross = town.server.anonymous(Method::POST, &visitor.path);
        let cross = cross.header("sec-fetch-site", "cross-site").form(&said());
        assert_eq!(Answer::of(cross).await.status, StatusCode::FORBIDDEN);
        let bare = town.server.anonymous(Method::POST, &visitor.path).form(&said());
        assert_eq!(Answer::of(bare).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let wrong_door = town.server.anonymous(Method::GET, &format!("/c/{page}"));
        assert_eq!(Answer::of(wrong_door).await.status, StatusCode::GONE);
        assert_eq!(footprint(), before);

        let saved = visitor.send(&said()).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(saved.header("location"), format!("/s/{page}?saved=yes"));
        let case = town.case(&ended).await;
        let now = states(&case);
        for declared in ["records_saved", "reset", "codes"] {
            assert_eq!(now[declared], "declared", "{declared}");
        }
        assert!(!now.values().any(|state| state == "done") && now["wiped"] == "open");
        assert_eq!(case["state"], "scheduled");
        assert_eq!(wish(&case)["role"], "holder", "{case}");
        let shown = visitor.reload().await.expect(StatusCode::OK).body;
        let ticked = "name=\"d0_private\" value=\"yes\" checked";
        assert!(
            shown.contains(ticked) && shown.contains("Du vill behålla numret"),
            "{shown}"
        );
        assert!(
            !shown.contains("ALVA"),
            "the page names nobody who holds the link"
        );
        let before = footprint();
        visitor.gets(&said(), StatusCode::SEE_OTHER).await;
        assert_eq!(footprint(), before, "said again, it is no news");
        let mut less = said();
        less.remove("d0_reset");
        less.remove("d0_code_other");
        visitor.gets(&less, StatusCode::SEE_OTHER).await;
        let now = states(&town.case(&ended).await);
        assert_eq!([&now["reset"], &now["codes"]], ["open", "open"]);
        let mut no_number = less.clone();
        no_number.remove("s0_keep_number");
        visitor.gets(&no_number, StatusCode::SEE_OTHER).await;
        assert_eq!(wish(&town.case(&ended).await), json!(null));
        visitor.gets(&less, StatusCode::SEE_OTHER).await;

        // Bo is told, and is asked all the same.
        let asked = town.until("2027-02-25T07:00:00Z").await;
        let token = asked
            .iter()
            .find(|mail| mail.to == "bo")
            .unwrap()
            .token
            .clone()
            .unwrap();
        town.it_is("2027-02-25T07:20:00Z");
        let receiver = Visitor::open(town.server, &token).await;
        let asked = receiver.reload().await.body;
        for told in [
            "Innehavaren säger att det här är klart: sparat arbetsmaterial",
            "Enligt innehavaren: Pinkod till sim-kortet – lämnas med telefonen",
            "Innehavaren vill ta över numret privat",
        ] {
            assert!(asked.contains(told), "{told}: {asked}");
        }
        let mut all = all_well();
        all.insert("s0_number", "transfer");
        receiver.gets(&all, StatusCode::SEE_OTHER).await;
        visitor.gets(&BTreeMap::new(), StatusCode::SEE_OTHER).await;
        let now = states(&town.case(&ended).await);
        assert!(
            now.values().all(|state| state == "done"),
            "what is settled stays: {now:?}"
        );
        // After the last day there is nobody to show it to.
        town.it_is("2027-02-26T22:59:00Z");
        assert_eq!(visitor.reload().await.status, StatusCode::OK);
        town.it_is("2027-02-26T23:00:00Z");
        let gone = visitor.reload().await.expect(StatusCode::GONE).body;
        assert!(!gone.contains("Skicka en ny länk"), "{gone}");
        visitor.gets(&said(), StatusCode::GONE).await;
    });
}

/// That the holder wants to take the number over, as the service desk sees it.
fn wish(case: &Value) -> Value {
    let items = case["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["kind"] == "subscription").unwrap();
    item["number_requested"].clone()
}

#[test]
fn what_must_be_kept_is_not_to_be_reset_whatever_an_old_page_still_shows() {
    story(async |town| {
        let ended = town.alva_leaves().await;
        let page = page_of(&town.until(TOLD).await);
        town.it_is(READ);
        let visitor = Visitor::open_page(town.server, &page).await;
        let id = ended["termination"]["id"].as_str().unwrap();
        let hold = json!({"reason": "Utredning, dnr 2027-17."});
        let path = format!("/v1/terminations/{id}/hold");
        let held = town.desk().await.post(&path, &hold).await;
        assert_eq!(held.status, StatusCode::OK);
        let shown = visitor.reload().await.body;
        assert!(shown.contains("Rensa inte telefonen") && !shown.contains("d0_reset"));
        let mut fields = said();
        fields.insert("d0_wiped", "yes");
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        let now = states(&town.case(&ended).await);
        assert_eq!(
            [&now["reset"], &now["wiped"], &now["records_saved"]],
            ["open", "open", "declared"]
        );
    });
}

#[test]
fn that_the_holder_stays_is_a_question_to_hr_and_no_change() {
    story(async |town| {
        let ended = town.alva_leaves().await;
        let page = page_of(&town.until(TOLD).await);
        town.it_is(READ);
        let visitor = Visitor::open_page(town.server, &page).await;
        let absurd = BTreeMap::from([("end", "wrong_date"), ("new_last_day", "0001-01-01")]);
        visitor.gets(&absurd, StatusCode::UNPROCESSABLE_ENTITY).await;
        let bad = BTreeMap::from([("end", "wrong_date"), ("new_last_day", "31 mars")]);
        visitor.gets(&bad, StatusCode::UNPROCESSABLE_ENTITY).await;
        let stays = BTreeMap::from([("end", "staying"), ("message", "Jag har fått förlängt")]);
        visitor.gets(&stays, StatusCode::SEE_OTHER).await;
        visitor.gets(&stays, StatusCode::SEE_OTHER).await;

        let tasks = town.tasks("open").await;
        assert_eq!(tasks.len(), 1, "asked twice, it is one question");
        let asked = json!({"by": "holder", "says": "staying", "last_day": null});
        assert_eq!(tasks[0]["end_question"], asked);
        assert_eq!(tasks[0]["text"], "Jag har fått förlängt");
        let mails = town.mails().await;
        let desk: Vec<&ReadMail> = mails.iter().filter(|mail| mail.to == "desk").collect();
        assert_eq!(desk.len(), 1);
        assert!(
            desk[0].subject.starts_with("Fråga HR om sista dagen i ärende"),
            "{}",
            desk[0].subject
        );
        assert!(
            !desk[0].text.contains("förlängt"),
            "people's words are in no mail"
        );
        let case = town.case(&ended).await;
        assert_eq!(case["end_on"], END);
        let shown = visitor.reload().await.body;
        assert!(shown.contains("HR är tillfrågad") && shown.contains("jag tar tillbaka frågan"));

        // Nothing stops, and everybody is told.
        let reminded = town.until("2027-02-19T07:00:00Z").await;
        assert!(
            reminded
                .iter()
                .any(|mail| mail.to == "alva" && mail.text.contains("HR är tillfrågad"))
        );
        let asked = town.until("2027-02-25T07:00:00Z").await;
        let bo = asked.iter().find(|mail| mail.to == "bo").unwrap();
        assert!(bo.text.contains("HR är tillfrågad om sista dagen"), "{}", bo.text);

        // HR's next word is the answer.
        town.ends_on(3, "2027-04-30").await;
        assert!(town.tasks("open").await.is_empty());
        assert_eq!(town.tasks("withdrawn").await[0]["reason"], "settled");
        town.it_is("2027-02-25T08:00:00Z");
        let told = town.mails().await;
        let later = told.iter().chain(&asked).chain(&reminded);
        assert!(later.filter(|mail| mail.to == "desk").count() == 0);
        let again = town.until("2027-03-31T07:00:00Z").await;
        town.it_is("2027-03-31T07:20:00Z");
        let visitor = Visitor::open_page(town.server, &page_of(&again)).await;
        let shown = visitor.reload().await.body;
        assert!(
            shown.contains("besvarades") && shown.contains("30 april 2027"),
            "{shown}"
        );

        // Withdrawn, the end is no question and the page is gone.
        town.hr("alva", &employment("alva", 4, json!({"manager": led_by("bo")})))
            .await;
        assert_eq!(visitor.reload().await.status, StatusCode::GONE);
    });
}

#[test]
fn a_question_can_be_taken_back_and_the_managers_is_one_of_its_own() {
    story(async |town| {
        let ended = town.alva_leaves().await;
        let page = page_of(&town.until(TOLD).await);
        town.it_is(READ);
        let visitor = Visitor::open_page(town.server, &page).await;
        let wrong = BTreeMap::from([("end", "wrong_date"), ("new_last_day", "2027-03-31")]);
        visitor.gets(&wrong, StatusCode::SEE_OTHER).await;
        assert_eq!(
            town.tasks("open").await[0]["end_question"]["last_day"],
            "2027-03-31"
        );
        let right = BTreeMap::from([("end", "right")]);
        visitor.gets(&right, StatusCode::SEE_OTHER).await;
        assert_eq!(town.tasks("withdrawn").await[0]["reason"], "taken_back");
        assert!(!visitor.reload().await.body.contains("HR är tillfrågad"));
        visitor.gets(&wrong, StatusCode::SEE_OTHER).await;

        let asked = town.until("2027-02-25T07:00:00Z").await;
        let token = asked
            .iter()
            .find(|mail| mail.to == "bo")
            .unwrap()
            .token
            .clone()
            .unwrap();
        town.it_is("2027-02-25T07:20:00Z");
        let receiver = Visitor::open(town.server, &token).await;
        let wrong = BTreeMap::from([("answer", "wrong_date"), ("new_last_day", "2027-12-31")]);
        receiver.gets(&wrong, StatusCode::SEE_OTHER).await;
        let open = town.tasks("open").await;
        let askers: Vec<&Value> = open.iter().map(|task| &task["end_question"]["by"]).collect();
        assert_eq!(askers, ["holder", "receiver"]);
        assert_eq!(town.case(&ended).await["end_on"], END);
        // Bo takes the answer back, and with it the question; the desk answers the other one.
        let undo = BTreeMap::from([("act", "undo"), ("undo", "yes")]);
        receiver.gets(&undo, StatusCode::SEE_OTHER).await;
        let open = town.tasks("open").await;
        assert_eq!(open.len(), 1);
        let path = format!("/v1/tasks/{}/done", open[0]["id"].as_str().unwrap());
        let done = town.desk().await.post(&path, &json!({})).await;
        assert_eq!(done.status, StatusCode::OK);
        assert!(visitor.reload().await.body.contains("besvarades"));
        let mails = town.mails().await;
        assert!(
            mails.iter().all(|mail| mail.to != "desk"),
            "nothing is left to ask HR"
        );
    });
}
