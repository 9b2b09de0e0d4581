//! What is decided about the number of a subscription.

use super::bodies::{NumberIn, TerminationDetailOut};
use super::work::once;
use crate::domain::ids::{ItemId, TerminationId};
use crate::services::terminations;
use crate::web::auth::Caller;
use crate::web::extract::{Body, IdempotencyKey, PathId};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};

/// Decide what happens to a number
///
/// A decision makes the desk's task; the check `number` is settled with it, by the desk or the telephony system. Only a
/// number that waits for a new holder needs nobody. Until it is done, another decision replaces the one before. A service
/// number is not transferred to its holder unless somebody who is named decides so; the subscription is then not
/// terminated first, and another decision needs somebody who is named, too. The operator has to release the number for one
/// month after the last day: see `number.release_by`. Nothing is terminated because that day has passed.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/number",
    tag = "Terminations",
    operation_id = "terminations_decide_number",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The subscription of the case"),
        IdempotencyKey,
    ),
    request_body = NumberIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn decide(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<NumberIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let said = body.value.into();
    once.respond(terminations::decide_number(&caller, path.0, said, once.recorder()).await)
}

/// Say that the holder asks for a number
///
/// The holder asks to take the number over privately. That decides nothing; whoever takes the devices back is told.
#[utoipa::path(
    put,
    path = "/v1/terminations/{id}/items/{item}/number/request",
    tag = "Terminations",
    operation_id = "terminations_request_number",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The subscription of the case"),
    ),
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn request(caller: Caller, path: PathId<(TerminationId, ItemId)>) -> Result<HttpResponse, Problem> {
    let view = terminations::request_number(&caller, path.0).await?;
    Ok(crate::web::etag::respond_with_record(
        view.record.meta.version,
        &TerminationDetailOut::from(&view),
    ))
}
