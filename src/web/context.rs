//! What is known about one request from its first byte to its last log line.

use super::auth::Verified;
use super::problem::Problem;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::cell::{Cell, OnceCell};
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use uuid::Uuid;

/// The header that carries the request id in and out.
pub const REQUEST_ID: &str = "x-request-id";

/// One request. The envelope makes it before anything else runs.
#[derive(Debug)]
pub struct RequestContext {
    request_id: String,
    /// The route pattern, as soon as a resource has matched.
    pub(super) pattern: Cell<Option<&'static str>>,
    /// Whether something took the query of the address. What nothing takes must be empty.
    pub(super) is_query_read: Cell<bool>,
    /// The outcome of authentication.
    pub(super) caller: OnceCell<Result<Arc<Verified>, Problem>>,
}

impl RequestContext {
    /// Takes over the caller's request id if it is harmless, else makes one.
    pub(super) fn begin(request: &ServiceRequest, fresh: impl FnOnce() -> String) -> Rc<Self> {
        let given = request
            .headers()
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|text| is_request_id(text));
        let context = Rc::new(Self {
            request_id: given.map_or_else(fresh, str::to_owned),
            pattern: Cell::new(None),
            is_query_read: Cell::new(false),
            caller: OnceCell::new(),
        });
        request.extensions_mut().insert(Rc::clone(&context));
        context
    }

    /// The context of a request that went through the envelope.
    pub(super) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    /// The id of the request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The route pattern; `unmatched` where there is none.
    pub fn route(&self) -> &'static str {
        self.pattern.get().unwrap_or("unmatched")
    }

    /// The client, if it has proved who it is.
    pub fn client(&self) -> Option<Uuid> {
        match self.caller.get() {
            Some(Ok(verified)) => Some(verified.client),
            Some(Err(_)) | None => None,
        }
    }
}

/// `[A-Za-z0-9._-]{1,64}`: nothing that could break a log line or a header.
fn is_request_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The id of the request, for handlers that need nothing else.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl FromRequest for RequestId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            RequestContext::of(request)
                .map(|context| Self(context.request_id().to_owned()))
                .ok_or_else(|| Problem::internal("a request without context")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_harmless_request_id_is_taken_over() {
        for good in [
            "a",
            "01939e5c-5b6a-7c1e-8f00-0242ac120002",
            "A.b_9",
            &"x".repeat(64),
        ] {
            assert!(is_request_id(good), "{good}");
        }
        for bad in ["", "a b", "a\nb", "å", "a;b", "<x>", &"x".repeat(65)] {
            assert!(!is_request_id(bad), "{bad}");
        }
    }
}
