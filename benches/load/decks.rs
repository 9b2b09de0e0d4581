//! The requests, made before the clock starts.

use super::client::{Step, Task};
use super::seed::{self, EMPLOYMENTS, Seeded};
use anyhow::Context;
use chrono::Days;
use handback::crypto::token::OpaqueToken;
use std::time::Duration;

/// More requests in a second than any target answers.
const MOST_PER_SECOND: f64 = 30_000.0;
/// Over how many days the ends of employments are spread.
const DAYS: usize = 10_000;
/// Rows on a page.
pub const PAGE: usize = 50;

/// Where the requests of one target come from.
pub enum Deck {
    /// Again and again the same, in an order that no cache can follow.
    Cycle(Vec<Task>),
    /// Each once: the number of the next, and how it is made.
    Series(usize, Box<dyn Fn(usize) -> anyhow::Result<Task>>),
    /// What there is, a share of it in each run.
    Stock(Vec<Task>),
}

impl Deck {
    /// The same requests, shuffled.
    pub fn cycle(mut tasks: Vec<Task>) -> Self {
        // A linear congruential generator: the same order each time.
        let mut state = 42_u64;
        for at in (1..tasks.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            tasks.swap(at, (state >> 33) as usize % (at + 1));
        }
        Self::Cycle(tasks)
    }

    /// A request for each number, rising.
    pub fn series(make: impl Fn(usize) -> anyhow::Result<Task> + 'static) -> Self {
        Self::Series(0, Box::new(make))
    }

    /// The requests of one run, and whether they are to be repeated.
    ///
    /// # Errors
    /// A request cannot be made.
    pub fn deal(&self, connections: usize, time: Duration) -> anyhow::Result<(Vec<Task>, bool)> {
        Ok(match self {
            Self::Cycle(tasks) => (tasks.clone(), true),
            Self::Series(next, make) => {
                let count = (time.as_secs_f64() * MOST_PER_SECOND) as usize;
                let tasks = (*next..next + count).map(make).collect::<Result<_, _>>()?;
                (tasks, false)
            }
            Self::Stock(tasks) => (
                tasks.iter().take(links_per_run(connections)).cloned().collect(),
                false,
            ),
        })
    }

    /// So many tasks were taken.
    pub fn used(&mut self, count: usize) {
        match self {
            Self::Cycle(_) => {}
            Self::Series(next, _) => *next += count,
            Self::Stock(tasks) => drop(tasks.drain(..count.min(tasks.len()))),
        }
    }
}

/// How many links are answered in one run: each works once, so the run has an end other than time.
pub const fn links_per_run(connections: usize) -> usize {
    match connections {
        0..4 => 200,
        4..16 => 400,
        _ => 800,
    }
}

/// A GET, with a bearer token if there is one.
pub fn get(path: &str, token: Option<&str>) -> Task {
    let authorization = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    vec![step(
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n"),
        "200",
    )]
}

fn step(request: String, status: &'static str) -> Step {
    Step {
        request: request.into_bytes(),
        status,
        says: "",
        id_at: None,
    }
}

fn send(method_and_path: &str, headers: &str, body: &str) -> String {
    format!(
        "{method_and_path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The limit program's write.
pub fn event(id: &str) -> Task {
    vec![step(send(&format!("POST /devices/{id}/events"), "", ""), "200")]
}

/// How a system calls the API.
fn json_headers(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n")
}

/// Documents of the employments from this one on, each with another last day than before.
pub fn documents(token: &str, first: usize, seeded: &Seeded) -> Deck {
    let (headers, first_end) = (json_headers(token), seeded.first_end);
    Deck::series(move |number| {
        let person = first + number % EMPLOYMENTS;
        let end = first_end + Days::new(1 + (number % DAYS) as u64);
        let document = seed::document(person, Some(end), 3 + number as i64)?;
        let body = serde_json::to_string(&document)?;
        let request = send(
            &format!("PUT /v1/sources/hr/employments/e-{person}"),
            &headers,
            &body,
        );
        Ok(vec![Step {
            says: "\"outcome\":\"applied\"",
            ..step(request, "200")
        }])
    })
}

/// The documents that are known already, of employments that go on.
///
/// # Errors
/// A document cannot be made.
pub fn known_documents(token: &str) -> anyhow::Result<Deck> {
    let headers = json_headers(token);
    let tasks = (2 * EMPLOYMENTS..3 * EMPLOYMENTS).map(|person| {
        let body = serde_json::to_string(&seed::document(person, None, 1)?)?;
        let path = format!("PUT /v1/sources/hr/employments/e-{person}");
        Ok(vec![Step {
            says: "\"outcome\":\"unchanged\"",
            ..step(send(&path, &headers, &body), "200")
        }])
    });
    Ok(Deck::cycle(tasks.collect::<anyhow::Result<_>>()?))
}

/// Answers to a check, another one each time the case comes round again: every one of them changes something.
pub fn checks(token: &str, seeded: &Seeded) -> Deck {
    let headers = format!("{}If-Match: *\r\n", json_headers(token));
    let cases = seeded.checks.clone();
    Deck::series(move |number| {
        let (case, item) = cases.get(number % cases.len()).context("no cases")?;
        let body = if (number / cases.len()).is_multiple_of(2) {
            r#"{"state":"done"}"#
        } else {
            r#"{"state":"not_applicable","reason":"Inget arbetsmaterial fanns"}"#
        };
        let path = format!("PUT /v1/terminations/{case}/items/{item}/checks/records_saved");
        Ok(vec![step(send(&path, &headers, body), "200")])
    })
}

/// A device is handed out, and taken back.
pub fn assignments(token: &str, seeded: &Seeded) -> Deck {
    /// What the id of the assignment is written over.
    const ID: &str = "00000000-0000-0000-0000-000000000000";
    let headers = json_headers(token);
    let free = seeded.free.clone();
    Deck::series(move |number| {
        let (device, employment) = free.get(number % free.len()).context("nothing in stock")?;
        let keyed = |kind| format!("{headers}Idempotency-Key: load-{kind}-{number}\r\n");
        let body =
            format!(r#"{{"employment_id":"{employment}","device_id":"{device}","accessories":["Laddare"]}}"#);
        let out = step(send("POST /v1/assignments", &keyed("out"), &body), "201");
        let back = send(
            &format!("POST /v1/assignments/{ID}/end"),
            &format!("{}If-Match: *\r\n", keyed("back")),
            r#"{"reason":"returned"}"#,
        );
        let id_at = back.find(ID);
        let back = Step {
            id_at,
            ..step(back, "200")
        };
        Ok(vec![out, back])
    })
}

/// The manager's form, filled in as when all is well.
pub fn answers(seeded: &Seeded) -> Deck {
    let tasks = seeded.links.iter().map(|(token, last_four)| {
        let csrf = OpaqueToken::generate();
        let csrf = csrf.expose();
        let body = format!(
            "csrf={csrf}&answer=confirm&d0_have=yes&d0_serial={last_four}&d0_condition=intact&d0_records=yes\
             &d0_reset=yes&d0_wiped=yes&d0_accessories=all&d0_sim=returned\
             &d0_code_screen_lock=not_needed_after_wipe&d0_code_sim_pin=not_applicable&d0_code_other=not_applicable"
        );
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\nCookie: c={csrf}\r\n");
        vec![step(send(&format!("POST /c/{token}"), &headers, &body), "303")]
    });
    Deck::Stock(tasks.collect())
}
