//! Tasks: what the desk, or somebody by name, is to do.

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::{employment, task as table};
use super::types::{guarded, meta, parse, parse_json, parse_optional, to_json, utc};
use super::words::Open;
use super::{DbConnection, DbError, Tx};
use crate::domain::employment::EmploymentState;
use crate::domain::ids::{LegalEntityId, PersonId, TaskId, TerminationId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::task::{Closing, Task, TaskKind, TaskState};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    number: String,
    kind: String,
    state: String,
    open_key: Option<String>,
    owner_id: Option<String>,
    due_on: NaiveDate,
    legal_entity_id: String,
    unit_id: String,
    termination_id: Option<String>,
    item_id: Option<String>,
    person_id: Option<String>,
    facts: String,
    text: Option<String>,
    actor_kind: String,
    actor_id: String,
    closed_at: Option<NaiveDateTime>,
    closed_by_kind: Option<String>,
    closed_by_id: Option<String>,
    reference: Option<String>,
    reason: Option<String>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

fn to_row(task: &Task) -> Result<Row, DbError> {
    let closed = task.closed.as_ref();
    Ok(Row {
        id: task.id.to_string(),
        number: task.number.clone(),
        kind: task.kind.as_str().to_owned(),
        state: task.state.as_str().to_owned(),
        open_key: task.open_key.clone(),
        owner_id: task.owner_id.map(|id| id.to_string()),
        due_on: task.due_on,
        legal_entity_id: task.legal_entity_id.to_string(),
        unit_id: task.unit_id.to_string(),
        termination_id: task.termination_id.map(|id| id.to_string()),
        item_id: task.item_id.map(|id| id.to_string()),
        person_id: task.person_id.map(|id| id.to_string()),
        facts: to_json(&task.facts)?,
        text: task.text.clone(),
        actor_kind: task.actor_kind.clone(),
        actor_id: task.actor_id.clone(),
        closed_at: closed.map(|closing| closing.at.naive_utc()),
        closed_by_kind: closed.map(|closing| closing.by_kind.clone()),
        closed_by_id: closed.map(|closing| closing.by_id.clone()),
        reference: task.reference.clone(),
        reason: task.reason.clone(),
        version: task.meta.version,
        created_at: task.meta.created_at.naive_utc(),
        updated_at: task.meta.updated_at.naive_utc(),
    })
}

impl TryFrom<Row> for Task {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let closed = match (row.closed_at, row.closed_by_kind, row.closed_by_id) {
            (Some(at), Some(by_kind), Some(by_id)) => Some(Closing {
                at: utc(at),
                by_kind,
                by_id,
            }),
            (_, _, _) => None,
        };
        Ok(Self {
            id: parse("task", "id", &row.id)?,
            number: row.number,
            kind: parse("task", "kind", &row.kind)?,
            state: parse("task", "state", &row.state)?,
            open_key: row.open_key,
            owner_id: parse_optional("task", "owner_id", row.owner_id.as_deref())?,
            due_on: row.due_on,
            legal_entity_id: parse("task", "legal_entity_id", &row.legal_entity_id)?,
            unit_id: parse("task", "unit_id", &row.unit_id)?,
            termination_id: parse_optional("task", "termination_id", row.termination_id.as_deref())?,
            item_id: parse_optional("task", "item_id", row.item_id.as_deref())?,
            person_id: parse_optional("task", "person_id", row.person_id.as_deref())?,
            facts: parse_json("task", "facts", &row.facts)?,
            text: row.text,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            closed,
            reference: row.reference,
            reason: row.reason,
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which tasks are asked for.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Of this kind.
    pub kind: Option<TaskKind>,
    /// Only of these kinds, if there are any here.
    pub kinds: Vec<TaskKind>,
    /// In this state.
    pub state: Option<TaskState>,
    /// Of this owner.
    pub owner_id: Option<PersonId>,
    /// With nobody in particular who does it by this day: no owner, or one who has left.
    pub unowned_on: Option<NaiveDate>,
    /// About this unit or one below it.
    pub within: Option<UnitId>,
    /// Of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// Of this case.
    pub termination_id: Option<TerminationId>,
    /// Open, and due before this day.
    pub overdue_on: Option<NaiveDate>,
}

/// The task with this id.
pub fn find(connection: &mut DbConnection, id: TaskId) -> Result<Option<Task>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Task::try_from).transpose()
}

/// The open task of a kind under this key.
pub fn find_open(connection: &mut DbConnection, kind: TaskKind, key: &str) -> Result<Option<Task>, DbError> {
    let row: Option<Row> = table::table
        .filter(table::kind.eq(kind.as_str()))
        .filter(table::open_key.eq(key))
        .filter(table::state.eq(Open))
        .filter(table::open_key.is_not_null())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Task::try_from).transpose()
}

