//! What is done again and again, and how often.

use super::supervise::raised;
use crate::app::App;
use crate::services::queue::{self, jitter};
use crate::services::{
    Ctx, ServiceError, add_ons, audit, claims, evidence, messages, numbers, scim, snapshots, terminations,
    unit_mergers, upkeep,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// A sweep that compares what is with what should be. It is idempotent, costs what is due and not what is
/// stored, and may run in several instances at once.
#[derive(Clone, Copy, Debug)]
pub struct Reconciler {
    /// Its name in logs and metrics.
    pub name: &'static str,
    /// The pause between two runs; a little is added or taken away, so that instances do not march in step.
    pub every: Duration,
    /// The use case; it says how many things it did.
    pub run: for<'c> fn(&'c Ctx) -> BoxFuture<'c, Result<usize, ServiceError>>,
}

impl Reconciler {
    /// `run` every so many seconds.
    pub const fn new(
        name: &'static str,
        seconds: u64,
        run: for<'c> fn(&'c Ctx) -> BoxFuture<'c, Result<usize, ServiceError>>,
    ) -> Self {
        Self {
            name,
            every: Duration::from_secs(seconds),
            run,
        }
    }

    /// Runs it once. An error or a panic is logged, counted and left to the next time.
    pub(super) async fn run_once(&self, app: &App) -> Option<usize> {
        let ctx = Ctx::system(app);
        let ended = AssertUnwindSafe((self.run)(&ctx)).catch_unwind().await;
        let (done, ending) = match ended {
            Ok(Ok(done)) => (Some(done), "done"),
            Ok(Err(error)) => {
                tracing::warn!(reconciler = self.name, %error, "a sweep failed");
                (None, "failed")
            }
            Err(_) => {
                tracing::error!(reconciler = self.name, "a sweep panicked");
                (None, "panicked")
            }
        };
        metrics::counter!("handback_sweeps_total", "name" => self.name, "ending" => ending).increment(1);
        done
    }

    /// Runs it until `stop` is set; a run that has begun is not broken off.
    pub(super) async fn run_until(self, app: App, mut stop: watch::Receiver<bool>) {
        loop {
            self.run_once(&app).await;
            // Between 0.8 and 1.2 times the interval.
            let pause = self.every.mul_f64(0.6 + jitter() * 0.4);
            tokio::select! {
                () = raised(&mut stop) => return,
                () = sleep(pause) => {}
            }
        }
    }
}

/// Everything that the service does again and again.
pub const RECONCILERS: &[Reconciler] = &[
    Reconciler::new("message_sweep", 15, |ctx| Box::pin(messages::sweep(ctx))),
    Reconciler::new("wipe_reassess", 60, |ctx| Box::pin(evidence::reassess_due(ctx))),
    Reconciler::new("account_reviews", 60, |ctx| Box::pin(scim::reviews::sweep(ctx))),
    Reconciler::new("scim_silence", 300, |ctx| Box::pin(scim::silence::sweep(ctx))),
    Reconciler::new("receiver_repoint", 300, |ctx| {
        Box::pin(terminations::repoint_due(ctx))
    }),
    Reconciler::new("claims_open", 3_600, |ctx| Box::pin(claims::open_due(ctx))),
    Reconciler::new("transfers_overdue", 3_600, |ctx| {
        Box::pin(terminations::transfers_overdue(ctx))
    }),
    Reconciler::new("add_ons_end", 3_600, |ctx| Box::pin(add_ons::end_over(ctx))),
    Reconciler::new("add_ons_review", 3_600, |ctx| Box::pin(add_ons::review_due(ctx))),
    Reconciler::new("unit_mergers", 3_600, |ctx| {
        Box::pin(unit_mergers::carry_out_due(ctx))
    }),
    Reconciler::new("quarantine_purge", 3_600, |ctx| Box::pin(numbers::purge(ctx))),
    Reconciler::new("job_rescue", 15, |ctx| Box::pin(queue::rescue(ctx))),
    Reconciler::new("instance_beat", 20, |ctx| Box::pin(upkeep::beat(ctx))),
    Reconciler::new("audit_seal", 2, |ctx| Box::pin(audit::seal(ctx))),
    Reconciler::new("audit_anchor", 3_600, |ctx| Box::pin(audit::anchor_now(ctx))),
    Reconciler::new("receipt_purge", 3_600, |ctx| {
        Box::pin(upkeep::purge_receipts(ctx))
    }),
    Reconciler::new("snapshot_purge", 3_600, |ctx| {
        Box::pin(snapshots::purge_rows(ctx))
    }),
    Reconciler::new("undo_purge", 3_600, |ctx| Box::pin(upkeep::purge_undos(ctx))),
    Reconciler::new("job_purge", 3_600, |ctx| Box::pin(upkeep::purge_jobs(ctx))),
];
