//! `/v1/terminations`.

pub mod absence;
pub mod bodies;
pub mod delegate;
pub mod notes;
pub mod numbers;
pub mod outcomes;
pub mod private_address;
pub mod receipt;
pub mod verify;
pub mod work;

use crate::domain::ids::{EmploymentId, LegalEntityId, PersonId, TerminationId};
use crate::domain::termination::{TerminationKind, TerminationState};
use crate::services::terminations::{self, TerminationFilter};
use crate::web::auth::Caller;
use crate::web::etag::respond_with_etag;
use crate::web::extract::{IfNoneMatch, ListQuery, PathId, text_filter};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use bodies::{TerminationDetailOut, TerminationOut};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TerminationParams {
    /// Only in this state.
    state: Option<TerminationState>,
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of this employment.
    #[param(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// Only of this person.
    #[param(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
    /// Only the one with this case number.
    #[serde(default, deserialize_with = "text_filter::<1, 40, _>")]
    #[param(
        min_length = 1,
        max_length = 40,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    number: Option<String>,
    /// Only of this kind.
    kind: Option<TerminationKind>,
    /// Only those with a contradicted wipe, or only those without.
    contradicted: Option<bool>,
    /// Only those under a preservation hold, or only those without.
    held: Option<bool>,
    /// Only those with a breach of personal data that nobody has decided about, or only those without.
    breach_undecided: Option<bool>,
    /// Only those whose devices were due back before this day.
    return_before: Option<NaiveDate>,
}

impl From<&TerminationParams> for TerminationFilter {
    fn from(params: &TerminationParams) -> Self {
        Self {
            state: params.state,
            legal_entity_id: params.legal_entity_id,
            employment_id: params.employment_id,
            person_id: params.person_id,
            number: params.number.clone(),
            kind: params.kind,
            is_contradicted: params.contradicted,
            is_held: params.held,
            is_breach_undecided: params.breach_undecided,
            return_before: params.return_before,
            ..Self::default()
        }
    }
}

/// List terminations
#[utoipa::path(
    get,
    path = "/v1/terminations",
    tag = "Terminations",
    operation_id = "terminations_list",
    params(TerminationParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<TerminationOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<TerminationParams>,
) -> Result<HttpResponse, Problem> {
    let filter = TerminationFilter::from(&query.filter);
    let page = terminations::list(&caller, filter, query.page(&request)?).await?;
    query.respond(&request, page.map(|record| TerminationOut::from(&record)))
}

/// Read a termination
#[utoipa::path(
    get,
    path = "/v1/terminations/{id}",
    tag = "Terminations",
    operation_id = "terminations_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The case with its items and checks", body = TerminationDetailOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<TerminationId>,
) -> Result<HttpResponse, Problem> {
    let view = terminations::get(&caller, id.0).await?;
    respond_with_etag(
        &request,
        view.record.meta.version,
        &TerminationDetailOut::from(&view),
    )
}
