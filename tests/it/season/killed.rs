//! The season with workers that are killed every day: three processes on one PostgreSQL share the work of each morning
//! and die in the middle of it, and the mail server hangs up and puts off. Nothing is missing, nothing is told to
//! anybody else or on another day, and what arrives twice is the same mail.

use super::Draw;
use super::model::{Case, Season, after, is_business_day};
use crate::durability::door::{Door, Request};
use crate::durability::stop::by_smtp;
use crate::ends::{employment, led_by};
use crate::support::db::{Database, run};
use crate::support::program::{Installation, token_of};
use crate::support::smtp_sink::{Answer, SmtpSink};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Stockholm;
use handback::clock::Clock;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::time::Duration;
use tokio::time::sleep;

/// How many processes work at once.
const WORKERS: usize = 3;

/// How much is played.
#[derive(Clone, Copy)]
struct Size {
    cases: usize,
    managers: usize,
    days: i64,
}

struct Killed<'d> {
    db: &'d Database,
    installation: Installation,
    sink: SmtpSink,
    season: Season,
    draw: Draw,
    kills: usize,
}

impl Killed<'_> {
    /// HR tells today of everything that ends in the season.
    async fn prepare(&mut self, size: Size, today: NaiveDate) {
        let running = self.installation.serve(&["--jobs-enabled=false"]).await;
        let door = Door::new(&running.base, self.installation.token(&running).await);
        let entity = json!({"name": "Socialnämnden", "kind": "authority"});
        let entity = post(&door, "/v1/legal-entities", entity).await;
        let source = json!({"name": "hr", "kind": "hr", "label": "HR", "legal_entity_id": entity["id"]});
        post(&door, "/v1/sources", source).await;
        tell(&door, "chef", (1, json!({}))).await;
        let karin = tell(&door, "karin", (1, json!({}))).await;
        let employed = format!("/v1/employments/{}", karin["employment_id"].as_str().unwrap());
        let coordinator = door.get(&employed).await["person_id"]
            .as_str()
            .unwrap()
            .to_owned();
        for manager in 0..size.managers {
            tell(
                &door,
                &format!("m{manager}"),
                (1, json!({"manager": led_by("chef")})),
            )
            .await;
        }
        for case in 0..size.cases {
            let (name, manager) = (format!("p{case}"), format!("m{}", case % size.managers));
            let begun = tell(&door, &name, (1, json!({"manager": led_by(&manager)}))).await;
            let device = json!({
                "legal_entity_id": entity["id"], "serial": format!("EX{case:05}7Q2K"), "model": "E10",
                "data_class": "standard",
            });
            let device = post(&door, "/v1/devices", device).await;
            let assignment = json!({"employment_id": begun["employment_id"], "device_id": device["id"]});
            post(&door, "/v1/assignments", assignment).await;
            let end = after(today, 2 + self.draw.below(size.days - 4));
            let leaves = (2, json!({"manager": led_by(&manager), "end_date": end}));
            let told = tell(&door, &name, leaves).await;
            let number = told["termination"]["number"].as_str().unwrap().to_owned();
            self.season
                .cases
                .insert(number, Case::new(name, manager, (end, today)));
        }
        running.terminate();
        assert!(running.ended().await.success());
        // What an administrator of the database does to a copy before a rehearsal.
        self.db
            .execute(&format!("UPDATE unit SET coordinator_id = '{coordinator}'"));
        self.db
            .execute("INSERT INTO instance_setting (name, value) VALUES ('purpose', 'rehearsal')");
    }

    /// A morning: the workers begin and are killed, and then one finishes the work.
    async fn morning(&mut self, today: NaiveDate) {
        if self.draw.chance(50) {
            let fault = if self.draw.chance(50) {
                Answer::Close
            } else {
                Answer::Reply("451 4.3.0 later")
            };
            self.sink.answer(".", fault);
        }
        let mut workers: Vec<Child> = (0..WORKERS).map(|_| self.worker(today)).collect();
        sleep(Duration::from_millis(60 + self.draw.next() % 400)).await;
        for worker in &mut workers {
            self.kills += usize::from(worker.try_wait().unwrap().is_none());
            worker.kill().unwrap();
            worker.wait().unwrap();
        }
        // By then the leases of the dead have run out, and what was put off is due again.
        for time in [(8, 20), (8, 40), (9, 30)] {
            let at = at(today, time).to_rfc3339();
            self.installation.run(&["jobs", "run", "--once", "--at", &at]);
        }
        self.season.mail_leaves(today);
    }

    fn worker(&self, today: NaiveDate) -> Child {
        let at = at(today, (8, 5)).to_rfc3339();
        self.installation
            .command(&["jobs", "run", "--once", "--at", &at])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    async fn compare(self) {
        let running = self.installation.serve(&["--jobs-enabled=false"]).await;
        let account = ["service-account", "create", "watcher", "--scope=read", "--json"];
        let account: Value = serde_json::from_str(&self.installation.run(&account)).unwrap();
        let door = Door::new(&running.base, token_of(&running, &account).await);
        let mut names = BTreeMap::new();
        for case in door.all("/v1/terminations?limit=200").await {
            names.insert(word(&case, "id"), word(&case, "number"));
        }
        let told: BTreeSet<(NaiveDate, (String, String, String))> = door
            .all("/v1/messages?state=sent&limit=200")
            .await
            .iter()
            .map(|message| {
                let sent: DateTime<Utc> = word(message, "sent_at").parse().unwrap();
                let number = names[&word(message, "termination_id")].clone();
                let what = (number, word(message, "step"), word(message, "to"));
                (sent.with_timezone(&Stockholm).date_naive(), what)
            })
            .collect();
        let wanted: BTreeSet<(NaiveDate, (String, String, String))> = self
            .season
            .told
            .into_iter()
            .map(|(today, (number, step, role))| (today, (number, step.to_owned(), role.to_owned())))
            .collect();
        let missing: Vec<_> = wanted.difference(&told).take(10).collect();
        let surplus: Vec<_> = told.difference(&wanted).take(10).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "not told: {missing:#?}\ntold too: {surplus:#?}"
        );
        let arrived = self.sink.mails();
        let mut unique: BTreeMap<String, (&Vec<u8>, String)> = BTreeMap::new();
        for mail in &arrived {
            let reader = mail.to[0]
                .trim_matches(['<', '>'])
                .split('@')
                .next()
                .unwrap()
                .to_owned();
            let (data, _) = unique
                .entry(message_id(&mail.data))
                .or_insert((&mail.data, reader));
            assert_eq!(*data, &mail.data, "what arrives twice is the same mail");
        }
        let mut readers: Vec<&str> = unique.values().map(|(_, reader)| reader.as_str()).collect();
        let mut expected: Vec<&str> = self
            .season
            .mails
            .iter()
            .map(|(_, reader)| reader.as_str())
            .collect();
        readers.sort_unstable();
        expected.sort_unstable();
        assert_eq!(readers, expected, "one mail for each reader and day");
        println!(
            "{} kills: {} things told in {} mails as published, {} of them arrived twice",
            self.kills,
            wanted.len(),
            unique.len(),
            arrived.len() - unique.len()
        );
    }
}

