//! What those see who watch the queue.

use super::claim::next_priority;
use super::{Row, is_active, is_dead, is_ended, is_queued};
use crate::db::schema::job as table;
use crate::db::types::{parse, utc_optional};
use crate::db::{DbConnection, DbError};
use crate::domain::ids::JobId;
use crate::domain::job::{JobKind, JobRecord, JobState};
use crate::domain::page::{Page, PageRequest};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::count_star;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// Which jobs are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobFilter {
    /// In this state.
    pub state: Option<JobState>,
    /// Of this kind.
    pub kind: Option<JobKind>,
}

/// How many jobs of one kind are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The word of the kind.
    pub kind: String,
    /// The state.
    pub state: JobState,
    /// How many.
    pub count: i64,
}

/// The job with this id.
pub fn find(connection: &mut DbConnection, id: JobId) -> Result<Option<JobRecord>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(JobRecord::try_from).transpose()
}

/// One page of jobs, in the order in which they were enqueued.
pub fn list(
    connection: &mut DbConnection,
    filter: JobFilter,
    request: PageRequest,
) -> Result<Page<JobRecord>, DbError> {
    let mut query = table::table
        .filter(table::id.gt(request.lower_bound()))
        .order(table::id)
        .limit(request.rows_to_read())
        .select(Row::as_select())
        .into_boxed();
    if let Some(state) = filter.state {
        query = query
            .filter(index_of(state))
            .filter(table::state.eq(state.as_str()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(table::kind.eq(kind.as_str()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    let records: Vec<JobRecord> = rows
        .into_iter()
        .map(JobRecord::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Page::from_rows(records, request, |record| record.id.into()))
}

/// The condition of the index that has the jobs of this state in the order of a list.
fn index_of(state: JobState) -> SqlLiteral<Bool> {
    match state {
        JobState::Ready | JobState::Running | JobState::Retry => is_active(),
        JobState::Dead => is_dead(),
        JobState::Done | JobState::Cancelled => is_ended(),
    }
}

/// How many jobs there are by kind and state. What is done or called off is not counted: that would cost
/// what is stored, not what is under way.
pub fn counts(connection: &mut DbConnection) -> Result<Vec<JobCount>, DbError> {
    let mut counts = Vec::new();
    for condition in [is_active(), is_dead()] {
        let rows: Vec<(String, String, i64)> = table::table
            .filter(condition)
            .group_by((table::kind, table::state))
            .order((table::kind, table::state))
            .select((table::kind, table::state, count_star()))
            .load(connection)?;
        for (kind, state, count) in rows {
            counts.push(JobCount {
                kind,
                state: parse("job", "state", &state)?,
                count,
            });
        }
    }
    Ok(counts)
}

/// Since when the job waits that has been due for the longest time. Kinds that are unknown here count too:
/// nobody may be there to fetch them.
pub fn oldest_due(
    connection: &mut DbConnection,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbError> {
    let mut oldest: Option<NaiveDateTime> = None;
    let mut above = i32::MIN;
    while let Some(priority) = next_priority(connection, above)? {
        let first: Option<NaiveDateTime> = table::table
            .filter(is_queued())
            .filter(table::priority.eq(priority))
            .filter(table::run_at.le(now.naive_utc()))
            .order(table::run_at)
            .select(table::run_at)
            .first(connection)
            .optional()?;
        oldest = oldest.into_iter().chain(first).min();
        above = priority;
    }
    Ok(utc_optional(oldest))
}
