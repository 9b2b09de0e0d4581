//! Writing what is due: one case after the other, each in a transaction of its own.

use super::compose::{Draft, Written, compose_in};
use super::recipients::{Recipient, resolve_in};
use super::wanted::{URGENT, asks, is_urgent, may_leave, next_departure, why_not, window_is_open};
use super::{parcel, trail};
use crate::app::App;
use crate::crypto::token::OpaqueToken;
use crate::db::{self, Tx};
use crate::domain::action_link::{ActionLink, LinkPurpose};
use crate::domain::calendar::{Calendar, instant_at, local_date};
use crate::domain::ids::{ActionLinkId, PersonId, TerminationId};
use crate::domain::job::Job;
use crate::domain::message::{Message, MessageState};
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::timeline::RecipientRole;
use crate::mail::Audience;
use crate::services::case::Case;
use crate::services::{Ctx, ServiceError};
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use serde_json::json;
use std::collections::BTreeSet;

/// The most due messages that are looked at in one read.
const BATCH: i64 = 200;
/// How long after the deadline in a mail its link still works, in days.
const GRACE_DAYS: u64 = 3;

/// Writes the mails that are due and puts them in the queue. Says how many messages moved on.
///
/// # Errors
/// What is due cannot be read. A case that fails is logged and left to the next time.
pub async fn sweep(ctx: &Ctx) -> Result<usize, ServiceError> {
    let mut seen = BTreeSet::new();
    let mut after = None;
    let mut moved = 0;
    loop {
        let now = ctx.app.clock.now();
        let only = (!window_is_open(&ctx.app, now)).then_some(URGENT);
        let due = ctx
            .read(Action::Operate, move |connection| {
                Ok(db::messages::due(connection, (now, only), after, BATCH)?)
            })
            .await?;
        let Some((last, _)) = due.last() else {
            return Ok(moved);
        };
        after = Some(*last);
        for (_, id) in due {
            if !seen.insert(id) {
                continue;
            }
            match one_case(ctx, id).await {
                Ok(count) => moved += count,
                Err(error) => {
                    tracing::warn!(termination = %id, %error, "the mails of a case were not written");
                }
            }
        }
    }
}

async fn one_case(ctx: &Ctx, id: TerminationId) -> Result<usize, ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| write_due_in(tx, &app, id))
        .await
}

fn write_due_in(tx: &mut Tx<'_>, app: &App, id: TerminationId) -> Result<usize, ServiceError> {
    let now = tx.now();
    let case = Case::load(tx, id)?;
    let all = db::messages::of_termination(tx, id)?;
    let calendar = case.calendar();
    let (due, early): (Vec<&Message>, Vec<&Message>) = all
        .iter()
        .filter(|message| message.state == MessageState::Planned && message.due_at <= now)
        .partition(|message| may_leave(app, &calendar, message.step, now));
    put_off_in(tx, app, (&calendar, &early))?;
    let mut wanted = Vec::with_capacity(due.len());
    for message in &due {
        match why_not(&case, message, local_date(now)) {
            Some(reason) => trail::end_in(tx, message, (MessageState::Cancelled, reason))?,
            None => wanted.push(*message),
        }
    }
    for message in &wanted {
        if is_urgent(message.step) || newest(&wanted, message.to) == Some(message.id) {
            write_in(tx, app, &case, (&all, message))?;
        } else {
            trail::end_in(tx, message, (MessageState::Superseded, "newer_step"))?;
        }
    }
    Ok(due.len())
}

/// What is due on a day on which the legal entity writes to nobody is due when it does again.
fn put_off_in(
    tx: &mut Tx<'_>,
    app: &App,
    (calendar, early): (&Calendar, &[&Message]),
) -> Result<(), ServiceError> {
    let now = tx.now();
    // At night the hour is the same for all, and needs no note.
    if !window_is_open(app, now) {
        return Ok(());
    }
    for message in early {
        let later = Message {
            due_at: next_departure(app, calendar, now),
            meta: message.meta.changed(now),
            ..(*message).clone()
        };
        db::messages::update(tx, &later)?;
    }
    Ok(())
}

/// Of several mails that are due for one role, the last one says what counts.
fn newest(wanted: &[&Message], role: RecipientRole) -> Option<crate::domain::ids::MessageId> {
    wanted
        .iter()
        .filter(|message| message.to == role && !is_urgent(message.step))
        .max_by_key(|message| (message.due_at, message.step, message.id))
        .map(|message| message.id)
}

