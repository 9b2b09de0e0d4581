//! The signature under a receipt: a JWS (RFC 7515) with Ed25519 (RFC 8037), which whoever has the public key can check
//! without asking us.
//!
//! The key is derived from the keyring for this purpose alone, and the type in the header is of its own: nothing that
//! we sign elsewhere passes for a receipt, and no receipt passes for an access token (RFC 8725 §3.11).

use crate::crypto::keyring::{Kek, Purpose};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

/// The type of a signed receipt.
pub const TYPE: &str = "handback-receipt+jwt";
/// The algorithm (RFC 8037 §3.1).
pub const ALGORITHM: &str = "EdDSA";

/// A receipt cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("receipts cannot be signed")]
pub struct SigningError;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
}

/// Signs what can be written as a JSON object; gives the compact form. The same content and key give the same bytes.
///
/// # Errors
/// The content cannot be written, or the crypto library fails.
pub fn sign(key: &Kek, content: &impl Serialize) -> Result<String, SigningError> {
    let header = Header {
        alg: ALGORITHM,
        kid: key.kid(),
        typ: TYPE,
    };
    let signed = format!("{}.{}", part(&header)?, part(content)?);
    let signature = URL_SAFE_NO_PAD.encode(key_pair(key)?.sign(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// The public key that checks what [`sign`] makes with this key: 32 bytes.
///
/// # Errors
/// The crypto library fails.
pub fn public_key(key: &Kek) -> Result<Vec<u8>, SigningError> {
    Ok(key_pair(key)?.public_key().as_ref().to_vec())
}

fn part(content: &impl Serialize) -> Result<String, SigningError> {
    let json = serde_json::to_vec(content).map_err(|_| SigningError)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn key_pair(key: &Kek) -> Result<Ed25519KeyPair, SigningError> {
    let seed = key.derive(Purpose::ReceiptSigning);
    Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| SigningError)
}
