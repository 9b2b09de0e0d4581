//! Where facts about people and employments come from.

use super::ids::LegalEntityId;
use super::record::Meta;
use super::text::SourceName;
use crate::text_enum;

text_enum! {
    /// What a source knows about.
    pub enum SourceKind {
        /// An HR system.
        Hr = "hr",
        /// A system for elected representatives and their mandates.
        Elected = "elected",
        /// A system for people who are not employed, such as contractors.
        External = "external",
        /// A directory of people and accounts.
        Directory = "directory",
    }
}

/// A system that delivers employment documents. Its name is part of every key that it delivers, because
/// two systems may use the same number for different people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in URLs; never changes.
    pub name: SourceName,
    /// What it knows about.
    pub kind: SourceKind,
    /// What people call it.
    pub label: String,
    /// Where units belong that it names and we do not know yet.
    pub legal_entity_id: LegalEntityId,
    /// Version and dates.
    pub meta: Meta,
}
