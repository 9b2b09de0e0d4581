//! Integration tests: the crate from outside, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "the lints know tests from other code only inside of test functions; and a story is told in one piece"
)]

mod absences;
mod add_ons;
mod architecture;
mod attachments;
mod audit;
mod authorization;
mod claims;
mod cli;
mod codes;
mod config;
mod delegation;
mod deliveries;
mod digests;
mod durability;
mod ends;
mod external_tokens;
mod histories;
mod holder_page;
mod hr;
mod jobs;
mod links;
mod links_again;
mod mails;
mod manners;
mod mdm;
mod mergers;
mod migrations;
mod moves;
mod numbers;
mod openapi;
mod outcomes;
mod private_addresses;
mod protected_identity;
mod receipts;
mod receipts_kept;
mod register;
mod reports;
mod runner;
mod schedules;
mod scim;
mod season;
mod season_end;
mod sequences;
mod snapshots;
mod support;
mod tasks;
mod terminations;
mod wipes;
mod worklist;
mod writes;
