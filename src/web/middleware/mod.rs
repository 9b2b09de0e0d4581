//! What surrounds every request: its id, authentication, the rate limit, the deadline, and afterwards one
//! shape for problems, the security headers, the log line and the numbers.
//!
//! One middleware does all of it, in one order that can be read here. It never sees a body.

mod client_ip;
mod held_payload;
mod limits;
mod observe;
mod security_headers;

pub use client_ip::client_ip;
pub use limits::Limits;
pub(super) use limits::network_of;
pub use observe::{METRIC_COUNT, METRIC_SECONDS, metrics_recorder};

use super::auth;
use super::context::{REQUEST_ID, RequestContext};
use super::once;
use super::problem::{Problem, ProblemType};
use super::scim::{self, ScimError};
use super::state::State;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};
use futures_util::FutureExt;
use held_payload::HeldPayload;
use limits::Allowance;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

/// Surrounds every request. Register it with `App::wrap(from_fn(envelope))`.
///
/// # Errors
/// The answer of a request whose handler panicked or ran out of time travels as an error, because the
/// framework has taken the request with it. It is complete: nothing outside has to be added.
pub async fn envelope<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = State::of(request.request()).map_err(Error::from)?;
    let context = RequestContext::begin(&request, || state.app.ids.next::<uuid::Uuid>().to_string());
    let exchange = Exchange {
        method: request.method().clone(),
        started: Instant::now(),
        allowance: None,
        payload: HeldPayload::of(&mut request),
        context,
        is_scim: scim::is_below(request.path()),
    };
    exchange.run(&state, request, next).await
}

/// One request and what its answer needs to know of it.
struct Exchange {
    method: Method,
    started: Instant,
    context: Rc<RequestContext>,
    allowance: Option<Allowance>,
    payload: Option<HeldPayload>,
    /// Whether it speaks SCIM, which has errors of its own.
    is_scim: bool,
}

impl Exchange {
    async fn run<B: MessageBody + 'static>(
        mut self,
        state: &State,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let caller = if self.is_scim {
            scim::authenticate(request.headers(), state).await
        } else {
            auth::authenticate(request.headers(), state).await
        };
        // The cell is fresh: nothing has been set before.
        let _ = self.context.caller.set(caller);
        match state.limits.admit(&request, &self.context) {
            Ok(allowance) => self.allowance = allowance,
            Err(problem) => return Ok(self.finish(request.error_response(problem))),
        }
        let handling = AssertUnwindSafe(next.call(request)).catch_unwind();
        match tokio::time::timeout(state.app.config.http.request_deadline, handling).await {
            Ok(Ok(Ok(response))) => Ok(self.finish(response.map_into_boxed_body())),
            Ok(Ok(Err(error))) => Err(self.finish_alone(refusal_of(&error))),
            Ok(Err(_panic)) => Err(self.finish_alone(Problem::internal("the handler panicked").into())),
            Err(_elapsed) => {
                let problem = Problem::new(ProblemType::DeadlineExceeded).header("retry-after", "5");
                Err(self.finish_alone(problem.into()))
            }
        }
    }

    /// Completes an answer that still has its request.
    fn finish(self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let refusal = response.response().error().map(refusal_of);
        let (request, answer) = response.into_parts();
        let answer = refusal.map_or(answer, |refusal| self.write(&refusal));
        ServiceResponse::new(request, self.complete(answer))
    }

    /// Completes an answer whose request is gone.
    fn finish_alone(self, refusal: ScimError) -> Error {
        let answer = self.write(&refusal);
        InternalError::from_response(refusal, self.complete(answer)).into()
    }

    fn write(&self, refusal: &ScimError) -> HttpResponse {
        let problem = refusal.problem();
        if let Some(text) = problem.for_log() {
            let (request_id, route) = (self.context.request_id(), self.context.route());
            tracing::error!(request_id, route, error = text, "request failed");
        }
        let mut answer = once::response(if self.is_scim {
            refusal.reply()
        } else {
            problem.reply(self.context.request_id())
        });
        if problem.closes_connection() {
            answer
                .head_mut()
                .set_connection_type(actix_web::http::ConnectionType::Close);
        }
        answer
    }

    fn complete(self, mut answer: HttpResponse) -> HttpResponse {
        observe::record(
            &self.context,
            &self.method,
            answer.status(),
            self.started.elapsed(),
        );
        let headers = answer.headers_mut();
        if let Ok(id) = HeaderValue::from_str(self.context.request_id()) {
            headers.insert(HeaderName::from_static(REQUEST_ID), id);
        }
        if let Some(allowance) = &self.allowance {
            allowance.write(headers);
        }
        security_headers::fill_in(headers);
        match self.payload {
            Some(payload) => answer.map_body(|_, body| payload.held_by(body)),
            None => answer,
        }
    }
}

/// A refusal of the SCIM door as it is, and every other as a problem.
fn refusal_of(error: &Error) -> ScimError {
    match error.as_error::<ScimError>() {
        Some(refusal) => refusal.clone(),
        None => problem_of(error).into(),
    }
}

/// Our own problems as they are; whatever the framework refuses, in the same shape and without its text.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let response: &dyn ResponseError = error.as_response_error();
    match response.status_code().as_u16() {
        404 => Problem::new(ProblemType::NotFound),
        408 => Problem::new(ProblemType::BodyTimeout),
        413 => Problem::new(ProblemType::BodyTooLarge),
        415 => Problem::new(ProblemType::UnsupportedMediaType),
        400..=499 => Problem::new(ProblemType::MalformedRequest),
        _ => Problem::internal(error.to_string()),
    }
}
