//! Handing a case over, and taking it back.

use super::bodies::TerminationDetailOut;
use super::work::once;
use crate::domain::delegation::DelegateTo;
use crate::domain::ids::{PersonId, TerminationId};
use crate::services::terminations::{self, DelegateSaid};
use crate::web::auth::Caller;
use crate::web::etag::respond_with_record;
use crate::web::extract::{Body, IdempotencyKey, IfMatch, PathId};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

/// To whom a case is handed over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(
    json!({"to": "person", "person_id": "01939e5c-5b6a-7c1e-8f00-0242ac120004"}),
    json!({"to": "coordinator"})
))]
pub struct DelegateIn {
    /// In one word.
    to: DelegateTo,
    /// For `person`: who. They are at work, have an e-mail address that works, and are not the holder.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
}

/// Hand a case over
///
/// Whoever takes over gets a mail with a link, and the reminders from then on; the links of the one before stop working.
/// A person stays for as long as they are at work. Escalation goes on as the timeline says, to those above the one who
/// would be asked otherwise.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/delegate",
    tag = "Terminations",
    operation_id = "terminations_delegate",
    params(("id" = uuid::Uuid, Path, description = "The case"), IdempotencyKey),
    request_body = DelegateIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn delegate(
    request: HttpRequest,
    caller: Caller,
    id: PathId<TerminationId>,
    key: IdempotencyKey,
    body: Body<DelegateIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let said = DelegateSaid {
        to: body.value.to,
        person: body.value.person_id,
    };
    once.respond(terminations::delegate(&caller, id.0, said, once.recorder()).await)
}

/// Give a case back to whoever is asked if it is not handed over
#[utoipa::path(
    delete,
    path = "/v1/terminations/{id}/delegate",
    tag = "Terminations",
    operation_id = "terminations_end_delegation",
    params(("id" = uuid::Uuid, Path, description = "The case"), IfMatch),
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn end(
    caller: Caller,
    id: PathId<TerminationId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let view = terminations::end_delegation(&caller, id.0, if_match.0).await?;
    Ok(respond_with_record(
        view.record.meta.version,
        &TerminationDetailOut::from(&view),
    ))
}
