//! People: whoever has an employment, leads one, or looks after telephones.

use super::ids::{ActionLinkId, EmploymentId, PersonId, PersonMergeId, ScimUserId, TerminationId};
use super::language::Language;
use super::record::Meta;
use super::text::{EmailAddress, ExternalId, PersonName, SourceName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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

/// What went from one person to the other when two turned out to be one. It is what goes back when that was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// What the sources call the one who was taken in.
    pub identifiers: Vec<(SourceName, ExternalId)>,
    /// Their employments.
    pub employments: Vec<EmploymentId>,
    /// The employments that they lead.
    pub led: Vec<EmploymentId>,
    /// Their terminations under way.
    pub terminations: Vec<TerminationId>,
    /// The accounts of directories that were theirs.
    #[serde(default)]
    pub accounts: Vec<ScimUserId>,
    /// The links in their mailbox that can still be answered.
    #[serde(default)]
    pub links: Vec<ActionLinkId>,
}

/// Two people whom sources delivered apart are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonMerge {
    /// Its id.
    pub id: PersonMergeId,
    /// The person who stays.
    pub person_id: PersonId,
    /// The one who was the same, and has nothing left.
    pub merged_id: PersonId,
    /// What they had.
    pub moved: Moved,
    /// When.
    pub merged_at: DateTime<Utc>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
}
