//! `kill -9` at drawn moments, while many callers write.

use super::door::Door;
use super::leaver::{self, Leaver, Told};
use crate::support::db::{Database, for_each_empty_database};
use crate::support::program::{Installation, Running, mail_files};
use chrono::TimeDelta;
use futures_util::future::join_all;
use handback::clock::Clock;

/// Where the drawing of moments begins.
const SEED: u64 = 0x6861_6e64_6261_636b;

#[test]
fn what_was_acknowledged_survives_kill_9_and_nothing_happens_twice() {
    for_each_empty_database(async |db| storm(db, 2, 10).await);
}

#[test]
#[ignore = "the long form, for `cargo storm`"]
fn what_was_acknowledged_survives_a_long_storm_of_kill_9() {
    for_each_empty_database(async |db| storm(db, 100, 12).await);
}

#[test]
fn one_document_sent_64_times_at_once_is_applied_once() {
    for_each_empty_database(async |db| {
        let installation = Installation::new(db);
        let running = installation.serve(&[]).await;
        let door = Door::new(&running.base, installation.token(&running).await);
        let entity = leaver::set_the_stage(&door).await;
        let request = Leaver::new("e-1".to_owned(), &entity).begins();
        let answers = join_all((0..64).map(|_| door.send(&request))).await;
        let outcomes: Vec<String> = answers
            .iter()
            .map(|answer| leaver::text(&answer.good(), "/outcome"))
            .collect();
        let count = |outcome| outcomes.iter().filter(|found| *found == outcome).count();
        assert_eq!((count("applied"), count("unchanged")), (1, 63));
        assert_eq!(db.number("SELECT count(*) AS n FROM employment_version"), 1);
    });
}

#[test]
fn whole_stories_of_48_people_with_one_manager_that_are_told_at_once_are_all_heard() {
    for_each_empty_database(async |db| {
        let installation = Installation::new(db);
        let running = installation.serve(&[]).await;
        let door = Door::new(&running.base, installation.token(&running).await);
        let entity = leaver::set_the_stage(&door).await;
        let leavers: Vec<Leaver> = (0..48)
            .map(|caller| Leaver::new(format!("e-{caller}"), &entity))
            .collect();
        // Nobody's answer is a refusal, however many stand in each other's way.
        let told = join_all(leavers.iter().map(|leaver| leaver.tell(&door))).await;
        for story in &told {
            story.check(&door).await;
        }
        assert_eq!(db.number("SELECT count(*) AS n FROM termination"), 48);
    });
}

/// In each round many callers tell a story each, and the process dies somewhere in the middle of it.
async fn storm(db: &Database, rounds: u64, callers: u64) {
    // All mail may leave at once, so that what is missing at the end is missing.
    let installation = Installation::new(db).with("--mail-rate-per-minute", 10_000);
    let mut running = installation.serve(&[]).await;
    let door = Door::new(&running.base, installation.token(&running).await);
    let entity = leaver::set_the_stage(&door).await;
    // Time is moved at the end, past the leases of the killed processes.
    db.execute("INSERT INTO instance_setting (name, value) VALUES ('purpose', 'rehearsal')");
    let mut moments = Moments(SEED);
    let mut told: Vec<Told> = Vec::new();
    for round in 0..rounds {
        let moment = door.answered() + 1 + moments.below(callers * leaver::REQUESTS - 1);
        let leavers = (0..callers).map(|caller| Leaver::new(format!("e-{round}-{caller}"), &entity));
        let stories = leavers.map(|leaver| {
            let door = door.clone();
            tokio::spawn(async move { leaver.tell(&door).await })
        });
        let stories: Vec<_> = stories.collect();
        door.until_answered(moment).await;
        running = killed_and_started(&installation, running, &door).await;
        for story in stories {
            told.push(story.await.unwrap());
        }
    }
    let running = killed_and_started(&installation, running, &door).await;
    for story in &told {
        story.check(&door).await;
    }
    let answered = door.answered();
    running.terminate();
    assert!(running.ended().await.success());
    settle(&installation);
    nothing_is_doubled(db, &installation, i64::try_from(told.len()).unwrap());
    eprintln!(
        "{}: {} kills, {answered} requests answered, {} mails",
        db.kind(),
        rounds + 1,
        mail_files(&installation.mails()).len()
    );
}

async fn killed_and_started(installation: &Installation, running: Running, door: &Door) -> Running {
    running.kill();
    let running = installation.serve(&[]).await;
    door.moved(&running.base);
    running
}

/// Runs what is due when the leases of the killed processes have run out.
fn settle(installation: &Installation) {
    let later = (Clock::system().now() + TimeDelta::minutes(1)).to_rfc3339();
    installation.run(&["jobs", "run", "--once", "--at", &later]);
}

fn nothing_is_doubled(db: &Database, installation: &Installation, people: i64) {
    for (expected, what) in [
        (people, "employment"),
        (3 * people, "employment_version"),
        (
            3 * people,
            "(SELECT DISTINCT employment_id, content_hash FROM employment_version) v",
        ),
        (people, "device"),
        (people, "assignment"),
        (people, "termination"),
        (people, "(SELECT DISTINCT employment_id FROM termination) t"),
        (
            people,
            "message WHERE step = 'confirm_return' AND recipient_role = 'receiver' AND state = 'sent'",
        ),
        (
            people,
            "message WHERE step = 'confirm_return' AND recipient_role = 'receiver'",
        ),
        // The stage has two receipts of its own.
        (3 * people + 2, "idempotency_receipt"),
        (0, "message WHERE state = 'queued'"),
        (0, "job WHERE lease_owner IS NOT NULL"),
        (0, "job WHERE state = 'dead'"),
    ] {
        assert_eq!(
            db.number(&format!("SELECT count(*) AS n FROM {what}")),
            expected,
            "{what}; {}",
            unfinished(db)
        );
    }
    let sent = db.number("SELECT count(*) AS n FROM message WHERE state = 'sent' AND carried_by IS NULL");
    assert_eq!(
        mail_files(&installation.mails()).len(),
        usize::try_from(sent).unwrap()
    );
    let verdict = installation.run(&["audit", "verify"]);
    assert!(verdict.starts_with("intact"), "{verdict}");
}

/// A message that has not left, and a job that failed, to say why the numbers are wrong.
fn unfinished(db: &Database) -> String {
    let message = "SELECT coalesce(min(step || ' to ' || recipient_role || ' is ' || state || ' ' \
                   || coalesce(state_reason, '')), 'every mail has left') AS t FROM message WHERE state <> 'sent'";
    let job = "SELECT coalesce(min(kind || ' is ' || state || ': ' || last_error), 'no job failed') AS t FROM job \
               WHERE last_error IS NOT NULL";
    format!("{}; {}", db.text(message), db.text(job))
}

/// Draws the moments: the same ones in every run (SplitMix64).
pub(super) struct Moments(pub(super) u64);

impl Moments {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
