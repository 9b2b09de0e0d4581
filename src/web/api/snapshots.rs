//! `/v1/sources/{source}/snapshots`: files with everything that a source knows at one instant.

use crate::domain::employment::{EmploymentKind, EmploymentState, EndKind};
use crate::domain::language::Language;
use crate::domain::once::Reply;
use crate::domain::snapshot::{HoldReason, Snapshot, SnapshotState};
use crate::domain::text::{ExternalId, REASON_MAX_CHARS, SourceName, clean_text};
use crate::services::Violations;
use crate::services::snapshots::{self, Arrival, AsOf, Charset, Delimiter, Format, Label, SnapshotFilter};
use crate::text_enum;
use crate::web::auth::Caller;
use crate::web::etag::{self, respond_with_etag, respond_with_record};
use crate::web::extract::{
    Body, IdempotencyKey, IfMatch, IfNoneMatch, ListQuery, MediaType, PathId, Query, Upload,
};
use crate::web::once::{Once, json};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::{Fault, Problem, ProblemType};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
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
    snapshot_id: Option<String>,
    /// CSV only: the instant that the file shows, such as `2026-11-23T02:00:00+01:00`; without an offset it is read where
    /// the source is at home.
    #[param(min_length = 16, max_length = 40)]
    as_of: Option<String>,
    /// CSV only: whether the file has every employment of the source. Then those that it lacks are listed as missing.
    complete: Option<bool>,
    /// CSV only: what stands between the cells. Left out, it is found in the first line.
    #[param(inline)]
    delimiter: Option<DelimiterWord>,
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

/// Deliver a snapshot
///
/// For systems that cannot number the versions of an employment; the `ordering` of the source must be `snapshot`. The file
/// is read as a whole first: if one row is bad, every fault is told with its line and column or its place in the JSON, and
/// nothing is used, not the good rows either. Rows that say what is known need nothing; the others are applied in the
/// background, each like a document of its own, and the address in `Location` tells how far that is. Employments that a
/// complete snapshot lacks are listed at `/v1/sources/{source}/missing`, and nothing ends.
///
/// A snapshot that lacks many rows or ends many employments is held until somebody approves or rejects it as a whole. One
/// that is older than the last applied one is stale and has no effect.
///
/// CSV (RFC 4180) has a first line of column names, separated by comma or semicolon: `external_id`, `person_external_id`,
/// `kind`, `unit`, `start_date` and `end_date` must be there, `person_name`, `person_email`, `person_language`,
/// `manager_external_id`, `manager_name`, `manager_email`, `state`, `last_working_day`, `end_kind`, `leave_from` and
/// `leave_to` may. An empty cell is no value: an empty `end_date` says that the employment is open-ended. UTF-8, with or without a byte order mark, or Windows-1252
/// with `charset=windows-1252` in `Content-Type`.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/snapshots",
    tag = "HR",
    operation_id = "snapshots_create",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        SnapshotParams,
        IdempotencyKey,
    ),
    request_body(content((SnapshotIn = "application/json"), (String = "text/csv"))),
    responses(
        (status = 200, description = "Applied, because there was nothing to do; or stale; or known already", body = SnapshotOut, headers(
            ("Location" = String, description = "Its address"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
        )),
        (status = 202, description = "Accepted and being applied; or held", body = SnapshotOut, headers(
            ("Location" = String, description = "Its address"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
        )),
    )
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    source: PathId<SourceName>,
    key: IdempotencyKey,
    query: Query<SnapshotParams>,
    upload: Upload,
) -> Result<HttpResponse, Problem> {
    let format = format(query.0, upload.media_type)?;
    let once = Once::new(&request, &caller, &key, &upload.digest, render);
    let arrival = Arrival {
        source: source.0,
        file: upload.file,
        format,
        body_hash: upload.digest.to_vec(),
    };
    once.respond(snapshots::receive(&caller, arrival, once.recorder()).await)
}

fn render(snapshot: &Snapshot) -> Result<Reply, Problem> {
    let status = match snapshot.state {
        SnapshotState::Applying | SnapshotState::Held => StatusCode::ACCEPTED,
        SnapshotState::Applied | SnapshotState::Stale | SnapshotState::Rejected => StatusCode::OK,
    };
    let mut reply = json(status, &SnapshotOut::from(snapshot))?;
    let location = format!(
        "/v1/sources/{}/snapshots/{}",
        snapshot.source,
        snapshot.name.as_str()
    );
    reply.headers.push(("location".to_owned(), location));
    let tag = etag::of_version(snapshot.meta.version);
    reply.headers.push(("etag".to_owned(), tag));
    Ok(reply)
}

fn format(params: SnapshotParams, media_type: MediaType) -> Result<Format, Problem> {
    const REQUIRED: &str = "This parameter is required with CSV.";
    let mut faults = Vec::new();
    let mut fault = |name: &'static str, code, detail| faults.push(Fault::parameter(name, code, detail));
    let MediaType::Csv { is_windows_1252 } = media_type else {
        let given = [
            ("snapshot_id", params.snapshot_id.is_some()),
            ("as_of", params.as_of.is_some()),
            ("complete", params.complete.is_some()),
            ("delimiter", params.delimiter.is_some()),
        ];
        for (name, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            fault(name, "not_with_json", "A body in JSON says this itself.");
        }
        return if faults.is_empty() {
            Ok(Format::Json)
        } else {
            Err(refused(faults))
        };
    };
    let name = match params.snapshot_id.as_deref().map(ExternalId::parse) {
        None => {
            fault("snapshot_id", "missing_parameter", REQUIRED);
            None
        }
        Some(Err(error)) => {
            fault("snapshot_id", error.code, error.detail);
            None
        }
        Some(Ok(name)) => Some(name),
    };
    let as_of = params.as_of.as_deref().map(AsOf::parse);
    match as_of {
        None => fault("as_of", "missing_parameter", REQUIRED),
        Some(None) => fault(
            "as_of",
            "not_an_instant",
            "An instant is written 2026-11-23T02:00:00+01:00; in an address, write %2B for the +.",
        ),
        Some(Some(_)) => {}
    }
    if params.complete.is_none() {
        fault("complete", "missing_parameter", REQUIRED);
    }
    let label = match (name, as_of.flatten(), params.complete) {
        (Some(name), Some(as_of), Some(complete)) => Label {
            name,
            as_of,
            complete,
        },
        _ => return Err(refused(faults)),
    };
    Ok(Format::Csv {
        label,
        delimiter: match params.delimiter {
            None => Delimiter::Detected,
            Some(DelimiterWord::Comma) => Delimiter::Comma,
            Some(DelimiterWord::Semicolon) => Delimiter::Semicolon,
        },
        charset: if is_windows_1252 {
            Charset::Windows1252
        } else {
            Charset::Utf8
        },
    })
}

fn refused(faults: Vec<Fault>) -> Problem {
    let problem = Problem::new(ProblemType::ValidationFailed);
    faults.into_iter().fold(problem, Problem::error)
}

/// Which snapshots.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SnapshotListParams {
    /// Only in this state.
    state: Option<SnapshotState>,
}

