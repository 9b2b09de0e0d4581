//! People: whoever has an employment, leads one, or looks after telephones.

use super::actor::{Actor, Scope};
use super::ids::{ActionLinkId, EmploymentId, PersonId, PersonMergeId, ScimUserId, TerminationId};
use super::language::Language;
use super::record::Meta;
use super::text::{EmailAddress, ExternalId, PersonName, PhoneNumber, SourceName};
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
    /// Whether their identity is protected (skyddade personuppgifter): see [`Person::seen_by`].
    pub is_protected: bool,
    /// Version and dates.
    pub meta: Meta,
}

impl Person {
    /// Whether something is missing without which they cannot be written to.
    pub const fn is_incomplete(&self) -> bool {
        self.name.is_none() || self.email.is_none()
    }

    /// The name as everybody may read it: in a mail, on a page that a link opens, on a receipt. Those can be passed on,
    /// so a protected name is in none of them, whoever it is for.
    pub fn open_name(&self) -> Option<&PersonName> {
        self.name.as_ref().filter(|_| !self.is_protected)
    }

    /// The person without a name that not everybody may read. Mail still reaches them.
    #[must_use]
    pub fn without_protected_name(self) -> Self {
        Self {
            name: self.open_name().cloned(),
            ..self
        }
    }

    /// The person as this actor may see them: every view of a person goes through here. Of a protected one, name, address
    /// and what sources call them are for those alone who have the scope for it.
    #[must_use]
    pub fn seen_by(self, actor: &Actor) -> Self {
        if !self.is_protected || may_see_protected(actor) {
            return self;
        }
        Self {
            name: None,
            email: None,
            identifiers: Vec::new(),
            ..self
        }
    }
}

/// Whether the actor may see who people with a protected identity are.
pub fn may_see_protected(actor: &Actor) -> bool {
    actor.has_scope(Scope::Protected)
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
    /// The numbers that they had.
    #[serde(default)]
    pub numbers: Vec<PhoneNumber>,
    /// The terminations under way that were handed over to them.
    #[serde(default)]
    pub delegated: Vec<TerminationId>,
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
