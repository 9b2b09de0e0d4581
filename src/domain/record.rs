//! What every edited record carries.

use chrono::{DateTime, Utc};

/// The version and the dates of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Rises by one with each change; the entity tag of the record, and the guard of every edit.
    pub version: i64,
    /// When the record was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Meta {
    /// A record made now.
    pub const fn new(now: DateTime<Utc>) -> Self {
        Self {
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The record after a change now.
    #[must_use]
    pub const fn changed(self, now: DateTime<Utc>) -> Self {
        Self {
            version: self.version + 1,
            created_at: self.created_at,
            updated_at: now,
        }
    }
}

/// Which version of a record the caller means to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// Whichever is there.
    Any,
    /// One of these; none when the list is empty.
    OneOf(Vec<i64>),
}

impl ExpectedVersion {
    /// Whether a record of this version may be changed.
    pub fn admits(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}
