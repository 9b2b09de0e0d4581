//! `/v1/add-ons` and `/v1/subscriptions/{id}/add-ons`: what subscriptions can do beside their own, and for how long.

use crate::domain::add_on::{AddOn, AddOnEnd, AddOnKind};
use crate::domain::calendar::local_date;
use crate::domain::ids::{AddOnId, LegalEntityId, PersonId, SubscriptionId};
use crate::domain::text::looks_like_personal_number;
use crate::services::add_ons::{self, AddOnFilter, AddOnPatch, NewAddOn};
use crate::web::auth::Caller;
use crate::web::etag::{of_version, respond_with_etag, respond_with_record};
use crate::web::extract::{
    Body, IdempotencyKey, IfMatch, IfNoneMatch, ListQuery, PathId, not_null, nullable,
};
use crate::web::once::{Once, created, json};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// A new add-on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "kind": "roaming_outside_eu",
    "reason": "Studieresa till Norge och Schweiz.",
    "from": "2027-02-01",
    "to": "2027-02-14",
    "cost_ore": 19900,
    "orderer_id": "01939e5c-5b6a-7c1e-8f00-0242ac120004",
    "agreement": "RA-2025-17"
})))]
pub struct AddOnIn {
    /// What it is.
    kind: AddOnKind,
    /// What it is needed for. Never write codes or personal identity numbers.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// Its first day, within ten years of today.
    from: NaiveDate,
    /// Its last day, on which it ends by itself. One without is asked about once a year.
    #[serde(default)]
    to: Option<NaiveDate>,
    /// What it costs in a month, in öre, without value added tax.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000)]
    cost_ore: Option<i64>,
    /// Who ordered it: they are told when it ends by itself.
    #[schema(value_type = uuid::Uuid)]
    orderer_id: PersonId,
    /// What the agreement that it was ordered under is called.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    agreement: Option<String>,
}

/// What is to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"to": "2027-02-28"})))]
pub struct AddOnChange {
    /// What it is needed for.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 500)]
    reason: Option<String>,
    /// Its first day.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    from: Option<NaiveDate>,
    /// Its last day; null lets it go on.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<NaiveDate>)]
    to: Option<Option<NaiveDate>>,
    /// What it costs in a month, in öre, without value added tax; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000_000)]
    cost_ore: Option<Option<i64>>,
    /// Who ordered it.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = uuid::Uuid, nullable = false)]
    orderer_id: Option<PersonId>,
    /// What the agreement is called; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    agreement: Option<Option<String>>,
}

/// What people wrote is not shown in logs.
impl fmt::Debug for AddOnIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddOnIn({})", self.kind)
    }
}

impl fmt::Debug for AddOnChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddOnChange(…)")
    }
}

