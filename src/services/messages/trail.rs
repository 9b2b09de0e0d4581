//! How a message moves on: its new state, and an audit entry that names no address.

use crate::db::{self, Tx, audit};
use crate::domain::action_link::RevokeReason;
use crate::domain::message::{Message, MessageState};
use crate::services::ServiceError;
use serde_json::{Value, json};

/// Ends a message without a mail: called off, superseded or failed. What was written is forgotten, the links in it,
/// which nobody has seen, stop working, and its reader may get another mail that day. Whatever else its mail was to tell
/// is written anew when the mail is due to leave.
pub(super) fn end_in(
    tx: &mut Tx<'_>,
    message: &Message,
    (state, reason): (MessageState, &'static str),
) -> Result<(), ServiceError> {
    let was_written = message.state == MessageState::Queued;
    let changed = Message {
        state,
        state_reason: Some(reason.to_owned()),
        meta: message.meta.changed(tx.now()),
        ..message.clone()
    };
    db::messages::update(tx, &changed)?;
    if was_written {
        db::messages::forget_sealed(tx, message.id)?;
        db::mail_days::free(tx, message.id)?;
        db::action_links::revoke_of_message(tx, message.id, RevokeReason::ReceiverChanged)?;
    }
    note_in(tx, action(state), message, json!({ "reason": reason }))
}

/// A newer mail says what this one would have said.
pub(in crate::services) fn supersede_in(tx: &mut Tx<'_>, message: &Message) -> Result<(), ServiceError> {
    end_in(tx, message, (MessageState::Superseded, "newer_step"))
}

/// The same for a mail whose reader is not the one any more who is to answer.
pub(in crate::services) fn cancel_in(
    tx: &mut Tx<'_>,
    message: &Message,
    reason: &'static str,
) -> Result<(), ServiceError> {
    end_in(tx, message, (MessageState::Cancelled, reason))
}

const fn action(state: MessageState) -> &'static str {
    match state {
        MessageState::Planned => "message.planned",
        MessageState::Queued => "message.queued",
        MessageState::Sent => "message.sent",
        MessageState::Superseded => "message.superseded",
        MessageState::Cancelled => "message.cancelled",
        MessageState::Failed => "message.failed",
        MessageState::Bounced => "message.bounced",
    }
}

/// Adds an audit entry about a message.
pub(super) fn note_in(
    tx: &mut Tx<'_>,
    action: &'static str,
    message: &Message,
    more: Value,
) -> Result<(), ServiceError> {
    let mut details = json!({ "step": message.step, "role": message.to });
    if let (Some(details), Value::Object(more)) = (details.as_object_mut(), more) {
        details.extend(more);
    }
    let entry = audit::Entry {
        action,
        object_type: "message",
        object_id: message.id.to_string(),
        termination: Some(message.termination_id),
        details,
    };
    audit::append(tx, entry)?;
    Ok(())
}
