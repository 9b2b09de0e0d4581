//! SQL, and nothing but SQL. Synchronous by design: the body of a transaction is a closure that cannot
//! wait for anything but the database, so no network call can ever happen inside a transaction.
//!
//! Decision: `#[derive(MultiConnection)]` over SQLite and PostgreSQL. Cargo features would make two
//! products, one trait per store would double every query, and generic bounds would make every signature
//! unreadable. Queries keep to the portable subset; what differs is in [`dialect`].

pub mod account_reviews;
pub mod action_links;
pub mod add_ons;
pub mod assignments;
pub mod audit;
pub mod authority;
pub mod claims;
pub mod codes;
#[expect(
    missing_docs,
    reason = "the derive of the multi-connection writes items without documentation"
)]
pub mod connection;
pub mod deliveries;
pub mod devices;
pub mod dialect;
pub mod employments;
mod ending;
mod error;
pub mod evidence;
pub mod hand_in;
pub mod health;
pub mod holder_statements;
pub mod idempotency;
pub mod instance_settings;
pub mod instances;
pub mod jobs;
pub mod keys;
mod keyset;
pub mod legal_entities;
pub mod mail_days;
pub mod messages;
pub mod migrations;
pub mod missing;
pub mod notes;
pub mod number_quarantines;
pub mod people;
pub mod person_merges;
pub mod phone_hours;
mod pool;
mod postgres;
mod prepared;
pub mod private_addresses;
pub mod receipts;
pub mod reports;
mod retry;
#[expect(
    missing_docs,
    reason = "the columns are documented where they are written: in the migrations"
)]
pub mod schema;
pub mod scim_connections;
pub mod scim_users;
pub mod service_accounts;
pub mod snapshot_rows;
pub mod snapshots;
pub mod sources;
pub mod subscriptions;
pub mod tasks;
pub mod terminations;
mod transaction;
pub mod types;
pub mod units;
pub mod unmatched;
pub mod unreachable_addresses;
mod words;
mod writer;

pub use connection::{DatabaseUrl, DbConnection, ServingLock};
pub use error::{Constraint, DbError};
pub use retry::Retry;
pub use transaction::{Stamp, Tx};

use connection::Opener;
use pool::Connections;
use retry::Tries;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::oneshot;
use transaction::{begin, commit, rollback};
use writer::{Work, Writer};

/// The database. Clones share it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    connections: Connections,
    /// SQLite only: PostgreSQL writes through the pool.
    writer: Option<Writer>,
}

impl Db {
    /// Opens the database. `connections` is the size of the pool (on SQLite: of its readers).
    ///
    /// # Errors
    /// The database cannot be reached, or SQLite refuses its durability settings.
    pub fn open(url: &DatabaseUrl, connections: u32) -> Result<Self, DbError> {
        let (opener, writer) = match url {
            // The writer opens first: it makes the file and switches it to WAL.
            DatabaseUrl::Sqlite(_) => {
                let writer = Writer::start(Opener::writer(url.clone()))?;
                (Opener::reader(url.clone()), Some(writer))
            }
            DatabaseUrl::Postgres(_) => (Opener::writer(url.clone()), None),
        };
        let connections = Connections::open(opener, connections)?;
        let inner = Inner {
            url: url.clone(),
            connections,
            writer,
        };
        postgres::check_language(&mut *inner.connections.get()?)?;
        Ok(Self(Arc::new(inner)))
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// Reads. The closure runs on a thread that may block; it cannot write.
    ///
    /// # Errors
    /// What the closure returns, or [`DbError::Busy`] when no connection came free.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Retry + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        on_blocking_thread(move || {
            let connection = inner.connections.get()?;
            inner.connections.with(connection, work)
        })
        .await
    }

    /// Reads a few rows by their keys. SQLite has them at hand: handing the closure to another thread and the result
    /// back would cost more than the read, so it runs here if a connection is free. PostgreSQL is waited for, so it
    /// never does.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn look_up<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Retry + Send + 'static,
    {
        if self.0.writer.is_some()
            && let Some(connection) = self.0.connections.try_get()
        {
            return caught(|| self.0.connections.with(connection, work));
        }
        self.read(work).await
    }

    /// Makes deleted bytes leave the files of a SQLite database now: until then the write-ahead log still has them.
    /// PostgreSQL overwrites at its own time.
    ///
    /// # Errors
    /// [`DbError::Busy`] when somebody reads all the while; the database cannot be opened.
    pub async fn fold_log(&self) -> Result<(), DbError> {
        let url = self.0.url.clone();
        match url {
            DatabaseUrl::Postgres(_) => Ok(()),
            DatabaseUrl::Sqlite(_) => {
                on_blocking_thread(move || connection::fold_log(&mut Opener::writer(url).open()?)).await
            }
        }
    }

    /// Writes: one transaction, durable before this returns. The closure may run more than once, because
    /// PostgreSQL can refuse a transaction that met another; it must not do anything but work with the
    /// transaction.
    ///
    /// # Errors
    /// What the closure returns (everything is then undone), or why the database could not commit.
    pub async fn write<T, E, F>(&self, stamp: Stamp, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Retry + Send + 'static,
    {
        if let Some(writer) = &self.0.writer {
            let (reply, answer) = oneshot::channel();
            writer.submit(Box::new(QueuedWork {
                work,
                stamp,
                outcome: None,
                reply,
            }));
            return answer.await.unwrap_or_else(|_| Err(DbError::Panicked.into()));
        }
        let inner = Arc::clone(&self.0);
        on_blocking_thread(move || {
            let connection = inner.connections.get()?;
            inner.connections.with(connection, |connection| {
                write_with_retry(connection, &stamp, work)
            })
        })
        .await
    }
}

