//! Comparing a file with what is known: what would become of each row, and whether the file looks wrong as a whole.

use super::read::Parsed;
use crate::db::{self, DbConnection};
use crate::domain::ids::{EmploymentId, SnapshotId};
use crate::domain::policy::Action;
use crate::domain::snapshot::{Counts, HoldReason, RowEnd, Snapshot, brings_end, hold_reasons};
use crate::domain::source::Source;
use crate::services::{Ctx, ServiceError};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::sync::Arc;

/// How many rows are looked up at once.
const CHUNK: usize = 500;

/// What a row is compared by.
pub(super) struct RowKey<'r> {
    pub external_id: &'r str,
    pub content_hash: &'r str,
    pub end: RowEnd,
}

/// What a snapshot would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The snapshot that was accepted last: the comparison holds as long as it stays the last.
    pub(super) last: Option<SnapshotId>,
    /// How many rows are what.
    pub counts: Counts,
    /// Why it looks wrong as a whole.
    pub hold_reasons: Vec<HoldReason>,
    /// Whether a newer one was accepted before.
    pub is_stale: bool,
    /// The places of the rows that say something new.
    pub(super) news: Vec<usize>,
    /// The employments that a complete snapshot leaves out, with the source's ids of them.
    pub(super) missing: Vec<(EmploymentId, String)>,
    /// The employments that were left out before and are back or over.
    pub(super) back: Vec<EmploymentId>,
}

/// Says what a file would do, and does nothing.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn preview(ctx: &Ctx, source: Source, parsed: Arc<Parsed>) -> Result<Assessment, ServiceError> {
    ctx.read(Action::DeliverEmployment, move |connection| {
        let keys: Vec<RowKey<'_>> = parsed
            .rows
            .iter()
            .map(|row| RowKey {
                external_id: &row.external_id,
                content_hash: &row.content_hash,
                end: row.end,
            })
            .collect();
        assess_in(connection, &source, (parsed.as_of, parsed.complete), &keys)
    })
    .await
}

pub(super) fn assess_in(
    connection: &mut DbConnection,
    source: &Source,
    (as_of, complete): (DateTime<Utc>, bool),
    rows: &[RowKey<'_>],
) -> Result<Assessment, ServiceError> {
    let last = db::snapshots::last_accepted(connection, &source.name, false)?;
    let before = db::snapshots::last_accepted(connection, &source.name, true)?;
    let day = source.settings.date_at(as_of);
    let mut counts = Counts {
        rows: count(rows.len()),
        previous_rows: before.map(|before| before.counts.rows),
        ..Counts::default()
    };
    let mut news = Vec::new();
    for (chunk, from) in rows.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
        let ids: Vec<&str> = chunk.iter().map(|row| row.external_id).collect();
        let known = db::snapshots::known(connection, &source.name, &ids)?;
        for (row, at) in chunk.iter().zip(from..) {
            let known = known.get(row.external_id);
            match known {
                Some(known) if known.content_hash == row.content_hash => {
                    counts.unchanged += 1;
                    continue;
                }
                Some(_) => counts.changed += 1,
                None => counts.created += 1,
            }
            counts.new_ends += i64::from(brings_end(known, row.end, day));
            news.push(at);
        }
    }
    let present: HashSet<&str> = rows.iter().map(|row| row.external_id).collect();
    let missing = if complete {
        missing_in(connection, source, as_of, &present)?
    } else {
        Vec::new()
    };
    counts.missing = count(missing.len());
    let absent: HashSet<EmploymentId> = missing.iter().map(|(id, _)| *id).collect();
    let back = db::missing::of_source(connection, &source.name)?
        .into_iter()
        .filter(|(id, external_id)| {
            let is_over = complete && !absent.contains(id);
            present.contains(external_id.as_str()) || is_over
        })
        .map(|(id, _)| id)
        .collect();
    Ok(Assessment {
        is_stale: last.as_ref().is_some_and(|last| as_of < last.as_of),
        last: last.map(|last: Snapshot| last.id),
        hold_reasons: hold_reasons(&source.settings, complete, &counts),
        counts,
        news,
        missing,
        back,
    })
}

/// The employments that go on and are not in the file.
fn missing_in(
    connection: &mut DbConnection,
    source: &Source,
    as_of: DateTime<Utc>,
    present: &HashSet<&str>,
) -> Result<Vec<(EmploymentId, String)>, ServiceError> {
    let key = (&source.name, source.settings.date_at(as_of));
    let mut missing = Vec::new();
    let mut after = String::new();
    loop {
        let chunk = db::snapshots::going_on(connection, key, &after, 1_000)?;
        let Some((_, last)) = chunk.last() else {
            return Ok(missing);
        };
        after.clone_from(last);
        let absent = chunk
            .into_iter()
            .filter(|(_, external_id)| !present.contains(external_id.as_str()));
        missing.extend(absent);
    }
}

pub(super) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