/// Writes one mail and the copies of it.
fn write_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (all, message): (&[Message], &Message),
) -> Result<(), ServiceError> {
    let today = local_date(tx.now());
    let Some(addressee) = resolve_in(tx, app, case, (message.to, today))? else {
        return trail::end_in(tx, message, (MessageState::Failed, "no_recipient"));
    };
    let asked = addressee.person.filter(|_| asks(message.step));
    let token = asked.map(|person| (person, OpaqueToken::generate()));
    let draft = Draft {
        message,
        addressee: &addressee,
        reader: &addressee,
        audience: if asks(message.step) && asked.is_none() {
            Audience::StandIn
        } else {
            Audience::Addressee
        },
        link: token.as_ref().map(|(_, token)| token),
        first: first_of(all),
    };
    let now = tx.now();
    let Some(written) = compose_in(tx, app, case, (all, &draft), now)? else {
        return trail::end_in(tx, message, (MessageState::Failed, "not_writable"));
    };
    let link = match &token {
        Some((person, token)) => Some(mint_in(tx, app, case, (message, *person, token))?),
        None => None,
    };
    queue_in(tx, app, (message, &addressee), written, link)?;
    copies_in(tx, app, case, (all, &draft))
}

/// The mail under which the mails of a case are grouped: the first one that was written.
fn first_of(all: &[Message]) -> Option<&Message> {
    all.iter()
        .filter(|message| message.queued_at.is_some())
        .min_by_key(|message| (message.queued_at, message.id))
}

/// Makes the link of a mail. Links in earlier mails to the same person stay valid: people answer old mails too.
fn mint_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (message, person, token): (&Message, PersonId, &OpaqueToken),
) -> Result<ActionLinkId, ServiceError> {
    let now = tx.now();
    let link = ActionLink {
        id: tx.new_id(),
        termination_id: message.termination_id,
        purpose: LinkPurpose::Confirm,
        person_id: person,
        message_id: message.id,
        token_hash: token.hash().as_bytes().to_vec(),
        issued_at: now,
        expires_at: expiry(app, case, message, now),
        used: None,
        revoked: None,
        undone_at: None,
    };
    db::action_links::insert(tx, &link)?;
    Ok(link.id)
}

fn expiry(app: &App, case: &Case, message: &Message, now: DateTime<Utc>) -> DateTime<Utc> {
    let by_lifetime = now + TimeDelta::days(app.config.link.lifetime_days.into());
    let today = local_date(now);
    let by_deadline = case
        .deadline((message.step, message.to), today)
        .and_then(|deadline| deadline.checked_add_days(Days::new(GRACE_DAYS + 1)))
        .map(|day| instant_at(day, NaiveTime::MIN));
    by_deadline.map_or(by_lifetime, |by_deadline| by_lifetime.max(by_deadline))
}

/// Seals the finished mail and puts it in the queue.
fn queue_in(
    tx: &mut Tx<'_>,
    app: &App,
    (message, reader): (&Message, &Recipient),
    written: Written,
    link: Option<ActionLinkId>,
) -> Result<(), ServiceError> {
    let now = tx.now();
    let queued = Message {
        state: MessageState::Queued,
        recipient_id: reader.person,
        language: Some(reader.language),
        subject: Some(written.subject),
        queued_at: Some(now),
        meta: message.meta.changed(now),
        ..message.clone()
    };
    db::messages::update(tx, &queued)?;
    let sealed = parcel::close(app, message.id, written.mail)?;
    db::messages::store_sealed(tx, message.id, &sealed)?;
    let job = Job::SendMail {
        message_id: message.id,
    };
    db::jobs::enqueue(tx, &job, now)?;
    let more = json!({ "recipient": reader.person, "link": link });
    trail::note_in(tx, "message.queued", &queued, more)
}

/// Copies are mails of their own, without the link. Nobody gets the same mail twice.
fn copies_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (all, original): (&[Message], &Draft<'_>),
) -> Result<(), ServiceError> {
    let now = tx.now();
    let mut reached = BTreeSet::from([original.addressee.address.address().to_lowercase()]);
    for role in &original.message.copy_to {
        let is_waiting = all.iter().any(|other| {
            (other.step, other.to) == (original.message.step, *role)
                && matches!(other.state, MessageState::Planned | MessageState::Queued)
        });
        if is_waiting {
            continue;
        }
        let Some(reader) = resolve_in(tx, app, case, (*role, local_date(now)))? else {
            continue;
        };
        if !reached.insert(reader.address.address().to_lowercase()) {
            continue;
        }
        let copy = Message {
            id: tx.new_id(),
            to: *role,
            copy_to: Vec::new(),
            meta: Meta::new(now),
            ..original.message.clone()
        };
        let draft = Draft {
            message: &copy,
            addressee: original.addressee,
            reader: &reader,
            audience: Audience::Copy,
            link: None,
            first: original.first.or(Some(original.message)),
        };
        let Some(written) = compose_in(tx, app, case, (all, &draft), now)? else {
            continue;
        };
        db::messages::insert(tx, std::slice::from_ref(&copy))?;
        queue_in(tx, app, (&copy, &reader), written, None)?;
    }
    Ok(())
}
