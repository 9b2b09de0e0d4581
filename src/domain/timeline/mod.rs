//! Which mail a termination sends to whom and when: the timeline as data, and the plan made from it.
//!
//! Planning is a pure function of the timeline, T0, the calendar and `now`. It knows neither what has been sent
//! already nor who holds a role: whoever stores a plan skips the steps that have been sent, and whoever sends a
//! message resolves its recipients and re-reads the case first.
//!
//! T0 is the last working day, the day by which the device is to be back: see [`return_by`].

mod plan;

pub use plan::{PlannedMessage, plan, plan_rest};

use super::calendar::Calendar;
use super::termination::TerminationKind;
use crate::text_enum;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

text_enum! {
    /// A kind of mail in a termination. Those of the timeline are planned in time; a receipt is sent by completion, a
    /// new link when somebody asks for one, whoever is handed a case over is told then, and what the desk must know is
    /// told when it becomes known.
    pub enum MessageStep {
        /// To the holder: the employment ends, this is how the device comes back.
        EndApproaching = "end_approaching",
        /// To the receiver, the same day: somebody will hand a device to you.
        EndApproachingReceiver = "end_approaching_receiver",
        /// To the holder, shortly before T0: remember the device.
        ReturnReminder = "return_reminder",
        /// To the receiver: a new link, for an earlier one that no longer works.
        NewLink = "new_link",
        /// To the receiver, the business day before T0: confirm the return.
        ConfirmReturn = "confirm_return",
        /// To the receiver: the return is not confirmed.
        Reminder1 = "reminder_1",
        /// To the receiver, again, with the coordinator in copy.
        Reminder2 = "reminder_2",
        /// To whoever somebody handed the case over to: confirm the return.
        HandedOver = "handed_over",
        /// Beyond the receiver: a decision is needed.
        Escalation = "escalation",
        /// To the receiver, before a leave ends: the holder gets back what was put away. Counted from the first day on
        /// which the holder is back.
        HandBack = "hand_back",
        /// The holder's copy of the receipt.
        ReceiptHolder = "receipt_holder",
        /// The receiver's copy of the receipt.
        ReceiptReceiver = "receipt_receiver",
        /// To the service desk, at once: a device is lost or stolen.
        LossReported = "loss_reported",
        /// To the service desk, at once: the holder was sent home or has died.
        ActAtOnce = "act_at_once",
        /// To the service desk: the holder or the receiver says that the last day is wrong. HR is to be asked.
        EndQuestioned = "end_questioned",
    }
}

impl MessageStep {
    /// Whether a new plan of the case makes up for it. What the desk is to know at once is told whatever is planned.
    pub const fn is_replaced_by_a_plan(self) -> bool {
        !matches!(self, Self::LossReported | Self::ActAtOnce)
    }
}

text_enum! {
    /// Who a mail is for, by role. Resolved to a person when the mail is sent, not when it is planned.
    pub enum RecipientRole {
        /// The one who has the device.
        Holder = "holder",
        /// The one who takes it back.
        Receiver = "receiver",
        /// The manager of the receiver.
        ReceiversManager = "receivers_manager",
        /// The telephony coordinator (telefoniansvarig) of the unit.
        Coordinator = "coordinator",
        /// The telephony service desk (kundtjänst telefoni).
        Desk = "desk",
    }
}

/// A distance from T0, or from the day that a step is counted from. Negative is before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offset {
    /// Calendar days; a day that is no business day rolls forward.
    Days(i64),
    /// Business days.
    BusinessDays(i64),
}

/// One planned mail of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineRule {
    /// Which mail.
    pub step: MessageStep,
    /// Who is asked to act.
    pub to: RecipientRole,
    /// Who gets the same mail for information.
    pub copy_to: Vec<RecipientRole>,
    /// When, counted from T0; for [`MessageStep::HandBack`], from the first day on which the holder is back.
    pub offset: Offset,
    /// How many business days after it is sent the mail asks for an answer. What [`deadline_shown`] says, if nothing is
    /// said here.
    #[serde(default)]
    pub answer_within: Option<i64>,
}

