//! What the service does for its own sake: it reports that it is alive and throws away what has expired.

use super::{Ctx, ServiceError};
use crate::db::{action_links, idempotency, instances, jobs};
use crate::domain::action_link::UNDO_WITHIN;
use crate::domain::policy::Action;
use chrono::TimeDelta;

/// How long jobs that are done or called off are kept.
const KEEP_JOBS: TimeDelta = TimeDelta::days(30);
/// The most jobs of one state that are thrown away in one transaction.
const PURGE_BATCH: i64 = 1_000;
/// How long a process is remembered after it was last seen.
const KEEP_INSTANCES: TimeDelta = TimeDelta::days(1);
/// How far the clocks of this machine and of the database server may differ before it is worth a warning.
const TOLERATED_SKEW: TimeDelta = TimeDelta::seconds(2);

/// Reports that this process is alive, and compares its clock with the server's.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn beat(ctx: &Ctx) -> Result<usize, ServiceError> {
    let app = ctx.app.clone();
    let since = app.clock.now() - KEEP_INSTANCES;
    let server_time = ctx
        .write(Action::Operate, move |tx| {
            instances::beat(tx, &app.instance)?;
            instances::forget(tx, since)?;
            Ok(instances::server_time(tx)?)
        })
        .await?;
    // A clock that somebody holds by hand differs on purpose.
    if ctx.app.clock.is_system()
        && let Some(server_time) = server_time
    {
        let skew = ctx.app.clock.now() - server_time;
        metrics::gauge!("handback_clock_skew_seconds").set(skew.num_milliseconds() as f64 / 1_000.0);
        if skew.abs() > TOLERATED_SKEW {
            tracing::warn!(
                skew_ms = skew.num_milliseconds(),
                "the clock differs from the database server's; leases may be taken over too early"
            );
        }
    }
    Ok(1)
}

/// Forgets the answers under idempotency keys that have expired.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn purge_receipts(ctx: &Ctx) -> Result<usize, ServiceError> {
    ctx.write(Action::Operate, |tx| Ok(idempotency::purge(tx)?)).await
}

/// Forgets what would take answers back for which it is too late: it repeats people's words.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn purge_undos(ctx: &Ctx) -> Result<usize, ServiceError> {
    let until = ctx.app.clock.now() - UNDO_WITHIN;
    ctx.write(Action::Operate, move |tx| {
        Ok(action_links::forget_undos(tx, until)?)
    })
    .await
}

/// Forgets jobs that were done or called off long ago.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn purge_jobs(ctx: &Ctx) -> Result<usize, ServiceError> {
    let before = ctx.app.clock.now() - KEEP_JOBS;
    ctx.write(Action::Operate, move |tx| {
        Ok(jobs::purge(tx, before, PURGE_BATCH)?)
    })
    .await
}
