//! Tokens that were verified before. A signature costs more than the rest of a read; a token that was good
//! stays good until it expires, and its account is looked at in the database on every request anyway.

use crate::crypto::access_token::AccessClaims;
use crate::crypto::digest::{Digest, sha256};
use crate::domain::actor::Actor;
use crate::domain::ids::ServiceAccountId;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The most tokens that are remembered: a few hundred bytes each.
const CAPACITY: usize = 4_096;

/// Whom a good token stands for.
#[derive(Debug)]
pub struct Verified {
    /// The actor of the use cases.
    pub actor: Actor,
    /// The account.
    pub account: ServiceAccountId,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
}

impl TryFrom<AccessClaims> for Verified {
    type Error = uuid::Error;

    fn try_from(claims: AccessClaims) -> Result<Self, uuid::Error> {
        let account = claims.grant.subject.parse()?;
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
            account,
            expires_at: claims.expires_at,
        })
    }
}

/// Good tokens by the SHA-256 of their text: the text itself is not kept.
#[derive(Default)]
pub struct TokenCache(RwLock<HashMap<Digest, Arc<Verified>>>);

impl TokenCache {
    /// Whom the token stands for, if it was verified before and has not expired.
    pub fn get(&self, token: &str, now: DateTime<Utc>) -> Option<Arc<Verified>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&sha256(token.as_bytes()))
            .filter(|verified| now < verified.expires_at)
            .cloned()
    }

    /// Remembers a good token. When it is full, what has expired makes room, else everything does: a burst
    /// of tokens costs their signatures, never memory.
    pub fn put(&self, token: &str, verified: Arc<Verified>, now: DateTime<Utc>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.retain(|_, verified| now < verified.expires_at);
        }
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(sha256(token.as_bytes()), verified);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use uuid::Uuid;

    fn verified(expires_at: DateTime<Utc>) -> Arc<Verified> {
        Arc::new(Verified {
            actor: Actor::System,
            account: Uuid::nil().into(),
            expires_at,
        })
    }

    #[test]
    fn a_token_is_forgotten_at_its_end_and_the_cache_does_not_grow() {
        let cache = TokenCache::default();
        let now = DateTime::UNIX_EPOCH;
        let end = now + TimeDelta::seconds(10);
        cache.put("a", verified(end), now);
        assert!(cache.get("a", now).is_some() && cache.get("b", now).is_none());
        assert!(cache.get("a", end).is_none());
        for n in 0..CAPACITY * 2 {
            cache.put(&n.to_string(), verified(end), now);
        }
        assert!(cache.0.read().unwrap().len() <= CAPACITY);
    }
}
