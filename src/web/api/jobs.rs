//! `/v1/jobs`: the work outside of requests, and what became of it.

use crate::domain::ids::JobId;
use crate::domain::job::{JobKind, JobRecord, JobState};
use crate::services::queue::{self, JobFilter};
use crate::web::auth::Caller;
use crate::web::extract::{ListQuery, PathId};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac12000a",
    "kind": "send_mail",
    "about": "01939e5c-5b6a-7c1e-8f00-0242ac120009",
    "state": "retry",
    "run_at": "2026-12-17T07:00:30Z",
    "attempt": 1,
    "max_attempts": 20,
    "crash_count": 0,
    "last_error": "451 4.3.0 Try again later",
    "created_at": "2026-12-17T07:00:04Z",
    "started_at": "2026-12-17T07:00:05Z",
    "finished_at": null
})))]
pub struct JobOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: JobId,
    /// What it does.
    #[schema(max_length = 100)]
    kind: String,
    /// The id of what it is about.
    #[schema(max_length = 200)]
    about: Option<String>,
    /// Where it is in its life. `dead` means that somebody has to look.
    state: JobState,
    /// When it is or was due.
    run_at: DateTime<Utc>,
    /// How many attempts were begun.
    #[schema(minimum = 0)]
    attempt: i32,
    /// How many it has.
    #[schema(minimum = 1)]
    max_attempts: i32,
    /// How often a process died with it.
    #[schema(minimum = 0)]
    crash_count: i32,
    /// Why the last attempt failed.
    #[schema(max_length = 2048)]
    last_error: Option<String>,
    /// When it was enqueued.
    created_at: DateTime<Utc>,
    /// When the last attempt began.
    started_at: Option<DateTime<Utc>>,
    /// When it was done, given up or called off.
    finished_at: Option<DateTime<Utc>>,
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobParams {
    /// Only in this state.
    state: Option<JobState>,
    /// Only of this kind.
    kind: Option<JobKind>,
}

impl From<JobRecord> for JobOut {
    fn from(job: JobRecord) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            about: job.dedupe_key,
            state: job.state,
            run_at: job.run_at,
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            crash_count: job.crash_count,
            last_error: job.last_error,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

/// List jobs
#[utoipa::path(
    get,
    path = "/v1/jobs",
    tag = "Watching",
    operation_id = "jobs_list",
    params(JobParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<JobOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<JobParams>,
) -> Result<HttpResponse, Problem> {
    let filter = JobFilter {
        state: query.filter.state,
        kind: query.filter.kind,
    };
    let page = queue::list(&caller, filter, query.page(&request)?).await?;
    query.respond(&request, page.map(JobOut::from))
}

/// Read a job
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    tag = "Watching",
    operation_id = "jobs_get",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 200, description = "The job", body = JobOut))
)]
pub async fn get(caller: Caller, id: PathId<JobId>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(JobOut::from(queue::get(&caller, id.0).await?)))
}

/// Resume a dead job
///
/// It gets all its attempts again. Resuming one that is not dead is refused, so that a repeated request does
/// no harm.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/resume",
    tag = "Watching",
    operation_id = "jobs_resume",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses(
        (status = 200, description = "It will be run again", body = JobOut),
        (status = 409, description = "It is not dead", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub async fn resume(caller: Caller, id: PathId<JobId>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(JobOut::from(queue::resume(&caller, id.0).await?)))
}

/// Call a job off
///
/// Refused while it runs: it may have had its effect already.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/cancel",
    tag = "Watching",
    operation_id = "jobs_cancel",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses(
        (status = 200, description = "It will not be run", body = JobOut),
        (status = 409, description = "It runs, or has ended", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub async fn cancel(caller: Caller, id: PathId<JobId>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(JobOut::from(queue::cancel(&caller, id.0).await?)))
}
