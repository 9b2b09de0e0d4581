//! The resources of the JSON API, one file each.

pub mod assignments;
pub mod devices;
pub mod employment_documents;
pub mod employments;
mod external_reference;
pub mod legal_entities;
pub mod people;
pub mod sources;
pub mod subscriptions;
pub mod units;
