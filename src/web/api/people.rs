//! `/v1/people`.

use super::external_reference::ExternalReference;
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::person::Person;
use crate::domain::text::{EmailAddress, ExternalId, PersonName, SourceName};
use crate::services::people::{self, NewPerson, PersonFilter, PersonPatch};
use crate::services::{ServiceError, Violations};
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{
    Body, IdempotencyKey, IfMatch, IfNoneMatch, ListQuery, PathId, not_null, nullable, text_filter,
};
use crate::web::once::{Once, created};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// How many sources can know one person.
const MAX_IDENTIFIERS: usize = 20;

/// A new person. Never send a personal identity number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "name": "Anna Exempel",
    "email": "anna.exempel@exempelkommunen.example",
    "identifiers": [{"source": "hr", "external_id": "100234"}]
})))]
pub struct PersonIn {
    /// Their name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Where mail reaches them at work.
    #[serde(default)]
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// The language that they are written to in.
    #[serde(default)]
    #[schema(default = "sv")]
    language: Language,
    /// What the sources call them.
    #[serde(default)]
    #[schema(max_items = 20)]
    identifiers: Vec<ExternalReference>,
    /// Whether their identity is protected (skyddade personuppgifter). Their name is then in no mail and on no receipt,
    /// and is shown to callers with the scope `protected` alone.
    #[serde(default)]
    #[schema(default = false)]
    is_protected: bool,
}

/// What is to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"email": "anna.exempel@exempelkommunen.example"})))]
pub struct PersonChange {
    /// Their name; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Option<String>>,
    /// Where mail reaches them at work; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    email: Option<Option<String>>,
    /// The language that they are written to in.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    language: Option<Language>,
    /// What the sources call them, all of it: what is left out is taken away. A source whose employments name them
    /// keeps at least one.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_items = 20)]
    identifiers: Option<Vec<ExternalReference>>,
    /// Whether their identity is protected. Only callers with the scope `protected` can take that away.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    is_protected: Option<bool>,
}

/// A person.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120004",
    "name": "Anna Exempel",
    "email": "anna.exempel@exempelkommunen.example",
    "language": "sv",
    "identifiers": [{"source": "hr", "external_id": "100234"}],
    "is_incomplete": false,
    "is_protected": false,
    "version": 1,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct PersonOut {
    /// Their id.
    #[schema(value_type = uuid::Uuid)]
    id: PersonId,
    /// Their name.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Where mail reaches them at work.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// The language that they are written to in.
    language: Language,
    /// What the sources call them.
    identifiers: Vec<ExternalReference>,
    /// Whether the name or the address is missing, without which they cannot be written to; also where you are not shown
    /// them.
    is_incomplete: bool,
    /// Whether their identity is protected: name, address and identifiers are shown with the scope `protected` alone.
    is_protected: bool,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When they were registered.
    created_at: DateTime<Utc>,
    /// When they last changed.
    updated_at: DateTime<Utc>,
}

/// Which people.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PersonParams {
    /// Only those whose name begins like this, in any letter case.
    #[serde(default, deserialize_with = "text_filter::<1, 200, _>")]
    #[param(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    name_prefix: Option<String>,
    /// Only those who cannot be written to, or only the others.
    is_incomplete: Option<bool>,
}

/// What was sent about a person is not shown in logs.
macro_rules! hide {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

hide!(PersonIn, PersonChange, PersonOut, PersonParams);

impl TryFrom<PersonIn> for NewPerson {
    type Error = ServiceError;

    fn try_from(body: PersonIn) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let name = violations.take_optional("/name", body.name, PersonName::parse);
        let email = violations.take_optional("/email", body.email, EmailAddress::parse);
        let identifiers = parse_identifiers(&body.identifiers, &mut violations);
        violations.finish()?;
        Ok(Self {
            name,
            email,
            language: body.language,
            identifiers,
            is_protected: body.is_protected,
        })
    }
}

