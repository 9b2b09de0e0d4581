//! `/v1/worklist`: what somebody has to look at.

use super::terminations::bodies::TerminationOut;
use crate::domain::worklist::Worklist;
use crate::services::worklist;
use crate::web::auth::Caller;
use crate::web::extract::ListQuery;
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which work.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorklistParams {
    /// Which work; `unowned` if nothing is said.
    #[serde(default)]
    #[param(inline)]
    filter: Worklist,
}

/// List what somebody has to look at
#[utoipa::path(
    get,
    path = "/v1/worklist",
    tag = "Terminations",
    operation_id = "worklist_list",
    params(WorklistParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<TerminationOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<WorklistParams>,
) -> Result<HttpResponse, Problem> {
    let page = query.page(&request)?;
    let found = worklist::list(&caller, query.filter.filter, page).await?;
    query.respond(&request, found.map(|record| TerminationOut::from(&record)))
}
