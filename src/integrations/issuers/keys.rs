//! The keys of one issuer, as they were last fetched.
//!
//! - Keys are used for ten minutes; so long lives a token whose key was withdrawn.
//! - A key id that is not among them is a reason to fetch at once, for the issuer may have a new key; but not twice within
//!   half a minute, or strangers could make us knock at the issuer's door as often as they like.
//! - When fetching fails, the keys that we have go on for a day: an outage of the issuer need not be one of ours.
//! - One request fetches, the others wait for it.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;
use url::Url;

use crate::crypto::access_token::key_set::KeySet;
use crate::integrations::http::Outbound;

/// How long keys are used without asking again.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// How long they are used when asking fails.
const AT_MOST: TimeDelta = TimeDelta::hours(24);
/// Time between two attempts.
const PAUSE: TimeDelta = TimeDelta::seconds(30);
/// Largest document. Those of large providers, with certificates, are a tenth of it.
const MAX_DOCUMENT: usize = 256 * 1024;

/// Keys and when they were fetched.
#[derive(Debug)]
pub(super) struct Held {
    pub set: KeySet,
    fetched_at: DateTime<Utc>,
}

impl Held {
    /// Until when nobody has to ask again.
    pub fn fresh_until(&self) -> DateTime<Utc> {
        self.fetched_at + FRESH
    }
}

/// The keys of one issuer.
pub(super) struct Keys {
    client: Outbound,
    url: Url,
    /// For the log.
    issuer: String,
    held: RwLock<Option<Arc<Held>>>,
    /// When the last attempt began. Whoever has the lock fetches.
    last_attempt: Mutex<Option<DateTime<Utc>>>,
}

impl Keys {
    pub fn new(client: Outbound, url: Url, issuer: String) -> Self {
        Self {
            client,
            url,
            issuer,
            held: RwLock::default(),
            last_attempt: Mutex::default(),
        }
    }

    /// The issuer's keys, with the one of this id if the issuer has it. None when there are none to be had.
    pub async fn with(self: &Arc<Self>, kid: &str, now: DateTime<Utc>) -> Option<Arc<Held>> {
        if !self.suits(kid, now) {
            let (keys, kid) = (Arc::clone(self), kid.to_owned());
            // A task of its own: a caller who hangs up must not be able to break the fetching off.
            let refreshed = tokio::spawn(async move { keys.refresh(&kid, now).await }).await;
            if let Err(error) = refreshed {
                tracing::error!(issuer = self.issuer, %error, "fetching keys broke off");
            }
        }
        self.held().filter(|held| now < held.fetched_at + AT_MOST)
    }

    /// Whether nothing has to be asked.
    fn suits(&self, kid: &str, now: DateTime<Utc>) -> bool {
        self.held()
            .is_some_and(|held| now < held.fresh_until() && held.set.has(kid))
    }

    async fn refresh(&self, kid: &str, now: DateTime<Utc>) {
        let mut last_attempt = self.last_attempt.lock().await;
        let is_early = last_attempt.is_some_and(|last| (TimeDelta::zero()..PAUSE).contains(&(now - last)));
        if !is_early && !self.suits(kid, now) {
            *last_attempt = Some(now);
            self.fetch(now).await;
        }
    }

    fn held(&self) -> Option<Arc<Held>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for the keys. Fails loudly in the log and otherwise changes nothing.
    async fn fetch(&self, now: DateTime<Utc>) {
        let issuer = &self.issuer;
        let document = match self.client.get(&self.url, MAX_DOCUMENT).await {
            Ok(document) => document,
            Err(error) => return tracing::warn!(issuer, %error, "the issuer's keys cannot be fetched"),
        };
        match KeySet::parse(&document) {
            Ok(set) => {
                tracing::info!(issuer, keys = ?set, "fetched the issuer's keys");
                let held = Some(Arc::new(Held { set, fetched_at: now }));
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
            }
            Err(error) => tracing::warn!(issuer, %error, "what the issuer publishes cannot be used"),
        }
    }
}
