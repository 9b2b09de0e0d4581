//! What becomes of what a directory says: gaps are filled, leavers are confirmed or asked about, and silence is noticed.

use super::{Directory, ENTERPRISE, connection, later, operator};
use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{TestCaller, TestServer};
use crate::support::story::{self, Setting, Story, read, sent_to};
use handback::app::App;
use handback::config::Mailbox;
use handback::domain::actor::Scope;
use handback::services::scim::connections;
use handback::services::{Ctx, hr};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// HR says that somebody is employed, and nothing else about them.
async fn employed(app: &App, person: &str, sequence: i64, end: Option<&str>) -> hr::Delivery {
    let document = json!({
        "person": { "external_id": person }, "kind": "employee", "unit": "ekskolan", "manager": null,
        "state": "active", "start_date": "2020-01-01", "end_date": end, "last_working_day": null,
        "sequence": sequence, "occurred_at": null,
    });
    let external_id = format!("e-{person}").parse().unwrap();
    hr::deliver(
        &Ctx::system(app),
        "hr".parse().unwrap(),
        external_id,
        serde_json::from_value(document).unwrap(),
    )
    .await
    .unwrap()
}

/// The desk, with a token of the hour.
async fn desk<'s>(server: &'s TestServer<'_>) -> TestCaller<'s> {
    server.caller(&[Scope::Desk]).await
}

async fn reviews(server: &TestServer<'_>) -> Vec<Value> {
    desk(server).await.all("/v1/account-reviews").await
}

async fn states(server: &TestServer<'_>) -> Vec<String> {
    let all = reviews(server).await;
    all.iter()
        .map(|review| review["state"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_account_that_is_switched_off_is_asked_about_and_ends_nothing() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let directory = Directory::new(&server).await;
        let delivered = employed(&story.app, "p-9", 1, None).await;
        let id = directory
            .make(&json!({ "userName": "nio", "externalId": "p-9" }))
            .await;

        directory.switch(&id, false).await;
        assert_eq!(states(&server).await, ["waiting"]);
        later(&story.app, 3);
        server.run_jobs().await;
        assert_eq!(states(&server).await, ["waiting"]);
        directory.switch(&id, true).await;
        assert_eq!(states(&server).await, ["cleared"]);

        directory.switch(&id, false).await;
        later(&story.app, 4);
        server.run_jobs().await;
        assert_eq!(states(&server).await, ["cleared", "open"]);
        let desk = desk(&server).await;
        let open = desk.all("/v1/account-reviews?state=open").await.remove(0);
        assert_eq!(open["person_id"], delivered.employment.person_id.to_string());
        assert_eq!(open["employment_id"], Value::Null);

        let path = format!("/v1/account-reviews/{}", open["id"].as_str().unwrap());
        let answer = json!({ "resolution": "still_employed" });
        let resolved = desk
            .post(&format!("{path}/resolution"), &answer)
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(
            (&resolved["state"], &resolved["resolution"]),
            (&json!("resolved"), &json!("still_employed"))
        );
        let again = desk.post(&format!("{path}/resolution"), &answer).await;
        assert_eq!(again.refusal(), "409 review_closed");
        assert_eq!(desk.get(&path).await.json(), resolved);

        let now = employed(&story.app, "p-9", 1, None).await;
        assert_eq!(
            now.employment.document.end_date, None,
            "no employment ends by that"
        );
        assert_eq!(now.employment.meta.version, 1);
        assert!(now.termination.is_none());
        let acted = db.number("SELECT count(*) AS n FROM audit_entry WHERE actor_kind = 'scim_connection'");
        assert!(acted >= 5, "{acted}");
        for change in [
            "UPDATE account_signal SET kind = 'active'",
            "DELETE FROM account_signal",
        ] {
            assert!(
                db.try_execute(change).is_err(),
                "what a directory said stays: {change}"
            );
        }
        server.stop().await;
    });
}

