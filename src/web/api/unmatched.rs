//! `/v1/sources/{source}/unmatched`: documents that could not be applied and wait for somebody's decision.

use crate::domain::ids::UnmatchedId;
use crate::domain::text::{REASON_MAX_CHARS, SourceName, clean_text};
use crate::domain::unmatched::{Resolution, Unmatched, UnmatchedReason};
use crate::services::Violations;
use crate::services::unmatched::{self, Decision, UnmatchedFilter};
use crate::text_enum;
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{Body, IfMatch, IfNoneMatch, ListQuery, PathId};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// What becomes of a document that could not be applied.
    pub enum ResolutionWord {
        /// It becomes the employment's state.
        Apply = "apply",
        /// It is put aside.
        Dismiss = "dismiss",
    }
}

/// A document that could not be applied.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac12000b",
    "source": "hr",
    "external_id": "e-5001",
    "snapshot_id": null,
    "reason": "sequence_conflict",
    "document": {"person": {"external_id": "p-1001"}, "kind": "employee", "unit": "VO-12", "manager": null,
        "state": "active", "start_date": "2020-08-01", "end_date": "2026-12-31", "last_working_day": null, "sequence": 42,
        "occurred_at": null},
    "resolution": null,
    "note": null,
    "received_at": "2026-11-23T08:00:00Z",
    "resolved_at": null,
    "version": 1
})))]
pub struct UnmatchedOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: UnmatchedId,
    /// Who delivered it.
    #[schema(max_length = 40)]
    source: String,
    /// The source's id of the employment.
    #[schema(max_length = 128)]
    external_id: String,
    /// The snapshot that it came in; null for one that came alone.
    #[schema(max_length = 128)]
    snapshot_id: Option<String>,
    /// Why it could not be applied.
    reason: UnmatchedReason,
    /// The document, as it was delivered.
    #[schema(value_type = Object)]
    document: Value,
    /// What was decided.
    resolution: Option<Resolution>,
    /// Why it was decided so.
    #[schema(max_length = 500)]
    note: Option<String>,
    /// When it arrived.
    received_at: DateTime<Utc>,
    /// When it was decided.
    resolved_at: Option<DateTime<Utc>>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
}

impl TryFrom<&Unmatched> for UnmatchedOut {
    type Error = Problem;

    fn try_from(unmatched: &Unmatched) -> Result<Self, Problem> {
        Ok(Self {
            id: unmatched.id,
            source: unmatched.source.to_string(),
            external_id: unmatched.external_id.as_str().to_owned(),
            snapshot_id: unmatched.snapshot.as_ref().map(|name| name.as_str().to_owned()),
            reason: unmatched.reason,
            document: serde_json::from_str(&unmatched.document)
                .map_err(|_| Problem::internal("a kept document cannot be read"))?,
            resolution: unmatched.resolution,
            note: unmatched.note.clone(),
            received_at: unmatched.meta.created_at,
            resolved_at: unmatched.resolved_at,
            version: unmatched.meta.version,
        })
    }
}

/// Which documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnmatchedParams {
    /// Only those that are decided, or only those that wait.
    is_resolved: Option<bool>,
}

/// List what could not be applied
///
/// People and units that a document names and nobody knows are no reason: they are made, and listed as incomplete at
/// `/v1/people` and `/v1/units`.
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/unmatched",
    tag = "HR",
    operation_id = "unmatched_list",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        UnmatchedParams,
        PageParams,
    ),
    responses((status = 200, description = "One page, the first delivered first", body = PageOut<UnmatchedOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    source: PathId<SourceName>,
    query: ListQuery<UnmatchedParams>,
) -> Result<HttpResponse, Problem> {
    let filter = UnmatchedFilter {
        source: source.0,
        is_resolved: query.filter.is_resolved,
    };
    let page = unmatched::list(&caller, filter, query.page(&request)?).await?;
    let items = page
        .items
        .iter()
        .map(UnmatchedOut::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let page = crate::domain::page::Page {
        items,
        next: page.next,
    };
    query.respond(&request, page)
}

/// Read what could not be applied
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/unmatched/{id}",
    tag = "HR",
    operation_id = "unmatched_get",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        ("id" = uuid::Uuid, Path, description = "Its id"),
        IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The document", body = UnmatchedOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(SourceName, UnmatchedId)>,
) -> Result<HttpResponse, Problem> {
    let (source, id) = path.0;
    let found = unmatched::get(&caller, source, id).await?;
    respond_with_etag(&request, found.meta.version, &UnmatchedOut::try_from(&found)?)
}

/// What somebody decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"resolution": "apply", "note": "HR confirms the later end date."})))]
pub struct UnmatchedResolutionIn {
    /// What becomes of the document.
    resolution: ResolutionWord,
    /// Why. Without names: it is kept.
    #[schema(min_length = 1, max_length = 500)]
    note: String,
}

/// Decide what becomes of it
///
/// `apply` makes the document the employment's state, and its case follows; refused when the source has delivered a newer
/// one since. `dismiss` puts it aside. Either way it stays readable.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/unmatched/{id}/resolution",
    tag = "HR",
    operation_id = "unmatched_resolve",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        ("id" = uuid::Uuid, Path, description = "Its id"),
        IfMatch,
    ),
    request_body = UnmatchedResolutionIn,
    responses((status = 200, description = "As it is now", body = UnmatchedOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn resolve(
    caller: Caller,
    path: PathId<(SourceName, UnmatchedId)>,
    if_match: IfMatch,
    body: Body<UnmatchedResolutionIn>,
) -> Result<HttpResponse, Problem> {
    let mut violations = Violations::default();
    let note = violations.take("/note", clean_text(&body.value.note, REASON_MAX_CHARS));
    let decision = Decision {
        resolution: match body.value.resolution {
            ResolutionWord::Apply => Resolution::Applied,
            ResolutionWord::Dismiss => Resolution::Dismissed,
        },
        note: violations.finish_with(note)?,
    };
    let resolved = unmatched::resolve(&caller, path.0, if_match.0, decision).await?;
    Ok(respond_with_record(
        resolved.meta.version,
        &UnmatchedOut::try_from(&resolved)?,
    ))
}
