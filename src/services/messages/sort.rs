//! What is to be done with what is due in a case: what nobody needs any more is called off, what stands on its own is
//! written, and the rest is for its readers.

use super::recipients::{Reader, resolve_in};
use super::trail;
use super::wanted::{
    AT_ANY_HOUR, is_urgent, may_leave, next_departure, stands_alone, why_not, window_is_open,
};
use super::write::{Due, ready_in, write_in};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::calendar::{Calendar, local_date};
use crate::domain::ids::{MessageId, TerminationId};
use crate::domain::message::{Message, MessageState};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::ServiceError;
use crate::services::case::Case;
use chrono::{DateTime, Utc};

/// What a look at a case has brought.
#[derive(Default)]
pub(super) struct Sorted {
    /// How many messages moved on.
    pub moved: usize,
    /// How many mails were written.
    pub written: usize,
    /// What is to be told to whom, and whether others get a copy of it.
    pub to_tell: Vec<(Reader, MessageId, bool)>,
}

/// Sorts what is due in a case.
///
/// # Errors
/// What the database reports, or a fault of ours.
pub(super) fn sort_in(
    tx: &mut Tx<'_>,
    app: &App,
    (id, run_at): (TerminationId, DateTime<Utc>),
) -> Result<Sorted, ServiceError> {
    let now = tx.now();
    let case = Case::load(tx, id)?;
    let all = db::messages::of_termination(tx, id)?;
    let calendar = case.calendar();
    let (due, early): (Vec<&Message>, Vec<&Message>) = all
        .iter()
        .filter(|message| message.state == MessageState::Planned && message.due_at <= now)
        .partition(|message| may_leave(app, &case, message.step, now));
    put_off_in(tx, app, (&calendar, &early))?;
    let mut wanted = Vec::with_capacity(due.len());
    for message in &due {
        match why_not(&case, message, local_date(now)) {
            Some(reason) => trail::end_in(tx, message, (MessageState::Cancelled, reason))?,
            None => wanted.push(*message),
        }
    }
    let mut sorted = Sorted {
        moved: due.len() - wanted.len(),
        ..Sorted::default()
    };
    for message in &wanted {
        let is_told = is_urgent(message.step)
            || message.copy_of.is_some()
            || newest(&wanted, message.to) == Some(message.id);
        if is_told {
            let due = Due {
                case: &case,
                all: &all,
                message,
            };
            tell_in(tx, app, (&due, run_at), &mut sorted)?;
        } else {
            trail::end_in(tx, message, (MessageState::Superseded, "newer_step"))?;
            sorted.moved += 1;
        }
    }
    Ok(sorted)
}

fn tell_in(
    tx: &mut Tx<'_>,
    app: &App,
    (due, run_at): (&Due<'_>, DateTime<Utc>),
    sorted: &mut Sorted,
) -> Result<(), ServiceError> {
    let today = local_date(tx.now());
    let reader = match stands_alone(due.case, due.message) {
        true => None,
        false => resolve_in(tx, app, due.case, (due.message.to, today))?,
    };
    if let Some(reader) = reader {
        let leaves_copies = !due.message.copy_to.is_empty();
        sorted
            .to_tell
            .push((Reader::of(&reader), due.message.id, leaves_copies));
        return Ok(());
    }
    sorted.moved += 1;
    // Somebody waits for these; the others keep their place behind those that wait to leave.
    let cannot_wait = is_urgent(due.message.step)
        || matches!(due.message.step, MessageStep::NewLink | MessageStep::HandedOver);
    let run_at = if cannot_wait { tx.now() } else { run_at };
    if let Some(ready) = ready_in(tx, app, due)? {
        sorted.written += usize::from(write_in(tx, app, &ready, run_at)?);
    }
    Ok(())
}

/// What is due on a day on which the legal entity writes to nobody is due when it does again.
fn put_off_in(
    tx: &mut Tx<'_>,
    app: &App,
    (calendar, early): (&Calendar, &[&Message]),
) -> Result<(), ServiceError> {
    let now = tx.now();
    // At night the hour is the same for all, and needs no note, but for what is looked at all night.
    let is_night = !window_is_open(app, now);
    for message in early {
        if !is_night || AT_ANY_HOUR.contains(&message.step) {
            put_off_until_in(tx, message, next_departure(app, calendar, now))?;
        }
    }
    Ok(())
}

/// The message is due at that instant instead.
pub(super) fn put_off_until_in(
    tx: &mut Tx<'_>,
    message: &Message,
    due_at: DateTime<Utc>,
) -> Result<(), ServiceError> {
    let later = Message {
        due_at,
        meta: message.meta.changed(tx.now()),
        ..message.clone()
    };
    Ok(db::messages::update(tx, &later)?)
}

/// Of several mails that are due for one role, the last one says what counts.
fn newest(wanted: &[&Message], role: RecipientRole) -> Option<MessageId> {
    wanted
        .iter()
        .filter(|message| message.to == role && message.copy_of.is_none() && !is_urgent(message.step))
        .max_by_key(|message| (message.due_at, message.step, message.id))
        .map(|message| message.id)
}
