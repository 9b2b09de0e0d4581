//! The connections that are kept open.

use super::connection::{DbConnection, Opener, give_up};
use super::error::DbError;
use super::retry::Retry;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{Pool, PooledConnection};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a caller waits for a connection before it is told that the service is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections that are kept open, for one caller at a time each.
pub(super) struct Connections {
    pool: Pool<Opener>,
    /// How often the way to the database was found to be cut.
    cuts: AtomicU64,
}

/// At which cut a connection was last seen to work.
struct WorkedAt(u64);

impl Connections {
    /// Opens the first; there will be at most so many.
    pub(super) fn open(opener: Opener, at_most: u32) -> Result<Self, DbError> {
        let pool = Pool::builder()
            .max_size(at_most.max(1))
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(PATIENCE)
            .build(opener)
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        let cuts = AtomicU64::new(0);
        Ok(Self { pool, cuts })
    }

    /// One of them. After the way to the database was cut once, each connection of before is tried first, and thrown away
    /// if it is dead: otherwise as many callers as there are connections would be told of one restart of the server.
    pub(super) fn get(&self) -> Result<PooledConnection<Opener>, DbError> {
        loop {
            let found = self.pool.get();
            let mut connection = found.map_err(|error| without_connection(&error.to_string()))?;
            let cuts = self.cuts.load(Ordering::Acquire);
            let worked_at = PooledConnection::extensions(&connection)
                .get::<WorkedAt>()
                .map_or(0, |at| at.0);
            if worked_at < cuts {
                if connection.batch_execute("SELECT 1").is_err() {
                    give_up(&mut connection);
                    continue;
                }
                PooledConnection::extensions_mut(&mut connection).insert(WorkedAt(cuts));
            }
            return Ok(connection);
        }
    }

    /// One of them, if it is free now.
    pub(super) fn try_get(&self) -> Option<PooledConnection<Opener>> {
        self.pool.try_get()
    }

    /// Uses one of them. If the way to the database turns out to be cut, it is not used again.
    pub(super) fn with<T, E: Retry>(
        &self,
        mut connection: PooledConnection<Opener>,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let result = work(&mut connection);
        if result.as_ref().is_err_and(Retry::is_outage) {
            give_up(&mut connection);
            self.cuts.fetch_add(1, Ordering::AcqRel);
        }
        result
    }
}

/// Why there is no connection: all are busy, or none can be opened. The pool always says that it waited, and why after
/// that, if there is a reason.
fn without_connection(text: &str) -> DbError {
    match text.split_once("timed out waiting for connection: ") {
        Some((_, cause)) => DbError::Unavailable(cause.to_owned()),
        None => DbError::Busy,
    }
}
