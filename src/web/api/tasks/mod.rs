//! `/v1/tasks`: what the desk, or somebody by name, is to do; change notices come in here.

mod bodies;

use self::bodies::{TaskChange, TaskDeclineIn, TaskDoneIn, TaskIn, TaskOut, TaskParams};
use crate::domain::calendar::local_date;
use crate::domain::ids::TaskId;
use crate::domain::task::Task;
use crate::services::tasks;
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{Body, IdempotencyKey, IfMatch, IfNoneMatch, ListQuery, PathId};
use crate::web::once::{Once, created, json};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

/// Tell the desk of a change
///
/// A change notice (ändringsanmälan). Its number is your receipt. It is entered in the telephony system when its state
/// is `done`, which only the desk or the telephony system says.
#[utoipa::path(
    post,
    path = "/v1/tasks",
    tag = "Tasks",
    operation_id = "tasks_create",
    params(IdempotencyKey),
    request_body = TaskIn,
    responses((status = 201, description = "Taken", body = TaskOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<TaskIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |task: &Task| {
        created(
            format!("/v1/tasks/{}", task.id),
            task.meta.version,
            &TaskOut::from(task),
        )
    });
    once.respond(tasks::create(&caller, once.recorder(), body.value.into()).await)
}

/// List tasks
#[utoipa::path(
    get,
    path = "/v1/tasks",
    tag = "Tasks",
    operation_id = "tasks_list",
    params(TaskParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<TaskOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<TaskParams>,
) -> Result<HttpResponse, Problem> {
    let today = local_date(caller.app.clock.now());
    let page = query.page(&request)?;
    let found = tasks::list(&caller, query.filter.filter(today), page).await?;
    query.respond(&request, found.map(|task| TaskOut::from(&task)))
}

/// Read a task
#[utoipa::path(
    get,
    path = "/v1/tasks/{id}",
    tag = "Tasks",
    operation_id = "tasks_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The task", body = TaskOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(request: HttpRequest, caller: Caller, id: PathId<TaskId>) -> Result<HttpResponse, Problem> {
    let task = tasks::get(&caller, id.0).await?;
    respond_with_etag(&request, task.meta.version, &TaskOut::from(&task))
}

/// Say who does a task
#[utoipa::path(
    patch,
    path = "/v1/tasks/{id}",
    tag = "Tasks",
    operation_id = "tasks_update",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfMatch),
    request_body = TaskChange,
    responses((status = 200, description = "As it is now", body = TaskOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn update(
    caller: Caller,
    id: PathId<TaskId>,
    if_match: IfMatch,
    body: Body<TaskChange>,
) -> Result<HttpResponse, Problem> {
    let task = tasks::assign(&caller, id.0, if_match.0, body.value.owner_id).await?;
    Ok(respond_with_record(task.meta.version, &TaskOut::from(&task)))
}

/// Say that a task is done
///
/// The task of a `directory` check settles the check too. The telephony system says so of its own tasks alone.
#[utoipa::path(
    post,
    path = "/v1/tasks/{id}/done",
    tag = "Tasks",
    operation_id = "tasks_finish",
    params(("id" = uuid::Uuid, Path, description = "The task"), IdempotencyKey),
    request_body = TaskDoneIn,
    responses((status = 200, description = "The task as it is now", body = TaskOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn finish(
    request: HttpRequest,
    caller: Caller,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    body: Body<TaskDoneIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |task: &Task| {
        json(StatusCode::OK, &TaskOut::from(task))
    });
    let reference = body.value.reference.as_deref();
    once.respond(tasks::finish(&caller, id.0, reference, once.recorder()).await)
}

/// Decline a task
///
/// Not for the task of a `directory` check: answer the check instead.
#[utoipa::path(
    post,
    path = "/v1/tasks/{id}/decline",
    tag = "Tasks",
    operation_id = "tasks_decline",
    params(("id" = uuid::Uuid, Path, description = "The task"), IdempotencyKey),
    request_body = TaskDeclineIn,
    responses((status = 200, description = "The task as it is now", body = TaskOut, headers(
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn decline(
    request: HttpRequest,
    caller: Caller,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    body: Body<TaskDeclineIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |task: &Task| {
        json(StatusCode::OK, &TaskOut::from(task))
    });
    once.respond(tasks::decline(&caller, id.0, &body.value.reason, once.recorder()).await)
}
