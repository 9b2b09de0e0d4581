//! What the end of a case brings: nothing more is asked of anybody, the holder no longer has what the case was about, and
//! those concerned get a receipt. Also how a completion is taken back.

use super::{numbers, plan};
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::action_link::RevokeReason;
use crate::domain::assignment::{Assigned, AssignmentEnd};
use crate::domain::calendar::local_date;
use crate::domain::device::DeviceStatus;
use crate::domain::ids::DeviceId;
use crate::domain::job::Job;
use crate::domain::message::MessageState;
use crate::domain::termination::{
    DeviceOutcome, Disposal, Holding, Item, ItemKind, TerminationKind, TerminationRecord,
};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::messages::{self, next_departure};
use crate::services::{ServiceError, receipts, tasks};
use chrono::TimeDelta;

/// Nothing more is asked of anybody.
pub(super) fn close_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    reason: &str,
) -> Result<(), ServiceError> {
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
    // A case that was closed before has a time already, and another one counts now.
    db::jobs::withdraw(tx, &job)?;
    db::jobs::enqueue(tx, &job, at)?;
    Ok(())
}

/// The case is not complete any more: its receipt counts no more, and mails with it that have not left never do.
pub(super) fn withdraw_receipt_in(tx: &mut Tx<'_>, record: &TerminationRecord) -> Result<(), ServiceError> {
    let id = record.termination.id;
    receipts::withdraw_in(tx, id)?;
    for message in db::messages::of_termination(tx, id)? {
        if messages::is_receipt(message.step) && message.state == MessageState::Queued {
            messages::cancel_in(tx, &message, "reopened")?;
        }
    }
    Ok(())
}

pub(super) fn complete_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
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

/// What the completion of the case takes from its holder.
fn ended_by(record: &TerminationRecord) -> impl Iterator<Item = &Holding> {
    let is_ended = |holding: &&Holding| {
        let item = record.termination.item(holding.item);
        item.is_ok_and(|item| ends_custody(record, item))
    };
    record.holdings.iter().filter(is_ended)
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

/// The holder gets the receipt too, if there is an address to send it to: the one at work ends with the employment, so what
/// could not leave in time otherwise leaves at once. Nobody writes to somebody who has died.
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
    let is_read_at_home = db::private_addresses::given_at(tx, termination.id)?.is_some();
    let what = (MessageStep::ReceiptHolder, termination.end_on);
    let due_at = messages::leaves_at(app, &entity.schedule.calendar(), what, tx.now());
    if !is_read_at_home && local_date(due_at) > termination.end_on {
        return Ok(());
    }
    let receipt = plan::message(
        tx,
        record,
        (MessageStep::ReceiptHolder, RecipientRole::Holder, Vec::new()),
        due_at,
    );
    db::messages::insert(tx, &[receipt])?;
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
    for holding in ended_by(record) {
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
    withdraw_receipt_in(tx, record)?;
    for holding in ended_by(record) {
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
