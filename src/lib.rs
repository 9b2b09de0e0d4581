//! Handback follows the mobile devices of a Swedish municipal group from order to a proved return, reset and
//! wipe. It connects "the employment ended" to "returned, wiped, codes settled, proved".
//!
//! # The map
//!
//! ```text
//!                  main -> cli                 parses the command line; `demo` plays it
//!                       |
//!           +-----------+-----------+
//!           v                       v
//!         web  (HTTP in)          jobs  (time in)
//!           |                       |
//!           +------> services <-----+          one use case = one function = at most one write transaction
//!                       |
//!                      app                     what a use case needs from its surroundings; no logic
//!                       |
//!           +-----------+-----------+----------------+
//!           v                       v                v
//!          db  (SQL)         integrations          mail  (the texts of mails)
//!           |         (mail servers, issuers)        |
//!           +-------> domain <-----+-----------------+        pure
//!
//!    foundation, usable by all, uses none of the above:  clock  config  crypto  telemetry
//! ```
//!
//! Features are columns with the same file name in every layer: `domain/device.rs`, `db/devices.rs`,
//! `services/devices.rs`, `web/api/devices.rs`.
//!
//! # What never happens
//!
//! - Nothing in [`domain`] does IO, asks the clock or draws a random number.
//! - Nothing calls the network from inside a transaction: the body of a transaction is a synchronous closure.
//! - No GET changes anything. No link in a mail acts by being opened.
//! - Nothing irreversible happens because time passed, but that what was kept for a time is forgotten: sealed codes,
//!   private addresses, old answers. Every send reads the case again.
//! - No change goes without its audit entry: both are in one transaction.
//! - No code, token or personal identity number reaches a log, an error, a mail subject, an event or a metric.
//! - No termination completes by a declaration: only [`domain::termination`] decides, by rule.
//! - No date changes because a holder or a manager says that it is wrong: HR is asked.
//!
//! # How to add an endpoint
//!
//! 1. The rule in `domain`, with its test.
//! 2. The rows in `db`, and a migration in both folders of `migrations`.
//! 3. The use case in `services`: it names an [`domain::policy::Action`], makes one transaction and writes an
//!    audit entry.
//! 4. The handler in `web/api`: extract, call, convert, return, with its `#[utoipa::path]`; the route and its action in
//!    `web::routes`. Then write `openapi.yaml` anew: `cargo run -- openapi > openapi.yaml`.
//! 5. The row in the authorization table of the tests, which fails until it is there.
//! 6. A story through the front door, on both databases.
//!
//! # How to add a job
//!
//! A variant of [`domain::job::Job`] (ids only), its executor in `jobs`, and the call of `db::jobs::enqueue` in
//! the transaction that causes it. What happens by the calendar is a reconciler instead: one line in
//! `jobs::schedule`.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod demo;
pub mod domain;
pub mod integrations;
pub mod jobs;
pub mod mail;
pub mod services;
pub mod startup;
pub mod telemetry;
pub mod web;
