//! The envelope: how codes, personal payloads and waiting mails are sealed at rest.
//!
//! Two levels for what belongs to a termination: a [`DataKey`] of its own seals its values, and the
//! keyring wraps the data key; destroying the wrapped key is the erasure. What belongs to no termination
//! for long (a rendered mail) is sealed directly under a purpose of the keyring.
//!
//! Sealed bytes are `version | algorithm | nonce (12) | ciphertext | tag (16)`, AES-256-GCM with a random
//! nonce. The additional data binds each value to its place: moved to another row, field, termination or
//! legal entity it does not open. The plaintext is padded to a multiple of 64 bytes, so that its length
//! does not tell a four-digit PIN from a password. The key is chosen by its id alone, never by trying:
//! AES-GCM does not commit to a key.
//!
//! Wrapping uses AES-256-GCM and not AES key wrap (RFC 3394), because a wrap must be bound to its row.

#[cfg(test)]
mod tests;

use crate::crypto::digest::{length_prefixed, same_bytes};
use crate::crypto::keyring::{Kek, Keyring, Purpose};
use crate::crypto::random::random_bytes;
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use std::fmt;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// First byte of everything sealed: the layout.
const VERSION: u8 = 1;
/// Second byte: AES-256-GCM with a 96-bit random nonce and a 128-bit tag.
const ALGORITHM: u8 = 1;
const HEADER: [u8; 2] = [VERSION, ALGORITHM];
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// Plaintext is padded to a multiple of this.
const BLOCK: usize = 64;
/// Begins the padding; zeros follow.
const PAD: u8 = 0x80;

const CODE: &[u8] = b"handback/code/v1";
const DATA_KEY: &[u8] = b"handback/data-key/v1";
const CHECK: &[u8] = b"handback/check/v1";
const CHECK_TEXT: &[u8] = b"the key of this installation";

/// Sealed bytes that do not open. It says nothing about the content, so it may be logged and audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntegrityError {
    /// The keyring has no key with the kid.
    #[error("unknown key")]
    UnknownKey,
    /// Made by a later version of the service, or damaged.
    #[error("unknown version of the envelope")]
    UnknownVersion,
    /// An algorithm that this service does not use.
    #[error("unknown algorithm")]
    UnknownAlgorithm,
    /// Shorter than the shortest envelope.
    #[error("truncated")]
    Truncated,
    /// Altered, moved from its place, or sealed under another key.
    #[error("not authentic")]
    NotAuthentic,
}

/// Bytes sealed under the keyring, with the kid that opens them. Store both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The key's id.
    pub kid: String,
    /// The envelope.
    pub bytes: Vec<u8>,
}

/// The key of one termination: 32 random bytes, in memory only while it is used.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// Draws a new data key.
    pub fn generate() -> Self {
        Self(random_bytes())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey([REDACTED])")
    }
}

/// The place of a data key: it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataKeyContext {
    /// The legal entity that owns the termination.
    pub legal_entity: Uuid,
    /// The termination.
    pub termination: Uuid,
    /// The data key's own row.
    pub data_key: Uuid,
}

impl DataKeyContext {
    fn aad(&self, kid: &str) -> Vec<u8> {
        let Self {
            legal_entity,
            termination,
            data_key,
        } = self;
        length_prefixed(&[
            DATA_KEY,
            legal_entity.as_bytes(),
            termination.as_bytes(),
            data_key.as_bytes(),
            kid.as_bytes(),
        ])
    }
}

/// The place of a code: it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeContext<'a> {
    /// Where its data key belongs.
    pub data_key: DataKeyContext,
    /// The code's own row.
    pub code: Uuid,
    /// The stable word of the code's kind (PIN, unlock pattern, account password).
    pub kind: &'a str,
    /// The version of the row: an older value does not open in place of a newer one.
    pub version: i32,
}

