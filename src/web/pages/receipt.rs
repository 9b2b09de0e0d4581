//! The receipt as a page.

use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::mail::format::pick;
use crate::mail::receipt::{FactGroup, Receipt};
use askama::Template;

/// The page.
#[derive(Clone)]
pub struct ReceiptPage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// The same page in the other language.
    pub language_switch: Option<String>,
    /// What it says.
    pub receipt: Receipt,
}

#[derive(Template)]
#[template(path = "receipt.html", config = "src/web/pages/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    groups: Vec<FactGroup>,
    deviations_word: &'static str,
    deviations: Vec<String>,
    verify: &'static str,
    verify_url: Option<&'a str>,
    keep: &'static str,
}

impl ReceiptPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let (language, receipt) = (self.language, &self.receipt);
        let mut groups = vec![receipt.case_rows(language)];
        groups.extend(receipt.item_rows(language));
        Page {
            frame: Frame::new(
                language,
                &self.site,
                receipt.title(language),
                self.language_switch.as_deref(),
            ),
            groups,
            deviations_word: pick(language, "Avvikelser", "Deviations"),
            deviations: receipt.deviation_texts(language),
            verify: pick(
                language,
                "Kontrollera att kvittensen är äkta",
                "Check that the receipt is genuine",
            ),
            verify_url: receipt.verify_url.as_deref(),
            keep: pick(
                language,
                "Spara eller skriv ut sidan om du vill ha den kvar.",
                "Save or print the page if you want to keep it.",
            ),
        }
        .render()
    }
}
