//! "I am staying" and "the date is wrong": a question to HR, never a change of dates.
//!
//! The question is a task of the desk, who asks HR, and a mail that says so. It is answered by the next document of HR
//! that moves or withdraws the end, or by whoever closes the task. Until then the case goes on by the dates that it has:
//! deadlines, reminders and escalation are as planned, and each of them says that HR has been asked.

use super::tasks::{self, NewTask};
use super::{ServiceError, messages, terminations};
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::TerminationId;
use crate::domain::message::MessageState;
use crate::domain::task::{EndAsker, EndClaim, Task, TaskFacts, TaskKind, TaskState, WithdrawReason};
use crate::domain::termination::TerminationRecord;
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::mail::EndQuestion;
use chrono::NaiveDate;

/// What somebody says about the last day.
#[derive(Clone)]
pub(super) struct NewQuestion {
    pub by: EndAsker,
    pub says: EndClaim,
    /// The right last day, if they know it.
    pub last_day: Option<NaiveDate>,
    /// Their own words, cleaned.
    pub text: Option<String>,
}

/// Asks, or asks anew where the same asker says something else now. Says whether it did: saying the same again does
/// nothing.
///
/// # Errors
/// Only what the database reports.
pub(super) fn ask_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    new: NewQuestion,
) -> Result<bool, ServiceError> {
    let facts = TaskFacts::EndQuestion {
        by: new.by,
        says: new.says,
        last_day: new.last_day,
    };
    let open = open_tasks(tx, record.termination.id)?
        .into_iter()
        .find(|task| asker(task) == Some(new.by));
    match open {
        Some(task) if task.facts == facts && task.text == new.text => return Ok(false),
        Some(task) => tasks::say_anew_in(tx, task, facts, new.text)?,
        None => {
            let task = NewTask {
                subject: new.by.as_str().to_owned(),
                facts,
                text: new.text,
                ..NewTask::of_case(TaskKind::ConfirmEnd, record)
            };
            tasks::open_in(tx, app, task)?;
        }
    }
    tell_in(tx, app, record)?;
    Ok(true)
}

/// The asker takes the question back.
///
/// # Errors
/// Only what the database reports.
pub(super) fn take_back_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    by: EndAsker,
) -> Result<(), ServiceError> {
    let id = record.termination.id;
    for task in open_tasks(tx, id)? {
        if asker(&task) == Some(by) {
            tasks::withdraw_one_in(tx, task, WithdrawReason::TakenBack)?;
        }
    }
    hush_in(tx, id)
}

/// HR has moved the end: that is the answer.
///
/// # Errors
/// Only what the database reports.
pub(super) fn answered_in(tx: &mut Tx<'_>, record: &TerminationRecord) -> Result<(), ServiceError> {
    let id = record.termination.id;
    let open = open_tasks(tx, id)?;
    // Where nobody asks, no mail tells of it either.
    if open.is_empty() {
        return Ok(());
    }
    for task in open {
        tasks::withdraw_one_in(tx, task, WithdrawReason::Settled)?;
    }
    hush_in(tx, id)
}

/// Somebody has closed a task: if it was the last question of its case, the mail about it is not wanted any more.
///
/// # Errors
/// Only what the database reports.
pub(super) fn closed_in(tx: &mut Tx<'_>, task: &Task) -> Result<(), ServiceError> {
    match task.termination_id {
        Some(id) if task.kind == TaskKind::ConfirmEnd => hush_in(tx, id),
        Some(_) | None => Ok(()),
    }
}

/// Since when HR has been asked about a case; none while nobody asks.
///
/// # Errors
/// Only what the database reports.
pub(super) fn asked_on(
    connection: &mut DbConnection,
    id: TerminationId,
) -> Result<Option<NaiveDate>, ServiceError> {
    let open = open_tasks(connection, id)?;
    let since = open.iter().map(|task| task.meta.created_at).min();
    Ok(since.map(local_date))
}

/// The open questions of a case, as the mail tells them.
///
/// # Errors
/// Only what the database reports.
pub(super) fn open_of(
    connection: &mut DbConnection,
    id: TerminationId,
) -> Result<Vec<EndQuestion>, ServiceError> {
    let open = open_tasks(connection, id)?.into_iter();
    let told = open.filter_map(|task| match task.facts {
        TaskFacts::EndQuestion { by, says, last_day } => Some(EndQuestion {
            by,
            says,
            last_day,
            task: task.number,
        }),
        _ => None,
    });
    Ok(told.collect())
}

/// The latest question that the holder asked and did not take back, answered or not.
///
/// # Errors
/// Only what the database reports.
pub(super) fn latest_of_holder(
    connection: &mut DbConnection,
    id: TerminationId,
) -> Result<Option<Task>, ServiceError> {
    let taken_back = Some(WithdrawReason::TakenBack.as_str());
    let all = db::tasks::of_termination(connection, id)?;
    Ok(all
        .into_iter()
        .rfind(|task| task.kind == TaskKind::ConfirmEnd && asker(task) == Some(EndAsker::Holder))
        .filter(|task| task.reason.as_deref() != taken_back))
}

fn open_tasks(connection: &mut DbConnection, id: TerminationId) -> Result<Vec<Task>, ServiceError> {
    let mut all = db::tasks::of_termination(connection, id)?;
    all.retain(|task| task.kind == TaskKind::ConfirmEnd && task.state == TaskState::Open);
    Ok(all)
}

const fn asker(task: &Task) -> Option<EndAsker> {
    match task.facts {
        TaskFacts::EndQuestion { by, .. } => Some(by),
        _ => None,
    }
}

/// Mails the desk, or the coordinator where no desk is configured, when mail may leave next. One mail tells all that is
/// open when it is written.
fn tell_in(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    let to = if app.config.mail.desk_address.is_some() {
        RecipientRole::Desk
    } else {
        RecipientRole::Coordinator
    };
    let mut is_planned = false;
    for message in db::messages::of_termination(tx, record.termination.id)? {
        if message.step != MessageStep::EndQuestioned {
            continue;
        }
        match message.state {
            MessageState::Planned => is_planned = true,
            MessageState::Queued => messages::supersede_in(tx, &message)?,
            _ => {}
        }
    }
    if is_planned {
        return Ok(());
    }
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    let due_at = messages::next_departure(app, &entity.schedule.calendar(), tx.now());
    let step = (MessageStep::EndQuestioned, to, Vec::new());
    let message = terminations::message(tx, record, step, due_at);
    Ok(db::messages::insert(tx, &[message])?)
}

/// Calls off the mail about questions that are answered or taken back, if none is left and it has not left.
fn hush_in(tx: &mut Tx<'_>, id: TerminationId) -> Result<(), ServiceError> {
    if !open_tasks(tx, id)?.is_empty() {
        return Ok(());
    }
    for message in db::messages::of_termination(tx, id)? {
        let is_waiting = matches!(message.state, MessageState::Planned | MessageState::Queued);
        if message.step == MessageStep::EndQuestioned && is_waiting {
            messages::cancel_in(tx, &message, "answered")?;
        }
    }
    Ok(())
}