async fn on_blocking_thread<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    tokio::task::spawn_blocking(move || caught(work))
        .await
        .unwrap_or_else(|_| Err(DbError::Panicked.into()))
}

/// Runs the work; a panic in it is an error of it.
fn caught<T, E: From<DbError>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(DbError::Panicked.into()))
}

fn write_with_retry<T, E: From<DbError> + Retry>(
    connection: &mut DbConnection,
    stamp: &Stamp,
    mut work: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut tries = Tries::begin();
    loop {
        match write_once(connection, stamp, &mut work) {
            Err(error) if error.is_contention() => {
                if !tries.has_another() {
                    // Either many want the same thing, or the work itself breaks a rule each time: somebody has to look.
                    tracing::warn!(
                        request_id = stamp.request_id,
                        "a transaction was given up: something stood in its way for as long as it was tried again"
                    );
                    return Err(error);
                }
            }
            Err(error) => return Err(refusal(connection, stamp, error)),
            done => return done,
        }
    }
}

fn write_once<T, E: From<DbError>>(
    connection: &mut DbConnection,
    stamp: &Stamp,
    work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    begin(connection)?;
    let result = run_caught(connection, stamp, work);
    if result.is_ok() {
        commit(connection)?;
    } else if rollback(connection).is_err() {
        // The connection is beyond repair; the pool throws it away. The first error is the one to report.
        tracing::debug!("rollback failed after an error");
    }
    result
}

/// Why the work of somebody failed, told only to those who may still act.
fn refusal<E: From<DbError>>(connection: &mut DbConnection, stamp: &Stamp, error: E) -> E {
    match authority::require(connection, &stamp.actor) {
        Err(DbError::Revoked) => DbError::Revoked.into(),
        // A connection that does not work is why the work failed.
        Ok(()) | Err(_) => error,
    }
}

fn run_caught<T, E: From<DbError>>(
    connection: &mut DbConnection,
    stamp: &Stamp,
    work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    caught(|| Tx::run(connection, stamp, work))
}

/// One use case in the queue of the SQLite writer.
struct QueuedWork<T, E, F> {
    work: F,
    stamp: Stamp,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for QueuedWork<T, E, F>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, connection: &mut DbConnection) -> bool {
        let result = run_caught(connection, &self.stamp, &mut self.work);
        let result = result.map_err(|error| refusal(connection, &self.stamp, error));
        let keep = result.is_ok();
        self.outcome = Some(result);
        keep
    }

    fn finish(self: Box<Self>, committed: Result<(), DbError>) {
        let answer = match (committed, self.outcome) {
            // An error of its own is the better answer even when the shared commit failed too.
            (_, Some(Err(error))) => Err(error),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(DbError::Other("work was never run".to_owned()).into()),
        };
        // The caller may have gone away; what was committed stays committed.
        let _ = self.reply.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[tokio::test]
    async fn a_look_up_runs_where_it_is_called_and_waits_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DatabaseUrl::Sqlite(folder.path().join("x.db")), 1).unwrap();
        let here = db.look_up(|_| Ok::<_, DbError>(thread::current().id())).await;
        assert_eq!(here.unwrap(), thread::current().id());

        let (taken, is_taken) = oneshot::channel();
        let (release, released) = std::sync::mpsc::channel();
        let busy = db.read(move |_| {
            let _ = taken.send(());
            released
                .recv()
                .map_err(|_| DbError::Other("nobody lets go".to_owned()))
        });
        let meanwhile = async {
            is_taken.await.unwrap();
            // The connection comes free only if the look-up does not hold up this thread.
            let look_up = db.look_up(|_| Ok::<_, DbError>(thread::current().id()));
            let (elsewhere, sent) = tokio::join!(look_up, async { release.send(()) });
            sent.unwrap();
            elsewhere
        };
        let (done, elsewhere) = tokio::join!(busy, meanwhile);
        done.unwrap();
        assert_ne!(elsewhere.unwrap(), thread::current().id());
    }
}
