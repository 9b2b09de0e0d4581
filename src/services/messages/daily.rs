//! Telling a reader what is due, in one mail: at most one ordinary mail a day, a digest if there is more than one thing
//! to tell, and the rest the next day.

use super::compose::{Cover, digest, pack};
use super::recipients::{Reader, resolve_in};
use super::sort::put_off_until_in;
use super::trail;
use super::wanted::{may_leave, why_not};
use super::write::{Due, Ready, queue_in, ready_in, wait_in, write_in};
use crate::app::App;
use crate::db::{self, Retry, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::services::ServiceError;
use crate::services::case::Case;
use chrono::{DateTime, Utc};

/// The most cases that one digest tells of. One long list is what a chancery wants at the end of a term of office; more
/// than this is too large for some mail servers.
const DIGEST_LIMIT: usize = 300;

/// Tells the reader. Says how many messages moved on.
///
/// # Errors
/// What the database reports, or a fault of ours.
pub(super) fn tell_in(
    tx: &mut Tx<'_>,
    app: &App,
    (reader, due): (Reader, &[MessageId]),
    run_at: DateTime<Utc>,
) -> Result<usize, ServiceError> {
    let (key, today) = (reader.key(), local_date(tx.now()));
    // Without a send window a day is no unit of anything.
    let is_limited = app.config.mail.send_window;
    let is_taken = is_limited && db::mail_days::is_taken(tx, &key, today)?;
    let mut ready = Vec::with_capacity(due.len());
    for id in due {
        match one_in(tx, app, (reader, *id)) {
            Ok(Some(one)) => ready.push(one),
            Ok(None) => {}
            Err(error) if is_of_the_case(&error) => {
                tracing::warn!(message = %id, %error, "a mail was not written");
            }
            Err(error) => return Err(error),
        }
    }
    let moved = due.len() - ready.len();
    // What takes the place of a mail that reached nobody does not wait for another day.
    let (mut now, mut later): (Vec<Ready>, Vec<Ready>) = ready
        .into_iter()
        .partition(|one| !is_taken || one.message.is_planned_again());
    now.sort_by_key(|one| (one.message.due_at, one.message.id));
    later.extend(now.drain(DIGEST_LIMIT.min(now.len())..));
    if is_limited {
        for one in &later {
            let next = one.case.calendar().next_send_day(tx.now());
            put_off_until_in(tx, &one.message, next)?;
        }
    }
    let written = match now.as_slice() {
        [] => None,
        [one] => write_in(tx, app, one, run_at)?.then_some(one.message.id),
        several => write_digest_in(tx, app, several, run_at)?,
    };
    if let Some(message) = written.filter(|_| is_limited && !is_taken) {
        db::mail_days::take(tx, &key, today, message)?;
    }
    Ok(moved + now.len() + later.len())
}

/// A fault that lies in one case must not keep the others from their reader.
fn is_of_the_case(error: &ServiceError) -> bool {
    !error.is_contention() && !matches!(error, ServiceError::Unavailable)
}

/// Makes one message ready, if it still is for this reader.
fn one_in(
    tx: &mut Tx<'_>,
    app: &App,
    (reader, id): (Reader, MessageId),
) -> Result<Option<Ready>, ServiceError> {
    let now = tx.now();
    let Some(message) = db::messages::find(tx, id)?.filter(|found| found.state == MessageState::Planned)
    else {
        return Ok(None);
    };
    let case = Case::load(tx, message.termination_id)?;
    if !may_leave(app, &case, message.step, now) {
        return Ok(None);
    }
    if let Some(reason) = why_not(&case, &message, local_date(now)) {
        trail::end_in(tx, &message, (MessageState::Cancelled, reason))?;
        return Ok(None);
    }
    let found = resolve_in(tx, app, &case, (message.to, local_date(now)))?;
    if found.is_some_and(|found| Reader::of(&found) != reader) {
        return Ok(None);
    }
    let all = db::messages::of_termination(tx, message.termination_id)?;
    let due = Due {
        case: &case,
        all: &all,
        message: &message,
    };
    ready_in(tx, app, &due)
}

/// Writes one mail that tells of several cases. The first of the messages carries the others.
fn write_digest_in(
    tx: &mut Tx<'_>,
    app: &App,
    parts: &[Ready],
    run_at: DateTime<Utc>,
) -> Result<Option<MessageId>, ServiceError> {
    let Some(first) = parts.first() else {
        return Ok(None);
    };
    let carrier = first.message.id;
    let views: Vec<_> = parts.iter().map(|part| &part.view).collect();
    let cover = Cover {
        id: carrier,
        reader: &first.reader,
        first: None,
        attachments: Vec::new(),
    };
    let Some(written) = pack(app, &cover, digest(&first.reader, &views)?, tx.now()) else {
        for part in parts {
            trail::end_in(tx, &part.message, (MessageState::Failed, "not_writable"))?;
        }
        return Ok(None);
    };
    queue_in(tx, app, (carrier, run_at), &written)?;
    for part in parts {
        let carried_by = (part.message.id != carrier).then_some(carrier);
        wait_in(tx, app, part, (&written.subject, carried_by))?;
    }
    Ok(Some(carrier))
}
