//! One attempt at one job, as the executor sees it.

use super::JobError;
use crate::app::App;
use crate::domain::actor::Actor;
use crate::domain::job::{ClaimedJob, JobKind, Lease};
use crate::services::Ctx;
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// One attempt at one job.
#[derive(Clone, Debug)]
pub struct Run {
    /// The right to work on it. A use case that takes it can call [`crate::services::queue::finish_in`] in the
    /// transaction of the effect.
    pub lease: Lease,
    /// The kind of the job.
    pub kind: JobKind,
    /// The number of the attempt, from 1.
    pub attempt: i32,
    /// How many attempts the job has.
    pub max_attempts: i32,
    /// When the job was due.
    pub due: DateTime<Utc>,
    trusted_until: Arc<Mutex<Instant>>,
}

impl Run {
    /// `asked_at` is taken before the claim was sent. The lease began later, so counting from there errs on
    /// the safe side, however long the answer took.
    pub(super) fn new(claimed: &ClaimedJob, asked_at: Instant, lease: Duration) -> Self {
        Self {
            lease: claimed.lease,
            kind: claimed.kind,
            attempt: claimed.attempt,
            max_attempts: claimed.max_attempts,
            due: claimed.run_at,
            trusted_until: Arc::new(Mutex::new(asked_at + trusted(lease))),
        }
    }

    /// The context of the job's use cases: the service acts, and the audit can tell the attempt.
    pub fn ctx(&self, app: &App) -> Ctx {
        Ctx {
            app: app.clone(),
            actor: Actor::System,
            request_id: format!("job-{}-{}", self.lease.job, self.attempt),
        }
    }

    /// Whether the lease is surely still ours, counted on this machine's steady clock. The end of the lease
    /// is cut off: an effect that begins now must be over by then.
    pub fn is_trusted(&self) -> bool {
        Instant::now() < *self.trusted_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be asked right before an effect outside of the database.
    ///
    /// # Errors
    /// The lease may be another worker's by now.
    pub fn require_trust(&self) -> Result<(), JobError> {
        if self.is_trusted() {
            Ok(())
        } else {
            Err(JobError::Retry("the lease ran out before the effect".to_owned()))
        }
    }

    pub(super) fn trust(&self, asked_at: Instant, lease: Duration) {
        *self.trusted_until.lock().unwrap_or_else(PoisonError::into_inner) = asked_at + trusted(lease);
    }
}

/// A twelfth is cut off: five seconds of a minute.
fn trusted(lease: Duration) -> Duration {
    lease - lease / 12
}
