//! When a legal entity writes to people: its own closed days, quiet periods and timelines, and whether it writes at
//! all. A legal entity that has decided nothing follows the law's calendar and the standard timelines.

use super::calendar::Calendar;
use super::termination::TerminationKind;
use super::timeline::{MessageStep, Offset, RecipientRole, Timeline, TimelineRule};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most closed days and quiet periods that a legal entity may have.
pub const MAX_DAYS: usize = 400;
/// Longest label of a closed day or a quiet period, in characters.
pub const MAX_LABEL: usize = 100;
/// The most rules of a timeline.
pub const MAX_RULES: usize = 20;
/// How far from T0 a rule may be, in days of its kind, before and after.
pub const MAX_OFFSET: i64 = 365;
/// The longest time that a mail may give for an answer, in business days.
pub const MAX_ANSWER_WITHIN: i64 = 60;

/// A day on which nobody is at work, by local decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedDay {
    /// The day.
    pub date: NaiveDate,
    /// What people call it.
    pub label: String,
}

/// A time in which ordinary mail waits although people are at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietPeriod {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, inclusive.
    pub to: NaiveDate,
    /// What people call it.
    pub label: String,
}

/// What a legal entity has decided about its mails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Whether mails about its cases leave at all. What the service desk is to know at once leaves all the same.
    pub sends_mail: bool,
    /// Its closed days beside those of the law, by date.
    pub closed_days: Vec<ClosedDay>,
    /// Its quiet periods, by their first day.
    pub quiet_periods: Vec<QuietPeriod>,
    /// Its own timelines; the standard one for a kind that is not named.
    pub timelines: BTreeMap<TerminationKind, Timeline>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            sends_mail: true,
            closed_days: Vec::new(),
            quiet_periods: Vec::new(),
            timelines: BTreeMap::new(),
        }
    }
}

impl Schedule {
    /// Its business days and quiet periods.
    pub fn calendar(&self) -> Calendar {
        let quiet = self.quiet_periods.iter().map(|period| period.from..=period.to);
        Calendar::with_closed_days(self.closed_days.iter().map(|day| day.date)).with_quiet_periods(quiet)
    }

    /// The timeline of a kind of case.
    pub fn timeline(&self, kind: TerminationKind) -> Timeline {
        self.timelines
            .get(&kind)
            .cloned()
            .unwrap_or_else(|| Timeline::of(kind))
    }
}

/// Why a schedule or a timeline cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleFault {
    /// Where, as a JSON pointer into what was given.
    pub pointer: String,
    /// A stable word.
    pub code: &'static str,
    /// What to do about it.
    pub detail: &'static str,
}

impl ScheduleFault {
    fn at(pointer: String, code: &'static str, detail: &'static str) -> Self {
        Self {
            pointer,
            code,
            detail,
        }
    }
}

/// Puts the days in order, and says everything that is wrong with them.
///
/// # Errors
/// Every fault: too many, a day or a period named twice, a period that ends before it begins, an unusable label.
pub fn checked_days(
    mut closed: Vec<ClosedDay>,
    mut quiet: Vec<QuietPeriod>,
) -> Result<(Vec<ClosedDay>, Vec<QuietPeriod>), Vec<ScheduleFault>> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, day) in closed.iter().enumerate() {
        let pointer = format!("/closed_days/{index}");
        if !seen.insert(day.date) {
            let detail = "Name each closed day once.";
            faults.push(ScheduleFault::at(
                format!("{pointer}/date"),
                "closed_day_twice",
                detail,
            ));
        }
        faults.extend(label_fault(&day.label, &pointer));
    }
    for (index, period) in quiet.iter().enumerate() {
        let pointer = format!("/quiet_periods/{index}");
        if period.to < period.from {
            let detail = "A period ends on or after the day it begins.";
            faults.push(ScheduleFault::at(
                format!("{pointer}/to"),
                "period_reversed",
                detail,
            ));
        }
        // Longer than that, nobody would be reminded of anything: the switch says so openly.
        if period.to.signed_duration_since(period.from).num_days() > 92 {
            let detail =
                "A quiet period has at most three months. To write to nobody, set sends_mail to false.";
            faults.push(ScheduleFault::at(
                format!("{pointer}/to"),
                "period_too_long",
                detail,
            ));
        }
        faults.extend(label_fault(&period.label, &pointer));
    }
    closed.sort_by_key(|day| day.date);
    quiet.sort_by_key(|period| (period.from, period.to));
    if faults.is_empty() {
        Ok((closed, quiet))
    } else {
        Err(faults)
    }
}

fn label_fault(label: &str, pointer: &str) -> Option<ScheduleFault> {
    let length = label.chars().count();
    let is_plain = !label.chars().any(char::is_control);
    let is_usable = !label.trim().is_empty() && length <= MAX_LABEL && is_plain;
    (!is_usable).then(|| {
        ScheduleFault::at(
            format!("{pointer}/label"),
            "label_unusable",
            "Say in one line of at most 100 characters what people call it.",
        )
    })
}

