//! The desk's queue: what cases ask of it, what people tell it, and who says that it is done.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestCaller, TestServer};
use crate::support::story::{Setting, Story, deliver};
use handback::domain::actor::Scope;
use handback::domain::ids::TerminationId;
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn number_story(db: &TestDb) -> Story {
    let setting = Setting {
        has_number: true,
        ..Setting::default()
    };
    Story::begin_in(db.app(), setting).await
}

/// Kind, state and due day of each task of the case.
async fn tasks(caller: &TestCaller<'_>, case: TerminationId) -> Vec<Value> {
    let path = format!("/v1/tasks?termination_id={case}");
    let page = caller.get(&path).await.expect(StatusCode::OK).json();
    page["items"].as_array().unwrap().clone()
}

fn told(tasks: &[Value]) -> Vec<String> {
    let word = |task: &Value, name: &str| task[name].as_str().unwrap_or_default().to_owned();
    let line = |task| ["kind", "state", "due_on"].map(|name| word(task, name)).join(" ");
    tasks.iter().map(line).collect()
}

fn code(answer: &Answer) -> String {
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}

async fn unit_of(caller: &TestCaller<'_>) -> String {
    let page = caller.get("/v1/units").await.expect(StatusCode::OK).json();
    page["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_case_asks_the_desk_for_the_directory_and_a_diversion_and_moves_and_withdraws_them() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let opened = tasks(&desk, story.case).await;
        assert_eq!(
            told(&opened),
            ["directory open 2027-02-26", "diversion open 2027-02-26"]
        );
        assert_eq!(
            opened[1]["diversion"],
            json!({"cause": "ended", "return_on": null})
        );
        assert!(opened[0]["number"].as_str().unwrap().starts_with("HU-"));

        deliver(&story.app, "Anna Ek", Some("Maria Lind"), (3, Some("2027-03-31"))).await;
        assert_eq!(
            told(&tasks(&desk, story.case).await),
            ["directory open 2027-03-31", "diversion open 2027-03-31"]
        );
        deliver(&story.app, "Anna Ek", Some("Maria Lind"), (4, None)).await;
        let withdrawn = tasks(&desk, story.case).await;
        assert_eq!(
            told(&withdrawn),
            ["directory withdrawn 2027-03-31", "diversion withdrawn 2027-03-31"]
        );
        assert_eq!(withdrawn[0]["reason"], "cancelled");
        server.stop().await;
    });
}

#[test]
fn the_task_and_the_check_of_the_directory_are_settled_together() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let telephony = server.caller(&[Scope::Telephony]).await;
        let directory = &tasks(&desk, story.case).await[0];
        let path = format!("/v1/tasks/{}", directory["id"].as_str().unwrap());

        let declined = desk
            .post(&format!("{path}/decline"), &json!({"reason": "Nej."}))
            .await;
        assert_eq!(
            (declined.status, code(&declined).as_str()),
            (StatusCode::CONFLICT, "task_of_a_check")
        );

        let done = telephony
            .post(&format!("{path}/done"), &json!({"reference": "TEL-4711"}))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            (&done["state"], &done["reference"]),
            (&json!("done"), &json!("TEL-4711"))
        );
        let case = desk
            .get(&format!("/v1/terminations/{}", story.case))
            .await
            .expect(StatusCode::OK)
            .json();
        let checks = case["items"][1]["checks"].as_array().unwrap();
        let check = checks
            .iter()
            .find(|check| check["check"] == "directory" || check["kind"] == "directory");
        assert_eq!(check.unwrap()["state"], "done");
        let again = telephony.post(&format!("{path}/done"), &json!({})).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        server.stop().await;
    });
}

#[test]
fn a_check_that_the_desk_settles_closes_its_task() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let desk = server.caller(&[Scope::Desk]).await;
        let case = format!("/v1/terminations/{}", story.case);
        let item = story.record().await.termination.items[1].id;
        let tag = desk.get(&case).await.expect(StatusCode::OK).etag();
        let body = json!({"state": "not_applicable", "reason": "Numret stod aldrig i katalogen."});
        drop(
            desk.put_if(&format!("{case}/items/{item}/checks/directory"), &tag, &body)
                .await
                .expect(StatusCode::OK),
        );
        assert_eq!(
            told(&tasks(&desk, story.case).await),
            ["directory declined 2027-02-26", "diversion open 2027-02-26"]
        );
        server.stop().await;
    });
}

#[test]
fn a_change_notice_gets_a_receipt_and_a_warning_and_is_listed_while_it_is_late() {
    for_each_database(async |db: &TestDb| {
        let story = number_story(db).await;
        let server = TestServer::start(db);
        let hr = server.caller(&[Scope::Hr]).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let unit = unit_of(&desk).await;
        let notice = json!({"kind": "other", "unit_id": unit, "text": "Gäller 121212-1212."});
        let taken = hr
            .post("/v1/tasks", &notice)
            .await
            .expect(StatusCode::CREATED)
            .json();
        assert_eq!(
            (&taken["state"], &taken["may_hold_personal_number"]),
            (&json!("open"), &json!(true))
        );
        let wrong = json!({
            "kind": "phone_hours", "unit_id": unit,
            "staff": {"change": "new", "effective_on": "2027-03-01"},
        });
        let refused = hr
            .post("/v1/tasks", &wrong)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.json()["errors"].as_array().unwrap().len(), 2);

        let late = |page: Value| page["items"].as_array().unwrap().len();
        let overdue = format!("/v1/tasks?is_overdue=true&is_unowned=true&unit_id={unit}&kind=other");
        assert_eq!(late(desk.get(&overdue).await.expect(StatusCode::OK).json()), 0);
        story.it_is("2027-06-01T08:00:00Z");
        let desk = server.caller(&[Scope::Desk]).await;
        assert_eq!(late(desk.get(&overdue).await.expect(StatusCode::OK).json()), 1);

        let path = format!("/v1/tasks/{}", taken["id"].as_str().unwrap());
        let tag = desk.get(&path).await.expect(StatusCode::OK).etag();
        let people = desk.get("/v1/people").await.expect(StatusCode::OK).json();
        let owner = json!({"owner_id": people["items"][0]["id"]});
        drop(desk.patch(&path, &tag, &owner).await.expect(StatusCode::OK));
        assert_eq!(late(desk.get(&overdue).await.expect(StatusCode::OK).json()), 0);
        let declined = desk
            .post(
                &format!("{path}/decline"),
                &json!({"reason": "Gäller inte längre."}),
            )
            .await;
        assert_eq!(declined.expect(StatusCode::OK).json()["state"], "declined");
        server.stop().await;
    });
}