/// Seals a data key under the current key of the keyring.
pub fn wrap(keyring: &Keyring, data_key: &DataKey, context: &DataKeyContext) -> Sealed {
    let kek = keyring.current();
    let bytes = seal_bytes(&kek.derive(Purpose::Wrap), &context.aad(kek.kid()), &data_key.0);
    Sealed {
        kid: kek.kid().to_owned(),
        bytes,
    }
}

/// Opens a wrapped data key.
///
/// # Errors
/// If its kid is not in the keyring, or it was altered or belongs elsewhere.
pub fn unwrap(
    keyring: &Keyring,
    wrapped: &Sealed,
    context: &DataKeyContext,
) -> Result<DataKey, IntegrityError> {
    let key = subkey(keyring, &wrapped.kid, Purpose::Wrap)?;
    let plain = open_bytes(&key, &context.aad(&wrapped.kid), &wrapped.bytes)?;
    plain
        .as_slice()
        .try_into()
        .map(DataKey)
        .map_err(|_| IntegrityError::NotAuthentic)
}

/// Wraps the same data key under the current key; what it seals is untouched. For the rotation of keys.
///
/// # Errors
/// As [`unwrap`].
pub fn rewrap(
    keyring: &Keyring,
    wrapped: &Sealed,
    context: &DataKeyContext,
) -> Result<Sealed, IntegrityError> {
    unwrap(keyring, wrapped, context).map(|data_key| wrap(keyring, &data_key, context))
}

/// Seals a code under the data key of its termination.
pub fn seal_code(data_key: &DataKey, context: &CodeContext<'_>, code: &[u8]) -> Vec<u8> {
    with_code_parts(context, |parts| seal(data_key, parts, code))
}

