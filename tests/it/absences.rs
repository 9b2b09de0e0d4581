//! A long leave: what becomes of the phone meanwhile, and that everybody has what they are to have afterwards.

use super::ends::{Town, employment, led_by, story};
use super::support::http::Answer;
use super::support::story::{ReadMail, Visitor, utc};
use handback::domain::actor::Scope;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const FROM: &str = "2027-03-01";
const TO: &str = "2027-08-31";

fn to(mails: &[ReadMail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}

fn on_leave(leave: Value) -> Value {
    json!({"manager": led_by("bo"), "leave": leave})
}

/// From now on, a leave of 90 days opens a case.
async fn long_from(town: &Town<'_>, days: u16) {
    let path = format!("/v1/legal-entities/{}", town.entity["id"].as_str().unwrap());
    let body = json!({"absence_case_after_days": days});
    let _ = town
        .admin()
        .await
        .patch(&path, "*", &body)
        .await
        .expect(StatusCode::OK);
}

/// Alva has a phone and a number, and Dag works in her unit.
async fn staffed(town: &Town<'_>) -> Value {
    let delivered = town.alva().await;
    let number = json!({"legal_entity_id": town.entity["id"], "number": "070-174 06 05"});
    let number = town.admin().await.make("/v1/subscriptions", &number).await;
    let assignment = json!({"employment_id": delivered["employment_id"], "subscription_id": number["id"]});
    town.admin().await.make("/v1/assignments", &assignment).await;
    town.hr("dag", &employment("dag", 1, json!({"manager": led_by("bo")})))
        .await
}

/// Alva is on leave from March to August.
async fn away(town: &Town<'_>) -> Value {
    long_from(town, 90).await;
    let leave = on_leave(json!([{"from": FROM, "to": TO}]));
    town.hr("alva", &employment("alva", 2, leave)).await
}

async fn asked(town: &Town<'_>) -> String {
    let mails = town.until("2027-02-12T07:00:00Z").await;
    assert_eq!(to(&mails), ["bo"], "the holder is not written to");
    let text = &mails[0].text;
    let said = "ALVA Exempel är frånvarande från och med 1 mars 2027 till och med 31 augusti 2027.";
    assert!(text.contains(said), "{text}");
    town.server.db.app().clock.set(utc("2027-02-12T08:00:00Z"));
    mails[0].token.clone().expect("a link")
}

fn blockers(case: &Value) -> Vec<&str> {
    let all = case["blockers"].as_array().unwrap().iter();
    all.map(|one| one["blocker"].as_str().unwrap()).collect()
}

async fn diversions(town: &Town<'_>) -> Vec<String> {
    let page = town.desk().await.get("/v1/tasks?kind=diversion").await.json();
    let line = |task: &Value| {
        format!(
            "{} {} {}",
            task["state"].as_str().unwrap(),
            task["diversion"]["cause"].as_str().unwrap(),
            task["diversion"]["return_on"].as_str().unwrap_or("-")
        )
    };
    page["items"].as_array().unwrap().iter().map(line).collect()
}

async fn overdue(town: &Town<'_>) -> u64 {
    let counts = town.desk().await.get("/v1/worklist/counts").await.json();
    counts["overdue"].as_u64().unwrap()
}

async fn timeline(town: &Town<'_>, case: &Value) -> Vec<String> {
    let path = format!("/v1/terminations/{}/timeline", case["id"].as_str().unwrap());
    let page = town.desk().await.get(&path).await.expect(StatusCode::OK).json();
    let line = |message: &Value| {
        let word = |name: &str| message[name].as_str().unwrap().to_owned();
        format!("{} {} {}", word("step"), word("state"), &word("due_at")[..10])
    };
    page["items"].as_array().unwrap().iter().map(line).collect()
}

async fn open_assignments(town: &Town<'_>, employment: &Value) -> Vec<Value> {
    let id = employment["employment_id"].as_str().unwrap();
    let path = format!("/v1/assignments?is_open=true&employment_id={id}");
    town.desk().await.get(&path).await.json()["items"]
        .as_array()
        .unwrap()
        .clone()
}

async fn receipt(town: &Town<'_>, case: &Value) -> Value {
    let path = format!("/v1/terminations/{}/receipt", case["id"].as_str().unwrap());
    town.desk().await.get(&path).await.expect(StatusCode::OK).json()
}

fn handed_in() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("answer", "confirm"),
        ("d0_plan", "hand_in"),
        ("d0_have", "yes"),
        ("d0_serial", "0001"),
        ("d0_condition", "intact"),
        ("d0_place", "Låst skåp, plan 2"),
    ])
}

