//! A device that is lent comes back on a day: somebody is to see to that.

use super::{NewTask, open_in, withdraw_one_in};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::assignment::Assignment;
use crate::domain::ids::AssignmentId;
use crate::domain::task::{TaskKind, WithdrawReason};
use crate::domain::termination::TerminationRecord;
use crate::services::ServiceError;

/// The loan is made; the desk takes the device back on its last day. The task is about the loan, not about the case, which
/// may be complete by then.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn loan_made_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    loan: &Assignment,
) -> Result<(), ServiceError> {
    let borrower =
        db::employments::find(tx, loan.employment_id)?.ok_or(ServiceError::NotFound("employment"))?;
    let new = NewTask {
        subject: loan.id.to_string(),
        day: loan.loan_until,
        termination: None,
        unit_id: borrower.unit_id,
        person: Some(borrower.person_id),
        ..NewTask::of_case(TaskKind::LoanReturn, record)
    };
    open_in(tx, app, new)?;
    Ok(())
}

/// The loan is over: nobody needs to ask for the device.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn loan_ended_in(tx: &mut Tx<'_>, loan: AssignmentId) -> Result<(), ServiceError> {
    let key = format!("//{loan}");
    match db::tasks::find_open(tx, TaskKind::LoanReturn, &key)? {
        Some(task) => withdraw_one_in(tx, task, WithdrawReason::Settled),
        None => Ok(()),
    }
}
