//! Use cases: one function each, at most one write transaction each. A use case authorises first, then
//! reads or writes; it never calls the outside world from inside a transaction.

pub mod add_ons;
pub mod assignments;
pub mod audit;
mod case;
pub mod claims;
pub mod codes;
pub mod devices;
pub mod employments;
mod end_questions;
mod error;
pub mod evidence;
pub mod health;
pub mod hr;
pub mod idempotency;
pub mod keys;
pub mod legal_entities;
pub mod links;
pub mod mailbox;
pub mod mdm;
pub mod messages;
pub mod notes;
pub mod notices;
pub mod numbers;
pub mod people;
pub mod person_merges;
pub mod phone_hours;
pub mod private_addresses;
pub mod queue;
pub mod receipts;
mod references;
pub mod reports;
pub mod schedules;
pub mod scim;
pub mod service_accounts;
pub mod snapshots;
pub mod sources;
pub mod subscriptions;
pub mod tasks;
pub mod terminations;
pub mod tokens;
mod trail;
pub mod unit_mergers;
pub mod units;
pub mod unmatched;
pub mod upkeep;
mod violations;
pub mod worklist;

pub use error::{FileFault, FileReport, Place, ServiceError, Violation};
pub use idempotency::{Recorded, Recorder};
pub use violations::Violations;

use crate::app::App;
use crate::db::{self, DbConnection, Stamp, Tx};
use crate::domain::actor::Actor;
use crate::domain::policy::{self, Action};
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Who asks, on which request. Every use case begins with one.
#[derive(Clone)]
pub struct Ctx {
    /// The service.
    pub app: App,
    /// Who asks.
    pub actor: Actor,
    /// The id of the request or of the job run.
    pub request_id: String,
}

impl Ctx {
    /// A use case of the service itself.
    pub fn system(app: &App) -> Self {
        Self {
            app: app.clone(),
            actor: Actor::System,
            request_id: app.ids.next::<uuid::Uuid>().to_string(),
        }
    }

    /// A use case of somebody with a shell on the machine.
    pub fn operator(app: &App) -> Self {
        Self {
            actor: Actor::Operator,
            ..Self::system(app)
        }
    }

    /// Reads, if the actor may.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] or [`ServiceError::TokenRevoked`] before the closure runs, else what it
    /// returns.
    pub async fn read<T, F>(&self, action: Action, work: F) -> Result<T, ServiceError>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, ServiceError> + Send + 'static,
        T: Send + 'static,
    {
        self.require(action)?;
        let actor = self.actor.clone();
        self.app
            .db
            .read(move |connection| {
                db::authority::require(connection, &actor)?;
                work(connection)
            })
            .await
    }

    /// Reads a few rows by their keys, if the actor may; on SQLite without a detour over another thread. Whatever may
    /// take longer is for [`Ctx::read`].
    ///
    /// # Errors
    /// As [`Ctx::read`].
    pub async fn look_up<T, F>(&self, action: Action, work: F) -> Result<T, ServiceError>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, ServiceError> + Send + 'static,
        T: Send + 'static,
    {
        self.require(action)?;
        let actor = self.actor.clone();
        self.app
            .db
            .look_up(move |connection| {
                db::authority::require(connection, &actor)?;
                work(connection)
            })
            .await
    }

    /// Writes in one transaction, if the actor may. The closure may run more than once.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] before the closure runs; [`ServiceError::TokenRevoked`] whatever it returns; else what
    /// it returns. Nothing has then changed.
    pub async fn write<T, F>(&self, action: Action, work: F) -> Result<T, ServiceError>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
        T: Send + 'static,
    {
        self.require(action)?;
        let stamp = self.stamp();
        let job_due = Arc::clone(&stamp.job_due);
        let result = self.app.db.write(stamp, work).await;
        // Not before the commit: the runner would look and find nothing.
        if result.is_ok() && job_due.load(Ordering::Relaxed) {
            self.app.job_bell.notify_one();
        }
        result
    }

    /// Writes once however often the request is sent: with an idempotency key, the answer is stored in the
    /// same transaction as the effect, and a repeated request gets that answer.
    ///
    /// # Errors
    /// As [`Ctx::write`]; [`ServiceError::KeyReused`] when the key came with another request before.
    pub async fn write_once<T, F>(
        &self,
        action: Action,
        recorder: Recorder<T>,
        mut work: F,
    ) -> Result<Recorded<T>, ServiceError>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
        T: Send + 'static,
    {
        let retention = TimeDelta::days(self.app.config.idempotency.retention_days.into());
        let kept = recorder.clone();
        let done = self
            .write(action, move |tx| {
                idempotency::run(tx, &recorder, retention, &mut work)
            })
            .await;
        let Err(error) = done else { return done };
        let Some(refusal) = kept.refusal(&error) else {
            return Err(error);
        };
        self.write(action, move |tx| {
            idempotency::keep_refusal(tx, &refusal, retention)
        })
        .await
        .map(|earlier| earlier.map_or(Recorded::Refused(error), Recorded::Replayed))
    }

    fn require(&self, action: Action) -> Result<(), ServiceError> {
        if policy::allows(&self.actor, action) {
            Ok(())
        } else {
            Err(ServiceError::Forbidden(action))
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            now: self.app.clock.now(),
            actor: self.actor.clone(),
            request_id: self.request_id.clone(),
            ids: self.app.ids.clone(),
            job_due: Arc::new(AtomicBool::new(false)),
        }
    }
}
