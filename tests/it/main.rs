//! Integration tests: the crate from outside, on both databases.

mod architecture;
mod audit;
mod codes;
mod jobs;
mod mdm;
mod register;
mod runner;
mod support;
mod terminations;
