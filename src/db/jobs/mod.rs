//! The job table: a queue with leases.
//!
//! A worker claims a job for a while and gets a token; whatever it writes about the job afterwards carries
//! the token and is refused once somebody else has claimed the job. So a job is worked on at least once, and
//! two workers never both finish it.
//!
//! Every instant comes from the transaction, that is from the service's own clock, on both databases: due
//! times are computed by that clock, and a rehearsal moves it. The price: instances of one PostgreSQL must
//! agree about the time to within a fraction of a lease. An instance whose clock runs ahead takes leases
//! over too early; then work is done twice, but still never finished twice. Every instance compares its
//! clock with the server's and warns (`services::upkeep`).

mod claim;
mod rescue;
#[cfg(test)]
mod tests;
mod watch;

pub use claim::claim;
pub use rescue::{Rescued, rescue};
pub use watch::{JobCount, JobFilter, counts, find, list, oldest_due};

use super::prepared::ExecutePrepared;
use super::schema::job as table;
use super::types::{guarded, parse, parse_json, to_json, utc, utc_optional};
use super::{DbError, Tx};
use crate::domain::ids::JobId;
use crate::domain::job::{ClaimedJob, Job, JobRecord, JobState, Lease};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// The longest error text that is kept, in bytes.
const MAX_ERROR: usize = 2_048;

#[derive(Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    kind: String,
    args: String,
    dedupe_key: Option<String>,
    state: String,
    priority: i32,
    run_at: NaiveDateTime,
    attempt: i32,
    max_attempts: i32,
    crash_count: i32,
    lease_token: i64,
    lease_owner: Option<String>,
    lease_until: Option<NaiveDateTime>,
    last_error: Option<String>,
    created_at: NaiveDateTime,
    started_at: Option<NaiveDateTime>,
    finished_at: Option<NaiveDateTime>,
}

impl TryFrom<Row> for JobRecord {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("job", "id", &row.id)?,
            kind: row.kind,
            dedupe_key: row.dedupe_key,
            state: parse("job", "state", &row.state)?,
            run_at: utc(row.run_at),
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            crash_count: row.crash_count,
            last_error: row.last_error,
            created_at: utc(row.created_at),
            started_at: utc_optional(row.started_at),
            finished_at: utc_optional(row.finished_at),
        })
    }
}

impl TryFrom<Row> for ClaimedJob {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let kind = parse("job", "kind", &row.kind)?;
        Ok(Self {
            lease: Lease {
                job: parse("job", "id", &row.id)?,
                token: row.lease_token,
            },
            kind,
            // One unreadable job must not stand in the way of the others: its worker buries it.
            job: parse_json::<Job>("job", "args", &row.args)
                .ok()
                .filter(|job| job.kind() == kind),
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            run_at: utc(row.run_at),
        })
    }
}

// The states in these conditions are literals, not parameters, and each condition is that of one of the
// table's partial indexes, word for word: otherwise SQLite does not see that the index is of use.

/// Jobs that wait for a worker.
fn is_queued() -> SqlLiteral<Bool> {
    sql("state IN ('ready', 'retry')")
}

/// Jobs that a worker holds.
fn is_running() -> SqlLiteral<Bool> {
    sql("state = 'running'")
}

/// Jobs of which there can be one per kind and key.
fn is_active() -> SqlLiteral<Bool> {
    sql("state IN ('ready', 'running', 'retry')")
}

/// Jobs that were given up.
fn is_dead() -> SqlLiteral<Bool> {
    sql("state = 'dead'")
}

/// Jobs that need nobody any more.
fn is_ended() -> SqlLiteral<Bool> {
    sql("state IN ('done', 'cancelled')")
}

