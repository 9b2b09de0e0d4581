//! Delivering a written mail. The mail server is called outside of every transaction; what it said is written down
//! afterwards. If the process dies in between, the same bytes go out again with the same Message-ID.
//!
//! A digest is the mail of one message that carries others. If one of them is not wanted any more, or has another reader
//! by now, it does not leave: what is still wanted is written anew.

use super::recipients::addressee_in;
use super::unreached::{address_fails_in, log_in};
use super::wanted::{asks, may_leave, next_departure, why_not};
use super::{parcel, trail};
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::MessageId;
use crate::domain::message::{MailOutcome, Message, MessageState};
use crate::domain::policy::Action;
use crate::domain::timeline::MessageStep;
use crate::integrations::mail::{MailError, OutgoingMail};
use crate::services::case::Case;
use crate::services::{Ctx, ServiceError, private_addresses};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;

/// The stable word for a recipient who is not the right one any more.
const RECIPIENT_CHANGED: &str = "recipient_changed";
/// The stable word for a mail that is written anew before it leaves.
const REWRITTEN: &str = "rewritten";

/// What came of a try to deliver a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The mail server took it.
    Sent,
    /// It is not to be sent, or not any more.
    NotWanted,
    /// The mail server will never take it; the reason is kept with the message.
    Refused(String),
    /// A later try may succeed.
    Later(String),
    /// Mail may leave again after this time.
    NotBefore(TimeDelta),
}

/// What is to be done with a mail.
enum Verdict {
    /// Nothing: it is sent or called off.
    Leave,
    /// Nothing yet: mail may leave again after this time.
    Wait(TimeDelta),
    Send(Box<OutgoingMail>),
    /// It does not leave as it is.
    TakeApart,
}

/// Delivers a mail if it is still wanted and its recipient is still the right one. `may_act` is asked right before
/// the mail is handed over. `is_first` says that no earlier attempt can have handed it over.
///
/// # Errors
/// The database cannot be used, or the waiting mail does not open. Whether the mail went out is then unknown.
pub async fn deliver(
    ctx: &Ctx,
    (id, is_first): (MessageId, bool),
    may_act: impl Fn() -> bool + Send,
) -> Result<Delivery, ServiceError> {
    let app = ctx.app.clone();
    let now = app.clock.now();
    let verdict = ctx
        .read(Action::Operate, move |connection| {
            judge(connection, &app, (id, is_first), now)
        })
        .await?;
    let mail = match verdict {
        Verdict::Leave => return Ok(Delivery::NotWanted),
        Verdict::Wait(pause) => return Ok(Delivery::NotBefore(pause)),
        Verdict::TakeApart => {
            take_apart(ctx, (id, is_first)).await?;
            return Ok(Delivery::NotWanted);
        }
        Verdict::Send(mail) => mail,
    };
    if !may_act() {
        return Ok(Delivery::Later("the lease ran out before the effect".to_owned()));
    }
    match ctx.app.mailer.send(&mail).await {
        Ok(accepted) => {
            record_sent(ctx, id, accepted.reply).await?;
            Ok(Delivery::Sent)
        }
        Err(error) => {
            let is_about_the_address = error.blames_the_address();
            match error {
                MailError::Permanent { reply } => {
                    record_refused(ctx, id, (reply.clone(), is_about_the_address)).await?;
                    Ok(Delivery::Refused(reply))
                }
                MailError::Transient { reply } => {
                    record_deferred(ctx, id, reply.clone()).await?;
                    Ok(Delivery::Later(reply))
                }
            }
        }
    }
}

fn judge(
    connection: &mut DbConnection,
    app: &App,
    (id, is_first): (MessageId, bool),
    now: DateTime<Utc>,
) -> Result<Verdict, ServiceError> {
    let message = db::messages::find(connection, id)?.ok_or(ServiceError::NotFound("message"))?;
    let parts = parts_of(connection, &message)?;
    let waits = parts
        .iter()
        .filter(|part| part.state == MessageState::Queued)
        .count();
    if waits == 0 {
        return Ok(Verdict::Leave);
    }
    if waits < parts.len() {
        return Ok(Verdict::TakeApart);
    }
    let case = Case::load(connection, message.termination_id)?;
    if !may_leave(app, &case, message.step, now) {
        // What it says was true when mail last left. If nobody can have it yet, it is written anew when mail leaves
        // again.
        return Ok(if is_first {
            Verdict::TakeApart
        } else {
            Verdict::Wait(next_departure(app, &case.calendar(), now) - now)
        });
    }
    let sealed = db::messages::sealed(connection, id)?
        .ok_or_else(|| ServiceError::Internal("a queued mail is not there".to_owned()))?;
    let mail = parcel::open(app, id, &sealed)?;
    for part in &parts {
        if fault_of(connection, app, (part, Some(&mail)), local_date(now))?.is_some() {
            return Ok(Verdict::TakeApart);
        }
    }
    Ok(Verdict::Send(Box::new(mail)))
}

/// The messages that one mail tells: the one whose mail it is, and those that it carries.
fn parts_of(connection: &mut DbConnection, carrier: &Message) -> Result<Vec<Message>, ServiceError> {
    if carrier.carried_by.is_some() {
        return Ok(Vec::new());
    }
    let mut parts = vec![carrier.clone()];
    parts.extend(db::messages::carried_by(connection, carrier.id)?);
    Ok(parts)
}

