//! The mails of a case: planned when it opens, planned anew when its dates or its receiver change.

use super::absence;
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::action_link::RevokeReason;
use crate::domain::calendar::{Calendar, local_date};
use crate::domain::message::{Message, MessageState};
use crate::domain::termination::{TerminationKind, TerminationRecord};
use crate::domain::timeline::{self, MessageStep, PlannedMessage, RecipientRole};
use crate::services::ServiceError;
use crate::services::messages;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;

/// Plans the mails of a case from now on, in place of what was planned.
///
/// Deadlines of a case that was known too late count from the day it became known: nobody can have missed a
/// reminder that was never sent.
pub(crate) fn replan_in(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    plan_without(tx, app, record, &BTreeSet::new())
}

/// The same for a case whose dates stand: what the holder has been told is not told again.
pub(crate) fn replan_rest_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let all = db::messages::of_termination(tx, record.termination.id)?;
    let told = all
        .iter()
        .filter(|message| message.to == RecipientRole::Holder)
        .filter(|message| matches!(message.state, MessageState::Queued | MessageState::Sent))
        .map(|message| message.step)
        .collect();
    plan_without(tx, app, record, &told)
}

/// The same for a case on its way whose legal entity has changed its calendar or its timeline: counted from the same day
/// as before, and only what comes after what has been sent.
///
/// # Errors
/// Only what the database reports.
pub(super) fn replan_on_the_way_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let id = record.termination.id;
    let now = tx.now();
    let all = db::messages::of_termination(tx, id)?;
    let newest = all
        .iter()
        .filter(|message| message.planned_from.is_some() && message.step != MessageStep::HandBack)
        .max_by_key(|message| (message.meta.created_at, message.id));
    let Some(from) = newest.and_then(|message| message.planned_from) else {
        return replan_rest_in(tx, app, record);
    };
    // A case that was handed over goes on being asked of the same role.
    let asked = record.asked_role();
    let by_timeline = |message: &Message| match message.to {
        to if to == asked && asks_receiver(message.step) => (message.step, RecipientRole::Receiver),
        to => (message.step, to),
    };
    let told: BTreeSet<_> = all
        .iter()
        .filter(|message| message.planned_from == Some(from))
        .filter(|message| {
            matches!(
                message.state,
                MessageState::Queued | MessageState::Sent | MessageState::Failed | MessageState::Bounced
            )
        })
        .map(by_timeline)
        .collect();
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    if !entity.schedule.sends_mail {
        db::messages::cancel_planned(tx, id, messages::MAIL_IS_OFF)?;
        return Ok(());
    }
    let timeline = entity.schedule.timeline(record.termination.kind);
    let calendar = entity.schedule.calendar();
    let planned = timeline::plan_rest(&timeline, from, now, &calendar, &told);
    store_in(tx, app, record, (from, planned, &calendar))
}

fn plan_without(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    told: &BTreeSet<MessageStep>,
) -> Result<(), ServiceError> {
    let now = tx.now();
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    if !entity.schedule.sends_mail {
        db::messages::cancel_planned(tx, record.termination.id, "replanned")?;
        return Ok(());
    }
    let calendar = entity.schedule.calendar();
    let today = local_date(now);
    let return_by = record.termination.return_by;
    let from = return_by.max(calendar.roll_forward(today));
    let holder_is_gone = return_by < today;
    let timeline = entity.schedule.timeline(record.termination.kind);
    let mut planned = timeline::plan(&timeline, from, now, &calendar);
    // After the last day nobody reads that mailbox.
    planned.retain(|planned| {
        planned.to != RecipientRole::Holder || !(holder_is_gone || told.contains(&planned.step))
    });
    store_in(tx, app, record, (from, planned, &calendar))
}

/// Makes the mails that wait to be written those of the plan. What stands already is moved; what is not in the plan is
/// called off.
fn store_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    (from, mut planned, calendar): (NaiveDate, Vec<PlannedMessage>, &Calendar),
) -> Result<(), ServiceError> {
    let (now, asked) = (tx.now(), record.asked_role());
    for message in &mut planned {
        if message.to == RecipientRole::Receiver && asks_receiver(message.step) {
            message.to = asked;
            message.copy_to.retain(|role| *role != asked);
        }
    }
    let mut wanted: Vec<Message> = planned
        .into_iter()
        .map(|planned| {
            let due_at = if app.config.mail.send_window {
                planned.due_at
            } else {
                sooner(calendar, planned.due_at, now)
            };
            Message {
                planned_from: Some(from),
                ..message(tx, record, (planned.step, planned.to, planned.copy_to), due_at)
            }
        })
        .collect();
    let (mut moved, mut left_over) = (Vec::new(), Vec::new());
    let mut gives_back = record.termination.kind == TerminationKind::Absence;
    for standing in db::messages::of_termination(tx, record.termination.id)? {
        gives_back |= standing.step == MessageStep::HandBack;
        let new = wanted
            .iter()
            .position(|new| (new.step, new.to) == (standing.step, standing.to));
        match (standing.state, new) {
            (MessageState::Planned, Some(at)) => moved.extend(wanted.remove(at).in_place_of(standing)),
            (MessageState::Planned, None) if standing.step.is_replaced_by_a_plan() => {
                left_over.push(standing.id)
            }
            // What was written for other days, or is written anew, has not left yet and must not.
            (MessageState::Queued, new)
                if new.is_some()
                    || standing.step != MessageStep::HandBack
                        && standing.planned_from.is_some_and(|before| before != from) =>
            {
                messages::supersede_in(tx, &standing)?;
            }
            _ => {}
        }
    }
    db::messages::cancel(tx, &left_over, "replanned")?;
    db::messages::move_planned(tx, &moved)?;
    db::messages::insert(tx, &wanted)?;
    if gives_back {
        absence::plan_hand_back_in(tx, app, record)?;
    }
    Ok(())
}

