//! Why a use case was refused, in words that every caller can turn into its own: a status, a page, an exit
//! code.

use crate::db::{Constraint, DbError, Retry};
use crate::domain::error::DomainError;
use crate::domain::policy::Action;
use chrono::NaiveDate;
use thiserror::Error;

/// One thing that is wrong with what was sent. It never repeats the rejected value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{pointer}: {detail}")]
pub struct Violation {
    /// Where, as a JSON pointer into the body (RFC 6901) or the name of a parameter.
    pub pointer: String,
    /// What, as a stable word.
    pub code: &'static str,
    /// What to do about it.
    pub detail: &'static str,
}

/// Where something stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1, and the name of the column where one is to blame.
    Line(u64, Option<String>),
    /// A JSON pointer (RFC 6901).
    Pointer(String),
}

/// One thing that is wrong with a file. It never repeats what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// Where.
    pub place: Place,
    /// What, as a stable word.
    pub code: &'static str,
    /// What to do about it.
    pub detail: &'static str,
}

/// What is wrong with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// How many rows were read. Reading stops where the file cannot be understood any more.
    pub rows: u64,
    /// How many of them are bad.
    pub bad: u64,
    /// The first of the faults.
    pub faults: Vec<FileFault>,
    /// How many faults there are.
    pub fault_count: u64,
}

/// A use case was refused or failed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ServiceError {
    /// The account was revoked or changed after the token was issued.
    #[error("the access token is no longer valid")]
    TokenRevoked,
    /// The actor may not do this.
    #[error("not allowed: {0:?}")]
    Forbidden(Action),
    /// There is no such thing, or it is not the caller's to see.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// What was sent breaks rules; all of them are listed.
    #[error("{} rule(s) broken", .0.len())]
    Invalid(Vec<Violation>),
    /// A file that was sent has bad rows, or cannot be read; nothing of it was used.
    #[error("{} of {} row(s) are bad", .0.bad, .0.rows)]
    BadFile(Box<FileReport>),
    /// The state of things does not allow it.
    #[error("{0}")]
    Domain(#[from] DomainError),
    /// It clashes with something that exists.
    #[error("{detail}")]
    Conflict {
        /// What, as a stable word.
        code: &'static str,
        /// What to do about it.
        detail: &'static str,
    },
    /// The number is nobody else's for now, and nobody named has decided otherwise.
    #[error("the number is in quarantine")]
    Quarantined {
        /// The last day of that.
        until: NaiveDate,
    },
    /// The record changed since the caller read it.
    #[error("the record has changed")]
    Stale {
        /// The version it has now.
        current: i64,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// The link is used up, expired, revoked or unknown: always the same answer.
    #[error("the link no longer works")]
    Gone,
    /// It was there and is not any more, for good.
    #[error("{detail}")]
    UsedUp {
        /// Why, as a stable word.
        code: &'static str,
        /// What to do about it.
        detail: &'static str,
    },
    /// The actor has done this too often lately.
    #[error("the limit is reached")]
    LimitReached {
        /// How many seconds to wait.
        retry_after: u32,
    },
    /// Too much at once; try again soon.
    #[error("busy")]
    Busy,
    /// The database or the disk is not available.
    #[error("storage is not available")]
    Unavailable,
    /// A fault of ours. The text is for the log.
    #[error("internal error: {0}")]
    Internal(String),
}

impl ServiceError {
    /// One broken rule.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, detail: &'static str) -> Self {
        Self::Invalid(vec![Violation {
            pointer: pointer.into(),
            code,
            detail,
        }])
    }
}

impl Retry for ServiceError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Busy)
    }

    fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable)
    }
}

impl From<DbError> for ServiceError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound => Self::NotFound("object"),
            DbError::Unique(constraint) => from_constraint(constraint),
            DbError::ForeignKey => Self::Conflict {
                code: "reference_missing",
                detail: "Something that this refers to is missing or still in use.",
            },
            DbError::Stale | DbError::Busy => Self::Busy,
            DbError::Revoked => Self::TokenRevoked,
            DbError::Unavailable(why) => {
                tracing::error!(error = %why, "database not available");
                Self::Unavailable
            }
            DbError::Corrupt { .. } | DbError::Panicked | DbError::Other(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

fn from_constraint(constraint: Constraint) -> ServiceError {
    let (code, detail) = match constraint {
        Constraint::LegalEntityOrgNumber => (
            "org_number_taken",
            "Another legal entity has this organisation number.",
        ),
        Constraint::SourceName => ("source_exists", "Another source has this name."),
        Constraint::PersonIdentifier => (
            "person_identifier_taken",
            "Another person has this id in the source.",
        ),
        Constraint::UnitExternalId => (
            "unit_external_id_taken",
            "Another unit has this id in the source.",
        ),
        Constraint::DeviceSerial => ("serial_taken", "Another device has this serial number."),
        Constraint::DeviceImei => ("imei_taken", "Another device has this IMEI."),
        Constraint::SubscriptionNumber => ("number_taken", "Another subscription in use has this number."),
        Constraint::AssignmentDevice => (
            "device_assigned",
            "The device is assigned already. End that assignment first.",
        ),
        Constraint::AssignmentSubscription => (
            "subscription_assigned",
            "The subscription is assigned already. End that assignment first.",
        ),
        Constraint::SnapshotApplying => (
            "snapshot_under_way",
            "Another snapshot of this source is being applied. Wait for it, then send this one.",
        ),
        Constraint::ServiceAccountName => {
            ("service_account_exists", "Another service account has this name.")
        }
        Constraint::ServiceAccountClient => (
            "client_bound",
            "Another service account is bound to this client of the issuer. Revoke it first.",
        ),
        Constraint::ScimConnectionName => ("scim_connection_exists", "Another connection has this name."),
        Constraint::ScimUserName => ("user_name_taken", "Another account has this userName."),
        // These are races that the next attempt decides: the winner's row is then visible.
        Constraint::EmploymentExternalId
        | Constraint::TerminationActive
        | Constraint::TerminationNumber
        | Constraint::TaskNumber
        | Constraint::TaskOpen
        | Constraint::ClaimNumber
        | Constraint::ClaimItem
        | Constraint::MessageStep
        | Constraint::MailDay
        | Constraint::CodeItem
        | Constraint::DataKeyActive
        | Constraint::MdmReport
        | Constraint::AccountReview
        | Constraint::JobDedupe
        | Constraint::SnapshotName
        | Constraint::UnmatchedWaiting
        | Constraint::IdempotencyKey => return ServiceError::Busy,
        Constraint::Other => return ServiceError::Internal("unexpected unique violation".to_owned()),
    };
    ServiceError::Conflict { code, detail }
}
