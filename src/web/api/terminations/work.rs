//! What the desk and technicians do with a case.

use super::bodies::{DeskRole, IdentityIn, NoteBody, TerminationDetailOut};
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::termination::{Answer, CheckKind, Note};
use crate::services::terminations::{self, CheckAnswer, TerminationView};
use crate::services::{Ctx, Recorded, Recorder, ServiceError};
use crate::web::auth::Caller;
use crate::web::etag::{of_version, respond_with_record};
use crate::web::extract::{Body, IdempotencyKey, IfMatch, PathId};
use crate::web::once::{Once, json};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

/// The answer to a check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "state": "done",
    "identity": {"serial": "F2LX4K1MQ6LR"},
    "note": {"place": "Kundtjänst telefoni", "condition": "intact"}
})))]
pub struct CheckIn {
    /// The answer.
    state: Answer,
    /// Why; mandatory unless it is done.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// What you want to write down.
    #[serde(default)]
    note: Option<NoteBody>,
    /// What was read off the handset; mandatory for a return that is done.
    #[serde(default)]
    identity: Option<IdentityIn>,
    /// In which role you answer.
    #[serde(default)]
    role: DeskRole,
}

/// A decision about a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reason": "Utredning pågår, dnr 2027-17."})))]
pub struct ReasonIn {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// One POST about a case, whose answer is the case as it then is.
pub(super) fn once(
    request: &HttpRequest,
    caller: &Caller,
    key: &IdempotencyKey,
    body: &[u8],
) -> Once<TerminationView> {
    Once::new(request, caller, key, body, |view: &TerminationView| {
        let mut reply = json(StatusCode::OK, &TerminationDetailOut::from(view))?;
        let tag = of_version(view.record.meta.version);
        reply.headers.push(("etag".to_owned(), tag));
        Ok(reply)
    })
}

/// Answer a check
#[utoipa::path(
    put,
    path = "/v1/terminations/{id}/items/{item}/checks/{check}",
    tag = "Terminations",
    operation_id = "terminations_settle",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device or subscription of the case"),
        ("check" = CheckKind, Path, description = "The check"),
        IfMatch,
    ),
    request_body = CheckIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn settle(
    caller: Caller,
    path: PathId<(TerminationId, ItemId, CheckKind)>,
    if_match: IfMatch,
    body: Body<CheckIn>,
) -> Result<HttpResponse, Problem> {
    let body = body.value;
    let answer = CheckAnswer {
        answer: body.state,
        reason: body.reason,
        note: body.note.map(Note::from).unwrap_or_default(),
        identity: body.identity.map(Into::into),
        role: body.role.into(),
    };
    let view = terminations::settle(&caller, path.0, if_match.0, answer).await?;
    Ok(respond_with_record(
        view.record.meta.version,
        &TerminationDetailOut::from(&view),
    ))
}

/// A POST with the reason of a decision about a case.
type DecisionPost = (
    HttpRequest,
    Caller,
    PathId<TerminationId>,
    IdempotencyKey,
    Body<ReasonIn>,
);

/// Carries a decision out, once.
async fn decide(
    (request, caller, id, key, body): DecisionPost,
    decision: impl AsyncFnOnce(
        &Ctx,
        TerminationId,
        &str,
        Recorder<TerminationView>,
    ) -> Result<Recorded<TerminationView>, ServiceError>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    once.respond(decision(&caller, id.0, &body.value.reason, once.recorder()).await)
}

/// Decide to close in spite of a contradicted wipe
///
/// Only for a device that is lost or stolen: of any other, a technician can look. The contradiction stays visible in
/// the case, and the receipt states it with the reason as a deviation. The decision falls when the contradiction is
/// resolved or the device comes back.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/contradiction",
    tag = "Terminations",
    operation_id = "terminations_accept_contradiction",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = ReasonIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn contradiction(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<ReasonIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let reason = &body.value.reason;
    once.respond(terminations::accept_contradiction(&caller, path.0, reason, once.recorder()).await)
}

/// Forbid reset and wipe
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/hold",
    tag = "Terminations",
    operation_id = "terminations_hold",
    params(("id" = uuid::Uuid, Path, description = "The case"), IdempotencyKey),
    request_body = ReasonIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn hold(post: DecisionPost) -> Result<HttpResponse, Problem> {
    decide(post, terminations::hold).await
}

/// Allow reset and wipe again
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/release",
    tag = "Terminations",
    operation_id = "terminations_release",
    params(("id" = uuid::Uuid, Path, description = "The case"), IdempotencyKey),
    request_body = ReasonIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn release(post: DecisionPost) -> Result<HttpResponse, Problem> {
    decide(post, terminations::release).await
}

/// Open a completed case again
///
/// Its answers stay as they were. It is completed again when something has been corrected, or when a check has been answered
/// once more, and nothing is left to do.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/reopen",
    tag = "Terminations",
    operation_id = "terminations_reopen",
    params(("id" = uuid::Uuid, Path, description = "The case"), IdempotencyKey),
    request_body = ReasonIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn reopen(post: DecisionPost) -> Result<HttpResponse, Problem> {
    decide(post, terminations::reopen).await
}