fn parse_identifiers(
    references: &[ExternalReference],
    violations: &mut Violations,
) -> Vec<(SourceName, ExternalId)> {
    if references.len() > MAX_IDENTIFIERS {
        violations.add("/identifiers", "too_many", "At most 20 identifiers.");
    }
    let mut identifiers = Vec::with_capacity(references.len());
    for (index, reference) in references.iter().enumerate() {
        let pointer = format!("/identifiers/{index}");
        let Some(pair) = reference.parse(&pointer, violations) else {
            continue;
        };
        if identifiers.contains(&pair) {
            violations.add(pointer, "repeated", "This identifier is given twice.");
        }
        identifiers.push(pair);
    }
    identifiers
}

impl TryFrom<PersonChange> for PersonPatch {
    type Error = ServiceError;

    fn try_from(body: PersonChange) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let name = violations.take_nullable("/name", body.name, PersonName::parse);
        let email = violations.take_nullable("/email", body.email, EmailAddress::parse);
        let identifiers = body
            .identifiers
            .map(|references| parse_identifiers(&references, &mut violations));
        violations.finish()?;
        Ok(Self {
            name,
            email,
            language: body.language,
            identifiers,
            is_protected: body.is_protected,
        })
    }
}

impl From<&PersonParams> for PersonFilter {
    fn from(params: &PersonParams) -> Self {
        Self {
            name_prefix: params.name_prefix.clone(),
            is_incomplete: params.is_incomplete,
            hides_protected: false,
        }
    }
}

impl From<&Person> for PersonOut {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id,
            name: person.name.as_ref().map(|name| name.as_str().to_owned()),
            email: person.email.as_ref().map(|email| email.as_str().to_owned()),
            language: person.language,
            identifiers: person.identifiers.iter().map(ExternalReference::from).collect(),
            is_incomplete: person.is_incomplete(),
            is_protected: person.is_protected,
            version: person.meta.version,
            created_at: person.meta.created_at,
            updated_at: person.meta.updated_at,
        }
    }
}

/// Register a person
#[utoipa::path(
    post,
    path = "/v1/people",
    tag = "Organisation",
    operation_id = "people_create",
    params(IdempotencyKey),
    request_body = PersonIn,
    responses((status = 201, description = "Registered", body = PersonOut, headers(
        ("Location" = String, description = "Their address"),
        ("ETag" = String, description = "Their version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<PersonIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |person: &Person| {
        let location = format!("/v1/people/{}", person.id);
        created(location, person.meta.version, &PersonOut::from(person))
    });
    once.respond(people::create(&caller, once.recorder(), body.value.try_into()?).await)
}

/// List people
#[utoipa::path(
    get,
    path = "/v1/people",
    tag = "Organisation",
    operation_id = "people_list",
    params(PersonParams, PageParams),
    responses((status = 200, description = "One page, the first registered first", body = PageOut<PersonOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<PersonParams>,
) -> Result<HttpResponse, Problem> {
    let page = people::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(|person| PersonOut::from(&person)))
}

/// Read a person
#[utoipa::path(
    get,
    path = "/v1/people/{id}",
    tag = "Organisation",
    operation_id = "people_get",
    params(("id" = uuid::Uuid, Path, description = "Their id"), IfNoneMatch),
    responses(
        (status = 200, description = "The person", body = PersonOut, headers(
            ("ETag" = String, description = "Their version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<PersonId>,
) -> Result<HttpResponse, Problem> {
    let person = people::get(&caller, id.0).await?;
    respond_with_etag(&request, person.meta.version, &PersonOut::from(&person))
}

/// Change what is known of a person
#[utoipa::path(
    patch,
    path = "/v1/people/{id}",
    tag = "Organisation",
    operation_id = "people_update",
    params(("id" = uuid::Uuid, Path, description = "Their id"), IfMatch),
    request_body = PersonChange,
    responses((status = 200, description = "As they are now", body = PersonOut, headers(
        ("ETag" = String, description = "Their version"),
    )))
)]
pub async fn update(
    caller: Caller,
    id: PathId<PersonId>,
    if_match: IfMatch,
    body: Body<PersonChange>,
) -> Result<HttpResponse, Problem> {
    let person = people::update(&caller, id.0, if_match.0, body.value.try_into()?).await?;
    Ok(respond_with_record(
        person.meta.version,
        &PersonOut::from(&person),
    ))
}