impl TimelineRule {
    /// The business day on which the rule sends its mail.
    pub fn day(&self, t0: NaiveDate, calendar: &Calendar) -> NaiveDate {
        match self.offset {
            Offset::Days(days) => calendar.roll_forward(add_days(t0, days)),
            Offset::BusinessDays(days) => calendar.add_business_days(t0, days),
        }
    }
}

/// The mails of a termination, in order. A legal entity may have its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// The rules. Where two have the same step and recipient, only the first counts.
    pub rules: Vec<TimelineRule>,
}

impl Timeline {
    /// The standard timeline as far as it suits the kind of case. Where the holder is not asked, nobody is told in
    /// advance either: the receiver is asked when the end is there. After a death, people get time: the service desk
    /// has been told at once, and nothing is asked of the manager in the first week.
    pub fn of(kind: TerminationKind) -> Self {
        if kind == TerminationKind::Absence {
            return Self::of_absence();
        }
        let mut timeline = Self::standard();
        if kind == TerminationKind::Deceased {
            for (rule, days) in timeline.rules.iter_mut().rev().zip([40, 25, 15, 5]) {
                rule.offset = Offset::BusinessDays(days);
                rule.answer_within = Some(5);
            }
        }
        if !kind.asks_the_holder() {
            timeline.rules.retain(|rule| {
                rule.to != RecipientRole::Holder && rule.step != MessageStep::EndApproachingReceiver
            });
        }
        timeline
    }

    /// Before a leave, whoever answers is asked what becomes of the devices, and asked again if nobody said so. While the
    /// holder is away, nobody is reminded of a return. What was put away is spoken of once, shortly before the holder is
    /// back.
    fn of_absence() -> Self {
        use MessageStep as Step;
        use Offset::BusinessDays;
        use RecipientRole as Role;
        let rule = |step, days, copy_to: &[Role], answer_within| TimelineRule {
            step,
            to: Role::Receiver,
            copy_to: copy_to.to_vec(),
            offset: BusinessDays(days),
            answer_within,
        };
        Self {
            rules: vec![
                rule(Step::ConfirmReturn, -10, &[], None),
                rule(Step::Reminder1, -1, &[], Some(1)),
                rule(Step::Reminder2, 5, &[Role::Coordinator], None),
                rule(Step::HandBack, -5, &[], None),
            ],
        }
    }

    /// The rule for what is put away, if the timeline has one.
    pub fn hand_back(&self) -> Option<&TimelineRule> {
        self.rules.iter().find(|rule| rule.step == MessageStep::HandBack)
    }

    /// How many business days after it is sent this mail asks for an answer, if the timeline says so.
    pub fn answer_within(&self, step: MessageStep, to: RecipientRole) -> Option<i64> {
        let rule = self.rules.iter().find(|rule| (rule.step, rule.to) == (step, to));
        rule.and_then(|rule| rule.answer_within)
    }

    /// The timeline of a legal entity that has not decided otherwise.
    pub fn standard() -> Self {
        use MessageStep as Step;
        use Offset::{BusinessDays, Days};
        use RecipientRole as Role;
        let rule = |step, to, offset| TimelineRule {
            step,
            to,
            copy_to: Vec::new(),
            offset,
            answer_within: None,
        };
        Self {
            rules: vec![
                rule(Step::EndApproaching, Role::Holder, Days(-30)),
                rule(Step::EndApproachingReceiver, Role::Receiver, Days(-30)),
                rule(Step::ReturnReminder, Role::Holder, BusinessDays(-5)),
                rule(Step::ConfirmReturn, Role::Receiver, BusinessDays(-1)),
                rule(Step::Reminder1, Role::Receiver, BusinessDays(1)),
                TimelineRule {
                    copy_to: vec![Role::Coordinator],
                    ..rule(Step::Reminder2, Role::Receiver, BusinessDays(5))
                },
                TimelineRule {
                    copy_to: vec![Role::Coordinator, Role::Desk],
                    ..rule(Step::Escalation, Role::ReceiversManager, BusinessDays(10))
                },
            ],
        }
    }
}

