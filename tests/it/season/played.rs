//! The season in one process whose clock is moved: HR moves ends and takes them back, managers answer.

use super::Draw;
use super::model::{Case, Season, after, day, is_business_day};
use crate::ends::{Town, employment, led_by};
use crate::support::db::{TestDb, for_each_database};
use crate::support::http::TestServer;
use crate::support::story::{ReadMail, Visitor, all_well};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Stockholm;
use handback::app::App;
use handback::config::Mailbox;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const FIRST: &str = "2027-01-11";

/// What may happen to a case at noon of a day.
enum Event {
    Known(usize),
    Moved(usize, NaiveDate),
    TakenBack(usize),
    /// The manager answers, if they have been asked by then.
    Answered(usize),
}

/// Who leaves, and what happens on which day.
struct Script {
    cases: usize,
    managers: usize,
    days: i64,
    ends: Vec<NaiveDate>,
    events: BTreeMap<NaiveDate, Vec<Event>>,
}

impl Script {
    fn draw(seed: u64, (cases, managers, days): (usize, usize, i64)) -> Self {
        let mut draw = Draw(seed);
        let first = day(FIRST);
        let mut events: BTreeMap<NaiveDate, Vec<Event>> = BTreeMap::new();
        let mut ends = Vec::new();
        for case in 0..cases {
            let end = after(first, 3 + draw.below(days - 25));
            // Most are known well before, some on the last day.
            let known = if draw.chance(60) {
                first
            } else {
                after(first, draw.below((end - first).num_days() + 1))
            };
            ends.push(end);
            events.entry(known).or_default().push(Event::Known(case));
            let later = after(known, 1 + draw.below(20));
            if draw.chance(15) {
                let moved = after(later.max(end), 1 + draw.below(10));
                events.entry(later).or_default().push(Event::Moved(case, moved));
            } else if draw.chance(12) {
                events.entry(later).or_default().push(Event::TakenBack(case));
            }
            if draw.chance(50) {
                let answered = after(end, draw.below(20) - 2);
                events.entry(answered).or_default().push(Event::Answered(case));
            }
        }
        Self {
            cases,
            managers,
            days,
            ends,
            events,
        }
    }

    fn manager(&self, case: usize) -> String {
        format!("m{}", case % self.managers)
    }
}

/// The service as it runs for real, with a desk and no limit to how fast mail leaves.
fn service(db: &TestDb) -> App {
    let mut app = crate::schedules::by_day(db);
    let mut config = (*app.config).clone();
    config.mail.desk_address = Some("desk@exempelkommunen.example".parse::<Mailbox>().unwrap());
    config.mail.rate_per_minute = 10_000;
    app.config = Arc::new(config);
    app
}

/// That hour of the day in Sweden.
fn at(date: NaiveDate, (hour, minute): (u32, u32)) -> DateTime<Utc> {
    let local = date.and_hms_opt(hour, minute, 0).unwrap();
    local.and_local_timezone(Stockholm).unwrap().with_timezone(&Utc)
}

struct Player<'s> {
    town: Town<'s>,
    script: Script,
    season: Season,
    numbers: BTreeMap<usize, String>,
    sequences: BTreeMap<usize, i64>,
    /// The newest link of each case.
    links: BTreeMap<String, String>,
    mails: Vec<(NaiveDate, String)>,
}

impl Player<'_> {
    async fn prepare(&mut self) {
        let town = &self.town;
        town.hr("chef", &employment("chef", 1, json!({}))).await;
        let karin = town.hr("karin", &employment("karin", 1, json!({}))).await;
        for manager in 0..self.script.managers {
            let name = format!("m{manager}");
            town.hr(&name, &employment(&name, 1, json!({"manager": led_by("chef")})))
                .await;
        }
        let admin = town.admin().await;
        let units = admin.all("/v1/units").await;
        let employed = format!("/v1/employments/{}", karin["employment_id"].as_str().unwrap());
        let person = admin.get(&employed).await.json()["person_id"].clone();
        let path = format!("/v1/units/{}", units[0]["id"].as_str().unwrap());
        let etag = admin.get(&path).await.etag();
        let changed = admin
            .patch(&path, &etag, &json!({"coordinator_id": person}))
            .await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        for case in 0..self.script.cases {
            let begun = self.tells(case, None).await;
            let serial = format!("EX{case:05}7Q2K");
            let device = json!({"legal_entity_id": self.town.entity["id"], "serial": serial, "model": "E10", "data_class": "standard"});
            let device = admin.make("/v1/devices", &device).await;
            let assignment = json!({
                "employment_id": begun["employment_id"], "device_id": device["id"], "accessories": ["laddare"],
            });
            admin.make("/v1/assignments", &assignment).await;
        }
    }

    /// HR tells of a case's employment as it is now.
    async fn tells(&mut self, case: usize, end: Option<NaiveDate>) -> Value {
        let sequence = self.sequences.entry(case).or_insert(0);
        *sequence += 1;
        let name = format!("p{case}");
        let other = json!({"manager": led_by(&self.script.manager(case)), "end_date": end});
        let document = employment(&name, *sequence, other);
        self.town.hr(&name, &document).await
    }

    /// Mail leaves, in the service and in the model.
    async fn mail_leaves(&mut self, today: NaiveDate) {
        for mail in self.town.mails().await {
            self.links.extend(links_of(&mail));
            self.mails.push((today, mail.to));
        }
        self.season.mail_leaves(today);
    }

    async fn happens(&mut self, event: Event, today: NaiveDate) {
        match event {
            Event::Known(case) => {
                let end = self.script.ends[case];
                let told = self.tells(case, Some(end)).await;
                let number = told["termination"]["number"].as_str().unwrap().to_owned();
                let begun = Case::new(format!("p{case}"), self.script.manager(case), (end, today));
                self.season.cases.insert(number.clone(), begun);
                self.numbers.insert(case, number);
            }
            Event::Moved(case, end) => {
                if self.open(case).is_some() {
                    self.tells(case, Some(end)).await;
                    self.open(case).unwrap().ends(end, today);
                }
            }
            Event::TakenBack(case) => {
                if self.open(case).is_some() {
                    self.tells(case, None).await;
                    self.open(case).unwrap().is_called_off();
                }
            }
            Event::Answered(case) => self.answers(case, today).await,
        }
    }

    fn open(&mut self, case: usize) -> Option<&mut Case> {
        let number = self.numbers.get(&case)?;
        self.season.cases.get_mut(number).filter(|found| found.is_open)
    }

    async fn answers(&mut self, case: usize, today: NaiveDate) {
        let is_asked = self.open(case).is_some_and(|found| found.is_asked);
        // Receipts of a weekend are another story.
        if !is_asked || !is_business_day(today) {
            return;
        }
        let token = &self.links[&self.numbers[&case]];
        let page = Visitor::open(self.town.server, token).await;
        page.gets(&all_well(), StatusCode::SEE_OTHER).await;
        self.open(case).unwrap().is_confirmed(today);
    }
}

