//! The signature under a receipt, and the public keys that strangers check it with.

use crate::app::App;
use crate::crypto::receipt_signature;
use crate::db;
use crate::domain::policy::Action;
use crate::services::{Ctx, ServiceError};
use serde::Serialize;

/// A public key that receipts are or were signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// The key's id, which a signature names.
    pub kid: String,
    /// The 32 bytes of an Ed25519 public key (RFC 8032).
    pub public_key: Vec<u8>,
}

/// What is signed: who says it, and what.
#[derive(Serialize)]
struct Claims<'a, T> {
    iss: &'a str,
    receipt: &'a T,
}

/// The receipt with our signature, as a JWS in its compact form (RFC 7515 §7.1) that is a JWT too (RFC 7519).
///
/// # Errors
/// [`ServiceError::Internal`] if the crypto library does not sign.
pub fn sign<T: Serialize>(app: &App, receipt: &T) -> Result<String, ServiceError> {
    let claims = Claims {
        iss: &app.config.public_url,
        receipt,
    };
    receipt_signature::sign(app.keyring.current(), &claims)
        .map_err(|error| ServiceError::Internal(error.to_string()))
}

/// Every key that a receipt may be signed with, by kid: those of the keyring, and those that once were in it.
///
/// # Errors
/// Only what the database reports.
pub async fn published_keys(app: &App) -> Result<Vec<PublishedKey>, ServiceError> {
    let keyring = app.keyring.clone();
    Ctx::system(app)
        .look_up(Action::VerifyReceipt, move |connection| {
            let mut keys: std::collections::BTreeMap<String, Vec<u8>> =
                db::keys::receipt_keys(connection)?.into_iter().collect();
            for key in keyring.keys() {
                let public_key = receipt_signature::public_key(key)
                    .map_err(|error| ServiceError::Internal(error.to_string()))?;
                keys.insert(key.kid().to_owned(), public_key);
            }
            let published = |(kid, public_key)| PublishedKey { kid, public_key };
            Ok(keys.into_iter().map(published).collect())
        })
        .await
}
