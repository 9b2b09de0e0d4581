//! The resources of the JSON API, one file each.

pub mod legal_entities;