/// T0: the day by which the device is to be back. The last day of work or of employment, whichever comes first,
/// rolled back to a business day, so that the device is asked for while somebody is there to give and take it.
pub fn return_by(end_on: NaiveDate, last_working_on: Option<NaiveDate>, calendar: &Calendar) -> NaiveDate {
    calendar.roll_back(last_working_on.map_or(end_on, |last| last.min(end_on)))
}

/// The date that a mail asks its reader to act by, for a mail that leaves on `sent_on`. Never before `sent_on`,
/// because a plan may catch up late. `None` for a receipt, which asks for nothing, and for a loss, where every hour
/// counts. Where the timeline says how many business days it gives (`within`), it is so many after it is sent.
///
/// | mail | date |
/// |---|---|
/// | to the holder, and to the receiver up to T0 | T0; for what was put away, the day on which the holder is back |
/// | the same, a new link and a case that is handed over, sent after T0 | 2 business days after it is sent |
/// | first reminder | 2 business days after it is sent |
/// | second reminder | 3 business days after it is sent: before the standard timeline escalates |
/// | escalation | 5 business days after it is sent |
/// | a question about the last day | the business day after it is sent |
pub fn deadline_shown(
    (step, within): (MessageStep, Option<i64>),
    t0: NaiveDate,
    sent_on: NaiveDate,
    calendar: &Calendar,
) -> Option<NaiveDate> {
    let after = |days| Some(calendar.add_business_days(sent_on, days));
    if let Some(days) = within {
        return after(days);
    }
    match step {
        MessageStep::EndApproaching
        | MessageStep::EndApproachingReceiver
        | MessageStep::ReturnReminder
        | MessageStep::NewLink
        | MessageStep::HandBack
        | MessageStep::HandedOver
        | MessageStep::ConfirmReturn => {
            if sent_on <= t0 {
                Some(t0)
            } else {
                after(2)
            }
        }
        MessageStep::Reminder1 => after(2),
        MessageStep::Reminder2 => after(3),
        MessageStep::Escalation => after(5),
        MessageStep::EndQuestioned => after(1),
        MessageStep::ReceiptHolder
        | MessageStep::ReceiptReceiver
        | MessageStep::LossReported
        | MessageStep::ActAtOnce => None,
    }
}

