//! A long leave: the case about it, and what becomes of the devices meanwhile.

use super::bodies::TerminationDetailOut;
use super::work::once;
use crate::domain::employment::Leave;
use crate::domain::ids::{EmploymentId, ItemId, TerminationId};
use crate::domain::termination::AbsenceChoice;
use crate::services::terminations::{self, ArrangementSaid, TerminationView};
use crate::web::auth::Caller;
use crate::web::etag::of_version;
use crate::web::extract::{Body, IdempotencyKey, PathId, present};
use crate::web::once::{Once, created, json};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

/// A leave. Only its days: why somebody is away is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"from": "2027-02-01", "to": "2027-08-31"})))]
pub struct AbsenceIn {
    /// The first day.
    from: NaiveDate,
    /// The last day, inclusive; null while it is open.
    #[serde(deserialize_with = "present")]
    #[schema(required = true, nullable = true)]
    to: Option<NaiveDate>,
}

/// What becomes of a device while its holder is away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "choice": "lend",
    "employment_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "until": "2027-08-20"
})))]
pub struct ArrangementIn {
    /// The choice.
    choice: AbsenceChoice,
    /// Who borrows it: an employment with the same legal entity. Mandatory for `lend`, and only there.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// The last day of the loan. Mandatory for `lend`, and only there.
    #[serde(default)]
    until: Option<NaiveDate>,
}

/// Open a case about a leave
///
/// For a leave that opens none by itself, because it is shorter than `absence_case_after_days` of the legal entity, or
/// because HR has not told of it. Where HR knows it, its days count; from then on the case follows what HR says, and is
/// cancelled when HR withdraws the leave.
#[utoipa::path(
    post,
    path = "/v1/employments/{id}/absence",
    tag = "Terminations",
    operation_id = "absences_open",
    params(("id" = uuid::Uuid, Path, description = "The employment"), IdempotencyKey),
    request_body = AbsenceIn,
    responses((status = 201, description = "The case", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
        ("Location" = String, description = "Where it is"),
    )))
)]
pub async fn open(
    request: HttpRequest,
    caller: Caller,
    id: PathId<EmploymentId>,
    key: IdempotencyKey,
    body: Body<AbsenceIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |view: &TerminationView| {
        let path = format!("/v1/terminations/{}", view.record.termination.id);
        created(path, view.record.meta.version, &TerminationDetailOut::from(view))
    });
    let leave = Leave {
        from: body.value.from,
        to: body.value.to,
    };
    once.respond(terminations::open_absence(&caller, id.0, leave, once.recorder()).await)
}

/// Say what becomes of a device during a leave
///
/// `keep`: nothing more is asked of it. `hand_in`: the return is asked, and nothing is wiped; the holder gets it back.
/// `restock` and `lend`: it is returned, reset and wiped to the level of the policy first, as at the end of an employment;
/// then it is in stock, or handed out to the borrower with the last day of the loan, and the desk has a task on that day.
/// The manager says the same on the page of the mail; the desk may say something else as long as it is not carried out.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/arrangement",
    tag = "Terminations",
    operation_id = "terminations_arrange",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = ArrangementIn,
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn arrange(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<ArrangementIn>,
) -> Result<HttpResponse, Problem> {
    let once = once(&request, &caller, &key, &body.bytes);
    let said = ArrangementSaid {
        choice: body.value.choice,
        employment: body.value.employment_id,
        until: body.value.until,
    };
    once.respond(terminations::arrange(&caller, path.0, said, once.recorder()).await)
}

/// Say that the holder has a device again
///
/// After a leave, or before its end: of a device that was handed in and put away.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/hand-back",
    tag = "Terminations",
    operation_id = "terminations_hand_back",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    responses((status = 200, description = "The case as it is now", body = TerminationDetailOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn hand_back(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, b"", |view: &TerminationView| {
        let mut reply = json(StatusCode::OK, &TerminationDetailOut::from(view))?;
        reply
            .headers
            .push(("etag".to_owned(), of_version(view.record.meta.version)));
        Ok(reply)
    });
    once.respond(terminations::hand_back(&caller, path.0, once.recorder()).await)
}
