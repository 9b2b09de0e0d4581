//! Values that arrive as text: parsed once, where they enter, and right by construction ever after.
//!
//! Every type keeps its field private, so a value of the type is the proof that the text was checked. An error
//! names a stable code and tells a person what to do, and never repeats the text: it may be anything that
//! somebody sent. Values that are personal data show nothing in `Debug` and have no `Display`.

mod contact;
mod device;
mod free_text;
mod organisation;
mod personal_number;

pub use contact::{EmailAddress, PhoneNumber};
pub use device::{Imei, ImeiBody, SerialNumber};
pub use free_text::{PersonName, REASON_MAX_CHARS, clean_line, clean_text};
pub use organisation::{ExternalId, OrgNumber, SourceName};
pub use personal_number::looks_like_personal_number;

/// Why a text is not a value of the type that was asked for. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct TextError {
    /// The stable code, in snake_case, for programs.
    pub code: &'static str,
    /// A sentence that a person can act on.
    pub detail: &'static str,
}

impl TextError {
    const fn new(code: &'static str, detail: &'static str) -> Self {
        Self { code, detail }
    }
}

/// Declares a text value with a private field and the traits that all of them share. `Debug` is left to the
/// caller, who either derives it or hides the value with [`hide_in_debug`].
macro_rules! text_value {
    ($(#[$meta:meta])* pub struct $name:ident;) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl std::str::FromStr for $name {
            type Err = $crate::domain::text::TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        /// Reads a stored document: its texts were checked when they came in, and are checked again.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl $name {
            /// The text in the one form in which it is stored and compared.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

/// Gives a type that holds personal data a `Debug` that shows its name alone.
macro_rules! hide_in_debug {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

use {hide_in_debug, text_value};

/// Whether the last of the digits is the right check digit (the Luhn formula, ISO/IEC 7812-1).
/// The text is digits only.
fn luhn_holds(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

/// Whether every character is the same one. True for the empty text.
fn is_one_character_repeated(text: impl Iterator<Item = char> + Clone) -> bool {
    text.clone().zip(text.skip(1)).all(|(one, next)| one == next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_shows_nothing_in_debug() {
        let values = [
            format!("{:?}", PersonName::parse("Anna Exempel").unwrap()),
            format!("{:?}", PhoneNumber::parse("070-174 06 05").unwrap()),
            format!(
                "{:?}",
                EmailAddress::parse("anna@exempelkommunen.example").unwrap()
            ),
        ];
        assert_eq!(values, ["PersonName(…)", "PhoneNumber(…)", "EmailAddress(…)"]);
    }

    #[test]
    fn a_value_is_a_plain_string_in_json() {
        let serial = SerialNumber::parse(" f2lx-01 ").unwrap();
        assert_eq!(serde_json::to_string(&serial).unwrap(), "\"F2LX-01\"");
    }

    #[test]
    fn an_error_says_what_to_do() {
        let error = Imei::parse("12").unwrap_err();
        assert_eq!(error.to_string(), error.detail);
    }
}
