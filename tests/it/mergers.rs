//! A unit becomes part of another on a day: what was stays with the unit that was, and what goes on follows.

use super::ends::{Town, employment, led_by, story};
use super::support::http::Answer;
use super::support::story::ReadMail;
use futures_util::future::{join, join_all};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const END: &str = "2027-02-26";
const DAY: &str = "2027-02-01";

/// `/v1/units/{id}/merger`.
fn merger(unit: &str) -> String {
    format!("/v1/units/{unit}/merger")
}

fn to(mails: &[ReadMail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}

impl Town<'_> {
    async fn unit_named(&self, name: &str) -> String {
        let units = self.admin().await.all("/v1/units").await;
        let found = units.iter().find(|unit| unit["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    async fn a_unit(&self, name: &str, parent: Option<&str>) -> String {
        let body = json!({"legal_entity_id": self.entity["id"], "name": name, "parent_id": parent});
        let made = self.admin().await.make("/v1/units", &body).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// VO-12, where everybody works, and VO-13, where Dan does.
    async fn two_units(&self) -> (String, String) {
        self.hr("dan", &employment("dan", 1, json!({"unit": "VO-13"})))
            .await;
        (self.unit_named("VO-12").await, self.unit_named("VO-13").await)
    }

    async fn coordinated_by(&self, unit: &str, who: &str) {
        let path = format!("/v1/people?name_prefix={who}");
        let people = self.desk().await.get(&path).await.json();
        let change = json!({"coordinator_id": people["items"][0]["id"]});
        self.get_unit_patched(unit, &change).await;
    }

    async fn get_unit_patched(&self, unit: &str, change: &Value) {
        let path = format!("/v1/units/{unit}");
        let answer = self.admin().await.patch(&path, "*", change).await;
        drop(answer.expect(StatusCode::OK));
    }

    async fn merge(&self, unit: &str, body: &Value) -> Answer {
        self.desk().await.put_if(&merger(unit), "*", body).await
    }

    /// The unit becomes part of the other one today.
    async fn merged(&self, unit: &str, into: &str) -> Value {
        let answer = self.merge(unit, &json!({"into_id": into})).await;
        answer.expect(StatusCode::OK).json()
    }

    async fn withdraw(&self, unit: &str, etag: &str) -> Answer {
        let desk = self.desk().await;
        Answer::of(
            desk.request(Method::DELETE, &merger(unit))
                .header("if-match", etag),
        )
        .await
    }

    async fn read(&self, path: &str) -> Value {
        self.admin().await.get(path).await.expect(StatusCode::OK).json()
    }

    async fn unit(&self, id: &str) -> Value {
        self.read(&format!("/v1/units/{id}")).await
    }

    async fn works_in(&self, delivered: &Value) -> Value {
        let id = delivered["employment_id"].as_str().unwrap();
        self.read(&format!("/v1/employments/{id}")).await["unit_id"].clone()
    }

    /// The case of a phone that is lost is complete.
    async fn loses_the_phone(&self, ended: &Value) {
        let case = self.case(ended).await;
        let path = format!("/v1/terminations/{}", case["id"].as_str().unwrap());
        let item = format!("{path}/items/{}", case["items"][0]["id"].as_str().unwrap());
        let lost = json!({"outcome": "lost", "reason": "Borttappad på bussen"});
        let desk = self.desk().await;
        let report = desk.fresh_post(&format!("{item}/outcome"));
        let report = Answer::of(report.header("if-match", "*").json(&lost)).await;
        drop(report.expect(StatusCode::OK));
        let no_risk = json!({"decision": "no_notification", "facts": "Låst.", "informs_people": false});
        let assessed = desk.post(&format!("{item}/breach-assessment"), &no_risk).await;
        assert_eq!(assessed.expect(StatusCode::OK).json()["state"], "completed");
    }
}

#[test]
fn a_planned_merger_is_carried_out_on_its_day_and_history_keeps_the_unit_that_was() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        let below = town.a_unit("Natten", Some(&from)).await;
        town.coordinated_by(&from, "bo").await;
        town.coordinated_by(&into, "dan").await;
        // Alva goes on for a while, Eva has lost her phone, Fia left long ago and has kept hers, and Gun had none.
        town.alva().await;
        let alva = town
            .hr("alva", &employment("alva", 2, json!({"end_date": END})))
            .await;
        let eva = town.hr("eva", &employment("eva", 1, json!({}))).await;
        town.equip(&eva, "EX01K0002").await;
        let eva = town
            .hr("eva", &employment("eva", 2, json!({"end_date": "2027-02-12"})))
            .await;
        town.loses_the_phone(&eva).await;
        let fia = town.hr("fia", &employment("fia", 1, json!({}))).await;
        town.equip(&fia, "EX01K0003").await;
        let fia = town
            .hr("fia", &employment("fia", 2, json!({"end_date": "2026-11-30"})))
            .await;
        let gun = town
            .hr("gun", &employment("gun", 1, json!({"end_date": "2026-12-31"})))
            .await;
        let notice = json!({"kind": "other", "unit_id": from, "text": "Ny skylt i entrén"});
        let notice = town.desk().await.make("/v1/tasks", &notice).await;
        let number = json!({"legal_entity_id": town.entity["id"], "number": "070-174 06 05"});
        let number = town.admin().await.make("/v1/subscriptions", &number).await;
        town.server
            .db
            .execute(&format!("UPDATE subscription SET unit_id = '{from}'"));
        town.mails().await;

        let plan = json!({"into_id": into, "effective_on": DAY});
        let planned = town.merge(&from, &plan).await.expect(StatusCode::OK).json();
        assert_eq!(
            planned["merger"],
            json!({"into_id": into, "effective_on": DAY, "merged_at": null})
        );
        town.until("2027-01-31T20:00:00Z").await;
        assert_eq!(
            town.unit(&from).await["version"],
            planned["version"],
            "not its day yet"
        );
        assert_eq!(town.works_in(&alva).await, from.as_str());
        town.until("2027-02-01T06:00:00Z").await;

        let unit = town.unit(&from).await;
        assert_eq!(unit["merger"]["merged_at"], "2027-02-01T06:00:00Z");
        assert_eq!(
            (&unit["name"], &unit["parent_id"]),
            (&json!("VO-12"), &json!(into))
        );
        assert_eq!(town.unit(&below).await["parent_id"], into.as_str());
        for (who, delivered, unit) in [
            ("alva", &alva, &into),
            ("eva", &eva, &into),
            ("fia", &fia, &from),
            ("gun", &gun, &from),
        ] {
            assert_eq!(town.works_in(delivered).await, unit.as_str(), "{who}");
        }
        let versions = format!(
            "/v1/employments/{}/versions",
            alva["employment_id"].as_str().unwrap()
        );
        let versions = town.read(&versions).await;
        assert_eq!(versions["items"][0]["version"], 3);
        assert_eq!(versions["items"][0]["document"], versions["items"][1]["document"]);
        assert_eq!(town.case(&alva).await["unit_id"], into.as_str());
        assert_eq!(
            town.case(&fia).await["unit_id"],
            into.as_str(),
            "it is open still"
        );
        assert_eq!(town.case(&eva).await["unit_id"], from.as_str(), "it was complete");
        for path in [
            format!("/v1/tasks/{}", notice["id"].as_str().unwrap()),
            format!("/v1/subscriptions/{}", number["id"].as_str().unwrap()),
        ] {
            assert_eq!(town.read(&path).await["unit_id"], into.as_str(), "{path}");
        }
        let claims = town.admin().await.all("/v1/claims?state=open").await;
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0]["unit_id"], into.as_str());
        let told = town.admin().await.all("/v1/tasks?kind=organisation").await;
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0]["organisation"],
            json!({"change": "merged", "effective_on": DAY})
        );
        assert_eq!(told[0]["unit_id"], from.as_str());
        let merged = town.admin().await.all("/v1/units?merged=true").await;
        assert_eq!(merged.len(), 1);
        assert_eq!(town.admin().await.all("/v1/units?merged=false").await.len(), 2);
        let audit = town
            .admin()
            .await
            .all("/v1/audit-events?action=unit.merged")
            .await;
        // Alva, Bo, Cia and Eva; the cases of Alva and Fia.
        let counts = |name: &str| audit[0]["details"][name].clone();
        assert_eq!(
            ["units", "employments", "terminations", "subscriptions", "claims"].map(counts),
            [1, 4, 2, 1, 1].map(|count| json!(count))
        );
        town.until("2027-02-19T07:00:00Z").await;
        let asked = town.until("2027-02-25T07:00:00Z").await;
        assert!(
            to(&asked).contains(&"dan") && !to(&asked).contains(&"bo"),
            "{:?}",
            to(&asked)
        );
    });
}

