//! Jobs whose worker vanished: its lease ran out.
//!
//! The lease is on the row of the job and nowhere else, so that nothing has to be known about the process
//! that held it.

use super::is_running;
use crate::db::schema::job as table;
use crate::db::types::{guarded, parse};
use crate::db::{DbError, Tx};
use crate::domain::ids::JobId;
use crate::domain::job::{JobState, after_crash};
use crate::on_each;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A job that was taken from a worker that vanished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescued {
    /// The job.
    pub id: JobId,
    /// What became of it: [`JobState::Retry`] or [`JobState::Dead`].
    pub state: JobState,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = table)]
struct Expired {
    id: String,
    lease_token: i64,
    attempt: i32,
    max_attempts: i32,
    crash_count: i32,
}

/// Takes back at most `limit` jobs whose lease has run out, the longest expired first.
pub fn rescue(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Rescued>, DbError> {
    let now = tx.now().naive_utc();
    let expired = || {
        table::table
            .filter(is_running())
            .filter(table::lease_until.lt(now))
            .order((table::lease_until, table::id))
            .limit(limit)
    };
    let found: Vec<Expired> = on_each!(
        &mut **tx,
        // Another instance that rescues at the same time takes others.
        postgres: |inner| expired()
            .for_update()
            .skip_locked()
            .select(Expired::as_select())
            .load(inner),
        sqlite: |inner| expired().select(Expired::as_select()).load(inner),
    )?;
    found.iter().map(|job| job.take_back(tx, now)).collect()
}

impl Expired {
    fn take_back(&self, tx: &mut Tx<'_>, now: NaiveDateTime) -> Result<Rescued, DbError> {
        let crash_count = self.crash_count + 1;
        let state = after_crash(crash_count, self.attempt, self.max_attempts);
        let is_dead = state == JobState::Dead;
        let changed = diesel::update(table::table.find(&self.id))
            .filter(table::lease_token.eq(self.lease_token))
            .filter(is_running())
            .set((
                table::state.eq(state.as_str()),
                table::run_at.eq(now),
                table::crash_count.eq(crash_count),
                table::lease_owner.eq(None::<String>),
                table::lease_until.eq(None::<NaiveDateTime>),
                table::last_error.eq(Some("the worker vanished during the attempt")),
                table::finished_at.eq(is_dead.then_some(now)),
            ))
            .execute(&mut **tx)?;
        guarded(changed)?;
        Ok(Rescued {
            id: parse("job", "id", &self.id)?,
            state,
        })
    }
}
