//! A process that stands still, or is cut off from the database, for longer than its leases: another one does its work, and
//! what it wakes up with changes nothing any more. Leases last a quarter of a minute at least, so these are long forms; the
//! short ones are with the runner (`runner`) and the queue (`jobs`).

use super::door::Door;
use super::leaver::{self, Leaver};
use super::stop::by_smtp;
use crate::support::db::{Database, for_each_empty_database, run};
use crate::support::program::{Installation, Running, client, until};
use crate::support::smtp_sink::{Answer, SmtpSink};
use crate::support::wire::Wire;
use handback::db::DatabaseUrl;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a lease lasts: the shortest that can be set.
const LEASE: Duration = Duration::from_secs(15);
/// How long the mail server thinks, so that a process can be stopped in the middle of a mail.
const THINKING: Duration = Duration::from_secs(3);

#[test]
#[ignore = "a minute: for `cargo storm`"]
fn leases_of_a_process_that_stood_still_are_lost_and_it_can_finish_nothing() {
    for_each_empty_database(async |db| {
        let (installation, sink) = somebody_leaves(db).await;
        let stopped = in_the_middle_of_a_mail(&installation, &sink).await;
        stopped.freeze();
        let frozen_at = Instant::now();
        // SQLite serves one process: there, it takes its own work back when it wakes up.
        if !db.is_sqlite() {
            let other = installation.serve(&[]).await;
            until("the other process has done the work", async || nothing_is_due(db)).await;
            assert_eq!(most_often(&sink), 2, "the other has handed the mail over again");
            other.terminate();
            assert!(other.ended().await.success());
        }
        sleep_until(frozen_at + 2 * LEASE).await;
        stopped.thaw();
        if !db.is_sqlite() {
            until("the end is refused", async || has_lost(&stopped).await).await;
        }
        until("the work is done", async || nothing_is_due(db)).await;
        stopped.ready().await;
        goes_on(db, &installation, (&stopped, &sink)).await;
        stopped.terminate();
        assert!(stopped.ended().await.success());
        all_was_said_once(db, &sink);
    });
}

#[test]
#[ignore = "a minute: for `cargo storm`"]
fn leases_of_a_process_that_is_cut_off_are_lost_and_it_can_finish_nothing() {
    let Some(db) = Database::postgres() else { return };
    run(&db, &async |db: &Database| {
        let (installation, sink) = somebody_leaves(db).await;
        let (wire, wired) = Wire::to_database(db.url()).await;
        let (DatabaseUrl::Postgres(direct), DatabaseUrl::Postgres(wired)) = (db.url(), wired) else {
            unreachable!("it is PostgreSQL");
        };
        let installation = installation.with("--database-url", wired);
        let parted = in_the_middle_of_a_mail(&installation, &sink).await;
        wire.cut();
        let cut_at = Instant::now();
        let installation = installation.with("--database-url", direct);
        let other = installation.serve(&[]).await;
        until("the other process has done the work", async || nothing_is_due(db)).await;
        assert_eq!(most_often(&sink), 2, "the other has handed the mail over again");
        // It knows, and says so to whoever asks; nobody is kept waiting for ever.
        let answer = client().get(format!("{}/readyz", parted.base)).send().await;
        assert_eq!(answer.unwrap().status(), 503);
        sleep_until(cut_at + 3 * LEASE).await;
        wire.splice();
        until("the end is refused", async || has_lost(&parted).await).await;
        parted.ready().await;
        other.terminate();
        assert!(other.ended().await.success());
        goes_on(db, &installation, (&parted, &sink)).await;
        parted.terminate();
        assert!(parted.ended().await.success());
        all_was_said_once(db, &sink);
    });
}

/// An installation in which two mails are due, and nobody sends them yet.
async fn somebody_leaves(db: &Database) -> (Installation, SmtpSink) {
    let sink = SmtpSink::start().await.unwrap();
    let installation = by_smtp(Installation::new(db), &sink);
    let running = installation.serve(&["--jobs-enabled=false"]).await;
    let door = Door::new(&running.base, installation.token(&running).await);
    let entity = leaver::set_the_stage(&door).await;
    Leaver::new("e-1".to_owned(), &entity).tell(&door).await;
    running.terminate();
    assert!(running.ended().await.success());
    (installation, sink)
}

/// A process that has handed over a mail and has not been answered yet.
async fn in_the_middle_of_a_mail(installation: &Installation, sink: &SmtpSink) -> Running {
    sink.answer(".", Answer::Wait(THINKING));
    let running = installation.serve(&[]).await;
    until("the mail server has the mails", async || sink.mails().len() == 2).await;
    running
}

/// How often the mail arrived that arrived most often. It is the same mail each time.
fn most_often(sink: &SmtpSink) -> usize {
    let mut arrived: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for mail in sink.mails() {
        let text = String::from_utf8_lossy(&mail.data);
        let id = text.lines().find(|line| line.starts_with("Message-ID:"));
        let id = id.expect("a Message-ID").to_owned();
        arrived.entry(id).or_default().push(mail.data);
    }
    for copies in arrived.values() {
        assert!(copies.iter().all(|copy| copy == &copies[0]), "the same mail");
    }
    arrived.values().map(Vec::len).max().unwrap()
}

/// Whether the process has learned that work is another's.
async fn has_lost(running: &Running) -> bool {
    let metrics = running.metrics().await;
    let lost = |line: &&str| line.starts_with("handback_job_runs_total{") && line.contains("ending=\"lost\"");
    metrics
        .lines()
        .find(lost)
        .is_some_and(|line| !line.ends_with(" 0"))
}

/// Whether all mail that has been written is out, and all work done.
fn nothing_is_due(db: &Database) -> bool {
    let queued = "SELECT count(*) AS n FROM message WHERE state = 'queued'";
    let jobs = "SELECT count(*) AS n FROM job WHERE kind = 'send_mail' AND state <> 'done'";
    db.number(queued) == 0 && db.number(jobs) == 0
}

/// The process goes on working: what is new is done by it.
async fn goes_on(db: &Database, installation: &Installation, (running, sink): (&Running, &SmtpSink)) {
    let before = sink.mails().len();
    let account = [
        "service-account",
        "create",
        "later",
        "--scope=hr",
        "--scope=desk",
        "--json",
    ];
    let account = serde_json::from_str(&installation.run(&account)).unwrap();
    let door = Door::new(
        &running.base,
        crate::support::program::token_of(running, &account).await,
    );
    let entity = db.text("SELECT id AS t FROM legal_entity");
    Leaver::new("e-2".to_owned(), &entity).tell(&door).await;
    until("new mail is sent", async || {
        sink.mails().len() >= before + 2 && nothing_is_due(db)
    })
    .await;
}

/// Whatever happened twice, the service says that each mail was sent once, and in how many tries.
fn all_was_said_once(db: &Database, sink: &SmtpSink) {
    let count = |what: &str| db.number(&format!("SELECT count(*) AS n FROM {what}"));
    let sent = count("message WHERE state = 'sent'");
    assert_eq!(sent, 4);
    for what in [
        "audit_entry WHERE action = 'message.sent'",
        "message_delivery WHERE outcome = 'accepted'",
    ] {
        assert_eq!(count(what), sent, "{what}");
    }
    assert_eq!(
        count("job WHERE lease_owner IS NOT NULL OR state IN ('running', 'dead')"),
        0
    );
    assert!(most_often(sink) <= 2);
}
