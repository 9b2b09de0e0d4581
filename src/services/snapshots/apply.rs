//! Applying the rows of an accepted snapshot, some at a time.

use super::receive::note_in;
use crate::app::App;
use crate::db::dialect::{Anchor, lock};
use crate::db::snapshot_rows::StagedRow;
use crate::db::types::{parse, parse_json};
use crate::db::{self, Tx};
use crate::domain::employment::{DeliveryOutcome, EmploymentDocument};
use crate::domain::ids::SnapshotId;
use crate::domain::policy::Action;
use crate::domain::snapshot::{Snapshot, SnapshotState};
use crate::domain::source::Source;
use crate::domain::text::ExternalId;
use crate::domain::unmatched::UnmatchedReason;
use crate::services::{Ctx, ServiceError, hr, unmatched};

/// How many rows are applied in one transaction: on SQLite everybody else waits for it.
const CHUNK: i64 = 100;

/// How far a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many rows there are to apply.
    pub of: i64,
    /// How many are applied or kept as unmatched.
    pub done: i64,
    /// How many of them are kept as unmatched.
    pub refused: i64,
    /// Whether there is nothing left to do.
    pub is_finished: bool,
}

/// Applies the next rows of a snapshot. Nothing to do for one that is not, or not any more, to be applied.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::write`]. No row is then lost: the same call goes on.
pub async fn apply_next(ctx: &Ctx, id: SnapshotId) -> Result<Progress, ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| apply_next_in(tx, &app, id))
        .await
}

fn apply_next_in(tx: &mut Tx<'_>, app: &App, id: SnapshotId) -> Result<Progress, ServiceError> {
    lock(tx, Anchor::Snapshot(id))?;
    let mut snapshot = db::snapshots::find(tx, id)?.ok_or(super::NOT_FOUND)?;
    if snapshot.state != SnapshotState::Applying {
        return Ok(progress(&snapshot));
    }
    let source = super::source_in(tx, &snapshot.source)?;
    let rows = db::snapshot_rows::next(tx, id, 0, CHUNK)?;
    for row in &rows {
        if apply_row_in(tx, app, &source, (&snapshot, row))? {
            snapshot.counts.applied += 1;
        } else {
            snapshot.counts.refused += 1;
        }
    }
    let done: Vec<i32> = rows.iter().map(|row| row.position).collect();
    db::snapshot_rows::delete(tx, id, &done)?;
    snapshot.meta = snapshot.meta.changed(tx.now());
    if rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX) {
        snapshot.state = SnapshotState::Applied;
        snapshot.finished_at = Some(tx.now());
        note_in(tx, "snapshot.applied", &snapshot)?;
    }
    db::snapshots::update(tx, &snapshot)?;
    Ok(progress(&snapshot))
}

const fn progress(snapshot: &Snapshot) -> Progress {
    let counts = &snapshot.counts;
    Progress {
        of: counts.created + counts.changed,
        done: counts.applied + counts.refused,
        refused: counts.refused,
        is_finished: !matches!(snapshot.state, SnapshotState::Applying),
    }
}

/// Delivers the document of a row. False when it could not be applied and is kept for somebody to look at.
fn apply_row_in(
    tx: &mut Tx<'_>,
    app: &App,
    source: &Source,
    (snapshot, row): (&Snapshot, &StagedRow),
) -> Result<bool, ServiceError> {
    let external_id: ExternalId = parse("snapshot_row", "external_id", &row.external_id)?;
    let mut document: EmploymentDocument = parse_json("snapshot_row", "document", &row.document)?;
    document.sequence = snapshot
        .sequence
        .ok_or_else(|| ServiceError::Internal("an accepted snapshot without a sequence".to_owned()))?;
    let content = (&document, row.content_hash.as_str());
    // In a savepoint: what one row did before it was refused is undone, and the others stay.
    let delivered = tx.savepoint(|tx| hr::deliver_in(tx, app, (source, &external_id), content));
    let reason = match delivered {
        Ok(delivery) => match delivery.outcome {
            DeliveryOutcome::Applied | DeliveryOutcome::Unchanged => return Ok(true),
            // The door has kept it already.
            DeliveryOutcome::Conflict => return Ok(false),
            DeliveryOutcome::Stale => UnmatchedReason::Outdated,
        },
        Err(
            ServiceError::Invalid(_)
            | ServiceError::Domain(_)
            | ServiceError::Conflict { .. }
            | ServiceError::NotFound(_)
            | ServiceError::UsedUp { .. },
        ) => UnmatchedReason::RuleBroken,
        // One row that always fails must not hold up the others, nor the snapshots of all later nights.
        Err(ServiceError::Internal(error)) => {
            tracing::error!(snapshot = %snapshot.id, row = row.position, error, "a row could not be applied");
            UnmatchedReason::Failed
        }
        Err(other) => return Err(other),
    };
    let key = (&source.name, &external_id);
    unmatched::keep_of_in(tx, key, content, (reason, Some(&snapshot.name)))?;
    Ok(false)
}
