//! `/v1/assignments`.

use crate::domain::assignment::{Assigned, Assignment, AssignmentEnd, HandBack, QuarantineOverride};
use crate::domain::ids::{AssignmentId, DeviceId, EmploymentId, LegalEntityId, SubscriptionId};
use crate::domain::termination::{DecidedBy, Reason};
use crate::domain::text::{REASON_MAX_CHARS, clean_line, clean_text, looks_like_personal_number};
use crate::services::assignments::{self, AssignmentFilter, NewAssignment};
use crate::services::{ServiceError, Violations};
use crate::web::auth::Caller;
use crate::web::etag::{of_version, respond_with_etag};
use crate::web::extract::{Body, IdempotencyKey, IfMatch, IfNoneMatch, ListQuery, PathId};
use crate::web::once::{Once, created, json};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// How many accessories can go with one hand-out.
const MAX_ACCESSORIES: usize = 20;

/// A hand-out: either a device or a subscription.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "employment_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "device_id": "01939e5c-5b6a-7c1e-8f00-0242ac120007",
    "accessories": ["Laddare", "Skal"]
})))]
pub struct AssignmentIn {
    /// Who gets it.
    #[schema(value_type = uuid::Uuid)]
    employment_id: EmploymentId,
    /// The device, unless it is a subscription. It has to be in stock.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    device_id: Option<DeviceId>,
    /// The subscription, unless it is a device. It has to be available.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    subscription_id: Option<SubscriptionId>,
    /// What is handed out with it, each of 1 to 100 characters. It is asked for when the device comes back.
    #[serde(default)]
    #[schema(max_items = 20)]
    accessories: Vec<String>,
    /// For a number that was somebody else's and is in quarantine: who decided that it is handed out all the same. Without
    /// it that is refused with the code `number_quarantined`.
    #[serde(default)]
    override_quarantine: Option<QuarantineOverrideIn>,
}

/// A decision by somebody who is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineOverrideIn {
    /// Who decided: a name or a function.
    #[schema(min_length = 1, max_length = 200)]
    decided_by: String,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// What people wrote is not shown in logs.
impl fmt::Debug for QuarantineOverrideIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QuarantineOverrideIn(…)")
    }
}

impl QuarantineOverrideIn {
    fn checked(&self, violations: &mut Violations) -> Option<DecidedBy> {
        let by = clean_line(&self.decided_by, 200);
        let by = violations.take("/override_quarantine/decided_by", by)?;
        let reason = clean_text(&self.reason, REASON_MAX_CHARS);
        let reason = violations.take("/override_quarantine/reason", reason)?;
        let (by, reason) = Reason::parse(&by).ok().zip(Reason::parse(&reason).ok())?;
        Some(DecidedBy { by, reason })
    }
}

/// The end of an assignment while the employment goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reason": "returned"})))]
pub struct AssignmentEndIn {
    /// Why.
    reason: HandBack,
}

/// Who has what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120009",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "employment_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "device_id": "01939e5c-5b6a-7c1e-8f00-0242ac120007",
    "subscription_id": null,
    "custody_epoch": 1,
    "accessories": ["Laddare", "Skal"],
    "quarantine_override": null,
    "assigned_at": "2026-11-23T08:00:00Z",
    "ended_at": null,
    "end_reason": null,
    "loan_until": null,
    "version": 1,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct AssignmentOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: AssignmentId,
    /// The owner of what is assigned.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// Who has it.
    #[schema(value_type = uuid::Uuid)]
    employment_id: EmploymentId,
    /// The device, unless it is a subscription.
    #[schema(value_type = Option<uuid::Uuid>)]
    device_id: Option<DeviceId>,
    /// The subscription, unless it is a device.
    #[schema(value_type = Option<uuid::Uuid>)]
    subscription_id: Option<SubscriptionId>,
    /// The device's custody epoch while they have it; 0 for a subscription.
    #[schema(minimum = 0)]
    custody_epoch: i64,
    /// What was handed out with it.
    #[schema(max_items = 20)]
    accessories: Vec<String>,
    /// The decision by which a number was handed out in its quarantine.
    quarantine_override: Option<QuarantineOverrideOut>,
    /// Since when.
    assigned_at: DateTime<Utc>,
    /// Until when; null while it goes on.
    ended_at: Option<DateTime<Utc>>,
    /// Why it ended; null while it goes on.
    end_reason: Option<AssignmentEnd>,
    /// For a loan, such as one during the leave of somebody else: its last day.
    loan_until: Option<NaiveDate>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// A decision by somebody who is named that a number is handed out in its quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuarantineOverrideOut {
    /// Who decided.
    #[schema(max_length = 200)]
    decided_by: String,
    /// Why.
    #[schema(max_length = 500)]
    reason: String,
    /// Whether the reason holds something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// Until when the number was to be nobody else's.
    until: NaiveDate,
}

impl From<&QuarantineOverride> for QuarantineOverrideOut {
    fn from(found: &QuarantineOverride) -> Self {
        let reason = found.decided.reason.as_str();
        Self {
            decided_by: found.decided.by.as_str().to_owned(),
            reason: reason.to_owned(),
            may_hold_personal_number: looks_like_personal_number(reason),
            until: found.until,
        }
    }
}

