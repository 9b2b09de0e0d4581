//! The letter to the manager where somebody goes on whose phone can come along: nothing is handed in here, and nothing
//! wiped.

use super::common::{action, copy_notice, items};
use super::kind;
use crate::domain::termination::TerminationKind;
use crate::mail::format::{date, pick, say};
use crate::mail::letter::{Block, Letter};
use crate::mail::noun::Thing;
use crate::mail::view::{MailView, Step};
use chrono::NaiveDate;

/// The letter, where the other side of a move is asked.
pub(super) fn letter(view: &MailView) -> Option<Letter> {
    if view.case.kind != TerminationKind::Transfer || !view.case.is_proposed {
        return None;
    }
    match view.step {
        Step::ConfirmReturn { confirm_by, .. }
        | Step::NewLink { confirm_by, .. }
        | Step::Reminder1 { confirm_by, .. }
        | Step::Reminder2 { confirm_by, .. } => Some(accept(view, confirm_by)),
        _ => None,
    }
}

fn accept(view: &MailView, by: NaiveDate) -> Letter {
    let language = view.language;
    let (number, the) = (&view.case.number, Thing::of(&view.case, language).the());
    let by = date(language, by);
    let mut blocks: Vec<Block> = kind::request(view, &by)
        .map(Block::Paragraph)
        .into_iter()
        .collect();
    blocks.extend(kind::notes(view));
    blocks.extend(action(
        view,
        pick(language, "Svara om telefonen", "Answer about the phone"),
    ));
    blocks.push(items(view));
    Letter {
        subject: say!(
            language,
            "Svara om {the} följer med senast {by} ({number})",
            "Please answer by {by} whether {the} comes along ({number})"
        ),
        short_subject: say!(
            language,
            "Svara om {the} följer med ({number})",
            "Please answer whether {the} comes along ({number})"
        ),
        heading: pick(language, "Får telefonen följa med?", "May the phone come along?").to_owned(),
        notice: copy_notice(view),
        blocks,
    }
}
