//! `/v1/messages` and `/v1/terminations/{id}/timeline`: what was mailed, and what will be.

use crate::domain::ids::{MessageId, PersonId, TerminationId};
use crate::domain::language::Language;
use crate::domain::message::{Message, MessageState};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::messages::{self, MessageFilter};
use crate::web::auth::Caller;
use crate::web::etag::respond_with_etag;
use crate::web::extract::{IfNoneMatch, ListQuery, PathId};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One mail of a termination. Its text is not kept; its subject is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120009",
    "termination_id": "01939e5c-5b6b-7c1e-8f00-0242ac120002",
    "step": "confirm_return",
    "to": "receiver",
    "copy_to": [],
    "state": "sent",
    "state_reason": null,
    "due_at": "2026-12-17T07:00:00Z",
    "recipient_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "language": "sv",
    "subject": "Bekräfta återlämnad mobiltelefon senast 18 december 2026 (HB-7K3F-9Q2M)",
    "queued_at": "2026-12-17T07:00:04Z",
    "sent_at": "2026-12-17T07:00:05Z",
    "server_reply": "250 2.0.0 Ok: queued"
})))]
pub struct MessageOut {
    /// Its id; also in its `Message-ID`.
    #[schema(value_type = uuid::Uuid)]
    id: MessageId,
    /// The termination.
    #[schema(value_type = uuid::Uuid)]
    termination_id: TerminationId,
    /// Which mail of the timeline it is.
    step: MessageStep,
    /// Who is asked to act.
    to: RecipientRole,
    /// Who is told as well.
    #[schema(max_items = 5)]
    copy_to: Vec<RecipientRole>,
    /// Where it is on its way.
    state: MessageState,
    /// Why it is superseded, cancelled or failed: a stable word.
    #[schema(max_length = 500)]
    state_reason: Option<String>,
    /// When it is due.
    due_at: DateTime<Utc>,
    /// Whom it was written to.
    #[schema(value_type = Option<uuid::Uuid>)]
    recipient_id: Option<PersonId>,
    /// The language it was written in.
    language: Option<Language>,
    /// Its subject.
    #[schema(max_length = 200)]
    subject: Option<String>,
    /// When it was written.
    queued_at: Option<DateTime<Utc>>,
    /// When the mail server took it.
    sent_at: Option<DateTime<Utc>>,
    /// What the mail server said.
    #[schema(max_length = 500)]
    server_reply: Option<String>,
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessageParams {
    /// Only of this termination.
    #[param(value_type = Option<uuid::Uuid>)]
    termination_id: Option<TerminationId>,
    /// Only in this state.
    state: Option<MessageState>,
    /// Only of this step.
    step: Option<MessageStep>,
    /// Only to this role.
    to: Option<RecipientRole>,
}

impl From<&MessageParams> for MessageFilter {
    fn from(params: &MessageParams) -> Self {
        Self {
            termination_id: params.termination_id,
            state: params.state,
            step: params.step,
            to: params.to,
        }
    }
}

impl From<Message> for MessageOut {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            termination_id: message.termination_id,
            step: message.step,
            to: message.to,
            copy_to: message.copy_to,
            state: message.state,
            state_reason: message.state_reason,
            due_at: message.due_at,
            recipient_id: message.recipient_id,
            language: message.language,
            subject: message.subject,
            queued_at: message.queued_at,
            sent_at: message.sent_at,
            server_reply: message.server_reply,
        }
    }
}

/// List messages
#[utoipa::path(
    get,
    path = "/v1/messages",
    tag = "Watching",
    operation_id = "messages_list",
    params(MessageParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<MessageOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<MessageParams>,
) -> Result<HttpResponse, Problem> {
    let page = messages::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(MessageOut::from))
}

/// Read a message
#[utoipa::path(
    get,
    path = "/v1/messages/{id}",
    tag = "Watching",
    operation_id = "messages_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The message", body = MessageOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<MessageId>,
) -> Result<HttpResponse, Problem> {
    let message = messages::get(&caller, id.0).await?;
    let version = message.meta.version;
    respond_with_etag(&request, version, &MessageOut::from(message))
}

/// All messages of one termination.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineOut {
    /// In the order in which they are due.
    #[schema(max_items = 1000)]
    items: Vec<MessageOut>,
}

/// Read the timeline of a termination
///
/// What was mailed, what will be, to which role and when.
#[utoipa::path(
    get,
    path = "/v1/terminations/{id}/timeline",
    tag = "Terminations",
    operation_id = "terminations_timeline",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 200, description = "Its messages", body = TimelineOut))
)]
pub async fn timeline(caller: Caller, id: PathId<TerminationId>) -> Result<HttpResponse, Problem> {
    let items = messages::timeline(&caller, id.0).await?;
    Ok(HttpResponse::Ok().json(TimelineOut {
        items: items.into_iter().map(MessageOut::from).collect(),
    }))
}
