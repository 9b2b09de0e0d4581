//! `kill -9` at drawn moments while mail goes out to a server that answers late, hangs up, puts off and refuses. No mail is
//! missing, and what arrives twice is the same mail, handed over when a process died or an answer was lost.

use super::door::{Door, Request};
use super::leaver::{self, Leaver, Told};
use super::stop::by_smtp;
use super::storm::Moments;
use crate::support::db::{Database, for_each_empty_database};
use crate::support::program::{Installation, Running};
use crate::support::smtp_sink::{Handover, SmtpSink};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use handback::clock::Clock;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Where the drawing of moments and moods begins.
const SEED: u64 = 0x6b69_6c6c;
/// How much later a process is seen to be gone, or has written down what it was told.
const HASTE: Duration = Duration::from_millis(500);

/// How much is played.
#[derive(Clone, Copy)]
struct Size {
    cases: usize,
    kills: usize,
}

#[test]
fn mail_survives_kill_9_and_a_mail_server_of_moods() {
    for_each_empty_database(async |db| Storm::play(db, Size { cases: 12, kills: 3 }).await);
}

#[test]
#[ignore = "the long form, for `cargo storm`"]
fn mail_survives_a_long_storm_of_kill_9_and_a_mail_server_of_moods() {
    let size = Size {
        cases: 500,
        kills: 200,
    };
    for_each_empty_database(async |db| Storm::play(db, size).await);
}

struct Storm<'d> {
    db: &'d Database,
    installation: Installation,
    sink: SmtpSink,
    token: String,
    entity: String,
    /// What serves, and the way to it.
    processes: Vec<(Running, Door)>,
    moments: Moments,
    kills: Vec<Instant>,
    resumed: usize,
}

impl<'d> Storm<'d> {
    async fn play(db: &'d Database, size: Size) {
        let mut storm = Self::begin(db).await;
        storm.sink.moods(Some(SEED));
        let mut stories = Vec::new();
        for round in 0..size.kills {
            let part = |round| round * size.cases / size.kills;
            stories.extend((part(round)..part(round + 1)).map(|number| storm.told(number)));
            sleep(Duration::from_millis(200 + storm.moments.below(600))).await;
            storm.kill_one().await;
        }
        storm.sink.moods(None);
        let mut told = Vec::new();
        for story in stories {
            told.push(story.await.unwrap());
        }
        for story in &told {
            story.check(&storm.processes[0].1).await;
        }
        storm.settle().await;
        storm.nothing_is_left_or_lost(told.len());
        storm.every_case_was_told(&told).await;
    }

    /// One process on SQLite, three on PostgreSQL.
    async fn begin(db: &'d Database) -> Self {
        let sink = SmtpSink::start().await.unwrap();
        let installation = by_smtp(Installation::new(db), &sink).with("--mail-rate-per-minute", 10_000);
        let first = installation.serve(&[]).await;
        let token = installation.token(&first).await;
        let mut processes = Vec::new();
        let others = if db.is_sqlite() { 0 } else { 2 };
        for running in
            std::iter::once(first).chain(join_all((0..others).map(|_| installation.serve(&[]))).await)
        {
            let door = Door::new(&running.base, token.clone());
            processes.push((running, door));
        }
        let entity = leaver::set_the_stage(&processes[0].1).await;
        // Time is moved at the end, past leases and pauses.
        db.execute("INSERT INTO instance_setting (name, value) VALUES ('purpose', 'rehearsal')");
        Self {
            db,
            installation,
            sink,
            token,
            entity,
            processes,
            moments: Moments(SEED),
            kills: Vec::new(),
            resumed: 0,
        }
    }

    /// Begins to tell the story of somebody who leaves, and insists.
    fn told(&self, number: usize) -> JoinHandle<Told> {
        let leaver = Leaver::new(format!("e-{number}"), &self.entity).with_own_manager();
        let (_, door) = &self.processes[number % self.processes.len()];
        let door = door.clone();
        tokio::spawn(async move { leaver.tell(&door).await })
    }

    async fn kill_one(&mut self) {
        let count = u64::try_from(self.processes.len()).unwrap();
        let place = usize::try_from(self.moments.below(count)).unwrap();
        let (running, door) = self.processes.remove(place);
        self.kills.push(Instant::now());
        running.kill();
        let running = self.installation.serve(&[]).await;
        door.moved(&running.base);
        self.processes.insert(place, (running, door));
    }

    /// Stops everything and runs what is due when leases have run out and pauses are over. What was given up, because
    /// its processes kept dying, an administrator sets going again.
    async fn settle(&mut self) {
        for (running, _) in self.processes.drain(..) {
            running.terminate();
            assert!(running.ended().await.success());
        }
        let mut now = Clock::system().now();
        for _ in 0..8 {
            now += TimeDelta::minutes(10);
            self.installation
                .run(&["jobs", "run", "--once", "--at", &now.to_rfc3339()]);
            self.resumed += self.resume_dead().await;
            if self.count(&due(now)) == 0 {
                break;
            }
        }
    }

    async fn resume_dead(&self) -> usize {
        if self.count("job WHERE state = 'dead'") == 0 {
            return 0;
        }
        let (running, door) = self.desk().await;
        let dead = door.all("/v1/jobs?state=dead&limit=200").await;
        for job in &dead {
            let id = leaver::text(job, "/id");
            let resume = Request::post(
                &format!("/v1/jobs/{id}/resume"),
                format!("resume-{id}"),
                json!({}),
            );
            door.send(&resume).await.good();
        }
        running.terminate();
        assert!(running.ended().await.success());
        dead.len()
    }

