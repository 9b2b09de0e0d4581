//! Service accounts: the systems that may call the API.

use super::actor::Scope;
use super::ids::ServiceAccountId;
use super::record::Meta;
use chrono::{DateTime, Utc};

/// A system with credentials of its own (an OAuth 2.0 client, RFC 6749 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its id; also its `client_id`.
    pub id: ServiceAccountId,
    /// What people call it.
    pub name: String,
    /// SHA-256 of its secret; the secret itself is shown once and not kept.
    pub secret_hash: Vec<u8>,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Version and dates. A token carries the version and dies when it changes.
    pub meta: Meta,
}