#[test]
fn a_document_that_names_the_unit_that_was_means_the_one_that_it_became_part_of() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        let alva = town.alva().await;
        let gone = employment("gun", 1, json!({"end_date": "2026-12-31"}));
        town.hr("gun", &gone).await;
        town.merged(&from, &into).await;
        // Two steps.
        let last = town.a_unit("Område 1", None).await;
        town.merged(&into, &last).await;

        let same = employment("alva", 2, json!({"manager": led_by("bo")}));
        let again = town.hr("alva", &same).await;
        assert_eq!(again["outcome"], "unchanged");
        assert_eq!(town.works_in(&alva).await, last.as_str());
        let ends = employment("alva", 3, json!({"manager": led_by("bo"), "end_date": END}));
        let ended = town.hr("alva", &ends).await;
        assert_eq!(ended["outcome"], "applied");
        assert_eq!(town.works_in(&alva).await, last.as_str());
        assert_eq!(town.case(&ended).await["unit_id"], last.as_str());
        let new = town.hr("hans", &employment("hans", 1, json!({}))).await;
        assert_eq!(town.works_in(&new).await, last.as_str());
        // Who had left by then worked there and nowhere else.
        let corrected = employment("gun", 2, json!({"end_date": "2026-12-30"}));
        let gone = town.hr("gun", &corrected).await;
        assert_eq!(gone["outcome"], "applied");
        assert_eq!(town.works_in(&gone).await, from.as_str());
        let again = town.hr("gun", &employment("gun", 3, json!({}))).await;
        assert_eq!(
            town.works_in(&again).await,
            last.as_str(),
            "the end was withdrawn"
        );
        assert_eq!(town.admin().await.all("/v1/units").await.len(), 3);
    });
}

