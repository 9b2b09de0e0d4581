//! Who is calling: bearer tokens in, a [`Ctx`] out. What the caller may do is decided by the services.

mod cache;
pub mod token_endpoint;

pub use cache::{TokenCache, Verified};

use super::context::RequestContext;
use super::problem::{Fault, Problem, ProblemType, invalid_token};
use super::state::State;
use crate::services::Ctx;
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;
use url::form_urlencoded;

/// The service account that calls, as the context of a use case.
#[derive(Clone)]
pub struct Caller(pub Ctx);

impl Deref for Caller {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identify(request))
    }
}

fn identify(request: &HttpRequest) -> Result<Caller, Problem> {
    let state = State::of(request)?;
    let context =
        RequestContext::of(request).ok_or_else(|| Problem::internal("a request without context"))?;
    // A token in an address ends up in logs and histories (RFC 9700 §4.3.2).
    let in_query =
        form_urlencoded::parse(request.query_string().as_bytes()).any(|(name, _)| name == "access_token");
    if in_query {
        return Err(
            Problem::new(ProblemType::MalformedRequest).error(Fault::parameter(
                "access_token",
                "token_in_query",
                "Send the token in the Authorization header. Revoke this one: addresses are logged.",
            )),
        );
    }
    let verified = context
        .caller
        .get_or_init(|| authenticate(request.headers(), &state))
        .clone()?;
    Ok(Caller(Ctx {
        app: state.app.clone(),
        actor: verified.actor.clone(),
        request_id: context.request_id().to_owned(),
    }))
}

/// Finds out who calls. Whether the account still is what the token says is read in the use case.
pub(super) fn authenticate(headers: &HeaderMap, state: &State) -> Result<Arc<Verified>, Problem> {
    let token = bearer_token(headers)?;
    let now = state.app.clock.now();
    if let Some(verified) = state.verified.get(token, now) {
        return Ok(verified);
    }
    let claims = state.app.tokens.verify(token, now).map_err(|error| {
        tracing::debug!(reason = %error, "access token refused");
        invalid_token()
    })?;
    let verified = Arc::new(Verified::try_from(claims).map_err(|_| invalid_token())?);
    state.verified.put(token, Arc::clone(&verified), now);
    Ok(verified)
}

/// The token of the one `Authorization` header (RFC 6750 §2.1).
fn bearer_token(headers: &HeaderMap) -> Result<&str, Problem> {
    let missing = || Problem::new(ProblemType::Unauthenticated).header("www-authenticate", "Bearer");
    let mut values = headers.get_all(AUTHORIZATION);
    let first = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(Problem::new(ProblemType::MalformedRequest).error(Fault::header(
            "authorization",
            "repeated",
            "Send this header once.",
        )));
    }
    let (scheme, token) = first
        .to_str()
        .ok()
        .and_then(|text| text.trim().split_once(' '))
        .ok_or_else(invalid_token)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    Ok(token.trim_start())
}
