//! Employments, and what a delivered document does to one.
//!
//! HR delivers the full state of one employment, never a verb. What happened is derived by comparing.

use super::ids::{EmploymentId, LegalEntityId, PersonId, UnitId};
use super::language::Language;
use super::record::Meta;
use super::text::{EmailAddress, ExternalId, PersonName, SourceName};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What kind of employment it is.
    pub enum EmploymentKind {
        /// Employed until further notice or for a term.
        Employee = "employee",
        /// An elected representative's mandate.
        Elected = "elected",
        /// Employed by the hour.
        Hourly = "hourly",
        /// Engaged through another company.
        Contractor = "contractor",
    }
}

text_enum! {
    /// Whether the employment counts.
    pub enum EmploymentState {
        /// It does.
        Active = "active",
        /// It should never have existed, such as a hiring that was called off.
        Void = "void",
    }
}

/// A person as a document names them. What is left out says nothing; it does not clear what is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonReference {
    /// The source's id of the person.
    pub external_id: ExternalId,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<PersonName>,
    /// Their e-mail address at work.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<EmailAddress>,
    /// The language that they are written to in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<Language>,
}

/// The full state of one employment, as a source delivers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmploymentDocument {
    /// Who is employed.
    pub person: PersonReference,
    /// What kind of employment it is.
    pub kind: EmploymentKind,
    /// The source's id of the unit.
    pub unit: ExternalId,
    /// The manager, where there is one.
    pub manager: Option<PersonReference>,
    /// Whether the employment counts.
    pub state: EmploymentState,
    /// The first day.
    pub start_date: NaiveDate,
    /// The last day, inclusive; none while it is open-ended.
    pub end_date: Option<NaiveDate>,
    /// The last day at work, when that is earlier. It moves reminders, never the end.
    pub last_working_day: Option<NaiveDate>,
    /// Rises with every version of this employment.
    pub sequence: i64,
    /// When it happened in the source; for people and the audit, never for ordering.
    pub occurred_at: Option<DateTime<Utc>>,
}

impl EmploymentDocument {
    /// What of the document is content: all but its place in the sequence. Two documents with equal content
    /// say the same thing.
    #[must_use]
    pub fn content(&self) -> Self {
        Self {
            sequence: 0,
            occurred_at: None,
            ..self.clone()
        }
    }
}

/// One employment, mandate or contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employment {
    /// Its id.
    pub id: EmploymentId,
    /// Who delivers it.
    pub source: SourceName,
    /// What the source calls it.
    pub external_id: ExternalId,
    /// Whose it is.
    pub person_id: PersonId,
    /// Where.
    pub unit_id: UnitId,
    /// The legal entity of the unit: the employer.
    pub legal_entity_id: LegalEntityId,
    /// The manager, as last delivered.
    pub manager_id: Option<PersonId>,
    /// The document as last applied.
    pub document: EmploymentDocument,
    /// SHA-256 of the document's content, in hex.
    pub content_hash: String,
    /// Version and dates. The version numbers the applied documents.
    pub meta: Meta,
}

impl Employment {
    /// Whether the employment is over on this day.
    pub fn has_ended(&self, today: NaiveDate) -> bool {
        match self.document.state {
            EmploymentState::Void => true,
            EmploymentState::Active => self.document.end_date.is_some_and(|end| end < today),
        }
    }
}

text_enum! {
    /// What became of a delivered document.
    pub enum DeliveryOutcome {
        /// It is the employment's state now.
        Applied = "applied",
        /// It says what was known.
        Unchanged = "unchanged",
        /// Something newer was known; it is recorded and has no effect.
        Stale = "stale",
        /// The same sequence came with another content: somebody must look; nothing has changed.
        Conflict = "sequence_conflict",
    }
}

/// Compares a delivered document with what is stored: by sequence, never by time, because clocks of two
/// systems say nothing about order.
pub fn compare(stored: Option<(i64, &str)>, sequence: i64, content_hash: &str) -> DeliveryOutcome {
    let Some((known, hash)) = stored else {
        return DeliveryOutcome::Applied;
    };
    match (sequence.cmp(&known), hash == content_hash) {
        (std::cmp::Ordering::Less, _) => DeliveryOutcome::Stale,
        (_, true) => DeliveryOutcome::Unchanged,
        (std::cmp::Ordering::Greater, false) => DeliveryOutcome::Applied,
        (std::cmp::Ordering::Equal, false) => DeliveryOutcome::Conflict,
    }
}

/// What a version of an employment asks of its termination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminationNeed {
    /// The employment goes on, or never was: a termination under way is cancelled.
    None,
    /// It ends: there is a termination with these dates, if anything is out.
    Ends {
        /// The last day, inclusive.
        end_on: NaiveDate,
        /// The last day at work, when that is earlier.
        last_working_on: Option<NaiveDate>,
    },
}

/// What the current state of an employment asks of its termination.
pub const fn termination_need(document: &EmploymentDocument) -> TerminationNeed {
    match (document.state, document.end_date) {
        (EmploymentState::Active, Some(end_on)) => TerminationNeed::Ends {
            end_on,
            last_working_on: document.last_working_day,
        },
        (EmploymentState::Active, None) | (EmploymentState::Void, _) => TerminationNeed::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_ordered_by_sequence_alone() {
        assert_eq!(compare(None, 0, "a"), DeliveryOutcome::Applied);
        for (sequence, hash, outcome) in [
            (6, "a", DeliveryOutcome::Unchanged),
            (6, "b", DeliveryOutcome::Applied),
            (5, "a", DeliveryOutcome::Unchanged),
            (5, "b", DeliveryOutcome::Conflict),
            (4, "a", DeliveryOutcome::Stale),
            (4, "b", DeliveryOutcome::Stale),
        ] {
            assert_eq!(
                compare(Some((5, "a")), sequence, hash),
                outcome,
                "{sequence} {hash}"
            );
        }
    }
}
