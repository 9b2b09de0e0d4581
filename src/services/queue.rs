//! The job queue as use cases: what the runner does with it, and what those may do who watch over it.

use super::{Ctx, ServiceError};
use crate::crypto::random::random_bytes;
pub use crate::db::jobs::JobFilter;
use crate::db::jobs::{self, JobCount};
use crate::db::{Constraint, DbError, Tx, audit};
use crate::domain::error::DomainError;
use crate::domain::ids::{InstanceId, JobId};
use crate::domain::job::{ClaimedJob, JobKind, JobRecord, JobState, Lease};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use chrono::{DateTime, TimeDelta, Utc};

/// The most jobs that are taken back in one transaction.
const RESCUE_BATCH: i64 = 100;
/// The stable word for a lost lease.
const LEASE_LOST: &str = "lease_lost";

/// How the queue is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    /// How many jobs are under way or dead, by kind and state.
    pub counts: Vec<JobCount>,
    /// Since when the job waits that has been due for the longest time.
    pub oldest_due: Option<DateTime<Utc>>,
}

/// What becomes of a job when its attempt has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The work is done.
    Finish,
    /// The attempt failed; the next one comes after this pause. The text must hold no personal data.
    Retry(TimeDelta, String),
    /// It is not yet time; the attempt does not count.
    Snooze(TimeDelta),
    /// The work is given up. The text must hold no personal data.
    Bury(String),
    /// The worker stops before the work is done; the attempt does not count.
    GiveBack,
}

/// Takes due jobs of these kinds.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn claim(
    ctx: &Ctx,
    kinds: &'static [JobKind],
    limit: usize,
    owner: InstanceId,
    lease: TimeDelta,
) -> Result<Vec<ClaimedJob>, ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        Ok(jobs::claim(tx, kinds, limit, owner, lease)?)
    })
    .await
}

/// Keeps a lease for another `lease` from now.
///
/// # Errors
/// As [`Ctx::write`]; see [`is_lease_lost`].
pub async fn heartbeat(ctx: &Ctx, held: Lease, lease: TimeDelta) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        jobs::heartbeat(tx, held, lease).map_err(lost)
    })
    .await
}

/// Writes down what becomes of a job.
///
/// # Errors
/// As [`Ctx::write`]; see [`is_lease_lost`].
pub async fn settle(ctx: &Ctx, held: Lease, settlement: Settlement) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        let now = tx.now();
        match &settlement {
            Settlement::Finish => jobs::finish(tx, held),
            Settlement::Retry(pause, error) => jobs::retry(tx, held, now + *pause, error),
            Settlement::Snooze(pause) => jobs::snooze(tx, held, now + *pause),
            Settlement::Bury(error) => jobs::bury(tx, held, error),
            Settlement::GiveBack => jobs::give_back(tx, held),
        }
        .map_err(lost)
    })
    .await
}

/// Says in the transaction of the work's own effect that the work is done, so that both happen or neither.
///
/// # Errors
/// A lost lease (see [`is_lease_lost`]): another worker has the job, and the transaction must be undone.
pub fn finish_in(tx: &mut Tx<'_>, held: Lease) -> Result<(), ServiceError> {
    jobs::finish(tx, held).map_err(lost)
}

/// Whether a use case was refused because another worker has the job now.
pub fn is_lease_lost(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Conflict { code, .. } if *code == LEASE_LOST)
}

fn lost(error: DbError) -> ServiceError {
    match error {
        DbError::Stale => ServiceError::Conflict {
            code: LEASE_LOST,
            detail: "Another worker has the job now.",
        },
        other => other.into(),
    }
}

/// A random factor between 0.5 and 1.5, so that what failed or began together does not go on together.
pub fn jitter() -> f64 {
    let drawn = u16::from_le_bytes(random_bytes());
    0.5 + f64::from(drawn) / f64::from(u16::MAX)
}