#[test]
fn what_hr_says_answers_the_question_before_it_is_asked_and_after() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let directory = Directory::with(&server, |new| new.source = Some("hr".parse().unwrap())).await;
        employed(&story.app, "p-9", 1, Some("2027-01-31")).await;
        let id = directory
            .make(&json!({ "userName": "nio", "externalId": "p-9" }))
            .await;
        directory.switch(&id, false).await;
        assert_eq!(states(&server).await, ["confirmed"]);
        assert!(reviews(&server).await[0]["employment_id"].is_string());

        // The account is there before HR knows the person.
        let number = json!({ "userName": "tio", ENTERPRISE: { "employeeNumber": "p-10" } });
        let id = directory.make(&number).await;
        directory.switch(&id, false).await;
        later(&story.app, 5);
        server.run_jobs().await;
        assert_eq!(states(&server).await, ["confirmed", "open"]);
        employed(&story.app, "p-10", 1, Some("2027-02-01")).await;
        later(&story.app, 24);
        server.run_jobs().await;
        assert_eq!(states(&server).await, ["confirmed", "confirmed"]);

        // Directories delete what has been off for a month: nothing new.
        let gone = directory
            .send(Method::DELETE, &format!("/Users/{id}"), &json!({}))
            .await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        assert_eq!(states(&server).await.len(), 2);
        // One that was in use until then is asked about; person and employment stay.
        let id = directory
            .make(&json!({ "userName": "elva", "externalId": "anna" }))
            .await;
        let _ = directory
            .send(Method::DELETE, &format!("/Users/{id}"), &json!({}))
            .await;
        let last = reviews(&server).await.pop().unwrap();
        assert_eq!(
            (&last["reason"], &last["state"]),
            (&json!("deleted"), &json!("waiting"))
        );
        let desk = desk(&server).await;
        let _ = desk
            .get(&format!("/v1/people/{}", last["person_id"].as_str().unwrap()))
            .await
            .expect(StatusCode::OK);
        server.stop().await;
    });
}

#[test]
fn a_directory_fills_the_gaps_that_hr_leaves_and_no_others() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let desk = desk(&server).await;
        let directory = Directory::new(&server).await;
        let stub = employed(&story.app, "p-9", 1, None).await.employment.person_id;
        let person = async |id: String| {
            let person = desk.get(&format!("/v1/people/{id}")).await.json();
            json!([person["name"], person["email"]])
        };
        let account = |name: &str| {
            json!({ "userName": "nio", "externalId": "p-9", "displayName": name,
                    "emails": [{ "type": "work", "value": "nio@exempelkommunen.example" }] })
        };
        let id = directory.make(&account("Nio Exempel")).await;
        assert_eq!(
            person(stub.to_string()).await,
            json!(["Nio Exempel", "nio@exempelkommunen.example"])
        );
        // What stems from the account follows it.
        let _ = directory
            .send(Method::PUT, &format!("/Users/{id}"), &account("Nio Ny"))
            .await
            .expect(StatusCode::OK);
        assert_eq!(person(stub.to_string()).await[0], "Nio Ny");

        // What stems from HR stays, and an address is enough to know the person.
        let anna = story.record().await.person_id;
        let other = json!({ "userName": "anna", "displayName": "Någon Annan",
                            "emails": [{ "value": "ANNA@exempelkommunen.example" }] });
        directory.make(&other).await;
        assert_eq!(
            person(anna.to_string()).await,
            json!(["Anna Ek", "anna@exempelkommunen.example"])
        );
        let accounts_of = |person: &str| {
            db.number(&format!(
                "SELECT count(*) AS n FROM scim_user WHERE person_id = '{person}'"
            ))
        };
        assert_eq!(accounts_of(&anna.to_string()), 1);

        // An account that is given to somebody else is theirs.
        let given = json!({ "userName": "nio", "externalId": "maria" });
        let _ = directory
            .send(Method::PUT, &format!("/Users/{id}"), &given)
            .await
            .expect(StatusCode::OK);
        assert_eq!(accounts_of(&stub.to_string()), 0);
        assert_eq!(person(stub.to_string()).await[0], "Nio Ny");

        // Two people who turn out to be one have the accounts of both, until that was wrong.
        let maria = db.text("SELECT person_id AS t FROM person_identifier WHERE external_id = 'maria'");
        let merges = format!("/v1/people/{anna}/merges");
        let merge = desk.make(&merges, &json!({ "merged_id": maria })).await;
        assert_eq!(accounts_of(&anna.to_string()), 2);
        let undone = desk
            .post(
                &format!("{merges}/{}/undo", merge["id"].as_str().unwrap()),
                &json!({}),
            )
            .await;
        assert!(undone.status.is_success(), "{}", undone.body);
        assert_eq!((accounts_of(&anna.to_string()), accounts_of(&maria)), (1, 1));
        server.stop().await;
    });
}

