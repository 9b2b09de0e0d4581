//! `/v1/employments`: read only. They change through the documents of their sources.

use crate::domain::employment::{
    Employment, EmploymentKind, EmploymentState, EmploymentVersion, EndKind, Leave,
};
use crate::domain::ids::{EmploymentId, LegalEntityId, PersonId, UnitId};
use crate::domain::text::SourceName;
use crate::services::employments::{self, EmploymentFilter};
use crate::web::auth::Caller;
use crate::web::etag::respond_with_etag;
use crate::web::extract::{IfNoneMatch, ListQuery, PathId};
use crate::web::page::{PageOut, PageParams, whole};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One employment, mandate or contract, as it was last delivered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "source": "hr",
    "external_id": "100234-1",
    "person_id": "01939e5c-5b6a-7c1e-8f00-0242ac120004",
    "unit_id": "01939e5c-5b6a-7c1e-8f00-0242ac120003",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "manager_id": "01939e5c-5b6a-7c1e-8f00-0242ac120006",
    "person_external_id": "p-1001",
    "unit": "VO-12",
    "manager_external_id": "p-77",
    "kind": "employee",
    "state": "active",
    "start_date": "2020-01-01",
    "end_date": "2026-12-31",
    "last_working_day": "2026-12-18",
    "end_kind": "ordinary",
    "leave": [{"from": "2026-03-01", "to": "2026-08-31"}],
    "sequence": 7,
    "occurred_at": "2026-11-20T08:15:00Z",
    "version": 2,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct EmploymentOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: EmploymentId,
    /// The source that delivers it.
    #[schema(max_length = 40)]
    source: String,
    /// What the source calls it.
    #[schema(max_length = 128)]
    external_id: String,
    /// Whose it is.
    #[schema(value_type = uuid::Uuid)]
    person_id: PersonId,
    /// Where.
    #[schema(value_type = uuid::Uuid)]
    unit_id: UnitId,
    /// The employer.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The manager.
    #[schema(value_type = Option<uuid::Uuid>)]
    manager_id: Option<PersonId>,
    /// The source's id of the person.
    #[schema(max_length = 128)]
    person_external_id: String,
    /// The source's id of the unit.
    #[schema(max_length = 128)]
    unit: String,
    /// The source's id of the manager.
    #[schema(max_length = 128)]
    manager_external_id: Option<String>,
    /// What kind of employment it is.
    kind: EmploymentKind,
    /// Whether it counts.
    state: EmploymentState,
    /// The first day.
    start_date: NaiveDate,
    /// The last day, inclusive; null while it is open-ended.
    end_date: Option<NaiveDate>,
    /// The last day at work, when that is earlier.
    last_working_day: Option<NaiveDate>,
    /// How it ends.
    end_kind: EndKind,
    /// The leaves of absence that are known, in order.
    leave: Vec<LeaveOut>,
    /// Rises with every version in the source.
    sequence: i64,
    /// When what the last document tells happened in the source.
    occurred_at: Option<DateTime<Utc>>,
    /// Rises with each change here.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was first delivered.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// A leave of absence.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaveOut {
    /// The first day.
    from: NaiveDate,
    /// The last day, inclusive; null while it is open.
    to: Option<NaiveDate>,
}

impl From<&Leave> for LeaveOut {
    fn from(leave: &Leave) -> Self {
        Self {
            from: leave.from,
            to: leave.to,
        }
    }
}

/// Which employments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EmploymentParams {
    /// Only of this person.
    #[param(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
    /// Only in this unit itself.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only those that this person leads.
    #[param(value_type = Option<uuid::Uuid>)]
    manager_id: Option<PersonId>,
    /// Only those that this source delivers.
    #[param(value_type = Option<String>, min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$")]
    source: Option<SourceName>,
    /// Only those that end on this day or later.
    ends_from: Option<NaiveDate>,
    /// Only those that end on this day or earlier.
    ends_to: Option<NaiveDate>,
}

impl From<&EmploymentParams> for EmploymentFilter {
    fn from(params: &EmploymentParams) -> Self {
        Self {
            person_id: params.person_id,
            unit_id: params.unit_id,
            manager_id: params.manager_id,
            source: params.source.clone(),
            ends_from: params.ends_from,
            ends_to: params.ends_to,
        }
    }
}

