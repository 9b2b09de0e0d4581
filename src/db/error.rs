//! What can go wrong between us and a database, said in the same words for both of them.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use thiserror::Error as ThisError;

/// A rule that the database keeps for us. PostgreSQL reports the name of the constraint, SQLite the
/// columns; a test provokes every member on both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Another legal entity has the organisation number.
    LegalEntityOrgNumber,
    /// Another source has the name.
    SourceName,
    /// Another person has this id in this source.
    PersonIdentifier,
    /// Another unit has this id in this source.
    UnitExternalId,
    /// Another employment has this id in this source.
    EmploymentExternalId,
    /// Another device has the serial number.
    DeviceSerial,
    /// Another device has the IMEI.
    DeviceImei,
    /// Another subscription in use has the number.
    SubscriptionNumber,
    /// The device is assigned already.
    AssignmentDevice,
    /// The subscription is assigned already.
    AssignmentSubscription,
    /// The employment has a termination under way already.
    TerminationActive,
    /// Another termination has the number.
    TerminationNumber,
    /// Another task has the number.
    TaskNumber,
    /// The same task is open already.
    TaskOpen,
    /// Another claim has the number.
    ClaimNumber,
    /// There is a claim about the item already.
    ClaimItem,
    /// The message of this step is planned already.
    MessageStep,
    /// The reader has a mail of that day already.
    MailDay,
    /// The code is stored already.
    CodeItem,
    /// The termination has a data key already.
    DataKeyActive,
    /// The report was delivered before.
    MdmReport,
    /// Another service account has the name.
    ServiceAccountName,
    /// Another service account in use has the client of the other issuer.
    ServiceAccountClient,
    /// Another connection of a directory has the name.
    ScimConnectionName,
    /// Another account of the connection has the user name.
    ScimUserName,
    /// There is a question about the account already.
    AccountReview,
    /// The same work is queued already.
    JobDedupe,
    /// The source has called another snapshot by the name.
    SnapshotName,
    /// Another snapshot of the source is being applied.
    SnapshotApplying,
    /// The document waits for a decision already.
    UnmatchedWaiting,
    /// The idempotency key is taken.
    IdempotencyKey,
    /// A rule that no caller is expected to break.
    Other,
}

impl Constraint {
    const NAMES: &'static [(Self, &'static str, &'static str)] = &[
        (
            Self::LegalEntityOrgNumber,
            "legal_entity_org_number_key",
            "legal_entity.org_number",
        ),
        (Self::SourceName, "source_pkey", "source.name"),
        (
            Self::PersonIdentifier,
            "person_identifier_pkey",
            "person_identifier.source, person_identifier.external_id",
        ),
        (
            Self::UnitExternalId,
            "unit_external_key",
            "unit.source, unit.external_id",
        ),
        (
            Self::EmploymentExternalId,
            "employment_external_key",
            "employment.source, employment.external_id",
        ),
        (Self::DeviceSerial, "device_serial_key", "device.serial"),
        (Self::DeviceImei, "device_imei_pkey", "device_imei.imei_body"),
        (
            Self::SubscriptionNumber,
            "subscription_number_active_key",
            "subscription.number",
        ),
        (
            Self::AssignmentDevice,
            "assignment_device_active_key",
            "assignment.device_id",
        ),
        (
            Self::AssignmentSubscription,
            "assignment_subscription_active_key",
            "assignment.subscription_id",
        ),
        (
            Self::TerminationActive,
            "termination_employment_active_key",
            "termination.employment_id",
        ),
        (
            Self::TerminationNumber,
            "termination_number_key",
            "termination.number",
        ),
        (Self::TaskNumber, "task_number_key", "task.number"),
        (Self::ClaimNumber, "claim_number_key", "claim.number"),
        (Self::ClaimItem, "claim_item_key", "claim.item_id"),
        (Self::TaskOpen, "task_open_key", "task.kind, task.open_key"),
        (
            Self::MessageStep,
            "message_step_active_key",
            "message.termination_id, message.step, message.recipient_role",
        ),
        (Self::MailDay, "mail_day_pkey", "mail_day.reader, mail_day.day"),
        (Self::CodeItem, "code_item_active_key", "code.item_id, code.kind"),
        (
            Self::DataKeyActive,
            "data_key_termination_active_key",
            "data_key.termination_id",
        ),
        (
            Self::MdmReport,
            "mdm_report_pkey",
            "mdm_report.reporter, mdm_report.event_id",
        ),
        (
            Self::ServiceAccountName,
            "service_account_name_key",
            "service_account.name",
        ),
        (
            Self::ServiceAccountClient,
            "service_account_client_active_key",
            "service_account.issuer, service_account.external_client_id",
        ),
        (
            Self::ScimConnectionName,
            "scim_connection_name_key",
            "scim_connection.name",
        ),
        (
            Self::ScimUserName,
            "scim_user_name_key",
            "scim_user.connection_id, scim_user.user_name_folded",
        ),
        (
            Self::AccountReview,
            "account_review_pending_key",
            "account_review.user_id",
        ),
        (
            Self::JobDedupe,
            "job_dedupe_active_key",
            "job.kind, job.dedupe_key",
        ),
        (
            Self::SnapshotName,
            "snapshot_name_key",
            "snapshot.source, snapshot.name",
        ),
        (Self::SnapshotApplying, "snapshot_applying_key", "snapshot.source"),
        (
            Self::UnmatchedWaiting,
            "unmatched_waiting_key",
            "unmatched.source, unmatched.external_id, unmatched.content_hash, unmatched.reason",
        ),
        (
            Self::IdempotencyKey,
            "idempotency_receipt_pkey",
            "idempotency_receipt.actor, idempotency_receipt.route, idempotency_receipt.key",
        ),
    ];

    fn from_report(report: &dyn DatabaseErrorInformation) -> Self {
        let columns = report.message().strip_prefix("UNIQUE constraint failed: ");
        Self::NAMES
            .iter()
            .find(|(_, name, listed)| report.constraint_name() == Some(name) || columns == Some(listed))
            .map_or(Self::Other, |(constraint, _, _)| *constraint)
    }
}

