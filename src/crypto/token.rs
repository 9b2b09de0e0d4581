//! Random secrets that people and clients carry: action links, sessions, client secrets, form tokens.
//!
//! Each has 256 bits from the generator and means nothing by itself: the database holds the SHA-256 of
//! the *text* (enough for a secret that cannot be guessed, RFC 9700 and ASVS 6.5.2) together with what
//! it allows, so it can be revoked. No secret of this module appears in `Debug`.

use crate::crypto::digest::{Digest, same_bytes, sha256};
use crate::crypto::random::random_bytes;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// Length of 32 bytes in base64url without padding.
const TEXT_LENGTH: usize = 43;
/// What a client secret starts with, so that scanners of repositories and logs recognise a leaked one.
const CLIENT_SECRET_PREFIX: &str = "hbs_";
/// The same for the token of a directory's connection.
const CONNECTION_SECRET_PREFIX: &str = "hbscim_";
/// Crockford's base 32: no I, L, O or U, so that a number survives being read over the telephone.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The text is not a secret of the expected shape. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed token")]
pub struct MalformedToken;

/// The SHA-256 of a secret's text: what the database stores and searches by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(Digest);

impl TokenHash {
    /// The bytes to store.
    pub const fn as_bytes(&self) -> &Digest {
        &self.0
    }
}

