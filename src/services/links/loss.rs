//! A loss or theft that was reported through a link: the desk is told at once, at any hour.

use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::message::{Message, MessageState};
use crate::domain::termination::TerminationRecord;
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::{ServiceError, messages, terminations};

/// Puts the mail to the desk in order; to the coordinator, if no desk is configured. One that waits already tells of
/// this loss too if it is not written yet, and is replaced if it is.
pub(super) fn report_in(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    let to = if app.config.mail.desk_address.is_some() {
        RecipientRole::Desk
    } else {
        RecipientRole::Coordinator
    };
    let all = db::messages::of_termination(tx, record.termination.id)?;
    let waits = |state: MessageState| {
        let is_same =
            |message: &&Message| message.step == MessageStep::LossReported && message.state == state;
        all.iter().find(is_same)
    };
    if waits(MessageState::Planned).is_some() {
        return Ok(());
    }
    if let Some(written) = waits(MessageState::Queued) {
        messages::supersede_in(tx, written)?;
    }
    let step = (MessageStep::LossReported, to, Vec::new());
    let told = terminations::message(tx, record, step, tx.now());
    Ok(db::messages::insert(tx, &[told])?)
}
