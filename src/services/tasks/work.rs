//! Working with tasks: who does them, and that they are done.

use super::{NOT_FOUND, closing, is_seen_by, note_in};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::actor::Actor;
use crate::domain::ids::{PersonId, TaskId};
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::task::{REFERENCE_MAX_CHARS, Task};
use crate::domain::termination::{Act, ActorRole, Settlement};
use crate::domain::text::{REASON_MAX_CHARS, clean_line, clean_text};
use crate::services::{
    Ctx, Recorded, Recorder, ServiceError, Violations, add_ons, end_questions, references, terminations,
};

/// Says who does a task, or leaves it to the desk as a whole.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Invalid`] `unknown_person`;
/// [`ServiceError::Domain`] unless the task is open; as [`Ctx::write`].
pub async fn assign(
    ctx: &Ctx,
    id: TaskId,
    expected: ExpectedVersion,
    owner: Option<PersonId>,
) -> Result<Task, ServiceError> {
    ctx.write(Action::WorkTask, move |tx| {
        let current = db::tasks::find(tx, id)?.ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        let mut violations = Violations::default();
        if let Some(owner) = owner {
            references::person(tx, owner, "/owner_id", &mut violations)?;
        }
        violations.finish()?;
        if current.owner_id == owner {
            return Ok(current);
        }
        current.require_open("assign")?;
        let task = Task {
            owner_id: owner,
            meta: current.meta.changed(tx.now()),
            ..current
        };
        db::tasks::update(tx, &task)?;
        note_in(tx, "task.assigned", &task)?;
        Ok(task)
    })
    .await
}

/// Says that a task is done. The check of the case that it is the work for is settled with it.
///
/// # Errors
/// [`ServiceError::NotFound`], also for the telephony system and a task that is none of its business;
/// [`ServiceError::Invalid`] for the reference; [`ServiceError::Domain`] unless the task is open; as
/// [`Ctx::write_once`].
pub async fn finish(
    ctx: &Ctx,
    id: TaskId,
    reference: Option<&str>,
    recorder: Recorder<Task>,
) -> Result<Recorded<Task>, ServiceError> {
    let reference = reference
        .map(|text| clean_line(text, REFERENCE_MAX_CHARS))
        .transpose()
        .map_err(|error| ServiceError::invalid("/reference", error.code, error.detail))?;
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::FinishTask, recorder, move |tx| {
        let known = db::tasks::find(tx, id)?.filter(|task| is_seen_by(&actor, task));
        let mut task = known.ok_or(NOT_FOUND)?;
        task.finish(closing(tx), reference.clone())?;
        db::tasks::update(tx, &task)?;
        note_in(tx, "task.done", &task)?;
        settle_check_in(tx, &app, &actor, &task)?;
        add_ons::reviewed_in(tx, &task)?;
        end_questions::closed_in(tx, &task)?;
        Ok(task)
    })
    .await
}

/// Whoever keeps the directory and the numbers speaks as the desk.
fn settle_check_in(tx: &mut Tx<'_>, app: &App, actor: &Actor, task: &Task) -> Result<(), ServiceError> {
    let (Some(check), Some(termination), Some(item)) = (task.kind.check(), task.termination_id, task.item_id)
    else {
        return Ok(());
    };
    let record = terminations::get_in(tx, termination)?;
    if !record.termination.is_active() {
        return Ok(());
    }
    let act = Act::new(ActorRole::Desk, actor, tx.now());
    terminations::change_in(tx, app, record, |record| {
        let done = Settlement::done();
        Ok(record.termination.settle(item, check, done, act)?)
    })?;
    Ok(())
}

/// Says that a task will not be done, and why.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the reason; [`ServiceError::Conflict`]
/// `task_of_a_check` for the work of a check, which is the place to say so; [`ServiceError::Domain`] unless
/// the task is open; as [`Ctx::write_once`].
pub async fn decline(
    ctx: &Ctx,
    id: TaskId,
    reason: &str,
    recorder: Recorder<Task>,
) -> Result<Recorded<Task>, ServiceError> {
    let reason = clean_text(reason, REASON_MAX_CHARS)
        .map_err(|error| ServiceError::invalid("/reason", error.code, error.detail))?;
    ctx.write_once(Action::WorkTask, recorder, move |tx| {
        let mut task = db::tasks::find(tx, id)?.ok_or(NOT_FOUND)?;
        task.decline(closing(tx), reason.clone())?;
        if task.kind.check().is_some() && task.item_id.is_some() {
            return Err(ServiceError::Conflict {
                code: "task_of_a_check",
                detail: "Answer the check of the case that this is the work for instead: that closes this task.",
            });
        }
        db::tasks::update(tx, &task)?;
        note_in(tx, "task.declined", &task)?;
        add_ons::reviewed_in(tx, &task)?;
        end_questions::closed_in(tx, &task)?;
        Ok(task)
    })
    .await
}