/// Which assignments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssignmentParams {
    /// Only of this employment.
    #[param(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// Only of this device.
    #[param(value_type = Option<uuid::Uuid>)]
    device_id: Option<DeviceId>,
    /// Only of this subscription.
    #[param(value_type = Option<uuid::Uuid>)]
    subscription_id: Option<SubscriptionId>,
    /// Only those that go on, or only those that have ended.
    is_open: Option<bool>,
}

impl TryFrom<AssignmentIn> for NewAssignment {
    type Error = ServiceError;

    fn try_from(body: AssignmentIn) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let assigned = match (body.device_id, body.subscription_id) {
            (Some(id), None) => Some(Assigned::Device(id)),
            (None, Some(id)) => Some(Assigned::Subscription(id)),
            (Some(_), Some(_)) | (None, None) => {
                violations.add(
                    "",
                    "device_or_subscription",
                    "Give either device_id or subscription_id. Hand out two things by two requests.",
                );
                None
            }
        };
        if body.accessories.len() > MAX_ACCESSORIES {
            violations.add("/accessories", "too_many", "At most 20 accessories.");
        }
        let accessories =
            violations.take_all("/accessories", &body.accessories, |text| clean_line(text, 100));
        let decided = body.override_quarantine;
        let override_quarantine = decided.and_then(|decided| decided.checked(&mut violations));
        let made = assigned.map(|assigned| Self {
            employment_id: body.employment_id,
            assigned,
            accessories,
            override_quarantine,
        });
        violations.finish_with(made)
    }
}

impl From<&AssignmentParams> for AssignmentFilter {
    fn from(params: &AssignmentParams) -> Self {
        Self {
            employment_id: params.employment_id,
            device_id: params.device_id,
            subscription_id: params.subscription_id,
            is_open: params.is_open,
        }
    }
}

impl From<&Assignment> for AssignmentOut {
    fn from(assignment: &Assignment) -> Self {
        let (device_id, subscription_id) = match assignment.assigned {
            Assigned::Device(id) => (Some(id), None),
            Assigned::Subscription(id) => (None, Some(id)),
        };
        let (ended_at, end_reason) = assignment.ended.unzip();
        Self {
            id: assignment.id,
            legal_entity_id: assignment.legal_entity_id,
            employment_id: assignment.employment_id,
            device_id,
            subscription_id,
            custody_epoch: assignment.custody_epoch,
            accessories: assignment.accessories.clone(),
            quarantine_override: assignment
                .quarantine_override
                .as_ref()
                .map(QuarantineOverrideOut::from),
            assigned_at: assignment.assigned_at,
            ended_at,
            end_reason,
            loan_until: assignment.loan_until,
            version: assignment.meta.version,
            created_at: assignment.meta.created_at,
            updated_at: assignment.meta.updated_at,
        }
    }
}

/// Hand out a device or a subscription
#[utoipa::path(
    post,
    path = "/v1/assignments",
    tag = "Devices",
    operation_id = "assignments_create",
    params(IdempotencyKey),
    request_body = AssignmentIn,
    responses((status = 201, description = "Handed out", body = AssignmentOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<AssignmentIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |assignment: &Assignment| {
        let location = format!("/v1/assignments/{}", assignment.id);
        created(
            location,
            assignment.meta.version,
            &AssignmentOut::from(assignment),
        )
    });
    once.respond(assignments::create(&caller, once.recorder(), body.value.try_into()?).await)
}

/// List assignments
#[utoipa::path(
    get,
    path = "/v1/assignments",
    tag = "Devices",
    operation_id = "assignments_list",
    params(AssignmentParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<AssignmentOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<AssignmentParams>,
) -> Result<HttpResponse, Problem> {
    let page = assignments::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(|assignment| AssignmentOut::from(&assignment)))
}

/// Read an assignment
#[utoipa::path(
    get,
    path = "/v1/assignments/{id}",
    tag = "Devices",
    operation_id = "assignments_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The assignment", body = AssignmentOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<AssignmentId>,
) -> Result<HttpResponse, Problem> {
    let assignment = assignments::get(&caller, id.0).await?;
    respond_with_etag(
        &request,
        assignment.meta.version,
        &AssignmentOut::from(&assignment),
    )
}

/// End an assignment while the employment goes on
///
/// The device or the subscription can then be handed out again. When a termination asks for it, answer the
/// termination's checks instead.
#[utoipa::path(
    post,
    path = "/v1/assignments/{id}/end",
    tag = "Devices",
    operation_id = "assignments_end",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IdempotencyKey, IfMatch),
    request_body = AssignmentEndIn,
    responses((status = 200, description = "As it is now", body = AssignmentOut, headers(
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn end(
    request: HttpRequest,
    caller: Caller,
    id: PathId<AssignmentId>,
    (key, if_match): (IdempotencyKey, IfMatch),
    body: Body<AssignmentEndIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |assignment: &Assignment| {
        let mut reply = json(StatusCode::OK, &AssignmentOut::from(assignment))?;
        reply
            .headers
            .push(("etag".to_owned(), of_version(assignment.meta.version)));
        Ok(reply)
    });
    let ended = assignments::end(&caller, once.recorder(), id.0, if_match.0, body.value.reason).await;
    once.respond(ended)
}
