//! From serde's refusals to faults with stable codes. Serde's own texts quote what was sent, so only their
//! fixed beginnings are looked at.

use super::is_plain_name;
use crate::web::problem::Fault;
use serde_path_to_error::{Path, Segment};

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// A JSON body.
    Json,
    /// The query of the address.
    Query,
}

/// What is wrong, and where.
pub(super) fn fault<E: std::error::Error>(error: &serde_path_to_error::Error<E>, wire: Wire) -> Fault {
    let text = error.inner().to_string();
    let mut place: Vec<String> = segments(error.path());
    let (code, detail) = if let Some(rest) = text.strip_prefix("missing field `") {
        // The name is one of ours: it stands in the type.
        place.extend(rest.split('`').next().map(str::to_owned));
        ("missing_member", "This member is required.")
    } else if text.starts_with("unknown field") {
        if place.last().is_some_and(|name| !is_plain_name(name)) {
            place.pop();
        }
        (
            "unknown_member",
            "There is no such member here. Check its spelling.",
        )
    } else if text.starts_with("unknown variant") {
        (
            "unknown_value",
            "This is none of the words that the description of the API lists.",
        )
    } else if text.starts_with("invalid type") {
        (
            "wrong_type",
            "Another type is expected here: see the description of the API.",
        )
    } else {
        (
            "invalid_value",
            "This value cannot be used here: see the description of the API.",
        )
    };
    match wire {
        Wire::Json => Fault::pointer(pointer(&place), code, detail),
        Wire::Query => Fault::parameter(
            place.join("."),
            parameter_code(code),
            detail_of_parameter(code, detail),
        ),
    }
}

fn parameter_code(code: &'static str) -> &'static str {
    match code {
        "missing_member" => "missing_parameter",
        "unknown_member" => "unknown_parameter",
        other => other,
    }
}

fn detail_of_parameter(code: &'static str, detail: &'static str) -> &'static str {
    match code {
        "missing_member" => "This parameter is required.",
        "unknown_member" => "There is no such parameter here. Check its spelling.",
        _ => detail,
    }
}

fn segments(path: &Path) -> Vec<String> {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            // Not a place in the text, but the name of a variant of ours.
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// A JSON pointer (RFC 6901 §3).
fn pointer(place: &[String]) -> String {
    place
        .iter()
        .map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")))
        .collect()
}
