//! Tokens that were verified before. A signature costs more than the rest of a read; a token that was good
//! stays good until it expires (one of another issuer, until its key must be looked at again), and its account is
//! looked at in the database on every request anyway.

use crate::crypto::access_token::AccessClaims;
use crate::crypto::digest::{Digest, sha256};
use crate::domain::actor::Actor;
use crate::domain::ids::ServiceAccountId;
use crate::services::tokens::ExternalToken;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

/// The most tokens that are remembered: a few hundred bytes each.
const CAPACITY: usize = 4_096;

/// Whom a good token stands for.
#[derive(Debug)]
pub struct Verified {
    /// The actor of the use cases.
    pub actor: Actor,
    /// The id of the account or of the connection.
    pub client: Uuid,
}

/// A good token.
#[derive(Clone, Debug)]
pub enum Known {
    /// One of ours, which says all there is to know.
    Ours {
        /// Whom it stands for.
        verified: Arc<Verified>,
        /// When it ends.
        expires_at: DateTime<Utc>,
    },
    /// One of another issuer. Whom it stands for is looked up each time.
    External(Arc<ExternalToken>),
}

impl Known {
    fn good_until(&self) -> DateTime<Utc> {
        match self {
            Self::Ours { expires_at, .. } => *expires_at,
            Self::External(token) => token.good_until,
        }
    }
}

impl TryFrom<AccessClaims> for Verified {
    type Error = uuid::Error;

    fn try_from(claims: AccessClaims) -> Result<Self, uuid::Error> {
        let account: ServiceAccountId = claims.grant.subject.parse()?;
        // A scope that this version does not know allows nothing.
        let scopes = claims
            .grant
            .scopes
            .iter()
            .filter_map(|word| word.parse().ok())
            .collect();
        Ok(Self {
            actor: Actor::ServiceAccount {
                id: account,
                scopes,
                version: claims.grant.version,
            },
            client: account.into(),
        })
    }
}

/// Good tokens by the SHA-256 of their text: the text itself is not kept.
#[derive(Default)]
pub struct TokenCache(RwLock<HashMap<Digest, Known>>);

impl TokenCache {
    /// What is known of the token, if it was verified before and still is good.
    pub fn get(&self, token: &str, now: DateTime<Utc>) -> Option<Known> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&sha256(token.as_bytes()))
            .filter(|known| now < known.good_until())
            .cloned()
    }

    /// Remembers a good token. When it is full, what has expired makes room, else everything does: a burst
    /// of tokens costs their signatures, never memory.
    pub fn put(&self, token: &str, good: Known, now: DateTime<Utc>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.retain(|_, known| now < known.good_until());
        }
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(sha256(token.as_bytes()), good);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn good(expires_at: DateTime<Utc>) -> Known {
        let verified = Arc::new(Verified {
            actor: Actor::System,
            client: Uuid::nil(),
        });
        Known::Ours { verified, expires_at }
    }

    #[test]
    fn a_token_is_forgotten_at_its_end_and_the_cache_does_not_grow() {
        let cache = TokenCache::default();
        let now = DateTime::UNIX_EPOCH;
        let end = now + TimeDelta::seconds(10);
        cache.put("a", good(end), now);
        assert!(cache.get("a", now).is_some() && cache.get("b", now).is_none());
        assert!(cache.get("a", end).is_none());
        for n in 0..CAPACITY * 2 {
            cache.put(&n.to_string(), good(end), now);
        }
        assert!(cache.0.read().unwrap().len() <= CAPACITY);
    }
}
