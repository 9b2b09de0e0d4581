//! Every way an employment ends, moves or goes on, as HR delivers it, and what becomes of the case.

use super::support::db::{TestDb, for_each_database};
use super::support::http::{Answer, TestCaller, TestServer};
use super::support::story::{ReadMail, read, utc};
use handback::config::{Config, Mailbox};
use handback::domain::actor::Scope;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// What HR says of somebody: one employment of theirs, and what differs from the plainest one.
pub(super) fn employment(person: &str, sequence: i64, other: Value) -> Value {
    let mut document = json!({
        "person": {
            "external_id": person,
            "name": format!("{} Exempel", person.to_uppercase()),
            "email": format!("{person}@exempelkommunen.example"),
        },
        "kind": "employee",
        "unit": "VO-12",
        "manager": null,
        "state": "active",
        "start_date": "2020-08-01",
        "end_date": null,
        "sequence": sequence,
    });
    let all = document.as_object_mut().unwrap();
    all.extend(other.as_object().unwrap().clone());
    document
}

pub(super) fn led_by(manager: &str) -> Value {
    json!({"external_id": manager})
}

/// A municipality with HR, where Bo leads Alva and Cia leads Bo.
pub(super) struct Town<'s> {
    pub(super) server: &'s TestServer<'s>,
    pub(super) entity: Value,
}

impl<'s> Town<'s> {
    pub(super) async fn of(server: &'s TestServer<'s>) -> Self {
        let admin = server.caller(&[Scope::Admin]).await;
        let entity = json!({"name": "Socialnämnden", "kind": "authority"});
        let entity = admin.make("/v1/legal-entities", &entity).await;
        for source in ["hr", "troman"] {
            let body =
                json!({"name": source, "kind": "hr", "label": source, "legal_entity_id": entity["id"]});
            admin.make("/v1/sources", &body).await;
        }
        let town = Self { server, entity };
        town.hr("cia", &employment("cia", 1, json!({}))).await;
        town.hr("bo", &employment("bo", 1, json!({"manager": led_by("cia")})))
            .await;
        town
    }

    // A token does not outlive the days that pass in a story.
    pub(super) async fn desk(&self) -> TestCaller<'s> {
        self.server.caller(&[Scope::Desk]).await
    }

    pub(super) async fn admin(&self) -> TestCaller<'s> {
        self.server.caller(&[Scope::Admin]).await
    }

    /// HR delivers; the answer.
    pub(super) async fn hr(&self, employment: &str, document: &Value) -> Value {
        self.deliver("hr", employment, document).await
    }

    pub(super) async fn deliver(&self, source: &str, employment: &str, document: &Value) -> Value {
        let path = format!("/v1/sources/{source}/employments/{employment}");
        let answer = self.server.caller(&[Scope::Hr]).await.put(&path, document).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.json()
    }

    /// Gives the employment a phone and a subscription of its own.
    pub(super) async fn equip(&self, delivered: &Value, serial: &str) {
        let device = json!({"legal_entity_id": self.entity["id"], "serial": serial, "model": "E10", "data_class": "standard"});
        let device = self.admin().await.make("/v1/devices", &device).await;
        let assignment = json!({"employment_id": delivered["employment_id"], "device_id": device["id"]});
        self.admin().await.make("/v1/assignments", &assignment).await;
    }

    /// Alva works for Bo and has a phone.
    pub(super) async fn alva(&self) -> Value {
        let delivered = self
            .hr("alva", &employment("alva", 1, json!({"manager": led_by("bo")})))
            .await;
        self.equip(&delivered, "EX01K0001").await;
        delivered
    }

    pub(super) async fn case(&self, delivered: &Value) -> Value {
        let id = delivered["termination"]["id"].as_str().expect("there is a case");
        let path = format!("/v1/terminations/{id}");
        self.desk().await.get(&path).await.expect(StatusCode::OK).json()
    }

    /// Lets time pass until then; the mails that left.
    pub(super) async fn until(&self, instant: &str) -> Vec<ReadMail> {
        self.server.db.app().clock.set(utc(instant));
        self.mails().await
    }

    /// The mails that leave now.
    pub(super) async fn mails(&self) -> Vec<ReadMail> {
        let before = self.server.db.mailer().sent().len();
        self.server.run_jobs().await;
        self.server.db.mailer().sent()[before..]
            .iter()
            .map(read)
            .collect()
    }
}

