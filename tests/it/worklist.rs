//! What somebody has to look at: the desk, a coordinator, whoever answers for a case.

use crate::ends::{Town, employment, led_by, story};
use handback::domain::actor::Scope;
use handback::domain::worklist::Worklist;
use handback::integrations::mail::MailError;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A case as the test knows it: where it is, and who answers for it.
struct Known {
    id: String,
    number: usize,
    unit: &'static str,
    receiver: Option<&'static str>,
}

const UNITS: [&str; 3] = ["VO-12", "VO-13", "VO-20"];
const ENDS: [&str; 3] = ["2027-01-08", "2027-01-14", "2027-03-26"];

/// VO-13 is below VO-12, whose coordinator is Kim; nobody coordinates VO-20.
async fn organise(town: &Town<'_>) -> BTreeMap<String, String> {
    let led = |leave: Value, email: Value| {
        let mut document = employment("x", 1, json!({"manager": led_by("cia"), "leave": leave}));
        document["person"]["email"] = email;
        document
    };
    let away = json!([{"from": "2027-01-04", "to": null}]);
    for (who, mut document) in [
        ("dan", led(away, json!("dan@exempelkommunen.example"))),
        ("eva", led(json!([]), Value::Null)),
        ("ida", led(json!([]), json!("ida@exempelkommunen.example"))),
    ] {
        document["person"]["external_id"] = json!(who);
        document["person"]["name"] = json!(who);
        town.hr(who, &document).await;
    }
    for unit in UNITS {
        town.hr(
            unit,
            &employment(unit, 1, json!({"unit": unit, "manager": led_by("bo")})),
        )
        .await;
    }
    town.server.db.execute(
        "INSERT INTO unreachable_address (person_id, email, since) \
         SELECT id, email, created_at FROM person WHERE name = 'ida'",
    );
    let admin = town.admin().await;
    let kim = json!({"name": "Kim Exempel", "email": "kim@exempelkommunen.example"});
    let kim = admin.make("/v1/people", &kim).await;
    let units = admin.all("/v1/units").await;
    let id = |name: &str| {
        let unit = units
            .iter()
            .find(|unit| unit["external_id"] == name || unit["name"] == name);
        unit.unwrap()["id"].clone()
    };
    for (unit, change) in [
        ("VO-12", json!({"coordinator_id": kim["id"]})),
        ("VO-13", json!({"parent_id": id("VO-12")})),
    ] {
        let path = format!("/v1/units/{}", id(unit).as_str().unwrap());
        let tag = admin.get(&path).await.expect(StatusCode::OK).etag();
        drop(admin.patch(&path, &tag, &change).await.expect(StatusCode::OK));
    }
    let mut ids = BTreeMap::from([("kim".to_owned(), kim["id"].as_str().unwrap().to_owned())]);
    for unit in UNITS {
        ids.insert(unit.to_owned(), id(unit).as_str().unwrap().to_owned());
    }
    for who in ["bo", "cia"] {
        let found = admin.get(&format!("/v1/people?name_prefix={who}")).await.json();
        ids.insert(
            who.to_owned(),
            found["items"][0]["id"].as_str().unwrap().to_owned(),
        );
    }
    ids
}

async fn case(town: &Town<'_>, number: usize) -> Known {
    let who = format!("p{number}");
    let unit = UNITS[number % 3];
    let (manager, receiver) = match number % 4 {
        0 => (led_by("bo"), Some("bo")),
        // On leave, without an address, and with one that mail does not reach: the next level stands in.
        1 => (led_by("dan"), Some("cia")),
        2 if number % 8 == 2 => (led_by("eva"), Some("cia")),
        2 => (led_by("ida"), Some("cia")),
        _ => (Value::Null, (unit != "VO-20").then_some("kim")),
    };
    let kind = if number % 5 == 4 { "elected" } else { "employee" };
    let mut about = json!({"unit": unit, "manager": manager, "kind": kind});
    let begun = town.hr(&who, &employment(&who, 1, about.clone())).await;
    let serial = format!("EX01K{number:04}");
    town.equip(&begun, &serial).await;
    about["end_date"] = json!(ENDS[number / 6]);
    about["end_kind"] = json!(if number % 7 == 3 { "deceased" } else { "ordinary" });
    let ended = town.hr(&who, &employment(&who, 2, about)).await;
    if waits_for_mdm(number) {
        let report = json!({
            "event_id": format!("e{number}"), "kind": "command_queued", "scope": "full_device",
            "occurred_at": "2027-01-11T08:00:00Z", "device": {"serial": serial},
        });
        let mdm = town.server.caller(&[Scope::Mdm]).await;
        assert!(mdm.post("/v1/mdm/reports", &report).await.status.is_success());
    }
    Known {
        id: ended["termination"]["id"].as_str().unwrap().to_owned(),
        number,
        unit,
        receiver,
    }
}

const fn waits_for_mdm(number: usize) -> bool {
    number % 4 == 1
}

impl Known {
    fn needs(&self, work: Worklist, failed: &BTreeSet<String>) -> bool {
        match work {
            Worklist::Unowned => self.receiver.is_none(),
            Worklist::Overdue => self.number < 6,
            Worklist::DueSoon => (6..12).contains(&self.number),
            Worklist::Contradicted | Worklist::BreachDue | Worklist::NumberTransfer => false,
            Worklist::Held => self.number % 7 == 3,
            Worklist::WaitingForMdm => waits_for_mdm(self.number),
            Worklist::UndeliveredMail => failed.contains(&self.id),
        }
    }
}

