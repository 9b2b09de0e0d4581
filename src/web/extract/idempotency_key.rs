//! The `Idempotency-Key` header (IETF draft draft-ietf-httpapi-idempotency-key-header).

use super::{header_problem, single_header};
use crate::web::problem::{Problem, ProblemType};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::fmt;
use std::future::{Ready, ready};

/// The longest key, in characters.
const MAX_LENGTH: usize = 255;

/// The caller's name for one request, however often it sends it.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key itself, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the quoted string of the draft, or the bare text that most clients send: both are one key.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t']);
        let key = match text.strip_prefix('"') {
            Some(rest) => unescape(rest.strip_suffix('"')?)?,
            None => text.to_owned(),
        };
        let fits = (1..=MAX_LENGTH).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Self(key))
    }
}

/// The content of a structured-field string (RFC 9651 §3.3.3): only `"` and `\` are escaped.
fn unescape(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => return None,
            '\\' => key.push(characters.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => key.push(c),
        }
    }
    Some(key)
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of(request))
    }
}

fn of(request: &HttpRequest) -> Result<IdempotencyKey, Problem> {
    let Some(text) = single_header(request, "idempotency-key")? else {
        return Err(Problem::new(ProblemType::IdempotencyKeyMissing).detail(
            "Send Idempotency-Key with a fresh UUID, and the same one when you repeat the request.",
        ));
    };
    IdempotencyKey::parse(text).ok_or_else(|| {
        header_problem(
            "idempotency-key",
            "malformed",
            "A key has 1 to 255 visible ASCII characters, best a UUID.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_and_a_bare_key_are_the_same_key() {
        let key = IdempotencyKey::parse("8e03978e-40d5-43dd-bc93-6894a57f9324");
        assert!(key.is_some());
        assert_eq!(
            key,
            IdempotencyKey::parse("\"8e03978e-40d5-43dd-bc93-6894a57f9324\" ")
        );
        assert_eq!(
            IdempotencyKey::parse(r#""a\"b\\c""#),
            IdempotencyKey::parse(r#"a"b\c"#)
        );
        assert!(IdempotencyKey::parse(&"x".repeat(255)).is_some());
        for bad in [
            "",
            "\"\"",
            "\"a",
            "a b",
            "\"a b\"",
            "å",
            r#""a\x""#,
            r#""a"b""#,
            &"x".repeat(256),
        ] {
            assert_eq!(IdempotencyKey::parse(bad), None, "{bad}");
        }
    }
}
