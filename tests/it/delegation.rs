//! Handing a case over, from the page and through the API: at any moment exactly one is asked.

use super::ends::{Town, employment, led_by, story};
use super::support::http::Answer;
use super::support::story::{ReadMail, Visitor, all_well};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ASKED: &str = "2027-02-25T07:00:00Z";
const READ: &str = "2027-02-25T07:20:00Z";

impl Town<'_> {
    /// Dan works in the same legal entity as Alva, and does not lead her.
    async fn dan(&self) -> String {
        self.hr("dan", &employment("dan", 1, json!({}))).await;
        self.id_of("dan").await
    }

    async fn id_of(&self, name: &str) -> String {
        let path = format!("/v1/people?name_prefix={name}");
        let people = self.desk().await.get(&path).await.json();
        people["items"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn hand_over(&self, case: &Value, to: &Value) -> Answer {
        let path = format!("/v1/terminations/{}/delegate", case["id"].as_str().unwrap());
        self.desk().await.post(&path, to).await
    }

    /// In whose worklists the case is.
    async fn answer_for(&self, people: &[(&str, &str)]) -> Vec<String> {
        let mut found = Vec::new();
        for (name, id) in people {
            let path = format!("/v1/worklist?filter=due_soon&receiver_id={id}");
            let list = self.desk().await.get(&path).await.expect(StatusCode::OK).json();
            if !list["items"].as_array().unwrap().is_empty() {
                found.push((*name).to_owned());
            }
        }
        found
    }
}

fn to(mails: &[ReadMail]) -> Vec<&str> {
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    to
}

fn token(mails: &[ReadMail], to: &str) -> String {
    let mail = mails.iter().find(|mail| mail.to == to).expect("a mail");
    mail.token.clone().expect("a link")
}

fn over(address: &str) -> BTreeMap<&str, &str> {
    BTreeMap::from([("answer", "hand_over"), ("colleague", address)])
}

#[test]
fn a_manager_hands_over_to_a_colleague_by_address_and_learns_nothing_about_who_works_here() {
    story(async |town| {
        let ended = town.alva_leaves().await;
        let dan = town.dan().await;
        let (bo, cia) = (town.id_of("bo").await, town.id_of("cia").await);
        let people = [("bo", bo.as_str()), ("cia", &cia), ("dan", &dan)];
        // Eli works for a company of the group, and Fia has left.
        let admin = town.admin().await;
        let company = json!({"name": "Bostads AB", "kind": "company"});
        let company = admin.make("/v1/legal-entities", &company).await;
        let source = json!({"name": "bolag", "kind": "hr", "label": "b", "legal_entity_id": company["id"]});
        admin.make("/v1/sources", &source).await;
        town.deliver("bolag", "eli", &employment("eli", 1, json!({})))
            .await;
        town.hr("fia", &employment("fia", 1, json!({"end_date": "2027-01-31"})))
            .await;

        let asked = token(&town.until(ASKED).await, "bo");
        town.it_is(READ);
        assert_eq!(town.answer_for(&people).await, ["bo"]);
        let visitor = Visitor::open(town.server, &asked).await;
        let mut answers = Vec::new();
        for wrong in [
            "nobody@exempelkommunen.example",
            "eli@exempelkommunen.example",
            "fia@exempelkommunen.example",
            "alva@exempelkommunen.example",
            "bo@exempelkommunen.example",
            "no address",
        ] {
            let refused = visitor.send(&over(wrong)).await;
            let refused = refused.expect(StatusCode::UNPROCESSABLE_ENTITY);
            answers.push(refused.body.replace(wrong, "…"));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "every refusal is the same");
        assert!(answers[0].contains("kan inte lämnas över till den adressen"));
        assert_eq!(town.answer_for(&people).await, ["bo"], "the link works on");

        visitor
            .gets(&over("Dan@Exempelkommunen.example"), StatusCode::SEE_OTHER)
            .await;
        let shown = visitor.reload().await.body;
        assert!(
            shown.contains("Kollegan som du angav tar över") && !shown.contains("DAN"),
            "{shown}"
        );
        let case = town.case(&ended).await;
        assert_eq!(case["delegate"], json!({"to": "person", "person_id": dan}));
        assert_eq!(town.answer_for(&people).await, ["dan"]);
        let told = town.mails().await;
        assert_eq!(to(&told), ["dan"]);
        assert!(
            told[0]
                .text
                .contains("BO Exempel har lämnat över det här ärendet till dig"),
            "{}",
            told[0].text
        );
        let again = BTreeMap::from([("act", "new_link")]);
        visitor.gets(&again, StatusCode::OK).await;

        // Reminders go to Dan, and it goes further to Cia, as if Bo had not done it.
        assert_eq!(to(&town.until("2027-03-01T07:00:00Z").await), ["dan"]);
        let second = town.until("2027-03-05T07:00:00Z").await;
        assert!(
            to(&second).contains(&"dan") && !to(&second).contains(&"bo"),
            "{:?}",
            to(&second)
        );
        let up = town.until("2027-03-12T07:00:00Z").await;
        let escalated: Vec<&ReadMail> = up.iter().filter(|mail| mail.to == "cia").collect();
        assert_eq!(escalated.len(), 1);
        assert!(
            escalated[0].text.contains("DAN Exempel, som skulle svara"),
            "{}",
            escalated[0].text
        );

        town.it_is("2027-03-12T07:20:00Z");
        let visitor = Visitor::open(town.server, &token(&second, "dan")).await;
        let mut all = all_well();
        all.insert("s0_number", "reuse");
        visitor.gets(&all, StatusCode::SEE_OTHER).await;
        let path = "/v1/reports/receipt-list?from=2027-03-12";
        let list = town.desk().await.get(path).await.expect(StatusCode::OK).json();
        assert_eq!(list["rows"][0]["received_by"], "DAN Exempel");
    });
}

#[test]
fn the_desk_hands_over_and_back_and_a_case_comes_back_when_its_delegate_leaves() {
    story(async |town| {
        let ended = town.alva_leaves().await;
        let dan = town.dan().await;
        let (bo, alva) = (town.id_of("bo").await, town.id_of("alva").await);
        let people = [("bo", bo.as_str()), ("dan", &dan)];
        let case = town.case(&ended).await;
        for (body, errors) in [
            (json!({"to": "person"}), json!([["/person_id", "missing"]])),
            (
                json!({"to": "coordinator", "person_id": dan}),
                json!([["/person_id", "other_kind"]]),
            ),
            (
                json!({"to": "person", "person_id": alva}),
                json!([["/person_id", "is_the_holder"]]),
            ),
            (
                json!({"to": "person", "person_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002"}),
                json!([["/person_id", "unknown_person"]]),
            ),
        ] {
            let refused = town.hand_over(&case, &body).await;
            let refused = refused.expect(StatusCode::UNPROCESSABLE_ENTITY).problem();
            assert_eq!(refused["errors"], errors, "{body}");
        }
        let asked = token(&town.until(ASKED).await, "bo");
        let handed = town
            .hand_over(&case, &json!({"to": "person", "person_id": dan}))
            .await;
        let handed = handed.expect(StatusCode::OK);
        let tag = handed.etag();
        assert_eq!(handed.json()["delegate"]["person_id"], dan.as_str());
        let told = town.mails().await;
        assert_eq!(to(&told), ["dan"]);
        assert!(
            told[0].text.contains("Kundtjänsten har lämnat över"),
            "{}",
            told[0].text
        );
        let gone = town.server.anonymous(Method::GET, &format!("/c/{asked}"));
        assert_eq!(Answer::of(gone).await.status, StatusCode::GONE, "Bo's link stops");
        let same = town
            .hand_over(&case, &json!({"to": "person", "person_id": dan}))
            .await;
        assert_eq!(
            same.expect(StatusCode::OK).etag(),
            tag,
            "to the same again, nothing happens"
        );
        // Another manager is another matter: the case is Dan's.
        town.hr("eva", &employment("eva", 1, json!({}))).await;
        let led = json!({"manager": led_by("eva"), "end_date": "2027-02-26"});
        town.hr("alva", &employment("alva", 3, led)).await;
        assert!(town.mails().await.is_empty());
        assert_eq!(town.answer_for(&people).await, ["dan"]);

        // Given back, it is the manager's of today.
        let path = format!("/v1/terminations/{}/delegate", case["id"].as_str().unwrap());
        let stale = town
            .desk()
            .await
            .request(Method::DELETE, &path)
            .header("if-match", "\"v1\"");
        assert_eq!(Answer::of(stale).await.status, StatusCode::PRECONDITION_FAILED);
        let back = town
            .desk()
            .await
            .request(Method::DELETE, &path)
            .header("if-match", "*");
        let back = Answer::of(back).await.expect(StatusCode::OK).json();
        assert_eq!(back["delegate"], Value::Null);
        assert_eq!(to(&town.mails().await), ["eva"]);
        let dead = town
            .server
            .anonymous(Method::GET, &format!("/c/{}", token(&told, "dan")));
        assert_eq!(Answer::of(dead).await.status, StatusCode::GONE);

        // To Dan again, who is sent home: the case comes back by itself.
        let _ = town
            .hand_over(&case, &json!({"to": "person", "person_id": dan}))
            .await
            .expect(StatusCode::OK);
        assert_eq!(to(&town.mails().await), ["dan"]);
        town.hr("dan", &employment("dan", 2, json!({"end_date": "2027-02-24"})))
            .await;
        assert_eq!(to(&town.mails().await), ["eva"]);
        assert_eq!(town.case(&ended).await["delegate"], Value::Null);
        let gone = town
            .hand_over(&case, &json!({"to": "person", "person_id": dan}))
            .await;
        let gone = gone.expect(StatusCode::UNPROCESSABLE_ENTITY).problem();
        assert_eq!(gone["errors"], json!([["/person_id", "not_at_work"]]));
        // A last day that comes later is noticed when it has passed.
        town.hr("dan", &employment("dan", 3, json!({"end_date": "2027-03-02"})))
            .await;
        let _ = town
            .hand_over(&case, &json!({"to": "person", "person_id": dan}))
            .await
            .expect(StatusCode::OK);
        town.mails().await;
        assert!(to(&town.until("2027-03-03T07:00:00Z").await).contains(&"eva"));
        let audit = town.server.caller(&[handback::domain::actor::Scope::Read]).await;
        let entries = audit
            .all("/v1/audit-events?action=termination.delegation_ended")
            .await;
        let why: Vec<&Value> = entries.iter().map(|entry| &entry["details"]["why"]).collect();
        assert_eq!(why.len(), 3, "{why:?}");
        assert!(why.contains(&&json!("not_at_work")) && why.contains(&&json!("withdrawn")));
    });
}

#[test]
fn a_case_whose_days_have_moved_is_given_back_and_asked_about_on_the_new_ones() {
    story(async |town| {
        let ended = town.alva_leaves().await;
        let dan = town.dan().await;
        let case = town.case(&ended).await;
        assert!(to(&town.until(ASKED).await).contains(&"bo"));
        let to_dan = json!({"to": "person", "person_id": dan});
        drop(town.hand_over(&case, &to_dan).await.expect(StatusCode::OK));
        assert_eq!(to(&town.mails().await), ["dan"]);
        let later = json!({"manager": led_by("bo"), "end_date": "2027-04-30"});
        town.hr("alva", &employment("alva", 3, later)).await;
        let path = format!("/v1/terminations/{}/delegate", case["id"].as_str().unwrap());
        let desk = town.desk().await;
        let back = desk.request(Method::DELETE, &path).header("if-match", "*");
        let back = Answer::of(back).await.expect(StatusCode::OK).json();
        assert_eq!(back["delegate"], Value::Null);
        assert!(town.mails().await.is_empty(), "nobody is asked before the time");
        assert!(to(&town.until("2027-04-29T07:00:00Z").await).contains(&"bo"));
    });
}
