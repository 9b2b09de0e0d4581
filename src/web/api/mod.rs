//! The resources of the JSON API, one file each.

pub mod employment_documents;
pub mod legal_entities;
