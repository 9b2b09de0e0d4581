//! Transactions: how one begins, and what a use case holds while it writes.

use super::caught;
use super::connection::DbConnection;
use super::ending::{self, Ending};
use super::error::DbError;
use crate::clock::Ids;
use crate::domain::actor::Actor;
use chrono::{DateTime, Utc};
use diesel::connection::{AnsiTransactionManager, TransactionManager, TransactionManagerStatus};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// Who writes, when, and on whose request: stamped on everything that a transaction leaves behind.
#[derive(Clone)]
pub struct Stamp {
    /// The instant of the use case.
    pub now: DateTime<Utc>,
    /// Who acts. What somebody comes with must still be good when the transaction ends.
    pub actor: Actor,
    /// The id of the request or the job run.
    pub request_id: String,
    /// Mints the ids of new rows.
    pub ids: Ids,
    /// Set when the transaction enqueued a job that is due at once.
    pub job_due: Arc<AtomicBool>,
}

/// A write transaction. It can only be had from [`super::Db::write`], so a function that takes one is
/// certain to run inside a transaction.
pub struct Tx<'c> {
    connection: &'c mut DbConnection,
    stamp: &'c Stamp,
    /// What is written at the end.
    ending: Ending,
}

impl<'c> Tx<'c> {
    /// Runs a use case. Whether the one who acts may still do so is asked last, so that who is refused has changed nothing.
    pub(super) fn run<T, E: From<DbError>>(
        connection: &'c mut DbConnection,
        stamp: &'c Stamp,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tx = Self {
            connection,
            stamp,
            ending: Ending::default(),
        };
        let done = work(&mut tx)?;
        ending::finish(tx.connection, &tx.ending, &stamp.actor)?;
        Ok(done)
    }

    /// The instant of the use case.
    pub const fn now(&self) -> DateTime<Utc> {
        self.stamp.now
    }

    /// Who writes, and when.
    pub const fn stamp(&self) -> &'c Stamp {
        self.stamp
    }

    /// A new id.
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        self.stamp.ids.next()
    }

    /// What is written when the transaction ends.
    pub(super) const fn ending(&mut self) -> &mut Ending {
        &mut self.ending
    }

    /// Notes that a job was enqueued that is due at once.
    pub(super) fn note_job_due(&self) {
        self.stamp.job_due.store(true, Ordering::Relaxed);
    }

    /// Runs part of the use case so that it can fail alone, by a panic too: one that flew past would leave the savepoint
    /// open.
    ///
    /// # Errors
    /// What the part returns; its changes are then undone.
    pub fn savepoint<T, E: From<DbError>>(
        &mut self,
        part: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        begin(self.connection)?;
        let mut inner = Tx {
            connection: &mut *self.connection,
            stamp: self.stamp,
            ending: Ending::default(),
        };
        let result = caught(|| part(&mut inner));
        let ending = inner.ending;
        if result.is_ok() {
            commit(self.connection)?;
            self.ending.extend(ending);
        } else {
            // What did not happen is not remembered.
            rollback(self.connection)?;
        }
        result
    }
}

impl Deref for Tx<'_> {
    type Target = DbConnection;

    fn deref(&self) -> &DbConnection {
        self.connection
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut DbConnection {
        self.connection
    }
}

/// Begins a transaction, or a savepoint inside one.
///
/// SQLite takes the write lock at once: a deferred transaction that reads and then writes fails without
/// waiting when somebody else wrote in between, whatever the busy timeout says.
pub(super) fn begin(connection: &mut DbConnection) -> Result<(), DbError> {
    match connection {
        DbConnection::Postgres(inner) => AnsiTransactionManager::begin_transaction(inner)?,
        DbConnection::Sqlite(inner) => {
            if depth_of(AnsiTransactionManager::transaction_manager_status_mut(inner)) > 0 {
                AnsiTransactionManager::begin_transaction(inner)?;
            } else {
                AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?;
            }
        }
    }
    Ok(())
}

/// How many transactions and savepoints are open, one in the other.
pub(super) fn depth(connection: &mut DbConnection) -> u32 {
    depth_of(match connection {
        DbConnection::Postgres(inner) => AnsiTransactionManager::transaction_manager_status_mut(inner),
        DbConnection::Sqlite(inner) => AnsiTransactionManager::transaction_manager_status_mut(inner),
    })
}

fn depth_of(status: &TransactionManagerStatus) -> u32 {
    match status {
        TransactionManagerStatus::Valid(status) => status.transaction_depth().map_or(0, Into::into),
        TransactionManagerStatus::InError => 0,
    }
}

/// Commits the innermost transaction or savepoint.
pub(super) fn commit(connection: &mut DbConnection) -> Result<(), DbError> {
    match connection {
        DbConnection::Postgres(inner) => AnsiTransactionManager::commit_transaction(inner)?,
        DbConnection::Sqlite(inner) => AnsiTransactionManager::commit_transaction(inner)?,
    }
    Ok(())
}

/// Rolls back the innermost transaction or savepoint.
pub(super) fn rollback(connection: &mut DbConnection) -> Result<(), DbError> {
    match connection {
        DbConnection::Postgres(inner) => AnsiTransactionManager::rollback_transaction(inner)?,
        DbConnection::Sqlite(inner) => AnsiTransactionManager::rollback_transaction(inner)?,
    }
    Ok(())
}
