//! The receipt as a PDF for the file: tagged, so that a screen reader reads headings and tables (PDF/UA-1), with
//! everything in it that showing it needs (PDF/A-2a). The library refuses to write what breaks a rule that it can
//! check. What it says comes from the same rows as the page and the mail.
//!
//! The same receipt gives the same bytes: nothing here is random and nothing asks the time.

mod emit;
mod face;
mod layout;
#[cfg(test)]
mod tests;

use super::format::{pick, say};
use super::receipt::Receipt;
use crate::domain::language::Language;
use face::Face;
use layout::{FOOT, Layout, MARGIN, Mark, PAGE_HEIGHT, PAGE_WIDTH};

/// Why there is no PDF. Says nothing of what is on the receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// A typeface of ours cannot be read.
    #[error("the typeface cannot be read")]
    Typeface,
    /// The library refused to write the document, with the number of broken rules.
    #[error("the document breaks {0} rule(s) of its format")]
    Rules(usize),
    /// The library could not write the document.
    #[error("the document cannot be written")]
    Unwritable,
}

/// Writes the receipt. The same receipt gives the same bytes.
///
/// # Errors
/// [`PdfError`], which no receipt is known to cause.
pub fn receipt(receipt: &Receipt, language: Language) -> Result<Vec<u8>, PdfError> {
    let regular = Face::regular().ok_or(PdfError::Typeface)?;
    let bold = Face::bold().ok_or(PdfError::Typeface)?;
    let layout = laid_out(receipt, language, &regular, &bold);
    emit::write(&layout, receipt, language)
}

fn laid_out<'f>(receipt: &Receipt, language: Language, regular: &'f Face, bold: &'f Face) -> Layout<'f> {
    let mut layout = Layout::new(regular, bold);
    layout.head(&receipt.issuer, receipt.title(language), receipt.has_deviation());
    let case = receipt.case_rows(language);
    for group in [case].into_iter().chain(receipt.item_rows(language)) {
        layout.heading(&group.title);
        layout.table(&group.rows);
    }
    if !receipt.deviations.is_empty() {
        layout.heading(pick(language, "Avvikelser", "Deviations"));
        layout.list(&receipt.deviation_texts(language));
    }
    check(&mut layout, receipt, language);
    foot(&mut layout, receipt, language);
    layout
}

/// What the file is called: what it is and the case number, in letters that every system takes.
pub fn file_name(receipt: &Receipt, language: Language) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
    let case: String = receipt.case_number.chars().filter(is_plain).collect();
    say!(language, "kvittens-{case}.pdf", "receipt-{case}.pdf")
}

fn check(layout: &mut Layout<'_>, receipt: &Receipt, language: Language) {
    let heading = pick(
        language,
        "Kontrollera att kvittensen är äkta",
        "Check that the receipt is genuine",
    );
    let text = pick(
        language,
        "Vem som helst kan göra det med kontrollkoden, utan att logga in:",
        "Anybody can do that with the verification code, without signing in:",
    );
    let link = receipt.verify_address().zip(receipt.verify_url.as_deref());
    layout.check(heading, text, &receipt.verification_code, link);
}

/// The case number and the number of the page, which are no part of the content.
fn foot(layout: &mut Layout<'_>, receipt: &Receipt, language: Language) {
    let (title, case) = (receipt.title(language), &receipt.case_number);
    let pages = layout.pages.len();
    let y = PAGE_HEIGHT - 40.0;
    for page in 0..pages {
        let number = page + 1;
        let right = say!(language, "Sida {number} av {pages}", "Page {number} of {pages}");
        let width = layout.face(FOOT).width(&right, FOOT.size);
        let marks = [
            (MARGIN, format!("{title} {case}")),
            (PAGE_WIDTH - MARGIN - width, right),
        ]
        .map(|(x, text)| Mark::Text {
            leaf: None,
            at: (x, y),
            style: FOOT,
            text,
        });
        if let Some(page) = layout.pages.get_mut(page) {
            page.extend(marks);
        }
    }
}
