//! Access tokens of other issuers: those that the municipal group's own identity provider issues to the
//! systems that call us (RFC 9068, RFC 8725).
//!
//! The token library checks the signature and nothing that it would check by default is relied on: it takes
//! any `typ`, ignores `crit`, accepts lists where one value is meant and rounds times. Here every rule is
//! ours and every claim that a decision needs is required.

use super::claims::{Claims, TYPE, TokenError, has_type, read_header, refusal};
use super::key_set::{KeySet, is_kid};
use crate::crypto::strict_json::StrictObject;
use crate::text_enum;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Validation};
use serde_json::Value;

/// Claims that ID tokens have and access tokens do not (OpenID Connect Core §2, §3.3.2.11).
const MARKS_OF_ID_TOKENS: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

text_enum! {
    /// The signatures that an issuer may use. Nothing symmetric: we hold no issuer's secret.
    pub enum SignatureAlgorithm {
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

impl From<SignatureAlgorithm> for Algorithm {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::Es256 => Self::ES256,
            SignatureAlgorithm::Ps256 => Self::PS256,
            SignatureAlgorithm::Rs256 => Self::RS256,
            SignatureAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}

text_enum! {
    /// How an issuer marks its access tokens.
    #[derive(Default)]
    pub enum TokenType {
        /// By the type of RFC 9068.
        #[default]
        AccessToken = "at+jwt",
        /// Not at all: all its tokens are plain JWTs, and ID tokens must be told apart by their claims.
        Plain = "JWT",
    }
}

/// What the tokens of one issuer must be like.
#[derive(Clone, Debug)]
pub struct ExternalRules {
    /// `iss`, letter by letter.
    pub issuer: String,
    /// What `aud` must be or hold.
    pub audience: String,
    /// What its tokens may be signed with.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// How it marks access tokens.
    pub token_type: TokenType,
    /// The claim with the client's id.
    pub client_claim: String,
    /// The claim with what the token allows: words of a text, or a list of texts.
    pub scope_claim: String,
    /// Longest life of a token.
    pub max_lifetime: TimeDelta,
}

/// What a verified token says, in the issuer's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalClaims {
    /// The client that it was issued to.
    pub client_id: String,
    /// Whom it stands for: the client itself, unless a person signed in with it.
    pub subject: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// The key that a token says it was signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// `kid`.
    pub kid: String,
    /// `alg`, one of those that the issuer may use.
    pub algorithm: SignatureAlgorithm,
}

impl ExternalRules {
    /// Applies the rules for the header and says which key is needed to go on. Members that point to keys or
    /// bring one along (`jku`, `jwk`, `x5u`, `x5c`) are not looked at.
    ///
    /// # Errors
    /// The first rule that the header breaks.
    pub fn signing_key(&self, token: &str) -> Result<SigningKey, TokenError> {
        let header = read_header(token)?;
        let text = |name| header.get(name).and_then(Value::as_str);
        if header.contains_key("crit") {
            return Err(TokenError::CriticalExtension);
        }
        let algorithm = text("alg")
            .and_then(|alg| alg.parse().ok())
            .filter(|algorithm| self.algorithms.contains(algorithm))
            .ok_or(TokenError::WrongAlgorithm)?;
        let plain = self.token_type == TokenType::Plain && has_type(&header, "jwt");
        if !plain && !has_type(&header, TYPE) {
            return Err(TokenError::WrongType);
        }
        let kid = text("kid")
            .filter(|kid| is_kid(kid))
            .ok_or(TokenError::UnknownKey)?;
        Ok(SigningKey {
            kid: kid.to_owned(),
            algorithm,
        })
    }

    /// Checks a presented token as it is at `now`, by the issuer's keys.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn verify(
        &self,
        token: &str,
        keys: &KeySet,
        now: DateTime<Utc>,
    ) -> Result<ExternalClaims, TokenError> {
        let signed = self.signing_key(token)?;
        let key = keys.find(&signed.kid, signed.algorithm)?;
        let validation = signature_alone(signed.algorithm);
        let data =
            jsonwebtoken::decode::<StrictObject>(token, key, &validation).map_err(|error| refusal(&error))?;
        self.check(&Claims(data.claims.0), now)
    }

    fn check(&self, claims: &Claims, now: DateTime<Utc>) -> Result<ExternalClaims, TokenError> {
        if claims.text("iss")? != self.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if !claims.texts("aud")?.contains(&self.audience) {
            return Err(TokenError::WrongAudience);
        }
        match self.token_type {
            TokenType::AccessToken => drop(claims.name("jti")?),
            TokenType::Plain => not_another_kind(claims)?,
        }
        let longest = self.max_lifetime.num_seconds();
        let (_, expires_at) = claims.times(now, longest)?;
        Ok(ExternalClaims {
            client_id: claims.name(&self.client_claim)?,
            subject: claims.name("sub")?,
            scopes: self.scopes(claims)?,
            expires_at,
        })
    }

    fn scopes(&self, claims: &Claims) -> Result<Vec<String>, TokenError> {
        match claims.get(&self.scope_claim) {
            Ok(Value::Array(_)) => claims.texts(&self.scope_claim),
            Ok(_) | Err(_) => claims.words(&self.scope_claim),
        }
    }
}

/// Tells an access token from the other tokens of an issuer that types them all alike.
fn not_another_kind(claims: &Claims) -> Result<(), TokenError> {
    let is_id_token = MARKS_OF_ID_TOKENS.iter().any(|name| claims.has(name));
    // Keycloak has the kind in a claim: Bearer, ID, Refresh, Logout.
    let is_named_otherwise = claims.has("typ") && !claims.text("typ")?.eq_ignore_ascii_case("bearer");
    if is_id_token || is_named_otherwise {
        return Err(TokenError::WrongType);
    }
    Ok(())
}

/// The library checks the signature by this one algorithm; the claims are checked here.
fn signature_alone(algorithm: SignatureAlgorithm) -> Validation {
    let mut validation = Validation::new(algorithm.into());
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}