#[test]
fn a_phone_that_is_put_away_is_not_wiped_and_goes_back_to_its_holder_when_the_leave_is_over() {
    story(async |town| {
        staffed(&town).await;
        let delivered = away(&town).await;
        let case = town.case(&delivered).await;
        assert_eq!(
            (&case["kind"], &case["state"]),
            (&json!("absence"), &json!("scheduled"))
        );
        assert_eq!(
            (&case["end_on"], &case["return_by"]),
            (&json!("2027-02-28"), &json!("2027-02-26"))
        );
        assert_eq!(diversions(&town).await, ["open leave 2027-09-01"]);
        let directory = town.desk().await.get("/v1/tasks?kind=directory").await.json();
        assert_eq!(directory["items"], json!([]), "the entry in the directory stays");
        assert_eq!(
            timeline(&town, &case).await,
            [
                "confirm_return planned 2027-02-12",
                "reminder_1 planned 2027-02-25",
                "reminder_2 planned 2027-03-05",
                "hand_back planned 2027-08-25",
            ]
        );

        let token = asked(&town).await;
        let page = Visitor::open(town.server, &token).await;
        let shown = page.reload().await.body;
        assert!(
            shown.contains("name=\"d0_plan\"") && !shown.contains("checked"),
            "{shown}"
        );
        assert!(!shown.contains("name=\"s0_number\""), "the number is no question");
        let unsaid = BTreeMap::from([("answer", "confirm")]);
        page.gets(&unsaid, StatusCode::UNPROCESSABLE_ENTITY).await;
        page.gets(&handed_in(), StatusCode::SEE_OTHER).await;
        let done = page.reload().await.body;
        assert!(
            done.contains("Ärendet vilar tills innehavaren är åter 1 september 2027."),
            "{done}"
        );

        let case = town.case(&delivered).await;
        assert_eq!(blockers(&case), ["not_handed_back", "holder_away"]);
        assert_eq!(case["absence"]["is_paused"], true);
        let checks = case["items"][0]["checks"].as_array().unwrap();
        let check = |name: &str| checks.iter().find(|check| check["check"] == name).unwrap();
        assert_eq!(check("returned")["note"]["place"], "Låst skåp, plan 2");
        for moot in ["reset", "wiped", "codes"] {
            assert_eq!(check(moot)["state"], "not_applicable", "{moot}");
        }
        assert_eq!(
            to(&town.until("2027-02-25T07:00:00Z").await),
            [""; 0],
            "nothing is left to ask"
        );
        assert_eq!(to(&town.until("2027-03-05T07:00:00Z").await), [""; 0]);
        assert_eq!(
            to(&town.until("2027-05-03T07:00:00Z").await),
            [""; 0],
            "nobody is reminded"
        );
        assert_eq!(overdue(&town).await, 0);
        let claims = town.desk().await.get("/v1/claims").await.json();
        assert_eq!(claims["items"], json!([]));

        let longer = on_leave(json!([{"from": FROM, "to": "2027-10-31"}]));
        town.hr("alva", &employment("alva", 3, longer)).await;
        assert_eq!(diversions(&town).await, ["open leave 2027-11-01"]);
        assert_eq!(
            to(&town.until("2027-08-25T07:00:00Z").await),
            [""; 0],
            "the day has moved"
        );
        let told = town.until("2027-10-25T07:00:00Z").await;
        assert_eq!(to(&told), ["bo"]);
        assert!(
            told[0]
                .text
                .contains("är åter 1 november 2027. Lämna då tillbaka E10 (0001)"),
            "{}",
            told[0].text
        );
        assert_eq!(
            to(&town.until("2027-10-27T07:00:00Z").await),
            [""; 0],
            "told once"
        );

        assert_eq!(to(&town.until("2027-11-01T07:00:00Z").await), [""; 0]);
        assert_eq!(diversions(&town).await, ["open back 2027-11-01"]);
        assert_eq!(blockers(&town.case(&delivered).await), ["not_handed_back"]);
        assert_eq!(overdue(&town).await, 1, "now somebody is to do something");
        let page = Visitor::open(town.server, told[0].token.as_ref().unwrap()).await;
        let back = BTreeMap::from([("answer", "confirm"), ("d0_back", "yes")]);
        page.gets(&back, StatusCode::SEE_OTHER).await;
        let case = town.case(&delivered).await;
        assert_eq!(case["state"], "completed");
        assert_eq!(
            open_assignments(&town, &delivered).await.len(),
            2,
            "phone and number are Alva's"
        );
        let receipt = receipt(&town, &case).await;
        assert_eq!(
            (&receipt["title"]["sv"], &receipt["devices"][0]["outcome"]),
            (&json!("Kvittens"), &json!("handed_back"))
        );
        let mails = town.until("2027-11-02T07:00:00Z").await;
        assert_eq!(to(&mails), ["bo"], "the receipt");
        assert!(
            mails[0]
                .text
                .contains("Tillbaka hos innehavaren: 1 november 2027"),
            "{}",
            mails[0].text
        );
    });
}