/// Why a message is not to be told in the mail, as a stable word; nothing if it is.
fn fault_of(
    connection: &mut DbConnection,
    app: &App,
    (part, mail): (&Message, Option<&OutgoingMail>),
    today: NaiveDate,
) -> Result<Option<&'static str>, ServiceError> {
    let case = Case::load(connection, part.termination_id)?;
    if let Some(reason) = why_not(&case, part, today) {
        return Ok(Some(reason));
    }
    let current = addressee_in(connection, app, &case, (part, today))?;
    let is_right = current.is_some_and(|current| {
        let mut addresses = mail.iter().flat_map(|mail| &mail.envelope_to);
        current.person == part.recipient_id && addresses.all(|address| address == current.address.address())
    });
    Ok((!is_right).then_some(RECIPIENT_CHANGED))
}

/// Calls off what is not wanted of a mail that does not leave; the rest is planned again, to be written anew.
async fn take_apart(ctx: &Ctx, (id, is_first): (MessageId, bool)) -> Result<(), ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| {
        let now = tx.now();
        let Verdict::TakeApart = judge(tx, &app, (id, is_first), now)? else {
            return Ok(());
        };
        let message = db::messages::find(tx, id)?.ok_or(ServiceError::NotFound("message"))?;
        for part in parts_of(tx, &message)? {
            if part.state == MessageState::Queued {
                take_out_in(tx, &app, &part)?;
            }
        }
        Ok(())
    })
    .await
}

fn take_out_in(tx: &mut Tx<'_>, app: &App, part: &Message) -> Result<(), ServiceError> {
    let now = tx.now();
    match fault_of(tx, app, (part, None), local_date(now))? {
        Some(reason) if reason != RECIPIENT_CHANGED => {
            return trail::end_in(tx, part, (MessageState::Cancelled, reason));
        }
        Some(reason) => trail::end_in(tx, part, (MessageState::Cancelled, reason))?,
        None => trail::end_in(tx, part, (MessageState::Superseded, REWRITTEN))?,
    }
    let all = db::messages::of_termination(tx, part.termination_id)?;
    let is_waiting = all.iter().any(|other| {
        (other.step, other.to) == (part.step, part.to)
            && other.id != part.id
            && matches!(other.state, MessageState::Planned | MessageState::Queued)
    });
    if is_waiting {
        return Ok(());
    }
    let again = Message {
        state_reason: part.state_reason.clone(),
        ..part.again(tx.new_id(), part.due_at.min(now), now)
    };
    Ok(db::messages::insert(tx, &[again])?)
}

async fn record_sent(ctx: &Ctx, id: MessageId, reply: String) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        let message = db::messages::find(tx, id)?.ok_or(ServiceError::NotFound("message"))?;
        // It may have been called off while it was on the wire: it left all the same, and that is what is said.
        if message.state == MessageState::Sent {
            return Ok(());
        }
        log_in(tx, &message, (MailOutcome::Accepted, Some(reply.clone())))?;
        let now = tx.now();
        for part in parts_of(tx, &message)? {
            let sent = Message {
                state: MessageState::Sent,
                state_reason: None,
                sent_at: Some(now),
                server_reply: Some(reply.clone()),
                deferred_since: None,
                meta: part.meta.changed(now),
                ..part
            };
            db::messages::update(tx, &sent)?;
            if sent.step == MessageStep::ReceiptHolder {
                private_addresses::forget_in(tx, sent.termination_id)?;
            }
            trail::note_in(tx, "message.sent", &sent, json!({ "asks": asks(sent.step) }))?;
        }
        Ok(db::messages::forget_sealed(tx, id)?)
    })
    .await
}

async fn record_deferred(ctx: &Ctx, id: MessageId, reply: String) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        let message = db::messages::find(tx, id)?.ok_or(ServiceError::NotFound("message"))?;
        log_in(tx, &message, (MailOutcome::Deferred, Some(reply.clone())))?;
        if message.state != MessageState::Queued {
            return Ok(());
        }
        let now = tx.now();
        let deferred = Message {
            deferred_since: message.deferred_since.or(Some(now)),
            server_reply: Some(reply.clone()),
            meta: message.meta.changed(now),
            ..message
        };
        Ok(db::messages::update(tx, &deferred)?)
    })
    .await
}

async fn record_refused(
    ctx: &Ctx,
    id: MessageId,
    (reply, is_about_the_address): (String, bool),
) -> Result<(), ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| {
        let message = db::messages::find(tx, id)?.ok_or(ServiceError::NotFound("message"))?;
        if message.state != MessageState::Queued {
            return Ok(());
        }
        log_in(tx, &message, (MailOutcome::Refused, Some(reply.clone())))?;
        let parts = parts_of(tx, &message)?;
        for part in &parts {
            let refused = Message {
                server_reply: Some(reply.clone()),
                ..part.clone()
            };
            if part.state == MessageState::Queued {
                trail::end_in(tx, &refused, (MessageState::Failed, "refused"))?;
            }
        }
        if is_about_the_address {
            address_fails_in(tx, &app, &parts, message.recipient_id)?;
        }
        Ok(())
    })
    .await
}