/// The cases with a mail that was refused and is not on its way to somebody else, and those with one that waits.
async fn undelivered(town: &Town<'_>) -> [BTreeSet<String>; 2] {
    let all = town.desk().await.all("/v1/messages").await;
    let word = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    let key = |message: &Value| ["termination_id", "step", "to"].map(|name| word(message, name));
    let is_again = |message: &Value, other: &Value| {
        key(message) == key(other)
            && word(other, "id") > word(message, "id")
            && ["planned", "queued", "sent"].contains(&other["state"].as_str().unwrap())
    };
    let in_state = |state: &str| {
        let found = all.iter().filter(|message| message["state"] == state);
        let left =
            found.filter(|message| state == "queued" || !all.iter().any(|other| is_again(message, other)));
        left.map(|message| word(message, "termination_id")).collect()
    };
    [in_state("failed"), in_state("queued")]
}

#[test]
fn each_count_is_the_number_of_rows_that_paging_gives_in_every_scope() {
    story(async |town| {
        let ids = organise(&town).await;
        let mut all = Vec::new();
        for number in 0..18 {
            all.push(case(&town, number).await);
        }
        let mailer = town.server.db.mailer();
        for _ in 0..3 {
            let reply = "550 5.1.1 no such mailbox".to_owned();
            mailer.fail_next(MailError::Permanent { reply });
            let reply = "451 4.3.0 try later".to_owned();
            mailer.fail_next(MailError::Transient { reply });
        }
        town.server.run_jobs().await;
        let [failed, mut queued] = undelivered(&town).await;
        assert!(!failed.is_empty() && !queued.is_empty());
        assert_scopes(&town, (&ids, &all), &failed).await;
        // An hour of send time later, what waits is late too.
        town.server
            .db
            .app()
            .clock
            .set("2027-01-11T09:00:01Z".parse().unwrap());
        queued.extend(failed);
        assert_scopes(&town, (&ids, &all), &queued).await;
    });
}

async fn assert_scopes(
    town: &Town<'_>,
    (ids, all): (&BTreeMap<String, String>, &[Known]),
    failed: &BTreeSet<String>,
) {
    type Within = fn(&Known) -> bool;
    let entity = town.entity["id"].as_str().unwrap();
    let scopes: [(String, Within); 9] = [
        (String::new(), |_| true),
        (format!("legal_entity_id={entity}"), |_| true),
        (format!("unit_id={}", ids["VO-12"]), |known| known.unit != "VO-20"),
        (format!("unit_id={}", ids["VO-20"]), |known| known.unit == "VO-20"),
        (format!("coordinator_id={}", ids["kim"]), |known| {
            known.unit != "VO-20"
        }),
        (format!("receiver_id={}", ids["bo"]), |known| {
            known.receiver == Some("bo")
        }),
        (format!("receiver_id={}", ids["cia"]), |known| {
            known.receiver == Some("cia")
        }),
        (format!("receiver_id={}", ids["kim"]), |known| {
            known.receiver == Some("kim")
        }),
        (
            format!("receiver_id={}&unit_id={}", ids["cia"], ids["VO-20"]),
            |known| known.receiver == Some("cia") && known.unit == "VO-20",
        ),
    ];
    let desk = town.desk().await;
    for (scope, is_within) in &scopes {
        let path = format!("/v1/worklist/counts?{scope}");
        let counts = desk.get(&path).await.expect(StatusCode::OK).json();
        for work in Worklist::ALL {
            let path = format!("/v1/worklist?filter={work}&limit=2&{scope}");
            let rows = desk.all(path.trim_end_matches('&')).await;
            let listed: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
            let expected: Vec<&str> = all
                .iter()
                .filter(|known| is_within(known) && known.needs(*work, failed))
                .map(|known| known.id.as_str())
                .collect();
            assert_eq!(listed, expected, "{work} {scope}");
            assert_eq!(counts[work.as_str()], expected.len(), "{work} {scope}");
        }
    }
}

#[test]
fn what_was_written_again_is_not_undelivered_any_more_and_a_refused_receipt_is_until_then() {
    story(async |town| {
        town.alva().await;
        let ends = json!({"manager": led_by("bo"), "end_date": "2027-01-14"});
        let ended = town.hr("alva", &employment("alva", 2, ends)).await;
        let case = ended["termination"]["id"].as_str().unwrap().to_owned();
        town.server.run_jobs().await;
        let db = town.server.db;
        // The holder's address is the only one that nobody stands in for.
        db.execute("UPDATE message SET state = 'failed' WHERE state = 'sent' AND recipient_role = 'holder'");
        let undelivered = async || {
            let rows = town
                .desk()
                .await
                .all("/v1/worklist?filter=undelivered_mail")
                .await;
            rows.len()
        };
        assert_eq!(undelivered().await, 1);
        // A reminder that was refused is of no interest once the case is completed; a receipt is.
        let close = format!(
            "UPDATE termination SET state = 'completed', completed_at = created_at WHERE id = '{case}'"
        );
        db.execute(&close);
        assert_eq!(undelivered().await, 0);
        db.execute("UPDATE message SET step = 'receipt_holder' WHERE state = 'failed'");
        assert_eq!(undelivered().await, 1);
        db.execute(
            "INSERT INTO message (id, termination_id, step, recipient_role, copy_roles, state, due_at, version, created_at, updated_at) \
             SELECT 'ffffffff-0000-7000-8000-000000000000', termination_id, step, recipient_role, copy_roles, 'sent', due_at, 1, created_at, \
             updated_at FROM message WHERE id = (SELECT MIN(id) FROM message WHERE state = 'failed')",
        );
        assert_eq!(undelivered().await, 0);
    });
}