/// The cases that a mail asks about, each with the token of its link.
fn links_of(mail: &ReadMail) -> Vec<(String, String)> {
    let lines: Vec<&str> = mail.text.lines().collect();
    let own = mail
        .text
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix("Ärende HB-"));
    let mut found = Vec::new();
    for pair in lines.windows(2) {
        let Some((_, token)) = pair[1].split_once("/c/") else {
            continue;
        };
        let named = pair[0]
            .split_once("(HB-")
            .map(|(_, rest)| rest.trim_end_matches("):"));
        let number = named.or(own).expect("a link is of a case");
        found.push((format!("HB-{number}"), token.trim().to_owned()));
    }
    found
}

async fn play(db: &TestDb, script: Script) {
    let first = day(FIRST);
    db.app().clock.set(at(first, (7, 0)));
    let server = TestServer::start_app(db, service(db));
    let mut player = Player {
        town: Town::of(&server).await,
        script,
        season: Season::default(),
        numbers: BTreeMap::new(),
        sequences: BTreeMap::new(),
        links: BTreeMap::new(),
        mails: Vec::new(),
    };
    player.prepare().await;
    for today in (0..player.script.days).map(|days| after(first, days)) {
        db.app().clock.set(at(today, (8, 5)));
        player.mail_leaves(today).await;
        db.app().clock.set(at(today, (12, 0)));
        for event in player.script.events.remove(&today).unwrap_or_default() {
            player.happens(event, today).await;
        }
        db.app().clock.set(at(today, (12, 30)));
        player.mail_leaves(today).await;
    }
    compare(player).await;
}

async fn compare(player: Player<'_>) {
    let (mut mails, mut expected) = (player.mails, player.season.mails);
    mails.sort();
    expected.sort();
    let names: BTreeMap<String, String> = player
        .town
        .desk()
        .await
        .all("/v1/terminations")
        .await
        .iter()
        .map(|case| {
            let word = |name: &str| case[name].as_str().unwrap().to_owned();
            (word("id"), word("number"))
        })
        .collect();
    let told: BTreeSet<(NaiveDate, (String, String, String))> = player
        .town
        .desk()
        .await
        .all("/v1/messages?state=sent")
        .await
        .iter()
        .map(|message| {
            let word = |name: &str| message[name].as_str().unwrap().to_owned();
            let sent: DateTime<Utc> = word("sent_at").parse().unwrap();
            let today = sent.with_timezone(&Stockholm).date_naive();
            (
                today,
                (names[&word("termination_id")].clone(), word("step"), word("to")),
            )
        })
        .collect();
    let wanted: BTreeSet<(NaiveDate, (String, String, String))> = player
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
    assert!(wanted.len() > player.script.cases, "{}", wanted.len());
    assert_eq!(mails, expected, "one mail for each reader and day");
    println!(
        "{} cases, {} days: {} things told in {} mails, as published",
        player.script.cases,
        player.script.days,
        wanted.len(),
        mails.len()
    );
}

#[test]
fn what_is_mailed_in_a_season_is_what_the_schedule_says() {
    for_each_database(async |db| play(db, Script::draw(7, (24, 4, 60))).await);
}

/// The long form.
#[test]
#[ignore = "minutes: run by cargo season"]
fn season_of_500_cases_in_120_days() {
    for_each_database(async |db| play(db, Script::draw(11, (500, 40, 120))).await);
}
