//! What follows from the events of a case, in the same transaction.

use super::{absence, numbers, plan};
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::action_link::RevokeReason;
use crate::domain::assignment::{Assigned, AssignmentEnd};
use crate::domain::calendar::{instant_at, local_date};
use crate::domain::device::DeviceStatus;
use crate::domain::ids::DeviceId;
use crate::domain::job::Job;
use crate::domain::task::WithdrawReason;
use crate::domain::termination::{
    CheckKind, DeviceOutcome, Disposal, Event, Holding, Item, ItemKind, ReopenCause, TerminationKind,
    TerminationRecord,
};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::messages::next_departure;
use crate::services::{ServiceError, claims, receipts, tasks};
use chrono::{NaiveTime, TimeDelta};

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
            Event::Reopened { .. } => receipts::withdraw_in(tx, record.termination.id)?,
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

/// Nothing more is asked of anybody.
fn close_in(tx: &mut Tx<'_>, record: &TerminationRecord, reason: &str) -> Result<(), ServiceError> {
    db::messages::cancel_planned(tx, record.termination.id, reason)?;
    db::action_links::revoke(tx, record.termination.id, RevokeReason::Closed)?;
    destroy_codes_later(tx, record, TimeDelta::zero())
}

fn destroy_codes_later(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    wait: TimeDelta,
) -> Result<(), ServiceError> {
    let job = Job::DestroyCodes {
        termination_id: record.termination.id,
    };
    let at = tx.now() + wait;
    db::jobs::enqueue(tx, &job, at)?;
    Ok(())
}

fn complete_in(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    db::messages::cancel_planned(tx, record.termination.id, "completed")?;
    db::action_links::revoke(tx, record.termination.id, RevokeReason::Closed)?;
    let wait = TimeDelta::days(app.config.codes.retention_days.into());
    destroy_codes_later(tx, record, wait)?;
    for item in &record.termination.items {
        if let Some(holding) = record.holding(item.id).filter(|_| ends_custody(record, item)) {
            end_custody(tx, record, (item, holding))?;
        }
    }
    receipts::issue_in(tx, app, record)?;
    // Who kept the phone has handed in nothing, and nobody has taken it back.
    if record
        .termination
        .items
        .iter()
        .any(|item| ends_custody(record, item) || item.is_put_away() || item.is_let_go())
    {
        plan_receipts(tx, app, record)?;
    }
    Ok(())
}

/// Whether the completion of the case takes the item from its holder. After a leave, only what does not come back.
fn ends_custody(record: &TerminationRecord, item: &Item) -> bool {
    let is_over = match record.termination.kind {
        TerminationKind::Absence => item.kind == ItemKind::Device && !item.stays_with_holder(),
        _ => true,
    };
    is_over && !item.is_let_go()
}

fn plan_receipts(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    let now = tx.now();
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    if !entity.schedule.sends_mail {
        return Ok(());
    }
    let due_at = next_departure(app, &entity.schedule.calendar(), now);
    // Whoever took the devices back in another role gets a copy.
    let mut copy_to = vec![record.asked_role()];
    copy_to.retain(|role| *role != RecipientRole::Receiver);
    let receiver = plan::message(
        tx,
        record,
        (MessageStep::ReceiptReceiver, RecipientRole::Receiver, copy_to),
        due_at,
    );
    db::messages::insert(tx, &[receiver])?;
    plan_holders_receipt_in(tx, app, record)
}

/// The holder gets the receipt too, if there is an address to send it to: the one at work ends with the employment. Nobody
/// writes to somebody who has died.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn plan_holders_receipt_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    let termination = &record.termination;
    if !entity.schedule.sends_mail || termination.kind == TerminationKind::Deceased {
        return Ok(());
    }
    let due_at = next_departure(app, &entity.schedule.calendar(), tx.now());
    let is_reached = local_date(due_at) <= termination.end_on
        || db::private_addresses::given_at(tx, termination.id)?.is_some();
    if is_reached {
        let receipt = plan::message(
            tx,
            record,
            (MessageStep::ReceiptHolder, RecipientRole::Holder, Vec::new()),
            due_at,
        );
        db::messages::insert(tx, &[receipt])?;
    }
    Ok(())
}

/// The holder no longer has it. Done again for a case that was opened again, it corrects what became of it.
fn end_custody(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (item, holding): (&Item, &Holding),
) -> Result<(), ServiceError> {
    let Some(mut assignment) = db::assignments::find(tx, holding.assignment)? else {
        return Ok(());
    };
    if item.is_handed_on() || item.has_moved() {
        return Ok(());
    }
    let reason = if item.is_missing() {
        AssignmentEnd::Missing
    } else {
        AssignmentEnd::Terminated
    };
    if let Some((at, before)) = assignment.ended {
        if before != reason {
            assignment.ended = Some((at, reason));
            assignment.meta = assignment.meta.changed(tx.now());
            db::assignments::update(tx, &assignment)?;
        }
        return match holding.assigned {
            Assigned::Device(id) => correct_device(tx, item, (holding, id)),
            Assigned::Subscription(id) => {
                numbers::correct_in(tx, record, (item, holding, id), local_date(at))
            }
        };
    }
    assignment.ended = Some((tx.now(), reason));
    assignment.meta = assignment.meta.changed(tx.now());
    db::assignments::update(tx, &assignment)?;
    if assignment.loan_until.is_some() {
        tasks::loan_ended_in(tx, assignment.id)?;
    }
    match holding.assigned {
        Assigned::Device(id) => settle_device(tx, id, item),
        Assigned::Subscription(id) => {
            let today = local_date(tx.now());
            numbers::settle_in(tx, record, (item, id, today))
        }
    }
}