#[test]
fn whoever_was_asked_about_a_case_makes_way_for_the_one_who_answers_in_the_other_unit() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        town.coordinated_by(&from, "bo").await;
        town.coordinated_by(&into, "dan").await;
        town.alva().await;
        let ended = town
            .hr("alva", &employment("alva", 2, json!({"end_date": END})))
            .await;
        // Ivar is led by Bo: who asks for his phone stays the same.
        let ivar = town
            .hr("ivar", &employment("ivar", 1, json!({"manager": led_by("bo")})))
            .await;
        town.equip(&ivar, "EX01K0009").await;
        let ends = json!({"manager": led_by("bo"), "end_date": END});
        town.hr("ivar", &employment("ivar", 2, ends)).await;
        town.until("2027-01-27T07:00:00Z").await;
        town.until("2027-02-19T07:00:00Z").await;
        let asked = town.until("2027-02-25T07:00:00Z").await;
        assert!(
            to(&asked).contains(&"bo") && !to(&asked).contains(&"dan"),
            "{:?}",
            to(&asked)
        );
        town.server
            .db
            .app()
            .clock
            .set("2027-02-25T08:00:00Z".parse().unwrap());
        town.merged(&from, &into).await;
        let asked = town.mails().await;
        assert_eq!(to(&asked), ["dan"]);
        let live = format!(
            "SELECT count(*) AS n FROM action_link WHERE revoked_at IS NULL AND purpose = 'confirm' \
             AND termination_id = '{}'",
            ended["termination"]["id"].as_str().unwrap()
        );
        assert_eq!(town.server.db.number(&live), 1);
    });
}

