//! Whether a mail is still wanted. Asked when it is due and again when it is delivered.

use crate::app::App;
use crate::domain::action_link::LinkPurpose;
use crate::domain::calendar::{Calendar, local_date};
use crate::domain::message::Message;
use crate::domain::termination::{Item, TerminationKind, TerminationState};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::case::Case;
use chrono::{DateTime, NaiveDate, Utc};

/// What the link in a mail is for, if there is one in it: to confirm for those who are asked to, and the holder's own page
/// in the mails that tell the holder to hand in.
pub(super) const fn link_purpose(step: MessageStep, to: RecipientRole) -> Option<LinkPurpose> {
    match (step, to) {
        (MessageStep::EndApproaching | MessageStep::ReturnReminder, RecipientRole::Holder) => {
            Some(LinkPurpose::Status)
        }
        (step, _) if asks(step) => Some(LinkPurpose::Confirm),
        _ => None,
    }
}

/// Whether the step asks somebody to confirm through a link.
pub(in crate::services) const fn asks(step: MessageStep) -> bool {
    match step {
        MessageStep::NewLink
        | MessageStep::HandedOver
        | MessageStep::ConfirmReturn
        | MessageStep::Reminder1
        | MessageStep::Reminder2
        | MessageStep::HandBack => true,
        MessageStep::EndApproaching
        | MessageStep::EndApproachingReceiver
        | MessageStep::ReturnReminder
        | MessageStep::Escalation
        | MessageStep::ReceiptHolder
        | MessageStep::ReceiptReceiver
        | MessageStep::LossReported
        | MessageStep::ActAtOnce
        | MessageStep::EndQuestioned => false,
    }
}

/// The mails that may leave while the window is closed: those that cannot wait, and the receipt of the holder, see
/// [`leaves_at`].
pub(super) const AT_ANY_HOUR: &[MessageStep] = &[
    MessageStep::LossReported,
    MessageStep::ActAtOnce,
    MessageStep::ReceiptHolder,
];

/// Whether the mail cannot wait: every hour that the wrong hands can use the phone or the number counts.
pub(super) const fn is_urgent(step: MessageStep) -> bool {
    matches!(step, MessageStep::LossReported | MessageStep::ActAtOnce)
}

/// The stable word for a mail of a legal entity that writes to nobody.
pub(in crate::services) const MAIL_IS_OFF: &str = "mail_is_off";

/// Whether it is the mail with a receipt.
pub(in crate::services) const fn is_receipt(step: MessageStep) -> bool {
    match step {
        MessageStep::ReceiptHolder | MessageStep::ReceiptReceiver => true,
        MessageStep::EndApproaching
        | MessageStep::EndApproachingReceiver
        | MessageStep::ReturnReminder
        | MessageStep::NewLink
        | MessageStep::HandedOver
        | MessageStep::ConfirmReturn
        | MessageStep::Reminder1
        | MessageStep::Reminder2
        | MessageStep::HandBack
        | MessageStep::Escalation
        | MessageStep::LossReported
        | MessageStep::ActAtOnce
        | MessageStep::EndQuestioned => false,
    }
}

/// Whether the mail is written on its own whatever else its reader gets that day: what cannot wait, answers to what
/// somebody has just done, what the holder gets, and what has no place in a list, because somebody was sent home or has
/// died.
pub(super) fn stands_alone(case: &Case, message: &Message) -> bool {
    let kind = case.record.termination.kind;
    is_urgent(message.step)
        || is_receipt(message.step)
        || matches!(message.step, MessageStep::NewLink | MessageStep::HandedOver)
        || message.to == RecipientRole::Holder
        || matches!(kind, TerminationKind::Immediate | TerminationKind::Deceased)
}

