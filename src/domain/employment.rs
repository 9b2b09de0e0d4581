//! Employments, and what a delivered document does to one.
//!
//! HR delivers the full state of one employment, never a verb. What happened is derived by comparing.

use super::ids::{EmploymentId, LegalEntityId, PersonId, UnitId};
use super::language::Language;
use super::record::Meta;
use super::termination::TerminationKind;
use super::text::{EmailAddress, ExternalId, PersonName, SourceName};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
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

text_enum! {
    /// How an employment ends.
    #[derive(Default)]
    pub enum EndKind {
        /// On a day that is known in advance.
        #[default]
        Ordinary = "ordinary",
        /// At once: a suspension or a dismissal.
        Immediate = "immediate",
        /// The person has died.
        Deceased = "deceased",
    }
}

/// A time away from work that does not end the employment. The dates alone: why somebody is away is nobody's business
/// here, and is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leave {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, inclusive; none while it is open.
    pub to: Option<NaiveDate>,
}

impl Leave {
    /// Whether the day is in it.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
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
    /// Whether their identity is protected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub is_protected: Option<bool>,
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
    /// How it ends; says something only where there is an end.
    #[serde(default, skip_serializing_if = "is_ordinary")]
    pub end_kind: EndKind,
    /// The leaves of absence that are known, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave: Vec<Leave>,
    /// Rises with every version of this employment.
    pub sequence: i64,
    /// When it happened in the source; for people and the audit, never for ordering.
    pub occurred_at: Option<DateTime<Utc>>,
}

fn is_ordinary(kind: &EndKind) -> bool {
    *kind == EndKind::Ordinary
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

/// What was known of an employment from one moment on. Versions are added and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmploymentVersion {
    /// Which, from 1.
    pub version: i64,
    /// When it was recorded here.
    pub recorded_at: DateTime<Utc>,
    /// What was delivered.
    pub document: EmploymentDocument,
}

impl Employment {
    /// Whether the employment is over on this day.
    pub fn has_ended(&self, today: NaiveDate) -> bool {
        match self.document.state {
            EmploymentState::Void => true,
            EmploymentState::Active => self.document.end_date.is_some_and(|end| end < today),
        }
    }

    /// Whether the employment has begun and is not over on this day.
    pub fn is_active(&self, today: NaiveDate) -> bool {
        self.document.start_date <= today && !self.has_ended(today)
    }

    /// Whether whoever has the employment is at work on this day, as far as the dates tell.
    pub fn is_at_work(&self, today: NaiveDate) -> bool {
        self.is_active(today) && !self.document.leave.iter().any(|leave| leave.covers(today))
    }

    /// Where the holder goes on when this employment ends on `end_on`: another one that begins within
    /// [`TRANSFER_GAP_DAYS`] of that day and goes on after it. One that ran beside this one all along, such as a
    /// second job, is no transfer; it only begins later than this one did.
    pub fn continued_by<'e>(&self, end_on: NaiveDate, others: &'e [Self]) -> Option<&'e Self> {
        let gap = TimeDelta::days(TRANSFER_GAP_DAYS);
        others
            .iter()
            .filter(|other| other.id != self.id && other.document.state == EmploymentState::Active)
            .filter(|other| other.document.start_date > self.document.start_date)
            .filter(|other| (other.document.start_date - end_on).abs() <= gap)
            .filter(|other| other.document.end_date.is_none_or(|end| end > end_on))
            .min_by_key(|other| (other.document.start_date, other.id))
    }
}

/// How near the end of one employment the next one begins, before or after, for the two to be one move, in days.
pub const TRANSFER_GAP_DAYS: i64 = 31;

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
        /// What kind of case it is, if the holder does not go on elsewhere.
        kind: TerminationKind,
    },
}

/// What the current state of an employment asks of its termination.
pub const fn termination_need(document: &EmploymentDocument) -> TerminationNeed {
    match (document.state, document.end_date) {
        (EmploymentState::Active, Some(end_on)) => TerminationNeed::Ends {
            end_on,
            last_working_on: document.last_working_day,
            kind: match (document.end_kind, document.kind) {
                (EndKind::Deceased, _) => TerminationKind::Deceased,
                (EndKind::Immediate, _) => TerminationKind::Immediate,
                (EndKind::Ordinary, EmploymentKind::Elected) => TerminationKind::MandateEnd,
                (
                    EndKind::Ordinary,
                    EmploymentKind::Employee | EmploymentKind::Hourly | EmploymentKind::Contractor,
                ) => TerminationKind::Ordinary,
            },
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