/// An add-on of a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120009",
    "subscription_id": "01939e5c-5b6a-7c1e-8f00-0242ac120008",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "kind": "roaming_outside_eu",
    "reason": "Studieresa till Norge och Schweiz.",
    "may_hold_personal_number": false,
    "from": "2027-02-01",
    "to": "2027-02-14",
    "cost_ore": 19900,
    "orderer_id": "01939e5c-5b6a-7c1e-8f00-0242ac120004",
    "agreement": "RA-2025-17",
    "needs_review": false,
    "reviewed_on": "2027-02-01",
    "ended_on": null,
    "end_cause": null,
    "version": 1,
    "created_at": "2027-01-18T08:00:00Z",
    "updated_at": "2027-01-18T08:00:00Z"
})))]
pub struct AddOnOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: AddOnId,
    /// The subscription.
    #[schema(value_type = uuid::Uuid)]
    subscription_id: SubscriptionId,
    /// The owner of the subscription.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// What it is.
    kind: AddOnKind,
    /// What it is needed for.
    #[schema(max_length = 500)]
    reason: String,
    /// Whether the reason holds something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// Its first day.
    from: NaiveDate,
    /// Its last day; null if it goes on.
    to: Option<NaiveDate>,
    /// What it costs in a month, in öre, without value added tax; null if nobody has said.
    #[schema(minimum = 0, maximum = 100_000_000)]
    cost_ore: Option<i64>,
    /// Who ordered it.
    #[schema(value_type = uuid::Uuid)]
    orderer_id: PersonId,
    /// What the agreement that it was ordered under is called.
    #[schema(max_length = 100)]
    agreement: Option<String>,
    /// Whether somebody is to say that it is still needed (behövs detta?): it has no end, and nobody has for a year.
    needs_review: bool,
    /// When somebody last said that it is needed; at first the day on which it began or was ordered.
    reviewed_on: NaiveDate,
    /// Its last day, once it has ended.
    ended_on: Option<NaiveDate>,
    /// Why it ended.
    end_cause: Option<AddOnEnd>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was registered.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl AddOnOut {
    fn of(add_on: &AddOn, today: NaiveDate) -> Self {
        let (ended_on, end_cause) = add_on.ended.unzip();
        Self {
            id: add_on.id,
            subscription_id: add_on.subscription_id,
            legal_entity_id: add_on.legal_entity_id,
            kind: add_on.kind,
            reason: add_on.reason.as_str().to_owned(),
            may_hold_personal_number: looks_like_personal_number(add_on.reason.as_str()),
            from: add_on.from,
            to: add_on.to,
            cost_ore: add_on.cost_ore,
            orderer_id: add_on.orderer_id,
            agreement: add_on.agreement.clone(),
            needs_review: add_on.needs_review(today),
            reviewed_on: add_on.reviewed_on,
            ended_on,
            end_cause,
            version: add_on.meta.version,
            created_at: add_on.meta.created_at,
            updated_at: add_on.meta.updated_at,
        }
    }
}

impl From<AddOnIn> for NewAddOn {
    fn from(body: AddOnIn) -> Self {
        Self {
            kind: body.kind,
            reason: body.reason,
            from: body.from,
            to: body.to,
            cost_ore: body.cost_ore,
            orderer_id: body.orderer_id,
            agreement: body.agreement,
        }
    }
}

impl From<AddOnChange> for AddOnPatch {
    fn from(body: AddOnChange) -> Self {
        Self {
            reason: body.reason,
            from: body.from,
            to: body.to,
            cost_ore: body.cost_ore,
            orderer_id: body.orderer_id,
            agreement: body.agreement,
        }
    }
}

/// Which add-ons.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AddOnParams {
    /// Only of subscriptions of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of this kind.
    #[param(inline)]
    kind: Option<AddOnKind>,
    /// Only those that go on, or only those that have ended.
    is_open: Option<bool>,
    /// With `true`, only those about which somebody is to say whether they are still needed (behövs detta?).
    needs_review: Option<bool>,
}

impl AddOnParams {
    fn filter(&self, today: NaiveDate) -> AddOnFilter {
        AddOnFilter {
            subscription_id: None,
            legal_entity_id: self.legal_entity_id,
            kind: self.kind,
            is_open: self.is_open,
            needs_review_on: self.needs_review.filter(|asked| *asked).map(|_| today),
        }
    }
}

fn once(
    (request, caller, key): (&HttpRequest, &Caller, &IdempotencyKey),
    body: &[u8],
    is_new: bool,
) -> Once<AddOn> {
    let today = local_date(caller.app.clock.now());
    Once::new(request, caller, key, body, move |add_on: &AddOn| {
        let out = AddOnOut::of(add_on, today);
        if is_new {
            return created(format!("/v1/add-ons/{}", add_on.id), add_on.meta.version, &out);
        }
        let mut reply = json(StatusCode::OK, &out)?;
        let tag = of_version(add_on.meta.version);
        reply.headers.push(("etag".to_owned(), tag));
        Ok(reply)
    })
}