fn to(mails: &[ReadMail]) -> Vec<&str> {
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    to
}

/// Plays the story on both databases, in a service that has a desk.
pub(super) fn story(play: impl AsyncFn(Town<'_>)) {
    for_each_database(async |db: &TestDb| {
        let mut app = db.app().clone();
        let mut config: Config = (*app.config).clone();
        config.mail.desk_address = Some("desk@exempelkommunen.example".parse::<Mailbox>().unwrap());
        app.config = Arc::new(config);
        let server = TestServer::start_app(db, app);
        play(Town::of(&server).await).await;
        server.stop().await;
    });
}

const END: &str = "2027-02-26";

#[test]
fn somebody_who_is_sent_home_is_not_written_to_and_nothing_is_wiped_before_a_decision() {
    story(async |town| {
        town.alva().await;
        // Sunday evening: only what is urgent leaves.
        town.server.db.app().clock.set(utc("2027-01-17T20:00:00Z"));
        let ends = json!({"manager": led_by("bo"), "end_date": "2027-01-17", "end_kind": "immediate"});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        let case = town.case(&ended).await;
        assert_eq!(
            (&case["kind"], &case["is_held"]),
            (&json!("immediate"), &json!(true))
        );
        let mails = town.mails().await;
        assert_eq!(to(&mails), ["bo", "desk"], "Alva is not written to");
        let desk = mails.iter().find(|mail| mail.to == "desk").unwrap();
        assert!(desk.text.contains("Lås telefonen i MDM"), "{}", desk.text);

        let path = format!("/v1/terminations/{}/release", case["id"].as_str().unwrap());
        let decision = json!({"reason": "HR-chefen: innehållet behövs inte."});
        let released = town
            .desk()
            .await
            .fresh_post(&path)
            .header("if-match", "*")
            .json(&decision);
        let released = Answer::of(released).await.expect(StatusCode::OK);
        assert_eq!(released.json()["is_held"], false);
        let again = json!({"manager": led_by("bo"), "end_date": "2027-01-18", "end_kind": "immediate"});
        let moved = town.hr("alva", &employment("alva", 3, again)).await;
        assert_eq!(
            town.case(&moved).await["is_held"],
            false,
            "what was decided stays decided"
        );
        let later = town.until("2027-03-01T07:00:00Z").await;
        assert!(!to(&later).contains(&"alva"), "{:?}", to(&later));
    });
}

#[test]
fn nobody_writes_to_somebody_who_has_died() {
    story(async |town| {
        town.alva().await;
        let planned = json!({"manager": led_by("bo"), "end_date": END});
        town.hr("alva", &employment("alva", 2, planned)).await;
        let died = json!({"manager": led_by("bo"), "end_date": "2027-01-20", "end_kind": "deceased"});
        let ended = town.hr("alva", &employment("alva", 3, died)).await;
        let case = town.case(&ended).await;
        assert_eq!(
            (&case["kind"], &case["is_held"]),
            (&json!("deceased"), &json!(true))
        );
        let mut all = town.mails().await;
        for day in [
            "2027-01-19",
            "2027-01-20",
            "2027-01-21",
            "2027-01-27",
            "2027-02-03",
        ] {
            all.extend(town.until(&format!("{day}T07:00:00Z")).await);
        }
        assert!(!to(&all).contains(&"alva"), "{:?}", to(&all));
        assert!(to(&all).contains(&"desk") && to(&all).contains(&"bo"));
        for mail in all.iter().filter(|mail| mail.to == "bo") {
            assert!(mail.text.contains("vi skriver inte till dem"), "{}", mail.text);
        }
    });
}

#[test]
fn an_elected_representative_hands_in_to_the_chancery() {
    story(async |town| {
        town.hr("kim", &employment("kim", 1, json!({}))).await;
        let people = town.admin().await.get("/v1/people?name_prefix=kim").await.json();
        let path = format!("/v1/legal-entities/{}", town.entity["id"].as_str().unwrap());
        let chancery = json!({"chancery_id": people["items"][0]["id"]});
        let _ = town
            .admin()
            .await
            .patch(&path, "*", &chancery)
            .await
            .expect(StatusCode::OK);
        let elected = json!({"kind": "elected", "manager": null});
        let mandate = town
            .deliver("troman", "m-1", &employment("eva", 1, elected))
            .await;
        town.equip(&mandate, "EX01K0002").await;
        let ends = json!({"kind": "elected", "manager": null, "end_date": END});
        let ended = town.deliver("troman", "m-1", &employment("eva", 2, ends)).await;
        assert_eq!(town.case(&ended).await["kind"], "mandate_end");
        town.until("2027-01-27T07:00:00Z").await;
        town.until("2027-02-19T07:00:00Z").await;
        assert_eq!(to(&town.until("2027-02-25T07:00:00Z").await), ["kim"]);

        let other = town.admin().await.get("/v1/people?name_prefix=cia").await.json();
        let other = json!({"chancery_id": other["items"][0]["id"]});
        let _ = town
            .admin()
            .await
            .patch(&path, "*", &other)
            .await
            .expect(StatusCode::OK);
        assert_eq!(to(&town.mails().await), ["cia"], "the open case follows at once");
        let nobody = json!({"chancery_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002"});
        let refused = town.admin().await.patch(&path, "*", &nobody).await;
        let refused = refused.expect(StatusCode::UNPROCESSABLE_ENTITY).problem();
        assert_eq!(refused["errors"], json!([["/chancery_id", "unknown_person"]]));
    });
}

#[test]
fn somebody_who_goes_on_elsewhere_is_a_move_of_which_nothing_is_wiped() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        assert_eq!(town.case(&ended).await["kind"], "ordinary");
        let next = |state: &str| json!({"manager": led_by("cia"), "start_date": "2027-03-15", "unit": "VO-13", "state": state});
        town.hr("alva-2", &employment("alva", 1, next("active"))).await;
        let case = town.case(&ended).await;
        assert_eq!(
            (&case["kind"], &case["is_held"]),
            (&json!("transfer"), &json!(true))
        );
        town.until("2027-01-27T07:00:00Z").await;
        town.until("2027-02-19T07:00:00Z").await;
        let asked = town.until("2027-02-25T07:00:00Z").await;
        assert_eq!(to(&asked), ["bo"]);
        assert!(asked[0].text.contains("Följer den med?"), "{}", asked[0].text);

        town.hr("alva-2", &employment("alva", 2, next("void"))).await;
        let case = town.case(&ended).await;
        assert_eq!(
            (&case["kind"], &case["is_held"]),
            (&json!("ordinary"), &json!(false))
        );
        assert_eq!(to(&town.mails().await), ["bo"], "the old manager is asked again");
    });
}

