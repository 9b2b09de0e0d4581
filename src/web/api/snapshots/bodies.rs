//! What is said of snapshots, both ways.

use crate::domain::employment::{EmploymentKind, EmploymentState, EndKind};
use crate::domain::language::Language;
use crate::domain::snapshot::{HoldReason, Snapshot, SnapshotState};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// What stands between the cells of a CSV file.
    pub enum DelimiterWord {
        /// `,`
        Comma = "comma",
        /// `;`
        Semicolon = "semicolon",
    }
}

/// What a CSV file is. A body in JSON says it itself.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SnapshotParams {
    /// CSV only: what the source calls the snapshot; its own for each. The same file under the same name is the same
    /// snapshot.
    #[param(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    pub(super) snapshot_id: Option<String>,
    /// CSV only: the instant that the file shows, such as `2026-11-23T02:00:00+01:00`; without an offset it is read where
    /// the source is at home.
    #[param(min_length = 16, max_length = 40)]
    pub(super) as_of: Option<String>,
    /// CSV only: whether the file has every employment of the source. Then those that it lacks are listed as missing.
    pub(super) complete: Option<bool>,
    /// CSV only: what stands between the cells. Left out, it is found in the first line.
    #[param(inline)]
    pub(super) delimiter: Option<DelimiterWord>,
}

/// A person in a row.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the description of what the service reads as it comes")]
pub struct RowPerson {
    /// The source's id of the person. Never a personal identity number.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    external_id: String,
    /// Their name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Their e-mail address at work.
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// The language that they are written to in.
    language: Option<Language>,
}

/// A manager in a row.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the description of what the service reads as it comes")]
pub struct RowManager {
    /// The source's id of the manager.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    external_id: String,
    /// Their name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Their e-mail address at work.
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
}

/// One employment: as its document, without a sequence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the description of what the service reads as it comes")]
pub struct SnapshotRowIn {
    /// The source's id of the employment.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    external_id: String,
    /// Who is employed.
    person: RowPerson,
    /// What kind of employment it is.
    kind: EmploymentKind,
    /// The source's id of the unit.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    unit: String,
    /// The nearest manager; null or left out where there is none.
    manager: Option<RowManager>,
    /// `void` for an employment that should never have existed; `active` where it is left out.
    state: Option<EmploymentState>,
    /// The first day.
    start_date: NaiveDate,
    /// The last day, inclusive. Must be there: null says that the employment is open-ended.
    #[schema(required = true, nullable = true)]
    end_date: Option<NaiveDate>,
    /// The last day at work, when that is earlier.
    last_working_day: Option<NaiveDate>,
    /// How it ends; `ordinary` where it is left out.
    end_kind: Option<EndKind>,
    /// The first day of the leave that is under way or comes next.
    leave_from: Option<NaiveDate>,
    /// Its last day, inclusive; left out while it is open.
    leave_to: Option<NaiveDate>,
}

/// A snapshot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the description of what the service reads as it comes")]
#[schema(examples(json!({
    "snapshot_id": "2026-11-23",
    "as_of": "2026-11-23T02:00:00+01:00",
    "complete": true,
    "rows": [{
        "external_id": "e-5001",
        "person": {"external_id": "p-1001", "name": "Alva Exempel", "email": "alva.exempel@exempelkommunen.example"},
        "kind": "employee",
        "unit": "VO-12",
        "manager": {"external_id": "p-77"},
        "start_date": "2020-08-01",
        "end_date": null
    }]
})))]
pub struct SnapshotIn {
    /// What the source calls the snapshot; its own for each. The same file under the same name is the same snapshot.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    snapshot_id: String,
    /// The instant that it shows; without an offset it is read where the source is at home.
    #[schema(min_length = 16, max_length = 40)]
    as_of: String,
    /// Whether it has every employment of the source. Then those that it lacks are listed as missing.
    complete: bool,
    /// The employments.
    #[schema(min_items = 1, max_items = 200_000)]
    rows: Vec<SnapshotRowIn>,
}

/// A snapshot and what has become of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "snapshot_id": "2026-11-23",
    "source": "hr",
    "as_of": "2026-11-23T01:00:00Z",
    "complete": true,
    "state": "held",
    "hold_reasons": ["row_drop"],
    "rows": 412,
    "previous_rows": 20113,
    "created": 0,
    "changed": 3,
    "unchanged": 409,
    "new_ends": 2,
    "missing": 19701,
    "applied": 0,
    "refused": 0,
    "sequence": null,
    "decision_reason": null,
    "received_at": "2026-11-23T01:12:00Z",
    "finished_at": null,
    "version": 1
})))]
pub struct SnapshotOut {
    /// What the source calls it.
    #[schema(max_length = 128)]
    snapshot_id: String,
    /// Who delivered it.
    #[schema(max_length = 40)]
    source: String,
    /// The instant that it shows.
    as_of: DateTime<Utc>,
    /// Whether it has every employment of the source.
    complete: bool,
    /// `applying`: its rows are being applied. `applied`: they are. `held`: it looks wrong as a whole, nothing of it was
    /// used, and somebody has to decide. `rejected`: somebody decided against it. `stale`: a newer one was applied before.
    state: SnapshotState,
    /// Why it is or was held.
    #[schema(max_items = 2)]
    hold_reasons: Vec<HoldReason>,
    /// Rows in all.
    #[schema(minimum = 0)]
    rows: i64,
    /// Rows of the complete snapshot that was applied before.
    previous_rows: Option<i64>,
    /// Rows of employments that were not known.
    #[schema(minimum = 0)]
    created: i64,
    /// Rows of employments that were known otherwise.
    #[schema(minimum = 0)]
    changed: i64,
    /// Rows that say what was known. They need nothing to be done.
    #[schema(minimum = 0)]
    unchanged: i64,
    /// Rows that end an employment, as far as was told for the first time.
    #[schema(minimum = 0)]
    new_ends: i64,
    /// Employments that a complete snapshot lacks although they go on. They are listed, and nothing ends.
    #[schema(minimum = 0)]
    missing: i64,
    /// Of `created` and `changed`: applied so far.
    #[schema(minimum = 0)]
    applied: i64,
    /// Of `created` and `changed`: kept as unmatched so far.
    #[schema(minimum = 0)]
    refused: i64,
    /// The sequence of its documents, once it is accepted.
    sequence: Option<i64>,
    /// Why somebody decided as they did.
    #[schema(max_length = 500)]
    decision_reason: Option<String>,
    /// When it arrived.
    received_at: DateTime<Utc>,
    /// When it was applied, rejected or found stale.
    finished_at: Option<DateTime<Utc>>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
}

impl From<&Snapshot> for SnapshotOut {
    fn from(snapshot: &Snapshot) -> Self {
        let counts = snapshot.counts;
        Self {
            snapshot_id: snapshot.name.as_str().to_owned(),
            source: snapshot.source.to_string(),
            as_of: snapshot.as_of,
            complete: snapshot.complete,
            state: snapshot.state,
            hold_reasons: snapshot.hold_reasons.clone(),
            rows: counts.rows,
            previous_rows: counts.previous_rows,
            created: counts.created,
            changed: counts.changed,
            unchanged: counts.unchanged,
            new_ends: counts.new_ends,
            missing: counts.missing,
            applied: counts.applied,
            refused: counts.refused,
            sequence: snapshot.sequence,
            decision_reason: snapshot.decision_reason.clone(),
            received_at: snapshot.meta.created_at,
            finished_at: snapshot.finished_at,
            version: snapshot.meta.version,
        }
    }
}