#[test]
fn a_phone_that_its_holder_keeps_is_asked_about_once_and_the_case_ends_with_the_leave() {
    story(async |town| {
        staffed(&town).await;
        let delivered = away(&town).await;
        let token = asked(&town).await;
        let page = Visitor::open(town.server, &token).await;
        let keep = BTreeMap::from([("answer", "confirm"), ("d0_plan", "keep")]);
        page.gets(&keep, StatusCode::SEE_OTHER).await;
        let undo = BTreeMap::from([("act", "undo"), ("undo", "yes")]);
        page.gets(&undo, StatusCode::SEE_OTHER).await;
        assert_eq!(
            blockers(&town.case(&delivered).await),
            ["arrangement_missing", "holder_away"],
            "as if nothing was said"
        );
        let page = Visitor::open(town.server, &token).await;
        page.gets(&keep, StatusCode::SEE_OTHER).await;
        assert_eq!(blockers(&town.case(&delivered).await), ["holder_away"]);

        let task = town.desk().await.get("/v1/tasks?kind=diversion").await.json();
        let path = format!("/v1/tasks/{}/done", task["items"][0]["id"].as_str().unwrap());
        let _ = town
            .desk()
            .await
            .post(&path, &json!({}))
            .await
            .expect(StatusCode::OK);
        for day in ["2027-02-25", "2027-03-05", "2027-08-25"] {
            assert_eq!(
                to(&town.until(&format!("{day}T07:00:00Z")).await),
                [""; 0],
                "{day}"
            );
        }
        // Back a month earlier: the case and the diversion follow.
        let earlier = on_leave(json!([{"from": FROM, "to": "2027-08-29"}]));
        town.hr("alva", &employment("alva", 3, earlier)).await;
        assert_eq!(
            diversions(&town).await,
            ["done leave 2027-09-01", "open leave 2027-08-30"]
        );
        assert_eq!(
            to(&town.until("2027-08-30T07:00:00Z").await),
            [""; 0],
            "nobody has handed in anything"
        );
        let case = town.case(&delivered).await;
        assert_eq!(case["state"], "completed");
        assert_eq!(
            diversions(&town).await,
            ["done leave 2027-09-01", "open back 2027-08-30"]
        );
        assert_eq!(open_assignments(&town, &delivered).await.len(), 2);
        let receipt = receipt(&town, &case).await;
        assert_eq!(
            (&receipt["has_deviation"], &receipt["devices"][0]["outcome"]),
            (&json!(false), &json!("kept"))
        );
        let report = town.desk().await.get("/v1/reports/lead-times").await.json();
        assert_eq!(report["rows"], json!([]), "nothing has ended");
    });
}