#[test]
fn of_two_jobs_only_the_phone_of_the_one_that_ends_comes_back() {
    story(async |town| {
        let second = json!({"start_date": "2021-01-01", "kind": "hourly", "manager": led_by("cia")});
        let second = town.hr("alva-b", &employment("alva", 1, second)).await;
        town.equip(&second, "EX01K0009").await;
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        let case = town.case(&ended).await;
        assert_eq!(
            case["kind"], "ordinary",
            "a job that ran beside it all along is no move"
        );
        assert_eq!(case["items"].as_array().unwrap().len(), 1);
        let cases = town.desk().await.get("/v1/terminations").await.json();
        assert_eq!(cases["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_manager_who_leaves_is_not_asked_any_more_from_that_moment() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        town.hr("alva", &employment("alva", 2, ends)).await;
        town.until("2027-01-27T07:00:00Z").await;
        town.until("2027-02-19T07:00:00Z").await;
        let asked = town.until("2027-02-25T07:00:00Z").await;
        assert_eq!(to(&asked), ["bo"]);
        let link = format!("/c/{}", asked[0].token.as_ref().unwrap());

        let leaves = json!({"manager": led_by("cia"), "end_date": "2027-02-24"});
        town.hr("bo", &employment("bo", 2, leaves)).await;
        assert_eq!(to(&town.mails().await), ["cia"], "the next level, at once");
        let get = town.server.anonymous(reqwest::Method::GET, &link);
        assert_eq!(get.send().await.unwrap().status(), StatusCode::GONE);
    });
}

#[test]
fn a_manager_whose_last_day_passes_is_not_asked_any_more_from_the_next_day() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        town.hr("alva", &employment("alva", 2, ends)).await;
        let leaves = json!({"manager": led_by("cia"), "end_date": "2027-02-25"});
        town.hr("bo", &employment("bo", 2, leaves)).await;
        town.until("2027-01-27T07:00:00Z").await;
        town.until("2027-02-19T07:00:00Z").await;
        assert_eq!(to(&town.until("2027-02-25T07:00:00Z").await), ["bo"]);
        assert_eq!(to(&town.until("2027-02-26T07:00:00Z").await), ["cia"]);
    });
}

