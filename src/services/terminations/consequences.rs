//! What follows from the events of a case, in the same transaction.

use super::plan;
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::action_link::RevokeReason;
use crate::domain::assignment::{Assigned, AssignmentEnd};
use crate::domain::calendar::{instant_at, local_date};
use crate::domain::device::DeviceStatus;
use crate::domain::ids::{DeviceId, SubscriptionId};
use crate::domain::job::Job;
use crate::domain::subscription::SubscriptionStatus;
use crate::domain::task::WithdrawReason;
use crate::domain::termination::{
    CheckKind, DeviceOutcome, Event, Holding, Item, NumberDecision, TerminationKind, TerminationRecord,
};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::messages::next_departure;
use crate::services::{ServiceError, receipts, tasks};
use chrono::{NaiveTime, TimeDelta};

/// Carries out what the events ask for.
pub(super) fn follow_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    events: &[Event],
) -> Result<(), ServiceError> {
    let (mut is_moved, mut is_other_kind) = (false, false);
    tasks_follow_in(tx, app, record, events)?;
    for event in events {
        match event {
            Event::Rescheduled { .. } => {
                db::action_links::revoke(tx, record.termination.id, RevokeReason::Rescheduled)?;
                schedule_begin_in(tx, record)?;
                is_moved = true;
            }
            Event::Reclassified { from, to, .. } => {
                if [from, to].contains(&&TerminationKind::Transfer) {
                    db::action_links::revoke(tx, record.termination.id, RevokeReason::ReceiverChanged)?;
                }
                tell_desk_at_once_in(tx, app, record)?;
                is_other_kind = true;
            }
            Event::Cancelled { .. } => close_in(tx, record, "cancelled")?,
            Event::Completed { .. } => complete_in(tx, app, record)?,
            Event::Reopened { .. } => receipts::withdraw_in(tx, record.termination.id)?,
            Event::TerminationOpened { .. }
            | Event::ItemAdded { .. }
            | Event::Begun { .. }
            | Event::Held { .. }
            | Event::Released { .. }
            | Event::CheckDeclared { .. }
            | Event::CheckSettled { .. }
            | Event::CheckCorrected { .. }
            | Event::CheckReopened { .. }
            | Event::CodeAnswered { .. }
            | Event::NumberDecided { .. }
            | Event::OutcomeReported { .. }
            | Event::WipeAssessed { .. }
            | Event::WipeContradicted { .. }
            | Event::ContradictionAccepted { .. }
            | Event::AnswerUndone { .. } => {}
        }
    }
    match (record.termination.is_active(), is_moved, is_other_kind) {
        (true, true, _) => plan::replan_in(tx, app, record),
        (true, false, true) => plan::replan_rest_in(tx, app, record),
        (true | false, _, _) => Ok(()),
    }
}

/// The tasks of the desk follow the case.
fn tasks_follow_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    events: &[Event],
) -> Result<(), ServiceError> {
    let mut is_changed = false;
    for event in events {
        match event {
            Event::CheckSettled { item, check, .. } | Event::CheckCorrected { item, check, .. }
                if *check == CheckKind::Directory =>
            {
                tasks::directory_settled_in(tx, record, *item)?;
            }
            Event::Cancelled { .. } => tasks::case_closed_in(tx, record, WithdrawReason::Cancelled)?,
            Event::Completed { .. } => tasks::case_closed_in(tx, record, WithdrawReason::Completed)?,
            Event::ItemAdded { .. }
            | Event::Rescheduled { .. }
            | Event::Reclassified { .. }
            | Event::Reopened { .. } => is_changed = true,
            _ => {}
        }
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
        if let Some(holding) = record.holding(item.id) {
            end_custody(tx, item, holding)?;
        }
    }
    receipts::issue_in(tx, record.termination.id)?;
    plan_receipts(tx, app, record)
}

fn plan_receipts(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    let now = tx.now();
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    if !entity.schedule.sends_mail {
        return Ok(());
    }
    let due_at = next_departure(app, &entity.schedule.calendar(), now);
    let mut messages = vec![plan::message(
        tx,
        record,
        (MessageStep::ReceiptReceiver, RecipientRole::Receiver, Vec::new()),
        due_at,
    )];
    // The holder's address at work ends with the employment, and nobody writes to somebody who has died.
    let is_reached = record.termination.kind != TerminationKind::Deceased;
    if is_reached && local_date(due_at) <= record.termination.end_on {
        messages.push(plan::message(
            tx,
            record,
            (MessageStep::ReceiptHolder, RecipientRole::Holder, Vec::new()),
            due_at,
        ));
    }
    db::messages::insert(tx, &messages)?;
    Ok(())
}