/// Every task of a case, the oldest first.
pub fn of_termination(connection: &mut DbConnection, id: TerminationId) -> Result<Vec<Task>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Task::try_from).collect()
}

/// The open tasks about a unit, the oldest first.
pub fn open_of_unit(connection: &mut DbConnection, id: UnitId) -> Result<Vec<Task>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::unit_id.eq(id.to_string()))
        .filter(table::state.eq(Open))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Task::try_from).collect()
}

/// One page of tasks.
pub fn list(
    connection: &mut DbConnection,
    filter: &TaskFilter,
    page: PageRequest,
) -> Result<Page<Task>, DbError> {
    let rows = keyset_rows!(connection, filtered(filter), table, page)?;
    page_of(rows, page, |task: &Task| task.id.into())
}

fn filtered(filter: &TaskFilter) -> table::BoxedQuery<'static, super::connection::MultiBackend> {
    let mut query = table::table.into_boxed();
    if let Some(kind) = filter.kind {
        query = query.filter(table::kind.eq(kind.as_str()));
    }
    if !filter.kinds.is_empty() {
        let words: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
        query = query.filter(table::kind.eq_any(words));
    }
    if let Some(state) = filter.state {
        query = query.filter(table::state.eq(state.as_str()));
    }
    if let Some(id) = filter.owner_id {
        query = query.filter(table::owner_id.eq(id.to_string()));
    }
    if let Some(id) = filter.within {
        query = query.filter(
            sql::<Bool>(
                "task.unit_id IN (WITH RECURSIVE below (id) AS (SELECT unit.id FROM unit WHERE unit.id = ",
            )
            .bind::<Text, _>(id.to_string())
            .sql(
                " UNION SELECT unit.id FROM unit JOIN below ON unit.parent_id = below.id) SELECT id FROM below)",
            ),
        );
    }
    if let Some(id) = filter.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    if let Some(id) = filter.termination_id {
        query = query.filter(table::termination_id.eq(id.to_string()));
    }
    if let Some(today) = filter.overdue_on {
        query = query.filter(table::state.eq(Open).and(table::due_on.lt(today)));
    }
    match filter.unowned_on {
        Some(today) => {
            let employed = || employment::table.filter(employment::person_id.nullable().eq(table::owner_id));
            let is_there = employed()
                .filter(employment::state.eq(EmploymentState::Active.as_str()))
                .filter(
                    employment::end_on
                        .is_null()
                        .or(employment::end_on.assume_not_null().ge(today)),
                );
            let has_left = exists(employed()).and(not(exists(is_there)));
            query.filter(table::owner_id.is_null().or(has_left))
        }
        None => query,
    }
}

/// Stores a new task.
pub fn insert(tx: &mut Tx<'_>, task: &Task) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(to_row(task)?)
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed task, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, task: &Task) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(task.id.to_string()))
        .filter(table::version.eq(task.meta.version - 1))
        .set(to_row(task)?)
        .execute_prepared(tx)?;
    guarded(changed)
}