impl From<&Employment> for EmploymentOut {
    fn from(employment: &Employment) -> Self {
        let document = &employment.document;
        let manager = document.manager.as_ref();
        Self {
            id: employment.id,
            source: employment.source.to_string(),
            external_id: employment.external_id.as_str().to_owned(),
            person_id: employment.person_id,
            unit_id: employment.unit_id,
            legal_entity_id: employment.legal_entity_id,
            manager_id: employment.manager_id,
            person_external_id: document.person.external_id.as_str().to_owned(),
            unit: document.unit.as_str().to_owned(),
            manager_external_id: manager.map(|manager| manager.external_id.as_str().to_owned()),
            kind: document.kind,
            state: document.state,
            start_date: document.start_date,
            end_date: document.end_date,
            last_working_day: document.last_working_day,
            end_kind: document.end_kind,
            leave: document.leave.iter().map(LeaveOut::from).collect(),
            sequence: document.sequence,
            occurred_at: document.occurred_at,
            version: employment.meta.version,
            created_at: employment.meta.created_at,
            updated_at: employment.meta.updated_at,
        }
    }
}

/// List employments
#[utoipa::path(
    get,
    path = "/v1/employments",
    tag = "Organisation",
    operation_id = "employments_list",
    params(EmploymentParams, PageParams),
    responses((status = 200, description = "One page, the first delivered first", body = PageOut<EmploymentOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<EmploymentParams>,
) -> Result<HttpResponse, Problem> {
    let page = employments::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(|employment| EmploymentOut::from(&employment)))
}

/// Read an employment
#[utoipa::path(
    get,
    path = "/v1/employments/{id}",
    tag = "Organisation",
    operation_id = "employments_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The employment", body = EmploymentOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<EmploymentId>,
) -> Result<HttpResponse, Problem> {
    let employment = employments::get(&caller, id.0).await?;
    respond_with_etag(
        &request,
        employment.meta.version,
        &EmploymentOut::from(&employment),
    )
}

/// What was delivered of an employment at one time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "version": 2,
    "recorded_at": "2026-11-23T08:00:00Z",
    "occurred_at": "2026-11-20T08:15:00Z",
    "sequence": 42,
    "kind": "employee",
    "state": "active",
    "unit": "VO-12",
    "person_external_id": "p-1001",
    "manager_external_id": "p-77",
    "start_date": "2020-08-01",
    "end_date": "2026-12-31",
    "last_working_day": null,
    "end_kind": "ordinary",
    "leave": []
})))]
pub struct EmploymentVersionOut {
    /// Which, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// When we learned it.
    recorded_at: DateTime<Utc>,
    /// When it happened in the source.
    occurred_at: Option<DateTime<Utc>>,
    /// Its place among the documents of the source.
    #[schema(minimum = 0)]
    sequence: i64,
    /// What kind of employment it was.
    kind: EmploymentKind,
    /// Whether it counted.
    state: EmploymentState,
    /// The source's id of the unit.
    #[schema(max_length = 128)]
    unit: String,
    /// The source's id of the person.
    #[schema(max_length = 128)]
    person_external_id: String,
    /// The source's id of the manager.
    #[schema(max_length = 128)]
    manager_external_id: Option<String>,
    /// The first day.
    start_date: NaiveDate,
    /// The last day, inclusive; null while it was open-ended.
    end_date: Option<NaiveDate>,
    /// The last day at work, when that was earlier.
    last_working_day: Option<NaiveDate>,
    /// How it ended.
    end_kind: EndKind,
    /// The leaves of absence that were known.
    leave: Vec<LeaveOut>,
}

impl From<&EmploymentVersion> for EmploymentVersionOut {
    fn from(version: &EmploymentVersion) -> Self {
        let document = &version.document;
        let manager = document.manager.as_ref();
        Self {
            version: version.version,
            recorded_at: version.recorded_at,
            occurred_at: document.occurred_at,
            sequence: document.sequence,
            kind: document.kind,
            state: document.state,
            unit: document.unit.as_str().to_owned(),
            person_external_id: document.person.external_id.as_str().to_owned(),
            manager_external_id: manager.map(|manager| manager.external_id.as_str().to_owned()),
            start_date: document.start_date,
            end_date: document.end_date,
            last_working_day: document.last_working_day,
            end_kind: document.end_kind,
            leave: document.leave.iter().map(LeaveOut::from).collect(),
        }
    }
}

/// List the versions of an employment
///
/// What was known and since when: every document that was applied, the newest first, at most 200 of them.
#[utoipa::path(
    get,
    path = "/v1/employments/{id}/versions",
    tag = "Organisation",
    operation_id = "employments_list_versions",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 200, description = "The versions", body = PageOut<EmploymentVersionOut>))
)]
pub async fn versions(
    request: HttpRequest,
    caller: Caller,
    id: PathId<EmploymentId>,
) -> Result<HttpResponse, Problem> {
    let versions = employments::versions(&caller, id.0).await?;
    whole(
        &request,
        versions.iter().map(EmploymentVersionOut::from).collect(),
    )
}