/// The holder no longer has it. Done again for a case that was opened again, it finds the custody ended.
fn end_custody(tx: &mut Tx<'_>, item: &Item, holding: &Holding) -> Result<(), ServiceError> {
    let Some(mut assignment) = db::assignments::find(tx, holding.assignment)? else {
        return Ok(());
    };
    if assignment.ended.is_some() {
        return Ok(());
    }
    let missing = matches!(item.outcome, Some(DeviceOutcome::Lost | DeviceOutcome::Stolen));
    let reason = if missing {
        AssignmentEnd::Missing
    } else {
        AssignmentEnd::Terminated
    };
    assignment.ended = Some((tx.now(), reason));
    assignment.meta = assignment.meta.changed(tx.now());
    db::assignments::update(tx, &assignment)?;
    match holding.assigned {
        Assigned::Device(id) => settle_device(tx, id, item.outcome),
        Assigned::Subscription(id) => settle_subscription(tx, id, item.number_decision),
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
        let is_free = match holding.assigned {
            Assigned::Device(id) => db::devices::find(connection, id)?.is_some_and(|device| {
                device.status != DeviceStatus::Assigned && device.custody_epoch == holding.custody_epoch + 1
            }),
            Assigned::Subscription(id) => db::subscriptions::find(connection, id)?
                .is_some_and(|subscription| subscription.status != SubscriptionStatus::Assigned),
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
        if let Some(mut assignment) = db::assignments::find(tx, holding.assignment)? {
            assignment.ended = None;
            assignment.meta = assignment.meta.changed(now);
            db::assignments::update(tx, &assignment)?;
        }
        match holding.assigned {
            Assigned::Device(id) => {
                let mut device = db::devices::find(tx, id)?.ok_or(ServiceError::NotFound("device"))?;
                device.status = DeviceStatus::Assigned;
                device.custody_epoch = holding.custody_epoch;
                device.meta = device.meta.changed(now);
                db::devices::update(tx, &device)?;
            }
            Assigned::Subscription(id) => {
                let found = db::subscriptions::find(tx, id)?;
                let subscription = found.ok_or(ServiceError::NotFound("subscription"))?;
                db::subscriptions::update(tx, &subscription.handed_out(now))?;
            }
        }
    }
    plan::replan_in(tx, app, record)
}

fn settle_device(tx: &mut Tx<'_>, id: DeviceId, outcome: Option<DeviceOutcome>) -> Result<(), ServiceError> {
    let mut device = db::devices::find(tx, id)?.ok_or(ServiceError::NotFound("device"))?;
    device.status = match outcome {
        Some(DeviceOutcome::Returned | DeviceOutcome::Transferred) => DeviceStatus::InStock,
        Some(DeviceOutcome::Lost) => DeviceStatus::Lost,
        Some(DeviceOutcome::Stolen) => DeviceStatus::Stolen,
        Some(DeviceOutcome::BoughtOut | DeviceOutcome::Destroyed) => DeviceStatus::Retired,
        // Settled as a deviation without saying where it is: nobody can hand it out again.
        None => DeviceStatus::Lost,
    };
    device.custody_epoch += 1;
    device.meta = device.meta.changed(tx.now());
    db::devices::update(tx, &device)?;
    Ok(())
}

fn settle_subscription(
    tx: &mut Tx<'_>,
    id: SubscriptionId,
    decision: Option<NumberDecision>,
) -> Result<(), ServiceError> {
    let mut subscription = db::subscriptions::find(tx, id)?.ok_or(ServiceError::NotFound("subscription"))?;
    subscription.status = match decision {
        Some(NumberDecision::Terminate | NumberDecision::TransferToPrivate) => SubscriptionStatus::Terminated,
        Some(NumberDecision::Reuse | NumberDecision::Move) | None => SubscriptionStatus::Available,
    };
    subscription.meta = subscription.meta.changed(tx.now());
    db::subscriptions::update(tx, &subscription)?;
    Ok(())
}
