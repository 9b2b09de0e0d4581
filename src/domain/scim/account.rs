//! Connections of directories, their tokens, and the accounts that they keep here.

use super::resource::Leniency;
use crate::domain::ids::{PersonId, ScimConnectionId, ScimTokenId, ScimUserId};
use crate::domain::record::Meta;
use crate::domain::text::SourceName;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// A directory that may keep accounts here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ScimConnectionId,
    /// What people call it.
    pub name: String,
    /// The source whose people `externalId` and `employeeNumber` name. Without one, any source that knows the id and is
    /// the only one to.
    pub source: Option<SourceName>,
    /// Whether it is held to the letter of the RFC.
    pub is_strict: bool,
    /// When it last said something; to within minutes.
    pub seen_at: Option<DateTime<Utc>>,
    /// When the desk was told that it is silent. None once it has said something again.
    pub alarmed_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Version and dates.
    pub meta: Meta,
}

impl Connection {
    /// Whether unknown attributes and the dialects of clients are taken.
    pub const fn leniency(&self) -> Leniency {
        if self.is_strict {
            Leniency::Strict
        } else {
            Leniency::Lenient
        }
    }

    /// Since when it is silent: since it last said something, or since it was made.
    pub fn silent_since(&self) -> DateTime<Utc> {
        self.seen_at.unwrap_or(self.meta.created_at)
    }
}

/// One token of a connection. The token itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionToken {
    /// Its id.
    pub id: ScimTokenId,
    /// The connection.
    pub connection_id: ScimConnectionId,
    /// SHA-256 of its text.
    pub hash: Vec<u8>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used; to within minutes.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ConnectionToken {
    /// Whether it can be used.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// An account as a directory keeps it here. It is no person: at most it belongs to one.
#[derive(Clone, PartialEq)]
pub struct ScimUser {
    /// Its id.
    pub id: ScimUserId,
    /// Whose it is.
    pub connection_id: ScimConnectionId,
    /// What was sent, with the names of the schema.
    pub attributes: Map<String, Value>,
    /// Whom it belongs to, if that is known.
    pub person_id: Option<PersonId>,
    /// Whether the person's name is what the account says, because no source says one.
    pub fills_name: bool,
    /// The same for the address.
    pub fills_email: bool,
    /// Version and dates.
    pub meta: Meta,
}
