//! What is asked for in an address or in the body of a search (RFC 7644 §3.4.2, §3.4.3, §3.9). Parameters that SCIM has
//! and that are not supported, such as sorting, are passed over: the configuration says so.

use super::ScimError;
use crate::domain::record::ExpectedVersion;
use crate::domain::scim::{Filter, Projection, ScimFault, ScimType};
use crate::services::scim::users::Search;
use actix_web::HttpRequest;
use serde_json::Value;
use url::form_urlencoded;

const NO_NUMBER: ScimFault =
    ScimFault::new(ScimType::InvalidValue, "startIndex and count are whole numbers.");

/// A search and what its answer shows.
pub(super) struct Asked {
    pub search: Search,
    pub projection: Projection,
}

/// What the address asks for.
///
/// # Errors
/// `invalidFilter`, `invalidValue`.
pub(super) fn of_address(request: &HttpRequest) -> Result<Asked, ScimError> {
    let filter = parameter(request, "filter");
    let number = |name: &str| -> Result<Option<i64>, ScimFault> {
        parameter(request, name)
            .map(|text| text.trim().parse().map_err(|_| NO_NUMBER))
            .transpose()
    };
    Ok(Asked {
        search: Search {
            filter: filter.map(|text| Filter::parse(&text)).transpose()?,
            start_index: number("startIndex")?,
            count: number("count")?,
        },
        projection: projection(request),
    })
}

/// What the body of a search asks for.
///
/// # Errors
/// As [`of_address`]; `invalidSyntax`.
pub(super) fn of_body(body: &Value) -> Result<Asked, ScimError> {
    let members = body.as_object().ok_or(ScimFault::new(
        ScimType::InvalidSyntax,
        "A search is a JSON object.",
    ))?;
    let member = |name: &str| {
        members
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    };
    let number = |name: &str| -> Result<Option<i64>, ScimFault> {
        member(name)
            .map(|value| value.as_i64().ok_or(NO_NUMBER))
            .transpose()
    };
    let names = |name: &str| -> Vec<&str> {
        member(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let filter = match member("filter") {
        None => None,
        Some(Value::String(text)) => Some(Filter::parse(text)?),
        Some(_) => return Err(ScimFault::new(ScimType::InvalidFilter, "A filter is a text.").into()),
    };
    Ok(Asked {
        search: Search {
            filter,
            start_index: number("startIndex")?,
            count: number("count")?,
        },
        projection: Projection::new(names("attributes"), names("excludedAttributes")),
    })
}

/// Which attributes the address asks for.
pub(super) fn projection(request: &HttpRequest) -> Projection {
    let only = parameter(request, "attributes").unwrap_or_default();
    let without = parameter(request, "excludedAttributes").unwrap_or_default();
    let names = |list: &str| -> Vec<String> {
        list.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (only, without) = (names(&only), names(&without));
    Projection::new(
        only.iter().map(String::as_str),
        without.iter().map(String::as_str),
    )
}

/// A parameter of the address, in any case.
pub(super) fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.into_owned())
}

/// Which version an edit is meant for: any, if nothing is said. Tags are compared as texts, weak or not (RFC 7644 §3.14).
pub(super) fn expected(request: &HttpRequest) -> ExpectedVersion {
    match tags(request, "if-match") {
        None => ExpectedVersion::Any,
        Some(tags) if tags.iter().any(|tag| tag == "*") => ExpectedVersion::Any,
        Some(tags) => ExpectedVersion::OneOf(tags.iter().filter_map(|tag| tag.parse().ok()).collect()),
    }
}

/// Whether the caller has this version already.
pub(super) fn has_version(request: &HttpRequest, version: i64) -> bool {
    tags(request, "if-none-match").is_some_and(|tags| tags.iter().any(|tag| *tag == version.to_string()))
}

fn tags(request: &HttpRequest, name: &str) -> Option<Vec<String>> {
    let mut values = request.headers().get_all(name).peekable();
    values.peek()?;
    let tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').to_owned()
        });
    Some(tags.collect())
}

/// The tag of a version.
pub(super) fn tag(version: i64) -> String {
    format!("W/\"{version}\"")
}
