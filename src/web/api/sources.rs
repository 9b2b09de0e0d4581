//! `/v1/sources`.

use crate::domain::ids::LegalEntityId;
use crate::domain::source::{Source, SourceKind};
use crate::domain::text::{SourceName, clean_line};
use crate::services::sources::{self, NewSource, SourcePatch};
use crate::services::{ServiceError, Violations};
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{Body, IdempotencyKey, IfMatch, IfNoneMatch, PathId, not_null};
use crate::web::once::{Once, created};
use crate::web::page::{PageOut, whole};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "name": "hr",
    "kind": "hr",
    "label": "Personalsystemet",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002"
})))]
pub struct SourceIn {
    /// Its name in URLs. It never changes.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$")]
    name: String,
    /// What it knows about.
    kind: SourceKind,
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    label: String,
    /// Where units belong that it names and nobody has registered yet.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"label": "Personalsystemet", "kind": "hr"})))]
pub struct SourceChange {
    /// What it knows about.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    kind: Option<SourceKind>,
    /// What people call it.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    label: Option<String>,
    /// Where units belong from now on that it names and nobody has registered yet.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<uuid::Uuid>, nullable = false)]
    legal_entity_id: Option<LegalEntityId>,
}

/// A system that delivers employment documents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "name": "hr",
    "kind": "hr",
    "label": "Personalsystemet",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "version": 1,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct SourceOut {
    /// Its name in URLs.
    #[schema(max_length = 40)]
    name: String,
    /// What it knows about.
    kind: SourceKind,
    /// What people call it.
    #[schema(max_length = 200)]
    label: String,
    /// Where units belong that it names and nobody has registered yet.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl TryFrom<SourceIn> for NewSource {
    type Error = ServiceError;

    fn try_from(body: SourceIn) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let name = violations.take("/name", SourceName::parse(&body.name));
        let label = violations.take("/label", clean_line(&body.label, 200));
        let made = name.zip(label).map(|(name, label)| Self {
            name,
            kind: body.kind,
            label,
            legal_entity_id: body.legal_entity_id,
        });
        violations.finish_with(made)
    }
}

impl TryFrom<SourceChange> for SourcePatch {
    type Error = ServiceError;

    fn try_from(body: SourceChange) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let label = violations.take_optional("/label", body.label, |text| clean_line(text, 200));
        violations.finish()?;
        Ok(Self {
            kind: body.kind,
            label,
            legal_entity_id: body.legal_entity_id,
        })
    }
}

impl From<&Source> for SourceOut {
    fn from(source: &Source) -> Self {
        Self {
            name: source.name.to_string(),
            kind: source.kind,
            label: source.label.clone(),
            legal_entity_id: source.legal_entity_id,
            version: source.meta.version,
            created_at: source.meta.created_at,
            updated_at: source.meta.updated_at,
        }
    }
}

/// Register a source
#[utoipa::path(
    post,
    path = "/v1/sources",
    tag = "Organisation",
    operation_id = "sources_create",
    params(IdempotencyKey),
    request_body = SourceIn,
    responses((status = 201, description = "Registered", body = SourceOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<SourceIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |source: &Source| {
        let location = format!("/v1/sources/{}", source.name);
        created(location, source.meta.version, &SourceOut::from(source))
    });
    once.respond(sources::create(&caller, once.recorder(), body.value.try_into()?).await)
}

/// List all sources
///
/// There are a handful, so they come in one page, by name.
#[utoipa::path(
    get,
    path = "/v1/sources",
    tag = "Organisation",
    operation_id = "sources_list",
    responses((status = 200, description = "All of them", body = PageOut<SourceOut>))
)]
pub async fn list(request: HttpRequest, caller: Caller) -> Result<HttpResponse, Problem> {
    let sources = sources::list(&caller).await?;
    whole(&request, sources.iter().map(SourceOut::from).collect())
}

/// Read a source
#[utoipa::path(
    get,
    path = "/v1/sources/{name}",
    tag = "Organisation",
    operation_id = "sources_get",
    params(("name" = String, Path, description = "Its name", max_length = 40), IfNoneMatch),
    responses(
        (status = 200, description = "The source", body = SourceOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    name: PathId<SourceName>,
) -> Result<HttpResponse, Problem> {
    let source = sources::get(&caller, name.0).await?;
    respond_with_etag(&request, source.meta.version, &SourceOut::from(&source))
}

/// Change a source
///
/// The name stays: it is part of every key that the source delivers. Units that it has named already stay where they
/// are.
#[utoipa::path(
    patch,
    path = "/v1/sources/{name}",
    tag = "Organisation",
    operation_id = "sources_update",
    params(("name" = String, Path, description = "Its name", max_length = 40), IfMatch),
    request_body = SourceChange,
    responses((status = 200, description = "As it is now", body = SourceOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn update(
    caller: Caller,
    name: PathId<SourceName>,
    if_match: IfMatch,
    body: Body<SourceChange>,
) -> Result<HttpResponse, Problem> {
    let source = sources::update(&caller, name.0, if_match.0, body.value.try_into()?).await?;
    Ok(respond_with_record(
        source.meta.version,
        &SourceOut::from(&source),
    ))
}
