//! What the two kinds of access tokens share: why one is refused, and how header and claims are read.

use crate::crypto::strict_json::StrictObject;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::{Error, ErrorKind};
use serde_json::{Map, Value};

/// Longest token that is looked at, in bytes.
pub(super) const MAX_TOKEN: usize = 8 * 1024;
/// How far clocks may differ, in seconds.
pub(super) const LEEWAY: i64 = 30;
/// The type of RFC 9068 §2.1; ID tokens and other JWTs have another and never pass.
pub(super) const TYPE: &str = "at+jwt";

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
    /// It is not an access token.
    #[error("wrong_type")]
    WrongType,
    /// The header's `alg` is none that the issuer may use, or none that the key is for.
    #[error("wrong_algorithm")]
    WrongAlgorithm,
    /// The header demands an extension (`crit`); we have none.
    #[error("critical_extension")]
    CriticalExtension,
    /// The header's `kid` names no key of the issuer, or is missing.
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

/// The header of a token of exactly three parts (five would be an encrypted one).
pub(super) fn read_header(token: &str) -> Result<Map<String, Value>, TokenError> {
    read_part(parts(token)?.0)
}

/// Header and claims of a token, still encoded.
fn parts(token: &str) -> Result<(&str, &str), TokenError> {
    if token.len() > MAX_TOKEN {
        return Err(TokenError::TooLarge);
    }
    let mut parts = token.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(claims), Some(_), None) => Ok((header, claims)),
        _ => Err(TokenError::Malformed),
    }
}

fn read_part(part: &str) -> Result<Map<String, Value>, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice::<StrictObject>(&bytes)
        .map(|object| object.0)
        .map_err(|_| TokenError::Malformed)
}

/// The issuer that the token names. **Nothing is verified**: it only tells whose rules to verify it by.
///
/// # Errors
/// The token cannot be read, or names no issuer.
pub fn claimed_issuer(token: &str) -> Result<String, TokenError> {
    let claims = Claims(read_part(parts(token)?.1)?);
    Ok(claims.text("iss")?.to_owned())
}

/// Whether the header's `typ` is this media type, written with or without `application/` (RFC 7515 §4.1.9).
pub(super) fn has_type(header: &Map<String, Value>, wanted: &str) -> bool {
    let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ) == wanted
}

/// The claims of a token whose signature is good.
pub(super) struct Claims(pub Map<String, Value>);

impl Claims {
    pub fn get(&self, name: &str) -> Result<&Value, TokenError> {
        self.0.get(name).ok_or(TokenError::MissingClaim)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn text(&self, name: &str) -> Result<&str, TokenError> {
        self.get(name)?.as_str().ok_or(TokenError::Malformed)
    }

    /// A text that is not empty.
    pub fn name(&self, name: &str) -> Result<String, TokenError> {
        match self.text(name)? {
            "" => Err(TokenError::MissingClaim),
            text => Ok(text.to_owned()),
        }
    }

    pub fn integer(&self, name: &str) -> Result<i64, TokenError> {
        self.get(name)?.as_i64().ok_or(TokenError::Malformed)
    }

    /// The words of a text with spaces; none when the claim is missing.
    pub fn words(&self, name: &str) -> Result<Vec<String>, TokenError> {
        if !self.has(name) {
            return Ok(Vec::new());
        }
        let text = self.text(name)?;
        Ok(text.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// One text, or the members of a list of texts; nothing else.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, TokenError> {
        match self.get(name)? {
            Value::String(text) => Ok(vec![text.clone()]),
            Value::Array(members) => members
                .iter()
                .map(|member| member.as_str().map(str::to_owned).ok_or(TokenError::Malformed))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(TokenError::Malformed),
        }
    }

    /// `iat` and `exp`, if the token is valid at `now` and lives for at most `longest` seconds.
    pub fn times(
        &self,
        now: DateTime<Utc>,
        longest: i64,
    ) -> Result<(DateTime<Utc>, DateTime<Utc>), TokenError> {
        let (issued_at, expires_at) = (self.instant("iat")?, self.instant("exp")?);
        let leeway = TimeDelta::seconds(LEEWAY);
        if !(1..=longest).contains(&(expires_at - issued_at).num_seconds()) {
            return Err(TokenError::BadLifetime);
        }
        if now - expires_at >= leeway {
            return Err(TokenError::Expired);
        }
        if issued_at - now > leeway || (self.has("nbf") && self.instant("nbf")? - now > leeway) {
            return Err(TokenError::NotYetValid);
        }
        Ok((issued_at, expires_at))
    }

    fn instant(&self, name: &str) -> Result<DateTime<Utc>, TokenError> {
        DateTime::from_timestamp(self.integer(name)?, 0).ok_or(TokenError::Malformed)
    }
}

/// The library's refusal in our words.
pub(super) fn refusal(error: &Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::BadSignature,
        ErrorKind::InvalidAlgorithm => TokenError::WrongAlgorithm,
        ErrorKind::MissingRequiredClaim(_) => TokenError::MissingClaim,
        ErrorKind::InvalidIssuer => TokenError::WrongIssuer,
        ErrorKind::InvalidAudience => TokenError::WrongAudience,
        _ => TokenError::Malformed,
    }
}
