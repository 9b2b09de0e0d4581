//! Every answer that is not a success: RFC 9457 `application/problem+json`, with one shape and a closed list
//! of types. A problem never repeats what was sent and never shows an internal text.
//!
//! A handler returns `Err(Problem)`; the envelope (see [`super::middleware`]) adds the request id and writes
//! the body, so that a problem looks the same wherever it was found.

mod convert;
mod kind;

pub use convert::invalid_token;
pub use kind::{BASE, ProblemType};

use crate::domain::once::Reply;
use crate::services::{FileFault, Place, Violation};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One thing that is wrong. A pointer, a parameter, a header or a line says where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// A JSON pointer into the body (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000)]
    pub pointer: Option<String>,
    /// The name of a query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100)]
    pub parameter: Option<String>,
    /// The name of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100)]
    pub header: Option<&'static str>,
    /// The number of a line of a file in the body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub line: Option<u64>,
    /// The name of a column of a file in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100)]
    pub column: Option<String>,
    /// What, as a stable word.
    #[schema(max_length = 100)]
    pub code: &'static str,
    /// What to do about it.
    #[schema(max_length = 1000)]
    pub detail: &'static str,
}

impl Fault {
    const fn nowhere(code: &'static str, detail: &'static str) -> Self {
        Self {
            pointer: None,
            parameter: None,
            header: None,
            line: None,
            column: None,
            code,
            detail,
        }
    }

    /// Something wrong with a header.
    pub const fn header(name: &'static str, code: &'static str, detail: &'static str) -> Self {
        let mut fault = Self::nowhere(code, detail);
        fault.header = Some(name);
        fault
    }

    /// Something wrong with a query parameter.
    pub fn parameter(name: impl Into<String>, code: &'static str, detail: &'static str) -> Self {
        Self {
            parameter: Some(name.into()),
            ..Self::nowhere(code, detail)
        }
    }

    /// Something wrong in the body.
    pub fn pointer(pointer: impl Into<String>, code: &'static str, detail: &'static str) -> Self {
        Self {
            pointer: Some(pointer.into()),
            ..Self::nowhere(code, detail)
        }
    }
}

impl From<FileFault> for Fault {
    fn from(fault: FileFault) -> Self {
        match fault.place {
            Place::Pointer(pointer) => Self::pointer(pointer, fault.code, fault.detail),
            Place::Line(line, column) => Self {
                line: Some(line),
                column,
                ..Self::nowhere(fault.code, fault.detail)
            },
        }
    }
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Self {
        // A service names a place of the body by a pointer and a parameter by its name.
        if violation.pointer.is_empty() || violation.pointer.starts_with('/') {
            Self::pointer(violation.pointer, violation.code, violation.detail)
        } else {
            Self::parameter(violation.pointer, violation.code, violation.detail)
        }
    }
}

/// A request that was not answered with success.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: ProblemType,
    detail: Option<Cow<'static, str>>,
    code: Option<&'static str>,
    errors: Vec<Fault>,
    headers: Vec<(&'static str, String)>,
    /// For the log, never for the caller.
    internal: Option<String>,
}

/// A problem as it is written.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem, examples(json!({
    "type": "urn:handback:problem:validation-failed",
    "title": "Something in the request breaks a rule",
    "status": 422,
    "instance": "urn:handback:request:01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "errors": [{"pointer": "/name", "code": "name_blank", "detail": "Give the name that people know it by."}]
})))]
pub struct ProblemBody<'a> {
    /// The type, one of the list in the description of this API.
    #[serde(rename = "type")]
    #[schema(format = "uri", max_length = 100)]
    kind: String,
    /// The type in words.
    #[schema(max_length = 200)]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000)]
    detail: Option<&'a str>,
    /// This occurrence; it carries the request id, which the log has too.
    #[schema(format = "uri", max_length = 100)]
    instance: String,
    /// Which conflict or which state, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100)]
    code: Option<&'static str>,
    /// Everything that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(max_items = 500)]
    errors: &'a [Fault],
}

impl Problem {
    /// A problem of this type that says no more than its title.
    pub const fn new(kind: ProblemType) -> Self {
        Self {
            kind,
            detail: None,
            code: None,
            errors: Vec::new(),
            headers: Vec::new(),
            internal: None,
        }
    }

    /// A fault of ours. The text goes to the log, with the request id, and nowhere else.
    pub fn internal(text: impl Into<String>) -> Self {
        Self {
            internal: Some(text.into()),
            ..Self::new(ProblemType::InternalError)
        }
    }

    /// Says what happened this time. Never repeat here what the caller sent.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the stable word for which conflict or which state.
    #[must_use]
    pub const fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds one thing that is wrong.
    #[must_use]
    pub fn error(mut self, fault: Fault) -> Self {
        self.errors.push(fault);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Its type.
    pub const fn kind(&self) -> ProblemType {
        self.kind
    }

    /// What happened, in words.
    pub fn text(&self) -> &str {
        self.detail.as_deref().unwrap_or(self.kind.title())
    }

    /// The headers of its answer.
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// What only the log may know.
    pub fn for_log(&self) -> Option<&str> {
        self.internal.as_deref()
    }

    /// The answer. The same problem on the same request gives the same bytes.
    pub fn reply(&self, request_id: &str) -> Reply {
        let body = ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status(),
            detail: self.detail.as_deref(),
            instance: format!("urn:handback:request:{request_id}"),
            code: self.code,
            errors: &self.errors,
        };
        let mut headers = vec![("content-type".to_owned(), MEDIA_TYPE.to_owned())];
        headers.extend(
            self.headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        Reply {
            status: self.kind.status(),
            headers,
            // Strings and numbers cannot fail to be written.
            body: serde_json::to_vec(&body).unwrap_or_default(),
        }
    }

    /// Whether the rest of the request is left unread, so that the connection cannot be used again.
    pub const fn closes_connection(&self) -> bool {
        matches!(self.kind, ProblemType::BodyTimeout | ProblemType::BodyTooLarge)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.slug())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        // The envelope writes the body: only it knows the request id.
        HttpResponse::new(self.status_code())
    }
}