#[test]
fn a_phone_is_lent_when_it_is_wiped_and_somebody_takes_it_back_on_the_last_day() {
    story(async |town| {
        let dag = staffed(&town).await;
        let delivered = away(&town).await;
        let token = asked(&town).await;
        let page = Visitor::open(town.server, &token).await;
        let borrower = dag["employment_id"].as_str().unwrap();
        let mut lend = BTreeMap::from([
            ("d0_plan", "lend"),
            ("d0_borrower", borrower),
            ("d0_until", "2027-09-30"),
            ("d0_have", "yes"),
            ("d0_records", "yes"),
            ("d0_reset", "yes"),
            ("d0_wiped", "no"),
            ("d0_sim", "returned"),
            ("d0_code_screen_lock", "not_needed_after_wipe"),
            ("d0_code_sim_pin", "not_applicable"),
            ("d0_code_other", "not_applicable"),
        ]);
        for (name, value) in handed_in() {
            lend.entry(name).or_insert(value);
        }
        let late = page.send(&lend).await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            late.body.contains("före den dag då innehavaren är åter"),
            "{}",
            late.body
        );
        lend.insert("d0_until", "2027-08-20");
        page.gets(&lend, StatusCode::SEE_OTHER).await;
        let case = town.case(&delivered).await;
        assert_eq!(
            blockers(&case),
            ["check_open", "holder_away"],
            "not wiped, so not lent"
        );
        assert!(open_assignments(&town, &dag).await.is_empty());

        let mdm = town.server.caller(&[Scope::Mdm]).await;
        let report = json!({"event_id": "e-1", "kind": "command_acknowledged", "scope": "full_device",
            "occurred_at": "2027-02-12T07:50:00Z", "device": {"serial": "EX01K0001"}});
        let answer = mdm.post("/v1/mdm/reports", &report).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        let case = town.case(&delivered).await;
        assert_eq!(blockers(&case), ["holder_away"]);
        assert!(!case["items"][0]["arrangement"]["let_go_at"].is_null());
        let lent = open_assignments(&town, &dag).await;
        assert_eq!(lent.len(), 1);
        assert_eq!(lent[0]["loan_until"], "2027-08-20");
        assert_eq!(
            open_assignments(&town, &delivered).await.len(),
            1,
            "the number is still Alva's"
        );
        let tasks = town.desk().await.get("/v1/tasks?kind=loan_return").await.json();
        assert_eq!(tasks["items"][0]["due_on"], "2027-08-20");
        let shown = page.reload().await.body;
        assert!(!shown.contains("name=\"undo\""), "somebody else has it: {shown}");

        let path = format!("/v1/assignments/{}/end", lent[0]["id"].as_str().unwrap());
        let ended = town
            .desk()
            .await
            .fresh_post(&path)
            .header("if-match", "*")
            .json(&json!({"reason": "returned"}));
        let _ = Answer::of(ended).await.expect(StatusCode::OK);
        let tasks = town.desk().await.get("/v1/tasks?kind=loan_return").await.json();
        assert_eq!(tasks["items"][0]["state"], "withdrawn", "it is back already");

        town.until("2027-09-01T07:00:00Z").await;
        let case = town.case(&delivered).await;
        assert_eq!(case["state"], "completed");
        assert_eq!(receipt(&town, &case).await["devices"][0]["outcome"], "lent");
    });
}

#[test]
fn an_employment_that_ends_during_a_leave_asks_everything_after_all_and_nothing_is_lost() {
    story(async |town| {
        staffed(&town).await;
        let delivered = away(&town).await;
        let token = asked(&town).await;
        let page = Visitor::open(town.server, &token).await;
        page.gets(&handed_in(), StatusCode::SEE_OTHER).await;
        let both =
            json!({"manager": led_by("bo"), "leave": [{"from": FROM, "to": TO}], "end_date": "2027-06-30"});
        town.hr("alva", &employment("alva", 3, both)).await;
        let case = town.case(&delivered).await;
        assert_eq!(
            (&case["kind"], &case["end_on"]),
            (&json!("ordinary"), &json!("2027-06-30"))
        );
        assert_eq!(case["absence"], Value::Null);
        let state = |item: usize, name: &str| {
            let checks = case["items"][item]["checks"].as_array().unwrap();
            checks.iter().find(|check| check["check"] == name).unwrap()["state"].clone()
        };
        assert_eq!(state(0, "returned"), "done", "what was handed in is");
        for open in ["reset", "wiped", "codes"] {
            assert_eq!(state(0, open), "open", "{open}");
        }
        assert_eq!(
            (state(1, "number"), state(1, "directory")),
            (json!("open"), json!("open"))
        );
        assert_eq!(diversions(&town).await, ["open ended -"]);
        let steps = timeline(&town, &case).await;
        assert!(
            steps.contains(&"confirm_return planned 2027-06-29".to_owned()),
            "{steps:?}"
        );
        assert!(
            steps.contains(&"hand_back cancelled 2027-08-25".to_owned()),
            "{steps:?}"
        );

        // The end is withdrawn while the leave goes on: it is about the leave again.
        let leave = on_leave(json!([{"from": FROM, "to": TO}]));
        town.hr("alva", &employment("alva", 4, leave)).await;
        let case = town.case(&delivered).await;
        assert_eq!(
            (&case["kind"], blockers(&case)[0]),
            (&json!("absence"), "arrangement_missing")
        );
        town.hr("alva", &employment("alva", 5, on_leave(json!([])))).await;
        let case = town.case(&delivered).await;
        assert_eq!(
            (&case["state"], &case["cancelled"]["reason"]),
            (&json!("cancelled"), &json!("leave_withdrawn"))
        );
        assert_eq!(diversions(&town).await, ["withdrawn leave 2027-09-01"]);
    });
}

