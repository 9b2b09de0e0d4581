//! Accepting a file.

use super::assess::{Assessment, preview};
use super::read::{Format, Parsed, read};
use crate::db::snapshot_rows::StagedRow;
use crate::db::{self, Tx};
use crate::domain::ids::SnapshotId;
use crate::domain::job::Job;
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::snapshot::{Snapshot, SnapshotState, sequence};
use crate::domain::source::Source;
use crate::domain::text::SourceName;
use crate::services::{Ctx, Recorded, Recorder, ServiceError, trail};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::fs::File;
use std::sync::Arc;
use uuid::Uuid;

/// How many rows are stored, or discarded, in one transaction.
const CHUNK: usize = 500;
/// After what time rows without a snapshot belong to nobody.
const LEFT_BEHIND: TimeDelta = TimeDelta::hours(1);

/// A file that arrived.
#[derive(Debug)]
pub struct Arrival {
    /// Who delivers it.
    pub source: SourceName,
    /// The file.
    pub file: File,
    /// How it is written.
    pub format: Format,
    /// SHA-256 of its bytes.
    pub body_hash: Vec<u8>,
}

/// Reads a file, compares it with what is known, and accepts, holds or puts aside the snapshot in it. The same file sent
/// again under the same name is the same snapshot.
///
/// # Errors
/// [`ServiceError::NotFound`] for a source that is not registered; [`ServiceError::BadFile`]; [`ServiceError::Conflict`]
/// `ordered_by_sequence`, `snapshot_id_taken` for a name that another file had, `snapshot_under_way`,
/// `too_many_at_once`; [`ServiceError::Busy`] when another snapshot was accepted meanwhile; as [`Ctx::write_once`].
pub async fn receive(
    ctx: &Ctx,
    arrival: Arrival,
    recorder: Recorder<Snapshot>,
) -> Result<Recorded<Snapshot>, ServiceError> {
    let source = super::source(ctx, arrival.source.clone()).await?;
    let now = ctx.app.clock.now();
    let (settings, body_hash) = (source.settings.clone(), arrival.body_hash.clone());
    let parsed = tokio::task::spawn_blocking(move || read(&arrival.file, &arrival.format, &settings, now))
        .await
        .map_err(|_| ServiceError::Internal("reading a snapshot panicked".to_owned()))??;
    let parsed = Arc::new(parsed);
    let assessment = preview(ctx, source.clone(), Arc::clone(&parsed)).await?;
    let id: SnapshotId = ctx.app.ids.next();
    let accepted = store(ctx, id, (source, parsed, assessment, body_hash), recorder).await;
    let is_kept = matches!(&accepted, Ok(Recorded::Fresh(snapshot)) if snapshot.id == id
        && matches!(snapshot.state, SnapshotState::Applying | SnapshotState::Held));
    // If that fails, the purge finds them.
    if !is_kept && let Err(error) = discard(ctx, id).await {
        tracing::warn!(snapshot = %id, %error, "the rows of a snapshot that is not kept stay behind for now");
    }
    accepted
}

/// Stores the rows some at a time, and then the snapshot: without it they are nobody's.
async fn store(
    ctx: &Ctx,
    id: SnapshotId,
    (source, parsed, assessment, body_hash): (Source, Arc<Parsed>, Assessment, Vec<u8>),
    recorder: Recorder<Snapshot>,
) -> Result<Recorded<Snapshot>, ServiceError> {
    // What is held is compared again when it is decided, by then with all of its rows.
    let places: Vec<usize> = match (assessment.is_stale, assessment.hold_reasons.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => assessment.news.clone(),
        (false, false) => (0..parsed.rows.len()).collect(),
    };
    for chunk in places.chunks(CHUNK) {
        let rows: Vec<StagedRow> = chunk.iter().filter_map(|place| staged(&parsed, *place)).collect();
        ctx.write(Action::DeliverEmployment, move |tx| {
            Ok(db::snapshot_rows::insert(tx, id, rows.iter())?)
        })
        .await?;
    }
    ctx.write_once(Action::DeliverEmployment, recorder, move |tx| {
        accept_in(tx, id, &source, (&parsed, &body_hash), &assessment)
    })
    .await
}

fn staged(parsed: &Parsed, place: usize) -> Option<StagedRow> {
    let row = parsed.rows.get(place)?;
    Some(StagedRow {
        position: i32::try_from(place).ok()?,
        external_id: row.external_id.clone(),
        content_hash: row.content_hash.clone(),
        end: row.end,
        document: row.document.clone(),
    })
}