#[test]
fn a_case_in_a_unit_below_is_asked_of_whoever_answers_above_it_now() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        town.coordinated_by(&from, "bo").await;
        town.coordinated_by(&into, "dan").await;
        // Nobody leads Alva, and nobody coordinates the unit that she works in.
        let alva = town
            .hr("alva", &employment("alva", 1, json!({"unit": "VO-14"})))
            .await;
        town.equip(&alva, "EX01K0001").await;
        let below = town.unit_named("VO-14").await;
        town.get_unit_patched(&below, &json!({"parent_id": from})).await;
        let ends = json!({"unit": "VO-14", "end_date": END});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        for morning in ["2027-01-27T07:00:00Z", "2027-02-19T07:00:00Z"] {
            town.until(morning).await;
        }
        let asked = town.until("2027-02-25T07:00:00Z").await;
        assert_eq!(to(&asked), ["bo"]);
        let clock = &town.server.db.app().clock;
        clock.set("2027-02-25T08:00:00Z".parse().unwrap());
        town.merged(&from, &into).await;
        assert_eq!(town.unit(&below).await["parent_id"], into);
        assert_eq!(town.works_in(&ended).await, below);
        let asked = town.mails().await;
        assert_eq!(to(&asked), ["dan"]);
    });
}

#[test]
fn a_merger_that_cannot_be_is_refused_by_what_stands_in_its_way() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        let below = town.a_unit("Natten", Some(&from)).await;
        let far_below = town.a_unit("Helgen", Some(&below)).await;
        let company = json!({"name": "Bostads AB", "kind": "company"});
        let company = town.admin().await.make("/v1/legal-entities", &company).await;
        let foreign = json!({"legal_entity_id": company["id"], "name": "Kontoret"});
        let foreign = town.admin().await.make("/v1/units", &foreign).await;
        let nobody = "01939e5c-5b6a-7c1e-8f00-0242ac12ffff";
        for (body, refusal) in [
            (json!({"into_id": from}), "422 /into_id same_unit"),
            (json!({"into_id": nobody}), "422 /into_id unknown_unit"),
            (
                json!({"into_id": foreign["id"]}),
                "422 /into_id legal_entity_mismatch",
            ),
            (json!({"into_id": far_below}), "422 /into_id unit_loop"),
            (
                json!({"into_id": into, "effective_on": "2026-01-09"}),
                "422 /effective_on day_range",
            ),
            (
                json!({"into_id": into, "effective_on": "2037-01-13"}),
                "422 /effective_on day_range",
            ),
            (json!({"into_id": into, "by": "Bo"}), "422 /by unknown_member"),
            (json!({}), "422 /into_id missing_member"),
        ] {
            assert_eq!(town.merge(&from, &body).await.refusal(), refusal, "{body}");
        }
        assert_eq!(
            town.merge(nobody, &json!({"into_id": into})).await.status,
            StatusCode::NOT_FOUND
        );
        let bare = town
            .desk()
            .await
            .put(&merger(&from), &json!({"into_id": into}))
            .await;
        assert_eq!(bare.status, StatusCode::PRECONDITION_REQUIRED);
        let stale = town
            .desk()
            .await
            .put_if(&merger(&from), "\"v9\"", &json!({"into_id": into}))
            .await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);

        // Each is to become part of the other.
        let plan = json!({"into_id": from, "effective_on": DAY});
        drop(town.merge(&into, &plan).await.expect(StatusCode::OK));
        let back = town.merge(&from, &json!({"into_id": into})).await;
        assert_eq!(back.refusal(), "422 /into_id merger_loop");
        drop(town.withdraw(&into, "*").await.expect(StatusCode::OK));

        // The first day that can be said, and what it leaves behind.
        let body = json!({"into_id": into, "effective_on": "2026-01-10"});
        drop(town.merge(&from, &body).await.expect(StatusCode::OK));
        let again = town.merge(&from, &json!({"into_id": below})).await;
        assert_eq!(again.refusal(), "409 unit_merged");
        let onto = town.merge(&below, &json!({"into_id": from})).await;
        assert_eq!(onto.refusal(), "422 /into_id unit_merged");
    });
}