#[test]
fn a_leave_ends_nothing_but_whoever_is_away_is_not_asked() {
    story(async |town| {
        town.alva().await;
        let away = json!({"manager": led_by("bo"), "leave": [{"from": "2027-01-04", "to": null}]});
        let answer = town.hr("alva", &employment("alva", 2, away)).await;
        assert_eq!(answer["termination"], Value::Null);
        let path = format!("/v1/employments/{}", answer["employment_id"].as_str().unwrap());
        let read = town.desk().await.get(&path).await.json();
        assert_eq!(read["leave"], json!([{"from": "2027-01-04", "to": null}]));

        let ends = json!({"manager": led_by("bo"), "end_date": END});
        town.hr("alva", &employment("alva", 3, ends)).await;
        town.until("2027-01-27T07:00:00Z").await;
        let away = json!({"manager": led_by("cia"), "leave": [{"from": "2027-02-01", "to": "2027-06-30"}]});
        town.hr("bo", &employment("bo", 2, away)).await;
        town.until("2027-02-19T07:00:00Z").await;
        assert_eq!(to(&town.until("2027-02-25T07:00:00Z").await), ["cia"]);
        for (leave, pointer, code) in [
            (json!([{"from": "2027-02-01"}]), "/leave/0/to", "missing_member"),
            (
                json!([{"from": "2027-02-01", "to": null, "type": "parental"}]),
                "/leave/0/type",
                "unknown_member",
            ),
            (
                json!([{"from": "2027-02-01", "to": "2027-01-01"}]),
                "/leave/0/to",
                "end_before_start",
            ),
        ] {
            let body = employment("bo", 3, json!({"leave": leave}));
            let refused = town
                .server
                .caller(&[Scope::Hr])
                .await
                .put("/v1/sources/hr/employments/bo", &body)
                .await;
            let problem = refused.expect(StatusCode::UNPROCESSABLE_ENTITY).problem();
            assert_eq!(problem["errors"], json!([[pointer, code]]));
        }
    });
}

