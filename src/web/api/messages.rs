//! `/v1/messages` and `/v1/terminations/{id}/timeline`: what was mailed, and what will be.

use crate::domain::ids::{MessageId, PersonId, TerminationId};
use crate::domain::language::Language;
use crate::domain::message::{DeliveryNote, MailOutcome, Message, MessageState};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::messages::{self, MessageFilter, NewBounce};
use crate::web::auth::Caller;
use crate::web::etag::respond_with_etag;
use crate::web::extract::{Body, IdempotencyKey, IfNoneMatch, ListQuery, PathId};
use crate::web::once::{Once, json};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
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
    "server_reply": "250 2.0.0 Ok: queued",
    "carried_by": null,
    "copy_of": null,
    "deferred_since": null
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
    /// Why it is superseded, cancelled, failed or planned again: a stable word.
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
    /// The message in whose mail it is told, if that is a digest.
    #[schema(value_type = Option<uuid::Uuid>)]
    carried_by: Option<MessageId>,
    /// The message that it is a copy of.
    #[schema(value_type = Option<uuid::Uuid>)]
    copy_of: Option<MessageId>,
    /// Since when the mail server does not take it.
    deferred_since: Option<DateTime<Utc>>,
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
    /// Only those that the mail server has not taken when they were tried, or only the others.
    is_deferred: Option<bool>,
}

impl From<&MessageParams> for MessageFilter {
    fn from(params: &MessageParams) -> Self {
        Self {
            termination_id: params.termination_id,
            state: params.state,
            step: params.step,
            to: params.to,
            is_deferred: params.is_deferred,
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
            carried_by: message.carried_by,
            copy_of: message.copy_of,
            deferred_since: message.deferred_since,
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

/// One try to deliver a mail, or a report about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryNoteOut {
    /// When.
    at: DateTime<Utc>,
    /// What came of it.
    outcome: MailOutcome,
    /// What the other side said, without addresses.
    #[schema(max_length = 500)]
    reply: Option<String>,
}

impl From<DeliveryNote> for DeliveryNoteOut {
    fn from(note: DeliveryNote) -> Self {
        Self {
            at: note.at,
            outcome: note.outcome,
            reply: note.reply,
        }
    }
}

/// The delivery log of a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"items": [
    {"at": "2026-12-17T07:00:05Z", "outcome": "deferred", "reply": "451 4.7.1 try again later"},
    {"at": "2026-12-17T07:00:21Z", "outcome": "accepted", "reply": "250 2.0.0 Ok: queued"}
]})))]
pub struct DeliveryLogOut {
    /// The oldest first; the newest hundred.
    #[schema(max_items = 100)]
    items: Vec<DeliveryNoteOut>,
}

/// Read the delivery log of a message
///
/// Every try to hand it to the mail server, and every report that it came back. For one that is told in a digest, the
/// log of the digest.
#[utoipa::path(
    get,
    path = "/v1/messages/{id}/deliveries",
    tag = "Watching",
    operation_id = "messages_deliveries",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 200, description = "Its delivery log", body = DeliveryLogOut))
)]
pub async fn deliveries(caller: Caller, id: PathId<MessageId>) -> Result<HttpResponse, Problem> {
    let items = messages::deliveries(&caller, id.0).await?;
    Ok(HttpResponse::Ok().json(DeliveryLogOut {
        items: items.into_iter().map(DeliveryNoteOut::from).collect(),
    }))
}

/// Send a message again
///
/// For one that was sent, came back or failed. It is written anew, with a link of its own, to whoever has the role now,
/// and leaves when mail may leave next, also if that person has had a mail today. An address that mail came back from is
/// tried again.
#[utoipa::path(
    post,
    path = "/v1/messages/{id}/resend",
    tag = "Watching",
    operation_id = "messages_resend",
    params(("id" = uuid::Uuid, Path, description = "The message"), IdempotencyKey),
    responses((status = 202, description = "The new message", body = MessageOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn resend(
    request: HttpRequest,
    caller: Caller,
    id: PathId<MessageId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, b"", |message: &Message| {
        json(StatusCode::ACCEPTED, &MessageOut::from(message.clone()))
    });
    once.respond(messages::resend(&caller, id.0, once.recorder()).await)
}

/// A report that a mail came back (RFC 3464).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "status": "5.1.1",
    "diagnostic": "smtp; 550 5.1.1 User unknown",
    "recipient": "maria.exempel@exempelkommunen.example"
})))]
pub struct BounceIn {
    /// The enhanced status code of the report (RFC 3463): a permanent one.
    #[schema(min_length = 5, max_length = 9, pattern = r"^5\.[0-9]{1,3}\.[0-9]{1,3}$")]
    status: String,
    /// What the other server said.
    #[serde(default)]
    #[schema(max_length = 2000)]
    diagnostic: Option<String>,
    /// The address that the report is about. It is compared with the one on file, and not kept.
    #[serde(default)]
    #[schema(max_length = 254)]
    recipient: Option<String>,
}

impl From<BounceIn> for NewBounce {
    fn from(body: BounceIn) -> Self {
        Self {
            status: body.status,
            diagnostic: body.diagnostic,
            recipient: body.recipient,
        }
    }
}

/// Report that a message came back
///
/// The `Message-ID` of the mail that came back begins with the id of the message. If it came back because of the
/// address, that address is not used again until somebody has a mail sent to it again or it changes: whoever is next is
/// written to the same day, and the desk gets a task. A report that was taken before changes nothing.
#[utoipa::path(
    post,
    path = "/v1/messages/{id}/bounces",
    tag = "Watching",
    operation_id = "messages_report_bounce",
    params(("id" = uuid::Uuid, Path, description = "The message"), IdempotencyKey),
    request_body = BounceIn,
    responses((status = 200, description = "The message as it is now", body = MessageOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn report_bounce(
    request: HttpRequest,
    caller: Caller,
    id: PathId<MessageId>,
    key: IdempotencyKey,
    body: Body<BounceIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |message: &Message| {
        json(StatusCode::OK, &MessageOut::from(message.clone()))
    });
    once.respond(messages::report_bounce(&caller, id.0, body.value.into(), once.recorder()).await)
}
