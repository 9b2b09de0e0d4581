//! `/v1/legal-entities`.

use crate::domain::ids::{LegalEntityId, PersonId};
use crate::domain::language::Language;
use crate::domain::organisation::{LegalEntity, LegalEntityKind};
use crate::domain::text::OrgNumber;
use crate::domain::wipe::{WipeLevel, WipePolicy};
use crate::services::legal_entities::{self, LegalEntityPatch, NewLegalEntity};
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

/// A new legal entity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"name": "Socialnämnden", "kind": "authority", "language": "sv"})))]
pub struct LegalEntityIn {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// A nämnd or a company.
    kind: LegalEntityKind,
    /// Its organisation number. Unique: of authorities that share one, give it to one of them.
    #[serde(default)]
    #[schema(max_length = 11, pattern = "^[0-9]{6}-?[0-9]{4}$")]
    org_number: Option<String>,
    /// The language its people are written to in, unless they have chosen.
    #[serde(default)]
    #[schema(default = "sv")]
    language: Language,
    /// Which proof of a wipe is enough.
    #[serde(default)]
    wipe_policy: WipePolicyIn,
    /// Who takes devices back from elected representatives: somebody at the chancery. Their managers do, if nobody is
    /// named.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    chancery_id: Option<PersonId>,
}

/// Which proof of a wipe is enough, by class of data. What is left out stays as it is; at first it is `attested` and
/// `verified`.
///
/// It counts for the cases that are opened from then on: what was asked for in a case stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WipePolicyIn {
    /// For ordinary data: `attested` or more.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    standard: Option<WipeLevel>,
    /// For data under secrecy: no less than for ordinary data.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    secrecy: Option<WipeLevel>,
}

/// Which proof of a wipe is enough, by class of data.
#[derive(Debug, Serialize, ToSchema)]
pub struct WipePolicyOut {
    /// For ordinary data.
    standard: WipeLevel,
    /// For data under secrecy.
    secrecy: WipeLevel,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"name": "Vård- och omsorgsnämnden", "org_number": null})))]
pub struct LegalEntityChange {
    /// What people call it.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Its organisation number; null takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 11, pattern = "^[0-9]{6}-?[0-9]{4}$")]
    org_number: Option<Option<String>>,
    /// The language its people are written to in, unless they have chosen.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    language: Option<Language>,
    /// Which proof of a wipe is enough.
    #[serde(default)]
    wipe_policy: WipePolicyIn,
    /// Who takes devices back from elected representatives; null for their managers. Open cases follow at once.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<uuid::Uuid>)]
    chancery_id: Option<Option<PersonId>>,
    /// Whether holders may buy their devices, at market value and after a decision. At first they may not.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    allows_buy_out: Option<bool>,
    /// After how many days without a return a claim opens. At first it is 30.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 1, maximum = 365)]
    claim_after_days: Option<u16>,
    /// From how many days on a leave of absence opens a case by itself, which asks the manager what becomes of the devices
    /// meanwhile. At first, and with null, none does. Counts for what HR delivers from then on.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 365)]
    absence_case_after_days: Option<Option<u16>>,
    /// For how many days a number that was freed is nobody else's. At first it is 90; 0 keeps none. It counts for numbers
    /// that are freed from then on.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, maximum = 730)]
    number_quarantine_days: Option<u16>,
}

/// A legal entity: a nämnd or a company of the municipal group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "name": "Socialnämnden",
    "kind": "authority",
    "org_number": null,
    "language": "sv",
    "wipe_policy": {"standard": "attested", "secrecy": "verified"},
    "chancery_id": null,
    "allows_buy_out": false,
    "claim_after_days": 30,
    "absence_case_after_days": null,
    "number_quarantine_days": 90,
    "version": 1,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct LegalEntityOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: LegalEntityId,
    /// What people call it.
    #[schema(max_length = 200)]
    name: String,
    /// A nämnd or a company.
    kind: LegalEntityKind,
    /// Its organisation number, written NNNNNN-NNNN.
    #[schema(max_length = 11)]
    org_number: Option<String>,
    /// The language its people are written to in, unless they have chosen.
    language: Language,
    /// Which proof of a wipe is enough for the cases that are opened now.
    wipe_policy: WipePolicyOut,
    /// Who takes devices back from elected representatives; null for their managers.
    #[schema(value_type = Option<uuid::Uuid>)]
    chancery_id: Option<PersonId>,
    /// Whether holders may buy their devices, at market value and after a decision.
    allows_buy_out: bool,
    /// After how many days without a return a claim opens.
    #[schema(minimum = 1, maximum = 365)]
    claim_after_days: u16,
    /// From how many days on a leave opens a case by itself; null for never.
    #[schema(minimum = 1, maximum = 365)]
    absence_case_after_days: Option<u16>,
    /// For how many days a number that was freed is nobody else's.
    #[schema(maximum = 730)]
    number_quarantine_days: u16,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which legal entities.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LegalEntityFilter {
    /// Only of this kind.
    kind: Option<LegalEntityKind>,
}