/// Takes back the jobs whose worker vanished, and says how many.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn rescue(ctx: &Ctx) -> Result<usize, ServiceError> {
    let mut total = 0;
    loop {
        let rescued = ctx
            .write(Action::Operate, |tx| Ok(jobs::rescue(tx, RESCUE_BATCH)?))
            .await?;
        for job in &rescued {
            if job.state == JobState::Dead {
                tracing::error!(job = %job.id, "a job is given up: its workers keep vanishing");
            } else {
                tracing::warn!(job = %job.id, "a job is taken from a worker that vanished");
            }
        }
        total += rescued.len();
        if rescued.len() < RESCUE_BATCH as usize {
            return Ok(total);
        }
    }
}

/// One page of jobs, in the order in which they were enqueued.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(ctx: &Ctx, filter: JobFilter, page: PageRequest) -> Result<Page<JobRecord>, ServiceError> {
    ctx.read(Action::ReadJobs, move |connection| {
        Ok(jobs::list(connection, filter, page)?)
    })
    .await
}

/// One job.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: JobId) -> Result<JobRecord, ServiceError> {
    ctx.read(Action::ReadJobs, move |connection| {
        jobs::find(connection, id)?.ok_or(ServiceError::NotFound("job"))
    })
    .await
}

/// How the queue is doing.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn status(ctx: &Ctx) -> Result<QueueStatus, ServiceError> {
    let now = ctx.app.clock.now();
    ctx.read(Action::ReadJobs, move |connection| {
        Ok(QueueStatus {
            counts: jobs::counts(connection)?,
            oldest_due: jobs::oldest_due(connection, now)?,
        })
    })
    .await
}

/// Calls a job off that waits or is dead.
///
/// # Errors
/// As [`Ctx::write`]; [`ServiceError::Domain`] when the job is running or ended.
pub async fn cancel(ctx: &Ctx, id: JobId) -> Result<JobRecord, ServiceError> {
    ctx.write(Action::ManageJobs, move |tx| {
        let job = require(tx, id, "be cancelled", JobState::can_be_cancelled)?;
        jobs::cancel(tx, id, job.state)?;
        remember(tx, "job.cancelled", &job)
    })
    .await
}

/// Sets a dead job going again, at once and with all its attempts.
///
/// # Errors
/// As [`Ctx::write`]; [`ServiceError::Domain`] when the job is not dead, [`ServiceError::Conflict`] when the
/// same work was enqueued again meanwhile.
pub async fn resume(ctx: &Ctx, id: JobId) -> Result<JobRecord, ServiceError> {
    ctx.write(Action::ManageJobs, move |tx| {
        let job = require(tx, id, "be resumed", JobState::can_be_resumed)?;
        jobs::resume(tx, id, job.state).map_err(|error| match error {
            DbError::Unique(Constraint::JobDedupe) => ServiceError::Conflict {
                code: "job_queued_again",
                detail: "The same work is queued again already.",
            },
            other => other.into(),
        })?;
        remember(tx, "job.resumed", &job)
    })
    .await
}

fn require(
    tx: &mut Tx<'_>,
    id: JobId,
    command: &'static str,
    allowed: impl Fn(JobState) -> bool,
) -> Result<JobRecord, ServiceError> {
    let job = jobs::find(tx, id)?.ok_or(ServiceError::NotFound("job"))?;
    if allowed(job.state) {
        return Ok(job);
    }
    Err(ServiceError::Domain(DomainError::InvalidTransition {
        entity: "job",
        from: job.state.as_str(),
        command,
    }))
}

/// Leaves an audit entry and gives the job as it is now.
fn remember(tx: &mut Tx<'_>, action: &'static str, before: &JobRecord) -> Result<JobRecord, ServiceError> {
    let entry = audit::Entry {
        action,
        object_type: "job",
        object_id: before.id.to_string(),
        termination: None,
        details: serde_json::json!({ "kind": before.kind, "from": before.state }),
    };
    audit::append(tx, entry)?;
    jobs::find(tx, before.id)?.ok_or(ServiceError::NotFound("job"))
}
