//! Integration tests: the crate from outside, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the lints know tests from other code only inside of test functions, and helpers are outside"
)]

mod architecture;
mod audit;
mod jobs;
mod runner;
mod support;
