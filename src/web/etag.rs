//! Entity tags: strong, made of the version of a record, so that a tag changes when the record does.

use super::extract::IfNoneMatch;
use super::problem::Problem;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;

/// The tag of a version.
pub fn of_version(version: i64) -> String {
    format!("\"v{version}\"")
}

/// The version in the opaque part of a tag of ours.
pub(super) fn version_in(opaque: &str) -> Option<i64> {
    let digits = opaque.strip_prefix('v')?;
    // Only the canonical spelling: no sign, no leading zero.
    let version = digits.parse::<i64>().ok()?;
    (version.to_string() == digits).then_some(version)
}

/// Answers a read: 304 when the caller has this version already, else 200 with the body.
///
/// # Errors
/// The `If-None-Match` header is malformed, or the body cannot be written.
pub fn respond_with_etag<T: Serialize>(
    request: &HttpRequest,
    version: i64,
    body: &T,
) -> Result<HttpResponse, Problem> {
    let condition = IfNoneMatch::extract(request).into_inner()?;
    let tag = ("etag", of_version(version));
    if condition.names(version) {
        return Ok(HttpResponse::NotModified().insert_header(tag).finish());
    }
    Ok(HttpResponse::Ok().insert_header(tag).json(body))
}

/// Answers an edit: 200 with the record as it is now and its tag.
pub fn respond_with_record<T: Serialize>(version: i64, body: &T) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", of_version(version)))
        .json(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_tag_names_a_version() {
        assert_eq!(version_in(of_version(7).trim_matches('"')), Some(7));
        for other in ["", "7", "v", "v+7", "v07", "v7 ", "V7", "v99999999999999999999"] {
            assert_eq!(version_in(other), None, "{other}");
        }
    }
}
