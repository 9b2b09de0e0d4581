//! The headers that every answer carries. What a page has set for itself stays.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// What a browser may do with an answer: nothing, unless the page says otherwise.
const DEFAULTS: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
];

/// Adds what is missing.
pub(super) fn fill_in(headers: &mut HeaderMap) {
    for (name, value) in DEFAULTS {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
