//! Keys, sealing, tokens and digests: every use of cryptography and of randomness in the service.
//!
//! One backend (`aws-lc-rs`), one keyring file, named purposes. This module keeps nothing in a database,
//! opens no connection and reads no clock: time comes in as an argument. What it must never do is fall
//! back: an unknown key, version, algorithm or length is an error, there is no mode without keys, and no
//! key is ever found by trying one after the other.

pub mod access_token;
pub mod cursor;
pub mod digest;
pub mod envelope;
pub mod keyring;
pub mod random;
pub mod receipt_signature;
pub mod strict_json;
pub mod token;
