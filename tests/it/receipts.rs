//! The receipt and what proves it, through the front door.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestCaller, TestServer};
use crate::support::log::Log;
use crate::support::story::{Story, Visitor, all_well, read, sent_to};
use handback::domain::actor::Scope;
use handback::domain::termination::TerminationState;
use handback::integrations::mail::MailError;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Maria has confirmed that all is well, so the case is completed.
pub async fn completed(db: &TestDb, server: &TestServer<'_>) -> Story {
    let story = Story::begin(db).await;
    complete(&story, server).await;
    story
}

pub async fn complete(story: &Story, server: &TestServer<'_>) {
    story.it_is("2027-02-25T07:00:00Z");
    server.run_jobs().await;
    story.it_is("2027-02-25T07:20:00Z");
    let token = read(server.db.mailer().sent().last().unwrap()).token.unwrap();
    let visitor = Visitor::open(server, &token).await;
    visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
    assert_eq!(
        story.record().await.termination.state,
        TerminationState::Completed
    );
}

/// The desk opens a completed case again.
pub async fn reopen(desk: &TestCaller<'_>, story: &Story) {
    let path = format!("/v1/terminations/{}/reopen", story.case);
    let reason = json!({ "reason": "Fel skick antecknat" });
    let _ = desk.post(&path, &reason).await.expect(StatusCode::OK);
}

/// The desk answers a check of the phone anew.
pub async fn correct(desk: &TestCaller<'_>, story: &Story, (check, answer): (&str, Value)) -> Answer {
    let case = format!("/v1/terminations/{}", story.case);
    let open = desk.get(&case).await.expect(StatusCode::OK);
    let item = open.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("{case}/items/{item}/checks/{check}");
    let answered = desk.put_if(&path, &open.etag(), &answer).await;
    answered.expect(StatusCode::OK)
}

pub async fn receipt(server: &TestServer<'_>, story: &Story) -> Value {
    let reader = server.caller(&[Scope::Read]).await;
    let path = format!("/v1/terminations/{}/receipt", story.case);
    reader.get(&path).await.expect(StatusCode::OK).json()
}

pub async fn page(server: &TestServer<'_>, path: &str) -> Answer {
    Answer::of(server.anonymous(Method::GET, path)).await
}

#[test]
fn anybody_can_check_a_receipt_by_its_code_and_learns_nothing_else() {
    for_each_database(async |db| {
        let log = Log::listen();
        let server = TestServer::start(db);
        let story = completed(db, &server).await;
        let receipt = receipt(&server, &story).await;
        let code = receipt["verification_code"].as_str().unwrap().to_owned();
        let bare = code.replace('-', "").to_lowercase();
        assert!(code.len() == 24 && bare.len() == 20, "{code}");
        let public_url = &story.app.config.public_url;
        assert_eq!(receipt["verify_url"], format!("{public_url}/verify/{code}"));

        let form = page(&server, "/verify").await.expect(StatusCode::OK);
        assert!(form.body.contains("Kontrollera en kvittens"), "{}", form.body);
        for typed in [&code, &bare, &code.replace('-', " ")] {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("code", typed)
                .finish();
            let led = page(&server, &format!("/verify?{query}"))
                .await
                .expect(StatusCode::SEE_OTHER);
            assert_eq!(led.header("location"), format!("/verify/{code}"));
        }
        let genuine = page(&server, &format!("/verify/{bare}"))
            .await
            .expect(StatusCode::OK);
        assert!(
            genuine.body.contains("Kvittensen är äkta") && genuine.body.contains("25 februari 2027"),
            "{}",
            genuine.body
        );
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex"),
            ("content-language", "sv"),
            ("vary", "accept-language"),
        ] {
            assert_eq!(genuine.header(name), value, "{name}");
        }
        let english = server
            .anonymous(Method::GET, &format!("/verify/{code}"))
            .header("accept-language", "en");
        let english = Answer::of(english).await.expect(StatusCode::OK);
        assert!(english.body.contains("The receipt is genuine"));
        for secret in [
            "Anna",
            "Maria",
            "Exempel X1",
            "7Q2K",
            "HB-",
            "Ekskolan",
            "avvikelse",
        ] {
            assert!(!genuine.body.contains(secret), "{secret}");
        }
        let logged = log.bytes();
        for secret in [&code, &bare] {
            let is_there = logged
                .windows(secret.len())
                .any(|bytes| bytes == secret.as_bytes());
            assert!(!is_there, "a code is in the log");
        }
        server.stop().await;
    });
}

