//! The leaver gets the receipt at a private address, and nothing of it stays.

use crate::receipts::complete;
use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{TestCaller, TestServer};
use crate::support::log::Log;
use crate::support::story::{Story, Visitor, all_well, read, sent_to};
use handback::domain::actor::Scope;
use handback::services::{Ctx, keys};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PRIVATE: &str = "anna.hemma.4711@privat.example";

fn path(story: &Story) -> String {
    format!("/v1/terminations/{}/private-address", story.case)
}

async fn give(caller: &TestCaller<'_>, story: &Story, address: &str) {
    let answer = caller.put(&path(story), &json!({ "email": address })).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert!(answer.body.is_empty());
}

fn kept(db: &TestDb) -> i64 {
    db.number("SELECT count(*) AS n FROM private_address")
}

/// Everybody whom a mail went to, and nothing else about it.
fn sent_since(db: &TestDb, seen: usize) -> Vec<String> {
    let mut to: Vec<String> = db.mailer().sent()[seen..]
        .iter()
        .flat_map(|mail| mail.envelope_to.clone())
        .collect();
    to.sort();
    to
}

#[test]
fn the_receipt_goes_to_the_private_address_also_after_the_last_day_and_the_address_is_forgotten() {
    for_each_database(async |db| {
        let log = Log::listen();
        let server = TestServer::start(db);
        let story = Story::begin(db).await;
        let hr = server.caller(&[Scope::Hr]).await;
        let wrong = hr.put(&path(&story), &json!({ "email": "anna hemma" })).await;
        let wrong = wrong.expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!wrong.body.contains("hemma"), "{}", wrong.body);
        give(&hr, &story, "fel@privat.example").await;
        give(&hr, &story, PRIVATE).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let known: Value = desk.get(&path(&story)).await.expect(StatusCode::OK).json();
        assert_eq!(known["is_given"], true);
        let uses = keys::status(&Ctx::operator(&story.app)).await.unwrap();
        let used: Vec<_> = uses
            .iter()
            .map(|key| (key.kid.as_str(), key.private_addresses))
            .collect();
        assert_eq!(used, [("test-1", 0), ("test-2", 1)]);

        story.it_is("2027-01-27T07:00:00Z");
        server.run_jobs().await;
        assert!(
            sent_to(&db.mailer().sent()).contains(&"anna".to_owned()),
            "before the receipt, mails go to work"
        );
        story.it_is("2027-02-25T07:00:00Z");
        server.run_jobs().await;
        let token = read(db.mailer().sent().last().unwrap()).token.unwrap();
        let seen = db.mailer().sent().len();
        // Monday: Anna's last day was Friday.
        story.it_is("2027-03-01T09:00:00Z");
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        server.run_jobs().await;
        assert_eq!(sent_since(db, seen), [PRIVATE, "maria@exempelkommunen.example"]);
        assert_eq!(kept(db), 0);
        // A token of before has expired.
        let desk = server.caller(&[Scope::Desk]).await;
        let known: Value = desk.get(&path(&story)).await.expect(StatusCode::OK).json();
        assert_eq!(known, json!({ "is_given": false, "given_at": null }));
        no_trace(db, &log, &desk, &story).await;
        server.stop().await;
    });
}

/// The address is in no answer, in no column and in no line of the log.
async fn no_trace(db: &TestDb, log: &Log, desk: &TestCaller<'_>, story: &Story) {
    for path in ["", "/timeline", "/notes", "/receipt"] {
        let path = format!("/v1/terminations/{}{path}", story.case);
        let answer = desk.get(&path).await.expect(StatusCode::OK);
        assert!(!answer.body.contains("hemma"), "{path}");
    }
    for (table, columns) in db.columns().into_iter().fold(
        std::collections::BTreeMap::<String, Vec<String>>::new(),
        |mut tables, column| {
            if column.kind.eq_ignore_ascii_case("text") {
                tables.entry(column.table).or_default().push(column.name);
            }
            tables
        },
    ) {
        for column in columns {
            let found = format!("SELECT count(*) AS n FROM \"{table}\" WHERE \"{column}\" LIKE '%hemma%'");
            assert_eq!(db.number(&found), 0, "{table}.{column}");
        }
    }
    let logged = log.bytes();
    let is_there = logged.windows(5).any(|bytes| bytes == b"hemma");
    assert!(!is_there, "the address is in the log");
}

