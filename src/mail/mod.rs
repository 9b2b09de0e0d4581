//! What the service writes to people: a mail is built from plain view data and comes out as a subject, a text part and an
//! HTML part; so do what goes along with it, the calendar entry and the receipt as a PDF.
//!
//! Everything here is pure. It must not read a database or a clock, send anything, or decide who is
//! written to and when; and it must not know how a mail is packed for transport. No code, personal
//! identity number or token other than the one action link ever has a place in a view.
//!
//! Each sentence exists once per language (the macro `say` asks for both at the same spot, so a text can
//! never exist in one language only). The two parts are two layouts of the same letter.

mod add_on;
#[cfg(test)]
mod end_question_tests;
pub mod event;
pub mod format;
mod held;
#[cfg(test)]
mod kind_tests;
mod letter;
mod letters;
mod noun;
pub mod pdf;
pub mod receipt;
#[cfg(test)]
mod tests;
mod view;
pub mod words;

use crate::domain::language::Language;

pub use add_on::{EndedAddOn, render_add_on_ended};
pub use held::{HeldBecause, HeldSnapshot, render_held};
pub use view::{
    Asked, Audience, Away, CaseFacts, DeviceFacts, EndQuestion, Loss, MailView, Phone, Recipient,
    RenderedMail, Sender, SilenceNotice, Step, SubscriptionFacts,
};

/// Writes the mail. The same view gives the same bytes.
///
/// # Errors
/// Only when a template cannot be written out, which no view data is known to cause.
pub fn render(view: &MailView) -> Result<RenderedMail, askama::Error> {
    letter::render(view, &letters::write(view))
}

/// Writes one mail that tells its reader of several cases. The views are in the reader's language.
///
/// # Errors
/// As [`render`]; when there is nothing to tell.
pub fn render_digest(reader: &Recipient, views: &[&MailView]) -> Result<RenderedMail, askama::Error> {
    let language = views.first().map_or(Language::Sv, |view| view.language);
    letter::render_digest(reader, views, &letters::digest(language, views))
}

/// Writes the mail to the desk about a directory's connection that is silent.
///
/// # Errors
/// As [`render`].
pub fn render_silence(notice: &SilenceNotice) -> Result<RenderedMail, askama::Error> {
    let letter = letters::connection_silent(notice);
    letter::render_notice(notice.language, &notice.sender, &notice.connection, &letter)
}
