//! Taking jobs out of the queue, so that no two workers get the same one.

use super::{Row, is_queued};
use crate::db::schema::job as table;
use crate::db::{DbConnection, DbError, Tx};
use crate::domain::ids::InstanceId;
use crate::domain::job::{ClaimedJob, JobKind, JobState};
use crate::on_each;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Text, Timestamp};

/// One claim, with the words and instants as they are stored.
struct Claim<'a> {
    kinds: Vec<&'a str>,
    owner: String,
    now: NaiveDateTime,
    until: NaiveDateTime,
}

/// Takes at most `limit` due jobs of these kinds, the lowest priority number first, then the longest due.
/// Kinds that are not asked for stay where they are: a newer version of the service may have put them there.
pub fn claim(
    tx: &mut Tx<'_>,
    kinds: &[JobKind],
    limit: usize,
    owner: InstanceId,
    lease: TimeDelta,
) -> Result<Vec<ClaimedJob>, DbError> {
    let claim = Claim {
        kinds: kinds.iter().map(|kind| kind.as_str()).collect(),
        owner: owner.to_string(),
        now: tx.now().naive_utc(),
        until: (tx.now() + lease).naive_utc(),
    };
    let mut rows = Vec::new();
    let mut above = i32::MIN;
    // One priority at a time: within one, the index leads straight to what is due. Over all of them at once
    // the database would have to walk past everything that waits for a later day.
    while rows.len() < limit {
        let Some(priority) = next_priority(tx, above)? else {
            break;
        };
        rows.extend(claim.take(tx, priority, limit - rows.len())?);
        above = priority;
    }
    rows.into_iter().map(ClaimedJob::try_from).collect()
}

/// The lowest priority above this one that anything is queued under.
pub(super) fn next_priority(connection: &mut DbConnection, above: i32) -> Result<Option<i32>, DbError> {
    Ok(table::table
        .filter(is_queued())
        .filter(table::priority.gt(above))
        .order(table::priority)
        .select(table::priority)
        .first(connection)
        .optional()?)
}

impl Claim<'_> {
    fn take(&self, connection: &mut DbConnection, priority: i32, limit: usize) -> Result<Vec<Row>, DbError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = on_each!(
            connection,
            postgres: |inner| self.take_postgres(inner, priority, limit)?,
            sqlite: |inner| self.take_sqlite(inner, priority, limit)?,
        );
        // RETURNING promises no order.
        rows.sort_by(|a, b| (a.run_at, &a.id).cmp(&(b.run_at, &b.id)));
        Ok(rows)
    }

    /// The materialized CTE is what makes `LIMIT` hold: as a plain subquery the locking SELECT may be run
    /// once per row of the outer table, each time skipping what it has locked, until all rows are taken
    /// (PostgreSQL bug 15715). A test keeps it so.
    fn take_postgres(
        &self,
        connection: &mut PgConnection,
        priority: i32,
        limit: i64,
    ) -> Result<Vec<Row>, DbError> {
        Ok(diesel::sql_query(
            "WITH due AS MATERIALIZED (
                 SELECT id FROM job
                 WHERE state IN ('ready', 'retry') AND priority = $1 AND run_at <= $2 AND kind = ANY ($3)
                 ORDER BY run_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
             UPDATE job SET state = 'running', attempt = attempt + 1, lease_token = lease_token + 1,
                 lease_owner = $5, lease_until = $6, started_at = $2
             FROM due WHERE job.id = due.id RETURNING job.*",
        )
        .bind::<Integer, _>(priority)
        .bind::<Timestamp, _>(self.now)
        .bind::<Array<Text>, _>(&self.kinds)
        .bind::<BigInt, _>(limit)
        .bind::<Text, _>(&self.owner)
        .bind::<Timestamp, _>(self.until)
        .get_results(connection)?)
    }

    /// The writer is alone, so nothing changes between the two statements.
    fn take_sqlite(
        &self,
        connection: &mut SqliteConnection,
        priority: i32,
        limit: i64,
    ) -> Result<Vec<Row>, DbError> {
        let due: Vec<String> = table::table
            .filter(is_queued())
            .filter(table::priority.eq(priority))
            .filter(table::run_at.le(self.now))
            .filter(table::kind.eq_any(&self.kinds))
            .order((table::run_at, table::id))
            .limit(limit)
            .select(table::id)
            .load(connection)?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        Ok(diesel::update(table::table.filter(table::id.eq_any(due)))
            .set((
                table::state.eq(JobState::Running.as_str()),
                table::attempt.eq(table::attempt + 1),
                table::lease_token.eq(table::lease_token + 1),
                table::lease_owner.eq(Some(&self.owner)),
                table::lease_until.eq(Some(self.until)),
                table::started_at.eq(Some(self.now)),
            ))
            .returning(Row::as_returning())
            .get_results(connection)?)
    }
}
