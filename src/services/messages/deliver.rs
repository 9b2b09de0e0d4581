//! Delivering a written mail. The mail server is called outside of every transaction; what it said is written down
//! afterwards. If the process dies in between, the same bytes go out again with the same Message-ID.

use super::recipients::resolve_in;
use super::wanted::{asks, may_leave, next_departure, why_not};
use super::{parcel, trail};
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::MessageId;
use crate::domain::message::{Message, MessageState};
use crate::domain::policy::Action;
use crate::integrations::mail::{MailError, OutgoingMail};
use crate::services::case::Case;
use crate::services::{Ctx, ServiceError};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// The stable word for a recipient who is not the right one any more.
const RECIPIENT_CHANGED: &str = "recipient_changed";

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

/// What is to be done with a message.
enum Verdict {
    /// Nothing: it is sent or called off.
    Leave,
    /// Nothing yet: mail may leave again after this time.
    Wait(TimeDelta),
    Send(Box<OutgoingMail>),
    Drop(&'static str),
}

/// Delivers a mail if it is still wanted and its recipient is still the right one. `may_act` is asked right before
/// the mail is handed over.
///
/// # Errors
/// The database cannot be used, or the waiting mail does not open. Whether the mail went out is then unknown.
pub async fn deliver(
    ctx: &Ctx,
    id: MessageId,
    may_act: impl Fn() -> bool + Send,
) -> Result<Delivery, ServiceError> {
    let app = ctx.app.clone();
    let now = app.clock.now();
    let verdict = ctx
        .read(Action::Operate, move |connection| {
            judge(connection, &app, id, now)
        })
        .await?;
    let mail = match verdict {
        Verdict::Leave => return Ok(Delivery::NotWanted),
        Verdict::Wait(pause) => return Ok(Delivery::NotBefore(pause)),
        Verdict::Drop(_) => {
            drop_unwanted(ctx, id).await?;
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
        Err(MailError::Permanent { reply }) => {
            record_refused(ctx, id, reply.clone()).await?;
            Ok(Delivery::Refused(reply))
        }
        Err(MailError::Transient { reply }) => Ok(Delivery::Later(reply)),
    }
}

fn judge(
    connection: &mut DbConnection,
    app: &App,
    id: MessageId,
    now: DateTime<Utc>,
) -> Result<Verdict, ServiceError> {
    let message = db::messages::find(connection, id)?.ok_or(ServiceError::NotFound("message"))?;
    if message.state != MessageState::Queued {
        return Ok(Verdict::Leave);
    }
    let case = Case::load(connection, message.termination_id)?;
    let calendar = case.calendar();
    if !may_leave(app, &calendar, message.step, now) {
        return Ok(Verdict::Wait(next_departure(app, &calendar, now) - now));
    }
    let today = local_date(now);
    if let Some(reason) = why_not(&case, &message, today) {
        return Ok(Verdict::Drop(reason));
    }
    let sealed = db::messages::sealed(connection, id)?
        .ok_or_else(|| ServiceError::Internal("a queued mail is not there".to_owned()))?;
    let mail = parcel::open(app, id, &sealed)?;
    let current = resolve_in(connection, app, &case, (message.to, today))?;
    let is_right = current.is_some_and(|current| {
        current.person == message.recipient_id
            && mail
                .envelope_to
                .iter()
                .all(|address| address == current.address.address())
    });
    if is_right {
        Ok(Verdict::Send(Box::new(mail)))
    } else {
        Ok(Verdict::Drop(RECIPIENT_CHANGED))
    }
}

/// Calls a mail off. If only its recipient is another one by now, it is planned anew for that one.
async fn drop_unwanted(ctx: &Ctx, id: MessageId) -> Result<(), ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| {
        let now = tx.now();
        let Verdict::Drop(reason) = judge(tx, &app, id, now)? else {
            return Ok(());
        };
        let message = db::messages::find(tx, id)?.ok_or(ServiceError::NotFound("message"))?;
        trail::end_in(tx, &message, (MessageState::Cancelled, reason))?;
        if reason == RECIPIENT_CHANGED {
            plan_again_in(tx, &app, &message)?;
        }
        Ok(())
    })
    .await
}

fn plan_again_in(tx: &mut Tx<'_>, app: &App, message: &Message) -> Result<(), ServiceError> {
    let all = db::messages::of_termination(tx, message.termination_id)?;
    let others = || {
        all.iter()
            .filter(|other| other.id != message.id && other.step == message.step)
    };
    let is_copy = others().any(|other| other.copy_to.contains(&message.to));
    let is_waiting = others().any(|other| {
        other.to == message.to && matches!(other.state, MessageState::Planned | MessageState::Queued)
    });
    if is_copy || is_waiting {
        return Ok(());
    }
    let now = tx.now();
    let calendar = Case::load(tx, message.termination_id)?.calendar();
    let again = message.again(tx.new_id(), next_departure(app, &calendar, now), now);
    Ok(db::messages::insert(tx, &[again])?)
}

async fn record_sent(ctx: &Ctx, id: MessageId, reply: String) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        let message = db::messages::find(tx, id)?.ok_or(ServiceError::NotFound("message"))?;
        // It may have been called off while it was on the wire: it left all the same, and that is what is said.
        if message.state == MessageState::Sent {
            return Ok(());
        }
        let now = tx.now();
        let sent = Message {
            state: MessageState::Sent,
            state_reason: None,
            sent_at: Some(now),
            server_reply: Some(reply.clone()),
            meta: message.meta.changed(now),
            ..message
        };
        db::messages::update(tx, &sent)?;
        db::messages::forget_sealed(tx, id)?;
        trail::note_in(tx, "message.sent", &sent, json!({ "asks": asks(sent.step) }))
    })
    .await
}

async fn record_refused(ctx: &Ctx, id: MessageId, reply: String) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        let message = db::messages::find(tx, id)?.ok_or(ServiceError::NotFound("message"))?;
        if message.state != MessageState::Queued {
            return Ok(());
        }
        let refused = Message {
            server_reply: Some(reply.clone()),
            ..message
        };
        trail::end_in(tx, &refused, (MessageState::Failed, "refused"))
    })
    .await
}
