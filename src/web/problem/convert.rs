//! From the refusals of the services to problems.

use super::{Fault, Problem, ProblemType};
use crate::domain::error::DomainError;
use crate::domain::policy::Action;
use crate::services::snapshots::NOT_JSON;
use crate::services::{FileReport, ServiceError};
use crate::web::etag;

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::TokenRevoked => invalid_token(),
            ServiceError::Forbidden(action) => forbidden(action),
            ServiceError::NotFound(what) => {
                Self::new(ProblemType::NotFound).detail(format!("There is no such {what}."))
            }
            ServiceError::Invalid(violations) => violations
                .into_iter()
                .map(Fault::from)
                .fold(Self::new(ProblemType::ValidationFailed), Self::error),
            ServiceError::BadFile(report) => bad_file(*report),
            ServiceError::Domain(error) => from_domain(&error),
            ServiceError::Conflict { code, detail } => {
                Self::new(ProblemType::Conflict).code(code).detail(detail)
            }
            ServiceError::Quarantined { until } => Self::new(ProblemType::Conflict)
                .code("number_quarantined")
                .detail(format!(
                    "The number was somebody else's and is in quarantine until {until}. Wait, choose another number, or say \
                     in override_quarantine who decided otherwise and why."
                )),
            ServiceError::Stale { current } => {
                Self::new(ProblemType::PreconditionFailed).header("etag", etag::of_version(current))
            }
            ServiceError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            ServiceError::Gone => Self::new(ProblemType::LinkGone),
            ServiceError::UsedUp { code, detail } => Self::new(ProblemType::Gone).code(code).detail(detail),
            ServiceError::LimitReached { retry_after } => {
                Self::new(ProblemType::RateLimited).header("retry-after", retry_after.to_string())
            }
            ServiceError::Busy => Self::new(ProblemType::Busy).header("retry-after", "1"),
            ServiceError::Unavailable => Self::new(ProblemType::Unavailable).header("retry-after", "5"),
            ServiceError::Internal(text) => Self::internal(text),
        }
    }
}

/// A token that is not or no longer good (RFC 6750 §3.1). Why is for the log alone.
pub fn invalid_token() -> Problem {
    Problem::new(ProblemType::InvalidToken).header("www-authenticate", r#"Bearer error="invalid_token""#)
}

/// Says how many rows are good, and that they were not used either.
fn bad_file(report: FileReport) -> Problem {
    let is_unreadable = report.faults.iter().any(|fault| fault.code == NOT_JSON);
    let kind = if is_unreadable {
        ProblemType::MalformedBody
    } else {
        ProblemType::ValidationFailed
    };
    let (rows, bad) = (report.rows, report.bad);
    let shown = report.faults.len() as u64;
    let rest = report.fault_count.saturating_sub(shown);
    let more = if rest > 0 {
        format!(" {rest} more fault(s) are not listed.")
    } else {
        String::new()
    };
    let detail = format!(
        "{bad} of the {rows} rows that were read are bad and {} are good. Nothing was applied, not the good ones either.{more}",
        rows.saturating_sub(bad)
    );
    let problem = Problem::new(kind).detail(detail);
    report
        .faults
        .into_iter()
        .map(Fault::from)
        .fold(problem, Problem::error)
}

fn forbidden(action: Action) -> Problem {
    let scopes: Vec<&str> = action.scopes().iter().map(|scope| scope.as_str()).collect();
    let problem = Problem::new(ProblemType::Forbidden);
    match scopes.as_slice() {
        [] => problem.header("www-authenticate", r#"Bearer error="insufficient_scope""#),
        [scope, ..] => problem
            .header(
                "www-authenticate",
                format!(r#"Bearer error="insufficient_scope", scope="{scope}""#),
            )
            .detail(format!("One of these scopes is needed: {}.", scopes.join(", "))),
    }
}

fn from_domain(error: &DomainError) -> Problem {
    let problem = match error {
        // What is not there is not there, whoever found out.
        DomainError::UnknownItem | DomainError::UnknownCheck => Problem::new(ProblemType::NotFound),
        DomainError::NotAllowed { .. } => Problem::new(ProblemType::Forbidden),
        DomainError::NeedsReason => {
            let fault = Fault::pointer("/reason", "needs_reason", "Say why.");
            return Problem::new(ProblemType::ValidationFailed).error(fault);
        }
        DomainError::InvalidTransition { .. }
        | DomainError::Held
        | DomainError::WrongDevice
        | DomainError::PolicyNotMet { .. }
        | DomainError::Contradicted
        | DomainError::NotReturned
        | DomainError::Unanswered { .. }
        | DomainError::TransferUnderWay
        | DomainError::Conflict
        | DomainError::Unsupported(_) => Problem::new(ProblemType::InvalidState),
    };
    // The texts of the domain are made of its own words.
    problem.code(error.code()).detail(sentence(&error.to_string()))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}
