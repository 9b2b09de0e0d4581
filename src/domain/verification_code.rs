//! The code on a receipt by which anybody can check that it is genuine.
//!
//! It is read aloud and typed from paper, so it is written in groups and in Crockford's base 32: no I, L, O or U.
//! Whoever types a small letter, an O for a zero, or no hyphens at all, means the same code.

use std::fmt;
use std::str::FromStr;

/// Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many letters a code has: 100 bits.
const LENGTH: usize = 20;
/// How many letters stand together.
const GROUP: usize = 4;
/// The most that is read of what somebody typed.
const MAX_TYPED: usize = 100;

/// Not a verification code. What was typed is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a verification code")]
pub struct MalformedCode;

/// The verification code of a receipt. [`fmt::Display`] writes it as people read it, `7K3F-9Q2M-…`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerificationCode(String);

impl VerificationCode {
    /// The code that these random bytes spell; five bits of each byte count.
    pub fn from_random(bytes: [u8; LENGTH]) -> Self {
        let letters = bytes
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(byte & 31)));
        Self(letters.copied().map(char::from).collect())
    }

    /// The letters without hyphens: what is stored and searched by.
    pub fn letters(&self) -> &str {
        &self.0
    }
}

impl FromStr for VerificationCode {
    type Err = MalformedCode;

    fn from_str(typed: &str) -> Result<Self, MalformedCode> {
        if typed.len() > MAX_TYPED {
            return Err(MalformedCode);
        }
        let mut letters = String::with_capacity(LENGTH);
        for typed in typed.chars().filter(|typed| !is_separator(*typed)) {
            let letter = match typed.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter if letter.is_ascii() && ALPHABET.contains(&(letter as u8)) => letter,
                _ => return Err(MalformedCode),
            };
            letters.push(letter);
        }
        if letters.len() == LENGTH {
            Ok(Self(letters))
        } else {
            Err(MalformedCode)
        }
    }
}

/// What stands between letters: hyphens of every kind that word processors make of one, and space.
fn is_separator(typed: char) -> bool {
    typed.is_whitespace() || matches!(typed, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Display for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

/// Whoever has the code can ask about the receipt, so it is not for logs.
impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let code = VerificationCode::from_random(std::array::from_fn(|place| place as u8));
        assert_eq!(code.to_string(), "0123-4567-89AB-CDEF-GHJK");
        for typed in [
            "0123-4567-89AB-CDEF-GHJK",
            "0123456789abcdefghjk",
            "O I23\u{2011}4567\u{2013}89ab cdef ghjk\n",
            "0l23 4567 89AB CDEF GHJK",
        ] {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let long = "0".repeat(200);
        for typed in [
            "",
            "0123",
            "0123-4567-89AB-CDEF-GHJU",
            "0123-4567-89AB-CDEF-GHJKM",
            "å",
            &long,
        ] {
            assert_eq!(typed.parse::<VerificationCode>(), Err(MalformedCode), "{typed}");
        }
    }

    #[test]
    fn debug_output_shows_no_code() {
        assert_eq!(
            format!("{:?}", VerificationCode::from_random([0; 20])),
            "VerificationCode(..)"
        );
    }

    proptest! {
        #[test]
        fn every_code_reads_back(bytes in any::<[u8; 20]>()) {
            let code = VerificationCode::from_random(bytes);
            prop_assert_eq!(code.letters().len(), 20);
            prop_assert_eq!(code.to_string().parse(), Ok(code.clone()));
            prop_assert_eq!(code.letters().to_lowercase().parse(), Ok(code));
        }

        #[test]
        fn nothing_typed_is_a_fault(typed in any::<String>()) {
            let _ = typed.parse::<VerificationCode>();
        }
    }
}