#[test]
fn a_leave_long_before_the_end_of_a_term_comes_first_and_the_end_has_its_case_afterwards() {
    story(async |town| {
        staffed(&town).await;
        long_from(&town, 90).await;
        let term = |sequence, leave| {
            let other = json!({"manager": led_by("bo"), "end_date": "2027-12-31", "leave": leave});
            employment("alva", sequence, other)
        };
        let first = town.hr("alva", &term(2, json!([]))).await;
        assert_eq!(town.case(&first).await["kind"], "ordinary");
        let second = town.hr("alva", &term(3, json!([{"from": FROM, "to": TO}]))).await;
        assert_eq!(first["termination"]["id"], second["termination"]["id"]);
        assert_eq!(town.case(&second).await["kind"], "absence");
        let token = asked(&town).await;
        let page = Visitor::open(town.server, &token).await;
        let keep = BTreeMap::from([("answer", "confirm"), ("d0_plan", "keep")]);
        page.gets(&keep, StatusCode::SEE_OTHER).await;
        town.until("2027-09-01T07:00:00Z").await;
        assert_eq!(town.case(&second).await["state"], "completed");
        let cases = town
            .desk()
            .await
            .get("/v1/terminations?state=scheduled")
            .await
            .json();
        let cases = cases["items"].as_array().unwrap();
        assert_eq!(cases.len(), 1);
        assert_eq!(
            (&cases[0]["kind"], &cases[0]["end_on"]),
            (&json!("ordinary"), &json!("2027-12-31"))
        );
    });
}

#[test]
fn the_desk_opens_a_case_for_a_leave_that_opens_none_by_itself() {
    story(async |town| {
        staffed(&town).await;
        let short = on_leave(json!([{"from": FROM, "to": TO}]));
        let delivered = town.hr("alva", &employment("alva", 2, short)).await;
        assert_eq!(
            delivered["termination"],
            Value::Null,
            "no leave opens a case unless somebody decided so"
        );
        let path = format!(
            "/v1/employments/{}/absence",
            delivered["employment_id"].as_str().unwrap()
        );
        let desk = town.desk().await;
        let past = json!({"from": "2026-01-01", "to": "2026-12-31"});
        assert_eq!(desk.post(&path, &past).await.refusal(), "422 /to leave_over");
        let reversed = json!({"from": "2027-12-01", "to": "2027-03-31"});
        assert_eq!(
            desk.post(&path, &reversed).await.refusal(),
            "422 /to end_before_start"
        );
        let reason = json!({"from": FROM, "to": TO, "type": "parental"});
        assert_eq!(
            desk.post(&path, &reason).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let told = json!({"from": "2027-03-15", "to": null});
        let opened = desk.post(&path, &told).await.expect(StatusCode::CREATED).json();
        assert_eq!(
            (&opened["absence"]["from"], &opened["absence"]["back_on"]),
            (&json!(FROM), &json!("2027-09-01")),
            "HR knows it better"
        );
        assert_eq!(desk.post(&path, &told).await.status, StatusCode::CONFLICT);
        let dag = town
            .hr(
                "dag",
                &employment("dag", 2, json!({"manager": led_by("bo"), "leave": []})),
            )
            .await;
        let other = format!(
            "/v1/employments/{}/absence",
            dag["employment_id"].as_str().unwrap()
        );
        assert_eq!(
            desk.post(&other, &told).await.problem()["code"],
            "nothing_assigned"
        );

        let item = opened["items"][0]["id"].as_str().unwrap();
        let arrangement = format!(
            "/v1/terminations/{}/items/{item}/arrangement",
            opened["id"].as_str().unwrap()
        );
        let lend = desk.post(&arrangement, &json!({"choice": "lend"})).await;
        assert_eq!(lend.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", lend.body);
        let stock = json!({"choice": "restock"});
        let _ = desk.post(&arrangement, &stock).await.expect(StatusCode::OK);
        let keep = desk.post(&arrangement, &json!({"choice": "keep"})).await;
        let keep = keep.expect(StatusCode::OK).json();
        assert_eq!(
            blockers(&keep),
            ["holder_away"],
            "the desk may say something else"
        );
        let back = format!(
            "/v1/terminations/{}/items/{item}/hand-back",
            opened["id"].as_str().unwrap()
        );
        assert_eq!(
            Answer::of(desk.fresh_post(&back)).await.status,
            StatusCode::CONFLICT,
            "it was never handed in"
        );
    });
}