#[test]
fn a_code_that_does_not_exist_is_not_found_and_cannot_be_guessed_for_long() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let mut refused = 0;
        for number in 0..40 {
            let path = format!("/verify/0000-0000-0000-0000-{number:04}");
            let answer = page(&server, &path).await;
            match answer.status {
                StatusCode::NOT_FOUND => {
                    assert!(answer.body.contains("Det finns ingen kvittens med den koden"));
                }
                status => {
                    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
                    refused += 1;
                }
            }
        }
        assert!(refused >= 9, "{refused}");
        server.stop().await;
        let server = TestServer::start(db);
        for typed in [
            "/verify/x",
            "/verify?code=%22%3E%3Cscript%3E",
            "/verify/%00",
            "/verify?code=UUUU",
        ] {
            let answer = page(&server, typed).await.expect(StatusCode::NOT_FOUND);
            assert!(!answer.body.contains("<script"), "{typed}");
        }
        server.stop().await;
    });
}

#[test]
fn a_receipt_is_replaced_when_the_case_opens_again() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = completed(db, &server).await;
        let first = receipt(&server, &story).await["verification_code"].clone();
        let first = first.as_str().unwrap();
        let desk = server.caller(&[Scope::Desk]).await;
        reopen(&desk, &story).await;

        let old = format!("/verify/{first}");
        let replaced = page(&server, &old).await.expect(StatusCode::OK);
        assert!(
            replaced.body.contains("Den ersätts av en nyare kvittens") && !replaced.body.contains("2027"),
            "{}",
            replaced.body
        );
        let nothing = json!({ "state": "not_applicable", "reason": "Inget att spara" });
        let _ = correct(&desk, &story, ("records_saved", nothing)).await;

        let second = receipt(&server, &story).await["verification_code"].clone();
        let second = second.as_str().unwrap();
        assert_ne!(first, second);
        let genuine = page(&server, &format!("/verify/{second}"))
            .await
            .expect(StatusCode::OK);
        assert!(genuine.body.contains("Kvittensen är äkta"));
        let replaced = page(&server, &old).await.expect(StatusCode::OK);
        assert!(replaced.body.contains("Kvittensen gäller inte längre"));
        server.stop().await;
    });
}

#[test]
fn a_case_that_opens_again_while_its_receipt_waits_for_the_mail_server_can_be_completed_again() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = completed(db, &server).await;
        for _ in 0..2 {
            db.mailer().fail_next(MailError::Transient {
                reply: "421 away".to_owned(),
            });
        }
        server.run_jobs().await;
        let waiting = "SELECT count(*) AS n FROM message WHERE state = 'queued' AND step LIKE 'receipt%'";
        assert_eq!(db.number(waiting), 2);
        let seen = db.mailer().sent().len();
        let desk = server.caller(&[Scope::Desk]).await;
        reopen(&desk, &story).await;
        assert_eq!(
            db.number(waiting),
            0,
            "a receipt that does not count any more is not mailed"
        );
        let nothing = json!({ "state": "not_applicable", "reason": "Inget att spara" });
        let closed = correct(&desk, &story, ("records_saved", nothing)).await;
        assert_eq!(closed.json()["state"], "completed");
        for instant in ["2027-02-25T08:00:00Z", "2027-02-25T12:00:00Z"] {
            story.it_is(instant);
            server.run_jobs().await;
        }
        let mut to = sent_to(&db.mailer().sent()[seen..]);
        to.sort();
        assert_eq!(to, ["anna", "maria"], "each has the receipt that counts, once");
        server.stop().await;
    });
}

#[test]
fn the_receipt_is_there_as_a_document_for_the_file_always_the_same() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = completed(db, &server).await;
        let reader = server.caller(&[Scope::Read]).await;
        let number = story.record().await.termination.number;
        for (language, name) in [("sv", "kvittens"), ("en", "receipt")] {
            let path = format!("/v1/terminations/{}/receipt?language={language}", story.case);
            let mut seen = Vec::new();
            for _ in 0..2 {
                let request = reader
                    .request(Method::GET, &path)
                    .header("accept", "application/pdf");
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK);
                let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
                assert_eq!(header("content-type"), "application/pdf");
                assert_eq!(header("content-language"), language);
                assert_eq!(
                    header("content-disposition"),
                    format!("inline; filename=\"{name}-{number}.pdf\"")
                );
                seen.push(answer.bytes().await.unwrap());
            }
            assert!(seen[0].starts_with(b"%PDF-1.7") && seen[0] == seen[1]);
        }
        server.stop().await;
    });
}
