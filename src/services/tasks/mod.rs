//! Tasks: the queue of what the desk, or somebody by name, is to do. Other use cases open tasks inside their own
//! transaction, with [`open_in`].

mod follow;
mod loans;
mod notices;
mod work;

pub use crate::db::tasks::TaskFilter;
pub(super) use follow::{
    case_changed_in, case_closed_in, check_settled_in, leave_over_in, losses_changed_in, unit_merged_in,
};
pub(super) use loans::{loan_ended_in, loan_made_in};
pub use notices::{NewNotice, NoticeFacts, create};
pub use work::{assign, decline, finish};

use super::{Ctx, ServiceError, trail};
use crate::app::App;
use crate::crypto::token::random_task_number;
use crate::db::{self, Tx};
use crate::domain::actor::{Actor, Scope};
use crate::domain::calendar::local_date;
use crate::domain::ids::{ItemId, LegalEntityId, PersonId, TaskId, TerminationId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::task::{Closing, Task, TaskFacts, TaskKind, TaskState, WithdrawReason, due_on};
use crate::domain::termination::TerminationRecord;
use chrono::NaiveDate;
use serde_json::json;

const NOT_FOUND: ServiceError = ServiceError::NotFound("task");

/// What a new task is made of.
#[derive(Clone)]
pub struct NewTask {
    /// What is to be done.
    pub kind: TaskKind,
    /// The legal entity of the unit.
    pub legal_entity_id: LegalEntityId,
    /// The unit that it is about.
    pub unit_id: UnitId,
    /// The case.
    pub termination: Option<TerminationId>,
    /// The item of the case.
    pub item: Option<ItemId>,
    /// The person that it is about.
    pub person: Option<PersonId>,
    /// What tells it from another open task of the same kind, case and item, such as a message's id. Not shown.
    pub subject: String,
    /// Who does it; none leaves it to the desk as a whole.
    pub owner: Option<PersonId>,
    /// By when, made a business day; none leaves it to the kind.
    pub day: Option<NaiveDate>,
    /// What the kind knows besides.
    pub facts: TaskFacts,
    /// People's own words, cleaned.
    pub text: Option<String>,
}

impl NewTask {
    /// A task about a case, due as its kind says.
    pub fn of_case(kind: TaskKind, record: &TerminationRecord) -> Self {
        Self {
            kind,
            legal_entity_id: record.legal_entity_id,
            unit_id: record.unit_id,
            termination: Some(record.termination.id),
            item: None,
            person: Some(record.person_id),
            subject: String::new(),
            owner: None,
            day: None,
            facts: TaskFacts::None,
            text: None,
        }
    }

    /// The same about one item of the case.
    #[must_use]
    pub const fn about(mut self, item: ItemId) -> Self {
        self.item = Some(item);
        self
    }

    /// The key under which only one task of the kind is open: none for change notices, which people may send twice.
    fn open_key(&self) -> Option<String> {
        let word = |id: Option<String>| id.unwrap_or_default();
        let (case, item) = (
            word(self.termination.map(|id| id.to_string())),
            word(self.item.map(|id| id.to_string())),
        );
        let is_told_apart = !(case.is_empty() && self.subject.is_empty());
        is_told_apart.then(|| key_of(&case, &item, &self.subject))
    }
}

/// Opens a task. One that is open already about the same is the answer instead, as it is.
///
/// # Errors
/// Only what the database reports.
pub fn open_in(tx: &mut Tx<'_>, app: &App, new: NewTask) -> Result<Task, ServiceError> {
    let open_key = new.open_key();
    if let Some(key) = &open_key
        && let Some(open) = db::tasks::find_open(tx, new.kind, key)?
    {
        return Ok(open);
    }
    let today = local_date(tx.now());
    let due_on = match new.day {
        Some(day) => app.calendar.roll_back(day).max(app.calendar.roll_forward(today)),
        None => due_on(new.kind, &new.facts, today, &app.calendar),
    };
    let task = Task {
        id: tx.new_id(),
        number: random_task_number(),
        kind: new.kind,
        state: TaskState::Open,
        open_key,
        owner_id: new.owner,
        due_on,
        legal_entity_id: new.legal_entity_id,
        unit_id: new.unit_id,
        termination_id: new.termination,
        item_id: new.item,
        person_id: new.person,
        facts: new.facts,
        text: new.text,
        actor_kind: tx.stamp().actor.kind().to_owned(),
        actor_id: tx.stamp().actor.id(),
        closed: None,
        reference: None,
        reason: None,
        meta: Meta::new(tx.now()),
    };
    db::tasks::insert(tx, &task)?;
    note_in(tx, "task.opened", &task)?;
    Ok(task)
}

/// Withdraws the open tasks of a case, or those of one kind.
///
/// # Errors
/// Only what the database reports.
pub(super) fn withdraw_in(
    tx: &mut Tx<'_>,
    termination: TerminationId,
    kind: Option<TaskKind>,
    reason: WithdrawReason,
) -> Result<(), ServiceError> {
    for task in db::tasks::of_termination(tx, termination)? {
        if task.state == TaskState::Open && kind.is_none_or(|kind| kind == task.kind) {
            withdraw_one_in(tx, task, reason)?;
        }
    }
    Ok(())
}

/// Withdraws the open task of a kind about an item of a case.
///
/// # Errors
/// Only what the database reports.
pub(super) fn withdraw_about_in(
    tx: &mut Tx<'_>,
    (termination, item): (TerminationId, ItemId),
    (kind, reason): (TaskKind, WithdrawReason),
) -> Result<(), ServiceError> {
    for task in db::tasks::of_termination(tx, termination)? {
        if task.state == TaskState::Open && task.kind == kind && task.item_id == Some(item) {
            withdraw_one_in(tx, task, reason)?;
        }
    }
    Ok(())
}

/// Withdraws the open task of a kind about something that is no case, such as an add-on.
///
/// # Errors
/// Only what the database reports.
pub(super) fn withdraw_subject_in(
    tx: &mut Tx<'_>,
    (kind, subject): (TaskKind, String),
    reason: WithdrawReason,
) -> Result<(), ServiceError> {
    let key = key_of("", "", &subject);
    match db::tasks::find_open(tx, kind, &key)? {
        Some(task) => withdraw_one_in(tx, task, reason),
        None => Ok(()),
    }
}

fn key_of(case: &str, item: &str, subject: &str) -> String {
    format!("{case}/{item}/{subject}")
}

/// Withdraws one open task.
///
/// # Errors
/// Only what the database reports.
pub(super) fn withdraw_one_in(
    tx: &mut Tx<'_>,
    mut task: Task,
    reason: WithdrawReason,
) -> Result<(), ServiceError> {
    task.withdraw(closing(tx), reason)?;
    db::tasks::update(tx, &task)?;
    note_in(tx, "task.withdrawn", &task)
}

/// Whoever asked for a task that is open says something else now.
///
/// # Errors
/// Only what the database reports.
pub(super) fn say_anew_in(
    tx: &mut Tx<'_>,
    task: Task,
    facts: TaskFacts,
    text: Option<String>,
) -> Result<(), ServiceError> {
    let changed = Task {
        facts,
        text,
        meta: task.meta.changed(tx.now()),
        ..task
    };
    db::tasks::update(tx, &changed)?;
    note_in(tx, "task.changed", &changed)
}

/// Who closes a task, and when.
fn closing(tx: &Tx<'_>) -> Closing {
    Closing {
        at: tx.now(),
        by_kind: tx.stamp().actor.kind().to_owned(),
        by_id: tx.stamp().actor.id(),
    }
}

/// An audit entry that says everything but people's words.
fn note_in(tx: &mut Tx<'_>, action: &'static str, task: &Task) -> Result<(), ServiceError> {
    let details = json!({
        "kind": task.kind,
        "state": task.state,
        "termination": task.termination_id,
        "item": task.item_id,
        "unit": task.unit_id,
        "owner": task.owner_id,
        "due_on": task.due_on,
        "has_text": task.text.is_some(),
        "has_reference": task.reference.is_some(),
    });
    trail::note(tx, action, task.id, details)
}

/// Whether the actor is the telephony system and nothing more, so that only its own tasks are its business.
fn is_telephony_alone(actor: &Actor) -> bool {
    actor.has_scope(Scope::Telephony)
        && ![Scope::Desk, Scope::Admin, Scope::Read]
            .iter()
            .any(|scope| actor.has_scope(*scope))
}

fn is_seen_by(actor: &Actor, task: &Task) -> bool {
    task.kind.is_for_telephony() || !is_telephony_alone(actor)
}

/// One task.
///
/// # Errors
/// [`ServiceError::NotFound`], also for the telephony system and a task that is none of its business; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: TaskId) -> Result<Task, ServiceError> {
    let actor = ctx.actor.clone();
    ctx.look_up(Action::ReadTask, move |connection| {
        db::tasks::find(connection, id)?
            .filter(|task| is_seen_by(&actor, task))
            .ok_or(NOT_FOUND)
    })
    .await
}

/// One page of tasks.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(ctx: &Ctx, mut filter: TaskFilter, page: PageRequest) -> Result<Page<Task>, ServiceError> {
    if is_telephony_alone(&ctx.actor) {
        let own = TaskKind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.is_for_telephony());
        filter.kinds = own.collect();
    }
    ctx.read(Action::ReadTask, move |connection| {
        Ok(db::tasks::list(connection, &filter, page)?)
    })
    .await
}