/// Why the mail is not wanted any more, as a stable word; nothing if it is.
pub(super) fn why_not(case: &Case, message: &Message, today: NaiveDate) -> Option<&'static str> {
    let termination = &case.record.termination;
    if message.step == MessageStep::LossReported {
        // A loss may be all that the case was about, and completes it: the desk is to act all the same.
        let is_missing = termination.items.iter().any(Item::is_missing);
        return (!is_missing).then_some("found");
    }
    if !case.legal_entity.schedule.sends_mail && !is_urgent(message.step) {
        return Some(MAIL_IS_OFF);
    }
    if message.to == RecipientRole::Holder && termination.kind == TerminationKind::Deceased {
        return Some("holder_deceased");
    }
    let receipt = is_receipt(message.step);
    match (termination.state, receipt) {
        (TerminationState::Cancelled, _) => return Some("cancelled"),
        (TerminationState::Completed, false) => return Some("completed"),
        (TerminationState::Scheduled | TerminationState::Open, true) => return Some("reopened"),
        (TerminationState::Completed, true)
        | (TerminationState::Scheduled | TerminationState::Open, false) => {}
    }
    if message.step == MessageStep::ActAtOnce && !termination.kind.needs_the_desk_at_once() {
        return Some("reclassified");
    }
    // After the last day nobody reads that mailbox.
    let last = if receipt {
        termination.end_on
    } else {
        termination.return_by
    };
    let is_read_at_home = message.step == MessageStep::ReceiptHolder && case.has_private_address;
    if message.to == RecipientRole::Holder && today > last && !is_read_at_home {
        return Some("holder_gone");
    }
    if let Some(reason) = why_not_on_leave(case, message, today) {
        return Some(reason);
    }
    let asks_for_the_return = asks(message.step) || message.step == MessageStep::Escalation;
    if asks_for_the_return && case.left_for_receiver().is_empty() {
        return Some("nothing_to_ask");
    }
    None
}

/// The same for a leave. What is asked before it is asked no more once it is known what becomes of the devices: while the
/// holder is away, nobody is reminded of a return.
fn why_not_on_leave(case: &Case, message: &Message, today: NaiveDate) -> Option<&'static str> {
    let termination = &case.record.termination;
    let is_leave = termination.kind == TerminationKind::Absence;
    match message.step {
        MessageStep::HandBack if !is_leave => Some("reclassified"),
        MessageStep::HandBack => case.to_hand_back().is_empty().then_some("nothing_to_hand_back"),
        MessageStep::ConfirmReturn | MessageStep::Reminder1 | MessageStep::Reminder2 if is_leave => {
            let is_arranged = !case.lacks_arrangement();
            if is_arranged && today > termination.return_by {
                Some("paused")
            } else {
                (case.left_before_leave().is_empty()).then_some("nothing_to_ask")
            }
        }
        _ => None,
    }
}

/// When a mail of this step can leave, from now on, by the calendar of its legal entity. What cannot wait leaves at once, and so
/// does the receipt of a holder on the last day: when the window opens again, nobody reads that mailbox any more.
pub(in crate::services) fn leaves_at(
    app: &App,
    calendar: &Calendar,
    (step, last_day): (MessageStep, NaiveDate),
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let departure = next_departure(app, calendar, now);
    let is_last_chance =
        step == MessageStep::ReceiptHolder && (local_date(now)..local_date(departure)).contains(&last_day);
    if is_urgent(step) || is_last_chance {
        now
    } else {
        departure
    }
}

/// Whether the mail may leave now.
pub(super) fn may_leave(app: &App, case: &Case, step: MessageStep, now: DateTime<Utc>) -> bool {
    let what = (step, case.record.termination.end_on);
    leaves_at(app, &case.calendar(), what, now) <= now
}

/// Whether ordinary mail may leave now for anybody: the days that a legal entity keeps for itself come on top.
pub(super) fn window_is_open(app: &App, now: DateTime<Utc>) -> bool {
    !app.config.mail.send_window || app.calendar.in_send_window(now)
}

/// The first instant from now on at which ordinary mail may leave.
pub(in crate::services) fn next_departure(
    app: &App,
    calendar: &Calendar,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    if app.config.mail.send_window {
        calendar.next_send_time(now)
    } else {
        now
    }
}
