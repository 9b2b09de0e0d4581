//! What becomes of a device that does not come back into stock, or comes back damaged.

use super::bodies::{
    ApprovalIn, BreachIn, DamageIn, DisposalIn, OutcomeIn, PoliceReportIn, TerminationDetailOut,
};
use super::work::once;
use crate::domain::ids::{ItemId, TerminationId};
use crate::services::terminations;
use crate::web::auth::Caller;
use crate::web::etag::respond_with_record;
use crate::web::extract::{Body, IdempotencyKey, IfMatch, PathId};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};

/// Report that a device is lost or stolen
///
/// Every subscription of the case is to be blocked at once, and the device to be locked or wiped over the MDM unless a
/// hold is in force: both become tasks of the desk. The case completes with a deviation when it is decided whether the
/// loss is notified as a breach of personal data, within 72 hours, and for a theft when the police report is known.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/outcome",
    tag = "Terminations",
    operation_id = "terminations_report_outcome",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = OutcomeIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn report(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<OutcomeIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let said = body.value.into();
    once.respond(terminations::report_outcome(&caller, path.0, said, once.recorder()).await)
}

/// Note the police report about a device that is gone
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/police-report",
    tag = "Terminations",
    operation_id = "terminations_note_police_report",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = PoliceReportIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn police_report(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<PoliceReportIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let number = &body.value.number;
    once.respond(terminations::note_police_report(&caller, path.0, number, once.recorder()).await)
}

/// Assess a loss as a breach of personal data
///
/// Replaces an earlier assessment. A case with a loss that nobody has assessed, or that is `undecided`, does not complete
/// and stands in the worklist `breach_due`. Nothing is sent to the supervisory authority from here.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/breach-assessment",
    tag = "Terminations",
    operation_id = "terminations_assess_breach",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = BreachIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn breach(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<BreachIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let said = body.value.into();
    once.respond(terminations::assess_breach(&caller, path.0, said, once.recorder()).await)
}

/// Record a damage
///
/// Replaces what was recorded of it before. Without a decision the employer stands for the cost. Nothing is invoiced or
/// deducted because of a decision.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/damage",
    tag = "Terminations",
    operation_id = "terminations_record_damage",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = DamageIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn damage(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<DamageIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let said = body.value.into();
    once.respond(terminations::record_damage(&caller, path.0, said, once.recorder()).await)
}

/// Decide that a device is sold, handed over or destroyed
///
/// Only the checks that are no questions any more are settled: the return, and for a destruction the reset and the locks
/// too, while the certificate proves the wipe. A device that goes along with its holder, to another employment with the
/// same legal entity, is handed out there at once, and nothing is asked of it. A sale needs a wipe at the level of the
/// policy and no locks; a transfer to another legal entity needs the wipe and the approval of both. As a device belongs
/// to one legal entity for good, it is then retired at the giving one, and the receiving one registers it as its own.
/// A preservation hold refuses everything but going along.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/disposal",
    tag = "Terminations",
    operation_id = "terminations_dispose",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = DisposalIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn dispose(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<DisposalIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let said = body.value.into();
    once.respond(terminations::dispose(&caller, path.0, said, once.recorder()).await)
}

/// Withdraw what was decided about a device
///
/// The checks that the decision settled are open again. A device that went along with its holder stays where it is.
#[utoipa::path(
    delete,
    path = "/v1/terminations/{id}/items/{item}/disposal",
    tag = "Terminations",
    operation_id = "terminations_withdraw_disposal",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IfMatch,
    ),
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn withdraw(
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let view = terminations::withdraw_disposal(&caller, path.0, if_match.0).await?;
    Ok(respond_with_record(
        view.record.meta.version,
        &TerminationDetailOut::from(&view),
    ))
}

/// Approve a transfer between legal entities
///
/// Each of the two approves once.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/disposal/approvals",
    tag = "Terminations",
    operation_id = "terminations_approve_transfer",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = ApprovalIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn approve(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<ApprovalIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let ApprovalIn {
        side,
        decided_by,
        reason,
    } = &body.value;
    let said = (*side, decided_by.as_str(), reason.as_str());
    once.respond(terminations::approve_transfer(&caller, path.0, said, once.recorder()).await)
}
