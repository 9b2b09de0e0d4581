//! What an operator decides about a held snapshot.

use super::assess::{RowKey, assess_in};
use super::receive::{begin_in, note_in};
use crate::db::snapshot_rows::StagedRow;
use crate::db::{self, DbConnection};
use crate::domain::ids::SnapshotId;
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::snapshot::{Snapshot, SnapshotState};
use crate::domain::text::{ExternalId, SourceName};
use crate::services::{Ctx, ServiceError, references};

/// How many rows are read, or taken away, at once.
const CHUNK: i64 = 1_000;

/// Releases a held snapshot as a whole: its rows are compared with what is known by now, and those that say something
/// new are applied.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Conflict`] `not_held`, `outdated` when a newer
/// snapshot was accepted meanwhile, `snapshot_under_way`; [`ServiceError::Busy`] when one was accepted just now; as
/// [`Ctx::write`].
pub async fn approve(
    ctx: &Ctx,
    (source, name): (SourceName, ExternalId),
    expected: ExpectedVersion,
    reason: String,
) -> Result<Snapshot, ServiceError> {
    let (snapshot, source, assessment, known) = ctx
        .read(Action::DecideDelivery, move |connection| {
            let source = super::source_in(connection, &source)?;
            let snapshot = held_in(connection, &source.name, &name, &expected)?;
            let rows = all_rows(connection, snapshot.id)?;
            let keys: Vec<RowKey<'_>> = rows
                .iter()
                .map(|row| RowKey {
                    external_id: &row.external_id,
                    content_hash: &row.content_hash,
                    end: row.end,
                })
                .collect();
            let assessment = assess_in(connection, &source, (snapshot.as_of, snapshot.complete), &keys)?;
            let mut news = assessment.news.iter().copied().peekable();
            let mut known = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                if news.next_if_eq(&at).is_none() {
                    known.push(row.position);
                }
            }
            Ok((snapshot, source, assessment, known))
        })
        .await?;
    ctx.write(Action::DecideDelivery, move |tx| {
        let only = ExpectedVersion::OneOf(vec![snapshot.meta.version]);
        let current = held_in(tx, &source.name, &snapshot.name, &only)?;
        if assessment.is_stale {
            return Err(ServiceError::Conflict {
                code: "outdated",
                detail: "A newer snapshot of this source was accepted meanwhile. Reject this one.",
            });
        }
        let mut approved = Snapshot {
            decision_reason: Some(reason.clone()),
            meta: current.meta.changed(tx.now()),
            ..current
        };
        begin_in(tx, &mut approved, &assessment)?;
        for chunk in known.chunks(500) {
            db::snapshot_rows::delete(tx, approved.id, chunk)?;
        }
        db::snapshots::update(tx, &approved)?;
        note_in(tx, "snapshot.approved", &approved)?;
        Ok(approved)
    })
    .await
}

/// Discards a held snapshot as a whole. Nothing of it was used.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Conflict`] `not_held`; as [`Ctx::write`].
pub async fn reject(
    ctx: &Ctx,
    (source, name): (SourceName, ExternalId),
    expected: ExpectedVersion,
    reason: String,
) -> Result<Snapshot, ServiceError> {
    ctx.write(Action::DecideDelivery, move |tx| {
        let current = held_in(tx, &source, &name, &expected)?;
        let now = tx.now();
        let rejected = Snapshot {
            state: SnapshotState::Rejected,
            decision_reason: Some(reason.clone()),
            finished_at: Some(now),
            meta: current.meta.changed(now),
            ..current
        };
        db::snapshots::update(tx, &rejected)?;
        while db::snapshot_rows::discard(tx, rejected.id, CHUNK)? > 0 {}
        note_in(tx, "snapshot.rejected", &rejected)?;
        Ok(rejected)
    })
    .await
}

fn held_in(
    connection: &mut DbConnection,
    source: &SourceName,
    name: &ExternalId,
    expected: &ExpectedVersion,
) -> Result<Snapshot, ServiceError> {
    let snapshot = db::snapshots::find_named(connection, source, name)?.ok_or(super::NOT_FOUND)?;
    references::check_version(expected, snapshot.meta)?;
    if snapshot.state == SnapshotState::Held {
        Ok(snapshot)
    } else {
        Err(ServiceError::Conflict {
            code: "not_held",
            detail: "Only a held snapshot waits for a decision.",
        })
    }
}

fn all_rows(connection: &mut DbConnection, id: SnapshotId) -> Result<Vec<StagedRow>, ServiceError> {
    let mut all = Vec::new();
    let mut from = 0;
    loop {
        let chunk = db::snapshot_rows::next(connection, id, from, CHUNK)?;
        let Some(last) = chunk.last() else { return Ok(all) };
        from = last.position.saturating_add(1);
        // Only what rows are compared by is of use: the documents of all of them need not be held at once.
        all.extend(chunk.into_iter().map(|row| StagedRow {
            document: String::new(),
            ..row
        }));
    }
}
