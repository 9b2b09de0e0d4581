//! The letters themselves: what each step says, in Swedish and English.
//!
//! The request and the date come in the first two sentences; one request per mail; no blame.

mod absence;
mod checklist;
mod common;
mod desk;
mod digest;
mod holder;
mod kind;
mod moves;
mod receipt;
mod receiver;

pub(super) use desk::connection_silent;
pub(super) use digest::digest;

use super::letter::Letter;
use super::view::{MailView, Step};
use super::words::Check;

/// Writes the letter of the step.
pub(super) fn write(view: &MailView) -> Letter {
    absence::letter(view)
        .or_else(|| moves::letter(view))
        .unwrap_or_else(|| of_step(view))
}

fn of_step(view: &MailView) -> Letter {
    match &view.step {
        Step::EndApproaching {
            hand_to,
            return_by,
            keep_number_by,
        } => holder::end_approaching(view, hand_to, *return_by, *keep_number_by),
        Step::ReturnReminder { hand_to, return_by } => holder::return_reminder(view, hand_to, *return_by),
        Step::EndApproachingReceiver { return_by } => receiver::end_approaching(view, *return_by),
        Step::ConfirmReturn {
            confirm_by,
            coordinator,
        } => receiver::confirm_return(view, *confirm_by, coordinator.as_deref()),
        Step::Reminder1 {
            confirm_by,
            remaining,
        } => receiver::reminder_1(view, *confirm_by, remaining),
        Step::NewLink {
            confirm_by,
            remaining,
        } => receiver::new_link(view, *confirm_by, remaining),
        Step::HandedOver {
            confirm_by,
            by,
            remaining,
        } => receiver::handed_over(view, *confirm_by, (by.as_deref(), remaining)),
        Step::Reminder2 {
            confirm_by,
            earlier,
            remaining,
            business_days,
            next_level,
            escalates_on,
        } => {
            let next = receiver::Next {
                level: next_level,
                on: *escalates_on,
            };
            let so_far = receiver::SoFar {
                reminders: *earlier,
                business_days: *business_days,
            };
            receiver::reminder_2(view, *confirm_by, remaining, &so_far, &next)
        }
        Step::Escalation {
            decide_by,
            asked,
            remaining,
            monthly_cost_ore,
        } => {
            let late = receiver::Late {
                asked: asked.as_ref(),
                remaining,
                monthly_cost_ore: *monthly_cost_ore,
            };
            receiver::escalation(view, *decide_by, &late)
        }
        // Only a leave has it, and the words for it.
        Step::HandBack { confirm_by, .. } => receiver::new_link(view, *confirm_by, &[Check::HandedBack]),
        Step::ReceiptHolder(receipt) => receipt::to_holder(view, receipt),
        Step::ReceiptReceiver(receipt) => receipt::to_receiver(view, receipt),
        Step::LossReported(loss) => desk::loss_reported(view, loss),
        Step::ActAtOnce => desk::act_at_once(view),
        Step::EndQuestioned { answer_by, questions } => desk::end_questioned(view, *answer_by, questions),
    }
}
