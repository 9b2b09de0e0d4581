//! Watching over one attempt: it keeps its lease, a panic stays inside, and its end is written down.

use super::{Execute, JobError, Run};
use crate::app::App;
use crate::domain::job::{AfterFailure, ClaimedJob, Job, after_failure};
use crate::services::queue::{self, Settlement, jitter};
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

/// The pause before another try to write down how an attempt ended.
const SETTLE_AGAIN: Duration = Duration::from_secs(1);
/// The shortest time that a job can put itself off: a job must not come back in the same breath.
const SHORTEST_SNOOZE: TimeDelta = TimeDelta::seconds(1);

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Retried,
    Snoozed,
    Dead,
    GivenBack,
    /// Another worker has the job, or the end could not be written down and another will get it.
    Lost,
}

impl Ending {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Snoozed => "snoozed",
            Self::Dead => "dead",
            Self::GivenBack => "given_back",
            Self::Lost => "lost",
        }
    }
}

impl From<&Settlement> for Ending {
    fn from(settlement: &Settlement) -> Self {
        match settlement {
            Settlement::Finish => Self::Done,
            Settlement::Retry(..) => Self::Retried,
            Settlement::Snooze(_) => Self::Snoozed,
            Settlement::Bury(_) => Self::Dead,
            Settlement::GiveBack => Self::GivenBack,
        }
    }
}

/// What an attempt needs.
pub(super) struct Attempt<E> {
    pub(super) app: App,
    pub(super) executor: Arc<E>,
    pub(super) claimed: ClaimedJob,
    pub(super) run: Run,
    pub(super) lease: Duration,
}

impl<E: Execute> Attempt<E> {
    /// Makes the attempt and writes down how it ended. When `abandon` is raised, it is broken off and the job
    /// given back.
    pub(super) async fn make(self, abandon: watch::Receiver<bool>) -> Ending {
        let settlement = match &self.claimed.job {
            Some(job) => self.watch(self.start(job.clone()), abandon).await,
            None => Some(Settlement::Bury("the arguments cannot be read".to_owned())),
        };
        let ending = match settlement {
            Some(settlement) => self.settle(settlement).await,
            None => Ending::Lost,
        };
        let kind = self.run.kind.as_str();
        metrics::counter!("handback_job_runs_total", "kind" => kind, "ending" => ending.as_str())
            .increment(1);
        ending
    }

    /// In a task of its own, so that a panic ends there.
    fn start(&self, job: Job) -> JoinHandle<Result<(), JobError>> {
        let (app, run) = (self.app.clone(), self.run.clone());
        let executor = Arc::clone(&self.executor);
        tokio::spawn(async move { executor.execute(&app, &job, &run).await })
    }

    /// Keeps the lease until the work ends. None when the lease is lost.
    async fn watch(
        &self,
        mut task: JoinHandle<Result<(), JobError>>,
        mut abandon: watch::Receiver<bool>,
    ) -> Option<Settlement> {
        let beat = self.lease / 3;
        let mut beats = interval_at(Instant::now() + beat, beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = &mut task => return Some(self.judge(ended)),
                () = raised(&mut abandon) => {
                    task.abort();
                    let ended = task.await;
                    let is_broken_off = ended.as_ref().is_err_and(JoinError::is_cancelled);
                    return Some(if is_broken_off { Settlement::GiveBack } else { self.judge(ended) });
                }
                _ = beats.tick() => if !self.keep().await {
                    task.abort();
                    return None;
                },
            }
        }
    }

    /// Keeps the lease; false when it is not ours any more, or can no longer be relied on.
    async fn keep(&self) -> bool {
        let asked_at = Instant::now();
        let ctx = self.run.ctx(&self.app);
        match queue::heartbeat(&ctx, self.run.lease, delta(self.lease)).await {
            Ok(()) => {
                self.run.trust(asked_at, self.lease);
                true
            }
            Err(error) if queue::is_lease_lost(&error) => {
                tracing::warn!(job = %self.run.lease.job, "the lease was lost during the attempt");
                false
            }
            Err(error) => {
                tracing::warn!(job = %self.run.lease.job, %error, "the lease could not be kept");
                self.run.is_trusted()
            }
        }
    }

    fn judge(&self, ended: Result<Result<(), JobError>, JoinError>) -> Settlement {
        let (job, kind, attempt) = (self.run.lease.job, self.run.kind, self.run.attempt);
        let failed = match ended {
            Ok(Ok(())) => return Settlement::Finish,
            Ok(Err(JobError::Snooze(pause))) => return Settlement::Snooze(pause.max(SHORTEST_SNOOZE)),
            Ok(Err(JobError::Permanent(error))) => {
                tracing::error!(%job, %kind, attempt, error, "a job is given up");
                return Settlement::Bury(error);
            }
            Ok(Err(JobError::Retry(error))) => error,
            // The text of a panic may quote what was worked on; it stays out of the table.
            Err(_) => "the attempt panicked".to_owned(),
        };
        match after_failure(attempt, self.run.max_attempts, jitter()) {
            AfterFailure::Retry(pause) => {
                tracing::warn!(%job, %kind, attempt, error = failed, "an attempt failed");
                Settlement::Retry(pause, failed)
            }
            AfterFailure::Dead => {
                tracing::error!(%job, %kind, attempt, error = failed, "a job is given up: no attempt left");
                Settlement::Bury(failed)
            }
        }
    }

    /// Writes the end down. While the lease lasts it is tried again: the work is done, and doing it twice
    /// because the database was away for a moment is what nobody wants.
    async fn settle(&self, settlement: Settlement) -> Ending {
        let (ctx, job) = (self.run.ctx(&self.app), self.run.lease.job);
        loop {
            match queue::settle(&ctx, self.run.lease, settlement.clone()).await {
                Ok(()) => return Ending::from(&settlement),
                Err(error) if queue::is_lease_lost(&error) => {
                    metrics::counter!("handback_job_stale_finish_total").increment(1);
                    tracing::warn!(%job, "the end of an attempt was refused: the lease was lost");
                    return Ending::Lost;
                }
                Err(error) if self.run.is_trusted() => {
                    tracing::warn!(%job, %error, "the end of an attempt could not be written down yet");
                    sleep(SETTLE_AGAIN).await;
                }
                Err(error) => {
                    tracing::error!(%job, %error, "the end of an attempt was not written down");
                    return Ending::Lost;
                }
            }
        }
    }
}

/// Waits until the flag is raised, or nobody is left to raise it.
pub(super) async fn raised(flag: &mut watch::Receiver<bool>) {
    drop(flag.wait_for(|up| *up).await);
}

/// The same duration as the calendar library counts it.
pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
