//! Extractors: what a handler takes from a request, checked before the handler runs. None of them repeats in
//! an answer what was sent; a name of ours or a harmless one is the most that is told.

mod accept;
mod body;
mod conditional;
mod idempotency_key;
mod json;
mod patch;
mod path;
mod query;
mod serde_fault;
mod strict_value;
mod upload;

pub use accept::{accepts_json, preferred, prefers};
pub use body::{Body, RawBody};
pub use conditional::{IfMatch, IfNoneMatch};
pub use idempotency_key::IdempotencyKey;
pub(super) use json::read as read_json;
pub use patch::{not_null, nullable, present};
pub use path::PathId;
pub use query::{ListQuery, Query, refuse_query, text_filter};
pub use upload::{MediaType, Upload};

use super::problem::{Fault, Problem, ProblemType};
use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

/// The text of a header that may come once, if it came.
///
/// # Errors
/// It came twice, or it is not visible ASCII.
pub(super) fn single_header<'r>(
    request: &'r HttpRequest,
    name: &'static str,
) -> Result<Option<&'r str>, Problem> {
    let mut values = request.headers().get_all(HeaderName::from_static(name));
    let Some(first) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(header_problem(name, "repeated", "Send this header once."));
    }
    first
        .to_str()
        .map(Some)
        .map_err(|_| header_problem(name, "malformed", "This header is visible ASCII."))
}

/// A header that cannot be understood.
pub(super) fn header_problem(name: &'static str, code: &'static str, detail: &'static str) -> Problem {
    Problem::new(ProblemType::MalformedRequest).error(Fault::header(name, code, detail))
}

/// Whether a name that was sent may be told back: a plain identifier. Anything else could be somebody's
/// personal data in the wrong place.
pub(super) fn is_plain_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}