#[test]
fn a_merger_is_taken_back_while_it_is_planned_and_not_after() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        assert_eq!(town.withdraw(&from, "*").await.status, StatusCode::NOT_FOUND);
        let plan = json!({"into_id": into, "effective_on": DAY});
        let planned = town.merge(&from, &plan).await.expect(StatusCode::OK);
        let same = town.merge(&from, &plan).await.expect(StatusCode::OK);
        assert_eq!(same.etag(), planned.etag(), "said twice");
        let later = json!({"into_id": into, "effective_on": "2027-02-02"});
        let later = town.merge(&from, &later).await.expect(StatusCode::OK);
        assert_eq!(later.json()["merger"]["effective_on"], "2027-02-02");
        let stale = town.withdraw(&from, &planned.etag()).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let withdrawn = town.withdraw(&from, &later.etag()).await.expect(StatusCode::OK);
        assert_eq!(withdrawn.json()["merger"], Value::Null);
        town.until("2027-02-03T07:00:00Z").await;
        assert_eq!(town.unit(&from).await["version"], withdrawn.json()["version"]);

        let merged = town.merged(&from, &into).await;
        assert_eq!(merged["merger"]["effective_on"], "2027-02-03");
        assert_eq!(town.withdraw(&from, "*").await.refusal(), "409 unit_merged");
        let audit = town.admin().await.all("/v1/audit-events").await;
        let mut about: Vec<&str> = audit
            .iter()
            .filter_map(|entry| entry["action"].as_str())
            .collect();
        about.retain(|action| action.starts_with("unit.merge"));
        about.sort_unstable();
        assert_eq!(
            about,
            [
                "unit.merge_planned",
                "unit.merge_planned",
                "unit.merge_planned",
                "unit.merge_withdrawn",
                "unit.merged"
            ]
        );
    });
}

#[test]
fn nothing_new_refers_to_a_unit_that_has_become_part_of_another() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        let other = town.a_unit("Staben", None).await;
        town.merged(&from, &into).await;
        let admin = town.admin().await;
        let unit = json!({"legal_entity_id": town.entity["id"], "name": "Dagen", "parent_id": from});
        let notice = json!({"kind": "other", "unit_id": from, "text": "Ny skylt"});
        let hours = json!({"hours": "9–12", "valid_from": DAY});
        for (path, body, refusal) in [
            ("/v1/units".to_owned(), unit, "422 /parent_id unit_merged"),
            ("/v1/tasks".to_owned(), notice, "422 /unit_id unit_merged"),
            (format!("/v1/units/{from}/phone-hours"), hours, "422  unit_merged"),
        ] {
            assert_eq!(admin.post(&path, &body).await.refusal(), refusal, "{path}");
        }
        for (unit, change, refusal) in [
            (&other, json!({"parent_id": from}), "422 /parent_id unit_merged"),
            (&from, json!({"parent_id": other}), "422 /parent_id unit_merged"),
        ] {
            let answer = admin.patch(&format!("/v1/units/{unit}"), "*", &change).await;
            assert_eq!(answer.refusal(), refusal, "{change}");
        }
        // What it was called can be corrected.
        let corrected = json!({"name": "Hemtjänsten"});
        town.get_unit_patched(&from, &corrected).await;
        assert_eq!(town.unit(&from).await["merger"]["into_id"], into.as_str());
    });
}

#[test]
fn a_number_that_was_to_wait_in_the_unit_waits_in_the_other_one() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        let eva = town
            .hr("eva", &employment("eva", 1, json!({"unit": "VO-13"})))
            .await;
        let number = json!({"legal_entity_id": town.entity["id"], "number": "070-174 06 05"});
        let number = town.admin().await.make("/v1/subscriptions", &number).await;
        let has = json!({"employment_id": eva["employment_id"], "subscription_id": number["id"]});
        town.admin().await.make("/v1/assignments", &has).await;
        let ends = json!({"unit": "VO-13", "end_date": "2027-01-12"});
        let ended = town.hr("eva", &employment("eva", 2, ends)).await;
        let case = town.case(&ended).await;
        let path = format!("/v1/terminations/{}", case["id"].as_str().unwrap());
        let item = format!("{path}/items/{}", case["items"][0]["id"].as_str().unwrap());
        let moves = json!({"decision": "move", "move_to": {"unit_id": from}});
        let desk = town.desk().await;
        let decided = desk.post(&format!("{item}/number"), &moves).await;
        drop(decided.expect(StatusCode::OK));
        town.merged(&from, &into).await;
        let refused = desk.post(&format!("{item}/number"), &moves).await;
        assert_eq!(refused.refusal(), "422 /move_to/unit_id unit_merged");
        for task in desk.all("/v1/tasks?state=open").await {
            if task["termination_id"] == case["id"] {
                let path = format!("/v1/tasks/{}/done", task["id"].as_str().unwrap());
                drop(desk.post(&path, &json!({})).await.expect(StatusCode::OK));
            }
        }
        assert_eq!(town.read(&path).await["state"], "completed");
        let path = format!("/v1/subscriptions/{}", number["id"].as_str().unwrap());
        assert_eq!(town.read(&path).await["unit_id"], into.as_str());
    });
}

