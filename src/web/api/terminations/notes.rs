//! Notes about a case: what people said that is no answer to a check.

use crate::domain::ids::{ItemId, NoteId, TerminationId};
use crate::domain::note::{NoteKind, TerminationNote};
use crate::domain::text::looks_like_personal_number;
use crate::services::notes::{self, DeskNote};
use crate::web::auth::Caller;
use crate::web::extract::{Body, IdempotencyKey, ListQuery, PathId};
use crate::web::once::{Once, json};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A new note. Never send codes or personal identity numbers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"text": "Chefen ringde: laddaren ligger i skåpet."})))]
pub struct NoteIn {
    /// What you want to write down.
    #[schema(min_length = 1, max_length = 1000)]
    text: String,
    /// The device or subscription of the case that it is about, if it is about one.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    item_id: Option<ItemId>,
}

/// A note. It is never changed.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "kind": "message",
    "item_id": null,
    "day": null,
    "text": "Chefen ringde: laddaren ligger i skåpet.",
    "may_hold_personal_number": false,
    "actor_kind": "service_account",
    "actor_id": "01939e5c-5b6a-7c1e-8f00-0242ac120006",
    "created_at": "2027-02-25T08:00:00Z"
})))]
pub struct NoteOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: NoteId,
    /// What it says.
    kind: NoteKind,
    /// The item that it is about.
    #[schema(value_type = Option<uuid::Uuid>)]
    item_id: Option<ItemId>,
    /// The day that it names: the right last day, or when the device is expected.
    day: Option<NaiveDate>,
    /// The writer's own words.
    #[schema(max_length = 1000)]
    text: Option<String>,
    /// Whether the text holds something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// The kind of actor who wrote it.
    #[schema(max_length = 40)]
    actor_kind: String,
    /// The actor's id.
    #[schema(max_length = 40)]
    actor_id: String,
    /// When.
    created_at: DateTime<Utc>,
}

/// The filters of the list: none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// What people wrote is not shown in logs.
impl fmt::Debug for NoteIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoteIn(…)")
    }
}

impl From<NoteIn> for DeskNote {
    fn from(body: NoteIn) -> Self {
        Self {
            item: body.item_id,
            text: body.text,
        }
    }
}

impl From<&TerminationNote> for NoteOut {
    fn from(note: &TerminationNote) -> Self {
        Self {
            id: note.id,
            kind: note.kind,
            item_id: note.item_id,
            day: note.day,
            text: note.text.clone(),
            may_hold_personal_number: note.text.as_deref().is_some_and(looks_like_personal_number),
            actor_kind: note.actor_kind.clone(),
            actor_id: note.actor_id.clone(),
            created_at: note.created_at,
        }
    }
}

/// Write a note about a termination
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/notes",
    tag = "Terminations",
    operation_id = "terminations_write_note",
    params(("id" = uuid::Uuid, Path, description = "The case"), IdempotencyKey),
    request_body = NoteIn,
    responses((status = 201, description = "Kept", body = NoteOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    id: PathId<TerminationId>,
    key: IdempotencyKey,
    body: Body<NoteIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |note: &TerminationNote| {
        json(StatusCode::CREATED, &NoteOut::from(note))
    });
    once.respond(notes::write(&caller, id.0, body.value.into(), once.recorder()).await)
}

/// List the notes about a termination
#[utoipa::path(
    get,
    path = "/v1/terminations/{id}/notes",
    tag = "Terminations",
    operation_id = "terminations_list_notes",
    params(("id" = uuid::Uuid, Path, description = "The case"), PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<NoteOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    id: PathId<TerminationId>,
    query: ListQuery<NoFilter>,
) -> Result<HttpResponse, Problem> {
    let page = notes::list(&caller, id.0, query.page(&request)?).await?;
    query.respond(&request, page.map(|note| NoteOut::from(&note)))
}
