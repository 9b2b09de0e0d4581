//! `/v1/sources/{source}/snapshots`: files with everything that a source knows at one instant.

pub mod bodies;

use crate::domain::once::Reply;
use crate::domain::snapshot::{Snapshot, SnapshotState};
use crate::domain::text::{ExternalId, REASON_MAX_CHARS, SourceName, clean_text};
use crate::services::Violations;
use crate::services::snapshots::{self, Arrival, AsOf, Charset, Delimiter, Format, Label, SnapshotFilter};
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
use bodies::{DelimiterWord, SnapshotIn, SnapshotOut, SnapshotParams};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

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