/// Calendar days later, or earlier for a negative count; stops at the first and last date that can be held.
fn add_days(date: NaiveDate, days: i64) -> NaiveDate {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 {
        date.checked_sub_days(distance).unwrap_or(NaiveDate::MIN)
    } else {
        date.checked_add_days(distance).unwrap_or(NaiveDate::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_device_is_due_on_the_last_day_that_somebody_works() {
        let calendar = Calendar::swedish();
        for (end_on, last_working_on, due) in [
            ("2027-03-31", None, "2027-03-31"),
            // Saturday, and New Year's Eve.
            ("2027-02-27", None, "2027-02-26"),
            ("2026-12-31", None, "2026-12-30"),
            // Holiday before the end, which starts on a Monday after a Sunday's last shift.
            ("2026-12-31", Some("2026-12-18"), "2026-12-18"),
            ("2026-12-31", Some("2026-12-20"), "2026-12-18"),
            // A last day of work after the end is a mistake of the source: the end holds.
            ("2027-03-31", Some("2027-04-15"), "2027-03-31"),
        ] {
            assert_eq!(
                return_by(date(end_on), last_working_on.map(date), &calendar),
                date(due),
                "{end_on}"
            );
        }
    }

    #[test]
    fn what_the_desk_is_to_know_at_once_outlives_every_plan() {
        let stays: Vec<_> = MessageStep::ALL
            .iter()
            .filter(|step| !step.is_replaced_by_a_plan())
            .collect();
        assert_eq!(stays, [&MessageStep::LossReported, &MessageStep::ActAtOnce]);
    }

    #[test]
    fn only_the_timeline_of_a_leave_gives_back_what_was_put_away() {
        for kind in TerminationKind::ALL {
            let found = Timeline::of(*kind).hand_back().map(|rule| rule.step);
            let expected = (*kind == TerminationKind::Absence).then_some(MessageStep::HandBack);
            assert_eq!(found, expected, "{kind:?}");
        }
    }

    #[test]
    fn a_mail_never_asks_for_a_day_that_has_passed() {
        let calendar = Calendar::swedish();
        let t0 = date("2027-02-26");
        for (step, sent_on, asked_for) in [
            (MessageStep::EndApproaching, "2027-01-27", Some("2027-02-26")),
            (MessageStep::ReturnReminder, "2027-02-26", Some("2027-02-26")),
            (MessageStep::ConfirmReturn, "2027-02-25", Some("2027-02-26")),
            (MessageStep::ConfirmReturn, "2027-03-01", Some("2027-03-03")),
            (MessageStep::Reminder1, "2027-03-01", Some("2027-03-03")),
            (MessageStep::Reminder2, "2027-03-05", Some("2027-03-10")),
            (MessageStep::Reminder2, "2027-05-04", Some("2027-05-10")),
            (MessageStep::Escalation, "2027-03-12", Some("2027-03-19")),
            (MessageStep::ReceiptHolder, "2027-03-01", None),
            (MessageStep::ReceiptReceiver, "2027-03-01", None),
        ] {
            let shown = deadline_shown((step, None), t0, date(sent_on), &calendar);
            assert_eq!(shown, asked_for.map(date), "{step} sent on {sent_on}");
        }
        let given = deadline_shown(
            (MessageStep::ConfirmReturn, Some(5)),
            t0,
            date("2027-02-25"),
            &calendar,
        );
        assert_eq!(given, Some(date("2027-03-04")), "the timeline gives a week");
    }

    #[test]
    fn whoever_is_not_asked_is_not_told_in_advance_and_after_a_death_people_get_time() {
        let of = |kind| -> Vec<(MessageStep, Offset)> {
            let rules = Timeline::of(kind).rules;
            rules.iter().map(|rule| (rule.step, rule.offset)).collect()
        };
        let standard: Vec<_> = of(TerminationKind::Ordinary);
        assert_eq!(standard.len(), 7);
        for kind in [TerminationKind::MandateEnd, TerminationKind::Transfer] {
            assert_eq!(of(kind), standard, "{kind}");
        }
        // Asked early, not chased while the holder is away, and told before they are back.
        let leave = [
            (MessageStep::ConfirmReturn, -10),
            (MessageStep::Reminder1, -1),
            (MessageStep::Reminder2, 5),
            (MessageStep::HandBack, -5),
        ];
        let leave = leave.map(|(step, days)| (step, Offset::BusinessDays(days)));
        assert_eq!(of(TerminationKind::Absence), leave);
        let asks = [
            MessageStep::ConfirmReturn,
            MessageStep::Reminder1,
            MessageStep::Reminder2,
            MessageStep::Escalation,
        ];
        let days =
            |days: [i64; 4]| -> Vec<_> { asks.into_iter().zip(days.map(Offset::BusinessDays)).collect() };
        assert_eq!(of(TerminationKind::Immediate), days([-1, 1, 5, 10]));
        assert_eq!(of(TerminationKind::Deceased), days([5, 15, 25, 40]));
    }

    #[test]
    fn a_mail_gives_the_time_that_its_own_rule_gives() {
        let receiver = RecipientRole::Receiver;
        let after_a_death = Timeline::of(TerminationKind::Deceased);
        let ordinary = Timeline::standard();
        assert_eq!(
            after_a_death.answer_within(MessageStep::Reminder1, receiver),
            Some(5)
        );
        assert_eq!(ordinary.answer_within(MessageStep::Reminder1, receiver), None);
        // No rule sends this one.
        let holder = RecipientRole::Holder;
        assert_eq!(after_a_death.answer_within(MessageStep::Reminder1, holder), None);
    }

    #[test]
    fn the_standard_timeline_keeps_its_stored_form() {
        let stored = serde_json::to_value(Timeline::standard()).unwrap();
        assert_eq!(
            stored["rules"][5],
            serde_json::json!({
                "step": "reminder_2", "to": "receiver", "copy_to": ["coordinator"],
                "offset": {"business_days": 5}, "answer_within": null,
            })
        );
        assert_eq!(
            serde_json::from_value::<Timeline>(stored).unwrap(),
            Timeline::standard()
        );
    }
}