impl From<LegalEntityIn> for NewLegalEntity {
    fn from(body: LegalEntityIn) -> Self {
        let usual = WipePolicy::default();
        Self {
            name: body.name,
            kind: body.kind,
            org_number: body.org_number,
            language: body.language,
            wipe_policy: WipePolicy {
                standard: body.wipe_policy.standard.unwrap_or(usual.standard),
                secrecy: body.wipe_policy.secrecy.unwrap_or(usual.secrecy),
            },
            chancery_id: body.chancery_id,
        }
    }
}

impl From<LegalEntityChange> for LegalEntityPatch {
    fn from(body: LegalEntityChange) -> Self {
        Self {
            name: body.name,
            org_number: body.org_number,
            language: body.language,
            wipe_standard: body.wipe_policy.standard,
            wipe_secrecy: body.wipe_policy.secrecy,
            chancery_id: body.chancery_id,
            allows_buy_out: body.allows_buy_out,
            claim_after_days: body.claim_after_days,
            absence_case_after_days: body.absence_case_after_days,
            number_quarantine_days: body.number_quarantine_days,
        }
    }
}

impl From<&LegalEntity> for LegalEntityOut {
    fn from(entity: &LegalEntity) -> Self {
        Self {
            id: entity.id,
            name: entity.name.clone(),
            kind: entity.kind,
            org_number: entity.org_number.as_ref().map(OrgNumber::to_string),
            language: entity.language,
            wipe_policy: WipePolicyOut {
                standard: entity.wipe_policy.standard,
                secrecy: entity.wipe_policy.secrecy,
            },
            chancery_id: entity.chancery_id,
            allows_buy_out: entity.allows_buy_out,
            claim_after_days: entity.claim_after_days,
            absence_case_after_days: entity.absence_case_after_days,
            number_quarantine_days: entity.number_quarantine_days,
            version: entity.meta.version,
            created_at: entity.meta.created_at,
            updated_at: entity.meta.updated_at,
        }
    }
}

/// Make a legal entity
#[utoipa::path(
    post,
    path = "/v1/legal-entities",
    tag = "Organisation",
    operation_id = "legal_entities_create",
    params(IdempotencyKey),
    request_body = LegalEntityIn,
    responses((status = 201, description = "Made", body = LegalEntityOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<LegalEntityIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |entity: &LegalEntity| {
        let location = format!("/v1/legal-entities/{}", entity.id);
        created(location, entity.meta.version, &LegalEntityOut::from(entity))
    });
    once.respond(legal_entities::create(&caller, once.recorder(), body.value.into()).await)
}

/// List legal entities
#[utoipa::path(
    get,
    path = "/v1/legal-entities",
    tag = "Organisation",
    operation_id = "legal_entities_list",
    params(LegalEntityFilter, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<LegalEntityOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<LegalEntityFilter>,
) -> Result<HttpResponse, Problem> {
    let page = legal_entities::list(&caller, query.filter.kind, query.page(&request)?).await?;
    query.respond(&request, page.map(|entity| LegalEntityOut::from(&entity)))
}

/// Read a legal entity
#[utoipa::path(
    get,
    path = "/v1/legal-entities/{id}",
    tag = "Organisation",
    operation_id = "legal_entities_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The legal entity", body = LegalEntityOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<LegalEntityId>,
) -> Result<HttpResponse, Problem> {
    let entity = legal_entities::get(&caller, id.0).await?;
    respond_with_etag(&request, entity.meta.version, &LegalEntityOut::from(&entity))
}

/// Change a legal entity
#[utoipa::path(
    patch,
    path = "/v1/legal-entities/{id}",
    tag = "Organisation",
    operation_id = "legal_entities_update",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfMatch),
    request_body = LegalEntityChange,
    responses((status = 200, description = "As it is now", body = LegalEntityOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn update(
    caller: Caller,
    id: PathId<LegalEntityId>,
    if_match: IfMatch,
    body: Body<LegalEntityChange>,
) -> Result<HttpResponse, Problem> {
    let entity = legal_entities::update(&caller, id.0, if_match.0, body.value.into()).await?;
    Ok(respond_with_record(
        entity.meta.version,
        &LegalEntityOut::from(&entity),
    ))
}