/// Whether what completion ended can be as if it had not: everything is where completion put it.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn can_take_completion_back(
    connection: &mut DbConnection,
    record: &TerminationRecord,
) -> Result<bool, ServiceError> {
    for holding in &record.holdings {
        if !record
            .termination
            .item(holding.item)
            .is_ok_and(|item| ends_custody(record, item))
        {
            continue;
        }
        let is_free = match holding.assigned {
            Assigned::Device(id) => db::devices::find(connection, id)?.is_some_and(|device| {
                device.status != DeviceStatus::Assigned && device.custody_epoch == holding.custody_epoch + 1
            }),
            Assigned::Subscription(id) => db::subscriptions::find(connection, id)?
                .is_some_and(|subscription| !subscription.status.is_in_use()),
        };
        if !is_free {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The holder has everything again, and the mails are planned anew: the completion is taken back, and nobody has acted
/// on it (see [`can_take_completion_back`]).
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn take_completion_back_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let now = tx.now();
    receipts::withdraw_in(tx, record.termination.id)?;
    for holding in &record.holdings {
        if !record
            .termination
            .item(holding.item)
            .is_ok_and(|item| ends_custody(record, item))
        {
            continue;
        }
        let mut since = local_date(now);
        if let Some(mut assignment) = db::assignments::find(tx, holding.assignment)? {
            since = local_date(assignment.assigned_at);
            assignment.ended = None;
            assignment.meta = assignment.meta.changed(now);
            db::assignments::update(tx, &assignment)?;
        }
        match holding.assigned {
            Assigned::Device(id) => give_back_device(tx, holding, id)?,
            Assigned::Subscription(id) => numbers::give_back_in(tx, record, (holding, id), since)?,
        }
    }
    plan::replan_in(tx, app, record)
}

fn give_back_device(tx: &mut Tx<'_>, holding: &Holding, id: DeviceId) -> Result<(), ServiceError> {
    let mut device = db::devices::find(tx, id)?.ok_or(ServiceError::NotFound("device"))?;
    device.status = DeviceStatus::Assigned;
    device.custody_epoch = holding.custody_epoch;
    device.meta = device.meta.changed(tx.now());
    db::devices::update(tx, &device)?;
    Ok(())
}

/// What the case says that became of a device. What another legal entity took over is none of this one's any more.
fn status_after(item: &Item) -> DeviceStatus {
    let is_elsewhere = |disposal: &Disposal| disposal.terms.leaves_the_legal_entity();
    match item.outcome {
        Some(DeviceOutcome::Transferred) if item.disposal.as_ref().is_some_and(is_elsewhere) => {
            DeviceStatus::Retired
        }
        Some(DeviceOutcome::Returned | DeviceOutcome::Transferred) => DeviceStatus::InStock,
        Some(DeviceOutcome::Lost) => DeviceStatus::Lost,
        Some(DeviceOutcome::Stolen) => DeviceStatus::Stolen,
        Some(DeviceOutcome::BoughtOut | DeviceOutcome::Destroyed) => DeviceStatus::Retired,
        // Settled as a deviation without saying where it is: nobody can hand it out again.
        None => DeviceStatus::Lost,
    }
}

/// A device that was found after the case was complete is no longer lost. Only where nothing happened to it since.
fn correct_device(
    tx: &mut Tx<'_>,
    item: &Item,
    (holding, id): (&Holding, DeviceId),
) -> Result<(), ServiceError> {
    let mut device = db::devices::find(tx, id)?.ok_or(ServiceError::NotFound("device"))?;
    let status = status_after(item);
    let is_untouched =
        device.custody_epoch == holding.custody_epoch + 1 && device.status != DeviceStatus::Assigned;
    // Whoever took a device out of use since has decided so.
    let is_found = matches!(device.status, DeviceStatus::Lost | DeviceStatus::Stolen);
    if is_untouched && device.status != status && (is_found || status != DeviceStatus::InStock) {
        device.status = status;
        device.meta = device.meta.changed(tx.now());
        db::devices::update_custody(tx, &device)?;
    }
    Ok(())
}

fn settle_device(tx: &mut Tx<'_>, id: DeviceId, item: &Item) -> Result<(), ServiceError> {
    let mut device = db::devices::find(tx, id)?.ok_or(ServiceError::NotFound("device"))?;
    device.status = status_after(item);
    device.custody_epoch += 1;
    device.meta = device.meta.changed(tx.now());
    db::devices::update_custody(tx, &device)?;
    Ok(())
}
