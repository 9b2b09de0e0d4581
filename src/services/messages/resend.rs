//! What people and systems do about a mail that has left: have it sent again, or say that it came back.

use super::trail;
use super::unreached::{address_fails_in, again_in, log_in};
use super::wanted::why_not;
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::calendar::local_date;
use crate::domain::error::DomainError;
use crate::domain::ids::MessageId;
use crate::domain::message::{DeliveryNote, MailOutcome, Message, MessageState, RESENT};
use crate::domain::policy::Action;
use crate::domain::text::EmailAddress;
use crate::domain::timeline::MessageStep;
use crate::integrations::mail::{blames_the_address, scrub};
use crate::services::case::Case;
use crate::services::{Ctx, Recorded, Recorder, ServiceError, Violations};
use serde_json::json;

/// The most lines of a delivery log that are shown: the newest.
const LOG_LIMIT: i64 = 100;
const NOT_FOUND: ServiceError = ServiceError::NotFound("message");
const WAITS: ServiceError = ServiceError::Conflict {
    code: "message_waits",
    detail: "The same mail is planned or waits to be delivered already.",
};
const NOT_WANTED: ServiceError = ServiceError::Conflict {
    code: "mail_not_wanted",
    detail: "The case does not need this mail any more, so it is not sent again.",
};

/// A report that a mail came back, as it was sent.
#[derive(Clone)]
pub struct NewBounce {
    /// The enhanced status code of the report (RFC 3463), such as `5.1.1`. Only permanent failures are bounces.
    pub status: String,
    /// What the other server said.
    pub diagnostic: Option<String>,
    /// The address that the report is about, if it says so.
    pub recipient: Option<String>,
}

/// The same, checked.
struct Bounce {
    status: String,
    reply: String,
    recipient: Option<EmailAddress>,
}

impl NewBounce {
    fn check(&self) -> Result<Bounce, ServiceError> {
        let mut violations = Violations::default();
        if !is_permanent(&self.status) {
            violations.add(
                "/status",
                "status_not_permanent",
                "Give the enhanced status code of the report, such as 5.1.1. What begins with 4 is no bounce yet.",
            );
        }
        let recipient = violations.take_optional("/recipient", self.recipient.clone(), EmailAddress::parse);
        violations.finish()?;
        let said = self.diagnostic.as_deref().unwrap_or_default();
        Ok(Bounce {
            reply: scrub(&format!("{} {said}", self.status)),
            status: self.status.clone(),
            recipient,
        })
    }
}

/// Whether it is an enhanced status code of class 5 (RFC 3463, section 2).
fn is_permanent(status: &str) -> bool {
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = status.split('.').collect();
    matches!(parts.as_slice(), ["5", subject, detail] if is_number(subject) && is_number(detail))
}

/// The delivery log of a message, the oldest first; for one that is told in a digest, that of the digest. The newest
/// hundred lines.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn deliveries(ctx: &Ctx, id: MessageId) -> Result<Vec<DeliveryNote>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        let message = get_in(connection, id)?;
        Ok(db::deliveries::of_message(
            connection,
            message.carrier(),
            LOG_LIMIT,
        )?)
    })
    .await
}

/// Sends a mail again that was sent, came back or failed: written anew, with a link of its own, to whoever has the role
/// now. The address is tried again although mail to it came back. Leaves when mail may leave next, also if the reader
/// has had a mail today.
///
/// # Errors
/// [`ServiceError::Domain`] for a mail that has not left; [`ServiceError::Conflict`] when the same mail waits or nobody
/// needs it; as [`Ctx::write`].
pub async fn resend(
    ctx: &Ctx,
    id: MessageId,
    recorder: Recorder<Message>,
) -> Result<Recorded<Message>, ServiceError> {
    ctx.write_once(Action::WorkTermination, recorder, move |tx| resend_in(tx, id))
        .await
}

fn resend_in(tx: &mut Tx<'_>, id: MessageId) -> Result<Message, ServiceError> {
    let message = get_in(tx, id)?;
    match message.state {
        MessageState::Sent | MessageState::Bounced | MessageState::Failed => {}
        MessageState::Planned | MessageState::Queued | MessageState::Superseded | MessageState::Cancelled => {
            return Err(cannot(&message, "be sent again"));
        }
    }
    let case = Case::load(tx, message.termination_id)?;
    if why_not(&case, &message, local_date(tx.now())).is_some() {
        return Err(NOT_WANTED);
    }
    if let Some(person) = message.recipient_id {
        db::unreachable_addresses::clear(tx, person)?;
    }
    again_in(tx, (&message, RESENT))?.ok_or(WAITS)
}

/// Takes a report that a mail came back. The address is not used again until somebody has the mail sent again or the
/// address changes; whoever is next is written to, and the desk gets a task. A report that was taken before changes
/// nothing.
///
/// # Errors
/// [`ServiceError::Invalid`]; [`ServiceError::Domain`] for a mail that was not sent; as [`Ctx::write`].
pub async fn report_bounce(
    ctx: &Ctx,
    id: MessageId,
    bounce: NewBounce,
    recorder: Recorder<Message>,
) -> Result<Recorded<Message>, ServiceError> {
    let app = ctx.app.clone();
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        bounced_in(tx, &app, (id, &bounce.check()?))
    })
    .await
}

fn bounced_in(
    tx: &mut Tx<'_>,
    app: &App,
    (id, bounce): (MessageId, &Bounce),
) -> Result<Message, ServiceError> {
    let message = get_in(tx, id)?;
    let carrier = get_in(tx, message.carrier())?;
    match carrier.state {
        MessageState::Sent => {}
        MessageState::Bounced => return Ok(message),
        MessageState::Planned
        | MessageState::Queued
        | MessageState::Superseded
        | MessageState::Cancelled
        | MessageState::Failed => return Err(cannot(&carrier, "bounce")),
    }
    // What servers say of a private address is not kept.
    let reply = match carrier.step {
        MessageStep::ReceiptHolder => bounce.status.clone(),
        _ => bounce.reply.clone(),
    };
    let mut parts = db::messages::carried_by(tx, carrier.id)?;
    let person = carrier.recipient_id;
    parts.insert(0, carrier);
    for part in &parts {
        let back = Message {
            state: MessageState::Bounced,
            state_reason: Some("bounced".to_owned()),
            server_reply: Some(reply.clone()),
            meta: part.meta.changed(tx.now()),
            ..part.clone()
        };
        db::messages::update(tx, &back)?;
        trail::note_in(tx, "message.bounced", &back, json!({ "status": bounce.status }))?;
    }
    if let Some(first) = parts.first() {
        log_in(tx, first, (MailOutcome::Bounced, Some(reply)))?;
    }
    let is_current = match (&bounce.recipient, person) {
        (Some(address), Some(person)) => db::people::find(tx, person)?
            .and_then(|person| person.email)
            .is_some_and(|email| email.as_str().eq_ignore_ascii_case(address.as_str())),
        (None, _) | (_, None) => true,
    };
    if is_current && blames_the_address(&bounce.status) {
        address_fails_in(tx, app, &parts, person)?;
    }
    get_in(tx, id)
}

fn get_in(connection: &mut DbConnection, id: MessageId) -> Result<Message, ServiceError> {
    db::messages::find(connection, id)?.ok_or(NOT_FOUND)
}

fn cannot(message: &Message, command: &'static str) -> ServiceError {
    ServiceError::Domain(DomainError::InvalidTransition {
        entity: "message",
        from: message.state.as_str(),
        command,
    })
}
