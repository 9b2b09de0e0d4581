//! Our own access tokens: issued at the token endpoint, presented as bearer tokens to the API.
//!
//! Their shape is RFC 9068, their signature Ed25519, and they are read by the rules of RFC 8725: the
//! algorithm, the type and the issuer are ours to decide, never the token's. The signing keys are derived
//! from the keyring, so every instance has them and rotating the keyring rotates them. A valid token says
//! who was authenticated and when; it does not say that the client still exists or may still do
//! something: `version` is compared with the account on each request, elsewhere. Time is the `now` that
//! is passed in, and no claim of a refused token is repeated in an error.

#[cfg(test)]
mod tests;

use crate::crypto::keyring::{Kek, Keyring, Purpose};
use crate::crypto::strict_json::StrictObject;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;
/// How far clocks of instances may differ, in seconds.
const LEEWAY: i64 = 30;
/// Longest life of a token, in seconds.
const MAX_LIFETIME: i64 = 24 * 60 * 60;
/// The type of RFC 9068 §2.1; ID tokens and other JWTs have another and never pass.
const TYPE: &str = "at+jwt";

/// Why a token is refused. The words are stable; they may be logged and counted, not sent to the client,
/// who learns only `invalid_token` (RFC 6750 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenError {
    /// Not three parts of base64url with a JSON object each in the first two, a repeated member, or a
    /// claim of another type than it must have.
    #[error("malformed")]
    Malformed,
    /// Longer than 8 KiB.
    #[error("too_large")]
    TooLarge,
    /// The header's `typ` is not that of an access token.
    #[error("wrong_type")]
    WrongType,
    /// The header's `alg` is not `EdDSA`.
    #[error("wrong_algorithm")]
    WrongAlgorithm,
    /// The header demands an extension (`crit`); we have none.
    #[error("critical_extension")]
    CriticalExtension,
    /// The header's `kid` names no key of the keyring, or is missing.
    #[error("unknown_key")]
    UnknownKey,
    /// The signature is not of the named key over this content.
    #[error("bad_signature")]
    BadSignature,
    /// A required claim is missing.
    #[error("missing_claim")]
    MissingClaim,
    /// Issued by somebody else.
    #[error("wrong_issuer")]
    WrongIssuer,
    /// Meant for somebody else.
    #[error("wrong_audience")]
    WrongAudience,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come, or it was issued in the future.
    #[error("not_yet_valid")]
    NotYetValid,
    /// It lives longer than any token may, or not at all.
    #[error("bad_lifetime")]
    BadLifetime,
}

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
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLarge);
        }
        let key = self.key_of(&read_header(token)?)?;
        let data = jsonwebtoken::decode::<StrictObject>(token, key, &self.validation).map_err(refusal)?;
        let claims = Claims(data.claims.0);
        if claims.text("iss")? != self.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if claims.text("aud")? != self.audience {
            return Err(TokenError::WrongAudience);
        }
        let (issued_at, expires_at) = claims.times(now)?;
        let grant = AccessGrant {
            subject: claims.text("sub")?.to_owned(),
            client_id: claims.text("client_id")?.to_owned(),
            scopes: claims.scopes()?,
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
        let media_type = text("typ").ok_or(TokenError::WrongType)?.to_ascii_lowercase();
        if media_type.strip_prefix("application/").unwrap_or(&media_type) != TYPE {
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

struct Claims(Map<String, Value>);

impl Claims {
    fn get(&self, name: &str) -> Result<&Value, TokenError> {
        self.0.get(name).ok_or(TokenError::MissingClaim)
    }

    fn text(&self, name: &str) -> Result<&str, TokenError> {
        self.get(name)?.as_str().ok_or(TokenError::Malformed)
    }

    fn integer(&self, name: &str) -> Result<i64, TokenError> {
        self.get(name)?.as_i64().ok_or(TokenError::Malformed)
    }

    fn scopes(&self) -> Result<Vec<String>, TokenError> {
        if !self.0.contains_key("scope") {
            return Ok(Vec::new());
        }
        Ok(self
            .text("scope")?
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect())
    }

    /// `iat` and `exp`, if the token is valid at `now`.
    fn times(&self, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>), TokenError> {
        let (issued_at, expires_at) = (self.instant("iat")?, self.instant("exp")?);
        let leeway = TimeDelta::seconds(LEEWAY);
        if !(1..=MAX_LIFETIME).contains(&(expires_at - issued_at).num_seconds()) {
            return Err(TokenError::BadLifetime);
        }
        if now - expires_at >= leeway {
            return Err(TokenError::Expired);
        }
        if issued_at - now > leeway || (self.0.contains_key("nbf") && self.instant("nbf")? - now > leeway) {
            return Err(TokenError::NotYetValid);
        }
        Ok((issued_at, expires_at))
    }

    fn instant(&self, name: &str) -> Result<DateTime<Utc>, TokenError> {
        DateTime::from_timestamp(self.integer(name)?, 0).ok_or(TokenError::Malformed)
    }
}

/// The header of a token of exactly three parts (five would be an encrypted one).
fn read_header(token: &str) -> Result<Map<String, Value>, TokenError> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Malformed);
    };
    let bytes = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice::<StrictObject>(&bytes)
        .map(|header| header.0)
        .map_err(|_| TokenError::Malformed)
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

fn refusal(error: Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::BadSignature,
        ErrorKind::InvalidAlgorithm => TokenError::WrongAlgorithm,
        ErrorKind::MissingRequiredClaim(_) => TokenError::MissingClaim,
        ErrorKind::InvalidIssuer => TokenError::WrongIssuer,
        ErrorKind::InvalidAudience => TokenError::WrongAudience,
        _ => TokenError::Malformed,
    }
}

fn key_pair(kek: &Kek) -> Result<Ed25519KeyPair, IssuerError> {
    let seed = kek.derive(Purpose::TokenSigning);
    Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| IssuerError::Signing)
}
