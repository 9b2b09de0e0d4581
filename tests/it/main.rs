//! Integration tests: the crate from outside, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "the lints know tests from other code only inside of test functions; and a story is told in one piece"
)]

mod architecture;
mod audit;
mod authorization;
mod cli;
mod codes;
mod config;
mod durability;
mod ends;
mod external_tokens;
mod histories;
mod hr;
mod jobs;
mod links;
mod links_again;
mod mails;
mod manners;
mod mdm;
mod migrations;
mod openapi;
mod receipts;
mod register;
mod runner;
mod schedules;
mod scim;
mod snapshots;
mod support;
mod tasks;
mod terminations;
mod wipes;