fn at(date: NaiveDate, (hour, minute): (u32, u32)) -> DateTime<Utc> {
    let local = date.and_hms_opt(hour, minute, 0).unwrap();
    local.and_local_timezone(Stockholm).unwrap().with_timezone(&Utc)
}

fn word(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

fn message_id(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text.lines().find(|line| line.starts_with("Message-ID:"));
    line.expect("a Message-ID").to_owned()
}

async fn post(door: &Door, path: &str, body: Value) -> Value {
    let key = format!("{path}-{body}").replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let key = key.chars().rev().take(100).collect();
    door.send(&Request::post(path, key, body)).await.good()
}

/// HR tells of an employment.
async fn tell(door: &Door, name: &str, (sequence, other): (i64, Value)) -> Value {
    let path = format!("/v1/sources/hr/employments/{name}");
    door.send(&Request::put(path, employment(name, sequence, other)))
        .await
        .good()
}

async fn play(db: &Database, size: Size) {
    let sink = SmtpSink::start().await.unwrap();
    let installation = by_smtp(Installation::new(db), &sink)
        .with("--mail-send-window", true)
        .with("--mail-rate-per-minute", 10_000)
        .with("--mail-desk-address", "desk@exempelkommunen.example");
    let mut killed = Killed {
        db,
        installation,
        sink,
        season: Season::default(),
        draw: Draw(3),
        kills: 0,
    };
    let today = Clock::system().now().with_timezone(&Stockholm).date_naive();
    killed.prepare(size, today).await;
    for today in (1..=size.days + 20).map(|days| after(today, days)) {
        if is_business_day(today) {
            killed.morning(today).await;
        }
    }
    killed.compare().await;
}

#[test]
fn workers_that_are_killed_every_morning_tell_what_the_schedule_says() {
    let size = Size {
        cases: 12,
        managers: 3,
        days: 10,
    };
    if let Some(db) = Database::postgres() {
        run(&db, &async |db: &Database| play(db, size).await);
    }
}

/// The long form.
#[test]
#[ignore = "minutes: run by cargo season"]
fn season_of_killed_workers() {
    let size = Size {
        cases: 500,
        managers: 40,
        days: 100,
    };
    if let Some(db) = Database::postgres() {
        run(&db, &async |db: &Database| play(db, size).await);
    }
}
