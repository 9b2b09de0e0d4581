//! Who the pages speak for, and how they are sent.

use super::frame::{Site, style_sha256_base64};
use crate::config::Config;
use crate::domain::text::PhoneNumber;
use crate::mail::Phone;
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};

/// The sender of the pages, as configured.
pub fn site(config: &Config) -> Site {
    let text = &config.mail.phone;
    let help_phone = PhoneNumber::parse(text).map_or_else(
        |_| Phone {
            sv: text.clone(),
            en: text.clone(),
        },
        |number| Phone {
            sv: number.national(),
            en: number.international(),
        },
    );
    Site {
        service_name: config.mail.service_name.clone(),
        municipality: config.mail.municipality.clone(),
        help_phone,
        accessibility_url: None,
    }
}

/// A page: no script, no frame around it, nothing from elsewhere, never kept, never indexed. Its own address
/// may be secret, so that only the origin is told to where its links lead.
///
/// # Errors
/// The page cannot be written, which is a fault of ours.
pub fn page(status: StatusCode, rendered: Result<String, askama::Error>) -> Result<HttpResponse, Problem> {
    respond(status, rendered, "")
}

/// A page with a frame of our own in it.
///
/// # Errors
/// As [`page`].
pub fn page_with_frame(rendered: Result<String, askama::Error>) -> Result<HttpResponse, Problem> {
    respond(StatusCode::OK, rendered, " frame-src 'self';")
}

fn respond(
    status: StatusCode,
    rendered: Result<String, askama::Error>,
    more: &str,
) -> Result<HttpResponse, Problem> {
    let body = rendered.map_err(|error| Problem::internal(error.to_string()))?;
    let style = style_sha256_base64();
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';{more}"
    );
    Ok(HttpResponseBuilder::new(status)
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", policy))
        .insert_header(("referrer-policy", "strict-origin"))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(body))
}