impl From<Digest> for TokenHash {
    fn from(bytes: Digest) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for TokenHash {
    type Error = MalformedToken;

    fn try_from(bytes: &[u8]) -> Result<Self, MalformedToken> {
        bytes.try_into().map(Self).map_err(|_| MalformedToken)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// 32 random bytes as 43 characters of base64url: the token of an action link, a session or a form
/// (a form's token goes into a cookie and a hidden field; compare the two with [`same_text`]).
pub struct OpaqueToken(SecretString);

impl OpaqueToken {
    /// Draws a new token.
    pub fn generate() -> Self {
        Self(SecretString::from(random_text("")))
    }

    /// The text, for the one place that hands it out.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to store and to search by.
    pub fn hash(&self) -> TokenHash {
        TokenHash(sha256(self.expose().as_bytes()))
    }
}

impl FromStr for OpaqueToken {
    type Err = MalformedToken;

    fn from_str(text: &str) -> Result<Self, MalformedToken> {
        check_text(text)?;
        Ok(Self(SecretString::from(text)))
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueToken([REDACTED])")
    }
}

/// The secret of a service account: `hbs_` and 32 random bytes as base64url. Shown once, when made.
pub struct ClientSecret(SecretString);

impl ClientSecret {
    /// Draws a new secret.
    pub fn generate() -> Self {
        Self(SecretString::from(random_text(CLIENT_SECRET_PREFIX)))
    }

    /// The text, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to store.
    pub fn hash(&self) -> TokenHash {
        TokenHash(sha256(self.expose().as_bytes()))
    }

    /// Whether this is the secret with the stored hash; compares in constant time.
    pub fn verify(&self, stored: &TokenHash) -> bool {
        same_bytes(self.hash().as_bytes(), stored.as_bytes())
    }
}

impl FromStr for ClientSecret {
    type Err = MalformedToken;

    fn from_str(text: &str) -> Result<Self, MalformedToken> {
        check_text(text.strip_prefix(CLIENT_SECRET_PREFIX).ok_or(MalformedToken)?)?;
        Ok(Self(SecretString::from(text)))
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret([REDACTED])")
    }
}

/// The token of a directory's connection: `hbscim_` and 32 random bytes as base64url. Shown once, when made.
pub struct ConnectionSecret(SecretString);

impl ConnectionSecret {
    /// Draws a new token.
    pub fn generate() -> Self {
        Self(SecretString::from(random_text(CONNECTION_SECRET_PREFIX)))
    }

    /// The text, for the one place that shows it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to store and to search by.
    pub fn hash(&self) -> TokenHash {
        TokenHash(sha256(self.expose().as_bytes()))
    }
}

impl FromStr for ConnectionSecret {
    type Err = MalformedToken;

    fn from_str(text: &str) -> Result<Self, MalformedToken> {
        check_text(
            text.strip_prefix(CONNECTION_SECRET_PREFIX)
                .ok_or(MalformedToken)?,
        )?;
        Ok(Self(SecretString::from(text)))
    }
}

impl fmt::Debug for ConnectionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionSecret([REDACTED])")
    }
}

/// Whether two secret texts are equal, in constant time: a form's cookie and its hidden field.
pub fn same_text(a: &str, b: &str) -> bool {
    same_bytes(a.as_bytes(), b.as_bytes())
}

/// A new case number such as `HB-7K3F-9Q2M`: 40 random bits, easy to say, telling nothing about how many
/// cases there are. Numbers may repeat by chance: the database decides, the caller draws again.
pub fn random_case_number() -> String {
    human_number("HB", random_bytes())
}

/// A new number of a task such as `HU-7K3F-9Q2M` (U for uppgift), made as [`random_case_number`] makes one.
pub fn random_task_number() -> String {
    human_number("HU", random_bytes())
}

/// A new number of a claim such as `HK-7K3F-9Q2M` (K for krav), made as [`random_case_number`] makes one.
pub fn random_claim_number() -> String {
    human_number("HK", random_bytes())
}

fn human_number(prefix: &str, random: [u8; 5]) -> String {
    let bits = random
        .iter()
        .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
    let mut number = String::from(prefix);
    for place in (0..8).rev() {
        if place % 4 == 3 {
            number.push('-');
        }
        number.extend(CROCKFORD.get(bits >> (5 * place) & 31).copied().map(char::from));
    }
    number
}

fn random_text(prefix: &str) -> String {
    let bytes = Zeroizing::new(random_bytes::<32>());
    // Exactly the room it needs: a string that grows or shrinks leaves a copy of the secret behind.
    let mut text = String::with_capacity(prefix.len() + TEXT_LENGTH);
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
    text
}

/// Only the canonical text passes: exact length, base64url alphabet, unused bits zero.
fn check_text(text: &str) -> Result<(), MalformedToken> {
    if text.len() != TEXT_LENGTH {
        return Err(MalformedToken);
    }
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map(Zeroizing::new)
        .map_err(|_| MalformedToken)?;
    if bytes.len() == 32 {
        Ok(())
    } else {
        Err(MalformedToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tokens_are_fresh_and_read_back_to_the_same_hash() {
        let tokens: Vec<OpaqueToken> = (0..100).map(|_| OpaqueToken::generate()).collect();
        let texts: HashSet<&str> = tokens.iter().map(OpaqueToken::expose).collect();
        assert_eq!(texts.len(), 100);
        for token in &tokens {
            assert_eq!(token.expose().len(), 43);
            assert_eq!(
                token.expose().parse::<OpaqueToken>().unwrap().hash(),
                token.hash()
            );
            assert_eq!(token.hash().as_bytes(), &sha256(token.expose().as_bytes()));
        }
    }

    #[test]
    fn only_the_canonical_text_is_a_token() {
        let good = "A".repeat(43);
        assert!(good.parse::<OpaqueToken>().is_ok());
        let bad = [
            String::new(),
            "A".repeat(42),
            "A".repeat(44),
            format!("{}=", "A".repeat(42)),
            format!("{}+", "A".repeat(42)),
            format!("{}/", "A".repeat(42)),
            format!("{} ", "A".repeat(42)),
            // The last character carries two unused bits; `B` would set one of them.
            format!("{}B", "A".repeat(42)),
            // 43 bytes, but not of ASCII.
            format!("{}å", "A".repeat(41)),
        ];
        for text in bad {
            assert_eq!(text.parse::<OpaqueToken>().err(), Some(MalformedToken), "{text}");
        }
    }

    #[test]
    fn a_client_secret_has_its_prefix_and_verifies_only_against_its_own_hash() {
        let secret = ClientSecret::generate();
        assert!(secret.expose().starts_with("hbs_") && secret.expose().len() == 47);
        let read: ClientSecret = secret.expose().parse().unwrap();
        assert!(read.verify(&secret.hash()));
        assert!(!read.verify(&ClientSecret::generate().hash()));
        for text in [&secret.expose()[4..], "hbs_", "hbs_AAAA", "HBS_", ""] {
            assert!(text.parse::<ClientSecret>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let token = OpaqueToken::generate();
        let secret = ClientSecret::generate();
        let shown = format!("{token:?} {secret:?} {:?}", token.hash());
        assert_eq!(
            shown,
            "OpaqueToken([REDACTED]) ClientSecret([REDACTED]) TokenHash(..)"
        );
    }

    #[test]
    fn a_case_number_spells_forty_bits_in_crockfords_alphabet() {
        assert_eq!(human_number("HB", [0; 5]), "HB-0000-0000");
        assert_eq!(human_number("HB", [0xff; 5]), "HB-ZZZZ-ZZZZ");
        assert_eq!(human_number("HB", [0x00, 0x44, 0x32, 0x14, 0xc7]), "HB-0123-4567");
        let drawn: HashSet<String> = (0..1000).map(|_| random_case_number()).collect();
        assert!(drawn.len() > 990);
        for number in drawn {
            let groups: Vec<&str> = number.split('-').collect();
            assert!(
                matches!(groups[..], ["HB", a, b] if a.len() == 4 && b.len() == 4),
                "{number}"
            );
            assert!(!number[3..].contains(['I', 'L', 'O', 'U']), "{number}");
        }
    }

    #[test]
    fn texts_are_the_same_only_when_every_byte_is() {
        assert!(same_text("abc", "abc"));
        assert!(!same_text("abc", "abd") && !same_text("abc", "ab") && !same_text("", "a"));
    }
}
