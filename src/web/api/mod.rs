//! The resources of the JSON API, one file each.

pub mod account_reviews;
pub mod assignments;
pub mod audit_events;
pub mod claims;
pub mod codes;
pub mod devices;
pub mod employment_documents;
pub mod employments;
mod external_reference;
pub mod jobs;
pub mod legal_entities;
pub mod mdm;
pub mod messages;
pub mod missing;
pub mod people;
pub mod person_merges;
pub mod receipt_keys;
pub mod reports;
pub mod schedules;
pub mod snapshots;
pub mod sources;
pub mod subscriptions;
pub mod tasks;
pub mod terminations;
pub mod units;
pub mod unmatched;
pub mod worklist;
