//! Bodies: `application/scim+json` or `application/json`, which mean the same here.

use super::{MEDIA_TYPE, ScimError};
use crate::web::extract::{RawBody, read_json};
use crate::web::problem::{Problem, ProblemType};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::Value;

/// A body that is JSON and means one thing.
pub(super) struct ScimBody(pub Value);

impl FromRequest for ScimBody {
    type Error = ScimError;
    type Future = LocalBoxFuture<'static, Result<Self, ScimError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_json(request) {
            let problem = Problem::new(ProblemType::UnsupportedMediaType)
                .detail("Send application/scim+json or application/json in UTF-8.")
                .header("accept", MEDIA_TYPE);
            return std::future::ready(Err(problem.into())).boxed_local();
        }
        let reading = RawBody::from_request(request, payload);
        async move {
            let RawBody(bytes) = reading.await?;
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| Problem::new(ProblemType::MalformedBody).detail("The body is not UTF-8."))?;
            Ok(Self(read_json(text)?))
        }
        .boxed_local()
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header(CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return false;
    }
    let Some(given) = header(CONTENT_TYPE) else {
        return false;
    };
    let mut parts = given.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .all(|(_, value)| value.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    is_utf8
        && [MEDIA_TYPE, "application/json"]
            .iter()
            .any(|known| essence.eq_ignore_ascii_case(known))
}
