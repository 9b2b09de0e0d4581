//! What identifies a handset: its serial number and its IMEI.
//!
//! Systems write both carelessly (spaces, letter case, missing check digits, factory placeholders), and a wrong
//! match would wipe the wrong phone. So the forms are settled here, and placeholders are no identity.

use super::{TextError, is_one_character_repeated, luhn_holds, text_value};
use std::fmt;

/// What unprogrammed or unreadable hardware reports instead of a serial number.
const SERIAL_PLACEHOLDERS: [&str; 9] = [
    "UNKNOWN",
    "NONE",
    "NULL",
    "N/A",
    "NOT AVAILABLE",
    "NOT-AVAILABLE",
    "DEFAULT STRING",
    "TO BE FILLED BY O.E.M.",
    "SYSTEM SERIAL NUMBER",
];

/// The longest text that can be an IMEI, with room for its usual separators.
const IMEI_MAX_BYTES: usize = 40;

text_value! {
    /// A manufacturer's serial number: 3 to 40 of A–Z, 0–9, `-`, `/` and `.`, in upper case.
    #[derive(Debug)]
    pub struct SerialNumber;
}

impl SerialNumber {
    /// Trims, turns to upper case and checks. Refuses what hardware reports when it has no serial number.
    ///
    /// # Errors
    /// `serial_placeholder`, `serial_length`, `serial_characters`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let serial = text.trim().to_ascii_uppercase();
        if is_serial_placeholder(&serial) {
            return Err(TextError::new(
                "serial_placeholder",
                "This is a placeholder, not a serial number. Read the serial number off the device itself.",
            ));
        }
        if !(3..=40).contains(&serial.chars().count()) {
            return Err(TextError::new(
                "serial_length",
                "A serial number has 3 to 40 characters.",
            ));
        }
        if !serial
            .chars()
            .all(|c| matches!(c, 'A'..='Z' | '0'..='9' | '-' | '/' | '.'))
        {
            return Err(TextError::new(
                "serial_characters",
                "A serial number has only the letters A to Z, digits, hyphen, slash and full stop.",
            ));
        }
        Ok(Self(serial))
    }

    /// The last four characters, by which people tell devices apart without showing the whole number.
    pub fn last_four(&self) -> &str {
        self.0
            .len()
            .checked_sub(4)
            .and_then(|start| self.0.get(start..))
            .unwrap_or(&self.0)
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Nothing, a known filler, or one and the same character over and over, separators aside.
fn is_serial_placeholder(serial: &str) -> bool {
    SERIAL_PLACEHOLDERS.contains(&serial)
        || is_one_character_repeated(serial.chars().filter(|c| c.is_alphanumeric()))
}

text_value! {
    /// An IMEI as it is registered: 15 digits, of which the last is the right check digit (3GPP TS 23.003).
    #[derive(Debug)]
    pub struct Imei;
}

impl Imei {
    /// Checks 15 digits; spaces and hyphens between them are taken away.
    ///
    /// # Errors
    /// `imei_characters`, `imei_length`, `imei_check_digit_missing` (14 digits), `imei_software_version`
    /// (16 digits), `imei_check_digit_wrong`, `imei_placeholder`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let digits = imei_digits(text)?;
        match digits.len() {
            15 => {}
            14 => {
                return Err(TextError::new(
                    "imei_check_digit_missing",
                    "This IMEI has 14 digits: the last digit, the check digit, is missing. Give all 15.",
                ));
            }
            16 => {
                return Err(TextError::new(
                    "imei_software_version",
                    "This is an IMEISV of 16 digits. Give the IMEI of 15 digits; *#06# shows it on the phone.",
                ));
            }
            _ => return Err(TextError::new("imei_length", "An IMEI has 15 digits.")),
        }
        if !luhn_holds(&digits) {
            return Err(TextError::new(
                "imei_check_digit_wrong",
                "The check digit of the IMEI does not match. Compare every digit with the device.",
            ));
        }
        body_of(&digits)?;
        Ok(Self(digits))
    }

    /// The digits by which two IMEIs are compared.
    pub fn body(&self) -> ImeiBody {
        ImeiBody(self.0.chars().take(14).collect())
    }
}

text_value! {
    /// The first 14 digits of an IMEI: what identifies the device, whatever a system appends to it.
    /// This is the key of every comparison between a report and the register.
    #[derive(Debug)]
    pub struct ImeiBody;
}

impl ImeiBody {
    /// Takes what other systems report: 14 digits (no check digit), 15 (the check digit must match) or 16 (an
    /// IMEISV, whose last two are the software version). Spaces and hyphens are taken away.
    ///
    /// # Errors
    /// As [`Imei::parse`], but for 14 and 16 digits.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let digits = imei_digits(text)?;
        match digits.len() {
            14 | 16 => body_of(&digits),
            _ => Imei::parse(&digits).map(|imei| imei.body()),
        }
    }
}

