//! Taking an answer back, for a day, by whoever has the link.
//!
//! It is possible as long as nobody has acted on the answer: until the receipt is on its way, and while the person is
//! still the one who is asked. Afterwards the desk opens the case again and corrects it.

use super::holder_of;
use crate::app::App;
use crate::db::{self, DbConnection, Tx, audit};
use crate::domain::action_link::{ActionLink, LinkAnswer, LinkPurpose, LinkUse, UNDO_WITHIN};
use crate::domain::actor::Actor;
use crate::domain::calendar::local_date;
use crate::domain::message::MessageState;
use crate::domain::note::NoteKind;
use crate::domain::policy::Action;
use crate::domain::task::EndAsker;
use crate::domain::termination::{Act, ActorRole, Item, TerminationState};
use crate::domain::timeline::MessageStep;
use crate::services::case::Case;
use crate::services::messages::recipients::resolve_in;
use crate::services::notes::{self, NewNote};
use crate::services::{ServiceError, codes, end_questions, evidence, terminations};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::BTreeMap;

/// Whether an answer can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undoable {
    /// Before this time.
    Until(DateTime<Utc>),
    /// The case is complete, and the receipt has left or others have gone on with it.
    Completed,
    /// A day has passed, or others act on such an answer at once.
    No,
}

const TOO_LATE: ServiceError = ServiceError::Conflict {
    code: "too_late_to_undo",
    detail: "The answer stands. Call the service desk to correct it.",
};

/// Takes the answer back that was given through a link; the link then asks again. Done twice, it does nothing more.
///
/// # Errors
/// [`ServiceError::Gone`] for a link that is unknown, expired, revoked or no longer the right person's;
/// [`ServiceError::Conflict`] `too_late_to_undo`.
pub async fn undo(app: &App, request_id: &str, token: &str) -> Result<(), ServiceError> {
    let (ctx, link) = holder_of(app, request_id, (token, LinkPurpose::Confirm)).await?;
    let (app, actor) = (app.clone(), ctx.actor.clone());
    ctx.write(Action::AnswerByLink, move |tx| {
        db::action_links::lock(tx, link.id)?;
        let link = db::action_links::find(tx, link.id)?.ok_or(ServiceError::Gone)?;
        match &link.used {
            Some(used) => undo_in(tx, &app, &actor, (&link, used)),
            None if link.is_live(tx.now()) => Ok(()),
            None => Err(ServiceError::Gone),
        }
    })
    .await
}

/// Whether the answer of a link can be taken back now.
pub(super) fn undoable_in(
    connection: &mut DbConnection,
    app: &App,
    (link, used): (&ActionLink, &LinkUse),
    (case, now): (&Case, DateTime<Utc>),
) -> Result<Undoable, ServiceError> {
    let until = (used.at + UNDO_WITHIN).min(link.expires_at);
    let undo = db::action_links::undo(connection, link.id)?.filter(|_| now < until);
    let Some(undo) = undo else {
        return Ok(Undoable::No);
    };
    // Of what somebody else has by now, nothing is taken back.
    let is_let_go = |item| case.record.termination.item(item).is_ok_and(Item::is_let_go);
    if undo.items().any(is_let_go) {
        return Ok(Undoable::No);
    }
    let message = db::messages::find(connection, link.message_id)?.ok_or(ServiceError::Gone)?;
    let asked = resolve_in(connection, app, case, (message.to, local_date(now)))?;
    if asked.and_then(|asked| asked.person) != Some(link.person_id) {
        return Ok(Undoable::No);
    }
    Ok(match case.record.termination.state {
        TerminationState::Scheduled | TerminationState::Open => Undoable::Until(until),
        TerminationState::Cancelled => Undoable::No,
        TerminationState::Completed if is_still_here(connection, case)? => Undoable::Until(until),
        TerminationState::Completed => Undoable::Completed,
    })
}

/// Whether a completed case can be as if it had not been: nobody has the receipt, nothing was handed out again, and no
/// other case of the employment has begun.
fn is_still_here(connection: &mut DbConnection, case: &Case) -> Result<bool, ServiceError> {
    let record = &case.record;
    let all = db::messages::of_termination(connection, record.termination.id)?;
    let has_left = all.iter().any(|message| {
        let is_receipt = matches!(
            message.step,
            MessageStep::ReceiptHolder | MessageStep::ReceiptReceiver
        );
        is_receipt && matches!(message.state, MessageState::Queued | MessageState::Sent)
    });
    Ok(!has_left
        && db::terminations::find_active(connection, record.employment_id)?.is_none()
        && terminations::can_take_completion_back(connection, record)?)
}

fn undo_in(
    tx: &mut Tx<'_>,
    app: &App,
    actor: &Actor,
    (link, used): (&ActionLink, &LinkUse),
) -> Result<(), ServiceError> {
    let now = tx.now();
    let case = Case::load(tx, link.termination_id)?;
    let Undoable::Until(_) = undoable_in(tx, app, (link, used), (&case, now))? else {
        return Err(TOO_LATE);
    };
    let undo = db::action_links::undo(tx, link.id)?.ok_or(TOO_LATE)?;
    let record = case.record;
    let mut wipes = BTreeMap::new();
    for item in undo.items() {
        codes::take_back_in(tx, &record, (item, used.at))?;
        if evidence::is_device(&record, item)
            && let Some(wipe) = evidence::withdraw_in(tx, &record, item, used.at)?
        {
            wipes.insert(item, wipe);
        }
    }
    let was_completed = record.termination.state == TerminationState::Completed;
    let act = Act::new(ActorRole::Receiver, actor, now);
    let after = terminations::change_in(tx, app, record, |record| {
        Ok(record.termination.undo(&undo, &wipes, act)?)
    })?;
    if was_completed {
        terminations::take_completion_back_in(tx, app, &after)?;
    }
    if used.answer == LinkAnswer::WrongDate {
        end_questions::take_back_in(tx, &after, EndAsker::Receiver)?;
    }
    db::action_links::give_back(tx, link.id)?;
    let note = NewNote {
        item: None,
        kind: NoteKind::Undone,
        day: None,
        text: None,
    };
    notes::keep_in(tx, link.termination_id, note)?;
    let entry = audit::Entry {
        action: "action_link.undone",
        object_type: "action_link",
        object_id: link.id.to_string(),
        termination: Some(link.termination_id),
        details: json!({ "answer": used.answer, "answered_at": used.at, "person": link.person_id }),
    };
    audit::append(tx, entry)?;
    Ok(())
}
