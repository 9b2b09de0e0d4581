//! `/v1/units/{id}/phone-hours`: the hours at which a unit answers its telephones.

use crate::domain::ids::{TaskId, UnitId};
use crate::domain::text::looks_like_personal_number;
use crate::domain::unit::PhoneHours;
use crate::services::phone_hours::{self, HoursSet};
use crate::web::auth::Caller;
use crate::web::extract::{Body, IdempotencyKey, PathId};
use crate::web::once::{Once, json};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Hours from a day on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"hours": "Måndag–fredag 9–15, sommartid till 13.", "valid_from": "2027-03-01"})))]
pub struct PhoneHoursIn {
    /// The hours, in your own words. Never write codes or personal identity numbers.
    #[schema(min_length = 1, max_length = 300)]
    hours: String,
    /// The first day on which they count, within ten years of today. Hours from the same day are replaced.
    valid_from: NaiveDate,
}

/// What people wrote is not shown in logs.
impl fmt::Debug for PhoneHoursIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneHoursIn({})", self.valid_from)
    }
}

/// The hours of a unit from a day on, until others count.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneHoursOut {
    /// The unit.
    #[schema(value_type = uuid::Uuid)]
    unit_id: UnitId,
    /// The hours, in people's own words.
    #[schema(max_length = 300)]
    hours: String,
    /// Whether the hours hold something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// The first day on which they count.
    valid_from: NaiveDate,
    /// When they were set.
    created_at: DateTime<Utc>,
}

/// Hours that were set, and what the desk was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneHoursSetOut {
    /// The hours.
    phone_hours: PhoneHoursOut,
    /// The change notice to the desk; null if the unit had these hours from that day already.
    #[schema(value_type = Option<uuid::Uuid>)]
    notice_id: Option<TaskId>,
    /// Its number: the receipt.
    #[schema(max_length = 20)]
    notice_number: Option<String>,
}

/// The hours that a unit has had and will have.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneHoursListOut {
    /// The newest first.
    #[schema(max_items = 200)]
    items: Vec<PhoneHoursOut>,
}

impl From<&PhoneHours> for PhoneHoursOut {
    fn from(found: &PhoneHours) -> Self {
        Self {
            unit_id: found.unit_id,
            hours: found.hours.clone(),
            may_hold_personal_number: looks_like_personal_number(&found.hours),
            valid_from: found.valid_from,
            created_at: found.created_at,
        }
    }
}

impl From<&HoursSet> for PhoneHoursSetOut {
    fn from(set: &HoursSet) -> Self {
        let (notice_id, notice_number) = set.notice.clone().unzip();
        Self {
            phone_hours: PhoneHoursOut::from(&set.hours),
            notice_id,
            notice_number,
        }
    }
}

/// Set the phone hours of a unit
///
/// The desk is told by a change notice (`phone_hours`) in the same breath; its number is your receipt.
#[utoipa::path(
    post,
    path = "/v1/units/{id}/phone-hours",
    tag = "Organisation",
    operation_id = "phone_hours_set",
    params(("id" = uuid::Uuid, Path, description = "The unit"), IdempotencyKey),
    request_body = PhoneHoursIn,
    responses((status = 200, description = "Set", body = PhoneHoursSetOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn set(
    request: HttpRequest,
    caller: Caller,
    id: PathId<UnitId>,
    key: IdempotencyKey,
    body: Body<PhoneHoursIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |set: &HoursSet| {
        json(StatusCode::OK, &PhoneHoursSetOut::from(set))
    });
    let at = (id.0, body.value.valid_from);
    once.respond(phone_hours::set(&caller, once.recorder(), at, body.value.hours).await)
}

/// List the phone hours of a unit
///
/// Past ones and those to come.
#[utoipa::path(
    get,
    path = "/v1/units/{id}/phone-hours",
    tag = "Organisation",
    operation_id = "phone_hours_list",
    params(("id" = uuid::Uuid, Path, description = "The unit")),
    responses((status = 200, description = "The newest first", body = PhoneHoursListOut))
)]
pub async fn list(caller: Caller, id: PathId<UnitId>) -> Result<HttpResponse, Problem> {
    let found = phone_hours::list(&caller, id.0).await?;
    let items = found.iter().map(PhoneHoursOut::from).collect();
    Ok(HttpResponse::Ok().json(PhoneHoursListOut { items }))
}
