//! The address of a person has changed: what was mailed to the one before opens nothing any more, whoever reads it, and is
//! mailed to the new one.

use super::renew::plan_link_in;
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::action_link::{LinkPurpose, RevokeReason};
use crate::domain::ids::{PersonId, TerminationId};
use crate::domain::message::{Message, MessageState};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::case::Case;
use crate::services::{ServiceError, messages, terminations};
use std::collections::BTreeMap;

/// Revokes the links of a person whose address has changed, and plans the mails that carry them anew.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn address_changed_in(
    tx: &mut Tx<'_>,
    app: &App,
    person: PersonId,
) -> Result<(), ServiceError> {
    let mut cases: BTreeMap<(TerminationId, LinkPurpose), MessageStep> = BTreeMap::new();
    for link in db::action_links::revoke_live_of(tx, person, RevokeReason::AddressChanged)? {
        let carried_by = db::messages::find(tx, link.message_id)?.ok_or(ServiceError::NotFound("message"))?;
        cases.insert((link.termination_id, link.purpose), carried_by.step);
    }
    for ((id, purpose), step) in cases {
        let case = Case::load(tx, id)?;
        if !case.record.termination.is_active() {
            continue;
        }
        match purpose {
            LinkPurpose::Confirm if case.left_for_receiver().is_empty() => {}
            LinkPurpose::Confirm => plan_link_in(tx, app, &case).map(drop)?,
            LinkPurpose::Status => plan_status_in(tx, app, &case, step)?,
        }
    }
    Ok(())
}

/// The holder gets the mail with the own page again, unless it is on its way.
fn plan_status_in(tx: &mut Tx<'_>, app: &App, case: &Case, step: MessageStep) -> Result<(), ServiceError> {
    let all = db::messages::of_termination(tx, case.record.termination.id)?;
    let waits = |message: &Message| {
        (message.step, message.to) == (step, RecipientRole::Holder)
            && matches!(message.state, MessageState::Planned | MessageState::Queued)
    };
    if all.iter().any(waits) {
        return Ok(());
    }
    let due_at = messages::next_departure(app, &case.calendar(), tx.now());
    let again = (step, RecipientRole::Holder, Vec::new());
    let message = terminations::message(tx, &case.record, again, due_at);
    Ok(db::messages::insert(tx, &[message])?)
}
