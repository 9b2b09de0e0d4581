//! Errors in the form of RFC 7644 §3.12.

use super::MEDIA_TYPE;
use crate::domain::once::Reply;
use crate::domain::scim::{ERROR, ScimFault, ScimType};
use crate::services::ServiceError;
use crate::services::scim::ScimRefusal;
use crate::web::problem::{Problem, ProblemType};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use std::fmt;

/// A refusal: a problem, and what SCIM calls it.
#[derive(Clone, Debug)]
pub struct ScimError {
    problem: Box<Problem>,
    kind: Option<ScimType>,
}

impl ScimError {
    /// The problem.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    fn status(&self) -> u16 {
        match self.problem.kind() {
            // SCIM knows one status for what is wrong with a request.
            ProblemType::ValidationFailed => 400,
            kind => kind.status(),
        }
    }

    /// The answer.
    pub fn reply(&self) -> Reply {
        let status = self.status();
        let mut body = json!({
            "schemas": [ERROR],
            "status": status.to_string(),
            "detail": self.problem.text(),
        });
        let kind = self.kind.or(match self.problem.kind() {
            ProblemType::MalformedBody | ProblemType::ValidationFailed => Some(ScimType::InvalidSyntax),
            _ => None,
        });
        if let (Some(kind), Some(members)) = (kind, body.as_object_mut()) {
            members.insert("scimType".to_owned(), kind.as_str().into());
        }
        let mut headers = vec![("content-type".to_owned(), MEDIA_TYPE.to_owned())];
        headers.extend(
            self.problem
                .headers()
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        Reply {
            status,
            headers,
            body: body.to_string().into_bytes(),
        }
    }
}

impl From<Problem> for ScimError {
    fn from(problem: Problem) -> Self {
        Self {
            problem: Box::new(problem),
            kind: None,
        }
    }
}

impl From<ScimFault> for ScimError {
    fn from(fault: ScimFault) -> Self {
        Self {
            problem: Box::new(Problem::new(ProblemType::MalformedRequest).detail(fault.detail)),
            kind: Some(fault.kind),
        }
    }
}

impl From<ServiceError> for ScimError {
    fn from(error: ServiceError) -> Self {
        match error {
            // The tag of a problem is not the one that this resource has.
            ServiceError::Stale { .. } => Problem::new(ProblemType::PreconditionFailed).into(),
            ServiceError::Conflict { .. } => Self {
                problem: Box::new(error.into()),
                kind: Some(ScimType::Uniqueness),
            },
            other => Problem::from(other).into(),
        }
    }
}

impl From<ScimRefusal> for ScimError {
    fn from(refusal: ScimRefusal) -> Self {
        match refusal {
            ScimRefusal::Fault(fault) => fault.into(),
            ScimRefusal::Service(error) => error.into(),
        }
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.problem, f)
    }
}

impl ResponseError for ScimError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        // The envelope writes the body.
        HttpResponse::new(self.status_code())
    }
}
