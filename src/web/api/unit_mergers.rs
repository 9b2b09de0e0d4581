//! `/v1/units/{id}/merger`: a unit becomes part of another.

use super::units::UnitOut;
use crate::domain::ids::UnitId;
use crate::domain::unit::Merger;
use crate::services::unit_mergers::{self, MergerSaid};
use crate::web::auth::Caller;
use crate::web::etag::respond_with_record;
use crate::web::extract::{Body, IfMatch, PathId, not_null};
use crate::web::problem::Problem;
use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the unit is to become part of, and from when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"into_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005", "effective_on": "2027-03-01"})))]
pub struct MergerIn {
    /// The other unit, of the same legal entity. It is not below this one.
    #[schema(value_type = uuid::Uuid)]
    into_id: UnitId,
    /// The first day on which it counts, from 366 days before today to ten years after; today, if none is said.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    effective_on: Option<NaiveDate>,
}

/// The unit that another becomes part of, or has become part of.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergerOut {
    /// The other unit.
    #[schema(value_type = uuid::Uuid)]
    into_id: UnitId,
    /// The first day on which it counts.
    effective_on: NaiveDate,
    /// When it was carried out; null while it is planned.
    merged_at: Option<DateTime<Utc>>,
}

impl From<Merger> for MergerOut {
    fn from(merger: Merger) -> Self {
        Self {
            into_id: merger.into_id,
            effective_on: merger.effective_on,
            merged_at: merger.merged_at,
        }
    }
}

/// Make a unit part of another
///
/// On the day that is said, or at once if that has come, whoever works in the unit works in the other one, with the cases
/// that are under way, and what is below the unit is below the other. So do shared subscriptions, open tasks and open
/// claims. Employments that were over by then and cases that are closed stay where they were, and the unit keeps its name,
/// under the other one. A document of a source that names the unit means the other one from then on. The desk is told by a
/// change notice (`organisation`). What is planned is replaced; what was carried out is not taken back (`unit_merged`).
#[utoipa::path(
    put,
    path = "/v1/units/{id}/merger",
    tag = "Organisation",
    operation_id = "units_merge",
    params(("id" = uuid::Uuid, Path, description = "The unit"), IfMatch),
    request_body = MergerIn,
    responses((status = 200, description = "The unit as it is now", body = UnitOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn set(
    caller: Caller,
    id: PathId<UnitId>,
    if_match: IfMatch,
    body: Body<MergerIn>,
) -> Result<HttpResponse, Problem> {
    let said = MergerSaid {
        into_id: body.value.into_id,
        effective_on: body.value.effective_on,
    };
    let unit = unit_mergers::plan(&caller, id.0, if_match.0, said).await?;
    Ok(respond_with_record(unit.meta.version, &UnitOut::from(&unit)))
}

/// Take back that a unit becomes part of another
///
/// While it is planned: what was carried out stays (`unit_merged`).
#[utoipa::path(
    delete,
    path = "/v1/units/{id}/merger",
    tag = "Organisation",
    operation_id = "units_withdraw_merger",
    params(("id" = uuid::Uuid, Path, description = "The unit"), IfMatch),
    responses((status = 200, description = "The unit as it is now", body = UnitOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn withdraw(
    caller: Caller,
    id: PathId<UnitId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let unit = unit_mergers::withdraw(&caller, id.0, if_match.0).await?;
    Ok(respond_with_record(unit.meta.version, &UnitOut::from(&unit)))
}
