//! Names of things in other registers: the source of HR data, its identifiers, and organisation numbers.

use super::{TextError, luhn_holds, text_value};
use std::fmt;

text_value! {
    /// The identifier that another system has given something: 1 to 128 of A–Z, a–z, 0–9, `.`, `_`, `:`, `@`
    /// and `-`. Letter case counts.
    #[derive(Debug)]
    pub struct ExternalId;
}

impl ExternalId {
    /// Checks. Nothing is trimmed or changed: the other system must recognise its own identifier.
    ///
    /// # Errors
    /// `external_id_length`, `external_id_characters`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if !(1..=128).contains(&text.len()) {
            return Err(TextError::new(
                "external_id_length",
                "An identifier has 1 to 128 characters.",
            ));
        }
        // A lone dot or two would vanish from a URL path (RFC 3986 § 5.2.4).
        if matches!(text, "." | "..")
            || !text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._:@-".contains(c))
        {
            return Err(TextError::new(
                "external_id_characters",
                "An identifier has only the letters A to Z, digits and . _ : @ -, and is not just dots.",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

text_value! {
    /// The name of a source of HR data, as it stands in URLs: 1 to 40 of a–z, 0–9 and `-`.
    #[derive(Debug)]
    pub struct SourceName;
}

impl SourceName {
    /// Checks. Nothing is trimmed or changed.
    ///
    /// # Errors
    /// `source_name_invalid`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let fits = (1..=40).contains(&text.len());
        if fits && text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TextError::new(
                "source_name_invalid",
                "A source name has 1 to 40 characters: small letters a to z, digits and hyphen.",
            ))
        }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value! {
    /// The organisation number of a legal person (lag (1974:174)): stored as 10 digits, shown as `NNNNNN-NNNN`.
    #[derive(Debug)]
    pub struct OrgNumber;
}

impl OrgNumber {
    /// Reads 10 digits, with or without a hyphen before the last four.
    ///
    /// A number whose third digit is below 2 is refused: it belongs to a natural person, whose organisation
    /// number is the person's personnummer.
    ///
    /// # Errors
    /// `org_number_format`, `org_number_check_digit_wrong`, `org_number_of_person`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        let digits: String = match text.split_once('-') {
            Some((group, rest)) if group.len() == 6 => [group, rest].concat(),
            _ => text.to_owned(),
        };
        if digits.len() != 10 || !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(TextError::new(
                "org_number_format",
                "An organisation number has 10 digits, written NNNNNN-NNNN.",
            ));
        }
        if digits.chars().nth(2).is_some_and(|third| third < '2') {
            return Err(TextError::new(
                "org_number_of_person",
                "This is the number of a natural person. Give the organisation number of a legal entity.",
            ));
        }
        if !luhn_holds(&digits) {
            return Err(TextError::new(
                "org_number_check_digit_wrong",
                "The check digit of the organisation number does not match. Compare every digit.",
            ));
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for OrgNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_at_checked(6) {
            Some((group, rest)) => write!(f, "{group}-{rest}"),
            None => f.write_str(&self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_other_systems_are_kept_unchanged() {
        let longest = "x".repeat(128);
        for text in ["1", "emp-0042", "A:b_c.D@exempel", "...", longest.as_str()] {
            assert_eq!(ExternalId::parse(text).unwrap().as_str(), text);
        }
        let too_long = "x".repeat(129);
        for (text, code) in [
            ("", "external_id_length"),
            (too_long.as_str(), "external_id_length"),
            (" 42", "external_id_characters"),
            ("4/2", "external_id_characters"),
            ("4%2F2", "external_id_characters"),
            (".", "external_id_characters"),
            ("..", "external_id_characters"),
            ("é", "external_id_characters"),
            ("4\n2", "external_id_characters"),
        ] {
            assert_eq!(ExternalId::parse(text).unwrap_err().code, code, "{text:?}");
        }
    }

    #[test]
    fn a_source_name_is_a_slug() {
        let longest = "a".repeat(40);
        for text in ["hr", "hr-2", "-", longest.as_str()] {
            assert_eq!(SourceName::parse(text).unwrap().to_string(), text);
        }
        let too_long = "a".repeat(41);
        for text in ["", "HR", "hr_2", "hr 2", "hr/2", "personal-ö", too_long.as_str()] {
            assert_eq!(
                SourceName::parse(text).unwrap_err().code,
                "source_name_invalid",
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_organisation_number_is_that_of_a_legal_person() {
        for text in ["999999-9999", "9999999999", " 999999-9999 "] {
            let number = OrgNumber::parse(text).unwrap();
            assert_eq!(
                (number.as_str(), number.to_string().as_str()),
                ("9999999999", "999999-9999")
            );
        }
        for (text, code) in [
            ("", "org_number_format"),
            ("999999999", "org_number_format"),
            ("99999-99999", "org_number_format"),
            ("999999-9999-", "org_number_format"),
            ("999999 9999", "org_number_format"),
            ("99999999-9999", "org_number_format"),
            ("99999٩9999", "org_number_format"),
            ("999999-9998", "org_number_check_digit_wrong"),
            ("121212-1212", "org_number_of_person"),
            ("000000-0000", "org_number_of_person"),
        ] {
            assert_eq!(OrgNumber::parse(text).unwrap_err().code, code, "{text:?}");
        }
    }
}