/// The digits of a text that otherwise has only spaces and hyphens.
fn imei_digits(text: &str) -> Result<String, TextError> {
    if text.len() > IMEI_MAX_BYTES {
        return Err(TextError::new("imei_length", "An IMEI has 15 digits."));
    }
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if digits.chars().all(|c| c.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err(TextError::new(
            "imei_characters",
            "An IMEI has only digits. Spaces and hyphens may separate them.",
        ))
    }
}

/// The first 14 digits, unless they are all the same: all zeros even have the right check digit.
fn body_of(digits: &str) -> Result<ImeiBody, TextError> {
    let body: String = digits.chars().take(14).collect();
    if is_one_character_repeated(body.chars()) {
        return Err(TextError::new(
            "imei_placeholder",
            "This is a placeholder, not an IMEI. Read the IMEI off the device; *#06# shows it on the phone.",
        ));
    }
    Ok(ImeiBody(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_have_one_spelling() {
        for (text, stored, last_four) in [
            ("  f2lx4k1mq6lr\n", "F2LX4K1MQ6LR", "Q6LR"),
            ("R58-N30.1/A", "R58-N30.1/A", ".1/A"),
            ("a1b", "A1B", "A1B"),
            ("0001", "0001", "0001"),
        ] {
            let serial = SerialNumber::parse(text).unwrap();
            assert_eq!((serial.as_str(), serial.last_four()), (stored, last_four));
        }
    }

    #[test]
    fn what_is_no_serial_number_is_refused() {
        let too_long = "A1".repeat(21);
        for (text, code) in [
            ("", "serial_placeholder"),
            (" 0 ", "serial_placeholder"),
            ("0000000000", "serial_placeholder"),
            ("xxxxxxxx", "serial_placeholder"),
            ("00-00-00", "serial_placeholder"),
            ("-/.", "serial_placeholder"),
            ("unknown", "serial_placeholder"),
            ("None", "serial_placeholder"),
            ("n/a", "serial_placeholder"),
            ("Not Available", "serial_placeholder"),
            ("Default string", "serial_placeholder"),
            ("To be filled by O.E.M.", "serial_placeholder"),
            ("System Serial Number", "serial_placeholder"),
            ("A1", "serial_length"),
            (too_long.as_str(), "serial_length"),
            ("F2LX 4K1M", "serial_characters"),
            ("F2LX'OR'1", "serial_characters"),
            ("F2LXÅ", "serial_characters"),
            // A Greek capital that looks like an A.
            ("F2LX\u{391}", "serial_characters"),
        ] {
            assert_eq!(SerialNumber::parse(text).unwrap_err().code, code, "{text:?}");
        }
    }

    #[test]
    fn an_imei_is_registered_with_its_check_digit() {
        for (text, stored, body) in [
            ("490154203237518", "490154203237518", "49015420323751"),
            (" 356938035643809 ", "356938035643809", "35693803564380"),
            ("35-693803-564381-7", "356938035643817", "35693803564381"),
            ("35 693803 564381 7", "356938035643817", "35693803564381"),
        ] {
            let imei = Imei::parse(text).unwrap();
            assert_eq!((imei.as_str(), imei.body().as_str()), (stored, body));
        }
        for (text, code) in [
            ("490154203237519", "imei_check_digit_wrong"),
            // Two digits changed places.
            ("490154203273518", "imei_check_digit_wrong"),
            ("49015420323751", "imei_check_digit_missing"),
            ("4901542032375101", "imei_software_version"),
            ("", "imei_length"),
            ("4901542032375", "imei_length"),
            ("49015420323751801", "imei_length"),
            ("49015420323751X", "imei_characters"),
            ("49015420323751٨", "imei_characters"),
            ("490154203237518,356938035643809", "imei_characters"),
            ("000000000000000", "imei_placeholder"),
        ] {
            assert_eq!(Imei::parse(text).unwrap_err().code, code, "{text:?}");
        }
        assert_eq!(
            Imei::parse(&"4 ".repeat(1_000_000)).unwrap_err().code,
            "imei_length"
        );
    }

    #[test]
    fn a_report_matches_with_fourteen_fifteen_or_sixteen_digits() {
        let registered = Imei::parse("490154203237518").unwrap().body();
        for text in [
            "490154203237518",
            "49015420323751",
            "4901542032375101",
            "49 015420 323751 8",
        ] {
            assert_eq!(ImeiBody::parse(text).unwrap(), registered, "{text}");
        }
        for (text, code) in [
            ("490154203237519", "imei_check_digit_wrong"),
            ("4901542032375", "imei_length"),
            ("00000000000000", "imei_placeholder"),
            ("0000000000000001", "imei_placeholder"),
            ("A1000049015420", "imei_characters"),
        ] {
            assert_eq!(ImeiBody::parse(text).unwrap_err().code, code, "{text}");
        }
    }
}
