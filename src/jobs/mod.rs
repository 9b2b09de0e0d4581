//! Work outside of requests: the runner, what it executes, and what it does again and again.
//!
//! Two families. A *delivery* is one row of the job table, caused by one change and written in its
//! transaction: a mail, an opening, a destruction. A *reconciler* is a sweep that compares what is with what
//! should be, as often as [`schedule`] says; it is idempotent, so that several instances may run it at once.
//!
//! A new kind of job is a variant of [`Job`] and of [`JobKind`], a module here, and an arm in
//! [`Deliveries::execute`]. A new reconciler is a use case and a line in [`schedule::RECONCILERS`].

mod apply_snapshot;
mod destroy_codes;
mod note_back;
mod once;
mod open_termination;
mod replan_terminations;
mod run;
mod runner;
pub mod schedule;
mod send_mail;
mod supervise;
mod tell;

pub use once::{Summary, run_due};
pub use run::Run;
pub use runner::{Pulse, Runner, Settings};

use crate::app::App;
use crate::domain::job::{Job, JobKind};
use chrono::TimeDelta;
use std::future::Future;

/// Why an attempt did not do the work. The texts are stored and shown: no personal data, no codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It may work later; the attempt counts.
    #[error("{0}")]
    Retry(String),
    /// It will never work; somebody has to look.
    #[error("{0}")]
    Permanent(String),
    /// It is not yet time; the attempt does not count.
    #[error("not before {0} from now")]
    Snooze(TimeDelta),
}

/// Does the work of jobs.
pub trait Execute: Send + Sync + 'static {
    /// The kinds that it knows; others stay in the queue.
    fn kinds(&self) -> &'static [JobKind] {
        JobKind::ALL
    }

    /// Does the work of one job. It may be done more than once: the process can die before the end is
    /// written down. So it reads the truth first, and an effect outside of the database either can be
    /// repeated or is looked for before it is repeated.
    fn execute(&self, app: &App, job: &Job, run: &Run) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// The jobs of the service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deliveries;

impl Execute for Deliveries {
    async fn execute(&self, app: &App, job: &Job, run: &Run) -> Result<(), JobError> {
        match job {
            Job::SendMail { message_id } => send_mail::execute(app, *message_id, run).await,
            Job::OpenTermination { termination_id, .. } => {
                open_termination::execute(app, *termination_id, run).await
            }
            Job::NoteBack { termination_id, .. } => note_back::execute(app, *termination_id, run).await,
            Job::DestroyCodes { termination_id } => destroy_codes::execute(app, *termination_id, run).await,
            Job::ApplySnapshot { snapshot_id } => apply_snapshot::execute(app, *snapshot_id, run).await,
            Job::TellSnapshotHeld { snapshot_id } => tell::snapshot_held(app, *snapshot_id, run).await,
            Job::TellAddOnEnded { add_on_id } => tell::add_on_ended(app, *add_on_id, run).await,
            Job::ReplanTerminations { legal_entity_id, .. } => {
                replan_terminations::execute(app, *legal_entity_id, run).await
            }
            Job::ReportSilence { connection_id, alarm } => {
                tell::connection_silent(app, (*connection_id, *alarm), run).await
            }
        }
    }
}
