//! Writing the mails of one case: each is made ready first, so that several can be told in one mail.

use super::compose::{Cover, Draft, Written, pack, single, view_in};
use super::recipients::{Recipient, addressee_in, resolve_in};
use super::wanted::{asks, link_purpose};
use super::{attachments, parcel, trail, unreached};
use crate::app::App;
use crate::crypto::token::OpaqueToken;
use crate::db::{self, Tx};
use crate::domain::action_link::{ActionLink, LinkPurpose};
use crate::domain::calendar::{instant_at, local_date};
use crate::domain::ids::{ActionLinkId, MessageId, PersonId};
use crate::domain::job::Job;
use crate::domain::message::{Message, MessageState};
use crate::mail::{Audience, MailView};
use crate::services::ServiceError;
use crate::services::case::Case;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::json;

/// How long after the deadline in a mail its link still works, in days.
const GRACE_DAYS: u64 = 3;

/// A mail that can be written: what it says, to whom.
pub(super) struct Ready {
    pub message: Message,
    pub case: Case,
    /// Who gets it.
    pub reader: Recipient,
    /// What it says.
    pub view: MailView,
    /// The link in it, and whose it is.
    token: Option<NewLink>,
    /// The mail under which the mails of the case are grouped.
    first: Option<MessageId>,
}

/// A link that is not made yet.
struct NewLink {
    person: PersonId,
    purpose: LinkPurpose,
    token: OpaqueToken,
}

/// A message that is due and wanted, with all messages of its case.
pub(super) struct Due<'a> {
    pub case: &'a Case,
    pub all: &'a [Message],
    pub message: &'a Message,
}

/// Makes a mail ready. None when there is nothing to write: nobody to write to, or a copy for somebody who has the mail
/// already. The message is then at its end.
///
/// # Errors
/// What the database reports, or a fault of ours.
pub(super) fn ready_in(tx: &mut Tx<'_>, app: &App, due: &Due<'_>) -> Result<Option<Ready>, ServiceError> {
    let (case, message, now) = (due.case, due.message, tx.now());
    let today = local_date(now);
    let Some(reader) = addressee_in(tx, app, case, (message, today))? else {
        trail::end_in(tx, message, (MessageState::Failed, "no_recipient"))?;
        unreached::nobody_in(tx, app, (case, message))?;
        return Ok(None);
    };
    if let Some(person) = reader.instead_of {
        unreached::ask_in(tx, app, case, Some(person))?;
    }
    let original = message
        .copy_of
        .and_then(|id| due.all.iter().find(|other| other.id == id));
    let addressee = match original {
        Some(original) => {
            if has_it_already(tx, app, (case, original), (message, &reader))? {
                trail::end_in(tx, message, (MessageState::Superseded, "same_reader"))?;
                return Ok(None);
            }
            resolve_in(tx, app, case, (original.to, today))?.unwrap_or_else(|| reader.clone())
        }
        None => reader.clone(),
    };
    let purpose = link_purpose(message.step, message.to).filter(|_| original.is_none());
    let token = reader.person.zip(purpose).map(|(person, purpose)| NewLink {
        person,
        purpose,
        token: OpaqueToken::generate(),
    });
    let draft = Draft {
        message,
        addressee: &addressee,
        reader: &reader,
        audience: match (original, asks(message.step) && token.is_none()) {
            (Some(_), _) => Audience::Copy,
            (None, true) => Audience::StandIn,
            (None, false) => Audience::Addressee,
        },
        link: token.as_ref().map(|link| (link.purpose, &link.token)),
    };
    let view = view_in(tx, app, case, (due.all, &draft), now)?;
    Ok(Some(Ready {
        message: message.clone(),
        case: case.clone(),
        view,
        token,
        first: first_of(due.all),
        reader,
    }))
}

