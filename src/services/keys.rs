//! The keys of the installation: which of them are in use, and the proof that we still have them.

use super::{Ctx, ServiceError};
use crate::app::App;
use crate::crypto::envelope;
use crate::crypto::keyring::{Kek, Keyring};
use crate::crypto::receipt_signature;
use crate::db::{self, DbConnection, DbError, Tx, instance_settings};
use crate::domain::policy::Action;
use std::collections::BTreeMap;
use thiserror::Error;
use uuid::Uuid;

/// Why the service must not start with this keyring.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum KeyCheckError {
    /// What is sealed under a key could never be read.
    #[error(
        "the keyring has no key `{kid}`, and {uses} value(s) in the database are sealed under it. Put the key back"
    )]
    Missing {
        /// The key's id.
        kid: String,
        /// How many values.
        uses: i64,
    },
    /// A key goes by the name of another one.
    #[error(
        "the key `{kid}` of the keyring is not the key that this database was used with under that name. Put the right key back"
    )]
    Different {
        /// The key's id.
        kid: String,
    },
    /// The database.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// How much one key is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id.
    pub kid: String,
    /// Whether the keyring has it.
    pub in_keyring: bool,
    /// Whether it seals what is new.
    pub is_current: bool,
    /// How many data keys of terminations it wraps.
    pub data_keys: i64,
    /// How many written mails it seals.
    pub messages: i64,
    /// How many private addresses it seals.
    pub private_addresses: i64,
}

impl KeyUse {
    /// How many values could not be read without it.
    pub const fn uses(&self) -> i64 {
        self.data_keys + self.messages + self.private_addresses
    }
}

/// Every key of the keyring and every other key that something is sealed under, by kid.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn status(ctx: &Ctx) -> Result<Vec<KeyUse>, ServiceError> {
    let app = ctx.app.clone();
    ctx.read(Action::Operate, move |connection| {
        Ok(uses(connection, &app.keyring)?)
    })
    .await
}

fn uses(connection: &mut DbConnection, keyring: &Keyring) -> Result<Vec<KeyUse>, DbError> {
    let unused = (0, 0, 0);
    let mut counts: BTreeMap<String, (i64, i64, i64)> =
        keyring.keys().map(|key| (key.kid().to_owned(), unused)).collect();
    for (kid, count) in db::keys::data_keys_by_kid(connection)? {
        counts.entry(kid).or_default().0 = count;
    }
    for (kid, count) in db::keys::messages_by_kid(connection)? {
        counts.entry(kid).or_default().1 = count;
    }
    for (kid, count) in db::keys::private_addresses_by_kid(connection)? {
        counts.entry(kid).or_default().2 = count;
    }
    let key_use = |(kid, (data_keys, messages, private_addresses)): (String, (i64, i64, i64))| KeyUse {
        in_keyring: keyring.get(&kid).is_some(),
        is_current: keyring.current().kid() == kid,
        kid,
        data_keys,
        messages,
        private_addresses,
    };
    Ok(counts.into_iter().map(key_use).collect())
}

/// Proves that every key in use is there and is the very key that it was. New keys of the keyring get their proof
/// stored, and the public key that checks receipts signed under them, which outlives the key itself. To be called before
/// anything is served.
///
/// # Errors
/// [`KeyCheckError`], which names the key.
pub async fn check_at_start(app: &App) -> Result<(), KeyCheckError> {
    let ctx = Ctx::system(app);
    let keyring = app.keyring.clone();
    ctx.write(Action::Operate, move |tx| check_in(tx, &keyring))
        .await?
}

/// Whether every key of the keyring is the very key that the database was used with. Changes nothing.
///
/// # Errors
/// [`KeyCheckError::Different`].
pub async fn check(app: &App) -> Result<(), KeyCheckError> {
    let keyring = app.keyring.clone();
    let found = Ctx::system(app)
        .read(Action::Operate, move |connection| {
            let stored = db::keys::checks(connection)?.into_iter().collect();
            let installation = instance_settings::find_installation_id(connection)?;
            Ok(installation.and_then(|installation| different(&keyring, installation, &stored)))
        })
        .await?;
    match found {
        Some(kid) => Err(KeyCheckError::Different { kid }),
        None => Ok(()),
    }
}

/// The outer result rolls back; what the inner one says leaves the stored proofs as they are.
fn check_in(tx: &mut Tx<'_>, keyring: &Keyring) -> Result<Result<(), KeyCheckError>, ServiceError> {
    let installation = instance_settings::installation_id(tx)?;
    let stored: BTreeMap<String, Vec<u8>> = db::keys::checks(tx)?.into_iter().collect();
    let missing = uses(tx, keyring)?
        .into_iter()
        .find(|key| !key.in_keyring && key.uses() > 0);
    if let Some(key) = missing {
        let uses = key.uses();
        return Ok(Err(KeyCheckError::Missing { kid: key.kid, uses }));
    }
    if let Some(kid) = different(keyring, installation, &stored) {
        return Ok(Err(KeyCheckError::Different { kid }));
    }
    for key in keyring.keys().filter(|key| !stored.contains_key(key.kid())) {
        db::keys::insert_check(tx, key.kid(), &envelope::key_check(key, installation))?;
    }
    for key in keyring.keys() {
        let public_key =
            receipt_signature::public_key(key).map_err(|error| ServiceError::Internal(error.to_string()))?;
        db::keys::insert_receipt_key(tx, key.kid(), &public_key)?;
    }
    // An instance that started at the same time may have stored its proof first.
    let stored = db::keys::checks(tx)?.into_iter().collect();
    Ok(match different(keyring, installation, &stored) {
        Some(kid) => Err(KeyCheckError::Different { kid }),
        None => Ok(()),
    })
}

/// The id of a key that is not the one whose proof is stored.
fn different(keyring: &Keyring, installation: Uuid, stored: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    let is_other = |key: &&Kek| {
        let proof = stored.get(key.kid());
        proof
            .is_some_and(|proof| envelope::verify_key_check(keyring, key.kid(), installation, proof).is_err())
    };
    keyring.keys().find(is_other).map(|key| key.kid().to_owned())
}