/// A database call failed.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum DbError {
    /// The row is not there.
    #[error("not found")]
    NotFound,
    /// A rule of uniqueness was broken.
    #[error("already exists: {0:?}")]
    Unique(Constraint),
    /// A referenced row is missing, or a row is still referenced.
    #[error("a referenced row is missing or still in use")]
    ForeignKey,
    /// Somebody else changed the row first.
    #[error("changed by somebody else meanwhile")]
    Stale,
    /// What the caller came with was revoked meanwhile.
    #[error("what the caller came with is good no more")]
    Revoked,
    /// Another transaction stood in the way; the same call may succeed at once.
    #[error("another transaction stood in the way")]
    Busy,
    /// The database cannot be reached or cannot store anything now.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A stored value is not one that this version can have written.
    #[error("unreadable value in {table}.{column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The work panicked; its transaction was rolled back.
    #[error("the transaction was abandoned after a panic")]
    Panicked,
    /// Anything else; the text is for the log, never for a caller.
    #[error("database error: {0}")]
    Other(String),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::DatabaseError(kind, report) => from_report(&kind, report.as_ref()),
            Error::BrokenTransactionManager => Self::Unavailable("broken transaction".to_owned()),
            other => Self::Other(other.to_string()),
        }
    }
}

fn from_report(kind: &DatabaseErrorKind, report: &(dyn DatabaseErrorInformation + Send + Sync)) -> DbError {
    let text = report.message();
    match kind {
        DatabaseErrorKind::UniqueViolation => DbError::Unique(Constraint::from_report(report)),
        DatabaseErrorKind::ForeignKeyViolation => DbError::ForeignKey,
        DatabaseErrorKind::SerializationFailure => DbError::Busy,
        DatabaseErrorKind::ClosedConnection => DbError::Unavailable(text.to_owned()),
        _ if is_contention(text) => DbError::Busy,
        _ if is_storage(text) => DbError::Unavailable(text.to_owned()),
        _ => DbError::Other(text.to_owned()),
    }
}

/// Diesel has no kind of its own for these; the texts are the databases' fixed English ones.
fn is_contention(text: &str) -> bool {
    [
        "deadlock detected",
        "due to lock timeout",
        "due to statement timeout",
        "database is locked",
        "database table is locked",
    ]
    .iter()
    .any(|known| text.contains(known))
}

fn is_storage(text: &str) -> bool {
    [
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        "attempt to write a readonly database",
        "could not extend file",
        "terminating connection",
        "the database system is ",
        "no connection to the server",
        "connection to server",
        "closed the connection",
        "connection has been closed",
        "could not receive data from server",
        "could not send data to server",
    ]
    .iter()
    .any(|known| text.contains(known))
}
