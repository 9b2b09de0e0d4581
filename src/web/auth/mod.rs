//! Who is calling: bearer tokens in, a [`Ctx`] out. What the caller may do is decided by the services.

mod cache;
pub mod token_endpoint;

pub use cache::{Known, TokenCache, Verified};

use super::context::RequestContext;
use super::problem::{Fault, Problem, ProblemType, invalid_token};
use super::state::State;
use crate::crypto::access_token::TokenError;
use crate::domain::actor::Actor;
use crate::domain::policy::{self, Action};
use crate::services::tokens::{self, ExternalRefusal, ExternalToken};
use crate::services::{Ctx, ServiceError};
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use chrono::{DateTime, Utc};
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;
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

/// Refuses whoever may not do this, by what the token says and before anything else of the request is looked at.
/// Whether the token still holds is read in the use case.
///
/// # Errors
/// 401 without a good token, 403 without a scope that allows it.
pub fn require(request: &HttpRequest, action: Action) -> Result<(), Problem> {
    let (_, verified) = verified(request)?;
    if policy::allows(&verified.actor, action) {
        Ok(())
    } else {
        Err(ServiceError::Forbidden(action).into())
    }
}

fn identify(request: &HttpRequest) -> Result<Caller, Problem> {
    let (context, verified) = verified(request)?;
    Ok(Caller(Ctx {
        app: State::of(request)?.app.clone(),
        actor: verified.actor.clone(),
        request_id: context.request_id().to_owned(),
    }))
}

/// Who sent the request.
fn verified(request: &HttpRequest) -> Result<(Rc<RequestContext>, Arc<Verified>), Problem> {
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
        .get()
        .cloned()
        .ok_or_else(|| Problem::internal("a request that nobody looked at"))??;
    Ok((context, verified))
}

/// Finds out who calls. Whether the account still is what the token says is read in the use case.
pub(super) async fn authenticate(headers: &HeaderMap, state: &State) -> Result<Arc<Verified>, Problem> {
    let token = bearer_token(headers)?;
    let now = state.app.clock.now();
    let known = match state.verified.get(token, now) {
        Some(known) => known,
        None => {
            let good = verify(token, state, now).await?;
            state.verified.put(token, good.clone(), now);
            good
        }
    };
    match known {
        Known::Ours { verified, .. } => Ok(verified),
        Known::External(external) => stand_in(&external, state).await,
    }
}

async fn verify(token: &str, state: &State, now: DateTime<Utc>) -> Result<Known, Problem> {
    let refused = |reason: TokenError| {
        tracing::debug!(%reason, "access token refused");
        invalid_token()
    };
    if state.app.issuers.claims_to_be_theirs(token) {
        let external = state.app.issuers.verify(token, now).await;
        return match external {
            Ok(external) => Ok(Known::External(Arc::new(external))),
            Err(ExternalRefusal::Token(reason)) => Err(refused(reason)),
            Err(ExternalRefusal::NoKeys) => {
                Err(Problem::new(ProblemType::IssuerUnavailable).header("retry-after", "30"))
            }
        };
    }
    let claims = state.app.tokens.verify(token, now).map_err(refused)?;
    let expires_at = claims.expires_at;
    let verified = Arc::new(Verified::try_from(claims).map_err(|_| invalid_token())?);
    Ok(Known::Ours { verified, expires_at })
}

/// The account that a client of another issuer is bound to. It is read on each request: the token does not know what
/// has become of it since.
async fn stand_in(token: &ExternalToken, state: &State) -> Result<Arc<Verified>, Problem> {
    let actor = tokens::caller_with(&state.app, token).await?;
    match actor {
        Some(actor @ Actor::ServiceAccount { id, .. }) => Ok(Arc::new(Verified {
            actor,
            client: id.into(),
        })),
        Some(_) | None => {
            tracing::debug!(issuer = token.issuer, "no account is bound to the token's client");
            Err(invalid_token())
        }
    }
}

/// The token of the one `Authorization` header (RFC 6750 §2.1).
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<&str, Problem> {
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
