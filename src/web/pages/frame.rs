//! What surrounds every page: title, header, help, and the style sheet.

use crate::domain::language::Language;
use crate::mail::Phone;
use crate::mail::format::{pick, say};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::LazyLock;

/// The style sheet of every page, byte for byte what stands between `<style>` and `</style>`.
const STYLE: &str = include_str!("templates/page.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(digest(&SHA256, STYLE.as_bytes())));

/// The SHA-256 of the inline style sheet in base64, for `style-src 'sha256-…'` (CSP level 3).
pub fn style_sha256_base64() -> &'static str {
    &STYLE_HASH
}

/// Whose pages these are.
#[derive(Clone)]
pub struct Site {
    /// The function that answers, for example "Kundtjänst telefoni".
    pub service_name: String,
    /// The municipality.
    pub municipality: String,
    /// The number to call for help.
    pub help_phone: Phone,
    /// Where the accessibility statement is, if there is one.
    pub accessibility_url: Option<String>,
}

/// The parts of a page that `base.html` needs.
pub(super) struct Frame<'a> {
    pub lang: &'static str,
    pub title: String,
    pub site: &'a Site,
    pub skip: &'static str,
    pub help: String,
    pub help_phone: &'a str,
    pub accessibility: &'static str,
    pub language_switch: Option<&'a str>,
    pub other_lang: &'static str,
    pub other_language: &'static str,
}

impl<'a> Frame<'a> {
    pub(super) fn new(
        language: Language,
        site: &'a Site,
        title: impl Into<String>,
        language_switch: Option<&'a str>,
    ) -> Self {
        let service = &site.service_name;
        Self {
            lang: language.as_str(),
            title: title.into(),
            site,
            skip: pick(language, "Hoppa till innehållet", "Skip to the content"),
            help: say!(
                language,
                "Behöver du hjälp? Ring {service}:",
                "Need help? Call {service}:"
            ),
            help_phone: site.help_phone.show(language),
            accessibility: pick(
                language,
                "Tillgänglighet på den här sidan",
                "Accessibility of this page",
            ),
            language_switch,
            other_lang: pick(language, "en", "sv"),
            other_language: pick(language, "In English", "På svenska"),
        }
    }

    /// The style sheet.
    pub(super) const fn style(&self) -> &'static str {
        STYLE
    }
}
