//! Access tokens: our own, issued at the token endpoint, and in [`external`] those of other issuers. Both are
//! presented as bearer tokens to the API.
//!
//! The shape of ours is RFC 9068, their signature Ed25519; all are read by the rules of RFC 8725: the
//! algorithm, the type and the issuer are ours to decide, never the token's. The signing keys are derived
//! from the keyring, so every instance has them and rotating the keyring rotates them. A valid token says
//! who was authenticated and when; it does not say that the client still exists or may still do
//! something: `version` is compared with the account on each request, elsewhere. Time is the `now` that
//! is passed in, and no claim of a refused token is repeated in an error.

mod claims;
pub mod external;
pub mod key_set;
#[cfg(test)]
pub(crate) mod tests;

pub use claims::{TokenError, claimed_issuer};

use crate::crypto::keyring::{Kek, Keyring, Purpose};
use crate::crypto::strict_json::StrictObject;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use chrono::{DateTime, TimeDelta, Utc};
use claims::{Claims, TYPE, has_type, read_header, refusal};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

/// Longest life of a token, in seconds.
const MAX_LIFETIME: i64 = 24 * 60 * 60;

/// Access tokens cannot be issued as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The configured lifetime is not between one second and 24 hours.
    #[error("the lifetime of access tokens must be between 1 second and 24 hours")]
    Lifetime,
    /// The crypto library does not sign or verify with a derived key.
    #[error("access tokens cannot be signed")]
    Signing,
}

/// What a new token says; the times and the issuer are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessGrant {
    /// `sub`: whom the token stands for. An id, never a name or a personnummer.
    pub subject: String,
    /// `client_id`: the client that asked for it; for a service account the same as the subject.
    pub client_id: String,
    /// `scope`: words without spaces.
    pub scopes: Vec<String>,
    /// `ver`: the version of the account when the token was issued.
    pub version: i64,
}

/// What a verified token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// What was granted.
    pub grant: AccessGrant,
    /// `jti`: the token's own id.
    pub id: Uuid,
    /// `iat`.
    pub issued_at: DateTime<Utc>,
    /// `exp`: the first instant at which it is no longer valid, but for the leeway.
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct WireClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    jti: Uuid,
    iat: i64,
    exp: i64,
    scope: String,
    ver: i64,
}

/// Issues and verifies access tokens of one issuer for one audience.
pub struct AccessTokens {
    issuer: String,
    audience: String,
    lifetime: TimeDelta,
    kid: String,
    signing: EncodingKey,
    verifying: BTreeMap<String, DecodingKey>,
    validation: Validation,
}

impl AccessTokens {
    /// Derives the signing key of the current key and the verifying keys of all. One token is signed and
    /// verified at once: a library without a working backend fails here, not at the first request.
    ///
    /// # Errors
    /// If the lifetime is out of range or a key does not sign.
    pub fn new(
        keyring: &Keyring,
        issuer: &str,
        audience: &str,
        lifetime: TimeDelta,
    ) -> Result<Self, IssuerError> {
        if !(1..=MAX_LIFETIME).contains(&lifetime.num_seconds()) {
            return Err(IssuerError::Lifetime);
        }
        install_provider();
        let document = key_pair(keyring.current())?
            .to_pkcs8()
            .map_err(|_| IssuerError::Signing)?;
        let verifying = keyring
            .keys()
            .map(|kek| {
                let public = key_pair(kek)?.public_key().as_ref().to_vec();
                Ok((kek.kid().to_owned(), DecodingKey::from_ed_der(&public)))
            })
            .collect::<Result<_, IssuerError>>()?;
        let tokens = Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            lifetime,
            kid: keyring.current().kid().to_owned(),
            signing: EncodingKey::from_ed_der(document.as_ref()),
            verifying,
            validation: validation(issuer, audience),
        };
        tokens.prove()?;
        Ok(tokens)
    }

    /// Signs a token that is valid from `now` for the configured lifetime. `jti` is its id.
    ///
    /// # Errors
    /// Only if the crypto library fails.
    pub fn issue(&self, grant: &AccessGrant, now: DateTime<Utc>, jti: Uuid) -> Result<String, IssuerError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        let issued_at = now.timestamp();
        let claims = WireClaims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &grant.subject,
            client_id: &grant.client_id,
            jti,
            iat: issued_at,
            exp: issued_at + self.lifetime.num_seconds(),
            scope: grant.scopes.join(" "),
            ver: grant.version,
        };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|_| IssuerError::Signing)
    }

    /// How long a new token is valid.
    pub const fn lifetime(&self) -> TimeDelta {
        self.lifetime
    }

    /// Checks a presented token as it is at `now`.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<AccessClaims, TokenError> {
        let key = self.key_of(&read_header(token)?)?;
        let data = jsonwebtoken::decode::<StrictObject>(token, key, &self.validation)
            .map_err(|error| refusal(&error))?;
        let claims = Claims(data.claims.0);
        if claims.text("iss")? != self.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if claims.text("aud")? != self.audience {
            return Err(TokenError::WrongAudience);
        }
        let (issued_at, expires_at) = claims.times(now, MAX_LIFETIME)?;
        let grant = AccessGrant {
            subject: claims.text("sub")?.to_owned(),
            client_id: claims.text("client_id")?.to_owned(),
            scopes: claims.words("scope")?,
            version: claims.integer("ver")?,
        };
        let id = Uuid::parse_str(claims.text("jti")?).map_err(|_| TokenError::Malformed)?;
        Ok(AccessClaims {
            grant,
            id,
            issued_at,
            expires_at,
        })
    }

    /// Applies the rules for the header (RFC 8725 §3.1, §3.11) and finds its key. Members that point to
    /// keys (`jku`, `jwk`, `x5u`, `x5c`) are not looked at.
    fn key_of(&self, header: &Map<String, Value>) -> Result<&DecodingKey, TokenError> {
        let text = |name| header.get(name).and_then(Value::as_str);
        if header.contains_key("crit") {
            return Err(TokenError::CriticalExtension);
        }
        if text("alg") != Some("EdDSA") {
            return Err(TokenError::WrongAlgorithm);
        }
        if !has_type(header, TYPE) {
            return Err(TokenError::WrongType);
        }
        text("kid")
            .and_then(|kid| self.verifying.get(kid))
            .ok_or(TokenError::UnknownKey)
    }

    fn prove(&self) -> Result<(), IssuerError> {
        let now = DateTime::UNIX_EPOCH;
        let grant = AccessGrant {
            subject: String::new(),
            client_id: String::new(),
            scopes: Vec::new(),
            version: 0,
        };
        let token = self.issue(&grant, now, Uuid::nil())?;
        self.verify(&token, now)
            .map(drop)
            .map_err(|_| IssuerError::Signing)
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("kids", &self.verifying.keys())
            .finish_non_exhaustive()
    }
}

/// Chooses the backend of the token library for this process. Without a choice it panics at the first
/// use as soon as another crate switches on its second backend. Call it as often as you like.
pub fn install_provider() {
    // An error only says that it was installed before.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}

/// What the library checks for us: signature, issuer and audience. It would ask the system for the time
/// and take fractions of seconds, so times are checked by [`Claims::times`].
fn validation(issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["iss", "aud", "sub"]);
    validation
}

fn key_pair(kek: &Kek) -> Result<Ed25519KeyPair, IssuerError> {
    let seed = kek.derive(Purpose::TokenSigning);
    Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| IssuerError::Signing)
}
