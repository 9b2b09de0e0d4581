//! `/v1/sources`.

use crate::domain::ids::LegalEntityId;
use crate::domain::source::{Source, SourceKind, SourceOrdering, SourceSettings};
use crate::domain::text::{SourceName, TextError, clean_line};
use crate::services::sources::{self, NewSource, SettingsPatch, SourcePatch};
use crate::services::{ServiceError, Violations};
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{Body, IdempotencyKey, IfMatch, IfNoneMatch, PathId, not_null};
use crate::web::once::{Once, created};
use crate::web::page::{PageOut, whole};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The largest count of a limit.
const MOST_ROWS: i32 = 1_000_000;
/// The most dates that mean "until further notice".
const MOST_OPEN_ENDS: usize = 10;

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
    /// Where its dates and its times without an offset are at home: a name of the IANA time zone database.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_length = 64, example = "Europe/Stockholm")]
    time_zone: Option<String>,
    /// What says which of two deliveries is the newer one: a `sequence` in each document, or the instant that a
    /// `snapshot` shows. A source whose documents come in snapshots cannot deliver them one by one.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    ordering: Option<SourceOrdering>,
    /// End dates that mean "until further notice", for systems that cannot leave the date empty. An employment that comes
    /// with one of them is open-ended. At first 2099-12-31 and 9999-12-31.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_items = 10)]
    open_end_dates: Option<Vec<NaiveDate>>,
    /// A complete snapshot is held for a decision when it has fewer rows than the complete one before by more than this
    /// share, in percent, and by more than `max_row_drop`. At first 5.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 100)]
    max_row_drop_percent: Option<i32>,
    /// See `max_row_drop_percent`. At first 20.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    max_row_drop: Option<i32>,
    /// A snapshot is held for a decision when it ends more employments than this share of its rows, in percent, and more
    /// than `max_new_ends`. At first 1.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 100)]
    max_new_ends_percent: Option<i32>,
    /// See `max_new_ends_percent`. At first 20.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    max_new_ends: Option<i32>,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"label": "Personalsystemet", "kind": "hr", "ordering": "snapshot", "max_new_ends": 40})))]
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
    /// Where its dates and its times without an offset are at home: a name of the IANA time zone database.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_length = 64, example = "Europe/Stockholm")]
    time_zone: Option<String>,
    /// What says which of two deliveries is the newer one: a `sequence` in each document, or the instant that a
    /// `snapshot` shows. A source whose documents come in snapshots cannot deliver them one by one.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    ordering: Option<SourceOrdering>,
    /// End dates that mean "until further notice", for systems that cannot leave the date empty. An employment that comes
    /// with one of them is open-ended. At first 2099-12-31 and 9999-12-31.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_items = 10)]
    open_end_dates: Option<Vec<NaiveDate>>,
    /// A complete snapshot is held for a decision when it has fewer rows than the complete one before by more than this
    /// share, in percent, and by more than `max_row_drop`. At first 5.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 100)]
    max_row_drop_percent: Option<i32>,
    /// See `max_row_drop_percent`. At first 20.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    max_row_drop: Option<i32>,
    /// A snapshot is held for a decision when it ends more employments than this share of its rows, in percent, and more
    /// than `max_new_ends`. At first 1.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 100)]
    max_new_ends_percent: Option<i32>,
    /// See `max_new_ends_percent`. At first 20.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    max_new_ends: Option<i32>,
}