#[test]
fn what_nobody_answers_for_is_on_the_worklist() {
    story(async |town| {
        let alone = town.hr("alva", &employment("alva", 1, json!({}))).await;
        town.equip(&alone, "EX01K0001").await;
        let led = town
            .hr("dan", &employment("dan", 1, json!({"manager": led_by("bo")})))
            .await;
        town.equip(&led, "EX01K0002").await;
        let ended = town
            .hr("alva", &employment("alva", 2, json!({"end_date": END})))
            .await;
        let other = json!({"end_date": END, "manager": led_by("bo")});
        let other = town.hr("dan", &employment("dan", 2, other)).await;
        let unowned = async || {
            let rows = town.desk().await.all("/v1/worklist?filter=unowned&limit=1").await;
            let ids = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned());
            ids.collect::<Vec<_>>()
        };
        let id = |delivered: &Value| delivered["termination"]["id"].as_str().unwrap().to_owned();
        assert_eq!(unowned().await, [id(&ended)]);
        // Bo and the next level, Cia, leave.
        for who in ["bo", "cia"] {
            let leaves = json!({"end_date": "2027-01-08"});
            town.hr(who, &employment(who, 2, leaves)).await;
        }
        assert_eq!(unowned().await, [id(&ended), id(&other)]);
        let unknown = town.desk().await.get("/v1/worklist?filter=all").await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn a_hand_out_to_somebody_who_has_left_is_refused_and_remembered() {
    story(async |town| {
        let gone = json!({"end_date": "2027-01-08"});
        let gone = town.hr("alva", &employment("alva", 1, gone)).await;
        let device = json!({"legal_entity_id": town.entity["id"], "serial": "EX01K0001", "model": "E10", "data_class": "standard"});
        let device = town.admin().await.make("/v1/devices", &device).await;
        let assignment = json!({"employment_id": gone["employment_id"], "device_id": device["id"]});
        let refused = town.desk().await.post("/v1/assignments", &assignment).await;
        assert_eq!(
            refused.expect(StatusCode::CONFLICT).problem()["code"],
            "employment_ended"
        );
        let path = "/v1/audit-events?action=employment.handout_refused";
        let events = town.admin().await.get(path).await.json();
        assert_eq!(events["items"][0]["object_id"], gone["employment_id"]);
        assert_eq!(events["items"][0]["details"], json!({"device": device["id"]}));
    });
}

#[test]
fn what_was_known_of_an_employment_and_when_can_be_read_back() {
    story(async |town| {
        let delivered = town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        town.hr("alva", &employment("alva", 7, ends)).await;
        let path = format!(
            "/v1/employments/{}/versions",
            delivered["employment_id"].as_str().unwrap()
        );
        let versions = town.desk().await.get(&path).await.expect(StatusCode::OK).json();
        let told: Vec<_> = versions["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|version| {
                (
                    version["version"].as_i64(),
                    version["sequence"].as_i64(),
                    version["end_date"].as_str(),
                )
            })
            .collect();
        assert_eq!(told, [(Some(2), Some(7), Some(END)), (Some(1), Some(1), None)]);
        let unknown = "/v1/employments/01939e5c-5b6a-7c1e-8f00-0242ac120002/versions";
        assert_eq!(town.desk().await.get(unknown).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn two_people_who_are_one_are_merged_and_can_be_parted_again() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        // The register of mandates calls the same person something else.
        let mandate = json!({"kind": "elected", "start_date": "2027-03-01"});
        town.deliver("troman", "m-1", &employment("t-77", 1, mandate.clone()))
            .await;
        let find = async |prefix: &str| {
            let found = town
                .desk()
                .await
                .get(&format!("/v1/people?name_prefix={prefix}"))
                .await
                .json();
            found["items"][0]["id"].as_str().unwrap().to_owned()
        };
        let (alva, other) = (find("alva").await, find("t-77").await);
        assert_eq!(town.case(&ended).await["kind"], "ordinary");

        let path = format!("/v1/people/{alva}/merges");
        let merge = town.desk().await.make(&path, &json!({"merged_id": other})).await;
        assert_eq!(
            merge["identifiers"],
            json!([{"source": "troman", "external_id": "t-77"}])
        );
        assert_eq!(
            town.case(&ended).await["kind"],
            "transfer",
            "she goes on in the mandate"
        );
        let again = town
            .deliver("troman", "m-1", &employment("t-77", 2, mandate.clone()))
            .await;
        let employment_path = format!("/v1/employments/{}", again["employment_id"].as_str().unwrap());
        assert_eq!(
            town.desk().await.get(&employment_path).await.json()["person_id"],
            json!(alva)
        );
        for (body, status) in [
            (json!({"merged_id": other}), StatusCode::CONFLICT),
            (json!({"merged_id": alva}), StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            assert_eq!(
                town.desk().await.post(&path, &body).await.status,
                status,
                "{body}"
            );
        }

        let undo = format!("{path}/{}/undo", merge["id"].as_str().unwrap());
        let undone = town
            .desk()
            .await
            .post(&undo, &json!({}))
            .await
            .expect(StatusCode::OK)
            .json();
        assert!(undone["undone_at"].is_string());
        assert_eq!(town.case(&ended).await["kind"], "ordinary");
        assert_eq!(
            town.desk().await.get(&employment_path).await.json()["person_id"],
            json!(other)
        );
        assert_eq!(
            town.desk().await.post(&undo, &json!({})).await.status,
            StatusCode::CONFLICT
        );
        let listed = town.desk().await.get(&path).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn an_end_that_is_known_too_late_is_open_at_once_and_its_deadlines_count_from_today() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": "2026-11-30"});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        let case = town.case(&ended).await;
        assert_eq!(
            (&case["state"], &case["end_on"]),
            (&json!("open"), &json!("2026-11-30"))
        );
        assert_eq!(
            to(&town.mails().await),
            ["bo"],
            "nobody reads Alva's mailbox any more"
        );
        assert_eq!(
            to(&town.until("2027-01-12T07:00:00Z").await),
            ["bo"],
            "the first reminder"
        );
    });
}

#[test]
fn somebody_who_moves_to_another_unit_stays_and_the_case_follows_to_the_coordinator_there() {
    story(async |town| {
        town.alva().await;
        let coordinated_by = async |unit: &str, who: &str| {
            let units = town.admin().await.all("/v1/units").await;
            let unit = units.iter().find(|found| found["name"] == unit).unwrap();
            let people = town
                .desk()
                .await
                .get(&format!("/v1/people?name_prefix={who}"))
                .await
                .json();
            let change = json!({"coordinator_id": people["items"][0]["id"]});
            let path = format!("/v1/units/{}", unit["id"].as_str().unwrap());
            let _ = town
                .admin()
                .await
                .patch(&path, "*", &change)
                .await
                .expect(StatusCode::OK);
        };
        let moves = json!({"unit": "VO-13"});
        let moved = town.hr("alva", &employment("alva", 2, moves)).await;
        assert_eq!(moved["termination"], Value::Null, "a mover is no leaver");
        for (unit, who) in [("VO-12", "cia"), ("VO-13", "bo")] {
            coordinated_by(unit, who).await;
        }
        let ends = json!({"unit": "VO-12", "end_date": END});
        town.hr("alva", &employment("alva", 3, ends)).await;
        let moves = json!({"unit": "VO-13", "end_date": END});
        let ended = town.hr("alva", &employment("alva", 4, moves)).await;
        assert_eq!(town.case(&ended).await["state"], "scheduled");
        town.until("2027-01-27T07:00:00Z").await;
        town.until("2027-02-19T07:00:00Z").await;
        let asked = town.until("2027-02-25T07:00:00Z").await;
        assert_eq!(
            to(&asked),
            ["bo"],
            "without a manager, the coordinator of the new unit"
        );
    });
}

#[test]
fn somebody_who_comes_back_after_the_case_was_closed_leaves_the_old_case_as_it_is() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": "2027-01-12"});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        let case = town.case(&ended).await;
        let path = format!("/v1/terminations/{}", case["id"].as_str().unwrap());
        let item = case["items"][0]["id"].as_str().unwrap();
        let lost = json!({"outcome": "lost", "reason": "Borttappad på bussen"});
        let report = town
            .desk()
            .await
            .fresh_post(&format!("{path}/items/{item}/outcome"));
        let report = Answer::of(report.header("if-match", "*").json(&lost)).await;
        drop(report.expect(StatusCode::OK));
        let no_risk = json!({"decision": "no_notification", "facts": "Låst.", "informs_people": false});
        let assessed = town
            .desk()
            .await
            .post(&format!("{path}/items/{item}/breach-assessment"), &no_risk)
            .await;
        assert_eq!(assessed.expect(StatusCode::OK).json()["state"], "completed");

        let back = json!({"manager": led_by("bo"), "start_date": "2027-01-18"});
        let back = town.hr("alva-2", &employment("alva", 1, back)).await;
        assert_eq!(back["termination"], Value::Null);
        town.equip(&back, "EX01K0007").await;
        let closed = town.desk().await.get(&path).await.json();
        assert_eq!(
            (&closed["state"], &closed["kind"]),
            (&json!("completed"), &json!("ordinary"))
        );
        let ends = json!({"manager": led_by("bo"), "start_date": "2027-01-18", "end_date": END});
        let again = town.hr("alva-2", &employment("alva", 2, ends)).await;
        assert_ne!(again["termination"]["id"], ended["termination"]["id"]);
        assert_eq!(town.case(&again).await["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn the_worklist_shows_what_is_late_what_is_due_and_what_waits_for_a_decision() {
    story(async |town| {
        let list = async |filter: &str| {
            let rows = town
                .desk()
                .await
                .all(&format!("/v1/worklist?filter={filter}"))
                .await;
            let serials = rows.iter().map(|row| row["end_on"].as_str().unwrap().to_owned());
            serials.collect::<Vec<_>>()
        };
        for (number, (end, kind)) in [
            ("2027-01-08", "ordinary"),
            ("2027-01-12", "ordinary"),
            ("2027-02-26", "ordinary"),
            ("2027-02-19", "deceased"),
        ]
        .into_iter()
        .enumerate()
        {
            let who = format!("p{number}");
            let begun = town
                .hr(&who, &employment(&who, 1, json!({"manager": led_by("bo")})))
                .await;
            town.equip(&begun, &format!("EX01K000{number}")).await;
            let ends = json!({"manager": led_by("bo"), "end_date": end, "end_kind": kind});
            town.hr(&who, &employment(&who, 2, ends)).await;
        }
        assert_eq!(list("overdue").await, ["2027-01-08"]);
        assert_eq!(list("due_soon").await, ["2027-01-12"]);
        assert_eq!(list("held").await, ["2027-02-19"]);
        assert!(list("contradicted").await.is_empty());
        // Withdrawn, the late one is nobody's work any more.
        town.hr("p0", &employment("p0", 3, json!({"manager": led_by("bo")})))
            .await;
        assert!(list("overdue").await.is_empty());
    });
}

#[test]
fn a_link_works_before_and_after_whoever_got_it_is_merged_with_somebody_and_parted_again() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        town.hr("alva", &employment("alva", 2, ends)).await;
        for day in ["2027-01-27", "2027-02-19"] {
            town.until(&format!("{day}T07:00:00Z")).await;
        }
        let asked = town.until("2027-02-25T07:00:00Z").await;
        assert_eq!(to(&asked), ["bo"]);
        let link = format!("/c/{}", asked[0].token.as_ref().unwrap());
        let opens = async || {
            let get = town.server.anonymous(reqwest::Method::GET, &link);
            get.send().await.unwrap().status()
        };
        let mandate = json!({"kind": "elected"});
        town.deliver("troman", "m-9", &employment("t-9", 1, mandate))
            .await;
        let find = async |prefix: &str| {
            let path = format!("/v1/people?name_prefix={prefix}");
            let found = town.desk().await.get(&path).await.json();
            found["items"][0]["id"].as_str().unwrap().to_owned()
        };
        let (bo, mandated) = (find("bo").await, find("t-9").await);
        let path = format!("/v1/people/{mandated}/merges");
        assert_eq!(opens().await, StatusCode::OK);
        let merge = town.desk().await.make(&path, &json!({"merged_id": bo})).await;
        assert_eq!(opens().await, StatusCode::OK, "it is the same manager");
        let undo = format!("{path}/{}/undo", merge["id"].as_str().unwrap());
        let undone = town.desk().await.post(&undo, &json!({})).await;
        let _ = undone.expect(StatusCode::OK);
        assert_eq!(opens().await, StatusCode::OK);
    });
}
