//! `/v1/sources/{source}/missing`: employments that complete snapshots leave out.

use crate::domain::ids::EmploymentId;
use crate::domain::text::SourceName;
use crate::services::snapshots::{self, Missing};
use crate::web::api::employments::EmploymentOut;
use crate::web::auth::Caller;
use crate::web::etag::respond_with_record;
use crate::web::extract::{Body, IfMatch, ListQuery, PathId};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An employment that the last complete snapshot lacks although it goes on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "employment_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "external_id": "100234-1",
    "missing_since": "2026-11-23T01:00:00Z",
    "snapshots": 2
})))]
pub struct MissingOut {
    /// Our id of the employment.
    #[schema(value_type = uuid::Uuid)]
    employment_id: EmploymentId,
    /// What the source calls it.
    #[schema(max_length = 128)]
    external_id: String,
    /// The instant that the first complete snapshot without it shows.
    missing_since: DateTime<Utc>,
    /// How many complete snapshots in a row lack it.
    #[schema(minimum = 1)]
    snapshots: i32,
}

impl From<Missing> for MissingOut {
    fn from(missing: Missing) -> Self {
        Self {
            employment_id: missing.employment_id,
            external_id: missing.external_id.as_str().to_owned(),
            missing_since: missing.since,
            snapshots: missing.snapshots,
        }
    }
}

/// The list has no filters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingParams {}

/// List the employments that a source no longer mentions
///
/// Absence is no end: an employment that a complete snapshot lacks stays as it is. Ask the source about it. It leaves this
/// list when a snapshot has it again.
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/missing",
    tag = "HR",
    operation_id = "missing_employments_list",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        PageParams,
    ),
    responses((status = 200, description = "One page", body = PageOut<MissingOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    source: PathId<SourceName>,
    query: ListQuery<MissingParams>,
) -> Result<HttpResponse, Problem> {
    let page = snapshots::missing(&caller, source.0, query.page(&request)?).await?;
    query.respond(&request, page.map(MissingOut::from))
}

/// The day on which it was over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"end_date": "2026-11-30"})))]
pub struct MissingEndIn {
    /// The last day, inclusive.
    end_date: NaiveDate,
}

/// End an employment that its source no longer mentions
///
/// For an operator who has found out that it is over. Two complete snapshots in a row must lack it. Its case follows, and
/// what the source says about it later counts again. `If-Match` takes the tag of the employment.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/missing/{id}/end",
    tag = "HR",
    operation_id = "missing_employments_end",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        ("id" = uuid::Uuid, Path, description = "Our id of the employment"),
        IfMatch,
    ),
    request_body = MissingEndIn,
    responses((status = 200, description = "The employment as it is now", body = EmploymentOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn end(
    caller: Caller,
    path: PathId<(SourceName, EmploymentId)>,
    if_match: IfMatch,
    body: Body<MissingEndIn>,
) -> Result<HttpResponse, Problem> {
    let ended = snapshots::end_missing(&caller, path.0, if_match.0, body.value.end_date).await?;
    Ok(respond_with_record(
        ended.meta.version,
        &EmploymentOut::from(&ended),
    ))
}