/// A system that delivers employment documents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "name": "hr",
    "kind": "hr",
    "label": "Personalsystemet",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "time_zone": "Europe/Stockholm",
    "ordering": "sequence",
    "open_end_dates": ["2099-12-31", "9999-12-31"],
    "max_row_drop_percent": 5,
    "max_row_drop": 20,
    "max_new_ends_percent": 1,
    "max_new_ends": 20,
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
    /// Where its dates and its times without an offset are at home.
    #[schema(max_length = 64)]
    time_zone: &'static str,
    /// What says which of two deliveries is the newer one.
    ordering: SourceOrdering,
    /// End dates that mean "until further notice".
    #[schema(max_items = 10)]
    open_end_dates: Vec<NaiveDate>,
    /// The share of rows that a complete snapshot may lack, in percent.
    #[schema(minimum = 0, maximum = 100)]
    max_row_drop_percent: i32,
    /// The number of rows that it may lack, where that is more than the share.
    #[schema(minimum = 0)]
    max_row_drop: i32,
    /// The share of the rows of a snapshot that may bring an end, in percent.
    #[schema(minimum = 0, maximum = 100)]
    max_new_ends_percent: i32,
    /// The number of rows that may bring an end, where that is more than the share.
    #[schema(minimum = 0)]
    max_new_ends: i32,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// The settings in a body, with a note of every one that is wrong. A new source and a change have the same members.
macro_rules! settings_of {
    ($body:ident, $violations:ident) => {
        SettingsPatch {
            time_zone: $violations.take_optional("/time_zone", $body.time_zone, time_zone),
            ordering: $body.ordering,
            open_end_dates: $body
                .open_end_dates
                .filter(|days| open_ends(days, &mut $violations)),
            max_row_drop_percent: limit(
                "/max_row_drop_percent",
                $body.max_row_drop_percent,
                100,
                &mut $violations,
            ),
            max_row_drop: limit("/max_row_drop", $body.max_row_drop, MOST_ROWS, &mut $violations),
            max_new_ends_percent: limit(
                "/max_new_ends_percent",
                $body.max_new_ends_percent,
                100,
                &mut $violations,
            ),
            max_new_ends: limit("/max_new_ends", $body.max_new_ends, MOST_ROWS, &mut $violations),
        }
    };
}

fn time_zone(text: &str) -> Result<Tz, TextError> {
    text.parse().map_err(|_| TextError {
        code: "unknown_time_zone",
        detail: "This is no name of the IANA time zone database, such as Europe/Stockholm.",
    })
}

fn open_ends(days: &[NaiveDate], violations: &mut Violations) -> bool {
    let is_short = days.len() <= MOST_OPEN_ENDS;
    if !is_short {
        violations.add("/open_end_dates", "too_many", "At most 10 dates.");
    }
    is_short
}

fn limit(pointer: &'static str, number: Option<i32>, most: i32, violations: &mut Violations) -> Option<i32> {
    let fits = number.is_none_or(|number| (0..=most).contains(&number));
    if !fits {
        violations.add(
            pointer,
            "out_of_range",
            "A whole number from 0; a share is at most 100, a count at most 1000000.",
        );
    }
    number.filter(|_| fits)
}

impl TryFrom<SourceIn> for NewSource {
    type Error = ServiceError;

    fn try_from(body: SourceIn) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let name = violations.take("/name", SourceName::parse(&body.name));
        let label = violations.take("/label", clean_line(&body.label, 200));
        let settings = settings_of!(body, violations).applied_to(&SourceSettings::default());
        let made = name.zip(label).map(|(name, label)| Self {
            name,
            kind: body.kind,
            label,
            legal_entity_id: body.legal_entity_id,
            settings,
        });
        violations.finish_with(made)
    }
}

impl TryFrom<SourceChange> for SourcePatch {
    type Error = ServiceError;

    fn try_from(body: SourceChange) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let label = violations.take_optional("/label", body.label, |text| clean_line(text, 200));
        let settings = settings_of!(body, violations);
        violations.finish()?;
        Ok(Self {
            kind: body.kind,
            label,
            legal_entity_id: body.legal_entity_id,
            settings,
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
            time_zone: source.settings.time_zone.name(),
            ordering: source.settings.ordering,
            open_end_dates: source.settings.open_end_dates.clone(),
            max_row_drop_percent: source.settings.row_drop.percent,
            max_row_drop: source.settings.row_drop.count,
            max_new_ends_percent: source.settings.new_ends.percent,
            max_new_ends: source.settings.new_ends.count,
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
