//! How people are reached: telephone numbers and e-mail addresses. Personal data, so hidden in `Debug`.

use super::{TextError, hide_in_debug, text_value};
use phonenumber::{Mode, country};

/// The longest text that can be a telephone number, with room for its usual separators.
const PHONE_MAX_BYTES: usize = 40;

/// The longest address that fits in the path of an SMTP command (RFC 5321 § 4.5.3.1.3, less the brackets).
const EMAIL_MAX_BYTES: usize = 254;

text_value! {
    /// A telephone number in the form of ITU-T E.164, such as `+46701740605`.
    pub struct PhoneNumber;
}
hide_in_debug!(PhoneNumber);

impl PhoneNumber {
    /// Reads a number as people write it. Without a country code it is Swedish.
    ///
    /// # Errors
    /// `phone_characters`, `phone_invalid`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.len() > PHONE_MAX_BYTES {
            return Err(PHONE_INVALID);
        }
        // The library would also take letters for digits and read extensions, and drop what it cannot use.
        if !text
            .chars()
            .all(|c| c.is_ascii_digit() || " \u{a0}+-()./".contains(c))
        {
            return Err(TextError::new(
                "phone_characters",
                "A phone number has only digits, an initial + and separators. Extensions are not accepted.",
            ));
        }
        let number = phonenumber::parse(Some(country::SE), text).map_err(|_| PHONE_INVALID)?;
        if !number.is_valid() {
            return Err(PHONE_INVALID);
        }
        Ok(Self(number.format().mode(Mode::E164).to_string()))
    }

    /// As it is written in Swedish text, such as `070-174 06 05`. A foreign number keeps its country code,
    /// because nobody could dial it from here without.
    pub fn national(&self) -> String {
        if self.0.starts_with("+46") {
            self.format(Mode::National)
        } else {
            self.international()
        }
    }

    /// As it is written in English text, such as `+46 70 174 06 05`.
    pub fn international(&self) -> String {
        self.format(Mode::International)
    }

    fn format(&self, mode: Mode) -> String {
        // A number that was formatted once can be read again; should that ever fail, E.164 is right too.
        phonenumber::parse(None, &self.0).map_or_else(
            |_| self.0.clone(),
            |number| number.format().mode(mode).to_string(),
        )
    }
}

const PHONE_INVALID: TextError = TextError::new(
    "phone_invalid",
    "This is not a valid phone number. Write it with area code, or with + and country code.",
);

text_value! {
    /// An e-mail address that every mail system takes: plain ASCII, no quotes, no comments, no address literals.
    /// The domain is in lower case; the part before the @ is kept as it was written.
    pub struct EmailAddress;
}
hide_in_debug!(EmailAddress);

impl EmailAddress {
    /// Trims and checks. Stricter than RFC 5321 on purpose: what is refused here does not occur in a directory,
    /// and could change the meaning of a mail header or an SMTP command.
    ///
    /// # Errors
    /// `email_too_long`, `email_not_ascii`, `email_invalid`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.len() > EMAIL_MAX_BYTES {
            return Err(TextError::new(
                "email_too_long",
                "An e-mail address has at most 254 characters.",
            ));
        }
        if !text.is_ascii() {
            return Err(TextError::new(
                "email_not_ascii",
                "An e-mail address has only plain letters. Write a domain with å, ä or ö in its xn-- form.",
            ));
        }
        match text.split_once('@') {
            Some((local, domain)) if is_local_part(local) && is_domain(domain) => {
                Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
            }
            _ => Err(TextError::new(
                "email_invalid",
                "Write an e-mail address as name@domain, without spaces.",
            )),
        }
    }
}

/// A dot-atom of RFC 5322 § 3.2.3, at most 64 characters.
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    local.len() <= 64 && local.split('.').all(is_atom)
}

