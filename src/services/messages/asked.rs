//! In which role somebody is asked to confirm.

use super::wanted::asks;
use crate::domain::action_link::{ActionLink, LinkPurpose};
use crate::domain::message::{Message, MessageState};
use crate::domain::timeline::RecipientRole;

/// The role that is asked next, or was asked last: the receiver's, unless the case was handed over. `all` is in the
/// order in which the messages are due, `links` in the order in which they were made.
pub(in crate::services) fn asked_role(all: &[Message], links: &[ActionLink]) -> RecipientRole {
    let planned = all
        .iter()
        .find(|message| message.state == MessageState::Planned && asks(message.step));
    // Only who is asked gets a link; a copy has none.
    let asked_last = || {
        let last = links.iter().rfind(|link| link.purpose == LinkPurpose::Confirm)?;
        all.iter().find(|message| message.id == last.message_id)
    };
    planned
        .or_else(asked_last)
        .map_or(RecipientRole::Receiver, |message| message.to)
}
