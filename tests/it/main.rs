//! Integration tests: the crate from outside, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the lints know tests from other code only inside of test functions, and helpers are outside"
)]

mod architecture;
mod audit;
mod codes;
mod jobs;
mod links;
mod mails;
mod mdm;
mod register;
mod runner;
mod support;
mod terminations;