/// At least two labels of letters, digits and inner hyphens (RFC 1123 § 2.1); the last one is not a number.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let has_name_at_the_end = domain
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.chars().any(|c| c.is_ascii_alphabetic()));
    has_name_at_the_end && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    #[test]
    fn a_swedish_number_has_one_stored_form_however_it_is_written() {
        for text in [
            "070-174 06 05",
            "0701740605",
            " 070 174\u{a0}06 05 ",
            "+46 70 174 06 05",
            "+46 (0)70-174 06 05",
            "+46701740605",
            "0046701740605",
            "0046 70 174 06 05",
        ] {
            let number = PhoneNumber::parse(text).unwrap();
            assert_eq!(number.as_str(), "+46701740605", "{text}");
            assert_eq!(number.national(), "070-174 06 05");
            assert_eq!(number.international(), "+46 70 174 06 05");
        }
    }

    #[test]
    fn a_foreign_number_keeps_its_country_code() {
        let number = PhoneNumber::parse("+47 21 00 00 00").unwrap();
        assert_eq!(number.as_str(), "+4721000000");
        assert_eq!(number.national(), number.international());
        assert!(number.national().starts_with("+47 "));
    }

    #[test]
    fn what_is_no_phone_number_is_refused() {
        let too_long = "0".repeat(41);
        for (text, code) in [
            ("", "phone_invalid"),
            ("070", "phone_invalid"),
            ("070-174 06 05 06 07 08 09", "phone_invalid"),
            ("+", "phone_invalid"),
            ("+999 70 174 06 05", "phone_invalid"),
            (too_long.as_str(), "phone_invalid"),
            ("070-174 06 05 ext 12", "phone_characters"),
            ("070-174 06 05;ext=12", "phone_characters"),
            ("tel:+46701740605", "phone_characters"),
            ("0700-BLOMMOR", "phone_characters"),
            ("070-174 06 05\r\nBcc: x", "phone_characters"),
            ("٠٧٠١٧٤٠٦٠٥", "phone_characters"),
        ] {
            assert_eq!(
                PhoneNumber::parse(text).map_err(|error| error.code),
                Err(code),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_address_keeps_its_name_and_lowers_its_domain() {
        for (text, stored) in [
            (
                " Anna.Exempel@Exempelkommunen.Example ",
                "Anna.Exempel@exempelkommunen.example",
            ),
            (
                "o'hara+phone@mail.exempelkommunen.example",
                "o'hara+phone@mail.exempelkommunen.example",
            ),
            ("a@xn--exempel-9za.example", "a@xn--exempel-9za.example"),
            ("a@b.c1", "a@b.c1"),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@b.example", "a".repeat(65));
        let long_label = format!("a@{}.example", "b".repeat(64));
        let too_long = format!("a@{}example", "bcdefghi.".repeat(30));
        for (text, code) in [
            ("", "email_invalid"),
            ("anna", "email_invalid"),
            ("@b.example", "email_invalid"),
            ("anna@", "email_invalid"),
            ("anna@b@c.example", "email_invalid"),
            ("anna exempel@b.example", "email_invalid"),
            ("Anna <anna@b.example>", "email_invalid"),
            ("anna@b.example,berit@b.example", "email_invalid"),
            ("anna@b.example\r\nBcc: x@c.example", "email_invalid"),
            ("anna\0@b.example", "email_invalid"),
            ("\"anna\"@b.example", "email_invalid"),
            (".anna@b.example", "email_invalid"),
            ("anna.@b.example", "email_invalid"),
            ("an..na@b.example", "email_invalid"),
            ("anna@localhost", "email_invalid"),
            ("anna@b..example", "email_invalid"),
            ("anna@-b.example", "email_invalid"),
            ("anna@b.example.", "email_invalid"),
            ("anna@192.0.2.1", "email_invalid"),
            ("anna@[192.0.2.1]", "email_invalid"),
            (long_local.as_str(), "email_invalid"),
            (long_label.as_str(), "email_invalid"),
            (too_long.as_str(), "email_too_long"),
            ("anna@exempelå.example", "email_not_ascii"),
            ("аnna@b.example", "email_not_ascii"),
        ] {
            assert_eq!(
                EmailAddress::parse(text).map_err(|error| error.code),
                Err(code),
                "{text:?}"
            );
        }
    }

    proptest! {
        // The same cases on every run.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn any_text_gives_a_stable_value_or_an_error(text in "(\\+|00|0)?[0-9 ()./+-]{0,20}|\\PC{0,60}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number.clone()));
                prop_assert_eq!(PhoneNumber::parse(&number.national()), Ok(number.clone()));
                prop_assert_eq!(PhoneNumber::parse(&number.international()), Ok(number));
            }
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }

        #[test]
        fn the_mail_library_takes_every_address_that_is_accepted(
            text in "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9]{1,20}){0,2}@([A-Za-z0-9][A-Za-z0-9-]{0,8}\\.){1,4}[a-z][a-z0-9-]{0,5}"
        ) {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().parse::<lettre::Address>().is_ok(), "{}", address.as_str());
            }
        }
    }
}