#[test]
fn an_address_that_comes_late_or_changes_while_the_receipt_waits_is_the_one_that_counts() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = Story::begin(db).await;
        complete(&story, &server).await;
        let desk = server.caller(&[Scope::Desk]).await;
        let seen = db.mailer().sent().len();
        // The receipt is planned for the address at work.
        give(&desk, &story, "fel@privat.example").await;
        db.mailer()
            .fail_next(handback::integrations::mail::MailError::Transient {
                reply: "421 away".to_owned(),
            });
        server.run_jobs().await;
        // One of the two mails is out; whichever it is, Anna's goes to the newest address or has gone to the one before.
        give(&desk, &story, PRIVATE).await;
        story.it_is("2027-02-25T08:00:00Z");
        server.run_jobs().await;
        let sent = sent_since(db, seen);
        assert!(sent.contains(&PRIVATE.to_owned()), "{sent:?}");
        assert!(
            !sent.contains(&"anna@exempelkommunen.example".to_owned()),
            "{sent:?}"
        );

        // A year later somebody asks for it again: the receipt of then is sent, once.
        let seen = db.mailer().sent().len();
        story.it_is("2028-02-25T08:00:00Z");
        let desk = server.caller(&[Scope::Desk]).await;
        give(&desk, &story, PRIVATE).await;
        server.run_jobs().await;
        assert_eq!(sent_since(db, seen), [PRIVATE]);
        assert_eq!(kept(db), 0);
        server.stop().await;
    });
}

#[test]
fn an_address_is_forgotten_on_request_with_a_case_that_is_called_off_and_in_the_end_in_any_case() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = Story::begin(db).await;
        let desk = server.caller(&[Scope::Desk]).await;
        give(&desk, &story, PRIVATE).await;
        for _ in 0..2 {
            let request = desk.request(Method::DELETE, &path(&story));
            assert_eq!(request.send().await.unwrap().status(), StatusCode::NO_CONTENT);
            assert_eq!(kept(db), 0);
        }
        complete(&story, &server).await;
        server.run_jobs().await;
        let desk = server.caller(&[Scope::Desk]).await;
        db.execute("UPDATE legal_entity SET schedule = REPLACE(schedule, '\"sends_mail\":true', '\"sends_mail\":false')");
        give(&desk, &story, PRIVATE).await;
        server.run_jobs().await;
        assert_eq!(kept(db), 1);
        // The codes of the case are kept for 30 days.
        story.it_is("2027-03-28T08:00:00Z");
        server.run_jobs().await;
        assert_eq!(kept(db), 0);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'private_address.forgotten'"),
            2
        );
        let desk = server.caller(&[Scope::Desk]).await;
        db.execute("UPDATE termination SET state = 'cancelled', completed_at = NULL");
        let refused = desk.put(&path(&story), &json!({ "email": PRIVATE })).await;
        let refused = refused.expect(StatusCode::CONFLICT);
        assert!(
            !refused.body.contains("hemma") && refused.body.contains("case_cancelled"),
            "{}",
            refused.body
        );
        db.execute("UPDATE termination SET state = 'open', kind = 'deceased'");
        let refused = desk.put(&path(&story), &json!({ "email": PRIVATE })).await;
        assert!(
            refused
                .expect(StatusCode::CONFLICT)
                .body
                .contains("holder_deceased")
        );
        server.stop().await;
    });
}