#[test]
fn the_manager_that_a_directory_names_is_asked_where_hr_names_none() {
    for_each_database(async |db| {
        let setting = Setting {
            has_manager: false,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), setting).await;
        let server = TestServer::start(db);
        let directory = Directory::new(&server).await;
        let maria = directory
            .make(&json!({ "userName": "maria", "externalId": "maria" }))
            .await;
        let anna = directory
            .make(&json!({ "userName": "anna", "externalId": "anna" }))
            .await;
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": maria }],
        });
        let _ = directory
            .send(Method::PATCH, &format!("/Users/{anna}"), &body)
            .await
            .expect(StatusCode::OK);
        story.it_is("2027-02-19T07:00:00Z");
        server.run_jobs().await;
        let seen = db.mailer().sent().len();
        story.it_is("2027-02-25T07:00:00Z");
        server.run_jobs().await;
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[seen..]), ["maria"]);
        assert!(read(&mails[seen]).token.is_some());

        // Whom HR names comes first.
        story::deliver(
            &story.app,
            "Anna Ek",
            Some("Karin Berg"),
            (3, Some(story::LAST_DAY)),
        )
        .await;
        let seen = mails.len();
        story.it_is("2027-03-01T07:00:00Z");
        server.run_jobs().await;
        assert_eq!(sent_to(&db.mailer().sent()[seen..]), ["karin"]);
        server.stop().await;
    });
}

fn with_desk(db: &TestDb) -> App {
    let mut app = db.app().clone();
    let mut config = (*app.config).clone();
    config.mail.desk_address = Some("desk@exempelkommunen.example".parse::<Mailbox>().unwrap());
    app.config = Arc::new(config);
    app
}

#[test]
fn the_desk_is_told_once_that_a_directory_is_silent() {
    use handback::jobs::{Deliveries, run_due, schedule};
    for_each_database(async |db| {
        let app = with_desk(db);
        let run = async || {
            run_due(&app, Deliveries, schedule::RECONCILERS, None)
                .await
                .unwrap()
        };
        let server = TestServer::start(db);
        let ctx = operator(db);
        let (_, _, secret) = connections::create(&ctx, connection("Entra")).await.unwrap();
        let speak = async || {
            let request = server
                .anonymous(Method::GET, "/scim/v2/Users")
                .bearer_auth(secret.expose());
            assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
        };
        speak().await;
        later(&app, 23);
        run().await;
        assert!(db.mailer().sent().is_empty());
        later(&app, 1);
        run().await;
        run().await;
        later(&app, 100);
        run().await;
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails), ["desk"]);
        let mail = read(&mails[0]);
        assert_eq!(mail.subject, "Katalogen Entra är tyst");
        assert!(mail.text.contains("har inte hört av sig sedan"), "{}", mail.text);

        // It is heard again, and falls silent again.
        speak().await;
        run().await;
        later(&app, 24);
        run().await;
        assert_eq!(db.mailer().sent().len(), 2);
        connections::revoke(&ctx, "Entra".to_owned()).await.unwrap();
        later(&app, 48);
        run().await;
        assert_eq!(db.mailer().sent().len(), 2);
        server.stop().await;
    });
}
