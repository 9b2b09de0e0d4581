//! Units: the tree under a legal entity.

use super::ids::{LegalEntityId, PersonId, UnitId};
use super::record::Meta;
use super::text::{ExternalId, SourceName};
use chrono::{DateTime, NaiveDate, Utc};
use std::fmt;

/// A förvaltning, an enhet, a department: a node in the tree under a legal entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// The legal entity that it belongs to.
    pub legal_entity_id: LegalEntityId,
    /// The unit above it.
    pub parent_id: Option<UnitId>,
    /// What people call it.
    pub name: String,
    /// What a source calls it.
    pub external: Option<(SourceName, ExternalId)>,
    /// The telephony coordinator (telefoniansvarig). A unit without one has that of the nearest unit above.
    pub coordinator_id: Option<PersonId>,
    /// True while we know no more than that a document named it.
    pub is_incomplete: bool,
    /// The unit that it becomes part of, or has become part of.
    pub merger: Option<Merger>,
    /// Version and dates.
    pub meta: Meta,
}

impl Unit {
    /// The merger that was carried out, if one was: nothing new refers to the unit then.
    pub fn merged(&self) -> Option<Merger> {
        self.merger.filter(|merger| merger.merged_at.is_some())
    }

    /// The merger that waits for its day, if there is one.
    pub fn planned_merger(&self) -> Option<Merger> {
        self.merger.filter(|merger| merger.merged_at.is_none())
    }
}

/// For how many days back a merger can count: for longer the reports of the year are closed.
pub const MERGER_MAX_DAYS_BACK: u64 = 366;
/// How many days ahead a merger can be planned. What is later is a slip of the pen.
pub const MERGER_MAX_DAYS_AHEAD: u64 = 3_653;

/// A unit becomes part of another (sammanslagning). It stays as what it was called until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merger {
    /// The unit that it becomes part of, of the same legal entity.
    pub into_id: UnitId,
    /// The first day on which it is part of it.
    pub effective_on: NaiveDate,
    /// When that was carried out; none while it is planned.
    pub merged_at: Option<DateTime<Utc>>,
}

/// The hours at which a unit answers its telephones (telefontider), from a day on.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneHours {
    /// The unit.
    pub unit_id: UnitId,
    /// The first day on which they count, until others do.
    pub valid_from: NaiveDate,
    /// In people's own words.
    pub hours: String,
    /// When they were set.
    pub created_at: DateTime<Utc>,
}

/// What people wrote is not shown.
impl fmt::Debug for PhoneHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneHours")
            .field("unit_id", &self.unit_id)
            .field("valid_from", &self.valid_from)
            .finish_non_exhaustive()
    }
}
