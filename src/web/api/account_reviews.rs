//! `/v1/account-reviews`: accounts that a directory has switched off, and nobody has said why.

use crate::domain::ids::{AccountReviewId, EmploymentId, PersonId, ScimConnectionId, ScimUserId};
use crate::domain::scim::{AccountReview, ReviewReason, ReviewResolution, ReviewState};
use crate::services::scim::reviews::{self, ReviewFilter};
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

/// The question whether somebody is leaving whose account is off. The account alone ends nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120009",
    "connection_id": "01939e5c-5b6a-7c1e-8f00-0242ac120001",
    "user_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "person_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005",
    "reason": "inactive",
    "state": "open",
    "raised_at": "2027-01-11T08:00:00Z",
    "employment_id": null,
    "resolution": null,
    "closed_at": null
})))]
pub struct AccountReviewOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: AccountReviewId,
    /// The connection of the directory that said so.
    #[schema(value_type = uuid::Uuid)]
    connection_id: ScimConnectionId,
    /// The account, as the directory knows it here. It may be gone.
    #[schema(value_type = uuid::Uuid)]
    user_id: ScimUserId,
    /// Whom it belongs to, if that is known.
    #[schema(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
    /// What became of the account.
    reason: ReviewReason,
    /// Where the question stands. One that is `waiting` is asked after four hours, unless the account is in use again.
    state: ReviewState,
    /// When the account was switched off or deleted.
    raised_at: DateTime<Utc>,
    /// The employment whose end answers it, as the HR system says.
    #[schema(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// What somebody found out.
    resolution: Option<ReviewResolution>,
    /// When it was answered.
    closed_at: Option<DateTime<Utc>>,
}

impl From<&AccountReview> for AccountReviewOut {
    fn from(review: &AccountReview) -> Self {
        Self {
            id: review.id,
            connection_id: review.connection_id,
            user_id: review.user_id,
            person_id: review.person_id,
            reason: review.reason,
            state: review.state,
            raised_at: review.meta.created_at,
            employment_id: review.employment_id,
            resolution: review.resolution,
            closed_at: review.closed_at,
        }
    }
}

/// Which reviews.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReviewParams {
    /// Only in this state; `open` is what waits for somebody.
    state: Option<ReviewState>,
    /// Only about this person.
    #[param(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
}

impl From<&ReviewParams> for ReviewFilter {
    fn from(params: &ReviewParams) -> Self {
        Self {
            state: params.state,
            person_id: params.person_id,
        }
    }
}

/// What you found out. If the employment ends, have HR enter the day: nothing else opens a termination.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"resolution": "still_employed"})))]
pub struct ReviewResolutionIn {
    /// The answer.
    resolution: ReviewResolution,
}

/// List account reviews
#[utoipa::path(
    get,
    path = "/v1/account-reviews",
    tag = "Watching",
    operation_id = "account_reviews_list",
    params(ReviewParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<AccountReviewOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<ReviewParams>,
) -> Result<HttpResponse, Problem> {
    let page = reviews::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(|review| AccountReviewOut::from(&review)))
}

/// Read an account review
#[utoipa::path(
    get,
    path = "/v1/account-reviews/{id}",
    tag = "Watching",
    operation_id = "account_reviews_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The review", body = AccountReviewOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<AccountReviewId>,
) -> Result<HttpResponse, Problem> {
    let review = reviews::get(&caller, id.0).await?;
    respond_with_etag(&request, review.meta.version, &AccountReviewOut::from(&review))
}

/// Answer an account review
///
/// Ends no employment, whatever the answer is.
#[utoipa::path(
    post,
    path = "/v1/account-reviews/{id}/resolution",
    tag = "Watching",
    operation_id = "account_reviews_resolve",
    params(("id" = uuid::Uuid, Path, description = "The review"), IdempotencyKey),
    request_body = ReviewResolutionIn,
    responses((status = 200, description = "The review as it is now", body = AccountReviewOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn resolve(
    request: HttpRequest,
    caller: Caller,
    id: PathId<AccountReviewId>,
    key: IdempotencyKey,
    body: Body<ReviewResolutionIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |review: &AccountReview| {
        json(StatusCode::OK, &AccountReviewOut::from(review))
    });
    once.respond(reviews::resolve(&caller, id.0, body.value.resolution, once.recorder()).await)
}
