//! `/v1/people/{id}/merges`: two people who turned out to be one.

use super::external_reference::ExternalReference;
use crate::domain::ids::{EmploymentId, PersonId, PersonMergeId, TerminationId};
use crate::domain::person::PersonMerge;
use crate::services::person_merges;
use crate::web::auth::Caller;
use crate::web::extract::{Body, IdempotencyKey, PathId};
use crate::web::once::{Once, json};
use crate::web::page::{PageOut, whole};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who is the same person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"merged_id": "01939e5c-5b6a-7c1e-8f00-0242ac120009"})))]
pub struct PersonMergeIn {
    /// The person who is taken in: what they have goes to the person in the address.
    #[schema(value_type = uuid::Uuid)]
    merged_id: PersonId,
}

/// Two people became one.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120010",
    "person_id": "01939e5c-5b6a-7c1e-8f00-0242ac120004",
    "merged_id": "01939e5c-5b6a-7c1e-8f00-0242ac120009",
    "identifiers": [{"source": "elected", "external_id": "T-77"}],
    "employment_ids": ["01939e5c-5b6a-7c1e-8f00-0242ac120005"],
    "led_employment_ids": [],
    "termination_ids": [],
    "merged_at": "2026-11-23T08:00:00Z",
    "undone_at": null
})))]
pub struct PersonMergeOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: PersonMergeId,
    /// The person who stays.
    #[schema(value_type = uuid::Uuid)]
    person_id: PersonId,
    /// The one who was taken in.
    #[schema(value_type = uuid::Uuid)]
    merged_id: PersonId,
    /// What the sources called them, and call the person who stays from then on.
    identifiers: Vec<ExternalReference>,
    /// The employments that went over.
    #[schema(value_type = Vec<uuid::Uuid>)]
    employment_ids: Vec<EmploymentId>,
    /// The employments whose manager is the person who stays from then on.
    #[schema(value_type = Vec<uuid::Uuid>)]
    led_employment_ids: Vec<EmploymentId>,
    /// The terminations under way that went over.
    #[schema(value_type = Vec<uuid::Uuid>)]
    termination_ids: Vec<TerminationId>,
    /// When.
    merged_at: DateTime<Utc>,
    /// When it was undone; null while it is in force.
    undone_at: Option<DateTime<Utc>>,
}

impl From<&PersonMerge> for PersonMergeOut {
    fn from(merge: &PersonMerge) -> Self {
        Self {
            id: merge.id,
            person_id: merge.person_id,
            merged_id: merge.merged_id,
            identifiers: merge
                .moved
                .identifiers
                .iter()
                .map(ExternalReference::from)
                .collect(),
            employment_ids: merge.moved.employments.clone(),
            led_employment_ids: merge.moved.led.clone(),
            termination_ids: merge.moved.terminations.clone(),
            merged_at: merge.merged_at,
            undone_at: merge.undone_at,
        }
    }
}

/// Merge two people
///
/// For somebody whom two sources, or one by mistake, deliver as two. What the other has goes to the person in the
/// address; an end of one employment may then be a move to another. It can be undone.
#[utoipa::path(
    post,
    path = "/v1/people/{id}/merges",
    tag = "Organisation",
    operation_id = "people_merge",
    params(("id" = uuid::Uuid, Path, description = "The person who stays"), IdempotencyKey),
    request_body = PersonMergeIn,
    responses((status = 201, description = "Merged", body = PersonMergeOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    id: PathId<PersonId>,
    key: IdempotencyKey,
    body: Body<PersonMergeIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |merge: &PersonMerge| {
        json(StatusCode::CREATED, &PersonMergeOut::from(merge))
    });
    once.respond(person_merges::merge(&caller, id.0, body.value.merged_id, once.recorder()).await)
}

/// List the merges of a person
///
/// Those in which the person took part on either side, undone ones too.
#[utoipa::path(
    get,
    path = "/v1/people/{id}/merges",
    tag = "Organisation",
    operation_id = "people_list_merges",
    params(("id" = uuid::Uuid, Path, description = "The person")),
    responses((status = 200, description = "The merges, the first first", body = PageOut<PersonMergeOut>))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    id: PathId<PersonId>,
) -> Result<HttpResponse, Problem> {
    let merges = person_merges::list(&caller, id.0).await?;
    whole(&request, merges.iter().map(PersonMergeOut::from).collect())
}

/// Undo a merge
///
/// What went to the person who stayed goes back, as far as it is still with them.
#[utoipa::path(
    post,
    path = "/v1/people/{id}/merges/{merge}/undo",
    tag = "Organisation",
    operation_id = "people_undo_merge",
    params(
        ("id" = uuid::Uuid, Path, description = "The person who stayed"),
        ("merge" = uuid::Uuid, Path, description = "The merge"),
        IdempotencyKey,
    ),
    responses((status = 200, description = "Undone", body = PersonMergeOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn undo(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(PersonId, PersonMergeId)>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, b"", |merge: &PersonMerge| {
        json(StatusCode::OK, &PersonMergeOut::from(merge))
    });
    once.respond(person_merges::undo(&caller, path.0, once.recorder()).await)
}
