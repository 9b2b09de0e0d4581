//! What a document must keep to, whatever is known.

use crate::domain::employment::{EmploymentDocument, EndKind};
use crate::services::{ServiceError, Violation};

/// Whether a document is one in itself.
///
/// # Errors
/// [`ServiceError::Invalid`] with every rule that it breaks.
pub(in crate::services) fn validate(document: &EmploymentDocument) -> Result<(), ServiceError> {
    let mut violations = Vec::new();
    let mut wrong = |pointer: &str, code, detail| {
        violations.push(Violation {
            pointer: pointer.to_owned(),
            code,
            detail,
        });
    };
    let start = document.start_date;
    if document.end_date.is_some_and(|end| end < start) {
        wrong(
            "/end_date",
            "end_before_start",
            "The last day is before the first day.",
        );
    }
    if document.last_working_day.is_some_and(|day| day < start) {
        wrong(
            "/last_working_day",
            "before_start",
            "The last working day is before the first day.",
        );
    }
    match (document.last_working_day, document.end_date) {
        (Some(day), Some(end)) if day > end => {
            wrong(
                "/last_working_day",
                "after_end",
                "The last working day is after the last day.",
            );
        }
        (Some(_), None) => wrong(
            "/last_working_day",
            "without_end",
            "A last working day needs an end_date.",
        ),
        (Some(_) | None, _) => {}
    }
    if document.end_kind != EndKind::Ordinary && document.end_date.is_none() {
        wrong(
            "/end_kind",
            "without_end",
            "An end that is immediate or a death needs an end_date.",
        );
    }
    for (index, leave) in document.leave.iter().enumerate() {
        if leave.to.is_some_and(|to| to < leave.from) {
            wrong(
                &format!("/leave/{index}/to"),
                "end_before_start",
                "The last day of the leave is before its first day.",
            );
        }
    }
    if document.sequence < 0 {
        wrong(
            "/sequence",
            "out_of_range",
            "The sequence is a whole number from 0.",
        );
    }
    if document
        .manager
        .as_ref()
        .is_some_and(|manager| manager.external_id == document.person.external_id)
    {
        wrong(
            "/manager/external_id",
            "own_manager",
            "Nobody is their own manager.",
        );
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(ServiceError::Invalid(violations))
    }
}