/// Register an add-on of a subscription
///
/// It ends on its last day, and whoever ordered it is told; at the latest it ends with its subscription. A subscription that
/// has ended takes no new ones.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/{id}/add-ons",
    tag = "Devices",
    operation_id = "add_ons_create",
    params(("id" = uuid::Uuid, Path, description = "The subscription"), IdempotencyKey),
    request_body = AddOnIn,
    responses((status = 201, description = "Registered", body = AddOnOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    id: PathId<SubscriptionId>,
    key: IdempotencyKey,
    body: Body<AddOnIn>,
) -> Result<HttpResponse, Problem> {
    let once = once((&request, &caller, &key), &body.bytes, true);
    once.respond(add_ons::create(&caller, once.recorder(), id.0, body.value.into()).await)
}

/// List the add-ons of a subscription
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}/add-ons",
    tag = "Devices",
    operation_id = "add_ons_list_of_subscription",
    params(("id" = uuid::Uuid, Path, description = "The subscription"), AddOnParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<AddOnOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list_of_subscription(
    request: HttpRequest,
    caller: Caller,
    id: PathId<SubscriptionId>,
    query: ListQuery<AddOnParams>,
) -> Result<HttpResponse, Problem> {
    let today = local_date(caller.app.clock.now());
    let filter = AddOnFilter {
        subscription_id: Some(id.0),
        ..query.filter.filter(today)
    };
    let page = add_ons::list(&caller, filter, query.page(&request)?).await?;
    query.respond(&request, page.map(|add_on| AddOnOut::of(&add_on, today)))
}

/// List add-ons
#[utoipa::path(
    get,
    path = "/v1/add-ons",
    tag = "Devices",
    operation_id = "add_ons_list",
    params(AddOnParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<AddOnOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<AddOnParams>,
) -> Result<HttpResponse, Problem> {
    let today = local_date(caller.app.clock.now());
    let page = add_ons::list(&caller, query.filter.filter(today), query.page(&request)?).await?;
    query.respond(&request, page.map(|add_on| AddOnOut::of(&add_on, today)))
}

/// Read an add-on
#[utoipa::path(
    get,
    path = "/v1/add-ons/{id}",
    tag = "Devices",
    operation_id = "add_ons_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The add-on", body = AddOnOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(request: HttpRequest, caller: Caller, id: PathId<AddOnId>) -> Result<HttpResponse, Problem> {
    let add_on = add_ons::get(&caller, id.0).await?;
    let today = local_date(caller.app.clock.now());
    respond_with_etag(&request, add_on.meta.version, &AddOnOut::of(&add_on, today))
}

/// Change an add-on
#[utoipa::path(
    patch,
    path = "/v1/add-ons/{id}",
    tag = "Devices",
    operation_id = "add_ons_update",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfMatch),
    request_body = AddOnChange,
    responses((status = 200, description = "As it is now", body = AddOnOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn update(
    caller: Caller,
    id: PathId<AddOnId>,
    if_match: IfMatch,
    body: Body<AddOnChange>,
) -> Result<HttpResponse, Problem> {
    let add_on = add_ons::update(&caller, id.0, if_match.0, body.value.into()).await?;
    let today = local_date(caller.app.clock.now());
    Ok(respond_with_record(
        add_on.meta.version,
        &AddOnOut::of(&add_on, today),
    ))
}

/// End an add-on today
///
/// One that is to end on another day has that day as `to` instead.
#[utoipa::path(
    post,
    path = "/v1/add-ons/{id}/end",
    tag = "Devices",
    operation_id = "add_ons_end",
    params(("id" = uuid::Uuid, Path, description = "The add-on"), IdempotencyKey),
    responses((status = 200, description = "As it is now", body = AddOnOut, headers(
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn end(
    request: HttpRequest,
    caller: Caller,
    id: PathId<AddOnId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let once = once((&request, &caller, &key), &[], false);
    once.respond(add_ons::end(&caller, once.recorder(), id.0).await)
}
