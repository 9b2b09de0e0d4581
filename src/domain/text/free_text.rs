//! What people write in their own words: names and reasons.
//!
//! Any script is welcome. Refused is only what is invisible and changes how the text around it is read or
//! sent: control characters, and the characters that turn the direction of writing (CVE-2021-42574).

use super::{TextError, hide_in_debug, text_value};

/// The most characters that a reason has.
pub const REASON_MAX_CHARS: usize = 500;

/// The most characters that a name has.
const NAME_MAX_CHARS: usize = 200;

text_value! {
    /// A person's name, whole, as the person writes it. No letter case is forced and no parts are guessed.
    pub struct PersonName;
}
hide_in_debug!(PersonName);

impl PersonName {
    /// Trims and checks: 1 to 200 characters on one line.
    ///
    /// # Errors
    /// `name_blank`, `name_too_long`, `name_characters`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let name = text.trim();
        if name.chars().count() > NAME_MAX_CHARS {
            return Err(TextError::new(
                "name_too_long",
                "A name has at most 200 characters.",
            ));
        }
        if name.chars().any(is_forbidden) {
            return Err(TextError::new(
                "name_characters",
                "The name has line breaks or invisible control characters. Type it again on one line.",
            ));
        }
        if !name.chars().any(char::is_alphanumeric) {
            return Err(TextError::new(
                "name_blank",
                "Give a name with at least one letter.",
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

/// A person's own words, trimmed: 1 to `max_chars` characters, line breaks allowed and made `\n`.
/// For reasons, `max_chars` is [`REASON_MAX_CHARS`].
///
/// # Errors
/// `text_blank`, `text_too_long`, `text_characters`.
pub fn clean_text(text: &str, max_chars: usize) -> Result<String, TextError> {
    // Browsers send the line breaks of a form as CR LF.
    let text = text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return Err(TextError::new(
            "text_blank",
            "Write something: this text may not be empty.",
        ));
    }
    if text.chars().count() > max_chars {
        return Err(TextError::new(
            "text_too_long",
            "The text is too long. Shorten it.",
        ));
    }
    if text.chars().any(|c| c != '\n' && is_forbidden(c)) {
        return Err(TextError::new(
            "text_characters",
            "The text has tabs or invisible control characters. Type it again.",
        ));
    }
    Ok(text)
}

/// What people call a thing, trimmed: 1 to `max_chars` characters on one line.
///
/// # Errors
/// As [`clean_text`].
pub fn clean_line(text: &str, max_chars: usize) -> Result<String, TextError> {
    let text = clean_text(text, max_chars)?;
    if text.contains('\n') {
        return Err(TextError::new("text_characters", "Write this on one line."));
    }
    Ok(text)
}

/// C0 and C1 controls, bidirectional embeddings, overrides and isolates, line and paragraph separators.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_kind_are_kept_as_written() {
        for (text, stored) in [
            ("  Anna-Lena af Exempel ", "Anna-Lena af Exempel"),
            ("Åsa Öberg", "Åsa Öberg"),
            ("d'Exempel", "d'Exempel"),
            ("Ö", "Ö"),
            ("نور", "نور"),
            ("山田 花子", "山田 花子"),
        ] {
            assert_eq!(PersonName::parse(text).unwrap().as_str(), stored);
        }
        assert!(PersonName::parse(&"å".repeat(200)).is_ok());
    }

    #[test]
    fn names_that_deceive_or_are_empty_are_refused() {
        let too_long = "å".repeat(201);
        for (text, code) in [
            ("", "name_blank"),
            (" \t ", "name_blank"),
            ("\u{200b}", "name_blank"),
            ("-", "name_blank"),
            (too_long.as_str(), "name_too_long"),
            ("Anna\nBcc: x@b.example", "name_characters"),
            ("Anna\tExempel", "name_characters"),
            ("Anna\u{0}", "name_characters"),
            ("Anna\u{7f}", "name_characters"),
            ("Anna\u{9b}", "name_characters"),
            ("Anna\u{202e}lepmexE", "name_characters"),
            ("Anna\u{2066}x\u{2069}", "name_characters"),
            ("Anna\u{2028}Exempel", "name_characters"),
        ] {
            assert_eq!(
                PersonName::parse(text).map_err(|error| error.code),
                Err(code),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_reason_may_have_lines_but_no_tricks() {
        assert_eq!(
            clean_text(" Borttappad.\r\nAnmäld. \n", REASON_MAX_CHARS).unwrap(),
            "Borttappad.\nAnmäld."
        );
        assert_eq!(
            clean_text(&"å".repeat(500), REASON_MAX_CHARS)
                .unwrap()
                .chars()
                .count(),
            500
        );
        let too_long = "å".repeat(501);
        for (text, code) in [
            ("", "text_blank"),
            (" \r\n ", "text_blank"),
            (too_long.as_str(), "text_too_long"),
            ("a\rb", "text_characters"),
            ("a\u{1b}[31mb", "text_characters"),
            ("a\u{202e}b", "text_characters"),
            ("a\u{2029}b", "text_characters"),
        ] {
            assert_eq!(
                clean_text(text, REASON_MAX_CHARS).map_err(|error| error.code),
                Err(code),
                "{text:?}"
            );
        }
    }
}