/// Without a send window, what waits only for the next window to open is due at once.
pub(super) fn sooner(calendar: &Calendar, due_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    if due_at <= calendar.next_send_time(now) || local_date(due_at) == local_date(now) {
        now
    } else {
        due_at
    }
}

/// Somebody else is asked to take the devices back: the links of the one before stop working, and the new one is asked
/// what the one before was asked, unless that is planned anyway.
pub(crate) fn receiver_changed_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let (id, role) = (record.termination.id, record.asked_role());
    db::action_links::revoke_asking(tx, id, RevokeReason::ReceiverChanged)?;
    let all = db::messages::of_termination(tx, id)?;
    let asked = all
        .iter()
        .filter(|message| message.to == role && asks_receiver(message.step))
        .filter(|message| matches!(message.state, MessageState::Queued | MessageState::Sent))
        .max_by_key(|message| message.due_at)
        .cloned();
    for queued in all
        .iter()
        .filter(|message| [role, RecipientRole::Receiver].contains(&message.to))
        .filter(|message| message.state == MessageState::Queued)
    {
        messages::cancel_in(tx, queued, "receiver_changed")?;
    }
    let Some(asked) = asked else { return Ok(()) };
    let waits = |message: &Message| {
        message.state == MessageState::Planned && (message.step, message.to) == (asked.step, asked.to)
    };
    // The dates have moved since: whoever is to answer now is asked on the new ones.
    if all.iter().any(waits) {
        return Ok(());
    }
    let now = tx.now();
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    let due_at = messages::next_departure(app, &entity.schedule.calendar(), now);
    let again = message(tx, record, (asked.step, asked.to, asked.copy_to), due_at);
    db::messages::insert(tx, &[again])?;
    Ok(())
}

/// Tells the desk to act, at once; the coordinator, if no desk is configured. A mail that waits already tells of this
/// too if it is not written yet, and is replaced if it is.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn tell_desk_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    step: MessageStep,
) -> Result<(), ServiceError> {
    let to = if app.config.mail.desk_address.is_some() {
        RecipientRole::Desk
    } else {
        RecipientRole::Coordinator
    };
    let all = db::messages::of_termination(tx, record.termination.id)?;
    let waits = |state: MessageState| {
        all.iter()
            .find(|message| message.step == step && message.state == state)
    };
    if waits(MessageState::Planned).is_some() {
        return Ok(());
    }
    if let Some(written) = waits(MessageState::Queued) {
        messages::supersede_in(tx, written)?;
    }
    let told = message(tx, record, (step, to, Vec::new()), tx.now());
    Ok(db::messages::insert(tx, &[told])?)
}

pub(super) const fn asks_receiver(step: MessageStep) -> bool {
    match step {
        MessageStep::HandedOver
        | MessageStep::ConfirmReturn
        | MessageStep::Reminder1
        | MessageStep::Reminder2
        | MessageStep::HandBack => true,
        MessageStep::EndApproaching
        | MessageStep::EndApproachingReceiver
        | MessageStep::ReturnReminder
        | MessageStep::NewLink
        | MessageStep::Escalation
        | MessageStep::ReceiptHolder
        | MessageStep::ReceiptReceiver
        | MessageStep::LossReported
        | MessageStep::ActAtOnce
        | MessageStep::EndQuestioned => false,
    }
}

/// A planned message.
pub(in crate::services) fn message(
    tx: &Tx<'_>,
    record: &TerminationRecord,
    (step, to, copy_to): (MessageStep, RecipientRole, Vec<RecipientRole>),
    due_at: DateTime<Utc>,
) -> Message {
    Message::planned(
        tx.new_id(),
        record.termination.id,
        (step, to, copy_to),
        due_at,
        tx.now(),
    )
}