/// Opens a code.
///
/// # Errors
/// If it was altered, belongs elsewhere or was sealed under another data key.
pub fn open_code(
    data_key: &DataKey,
    context: &CodeContext<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, IntegrityError> {
    with_code_parts(context, |parts| open(data_key, parts, sealed))
}

/// Seals something else that belongs to a termination. The first of `aad_parts` is a label of its own
/// (`handback/…/v1`), the others are its place.
pub fn seal(data_key: &DataKey, aad_parts: &[&[u8]], plaintext: &[u8]) -> Vec<u8> {
    seal_bytes(&data_key.0, &length_prefixed(aad_parts), plaintext)
}

/// Opens what [`seal`] made with the same key and parts.
///
/// # Errors
/// If it was altered, belongs elsewhere or was sealed under another data key.
pub fn open(
    data_key: &DataKey,
    aad_parts: &[&[u8]],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, IntegrityError> {
    open_bytes(&data_key.0, &length_prefixed(aad_parts), sealed)
}

/// Seals something that belongs to no termination directly under a purpose of the current key.
/// `aad_parts` are a label and the place, as for [`seal`].
pub fn seal_with(keyring: &Keyring, purpose: Purpose, aad_parts: &[&[u8]], plaintext: &[u8]) -> Sealed {
    let kek = keyring.current();
    Sealed {
        kid: kek.kid().to_owned(),
        bytes: seal_under(kek, purpose, aad_parts, plaintext),
    }
}

/// Opens what [`seal_with`] made with the same purpose and parts.
///
/// # Errors
/// If its kid is not in the keyring, or it was altered or belongs elsewhere.
pub fn open_with(
    keyring: &Keyring,
    purpose: Purpose,
    aad_parts: &[&[u8]],
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, IntegrityError> {
    let key = subkey(keyring, &sealed.kid, purpose)?;
    open_bytes(&key, &place_under(&sealed.kid, purpose, aad_parts), &sealed.bytes)
}

/// Seals a fixed text under one key of the keyring, so that every later start can prove that it still
/// has this very key. `installation` is the id of the database.
pub fn key_check(kek: &Kek, installation: Uuid) -> Vec<u8> {
    seal_under(kek, Purpose::Check, &[CHECK, installation.as_bytes()], CHECK_TEXT)
}

/// Proves that the keyring's key `kid` is the one that made the stored [`key_check`].
///
/// # Errors
/// [`IntegrityError::UnknownKey`] if the key is missing, otherwise if it is another key of the same name
/// or the database is another.
pub fn verify_key_check(
    keyring: &Keyring,
    kid: &str,
    installation: Uuid,
    stored: &[u8],
) -> Result<(), IntegrityError> {
    let key = subkey(keyring, kid, Purpose::Check)?;
    let place = place_under(kid, Purpose::Check, &[CHECK, installation.as_bytes()]);
    let text = open_bytes(&key, &place, stored)?;
    if same_bytes(&text, CHECK_TEXT) {
        Ok(())
    } else {
        Err(IntegrityError::NotAuthentic)
    }
}

fn with_code_parts<T>(context: &CodeContext<'_>, with: impl FnOnce(&[&[u8]]) -> T) -> T {
    let CodeContext {
        data_key,
        code,
        kind,
        version,
    } = context;
    with(&[
        CODE,
        data_key.legal_entity.as_bytes(),
        data_key.termination.as_bytes(),
        code.as_bytes(),
        kind.as_bytes(),
        &version.to_be_bytes(),
        data_key.data_key.as_bytes(),
    ])
}

fn seal_under(kek: &Kek, purpose: Purpose, aad_parts: &[&[u8]], plaintext: &[u8]) -> Vec<u8> {
    seal_bytes(
        &kek.derive(purpose),
        &place_under(kek.kid(), purpose, aad_parts),
        plaintext,
    )
}

fn place_under(kid: &str, purpose: Purpose, aad_parts: &[&[u8]]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = vec![purpose.as_str().as_bytes(), kid.as_bytes()];
    parts.extend_from_slice(aad_parts);
    length_prefixed(&parts)
}

fn subkey(keyring: &Keyring, kid: &str, purpose: Purpose) -> Result<Zeroizing<[u8; 32]>, IntegrityError> {
    keyring.derive(kid, purpose).ok_or(IntegrityError::UnknownKey)
}

#[expect(
    clippy::expect_used,
    reason = "fails only on a key of another length or on more than 64 GiB"
)]
fn seal_bytes(key: &[u8; 32], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    // Full size from the start: a buffer that grows would leave a copy of the plaintext behind.
    let mut buffer = Zeroizing::new(vec![0; (plaintext.len() / BLOCK + 1) * BLOCK]);
    for (to, from) in buffer.iter_mut().zip(plaintext.iter().chain(&[PAD])) {
        *to = *from;
    }
    let (nonce, tag) = RandomizedNonceKey::new(&AES_256_GCM, key)
        .and_then(|key| key.seal_in_place_separate_tag(bound(aad), &mut buffer))
        .expect("AES-256-GCM seals");
    [
        HEADER.as_slice(),
        nonce.as_ref().as_slice(),
        buffer.as_slice(),
        tag.as_ref(),
    ]
    .concat()
}

/// The additional data with the header before it, so that no later version can be passed off as this one.
fn bound(aad: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([&HEADER, aad].concat())
}

fn open_bytes(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, IntegrityError> {
    let (&[version, algorithm], rest) = sealed.split_first_chunk().ok_or(IntegrityError::Truncated)?;
    if version != VERSION {
        return Err(IntegrityError::UnknownVersion);
    }
    if algorithm != ALGORITHM {
        return Err(IntegrityError::UnknownAlgorithm);
    }
    let (nonce, rest) = rest
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(IntegrityError::Truncated)?;
    if rest.len() < BLOCK + TAG_BYTES {
        return Err(IntegrityError::Truncated);
    }
    let mut buffer = Zeroizing::new(rest.to_vec());
    let length = RandomizedNonceKey::new(&AES_256_GCM, key)
        .and_then(|key| {
            let padded = key.open_in_place(Nonce::from(nonce), bound(aad), &mut buffer)?;
            Ok(padded
                .iter()
                .rposition(|byte| *byte != 0)
                .filter(|at| padded.get(*at) == Some(&PAD)))
        })
        .map_err(|_| IntegrityError::NotAuthentic)?
        .ok_or(IntegrityError::NotAuthentic)?;
    buffer.truncate(length);
    Ok(buffer)
}