    /// A process that does nothing by itself, and the way to it.
    async fn desk(&self) -> (Running, Door) {
        let running = self.installation.serve(&["--jobs-enabled=false"]).await;
        let door = Door::new(&running.base, self.token.clone());
        (running, door)
    }

    fn count(&self, what: &str) -> i64 {
        self.db.number(&format!("SELECT count(*) AS n FROM {what}"))
    }

    fn nothing_is_left_or_lost(&self, cases: usize) {
        let cases = i64::try_from(cases).unwrap();
        for (expected, what) in [
            (cases, "termination WHERE state IN ('scheduled', 'open')"),
            (cases, "(SELECT DISTINCT employment_id FROM termination) t"),
            (0, "job WHERE state NOT IN ('ready', 'done', 'cancelled')"),
            (0, "job WHERE lease_owner IS NOT NULL OR lease_until IS NOT NULL"),
            (0, due(Clock::system().now()).as_str()),
            (0, "message WHERE state = 'queued'"),
            (
                0,
                "message WHERE queued_at IS NOT NULL AND carried_by IS NULL AND NOT EXISTS
                    (SELECT 1 FROM job WHERE kind = 'send_mail' AND dedupe_key = message.id)",
            ),
            (
                self.count("message WHERE state = 'sent'"),
                "audit_entry WHERE action = 'message.sent'",
            ),
        ] {
            assert_eq!(self.count(what), expected, "{what}");
        }
        let verdict = self.installation.run(&["audit", "verify"]);
        assert!(verdict.starts_with("intact"), "{verdict}");
    }

    /// The holder and the receiver of each case were written to, unless the mail server refused it for good.
    async fn every_case_was_told(&self, told: &[Told]) {
        let (running, door) = self.desk().await;
        let mut arrived: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mails = self.sink.mails();
        for (index, mail) in mails.iter().enumerate() {
            arrived.entry(message_id(&mail.data)).or_default().push(index);
        }
        let refused: BTreeSet<String> = self.sink.refused().into_iter().collect();
        let mut messages: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
        for state in ["sent", "failed"] {
            for message in door.all(&format!("/v1/messages?state={state}&limit=200")).await {
                let key = (
                    leaver::text(&message, "/termination_id"),
                    leaver::text(&message, "/step"),
                );
                messages.entry(key).or_default().push(message);
            }
        }
        let (mut sent, mut failed) = (0, 0);
        for case in told {
            for (step, address) in [
                ("return_reminder", case.name.clone()),
                ("confirm_return", format!("chef-{}", case.name)),
            ] {
                let found = messages.get(&(case.termination.clone(), step.to_owned()));
                assert!(found.is_some(), "{step} of {address} was not told");
                for message in found.into_iter().flatten() {
                    if message["state"] == "failed" {
                        failed += 1;
                        let address = format!("{address}@exempelkommunen.example");
                        assert!(refused.contains(&address), "nobody refused {message}");
                        continue;
                    }
                    sent += 1;
                    let id = leaver::text(message, "/id");
                    let is_here = arrived.contains_key(&id) || message["carried_by"].is_string();
                    assert!(is_here, "{message} is said to be sent and did not arrive");
                }
            }
        }
        running.terminate();
        assert!(running.ended().await.success());
        let (twice, uncertain) = self.what_came_twice(&arrived);
        println!(
            "{}: {} kills, {} cases, {sent} mails sent and {failed} refused for good, {} taken by the server; {uncertain} \
             handed over while a process died or without an answer, {twice} of them came twice; {} jobs resumed",
            self.db.kind(),
            self.kills.len(),
            told.len(),
            mails.len(),
            self.resumed,
        );
    }

    /// What came twice is the same mail, and every time but the last its sender died or was not answered. How many came
    /// again, and how many could have.
    fn what_came_twice(&self, arrived: &BTreeMap<String, Vec<usize>>) -> (usize, usize) {
        let (mails, handovers) = (self.sink.mails(), self.sink.handovers());
        let mut twice = 0;
        for (id, places) in arrived {
            let (last, before) = places.split_last().unwrap();
            for place in before {
                twice += 1;
                assert_eq!(mails[*place].data, mails[*last].data, "{id} came in two versions");
                let handover = &handovers[*place];
                assert!(
                    self.is_uncertain(handover),
                    "{id} came twice, and nobody died: {handover:?}"
                );
            }
        }
        let uncertain = handovers.iter().filter(|handover| self.is_uncertain(handover));
        (twice, uncertain.count())
    }

    /// Whether the sender cannot know that the mail was taken: it was not told, or died before it could write it down.
    fn is_uncertain(&self, handover: &Handover) -> bool {
        let (Some(told_at), Some(hung_up_at)) = (handover.told_at, handover.hung_up_at) else {
            return handover.told_at.is_none();
        };
        self.kills
            .iter()
            .any(|kill| handover.taken_at <= *kill + HASTE && *kill <= told_at + HASTE && *kill <= hung_up_at)
    }
}

/// What should have happened by then.
fn due(now: DateTime<Utc>) -> String {
    let now = now.format("%Y-%m-%d %H:%M:%S");
    format!("job WHERE state IN ('ready', 'retry', 'running') AND run_at <= '{now}'")
}

/// The id of the message, which its Message-ID begins with.
fn message_id(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text.lines().find_map(|line| line.strip_prefix("Message-ID: <"));
    let (id, _) = line.and_then(|line| line.split_once('@')).expect("a Message-ID");
    id.split('.').next().unwrap().to_owned()
}