/// Puts a job in the queue, in the transaction of the change that calls for it. None when the same work is
/// queued or running already; that job keeps its time.
pub fn enqueue(tx: &mut Tx<'_>, job: &Job, run_at: DateTime<Utc>) -> Result<Option<JobId>, DbError> {
    let id: JobId = tx.new_id();
    let row = Row {
        id: id.to_string(),
        kind: job.kind().as_str().to_owned(),
        args: to_json(job)?,
        dedupe_key: job.dedupe_key(),
        state: JobState::Ready.as_str().to_owned(),
        priority: job.priority(),
        run_at: run_at.naive_utc(),
        attempt: 0,
        max_attempts: job.max_attempts(),
        crash_count: 0,
        lease_token: 0,
        lease_owner: None,
        lease_until: None,
        last_error: None,
        created_at: tx.now().naive_utc(),
        started_at: None,
        finished_at: None,
    };
    let inserted = diesel::insert_into(table::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute_prepared(tx)?;
    if run_at <= tx.now() {
        tx.note_job_due();
    }
    Ok((inserted == 1).then_some(id))
}

/// Calls off the same work where it is queued and not yet running; says whether it was. To move work to
/// another time, withdraw it and enqueue it again. What is running already must look at the truth itself
/// and put itself off.
pub fn withdraw(tx: &mut Tx<'_>, job: &Job) -> Result<bool, DbError> {
    let now = tx.now().naive_utc();
    let changed = diesel::update(table::table)
        .filter(table::kind.eq(job.kind().as_str()))
        .filter(table::dedupe_key.eq(job.dedupe_key()))
        .filter(is_active())
        .filter(table::state.ne(JobState::Running.as_str()))
        .set((
            table::state.eq(JobState::Cancelled.as_str()),
            table::finished_at.eq(Some(now)),
        ))
        .execute(&mut **tx)?;
    Ok(changed > 0)
}

/// Keeps the lease for another `lease` from now.
///
/// # Errors
/// [`DbError::Stale`] when the lease is lost.
pub fn heartbeat(tx: &mut Tx<'_>, held: Lease, lease: TimeDelta) -> Result<(), DbError> {
    let until = (tx.now() + lease).naive_utc();
    let changed = diesel::update(table::table.find(held.job.to_string()))
        .filter(table::lease_token.eq(held.token))
        .filter(is_running())
        .set(table::lease_until.eq(Some(until)))
        .execute(&mut **tx)?;
    guarded(changed)
}

/// What a worker leaves behind when it lets a job go. `None` leaves a column as it is.
#[derive(AsChangeset)]
#[diesel(table_name = table)]
struct Release {
    state: &'static str,
    run_at: Option<NaiveDateTime>,
    last_error: Option<String>,
    finished_at: Option<NaiveDateTime>,
    lease_owner: Option<Option<String>>,
    lease_until: Option<Option<NaiveDateTime>>,
}

impl Release {
    const fn to(state: JobState) -> Self {
        Self {
            state: state.as_str(),
            run_at: None,
            last_error: None,
            finished_at: None,
            lease_owner: Some(None),
            lease_until: Some(None),
        }
    }

    /// `unspent`: attempts that are not to count.
    fn apply(self, tx: &mut Tx<'_>, held: Lease, unspent: i32) -> Result<(), DbError> {
        let changed = diesel::update(table::table.find(held.job.to_string()))
            .filter(table::lease_token.eq(held.token))
            .filter(is_running())
            .set((self, table::attempt.eq(table::attempt - unspent)))
            .execute(&mut **tx)?;
        guarded(changed)
    }
}

/// The work is done. A worker that has said so in the transaction of its effect may say it again.
///
/// # Errors
/// [`DbError::Stale`] when the lease is lost: the transaction must then be undone.
pub fn finish(tx: &mut Tx<'_>, held: Lease) -> Result<(), DbError> {
    let release = Release {
        finished_at: Some(tx.now().naive_utc()),
        ..Release::to(JobState::Done)
    };
    let Err(error) = release.apply(tx, held, 0) else {
        return Ok(());
    };
    let token: Option<i64> = table::table
        .find(held.job.to_string())
        .filter(table::state.eq(JobState::Done.as_str()))
        .select(table::lease_token)
        .first(&mut **tx)
        .optional()?;
    if token == Some(held.token) {
        Ok(())
    } else {
        Err(error)
    }
}

/// The attempt failed; the next one is due at `run_at`.
///
/// # Errors
/// [`DbError::Stale`] when the lease is lost.
pub fn retry(tx: &mut Tx<'_>, held: Lease, run_at: DateTime<Utc>, error: &str) -> Result<(), DbError> {
    let release = Release {
        run_at: Some(run_at.naive_utc()),
        last_error: Some(shorten(error)),
        ..Release::to(JobState::Retry)
    };
    release.apply(tx, held, 0)
}

/// It is not yet time; the attempt does not count.
///
/// # Errors
/// [`DbError::Stale`] when the lease is lost.
pub fn snooze(tx: &mut Tx<'_>, held: Lease, run_at: DateTime<Utc>) -> Result<(), DbError> {
    let release = Release {
        run_at: Some(run_at.naive_utc()),
        ..Release::to(JobState::Ready)
    };
    release.apply(tx, held, 1)
}

/// The worker stops before the work is done; another may begin at once, and the attempt does not count.
///
/// # Errors
/// [`DbError::Stale`] when the lease is lost.
pub fn give_back(tx: &mut Tx<'_>, held: Lease) -> Result<(), DbError> {
    let now = tx.now();
    snooze(tx, held, now)
}

/// The work is given up until somebody resumes it.
///
/// # Errors
/// [`DbError::Stale`] when the lease is lost.
pub fn bury(tx: &mut Tx<'_>, held: Lease, error: &str) -> Result<(), DbError> {
    let release = Release {
        last_error: Some(shorten(error)),
        finished_at: Some(tx.now().naive_utc()),
        ..Release::to(JobState::Dead)
    };
    release.apply(tx, held, 0)
}

/// Calls a job off that is in state `from`.
///
/// # Errors
/// [`DbError::Stale`] when it is in another state by now.
pub fn cancel(tx: &mut Tx<'_>, id: JobId, from: JobState) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    let changed = diesel::update(table::table.find(id.to_string()))
        .filter(table::state.eq(from.as_str()))
        .set((
            table::state.eq(JobState::Cancelled.as_str()),
            table::finished_at.eq(Some(now)),
        ))
        .execute(&mut **tx)?;
    guarded(changed)
}

/// Sets a job going again that is in state `from`, due at once and with all its attempts.
///
/// # Errors
/// [`DbError::Stale`] when it is in another state by now; [`DbError::Unique`] when the same work was
/// enqueued again meanwhile.
pub fn resume(tx: &mut Tx<'_>, id: JobId, from: JobState) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    let changed = diesel::update(table::table.find(id.to_string()))
        .filter(table::state.eq(from.as_str()))
        .set((
            table::state.eq(JobState::Ready.as_str()),
            table::run_at.eq(now),
            table::attempt.eq(0),
            table::crash_count.eq(0),
            table::finished_at.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut **tx)?;
    tx.note_job_due();
    guarded(changed)
}

/// Forgets jobs that were done or called off before `before`, of the `limit` oldest. Dead ones stay.
pub fn purge(tx: &mut Tx<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, DbError> {
    // By id, which rises with time: the oldest come first, however many there are.
    let old: Vec<String> = table::table
        .filter(is_ended())
        .filter(table::finished_at.lt(before.naive_utc()))
        .order(table::id)
        .limit(limit)
        .select(table::id)
        .load(&mut **tx)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(table::table.filter(table::id.eq_any(old))).execute(&mut **tx)?)
}

/// Cuts an error text to what is kept, between two characters.
fn shorten(error: &str) -> String {
    let end = error.floor_char_boundary(MAX_ERROR);
    error.get(..end).unwrap_or_default().to_owned()
}
