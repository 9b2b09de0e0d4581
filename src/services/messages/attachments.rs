//! What goes along with a mail: the day of return for the calendar, the receipt for the file.

use crate::app::App;
use crate::domain::ids::MessageId;
use crate::domain::timeline::RecipientRole;
use crate::integrations::mail::mime::Attachment;
use crate::mail::event::{self, Edition};
use crate::mail::{MailView, Step, pdf};
use crate::services::case::Case;
use chrono::{DateTime, Utc};

/// The media type of an entry that is published (RFC 6047 §2.4).
const CALENDAR: &str = "text/calendar; charset=utf-8; method=PUBLISH";
const PDF: &str = "application/pdf";
/// The largest receipt that is attached, in bytes. In base64 it fits into what every mail server takes (10 MB), and
/// whatever is on it is in the mail itself too.
const MAX_PDF: usize = 5_000_000;

/// The attachments of a mail to somebody in this role.
pub(super) fn of(
    app: &App,
    case: &Case,
    view: &MailView,
    (message, to, now): (MessageId, RecipientRole, DateTime<Utc>),
) -> Vec<Attachment> {
    let edition = Edition {
        // Holder and receiver may look into the same calendar, and are asked for different things.
        uid: format!(
            "{}.{to}@{}",
            case.record.termination.id,
            app.config.mail.from.domain()
        ),
        // Grows with every change of the case, so a day that was moved takes the place of the one before.
        sequence: case.record.meta.version,
        written_at: now,
    };
    let entry = event::day_of_return(view, &edition).map(|entry| Attachment {
        name: event::file_name(view.language).to_owned(),
        media_type: CALENDAR,
        bytes: entry.into_bytes(),
    });
    entry.into_iter().chain(receipt(view, message)).collect()
}

/// The holder's receipt. Without it the mail says the same, so it goes out all the same.
fn receipt(view: &MailView, message: MessageId) -> Option<Attachment> {
    let Step::ReceiptHolder(receipt) = &view.step else {
        return None;
    };
    match pdf::receipt(receipt, view.language) {
        Ok(bytes) if bytes.len() <= MAX_PDF => Some(Attachment {
            name: pdf::file_name(receipt, view.language),
            media_type: PDF,
            bytes,
        }),
        Ok(bytes) => {
            tracing::warn!(%message, bytes = bytes.len(), "a receipt is too large to be attached");
            None
        }
        Err(error) => {
            tracing::warn!(%message, %error, "a receipt cannot be attached");
            None
        }
    }
}
