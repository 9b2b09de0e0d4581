//! Somebody comes, gets a phone and leaves: the whole HR story of one employment, as callers tell it who insist.

use super::door::{Answer, Door, Request};
use chrono::NaiveDate;
use handback::clock::Clock;
use handback::domain::calendar::{Calendar, local_date};
use serde_json::{Value, json};

/// How many requests a story has.
pub const REQUESTS: u64 = 7;

/// Who leaves, and when.
#[derive(Clone, Debug)]
pub struct Leaver {
    name: String,
    entity: String,
    /// Who takes the phone back.
    manager: String,
    end: NaiveDate,
}

/// What was acknowledged.
#[derive(Debug)]
pub struct Told {
    /// Whose story it is.
    pub name: String,
    employment: String,
    /// The case.
    pub termination: String,
    /// Each POST and its first answer.
    posts: Vec<(Request, String)>,
}

/// The legal entity and the source that everything hangs on.
pub async fn set_the_stage(door: &Door) -> String {
    let entity = json!({"name": "Socialnämnden", "kind": "authority"});
    let made = door
        .send(&Request::post("/v1/legal-entities", "entity".to_owned(), entity))
        .await
        .good();
    let entity = text(&made, "/id");
    let source = json!({"name": "hr", "kind": "hr", "label": "HR", "legal_entity_id": entity});
    let source = Request::post("/v1/sources", "source".to_owned(), source);
    door.send(&source).await.good();
    entity
}

impl Leaver {
    /// The employment ends on the next business day, so that the manager is asked at once.
    pub fn new(name: String, entity: &str) -> Self {
        let today = local_date(Clock::system().now());
        Self {
            name,
            entity: entity.to_owned(),
            manager: "bo.chef".to_owned(),
            end: Calendar::swedish().add_business_days(today, 1),
        }
    }

    /// The same, with a manager who takes back nothing else.
    pub fn with_own_manager(self) -> Self {
        let manager = format!("chef-{}", self.name);
        Self { manager, ..self }
    }

    /// The document with which the employment begins.
    pub fn begins(&self) -> Request {
        self.delivered(&self.document(1, "VO-1", None))
    }

    /// The document with which it ends.
    pub fn ends(&self) -> Request {
        self.delivered(&self.document(3, "VO-2", Some(self.end)))
    }

    /// Another unit, by POST.
    fn moves(&self) -> Request {
        let body = json!({"external_id": self.name, "document": self.document(2, "VO-2", None)});
        self.post("/v1/sources/hr/employment-documents", body)
    }

    fn device(&self) -> Request {
        let serial = format!("EX{}", self.name.to_uppercase().replace('-', "K"));
        let body = json!({"legal_entity_id": self.entity, "serial": serial, "model": "E10", "data_class": "standard"});
        self.post("/v1/devices", body)
    }

    fn assignment(&self, employment: &str, device: &str) -> Request {
        let body = json!({"employment_id": employment, "device_id": device});
        self.post("/v1/assignments", body)
    }

    fn post(&self, path: &str, body: Value) -> Request {
        Request::post(path, format!("{}-{}", path.replace('/', "-"), self.name), body)
    }

    fn delivered(&self, document: &Value) -> Request {
        let path = format!("/v1/sources/hr/employments/{}", self.name);
        Request::put(path, document.clone())
    }

    fn document(&self, sequence: i64, unit: &str, end_date: Option<NaiveDate>) -> Value {
        let mail = |name: &str| format!("{name}@exempelkommunen.example");
        json!({
            "person": {"external_id": format!("p-{}", self.name), "name": "Alva Exempel", "email": mail(&self.name)},
            "kind": "employee",
            "unit": unit,
            "manager": {"external_id": format!("p-{}", self.manager), "name": "Bo Chef", "email": mail(&self.manager)},
            "state": "active",
            "start_date": "2020-08-01",
            "end_date": end_date,
            "sequence": sequence,
        })
    }

    /// Holds a phone; nothing ends yet.
    pub async fn holds_a_phone(&self, door: &Door) -> Told {
        let begun = applied(&door.send(&self.begins()).await);
        let employment = text(&begun, "/employment_id");
        let mut posts = Vec::new();
        let device = told(door, &mut posts, self.device()).await;
        let assignment = self.assignment(&employment, &text(&device.good(), "/id"));
        told(door, &mut posts, assignment).await.good();
        Told {
            name: self.name.clone(),
            employment,
            termination: String::new(),
            posts,
        }
    }

    /// Tells the whole story, and checks what each answer says.
    pub async fn tell(&self, door: &Door) -> Told {
        let mut story = self.holds_a_phone(door).await;
        let moved = told(door, &mut story.posts, self.moves()).await.good();
        assert_eq!(
            (&moved["outcome"], &moved["version"]),
            (&json!("applied"), &json!(2))
        );
        let ended = applied(&door.send(&self.ends()).await);
        assert_eq!(ended["version"], 3);
        story.termination = text(&ended, "/termination/id");
        let again = door.send(&self.ends()).await.good();
        assert_eq!(again["outcome"], "unchanged");
        assert_eq!(again["termination"]["id"], ended["termination"]["id"]);
        let (post, first) = story.posts.last().unwrap();
        assert_eq!(door.send(post).await.body, *first);
        story
    }
}

impl Told {
    /// Everything that was acknowledged is there, and what is sent again gets the same bytes.
    pub async fn check(&self, door: &Door) {
        for (post, first) in &self.posts {
            let again = door.send(post).await;
            assert!(again.is_replay && again.body == *first, "{post:?}: {again:?}");
        }
        let employment = door.get(&format!("/v1/employments/{}", self.employment)).await;
        assert_eq!(
            (&employment["version"], &employment["sequence"]),
            (&json!(3), &json!(3))
        );
        let case = door.get(&format!("/v1/terminations/{}", self.termination)).await;
        assert_eq!(case["items"].as_array().unwrap().len(), 1, "{case}");
    }
}

/// Sends a POST and keeps its answer.
async fn told(door: &Door, posts: &mut Vec<(Request, String)>, post: Request) -> Answer {
    let answer = door.send(&post).await;
    posts.push((post, answer.body.clone()));
    answer
}

/// The delivery, which was applied now, or before its answer got lost.
fn applied(answer: &Answer) -> Value {
    let delivery = answer.good();
    let is_applied = delivery["outcome"] == "applied";
    let was_applied = delivery["outcome"] == "unchanged" && answer.is_retry;
    assert!(is_applied || was_applied, "{answer:?}");
    delivery
}

#[track_caller]
pub fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}