/// List the snapshots of a source
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/snapshots",
    tag = "HR",
    operation_id = "snapshots_list",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        SnapshotListParams,
        PageParams,
    ),
    responses((status = 200, description = "One page, the first delivered first", body = PageOut<SnapshotOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    source: PathId<SourceName>,
    query: ListQuery<SnapshotListParams>,
) -> Result<HttpResponse, Problem> {
    let filter = SnapshotFilter {
        source: source.0,
        state: query.filter.state,
    };
    let page = snapshots::list(&caller, filter, query.page(&request)?).await?;
    query.respond(&request, page.map(|snapshot| SnapshotOut::from(&snapshot)))
}

/// Read a snapshot
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/snapshots/{snapshot_id}",
    tag = "HR",
    operation_id = "snapshots_get",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        ("snapshot_id" = String, Path, description = "What the source calls it", max_length = 128,
            pattern = "^[A-Za-z0-9._:@-]+$"),
        IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The snapshot", body = SnapshotOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(SourceName, ExternalId)>,
) -> Result<HttpResponse, Problem> {
    let (source, name) = path.0;
    let snapshot = snapshots::get(&caller, source, name).await?;
    respond_with_etag(&request, snapshot.meta.version, &SnapshotOut::from(&snapshot))
}

/// Why somebody decides so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reason": "HR confirms: the school year ends."})))]
pub struct SnapshotDecisionIn {
    /// Why. Without names: it is kept.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

fn reason(body: &SnapshotDecisionIn) -> Result<String, Problem> {
    let mut violations = Violations::default();
    let reason = violations.take("/reason", clean_text(&body.reason, REASON_MAX_CHARS));
    Ok(violations.finish_with(reason)?)
}

/// Approve a held snapshot
///
/// Releases it as a whole: it is compared with what is known by now and applied in the background.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/snapshots/{snapshot_id}/approval",
    tag = "HR",
    operation_id = "snapshots_approve",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        ("snapshot_id" = String, Path, description = "What the source calls it", max_length = 128,
            pattern = "^[A-Za-z0-9._:@-]+$"),
        IfMatch,
    ),
    request_body = SnapshotDecisionIn,
    responses((status = 200, description = "As it is now", body = SnapshotOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn approve(
    caller: Caller,
    path: PathId<(SourceName, ExternalId)>,
    if_match: IfMatch,
    body: Body<SnapshotDecisionIn>,
) -> Result<HttpResponse, Problem> {
    let reason = reason(&body.value)?;
    let snapshot = snapshots::approve(&caller, path.0, if_match.0, reason).await?;
    Ok(respond_with_record(
        snapshot.meta.version,
        &SnapshotOut::from(&snapshot),
    ))
}

/// Reject a held snapshot
///
/// Discards it as a whole. Nothing of it was used.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/snapshots/{snapshot_id}/rejection",
    tag = "HR",
    operation_id = "snapshots_reject",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        ("snapshot_id" = String, Path, description = "What the source calls it", max_length = 128,
            pattern = "^[A-Za-z0-9._:@-]+$"),
        IfMatch,
    ),
    request_body = SnapshotDecisionIn,
    responses((status = 200, description = "As it is now", body = SnapshotOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn reject(
    caller: Caller,
    path: PathId<(SourceName, ExternalId)>,
    if_match: IfMatch,
    body: Body<SnapshotDecisionIn>,
) -> Result<HttpResponse, Problem> {
    let reason = reason(&body.value)?;
    let snapshot = snapshots::reject(&caller, path.0, if_match.0, reason).await?;
    Ok(respond_with_record(
        snapshot.meta.version,
        &SnapshotOut::from(&snapshot),
    ))
}
