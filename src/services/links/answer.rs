//! Taking an answer: one transaction, in which the link is used up.

use super::question::recorded_in;
use super::{Answer, RecordedAnswer, Said, apply, find, holder_of, live_case};
use crate::app::App;
use crate::db::{self, DbConnection, Tx, audit};
use crate::domain::action_link::{ActionLink, LinkPurpose, LinkUse, RevokeReason};
use crate::domain::actor::Actor;
use crate::domain::ids::ItemId;
use crate::domain::policy::Action;
use crate::domain::timeline::MessageStep;
use crate::services::{Ctx, ServiceError, terminations};
use chrono::TimeDelta;
use serde_json::json;

/// An answer that comes sooner after the mail was handed over is a program's: nobody reads that fast.
const SHORTEST_READ: TimeDelta = TimeDelta::seconds(3);

const DIFFERENT_ANSWER: ServiceError = ServiceError::Conflict {
    code: "different_answer",
    detail: "The link was used before with another answer, which stands. Call the service desk to correct it.",
};

/// What became of an answer.
#[derive(Clone)]
pub enum Outcome {
    /// It is recorded.
    Recorded,
    /// It was recorded before, just so; nothing happened now.
    AlreadyRecorded(Box<RecordedAnswer>),
    /// The serial numbers of these devices are those of others. Nothing was recorded, and the link works on.
    WrongDevice(Vec<ItemId>),
    /// Nobody at the address can take the case over. Nothing was recorded, and the link works on.
    NoSuchColleague,
    /// It came faster than anybody reads. Nothing was recorded, and the link works on.
    TooSoon,
}

/// Takes the answer of whoever holds the link.
///
/// # Errors
/// [`ServiceError::Gone`] as for [`super::open`]; [`ServiceError::Conflict`] `different_answer` for a link that was
/// used with another answer; [`ServiceError::Domain`] when the case changed meanwhile in a way that does not go
/// together with the answer.
pub async fn answer(
    app: &App,
    request_id: &str,
    token: &str,
    given: Answer,
) -> Result<Outcome, ServiceError> {
    let (ctx, link) = holder_of(app, request_id, (token, LinkPurpose::Confirm)).await?;
    let (app, actor) = (app.clone(), ctx.actor.clone());
    ctx.write(Action::AnswerByLink, move |tx| {
        // Of two that press at the same moment, one waits here for the other, and then finds the link used.
        db::action_links::lock(tx, link.id)?;
        let link = db::action_links::find(tx, link.id)?.ok_or(ServiceError::Gone)?;
        answer_in(tx, &app, (&actor, &link), &given)
    })
    .await
}

/// What a used link says to somebody who sends an answer with this fingerprint again. Changes nothing.
///
/// # Errors
/// [`ServiceError::Conflict`] `different_answer`; [`ServiceError::Gone`] for a link that was not used.
pub async fn repeat(app: &App, token: &str, fingerprint: &[u8]) -> Result<RecordedAnswer, ServiceError> {
    let (ctx, token, fingerprint) = (Ctx::system(app), token.to_owned(), fingerprint.to_vec());
    let app = app.clone();
    ctx.read(Action::AnswerByLink, move |connection| {
        let link = find(connection, (&token, LinkPurpose::Confirm))?;
        let used = link.used.as_ref().ok_or(ServiceError::Gone)?;
        recorded_before(connection, &app, (&link, used), &fingerprint)
    })
    .await
}

fn recorded_before(
    connection: &mut DbConnection,
    app: &App,
    (link, used): (&ActionLink, &LinkUse),
    fingerprint: &[u8],
) -> Result<RecordedAnswer, ServiceError> {
    let recorded = recorded_in(connection, app, (link, used), app.clock.now())?;
    if used.answer_hash == fingerprint {
        Ok(recorded)
    } else {
        Err(DIFFERENT_ANSWER)
    }
}

fn answer_in(
    tx: &mut Tx<'_>,
    app: &App,
    (actor, link): (&Actor, &ActionLink),
    given: &Answer,
) -> Result<Outcome, ServiceError> {
    let now = tx.now();
    if let Some(used) = &link.used {
        let recorded = recorded_before(tx, app, (link, used), &given.fingerprint)?;
        return Ok(Outcome::AlreadyRecorded(Box::new(recorded)));
    }
    let case = live_case(tx, app, link, now)?;
    if is_too_soon(tx, link)? {
        return Ok(Outcome::TooSoon);
    }
    if let Said::Confirm(confirmation) = &given.what {
        let wrong = apply::wrong_devices(&case, confirmation);
        if !wrong.is_empty() {
            return Ok(Outcome::WrongDevice(wrong));
        }
    }
    let mut given = given.clone();
    if let Said::HandOver {
        address: Some(address),
        colleague,
    } = &mut given.what
    {
        *colleague = terminations::colleague_in(tx, &case.record, (address, link.person_id))?;
        if colleague.is_none() {
            return Ok(Outcome::NoSuchColleague);
        }
    }
    let used = LinkUse {
        at: now,
        answer: given.word(),
        answer_hash: given.fingerprint.clone(),
    };
    db::action_links::consume(tx, link.id, &used)?;
    let undo = apply::apply_in(tx, app, &case, (actor, link), &given)?;
    if let Some(undo) = undo {
        db::action_links::keep_undo(tx, link.id, &undo)?;
    }
    db::action_links::revoke_asking(tx, link.termination_id, RevokeReason::Answered)?;
    let entry = audit::Entry {
        action: "action_link.used",
        object_type: "action_link",
        object_id: link.id.to_string(),
        termination: Some(link.termination_id),
        details: json!({ "answer": used.answer, "step": step_of(tx, link)?, "person": link.person_id }),
    };
    audit::append(tx, entry)?;
    Ok(Outcome::Recorded)
}

/// Whether the mail of the link was handed over a moment ago at most, as one is that is not marked as sent.
pub(super) fn is_too_soon(tx: &mut Tx<'_>, link: &ActionLink) -> Result<bool, ServiceError> {
    let message = db::messages::find(tx, link.message_id)?.ok_or(ServiceError::Gone)?;
    let now = tx.now();
    Ok(message
        .sent_at
        .is_none_or(|sent_at| now < sent_at + SHORTEST_READ))
}

fn step_of(tx: &mut Tx<'_>, link: &ActionLink) -> Result<Option<MessageStep>, ServiceError> {
    Ok(db::messages::find(tx, link.message_id)?.map(|message| message.step))
}
