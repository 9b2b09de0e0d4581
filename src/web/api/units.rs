//! `/v1/units`.

use super::external_reference::ExternalReference;
use super::unit_mergers::MergerOut;
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::text::clean_line;
use crate::domain::unit::Unit;
use crate::services::units::{self, NewUnit, UnitFilter, UnitPatch};
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
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A new unit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "name": "Hemtjänsten norr",
    "external": {"source": "hr", "external_id": "4711"}
})))]
pub struct UnitIn {
    /// The legal entity that it belongs to, for good.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The unit above it, of the same legal entity.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    parent_id: Option<UnitId>,
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What a source calls it, so that the source's documents find it.
    #[serde(default)]
    external: Option<ExternalReference>,
    /// The telephony coordinator. Without one, that of the nearest unit above counts.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"name": "Hemtjänsten norr", "coordinator_id": null})))]
pub struct UnitChange {
    /// The unit above it, of the same legal entity; null puts it at the top.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<uuid::Uuid>)]
    parent_id: Option<Option<UnitId>>,
    /// What people call it.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What a source calls it, so that the source's documents find it; null takes that away, and a document that names
    /// it the old way makes a new unit.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<ExternalReference>)]
    external: Option<Option<ExternalReference>>,
    /// The telephony coordinator; null leaves it to the unit above.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<Option<PersonId>>,
}

/// A unit in the tree under a legal entity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120003",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "parent_id": null,
    "name": "Hemtjänsten norr",
    "external": {"source": "hr", "external_id": "4711"},
    "coordinator_id": null,
    "is_incomplete": false,
    "merger": null,
    "version": 1,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct UnitOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: UnitId,
    /// The legal entity that it belongs to.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The unit above it.
    #[schema(value_type = Option<uuid::Uuid>)]
    parent_id: Option<UnitId>,
    /// What people call it.
    #[schema(max_length = 200)]
    name: String,
    /// What a source calls it.
    external: Option<ExternalReference>,
    /// The telephony coordinator of its own.
    #[schema(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
    /// Whether a document named it and nobody has said more. Any change completes it.
    is_incomplete: bool,
    /// The unit that it becomes part of, or has become part of; null if there is none.
    merger: Option<MergerOut>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which units.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnitParams {
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only directly under this unit.
    #[param(value_type = Option<uuid::Uuid>)]
    parent_id: Option<UnitId>,
    /// Only those that are known by name alone, or only the others.
    is_incomplete: Option<bool>,
    /// Only those that have become part of another, or only the others.
    merged: Option<bool>,
}

impl TryFrom<UnitIn> for NewUnit {
    type Error = ServiceError;

    fn try_from(body: UnitIn) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let name = violations.take("/name", clean_line(&body.name, 200));
        let external = body
            .external
            .and_then(|external| external.parse("/external", &mut violations));
        let made = name.map(|name| Self {
            legal_entity_id: body.legal_entity_id,
            parent_id: body.parent_id,
            name,
            external,
            coordinator_id: body.coordinator_id,
        });
        violations.finish_with(made)
    }
}

impl TryFrom<UnitChange> for UnitPatch {
    type Error = ServiceError;

    fn try_from(body: UnitChange) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let name = violations.take_optional("/name", body.name, |text| clean_line(text, 200));
        let external = body
            .external
            .map(|external| external.and_then(|pair| pair.parse("/external", &mut violations)));
        violations.finish()?;
        Ok(Self {
            parent_id: body.parent_id,
            name,
            external,
            coordinator_id: body.coordinator_id,
        })
    }
}

impl From<&UnitParams> for UnitFilter {
    fn from(params: &UnitParams) -> Self {
        Self {
            legal_entity_id: params.legal_entity_id,
            parent_id: params.parent_id,
            is_incomplete: params.is_incomplete,
            is_merged: params.merged,
        }
    }
}

impl From<&Unit> for UnitOut {
    fn from(unit: &Unit) -> Self {
        Self {
            id: unit.id,
            legal_entity_id: unit.legal_entity_id,
            parent_id: unit.parent_id,
            name: unit.name.clone(),
            external: unit.external.as_ref().map(ExternalReference::from),
            coordinator_id: unit.coordinator_id,
            is_incomplete: unit.is_incomplete,
            merger: unit.merger.map(MergerOut::from),
            version: unit.meta.version,
            created_at: unit.meta.created_at,
            updated_at: unit.meta.updated_at,
        }
    }
}

/// Make a unit
#[utoipa::path(
    post,
    path = "/v1/units",
    tag = "Organisation",
    operation_id = "units_create",
    params(IdempotencyKey),
    request_body = UnitIn,
    responses((status = 201, description = "Made", body = UnitOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<UnitIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |unit: &Unit| {
        created(
            format!("/v1/units/{}", unit.id),
            unit.meta.version,
            &UnitOut::from(unit),
        )
    });
    once.respond(units::create(&caller, once.recorder(), body.value.try_into()?).await)
}

/// List units
#[utoipa::path(
    get,
    path = "/v1/units",
    tag = "Organisation",
    operation_id = "units_list",
    params(UnitParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<UnitOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<UnitParams>,
) -> Result<HttpResponse, Problem> {
    let page = units::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(|unit| UnitOut::from(&unit)))
}

/// Read a unit
#[utoipa::path(
    get,
    path = "/v1/units/{id}",
    tag = "Organisation",
    operation_id = "units_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The unit", body = UnitOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(request: HttpRequest, caller: Caller, id: PathId<UnitId>) -> Result<HttpResponse, Problem> {
    let unit = units::get(&caller, id.0).await?;
    respond_with_etag(&request, unit.meta.version, &UnitOut::from(&unit))
}

/// Change a unit
///
/// Whoever says something about a unit that only a document has named so far, completes it.
#[utoipa::path(
    patch,
    path = "/v1/units/{id}",
    tag = "Organisation",
    operation_id = "units_update",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfMatch),
    request_body = UnitChange,
    responses((status = 200, description = "As it is now", body = UnitOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn update(
    caller: Caller,
    id: PathId<UnitId>,
    if_match: IfMatch,
    body: Body<UnitChange>,
) -> Result<HttpResponse, Problem> {
    let unit = units::update(&caller, id.0, if_match.0, body.value.try_into()?).await?;
    Ok(respond_with_record(unit.meta.version, &UnitOut::from(&unit)))
}