/// Says everything that is wrong with a timeline for a kind of case.
///
/// # Errors
/// Every fault: too many rules, none that asks somebody to confirm, a mail that no timeline plans, a role that a mail
/// has no words for, a rule named twice, or a time that is out of bounds.
pub fn checked_timeline(kind: TerminationKind, timeline: &Timeline) -> Result<(), Vec<ScheduleFault>> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, rule) in timeline.rules.iter().enumerate() {
        let pointer = format!("/rules/{index}");
        faults.extend(rule_faults(kind, rule, &pointer));
        if !seen.insert((rule.step, rule.to)) {
            let detail = "Give each mail to each role once.";
            faults.push(ScheduleFault::at(pointer, "rule_twice", detail));
        }
    }
    let asks = |rule: &TimelineRule| rule.step == MessageStep::ConfirmReturn;
    if !timeline.rules.iter().any(asks) {
        let detail = "Somebody must be asked to confirm: add confirm_return.";
        faults.push(ScheduleFault::at("/rules".to_owned(), "nobody_is_asked", detail));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn rule_faults(kind: TerminationKind, rule: &TimelineRule, pointer: &str) -> Vec<ScheduleFault> {
    let mut faults = Vec::new();
    let mut refuse = |member: &str, code, detail| {
        faults.push(ScheduleFault::at(format!("{pointer}/{member}"), code, detail));
    };
    match roles_of(rule.step) {
        [] => refuse(
            "step",
            "step_not_planned",
            "This mail is sent when something happens, not by a timeline.",
        ),
        roles if !roles.contains(&rule.to) => refuse(
            "to",
            "role_unsuitable",
            "This mail has no words for that role: the first two go to the holder or the receiver as their names \
             say, those that ask to confirm to the receiver, the escalation beyond the receiver.",
        ),
        _ => {}
    }
    if !suits(kind, rule.step) {
        let detail = "A leave has confirm_return, the two reminders and hand_back, which only a leave has.";
        refuse("step", "step_of_other_kind", detail);
    }
    if rule.to == RecipientRole::Holder && !kind.asks_the_holder() {
        let detail = "The holder is not written to in a case of this kind.";
        refuse("to", "holder_not_asked", detail);
    }
    let copies: BTreeSet<_> = rule.copy_to.iter().collect();
    let copies_are_usable = copies.len() == rule.copy_to.len()
        && copies
            .iter()
            .all(|role| **role != rule.to && **role != RecipientRole::Holder);
    if !copies_are_usable {
        let detail = "Copies go to roles other than the one who is asked, each once, and not to the holder.";
        refuse("copy_to", "copy_unsuitable", detail);
    }
    let (Offset::Days(days) | Offset::BusinessDays(days)) = rule.offset;
    if !(-MAX_OFFSET..=MAX_OFFSET).contains(&days) {
        let detail = "At most 365 days before or after the day of return.";
        refuse("offset", "offset_out_of_bounds", detail);
    }
    if rule
        .answer_within
        .is_some_and(|days| !(1..=MAX_ANSWER_WITHIN).contains(&days))
    {
        let detail = "Give 1 to 60 business days for an answer.";
        refuse("answer_within", "answer_within_out_of_bounds", detail);
    }
    faults
}

/// Whether a mail has words for the kind of case.
const fn suits(kind: TerminationKind, step: MessageStep) -> bool {
    match (kind, step) {
        (TerminationKind::Absence, MessageStep::EndApproachingReceiver | MessageStep::Escalation) => false,
        (TerminationKind::Absence, _) => true,
        (_, step) => !matches!(step, MessageStep::HandBack),
    }
}

/// The roles that a mail of a timeline has words for; none for a mail that no timeline plans.
const fn roles_of(step: MessageStep) -> &'static [RecipientRole] {
    match step {
        MessageStep::EndApproaching | MessageStep::ReturnReminder => &[RecipientRole::Holder],
        MessageStep::EndApproachingReceiver
        | MessageStep::ConfirmReturn
        | MessageStep::Reminder1
        | MessageStep::Reminder2
        | MessageStep::HandBack => &[RecipientRole::Receiver],
        MessageStep::Escalation => &[
            RecipientRole::ReceiversManager,
            RecipientRole::Coordinator,
            RecipientRole::Desk,
        ],
        MessageStep::NewLink
        | MessageStep::HandedOver
        | MessageStep::EndQuestioned
        | MessageStep::ReceiptHolder
        | MessageStep::ReceiptReceiver
        | MessageStep::LossReported
        | MessageStep::ActAtOnce => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn codes(faults: Vec<ScheduleFault>) -> Vec<(String, &'static str)> {
        faults
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect()
    }

    #[test]
    fn the_standard_timelines_are_ones_that_could_be_given() {
        for kind in TerminationKind::ALL {
            assert_eq!(checked_timeline(*kind, &Timeline::of(*kind)), Ok(()), "{kind}");
        }
    }

    #[test]
    fn every_fault_of_a_timeline_is_said_at_once() {
        let rule = |step, to, offset| TimelineRule {
            step,
            to,
            copy_to: Vec::new(),
            offset,
            answer_within: None,
        };
        let mut escalation = rule(
            MessageStep::Escalation,
            RecipientRole::Desk,
            Offset::BusinessDays(366),
        );
        escalation.copy_to = vec![RecipientRole::Desk];
        escalation.answer_within = Some(0);
        let rules = vec![
            rule(
                MessageStep::ReturnReminder,
                RecipientRole::Holder,
                Offset::Days(-5),
            ),
            rule(MessageStep::LossReported, RecipientRole::Desk, Offset::Days(0)),
            rule(
                MessageStep::Reminder1,
                RecipientRole::Coordinator,
                Offset::Days(1),
            ),
            rule(
                MessageStep::Reminder1,
                RecipientRole::Coordinator,
                Offset::Days(2),
            ),
            escalation,
        ];
        let faults = checked_timeline(TerminationKind::Deceased, &Timeline { rules }).unwrap_err();
        let expected = [
            ("/rules/0/to", "holder_not_asked"),
            ("/rules/1/step", "step_not_planned"),
            ("/rules/2/to", "role_unsuitable"),
            ("/rules/3/to", "role_unsuitable"),
            ("/rules/3", "rule_twice"),
            ("/rules/4/copy_to", "copy_unsuitable"),
            ("/rules/4/offset", "offset_out_of_bounds"),
            ("/rules/4/answer_within", "answer_within_out_of_bounds"),
            ("/rules", "nobody_is_asked"),
        ];
        assert_eq!(
            codes(faults),
            expected.map(|(pointer, code)| (pointer.to_owned(), code))
        );
    }

    #[test]
    fn a_leave_has_mails_of_its_own_and_no_other_kind_has_them() {
        let of_leave = Timeline::of(TerminationKind::Absence);
        assert_eq!(checked_timeline(TerminationKind::Absence, &of_leave), Ok(()));
        let faults = checked_timeline(TerminationKind::Ordinary, &of_leave).unwrap_err();
        let expected = [("/rules/3/step".to_owned(), "step_of_other_kind")];
        assert_eq!(codes(faults), expected);
        let faults = checked_timeline(TerminationKind::Absence, &Timeline::standard()).unwrap_err();
        let of_other_kind = |fault: &&(String, &str)| fault.1 == "step_of_other_kind";
        assert_eq!(codes(faults).iter().filter(of_other_kind).count(), 2);
    }

    #[test]
    fn days_are_put_in_order_and_their_faults_are_said_at_once() {
        let day = |on, label: &str| ClosedDay {
            date: date(on),
            label: label.to_owned(),
        };
        let period = |from, to| QuietPeriod {
            from: date(from),
            to: date(to),
            label: "Semester".to_owned(),
        };
        let (closed, quiet) = checked_days(
            vec![
                day("2027-05-07", "Klämdag"),
                day("2027-01-05", "Trettondagsafton"),
            ],
            vec![
                period("2027-12-20", "2027-12-31"),
                period("2027-07-05", "2027-07-30"),
            ],
        )
        .unwrap();
        assert_eq!(closed[0].date, date("2027-01-05"));
        assert_eq!(quiet[0].from, date("2027-07-05"));

        let faults = checked_days(
            vec![day("2027-05-07", "Klämdag"), day("2027-05-07", " ")],
            vec![
                period("2027-07-30", "2027-07-05"),
                period("2027-01-01", "2027-12-31"),
            ],
        )
        .unwrap_err();
        let expected = [
            ("/closed_days/1/date", "closed_day_twice"),
            ("/closed_days/1/label", "label_unusable"),
            ("/quiet_periods/0/to", "period_reversed"),
            ("/quiet_periods/1/to", "period_too_long"),
        ];
        assert_eq!(
            codes(faults),
            expected.map(|(pointer, code)| (pointer.to_owned(), code))
        );
    }

    #[test]
    fn a_schedule_keeps_its_stored_form() {
        let schedule = Schedule {
            closed_days: vec![ClosedDay {
                date: date("2027-05-07"),
                label: "Klämdag".to_owned(),
            }],
            ..Schedule::default()
        };
        let stored = serde_json::to_value(&schedule).unwrap();
        assert_eq!(
            stored,
            serde_json::json!({
                "sends_mail": true, "closed_days": [{"date": "2027-05-07", "label": "Klämdag"}],
                "quiet_periods": [], "timelines": {},
            })
        );
        assert_eq!(serde_json::from_value::<Schedule>(stored).unwrap(), schedule);
    }
}