/// Whether a copy would go to somebody who is asked, or gets an earlier copy. Nobody gets the same mail twice.
fn has_it_already(
    tx: &mut Tx<'_>,
    app: &App,
    (case, original): (&Case, &Message),
    (copy, reader): (&Message, &Recipient),
) -> Result<bool, ServiceError> {
    let today = local_date(tx.now());
    let before = original.copy_to.iter().take_while(|role| **role != copy.to);
    for role in std::iter::once(&original.to).chain(before) {
        let other = resolve_in(tx, app, case, (*role, today))?;
        if other.is_some_and(|other| is_same(&other, reader)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_same(one: &Recipient, other: &Recipient) -> bool {
    let (one, other) = (one.address.address(), other.address.address());
    one.to_lowercase() == other.to_lowercase()
}

/// The mail under which the mails of a case are grouped: the first one that was written.
fn first_of(all: &[Message]) -> Option<MessageId> {
    all.iter()
        .filter(|message| message.queued_at.is_some())
        .min_by_key(|message| (message.queued_at, message.id))
        .map(Message::carrier)
}

/// Writes one mail, to be delivered from that instant on. Says whether it was written.
pub(super) fn write_in(
    tx: &mut Tx<'_>,
    app: &App,
    ready: &Ready,
    run_at: DateTime<Utc>,
) -> Result<bool, ServiceError> {
    let about = (ready.message.id, ready.message.to, tx.now());
    let cover = Cover {
        id: ready.message.id,
        reader: &ready.reader,
        first: ready.first,
        attachments: attachments::of(app, &ready.case, &ready.view, about),
    };
    let Some(written) = pack(app, &cover, single(&ready.view)?, tx.now()) else {
        trail::end_in(tx, &ready.message, (MessageState::Failed, "not_writable"))?;
        return Ok(false);
    };
    queue_in(tx, app, (ready.message.id, run_at), &written)?;
    wait_in(tx, app, ready, (&written.subject, None))?;
    Ok(true)
}

/// Keeps the finished mail, sealed, and puts its delivery in the queue.
pub(super) fn queue_in(
    tx: &mut Tx<'_>,
    app: &App,
    (id, run_at): (MessageId, DateTime<Utc>),
    written: &Written,
) -> Result<(), ServiceError> {
    let sealed = parcel::close(app, id, &written.mail)?;
    db::messages::store_sealed(tx, id, &sealed)?;
    db::jobs::enqueue(tx, &Job::SendMail { message_id: id }, run_at)?;
    Ok(())
}

/// The message waits for its mail to be delivered, which may be that of another; its link is made, and those who are to
/// know of it are told next.
pub(super) fn wait_in(
    tx: &mut Tx<'_>,
    app: &App,
    ready: &Ready,
    (subject, carrier): (&str, Option<MessageId>),
) -> Result<(), ServiceError> {
    let (message, now) = (&ready.message, tx.now());
    let queued = Message {
        state: MessageState::Queued,
        recipient_id: ready.reader.person,
        language: Some(ready.reader.language),
        subject: Some(subject.to_owned()),
        queued_at: Some(now),
        carried_by: carrier,
        meta: message.meta.changed(now),
        ..message.clone()
    };
    db::messages::update(tx, &queued)?;
    let link = match &ready.token {
        Some(link) => Some(mint_in(tx, app, ready, link)?),
        None => None,
    };
    let more = json!({ "recipient": ready.reader.person, "link": link, "carried_by": carrier });
    trail::note_in(tx, "message.queued", &queued, more)?;
    plan_copies_in(tx, message)
}

/// Makes the link of a mail. Links in earlier mails to the same person stay valid: people answer old mails too.
fn mint_in(tx: &mut Tx<'_>, app: &App, ready: &Ready, new: &NewLink) -> Result<ActionLinkId, ServiceError> {
    let now = tx.now();
    let link = ActionLink {
        id: tx.new_id(),
        termination_id: ready.message.termination_id,
        purpose: new.purpose,
        person_id: new.person,
        message_id: ready.message.id,
        token_hash: new.token.hash().as_bytes().to_vec(),
        issued_at: now,
        expires_at: match new.purpose {
            LinkPurpose::Confirm => expiry(app, &ready.case, &ready.message, now),
            LinkPurpose::Status => end_of(ready.case.record.termination.end_on),
        },
        used: None,
        revoked: None,
        undone_at: None,
    };
    db::action_links::insert(tx, &link)?;
    Ok(link.id)
}

/// The holder's page is there until the last day is over: afterwards nobody reads that mailbox.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    instant_at(day.succ_opt().unwrap_or(day), NaiveTime::MIN)
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

/// Copies are messages of their own, due as soon as the mail is written, without a link.
fn plan_copies_in(tx: &mut Tx<'_>, original: &Message) -> Result<(), ServiceError> {
    if original.copy_to.is_empty() {
        return Ok(());
    }
    let all = db::messages::of_termination(tx, original.termination_id)?;
    let is_waiting = |role| {
        all.iter().any(|other| {
            (other.step, other.to) == (original.step, role)
                && matches!(other.state, MessageState::Planned | MessageState::Queued)
        })
    };
    let now = tx.now();
    let roles = original.copy_to.iter().copied();
    let copies: Vec<Message> = roles
        .filter(|role| !is_waiting(*role))
        .map(|role| original.copy(tx.new_id(), role, now))
        .collect();
    Ok(db::messages::insert(tx, &copies)?)
}
