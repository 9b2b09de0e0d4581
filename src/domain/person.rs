//! People: whoever has an employment, leads one, or looks after telephones.

use super::ids::PersonId;
use super::language::Language;
use super::record::Meta;
use super::text::{EmailAddress, ExternalId, PersonName, SourceName};

/// A person. Never identified by a personal identity number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their name; none while only a document's reference is known.
    pub name: Option<PersonName>,
    /// Where mail reaches them at work.
    pub email: Option<EmailAddress>,
    /// The language that they are written to in.
    pub language: Language,
    /// What the sources call them.
    pub identifiers: Vec<(SourceName, ExternalId)>,
    /// Version and dates.
    pub meta: Meta,
}

impl Person {
    /// Whether something is missing without which they cannot be written to.
    pub const fn is_incomplete(&self) -> bool {
        self.name.is_none() || self.email.is_none()
    }
}
