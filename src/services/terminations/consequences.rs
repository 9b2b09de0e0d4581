//! What follows from the events of a case, in the same transaction.

use super::completion::{close_in, complete_in, withdraw_receipt_in};
use super::{absence, numbers, plan};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::action_link::RevokeReason;
use crate::domain::calendar::instant_at;
use crate::domain::job::Job;
use crate::domain::task::WithdrawReason;
use crate::domain::termination::{CheckKind, Event, ReopenCause, TerminationKind, TerminationRecord};
use crate::domain::timeline::MessageStep;
use crate::services::{ServiceError, claims, tasks};
use chrono::NaiveTime;

/// Carries out what the events ask for.
pub(super) fn follow_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    events: &[Event],
) -> Result<(), ServiceError> {
    let mut changed = Changed::default();
    numbers::follow_in(tx, app, record, events)?;
    tasks_follow_in(tx, app, record, events)?;
    if events.iter().any(may_answer_a_claim) {
        claims::follow_in(tx, record)?;
    }
    for event in events {
        match event {
            Event::Rescheduled { .. } => {
                db::action_links::revoke_asking(tx, record.termination.id, RevokeReason::Rescheduled)?;
                schedule_begin_in(tx, record)?;
                changed.days = true;
            }
            Event::Reclassified { from, to, .. } => {
                let asks_otherwise = [TerminationKind::Transfer, TerminationKind::Absence];
                if asks_otherwise.iter().any(|kind| [from, to].contains(&kind)) {
                    db::action_links::revoke_asking(
                        tx,
                        record.termination.id,
                        RevokeReason::ReceiverChanged,
                    )?;
                }
                tell_desk_at_once_in(tx, app, record)?;
                changed.kind = true;
            }
            Event::Cancelled { .. } => close_in(tx, record, "cancelled")?,
            Event::Completed { .. } => complete_in(tx, app, record)?,
            Event::Reopened { .. } => withdraw_receipt_in(tx, record)?,
            Event::LeaveMoved { .. } => changed.leave = true,
            Event::AlongProposed { .. } if record.termination.has_proposal() => changed.asked = true,
            Event::AlongDeclined { .. } => changed.asked = true,
            Event::LetGo { item, .. } => absence::let_go_in(tx, app, record, *item)?,
            Event::TerminationOpened { .. }
            | Event::ItemAdded { .. }
            | Event::Begun { .. }
            | Event::AlongProposed { .. }
            | Event::Arranged { .. }
            | Event::HandedBack { .. }
            | Event::HolderBack { .. }
            | Event::Held { .. }
            | Event::Released { .. }
            | Event::CheckDeclared { .. }
            | Event::DeclarationWithdrawn { .. }
            | Event::CheckSettled { .. }
            | Event::CheckCorrected { .. }
            | Event::CheckReopened { .. }
            | Event::CodeAnswered { .. }
            | Event::NumberDecided { .. }
            | Event::NumberRequested { .. }
            | Event::NumberRequestWithdrawn { .. }
            | Event::OutcomeReported { .. }
            | Event::PoliceReportNoted { .. }
            | Event::BreachAssessed { .. }
            | Event::TransferApproved { .. }
            | Event::DisposalWithdrawn { .. }
            | Event::DamageRecorded { .. }
            | Event::WipeAssessed { .. }
            | Event::WipeContradicted { .. }
            | Event::ContradictionAccepted { .. }
            | Event::AnswerUndone { .. } => {}
        }
    }
    mails_follow_in(tx, app, record, &changed)?;
    if !record.termination.is_active() && record.termination.kind == TerminationKind::Absence {
        absence::go_on_in(tx, app, record)?;
    }
    Ok(())
}

/// What changed that mails depend on.
#[derive(Default)]
struct Changed {
    /// The days of the case.
    days: bool,
    /// Its kind.
    kind: bool,
    /// The days of the leave.
    leave: bool,
    /// Who is asked: the other side of a move, or the first one again.
    asked: bool,
}

fn mails_follow_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    changed: &Changed,
) -> Result<(), ServiceError> {
    if !record.termination.is_active() {
        return Ok(());
    }
    if changed.leave {
        absence::schedule_back_in(tx, record)?;
    }
    match (changed.days, changed.kind, changed.leave) {
        (true, _, _) => plan::replan_in(tx, app, record)?,
        (false, true, _) => plan::replan_rest_in(tx, app, record)?,
        (false, false, true) => absence::plan_hand_back_in(tx, app, record)?,
        (false, false, false) => {}
    }
    if changed.asked {
        plan::receiver_changed_in(tx, app, record)?;
    }
    Ok(())
}

/// Whether a claim about a device may have its answer: the device came back, or nothing is to come back.
const fn may_answer_a_claim(event: &Event) -> bool {
    match event {
        Event::Cancelled { .. } => true,
        Event::CheckSettled { check, .. } | Event::CheckCorrected { check, .. } => {
            matches!(check, CheckKind::Returned)
        }
        _ => false,
    }
}

/// The tasks of the desk follow the case.
fn tasks_follow_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    events: &[Event],
) -> Result<(), ServiceError> {
    let (mut is_changed, mut is_gone_or_found) = (false, false);
    for event in events {
        match event {
            Event::CheckSettled { item, check, .. } | Event::CheckCorrected { item, check, .. }
                if matches!(check, CheckKind::Directory | CheckKind::Number) =>
            {
                tasks::check_settled_in(tx, record, (*item, *check))?;
            }
            Event::Cancelled { .. } => tasks::case_closed_in(tx, app, record, WithdrawReason::Cancelled)?,
            Event::Completed { .. } => tasks::case_closed_in(tx, app, record, WithdrawReason::Completed)?,
            Event::HolderBack { .. } => tasks::leave_over_in(tx, app, record)?,
            Event::LeaveMoved { .. }
            | Event::ItemAdded { .. }
            | Event::Rescheduled { .. }
            | Event::Reclassified { .. }
            | Event::NumberDecided { .. }
            | Event::AnswerUndone { .. }
            | Event::Reopened { .. } => is_changed = true,
            Event::OutcomeReported { .. } | Event::Held { .. } | Event::Released { .. } => {
                is_gone_or_found = true;
            }
            Event::CheckReopened { cause, .. } if *cause == ReopenCause::DeviceFound => {
                is_gone_or_found = true;
            }
            Event::CheckReopened { check, .. } if *check == CheckKind::Number => is_changed = true,
            _ => {}
        }
    }
    if is_gone_or_found {
        tasks::losses_changed_in(tx, app, record)?;
    }
    if is_changed && record.termination.is_active() {
        tasks::case_changed_in(tx, app, record)?;
    }
    Ok(())
}

/// The desk acts at once when somebody was sent home or has died.
pub(super) fn tell_desk_at_once_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    if record.termination.kind.needs_the_desk_at_once() {
        plan::tell_desk_in(tx, app, record, MessageStep::ActAtOnce)?;
    }
    Ok(())
}

/// A scheduled case opens on the day the devices are due back.
pub(super) fn schedule_begin_in(tx: &mut Tx<'_>, record: &TerminationRecord) -> Result<(), ServiceError> {
    let at = instant_at(record.termination.return_by, NaiveTime::MIN);
    if at > tx.now() {
        let job = Job::OpenTermination {
            termination_id: record.termination.id,
            day: record.termination.return_by,
        };
        db::jobs::enqueue(tx, &job, at)?;
    }
    Ok(())
}
