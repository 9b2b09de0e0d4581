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
    /// Version and dates.
    pub meta: Meta,
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
