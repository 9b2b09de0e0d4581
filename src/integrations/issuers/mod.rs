//! Other issuers of access tokens: who they are, and the keys that they publish.

mod keys;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::IssuerConfig;
use crate::crypto::access_token::external::ExternalRules;
use crate::crypto::access_token::{TokenError, claimed_issuer, install_provider};
use crate::domain::actor::Scope;
use crate::integrations::http::{Outbound, OutboundError};
use keys::Keys;

/// The issuers of the configuration.
#[derive(Default)]
pub struct Issuers(HashMap<String, Issuer>);

struct Issuer {
    config: IssuerConfig,
    rules: ExternalRules,
    keys: Arc<Keys>,
}

/// What a good token of another issuer says, in our words. Whether it may do anything here is decided by the account
/// that its client is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalToken {
    /// Who issued it.
    pub issuer: String,
    /// The client that it was issued to, in the issuer's words.
    pub client_id: String,
    /// Whom it stands for, in the issuer's words.
    pub subject: String,
    /// What it allows at most.
    pub scopes: Vec<Scope>,
    /// When it has to be verified again: at its end, or when the keys that it was verified with are old.
    pub good_until: DateTime<Utc>,
}

/// A token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExternalRefusal {
    /// It is no good token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The issuer's keys cannot be had, so nobody can tell.
    #[error("the issuer's keys cannot be had")]
    NoKeys,
}

impl Issuers {
    /// Gets ready. Without an issuer, no HTTP client is made; keys are fetched when the first token needs them.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(configs: &[IssuerConfig]) -> Result<Self, OutboundError> {
        if configs.is_empty() {
            return Ok(Self::default());
        }
        install_provider();
        let client = Outbound::new()?;
        let issuer = |config: &IssuerConfig| Issuer {
            config: config.clone(),
            rules: rules(config),
            keys: Arc::new(Keys::new(
                client.clone(),
                config.jwks_url.clone(),
                config.issuer.clone(),
            )),
        };
        Ok(Self(
            configs
                .iter()
                .map(|config| (config.issuer.clone(), issuer(config)))
                .collect(),
        ))
    }

    /// Whether tokens of this issuer are accepted.
    pub fn knows(&self, issuer: &str) -> bool {
        self.0.contains_key(issuer)
    }

    /// Whether the token says that it comes from one of these issuers. Nothing is verified.
    pub fn claims_to_be_theirs(&self, token: &str) -> bool {
        !self.0.is_empty() && claimed_issuer(token).is_ok_and(|issuer| self.knows(&issuer))
    }

    /// Checks a token of one of these issuers as it is at `now`. The keys are fetched when they are missing or old.
    ///
    /// # Errors
    /// [`ExternalRefusal`].
    pub async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<ExternalToken, ExternalRefusal> {
        let named = claimed_issuer(token)?;
        let issuer = self.0.get(&named).ok_or(TokenError::WrongIssuer)?;
        let signed = issuer.rules.signing_key(token)?;
        let held = issuer
            .keys
            .with(&signed.kid, now)
            .await
            .ok_or(ExternalRefusal::NoKeys)?;
        let claims = issuer.rules.verify(token, &held.set, now)?;
        let scopes = claims.scopes.iter().filter_map(|word| issuer.config.scope(word));
        Ok(ExternalToken {
            scopes: scopes.collect(),
            issuer: named,
            client_id: claims.client_id,
            subject: claims.subject,
            good_until: claims.expires_at.min(held.fresh_until()),
        })
    }
}

fn rules(config: &IssuerConfig) -> ExternalRules {
    ExternalRules {
        issuer: config.issuer.clone(),
        audience: config.audience.clone(),
        algorithms: config.algorithms.clone(),
        token_type: config.token_type,
        client_claim: config.client_claim.clone(),
        scope_claim: config.scope_claim.clone(),
        max_lifetime: TimeDelta::from_std(config.max_lifetime).unwrap_or(TimeDelta::zero()),
    }
}
