//! `/v1/subscriptions`.

use crate::domain::ids::{LegalEntityId, SubscriptionId, UnitId};
use crate::domain::subscription::SubscriptionStatus;
use crate::domain::text::{PhoneNumber, clean_line};
use crate::services::numbers::SubscriptionView;
use crate::services::subscriptions::{self, NewSubscription, SubscriptionFilter, SubscriptionPatch};
use crate::services::{ServiceError, Violations};
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{
    Body, IdempotencyKey, IfMatch, IfNoneMatch, ListQuery, PathId, not_null, nullable,
};
use crate::web::once::{Once, created};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A new subscription. Nobody uses it yet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "number": "070-174 06 05",
    "operator": "Exempeltele"
})))]
pub struct SubscriptionIn {
    /// The owner, for good.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The number. Without a country code it is Swedish.
    #[schema(min_length = 3, max_length = 40)]
    number: String,
    /// The operator.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    operator: Option<String>,
    /// What it costs in a month, in öre, without value added tax.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000)]
    monthly_cost_ore: Option<i64>,
    /// Whether somebody signs in or recovers an account with the number. Whoever decides about it is warned.
    #[serde(default)]
    is_recovery_number: bool,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"status": "terminated"})))]
pub struct SubscriptionChange {
    /// The number.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 3, max_length = 40)]
    number: Option<String>,
    /// The operator; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    operator: Option<Option<String>>,
    /// What it costs in a month, in öre, without value added tax; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000_000)]
    monthly_cost_ore: Option<Option<i64>>,
    /// Where it is in its life. `assigned` comes and goes with assignments alone, `to_be_transferred` with a decision in a
    /// case. With `terminated` its add-ons end, too.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    status: Option<SubscriptionStatus>,
    /// Whether somebody signs in or recovers an account with the number.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    is_recovery_number: Option<bool>,
}

/// A subscription with its number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120008",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "number": "+46701740605",
    "operator": "Exempeltele",
    "monthly_cost_ore": 24900,
    "status": "available",
    "is_recovery_number": false,
    "quarantined_until": "2027-02-20",
    "ends_on": null,
    "unit_id": null,
    "version": 1,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct SubscriptionOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: SubscriptionId,
    /// The owner.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The number (ITU-T E.164).
    #[schema(max_length = 16)]
    number: String,
    /// The operator.
    #[schema(max_length = 100)]
    operator: Option<String>,
    /// What it costs in a month, in öre, without value added tax; null if nobody has said.
    #[schema(minimum = 0, maximum = 100_000_000)]
    monthly_cost_ore: Option<i64>,
    /// Where it is in its life.
    status: SubscriptionStatus,
    /// Whether somebody signs in or recovers an account with the number.
    is_recovery_number: bool,
    /// The last day on which its number is nobody else's than that of whoever had it; null if it is free or in use.
    quarantined_until: Option<NaiveDate>,
    /// Its last day with the operator; only once it has ended.
    ends_on: Option<NaiveDate>,
    /// The unit that it was moved to, for its next holder there.
    #[schema(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was registered.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which subscriptions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SubscriptionParams {
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only in this state.
    status: Option<SubscriptionStatus>,
    /// Only with this number. In an address, the + of a country code is written %2B.
    #[param(value_type = Option<String>, format = "phone-number", min_length = 3, max_length = 40)]
    number: Option<PhoneNumber>,
}

impl TryFrom<SubscriptionIn> for NewSubscription {
    type Error = ServiceError;

    fn try_from(body: SubscriptionIn) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let number = violations.take("/number", PhoneNumber::parse(&body.number));
        let operator = violations.take_optional("/operator", body.operator, |text| clean_line(text, 100));
        let made = number.map(|number| Self {
            legal_entity_id: body.legal_entity_id,
            number,
            operator,
            monthly_cost_ore: body.monthly_cost_ore,
            is_recovery_number: body.is_recovery_number,
        });
        violations.finish_with(made)
    }
}

impl TryFrom<SubscriptionChange> for SubscriptionPatch {
    type Error = ServiceError;

    fn try_from(body: SubscriptionChange) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let number = violations.take_optional("/number", body.number, PhoneNumber::parse);
        let operator = violations.take_nullable("/operator", body.operator, |text| clean_line(text, 100));
        violations.finish()?;
        Ok(Self {
            number,
            operator,
            monthly_cost_ore: body.monthly_cost_ore,
            status: body.status,
            is_recovery_number: body.is_recovery_number,
        })
    }
}

impl From<&SubscriptionParams> for SubscriptionFilter {
    fn from(params: &SubscriptionParams) -> Self {
        Self {
            legal_entity_id: params.legal_entity_id,
            status: params.status,
            number: params.number.clone(),
        }
    }
}

impl From<&SubscriptionView> for SubscriptionOut {
    fn from(view: &SubscriptionView) -> Self {
        let subscription = &view.subscription;
        Self {
            id: subscription.id,
            legal_entity_id: subscription.legal_entity_id,
            number: subscription.number.as_str().to_owned(),
            operator: subscription.operator.clone(),
            monthly_cost_ore: subscription.monthly_cost_ore,
            status: subscription.status,
            is_recovery_number: subscription.is_recovery_number,
            quarantined_until: view.quarantined_until,
            ends_on: subscription.ends_on,
            unit_id: subscription.unit_id,
            version: subscription.meta.version,
            created_at: subscription.meta.created_at,
            updated_at: subscription.meta.updated_at,
        }
    }
}

/// Register a subscription
#[utoipa::path(
    post,
    path = "/v1/subscriptions",
    tag = "Devices",
    operation_id = "subscriptions_create",
    params(IdempotencyKey),
    request_body = SubscriptionIn,
    responses((status = 201, description = "Registered", body = SubscriptionOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<SubscriptionIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |view: &SubscriptionView| {
        let subscription = &view.subscription;
        let location = format!("/v1/subscriptions/{}", subscription.id);
        created(location, subscription.meta.version, &SubscriptionOut::from(view))
    });
    once.respond(subscriptions::create(&caller, once.recorder(), body.value.try_into()?).await)
}

/// List subscriptions
#[utoipa::path(
    get,
    path = "/v1/subscriptions",
    tag = "Devices",
    operation_id = "subscriptions_list",
    params(SubscriptionParams, PageParams),
    responses((status = 200, description = "One page, the first registered first", body = PageOut<SubscriptionOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<SubscriptionParams>,
) -> Result<HttpResponse, Problem> {
    let page = subscriptions::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(|view| SubscriptionOut::from(&view)))
}

/// Read a subscription
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}",
    tag = "Devices",
    operation_id = "subscriptions_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The subscription", body = SubscriptionOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<SubscriptionId>,
) -> Result<HttpResponse, Problem> {
    let view = subscriptions::get(&caller, id.0).await?;
    respond_with_etag(
        &request,
        view.subscription.meta.version,
        &SubscriptionOut::from(&view),
    )
}

/// Change a subscription
#[utoipa::path(
    patch,
    path = "/v1/subscriptions/{id}",
    tag = "Devices",
    operation_id = "subscriptions_update",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfMatch),
    request_body = SubscriptionChange,
    responses((status = 200, description = "As it is now", body = SubscriptionOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn update(
    caller: Caller,
    id: PathId<SubscriptionId>,
    if_match: IfMatch,
    body: Body<SubscriptionChange>,
) -> Result<HttpResponse, Problem> {
    let view = subscriptions::update(&caller, id.0, if_match.0, body.value.try_into()?).await?;
    Ok(respond_with_record(
        view.subscription.meta.version,
        &SubscriptionOut::from(&view),
    ))
}
