//! The accounts of the connection that calls.

use super::ScimError;
use super::body::ScimBody;
use super::query::{expected, has_version, of_address, of_body, projection, tag};
use super::resource::{base, one, several};
use crate::domain::ids::ScimUserId;
use crate::services::scim::users;
use crate::web::auth::Caller;
use crate::web::problem::{Problem, ProblemType};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

/// The accounts that fit.
pub(super) async fn list(request: HttpRequest, caller: Caller) -> Result<HttpResponse, ScimError> {
    let asked = of_address(&request)?;
    let found = users::search(&caller, asked.search).await?;
    Ok(several(&base(&request)?, found, &asked.projection))
}

/// The same, asked for in a body.
pub(super) async fn search(
    request: HttpRequest,
    caller: Caller,
    body: ScimBody,
) -> Result<HttpResponse, ScimError> {
    let asked = of_body(&body.0)?;
    let found = users::search(&caller, asked.search).await?;
    Ok(several(&base(&request)?, found, &asked.projection))
}

/// One account.
pub(super) async fn get(request: HttpRequest, caller: Caller) -> Result<HttpResponse, ScimError> {
    let user = users::get(&caller, id_of(&request)?).await?;
    if has_version(&request, user.meta.version) {
        let tag = ("etag", tag(user.meta.version));
        return Ok(HttpResponse::NotModified().insert_header(tag).finish());
    }
    Ok(one(&base(&request)?, StatusCode::OK, user, &projection(&request)))
}

/// Makes an account.
pub(super) async fn create(
    request: HttpRequest,
    caller: Caller,
    body: ScimBody,
) -> Result<HttpResponse, ScimError> {
    let user = users::create(&caller, body.0).await?;
    Ok(one(
        &base(&request)?,
        StatusCode::CREATED,
        user,
        &projection(&request),
    ))
}

/// Puts another resource in its place.
pub(super) async fn replace(
    request: HttpRequest,
    caller: Caller,
    body: ScimBody,
) -> Result<HttpResponse, ScimError> {
    let user = users::replace(&caller, id_of(&request)?, expected(&request), body.0).await?;
    Ok(one(&base(&request)?, StatusCode::OK, user, &projection(&request)))
}

/// Changes it.
pub(super) async fn patch(
    request: HttpRequest,
    caller: Caller,
    body: ScimBody,
) -> Result<HttpResponse, ScimError> {
    let user = users::patch(&caller, id_of(&request)?, expected(&request), body.0).await?;
    Ok(one(&base(&request)?, StatusCode::OK, user, &projection(&request)))
}

/// Deletes it.
pub(super) async fn delete(request: HttpRequest, caller: Caller) -> Result<HttpResponse, ScimError> {
    users::delete(&caller, id_of(&request)?, expected(&request)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The id in the address: letter by letter the one that was given out.
fn id_of(request: &HttpRequest) -> Result<ScimUserId, ScimError> {
    let text = request.match_info().query("id");
    text.parse::<ScimUserId>()
        .ok()
        .filter(|id| id.to_string() == text)
        .ok_or_else(|| Problem::new(ProblemType::NotFound).into())
}
