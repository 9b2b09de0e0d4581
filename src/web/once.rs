//! POST that happens once: ties the `Idempotency-Key` of a request to the receipt that the services keep.
//!
//! The answer is rendered inside the transaction of the effect, and the same bytes are stored and sent. Kept
//! are success and the refusals that would be the same next time: broken rules, conflicts, states, versions.
//! Never kept: what says nothing about the effect, such as 400, 401, 403, 404, 413, 415, 429 and 5xx.

use super::auth::Caller;
use super::context::RequestContext;
use super::etag;
use super::extract::IdempotencyKey;
use super::problem::{Problem, ProblemType};
use crate::crypto::digest::fingerprint;
use crate::domain::once::{OnceKey, Reply};
use crate::services::{Recorded, Recorder, ServiceError};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use std::sync::Arc;

/// Says that the answer is the one of the first time.
const REPLAYED: &str = "idempotent-replayed";

type Render<T> = dyn Fn(&T) -> Result<Reply, Problem> + Send + Sync;

/// One POST and how its success is written.
pub struct Once<T> {
    key: OnceKey,
    request_id: String,
    render: Arc<Render<T>>,
}

impl<T: 'static> Once<T> {
    /// Takes the key and the fingerprint of the request: everything that the caller sent. `render` writes
    /// the good answer; it must depend on nothing but its argument.
    pub fn new(
        request: &HttpRequest,
        caller: &Caller,
        key: &IdempotencyKey,
        body: &[u8],
        render: impl Fn(&T) -> Result<Reply, Problem> + Send + Sync + 'static,
    ) -> Self {
        let method = request.method().as_str();
        let route = RequestContext::of(request).map_or("", |context| context.route());
        let media_type = request
            .headers()
            .get("content-type")
            .map_or(&b""[..], HeaderValue::as_bytes);
        let parts: [&[u8]; 5] = [
            method.as_bytes(),
            request.path().as_bytes(),
            request.query_string().as_bytes(),
            media_type,
            body,
        ];
        Self {
            key: OnceKey {
                actor: format!("{}:{}", caller.actor.kind(), caller.actor.id()),
                route: format!("{method} {route}"),
                key: key.as_str().to_owned(),
                fingerprint: fingerprint(&parts).to_vec(),
            },
            request_id: caller.request_id.clone(),
            render: Arc::new(render),
        }
    }

    /// What the service needs to keep the answer.
    pub fn recorder(&self) -> Recorder<T> {
        let (render, request_id) = (Arc::clone(&self.render), self.request_id.clone());
        Recorder::new(
            self.key.clone(),
            move |result: Result<&T, &ServiceError>| match result {
                Ok(value) => render(value).ok(),
                Err(error) if is_kept(error) => Some(Problem::from(error.clone()).reply(&request_id)),
                Err(_) => None,
            },
        )
    }

    /// The answer to the caller.
    ///
    /// # Errors
    /// The refusal, when it is not one that is kept.
    pub fn respond(&self, outcome: Result<Recorded<T>, ServiceError>) -> Result<HttpResponse, Problem> {
        match outcome? {
            Recorded::Fresh(value) => (self.render)(&value).map(response),
            Recorded::Refused(error) => Ok(response(Problem::from(error).reply(&self.request_id))),
            Recorded::Replayed(reply) => {
                let mut answer = response(reply);
                answer.headers_mut().insert(
                    HeaderName::from_static(REPLAYED),
                    HeaderValue::from_static("true"),
                );
                Ok(answer)
            }
        }
    }
}

/// Whether the same request would be refused in the same way: then the refusal is its answer for good.
fn is_kept(error: &ServiceError) -> bool {
    match error {
        ServiceError::Invalid(_)
        | ServiceError::Conflict { .. }
        | ServiceError::Quarantined { .. }
        | ServiceError::Stale { .. }
        | ServiceError::UsedUp { .. } => true,
        // Some refusals of the domain are about rights or about what is not there.
        ServiceError::Domain(_) => matches!(
            Problem::from(error.clone()).kind(),
            ProblemType::InvalidState | ProblemType::ValidationFailed
        ),
        ServiceError::TokenRevoked
        | ServiceError::BadFile(_)
        | ServiceError::Forbidden(_)
        | ServiceError::NotFound(_)
        | ServiceError::KeyReused
        | ServiceError::Gone
        | ServiceError::LimitReached { .. }
        | ServiceError::Busy
        | ServiceError::Unavailable
        | ServiceError::Internal(_) => false,
    }
}

/// 201 with the new record: its address, its tag, its body.
///
/// # Errors
/// The body cannot be written, which is a mistake in the program.
pub fn created<T: Serialize>(location: String, version: i64, body: &T) -> Result<Reply, Problem> {
    let mut reply = json(StatusCode::CREATED, body)?;
    reply.headers.push(("location".to_owned(), location));
    reply.headers.push(("etag".to_owned(), etag::of_version(version)));
    Ok(reply)
}

/// An answer with a JSON body.
///
/// # Errors
/// The body cannot be written, which is a mistake in the program.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Reply, Problem> {
    Ok(Reply {
        status: status.as_u16(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: serde_json::to_vec(body).map_err(|error| Problem::internal(error.to_string()))?,
    })
}

/// A stored answer as the framework sends it.
pub fn response(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in reply.headers {
        response.append_header((name, value));
    }
    response.body(reply.body)
}
