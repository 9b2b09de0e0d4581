//! The public keys of an issuer: a JWK Set (RFC 7517), read with suspicion.
//!
//! A key is used for the algorithms that its type, its `use`, its `key_ops` and its `alg` all allow, and for
//! nothing else. A key that we cannot use is left out, so that an issuer may publish others beside ours;
//! certificates (`x5c`, `x5u`) are not looked at. What is no JWK Set at all is refused whole.

use super::claims::TokenError;
use super::external::SignatureAlgorithm;
use crate::crypto::strict_json::StrictObject;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The most keys of a set. Issuers publish a handful.
const MAX_KEYS: usize = 100;
/// Longest key id, in bytes. It is a name in a map and nothing more.
const MAX_KID: usize = 256;
/// Sizes of an RSA modulus, in bytes: 2048 to 8192 bits (RFC 7518 §3.3 asks for the lower bound).
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// Members that only a private key has (RFC 7518 §6). A key that is published with them is nobody's.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What was fetched is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a JSON object with a list `keys` of objects, or a member appears twice.
    #[error("it is not a JWK Set")]
    NotASet,
    /// More keys than any issuer has.
    #[error("it has more than 100 keys")]
    TooMany,
}

/// The usable keys of one issuer, by their ids.
#[derive(Default)]
pub struct KeySet(BTreeMap<String, Vec<PublicKey>>);

struct PublicKey {
    algorithms: Vec<SignatureAlgorithm>,
    key: DecodingKey,
}

impl KeySet {
    /// Reads a JWK Set.
    ///
    /// # Errors
    /// It is none. A set without a usable key is a set: its issuer has withdrawn them all.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeySetError> {
        let set: StrictObject = serde_json::from_slice(bytes).map_err(|_| KeySetError::NotASet)?;
        let keys = set.0.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or(KeySetError::NotASet)?;
        if keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let mut found = Self::default();
        for key in keys {
            let key = key.as_object().ok_or(KeySetError::NotASet)?;
            if let Some((kid, key)) = usable(key) {
                found.0.entry(kid).or_default().push(key);
            }
        }
        Ok(found)
    }

    /// Whether there is a usable key with this id.
    pub fn has(&self, kid: &str) -> bool {
        self.0.contains_key(kid)
    }

    /// The one key with this id that is for this algorithm. Two of them are none: trying keys one after the
    /// other lets the token choose.
    pub(super) fn find(&self, kid: &str, algorithm: SignatureAlgorithm) -> Result<&DecodingKey, TokenError> {
        let named = self.0.get(kid).ok_or(TokenError::UnknownKey)?;
        let mut fitting = named.iter().filter(|key| key.algorithms.contains(&algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(&only.key),
            (None, _) => Err(TokenError::WrongAlgorithm),
            (Some(_), Some(_)) => Err(TokenError::UnknownKey),
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeySet").field(&self.0.keys()).finish()
    }
}

/// Whether a text may be a key id: visible ASCII, not too long.
pub(super) fn is_kid(text: &str) -> bool {
    (1..=MAX_KID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn usable(jwk: &Map<String, Value>) -> Option<(String, PublicKey)> {
    let text = |name| jwk.get(name).and_then(Value::as_str);
    let kid = text("kid").filter(|kid| is_kid(kid))?;
    let signs = jwk.get("use").is_none_or(|it| it == "sig");
    let verifies = jwk.get("key_ops").is_none_or(|it| {
        it.as_array()
            .is_some_and(|them| them.iter().any(|it| it == "verify"))
    });
    if !signs || !verifies || PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
        return None;
    }
    let bytes = |name| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    let (family, key) = match (text("kty")?, text("crv")) {
        ("RSA", _) => (RSA, rsa(&bytes("n")?, &bytes("e")?)?),
        ("EC", Some("P-256")) => (P256, p256(&bytes("x")?, &bytes("y")?)?),
        ("OKP", Some("Ed25519")) => (ED25519, ed25519(&bytes("x")?)?),
        _ => return None,
    };
    let algorithms: Vec<SignatureAlgorithm> = match jwk.get("alg") {
        None => family.to_vec(),
        Some(alg) => {
            let named = alg.as_str().and_then(|alg| alg.parse().ok());
            named.into_iter().filter(|alg| family.contains(alg)).collect()
        }
    };
    let key = (!algorithms.is_empty()).then_some(PublicKey { algorithms, key })?;
    Some((kid.to_owned(), key))
}

/// What a key of each type can verify.
const RSA: &[SignatureAlgorithm] = &[SignatureAlgorithm::Rs256, SignatureAlgorithm::Ps256];
const P256: &[SignatureAlgorithm] = &[SignatureAlgorithm::Es256];
const ED25519: &[SignatureAlgorithm] = &[SignatureAlgorithm::EdDsa];

fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<DecodingKey> {
    let leading_zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let modulus = modulus.get(leading_zeros..)?;
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    let sane = (1..=8).contains(&exponent.len()) && odd && exponent != [1];
    (MODULUS.contains(&modulus.len()) && sane)
        .then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
}

fn p256(x: &[u8], y: &[u8]) -> Option<DecodingKey> {
    // An uncompressed point (SEC 1 §2.3.3). Whether it is on the curve is checked with each signature.
    let point = [&[4], x, y].concat();
    (x.len() == 32 && y.len() == 32).then(|| DecodingKey::from_ec_der(&point))
}

fn ed25519(x: &[u8]) -> Option<DecodingKey> {
    (x.len() == 32).then(|| DecodingKey::from_ed_der(x))
}
