//! The keyring: the keys from which every other key of the service is derived or unwrapped.
//!
//! A key-encryption key (KEK) is 32 random bytes with an id, the *kid*. It is never used as it is: each
//! use has a [`Purpose`], and HKDF-SHA256 (RFC 5869) derives one subkey per purpose, so that a weakness
//! in one use says nothing about another. New things are made under the current key; older ones stay
//! readable while their key is in the file. The keyring must never print, log or store a key.

mod file;
#[cfg(test)]
mod tests;

pub use file::{KeyringError, KeyringFault};

use aws_lc_rs::hkdf;
use std::fmt;
use std::path::Path;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// HKDF's salt: public and fixed, it separates this service from any other that were given the same key.
const SALT: &[u8] = b"handback/keyring/v1";
/// Longest kid.
const MAX_KID: usize = 32;

/// What a derived key is for. The word of a purpose is part of the derivation: changing it makes
/// everything unreadable that was made under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Wraps the data keys of terminations.
    Wrap,
    /// Seals the fixed text by which an instance proves at start that it has the right key.
    Check,
    /// Seed of the Ed25519 key that signs access tokens.
    TokenSigning,
    /// Authenticates audit anchors outside the database.
    Anchor,
    /// Authenticates pagination cursors.
    Cursor,
    /// Seals rendered mails until they are sent.
    Message,
    /// Authenticates form tokens of pages.
    Csrf,
    /// Seed of the Ed25519 key that signs receipts.
    ReceiptSigning,
    /// Seals private addresses until the receipt is sent.
    PrivateAddress,
}

impl Purpose {
    /// The stable word that goes into the derivation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrap => "handback/wrap/v1",
            Self::Check => "handback/check/v1",
            Self::TokenSigning => "handback/token-signing/v1",
            Self::Anchor => "handback/anchor/v1",
            Self::Cursor => "handback/cursor/v1",
            Self::Message => "handback/message/v1",
            Self::Csrf => "handback/csrf/v1",
            Self::ReceiptSigning => "handback/receipt-signing/v1",
            Self::PrivateAddress => "handback/private-address/v1",
        }
    }
}

/// One key-encryption key with its kid.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Kek {
    #[zeroize(skip)]
    kid: String,
    bytes: [u8; 32],
}

impl Kek {
    /// The name of this key, which is stored beside everything made under it.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The subkey for one purpose: always the same for the same key and purpose.
    #[expect(
        clippy::expect_used,
        reason = "HKDF-SHA256 fails only above 8160 bytes of output; this is 32"
    )]
    pub fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let info = [purpose.as_str().as_bytes()];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&self.bytes);
        let mut subkey = Zeroizing::new([0; 32]);
        prk.expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(subkey.as_mut_slice()))
            .expect("HKDF gives 32 bytes");
        subkey
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kek({})", self.kid)
    }
}

/// Every key of the file; exactly one of them is current. Never empty.
pub struct Keyring {
    current: Kek,
    others: Vec<Kek>,
}

impl Keyring {
    /// Reads and checks a keyring file.
    ///
    /// # Errors
    /// Whatever is wrong with the file, its owner, its mode or its content; see [`KeyringFault`].
    pub fn load(path: &Path) -> Result<Self, KeyringError> {
        file::load(path).map_err(|fault| KeyringError {
            path: path.to_owned(),
            fault,
        })
    }

    /// Writes a new keyring file with one random key, readable by its owner alone, and forces it to disk.
    /// An existing file is never touched.
    ///
    /// # Errors
    /// If `kid` is not `[a-z0-9-]{1,32}`, the file exists or it cannot be written.
    pub fn generate_file(path: &Path, kid: &str) -> Result<(), KeyringError> {
        file::generate(path, kid).map_err(|fault| KeyringError {
            path: path.to_owned(),
            fault,
        })
    }

    /// The same two keys in every run: `test-2` is current, `test-1` is the one before. Known to
    /// everybody who can read this, so good for tests and nothing else.
    #[doc(hidden)]
    pub fn for_tests() -> Self {
        let key = |kid: &str, byte| Kek {
            kid: kid.to_owned(),
            bytes: [byte; 32],
        };
        Self {
            current: key("test-2", 0x22),
            others: vec![key("test-1", 0x11)],
        }
    }

    /// A keyring from the text of a file, for tests of rotation.
    #[cfg(test)]
    pub(crate) fn parse_for_tests(text: &str) -> Self {
        file::parse(text.as_bytes()).unwrap()
    }

    /// The key for everything new.
    pub const fn current(&self) -> &Kek {
        &self.current
    }

    /// The key with this kid, if the file has it.
    pub fn get(&self, kid: &str) -> Option<&Kek> {
        self.keys().find(|key| key.kid == kid)
    }

    /// Every key, the current one first.
    pub fn keys(&self) -> impl Iterator<Item = &Kek> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// The subkey of one purpose under the key with this kid, if the file has it.
    pub fn derive(&self, kid: &str, purpose: Purpose) -> Option<Zeroizing<[u8; 32]>> {
        self.get(kid).map(|key| key.derive(purpose))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<&str> = self.keys().map(Kek::kid).collect();
        f.debug_struct("Keyring")
            .field("current", &self.current.kid)
            .field("kids", &kids)
            .finish()
    }
}

/// Whether a text can be a kid: `[a-z0-9-]{1,32}`.
fn is_kid(text: &str) -> bool {
    (1..=MAX_KID).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