fn accept_in(
    tx: &mut Tx<'_>,
    id: SnapshotId,
    source: &Source,
    (parsed, body_hash): (&Parsed, &[u8]),
    assessment: &Assessment,
) -> Result<Snapshot, ServiceError> {
    if let Some(known) = db::snapshots::find_named(tx, &source.name, &parsed.name)? {
        let is_same =
            known.body_hash == body_hash && known.as_of == parsed.as_of && known.complete == parsed.complete;
        return if is_same {
            Ok(known)
        } else {
            Err(ServiceError::Conflict {
                code: "snapshot_id_taken",
                detail: "The source has delivered another snapshot by this name. Give each its own.",
            })
        };
    }
    let now = tx.now();
    let mut snapshot = Snapshot {
        id,
        source: source.name.clone(),
        name: parsed.name.clone(),
        as_of: parsed.as_of,
        complete: parsed.complete,
        body_hash: body_hash.to_vec(),
        state: SnapshotState::Stale,
        hold_reasons: Vec::new(),
        sequence: None,
        counts: assessment.counts,
        decision_reason: None,
        finished_at: None,
        meta: Meta::new(now),
    };
    if assessment.is_stale {
        snapshot.finished_at = Some(now);
    } else if assessment.hold_reasons.is_empty() {
        begin_in(tx, &mut snapshot, assessment)?;
    } else {
        snapshot.state = SnapshotState::Held;
        snapshot.hold_reasons.clone_from(&assessment.hold_reasons);
        db::jobs::enqueue(tx, &Job::TellSnapshotHeld { snapshot_id: id }, now)?;
    }
    db::snapshots::insert(tx, &snapshot)?;
    note_in(tx, "snapshot.received", &snapshot)?;
    Ok(snapshot)
}

/// Makes the snapshot the one whose rows are applied, if what it was compared with is still so. The caller stores it.
pub(super) fn begin_in(
    tx: &mut Tx<'_>,
    snapshot: &mut Snapshot,
    assessment: &Assessment,
) -> Result<(), ServiceError> {
    let last = db::snapshots::last_accepted(tx, &snapshot.source, false)?;
    if last
        .as_ref()
        .is_some_and(|last| last.state == SnapshotState::Applying)
    {
        return Err(ServiceError::Conflict {
            code: "snapshot_under_way",
            detail: "Another snapshot of this source is being applied. Wait for it, then send this one.",
        });
    }
    if last.as_ref().map(|last| last.id) != assessment.last {
        return Err(ServiceError::Busy);
    }
    let number = sequence(snapshot.as_of, last.and_then(|last| last.sequence));
    snapshot.sequence = Some(number.ok_or(ServiceError::Conflict {
        code: "too_many_at_once",
        detail: "Too many snapshots show this instant. Give the instant at which each was taken.",
    })?);
    snapshot.counts = assessment.counts;
    db::missing::clear(tx, &assessment.back)?;
    let marked = (&snapshot.source, snapshot.as_of);
    db::missing::mark(tx, marked, &assessment.missing)?;
    if assessment.news.is_empty() {
        snapshot.state = SnapshotState::Applied;
        snapshot.finished_at = Some(tx.now());
    } else {
        snapshot.state = SnapshotState::Applying;
        let job = Job::ApplySnapshot {
            snapshot_id: snapshot.id,
        };
        db::jobs::enqueue(tx, &job, tx.now())?;
    }
    Ok(())
}

/// Leaves what happened to a snapshot in the audit: numbers and words.
pub(super) fn note_in(
    tx: &mut Tx<'_>,
    action: &'static str,
    snapshot: &Snapshot,
) -> Result<(), ServiceError> {
    let details = json!({
        "source": snapshot.source,
        "name": snapshot.name,
        "state": snapshot.state,
        "hold_reasons": snapshot.hold_reasons,
        "counts": snapshot.counts,
    });
    trail::note(tx, action, snapshot.id, details)
}

/// Discards the rows of a snapshot that is not kept. Whether it is, the database knows: what was told of the commit may have
/// been lost on the way.
async fn discard(ctx: &Ctx, id: SnapshotId) -> Result<usize, ServiceError> {
    let mut total = 0;
    loop {
        let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let count = ctx
            .write(Action::DeliverEmployment, move |tx| {
                let kept = db::snapshots::find(tx, id)?.map(|snapshot| snapshot.state);
                if matches!(kept, Some(SnapshotState::Applying | SnapshotState::Held)) {
                    return Ok(0);
                }
                Ok(db::snapshot_rows::discard(tx, id, limit)?)
            })
            .await?;
        total += count;
        if count < CHUNK {
            return Ok(total);
        }
    }
}

/// Discards the rows of snapshots that never came about, because a process died, and of those that were decided against.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn purge_rows(ctx: &Ctx) -> Result<usize, ServiceError> {
    let before = first_id_at(ctx.app.clock.now() - LEFT_BEHIND);
    let mut total = 0;
    loop {
        let found = ctx
            .read(Action::Operate, move |connection| {
                Ok(db::snapshot_rows::left_behind(connection, before)?)
            })
            .await?;
        match found {
            Some(id) => total += discard(ctx, id).await?,
            None => return Ok(total),
        }
    }
}

/// Ids begin with the milliseconds at which they are made (RFC 9562 §5.7): none made then or later is below this one.
fn first_id_at(instant: DateTime<Utc>) -> SnapshotId {
    let millis = u128::try_from(instant.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128((millis << 80) | (0x7 << 76) | (0x8 << 60)).into()
}
