//! Request bodies. The framework's own JSON extractor answers a wrong media type with 400, echoes values in
//! its errors and waits for ever for a body that never comes; hence our own.

use super::{json, single_header};
use crate::web::problem::{Problem, ProblemType};
use crate::web::state::State;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde::de::DeserializeOwned;

/// A JSON body of type `T`, with the bytes it was read from.
///
/// `T` derives `Deserialize` with `deny_unknown_fields`.
#[derive(Debug)]
pub struct Body<T> {
    /// What was read.
    pub value: T,
    /// The bytes as they came, for the fingerprint of the request.
    pub bytes: Bytes,
}

/// A body of any media type, within the limits of size and time. For forms and for signed payloads.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if let Err(problem) = check_media_type(request) {
            return std::future::ready(Err(problem)).boxed_local();
        }
        let reading = read(request, payload);
        async move {
            let bytes = reading.await?;
            let value = json::parse(&bytes)?;
            Ok(Self { value, bytes })
        }
        .boxed_local()
    }
}

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read(request, payload).map(|read| read.map(Self)).boxed_local()
    }
}

/// JSON in UTF-8, not compressed. A PATCH body is a merge patch (RFC 7396) and may say so.
fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let refused = || {
        Problem::new(ProblemType::UnsupportedMediaType)
            .header("accept", "application/json")
            .header("accept-encoding", "identity")
    };
    let encoding = single_header(request, "content-encoding")?;
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(refused());
    }
    let given = single_header(request, "content-type")?.ok_or_else(refused)?;
    let (essence, parameters) = given.split_once(';').unwrap_or((given, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let is_merge_patch = request.method() == Method::PATCH && essence == "application/merge-patch+json";
    let charset = parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    let is_utf8 = charset.is_none_or(|(_, value)| value.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    if is_utf8 && (essence == "application/json" || is_merge_patch) {
        Ok(())
    } else {
        Err(refused())
    }
}

/// Reads the whole body within the configured size and time.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, Problem>> + 'static {
    let limits = State::of(request).map(|state| {
        let http = &state.app.config.http;
        (http.body_limit, http.body_deadline)
    });
    let declared = request
        .headers()
        .get("content-length")
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let payload = payload.take();
    async move {
        let (limit, deadline) = limits?;
        if declared.is_some_and(|length| length > limit) {
            return Err(Problem::new(ProblemType::BodyTooLarge));
        }
        let reading = collect(payload, declared.unwrap_or(0), limit);
        tokio::time::timeout(deadline, reading)
            .await
            .unwrap_or_else(|_| Err(Problem::new(ProblemType::BodyTimeout)))
    }
}

async fn collect(mut payload: Payload, expected: usize, limit: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::with_capacity(expected.min(limit));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        if body.len() + chunk.len() > limit {
            return Err(Problem::new(ProblemType::BodyTooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn unreadable(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => Problem::new(ProblemType::BodyTooLarge),
        _ => Problem::new(ProblemType::MalformedRequest).detail("The body ended before it was complete."),
    }
}
