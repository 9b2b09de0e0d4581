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
    /// How it proves who it is.
    pub credential: Credential,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Version and dates. A token carries the version and dies when it changes.
    pub meta: Meta,
}

/// How a service account proves who it is: in one way, never in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// By a secret of its own, for which it gets tokens of ours.
    Secret {
        /// SHA-256 of the secret; the secret itself is shown once and not kept.
        hash: Vec<u8>,
    },
    /// By tokens of another issuer.
    External(ExternalClient),
}

/// A client of another issuer, in the issuer's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalClient {
    /// The issuer.
    pub issuer: String,
    /// The client's id there.
    pub client_id: String,
    /// Whom a token stands for when the client acts for itself. A token that stands for anybody else, such as a
    /// person who signed in with the same client, is not the account's.
    pub subject: String,
}
