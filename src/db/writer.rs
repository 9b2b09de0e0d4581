//! The one writer of a SQLite database.
//!
//! A durable commit costs a flush of the disk, however little it writes. So waiting pieces of work share
//! one: each runs in its own savepoint, then one commit makes all of them durable, then the answers leave.
//! An error or a panic in one rolls back its savepoint alone. PostgreSQL groups its commits itself.

use super::connection::{DbConnection, Opener, is_broken};
use super::error::DbError;
use super::transaction::{begin, commit, depth, rollback};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// How many pieces of work may share a commit. More would let the first wait for the last.
const GROUP: usize = 64;
/// How many pieces of work may wait. Beyond it the caller is told that the service is busy.
const QUEUE: usize = 4_096;

/// One piece of work in the queue.
pub(super) trait Work: Send {
    /// Does the work inside the current savepoint; false undoes it.
    fn run(&mut self, connection: &mut DbConnection) -> bool;
    /// Sends the answer, once it is known whether the commit succeeded.
    fn finish(self: Box<Self>, committed: Result<(), DbError>);
}

/// The writer thread. Dropping it waits until the queue is empty.
pub(super) struct Writer {
    queue: Option<SyncSender<Box<dyn Work>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(opener: Opener) -> Result<Self, DbError> {
        let connection = opener.open()?;
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("handback-writer".to_owned())
            .spawn(move || serve(&opener, connection, &waiting))
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Puts work in the queue, or answers it at once when the queue is full.
    pub(super) fn submit(&self, work: Box<dyn Work>) {
        let Some(queue) = &self.queue else {
            return work.finish(Err(DbError::Busy));
        };
        match queue.try_send(work) {
            Ok(()) => {}
            Err(TrySendError::Full(work)) => work.finish(Err(DbError::Busy)),
            Err(TrySendError::Disconnected(work)) => {
                work.finish(Err(DbError::Unavailable("the writer has stopped".to_owned())));
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // Work may hold the last handle of the database, and is let go on the writer's own thread. That thread
            // ends by itself now that nobody can submit anything; waiting for itself it never would.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn serve(opener: &Opener, mut connection: DbConnection, waiting: &Receiver<Box<dyn Work>>) {
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        let result = run_group(&mut connection, &mut group, waiting);
        if result.is_err() || is_broken(&mut connection) {
            // A full disk or an I/O error may have ended the transaction behind diesel's back.
            if let Ok(fresh) = opener.open() {
                connection = fresh;
            }
        }
        for work in group {
            work.finish(result.clone());
        }
    }
}

/// Runs the group and commits it. Work that arrives meanwhile joins until the group is full.
fn run_group(
    connection: &mut DbConnection,
    group: &mut Vec<Box<dyn Work>>,
    waiting: &Receiver<Box<dyn Work>>,
) -> Result<(), DbError> {
    if depth(connection) != 0 {
        return Err(DbError::Unavailable(
            "the writer's connection is beyond repair".to_owned(),
        ));
    }
    begin(connection)?;
    let mut changed = false;
    let mut next = 0;
    while let Some(work) = group.get_mut(next) {
        changed |= run_one(connection, work.as_mut())?;
        next += 1;
        if next == group.len() && next < GROUP {
            group.extend(waiting.try_recv().ok());
        }
    }
    // A commit inside another transaction would make nothing durable.
    if depth(connection) != 1 {
        return Err(DbError::Other("work has left a savepoint open".to_owned()));
    }
    if changed {
        commit(connection)
    } else {
        rollback(connection)
    }
}

fn run_one(connection: &mut DbConnection, work: &mut dyn Work) -> Result<bool, DbError> {
    begin(connection)?;
    let keep = work.run(connection);
    if keep {
        commit(connection)?
    } else {
        rollback(connection)?
    }
    Ok(keep)
}
