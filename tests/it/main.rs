//! Integration tests: the crate from outside, on both databases.

mod architecture;
mod audit;
mod jobs;
mod runner;
mod support;
