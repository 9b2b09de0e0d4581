//! `/v1/worklist`: what somebody has to look at.

use super::terminations::bodies::TerminationOut;
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::worklist::{WorkScope, Worklist};
use crate::services::worklist;
use crate::web::auth::Caller;
use crate::web::extract::{ListQuery, Query};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Which work, and whose.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorklistParams {
    /// Which work; `unowned` if nothing is said.
    #[serde(default)]
    #[param(inline)]
    filter: Worklist,
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of people in this unit or in one below it.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only of people in the units that this person coordinates.
    #[param(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
    /// Only cases that this person answers for today.
    #[param(value_type = Option<uuid::Uuid>)]
    receiver_id: Option<PersonId>,
}

/// Whose work.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorklistScopeParams {
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of people in this unit or in one below it.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only of people in the units that this person coordinates.
    #[param(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
    /// Only cases that this person answers for today.
    #[param(value_type = Option<uuid::Uuid>)]
    receiver_id: Option<PersonId>,
}

/// How many cases need each kind of look. One case may need several.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "unowned": 1, "overdue": 12, "due_soon": 7, "contradicted": 0, "breach_due": 0, "held": 2, "waiting_for_mdm": 3,
    "number_transfer": 1, "undelivered_mail": 1
})))]
pub struct WorklistCountsOut {
    /// Nobody answers for them.
    unowned: u64,
    /// The devices were due back before today.
    overdue: u64,
    /// The devices are due back today or within a week.
    due_soon: u64,
    /// Later contact contradicts the wipe of a device.
    contradicted: u64,
    /// A device is gone, and nobody has decided whether that breach of personal data is notified.
    breach_due: u64,
    /// A preservation hold forbids reset and wipe.
    held: u64,
    /// A wipe was ordered, and the MDM has not told yet how it went.
    waiting_for_mdm: u64,
    /// A number is to go to its holder privately, and has not gone.
    number_transfer: u64,
    /// A mail of theirs failed, or has waited for more than an hour.
    undelivered_mail: u64,
}

impl From<&BTreeMap<Worklist, u64>> for WorklistCountsOut {
    fn from(counts: &BTreeMap<Worklist, u64>) -> Self {
        let of = |work: Worklist| counts.get(&work).copied().unwrap_or_default();
        Self {
            unowned: of(Worklist::Unowned),
            overdue: of(Worklist::Overdue),
            due_soon: of(Worklist::DueSoon),
            contradicted: of(Worklist::Contradicted),
            breach_due: of(Worklist::BreachDue),
            held: of(Worklist::Held),
            waiting_for_mdm: of(Worklist::WaitingForMdm),
            number_transfer: of(Worklist::NumberTransfer),
            undelivered_mail: of(Worklist::UndeliveredMail),
        }
    }
}

/// List what somebody has to look at
#[utoipa::path(
    get,
    path = "/v1/worklist",
    tag = "Watching",
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
    let asked = &query.filter;
    let scope = WorkScope {
        legal_entity_id: asked.legal_entity_id,
        unit_id: asked.unit_id,
        coordinator_id: asked.coordinator_id,
        receiver_id: asked.receiver_id,
    };
    let found = worklist::list(&caller, asked.filter, scope, page).await?;
    query.respond(&request, found.map(|record| TerminationOut::from(&record)))
}

/// Count what somebody has to look at
///
/// Each number is that of the rows of the list with this filter.
#[utoipa::path(
    get,
    path = "/v1/worklist/counts",
    tag = "Watching",
    operation_id = "worklist_count",
    params(WorklistScopeParams),
    responses((status = 200, description = "One number for each kind of look", body = WorklistCountsOut))
)]
pub async fn counts(caller: Caller, query: Query<WorklistScopeParams>) -> Result<HttpResponse, Problem> {
    let scope = WorkScope {
        legal_entity_id: query.0.legal_entity_id,
        unit_id: query.0.unit_id,
        coordinator_id: query.0.coordinator_id,
        receiver_id: query.0.receiver_id,
    };
    let counts = worklist::counts(&caller, scope).await?;
    Ok(HttpResponse::Ok().json(WorklistCountsOut::from(&counts)))
}