#[test]
fn what_was_planned_and_is_not_possible_any_more_stays_planned() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        let other = town.a_unit("Staben", None).await;
        let plan = json!({"into_id": into, "effective_on": DAY});
        let planned = town.merge(&from, &plan).await.expect(StatusCode::OK).json();
        let later = json!({"into_id": into, "effective_on": DAY});
        drop(town.merge(&other, &later).await.expect(StatusCode::OK));
        town.get_unit_patched(&into, &json!({"parent_id": from})).await;
        town.until("2027-02-01T07:00:00Z").await;
        let unit = town.unit(&from).await;
        assert_eq!(
            (&unit["version"], &unit["merger"]),
            (&planned["version"], &planned["merger"])
        );
        assert_ne!(
            town.unit(&other).await["merger"]["merged_at"],
            Value::Null,
            "the others go on"
        );
        town.get_unit_patched(&into, &json!({"parent_id": null})).await;
        town.until("2027-02-01T08:00:00Z").await;
        assert_ne!(town.unit(&from).await["merger"]["merged_at"], Value::Null);
    });
}

#[test]
fn of_units_that_become_part_of_each_other_in_turn_on_one_day_all_end_up_in_the_last() {
    story(async |town| {
        let last = town.a_unit("Staben", None).await;
        // The units are taken in the order of their making: here the middle one goes first, there the first one.
        let middle = town.a_unit("Mitten", None).await;
        let (one, other) = (town.a_unit("Ett", None).await, town.a_unit("Annat", None).await);
        for (from, into) in [(&one, &middle), (&middle, &last), (&last, &other)] {
            let plan = json!({"into_id": into, "effective_on": DAY});
            drop(town.merge(from, &plan).await.expect(StatusCode::OK));
        }
        town.until("2027-02-01T07:00:00Z").await;
        for unit in [&one, &middle, &last] {
            let standing = town.unit(unit).await;
            assert_ne!(standing["merger"]["merged_at"], Value::Null, "{standing}");
            assert_eq!(standing["parent_id"], other.as_str(), "{standing}");
        }
    });
}

#[test]
fn of_two_units_that_become_part_of_each_other_at_once_one_does() {
    story(async |town| {
        for round in 0..8 {
            let one = town.a_unit(&format!("A{round}"), None).await;
            let other = town.a_unit(&format!("B{round}"), None).await;
            let (into_other, into_one) = (json!({"into_id": other}), json!({"into_id": one}));
            let (first, second) = join(town.merge(&one, &into_other), town.merge(&other, &into_one)).await;
            let mut answers = [first, second].map(|answer| match answer.status {
                StatusCode::OK => "200".to_owned(),
                _ => answer.refusal(),
            });
            answers.sort();
            assert_eq!(answers, ["200", "422 /into_id unit_merged"]);
        }
        assert_eq!(town.admin().await.all("/v1/units?merged=true").await.len(), 8);
    });
}

#[test]
fn nobody_is_left_behind_whose_document_comes_while_the_unit_becomes_part_of_another() {
    story(async |town| {
        let (from, into) = town.two_units().await;
        let arrivals = join_all((0..24).map(async |number| {
            let who = format!("p{number}");
            town.hr(&who, &employment(&who, 1, json!({}))).await
        }));
        let (arrived, _) = join(arrivals, town.merged(&from, &into)).await;
        for delivered in &arrived {
            assert_eq!(town.works_in(delivered).await, into.as_str());
        }
    });
}
