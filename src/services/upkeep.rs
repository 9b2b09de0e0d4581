//! What the service does for its own sake: it reports that it is alive and throws away what has expired.

use super::{Ctx, ServiceError};
use crate::db::{DbError, Tx, action_links, idempotency, instances, jobs};
use crate::domain::action_link::UNDO_WITHIN;
use crate::domain::policy::Action;
use chrono::TimeDelta;

/// How long jobs that are done or called off are kept.
const KEEP_JOBS: TimeDelta = TimeDelta::days(30);
/// The most rows that are thrown away in one transaction, so that nobody waits for long behind it.
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
    in_batches(ctx, |tx| idempotency::purge(tx, PURGE_BATCH)).await
}

/// Purges batch after batch until one is not full; says how many rows went.
async fn in_batches(
    ctx: &Ctx,
    purge: impl Fn(&mut Tx<'_>) -> Result<usize, DbError> + Clone + Send + 'static,
) -> Result<usize, ServiceError> {
    let mut total = 0;
    loop {
        let purge = purge.clone();
        let gone = ctx.write(Action::Operate, move |tx| Ok(purge(tx)?)).await?;
        total += gone;
        if gone < PURGE_BATCH as usize {
            return Ok(total);
        }
    }
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
    in_batches(ctx, move |tx| jobs::purge(tx, before, PURGE_BATCH)).await
}
