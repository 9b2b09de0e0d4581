//! From a timeline to instants: what is still to be sent, and what a late start collapses to. Sends nothing.

use super::{MessageStep, RecipientRole, Timeline, TimelineRule};
use crate::domain::calendar::{Calendar, SEND_WINDOW_OPENS, instant_at, local_date};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A mail that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMessage {
    /// Which mail.
    pub step: MessageStep,
    /// Who is asked to act.
    pub to: RecipientRole,
    /// Who gets the same mail for information.
    pub copy_to: Vec<RecipientRole>,
    /// When it may be sent at the earliest. Inside the send window and not before `now`.
    pub due_at: DateTime<Utc>,
}

impl PlannedMessage {
    fn new(rule: &TimelineRule, due_at: DateTime<Utc>) -> Self {
        Self {
            step: rule.step,
            to: rule.to,
            copy_to: rule.copy_to.clone(),
            due_at,
        }
    }
}

/// The mails of a termination that are still to be sent at `now`, by due time.
///
/// - A mail is due when the send window opens on the day of its rule.
/// - Of the mails whose time had passed at `now`, each recipient role gets only the newest, at the next send
///   time; and not even that one if another mail to the same role is due by then.
/// - The holder gets no mail after the day T0: the work mailbox may be gone.
/// - At most one mail for each step and recipient role.
/// - What is counted from the end of a leave is not among them.
pub fn plan(
    timeline: &Timeline,
    t0: NaiveDate,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Vec<PlannedMessage> {
    plan_rest(timeline, t0, now, calendar, &BTreeSet::new())
}

/// What is still to be sent when some of it has been sent already, such as when a timeline or a calendar changes on the
/// way: nobody gets the same mail twice, and nobody gets a mail that the timeline has before one they got.
pub fn plan_rest(
    timeline: &Timeline,
    t0: NaiveDate,
    now: DateTime<Utc>,
    calendar: &Calendar,
    told: &BTreeSet<(MessageStep, RecipientRole)>,
) -> Vec<PlannedMessage> {
    let mut planned = Vec::new();
    let mut newest_missed = BTreeMap::<RecipientRole, PlannedMessage>::new();
    let mut newest_told = BTreeMap::<RecipientRole, DateTime<Utc>>::new();
    let mut seen = BTreeSet::new();
    for rule in &timeline.rules {
        // Counted from another day, which may not be known yet.
        let is_counted_from_t0 = rule.step != MessageStep::HandBack;
        if !is_counted_from_t0 || !seen.insert((rule.step, rule.to)) {
            continue;
        }
        let message = PlannedMessage::new(rule, instant_at(rule.day(t0, calendar), SEND_WINDOW_OPENS));
        if told.contains(&(rule.step, rule.to)) {
            let newest = newest_told.entry(rule.to).or_insert(message.due_at);
            *newest = message.due_at.max(*newest);
        } else if message.due_at >= now {
            planned.push(message);
        } else if newest_missed
            .get(&rule.to)
            .is_none_or(|missed| missed.due_at <= message.due_at)
        {
            newest_missed.insert(rule.to, message);
        }
    }
    let catch_up_at = calendar.next_send_time(now);
    newest_missed.retain(|role, missed| {
        let is_passed = newest_told.get(role).is_some_and(|told| missed.due_at <= *told);
        !is_passed
            && !planned
                .iter()
                .any(|next| next.to == *role && next.due_at <= catch_up_at)
    });
    planned.extend(newest_missed.into_values().map(|missed| PlannedMessage {
        due_at: catch_up_at,
        ..missed
    }));
    planned.retain(|message| message.to != RecipientRole::Holder || local_date(message.due_at) <= t0);
    planned.sort_by_key(|message| (message.due_at, message.step, message.to));
    planned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timeline::{Offset, return_by};
    use MessageStep as Step;
    use RecipientRole as Role;
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Plans by the standard timeline and the law's calendar; copies are left out of the comparison.
    fn assert_plan(t0: &str, now: &str, expected: &[(Step, Role, &str)]) {
        let planned = plan(&Timeline::standard(), date(t0), utc(now), &Calendar::swedish());
        let planned: Vec<_> = planned
            .iter()
            .map(|message| (message.step, message.to, message.due_at))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(step, to, due)| (*step, *to, utc(due)))
            .collect();
        assert_eq!(planned, expected, "T0 {t0}, now {now}");
    }

    #[test]
    fn an_end_known_in_time_gets_the_whole_timeline() {
        assert_plan(
            "2027-02-26",
            "2027-01-11T09:00:00Z",
            &[
                (Step::EndApproaching, Role::Holder, "2027-01-27T07:00:00Z"),
                (
                    Step::EndApproachingReceiver,
                    Role::Receiver,
                    "2027-01-27T07:00:00Z",
                ),
                (Step::ReturnReminder, Role::Holder, "2027-02-19T07:00:00Z"),
                (Step::ConfirmReturn, Role::Receiver, "2027-02-25T07:00:00Z"),
                (Step::Reminder1, Role::Receiver, "2027-03-01T07:00:00Z"),
                (Step::Reminder2, Role::Receiver, "2027-03-05T07:00:00Z"),
                (Step::Escalation, Role::ReceiversManager, "2027-03-12T07:00:00Z"),
            ],
        );
    }

    #[test]
    fn on_the_way_only_what_comes_after_what_was_sent_is_planned() {
        let told = [
            (Step::EndApproaching, Role::Holder),
            (Step::ConfirmReturn, Role::Receiver),
        ];
        let planned = plan_rest(
            &Timeline::standard(),
            date("2027-02-26"),
            utc("2027-02-26T09:00:00Z"),
            &Calendar::swedish(),
            &told.into(),
        );
        let planned: Vec<_> = planned
            .iter()
            .map(|message| (message.step, message.due_at))
            .collect();
        assert_eq!(
            planned,
            [
                // Missed by the holder, and later than what the holder was told.
                (Step::ReturnReminder, utc("2027-02-26T09:00:00Z")),
                (Step::Reminder1, utc("2027-03-01T07:00:00Z")),
                (Step::Reminder2, utc("2027-03-05T07:00:00Z")),
                (Step::Escalation, utc("2027-03-12T07:00:00Z")),
            ]
        );
    }

    #[test]
    fn copies_go_to_the_coordinator_and_at_last_to_the_desk() {
        let planned = plan(
            &Timeline::standard(),
            date("2027-02-26"),
            utc("2027-01-11T09:00:00Z"),
            &Calendar::swedish(),
        );
        let copies: Vec<_> = planned
            .iter()
            .filter(|message| !message.copy_to.is_empty())
            .map(|message| (message.step, message.copy_to.as_slice()))
            .collect();
        assert_eq!(
            copies,
            [
                (Step::Reminder2, [Role::Coordinator].as_slice()),
                (Step::Escalation, [Role::Coordinator, Role::Desk].as_slice()),
            ]
        );
    }

    #[test]
    fn an_end_known_less_than_thirty_days_before_is_told_at_once() {
        assert_plan(
            "2027-02-26",
            "2027-02-08T09:00:00Z",
            &[
                (Step::EndApproaching, Role::Holder, "2027-02-08T09:00:00Z"),
                (
                    Step::EndApproachingReceiver,
                    Role::Receiver,
                    "2027-02-08T09:00:00Z",
                ),
                (Step::ReturnReminder, Role::Holder, "2027-02-19T07:00:00Z"),
                (Step::ConfirmReturn, Role::Receiver, "2027-02-25T07:00:00Z"),
                (Step::Reminder1, Role::Receiver, "2027-03-01T07:00:00Z"),
                (Step::Reminder2, Role::Receiver, "2027-03-05T07:00:00Z"),
                (Step::Escalation, Role::ReceiversManager, "2027-03-12T07:00:00Z"),
            ],
        );
    }

    #[test]
    fn an_end_known_two_days_before_sends_the_holder_one_mail() {
        let later = [
            (Step::ConfirmReturn, Role::Receiver, "2027-02-25T07:00:00Z"),
            (Step::Reminder1, Role::Receiver, "2027-03-01T07:00:00Z"),
            (Step::Reminder2, Role::Receiver, "2027-03-05T07:00:00Z"),
            (Step::Escalation, Role::ReceiversManager, "2027-03-12T07:00:00Z"),
        ];
        let mut in_the_morning = vec![
            (
                Step::EndApproachingReceiver,
                Role::Receiver,
                "2027-02-24T09:00:00Z",
            ),
            (Step::ReturnReminder, Role::Holder, "2027-02-24T09:00:00Z"),
        ];
        in_the_morning.extend(later);
        assert_plan("2027-02-26", "2027-02-24T09:00:00Z", &in_the_morning);

        // After hours the catch-up would leave together with the next mail to the receiver: one is enough.
        let mut in_the_evening = vec![(Step::ReturnReminder, Role::Holder, "2027-02-25T07:00:00Z")];
        in_the_evening.extend(later);
        assert_plan("2027-02-26", "2027-02-24T17:00:00Z", &in_the_evening);
    }

    #[test]
    fn the_holder_is_written_to_on_the_last_day_but_not_after_it() {
        let later = [
            (Step::Reminder1, Role::Receiver, "2027-03-01T07:00:00Z"),
            (Step::Reminder2, Role::Receiver, "2027-03-05T07:00:00Z"),
            (Step::Escalation, Role::ReceiversManager, "2027-03-12T07:00:00Z"),
        ];
        let mut last_morning = vec![
            (Step::ReturnReminder, Role::Holder, "2027-02-26T09:00:00Z"),
            (Step::ConfirmReturn, Role::Receiver, "2027-02-26T09:00:00Z"),
        ];
        last_morning.extend(later);
        assert_plan("2027-02-26", "2027-02-26T09:00:00Z", &last_morning);
        assert_plan("2027-02-26", "2027-02-26T16:00:00Z", &later);
    }

    #[test]
    fn a_back_dated_end_sends_the_receiver_one_mail() {
        assert_plan(
            "2027-02-05",
            "2027-02-26T09:00:00Z",
            &[
                (Step::Reminder2, Role::Receiver, "2027-02-26T09:00:00Z"),
                (Step::Escalation, Role::ReceiversManager, "2027-02-26T09:00:00Z"),
            ],
        );
        assert_plan(
            "2027-02-19",
            "2027-02-27T09:00:00Z",
            &[
                (Step::Reminder2, Role::Receiver, "2027-03-01T07:00:00Z"),
                (Step::Escalation, Role::ReceiversManager, "2027-03-05T07:00:00Z"),
            ],
        );
    }

    #[test]
    fn christmas_is_stepped_over() {
        let t0 = return_by(date("2026-12-31"), None, &Calendar::swedish());
        assert_plan(
            &t0.to_string(),
            "2026-11-02T09:00:00Z",
            &[
                (Step::EndApproaching, Role::Holder, "2026-11-30T07:00:00Z"),
                (
                    Step::EndApproachingReceiver,
                    Role::Receiver,
                    "2026-11-30T07:00:00Z",
                ),
                (Step::ReturnReminder, Role::Holder, "2026-12-21T07:00:00Z"),
                (Step::ConfirmReturn, Role::Receiver, "2026-12-29T07:00:00Z"),
                (Step::Reminder1, Role::Receiver, "2027-01-04T07:00:00Z"),
                (Step::Reminder2, Role::Receiver, "2027-01-11T07:00:00Z"),
                (Step::Escalation, Role::ReceiversManager, "2027-01-18T07:00:00Z"),
            ],
        );
    }

    #[test]
    fn mail_leaves_at_eight_before_and_after_the_clock_change() {
        // Easter 2027 is the weekend of the clock change.
        assert_plan(
            "2027-03-31",
            "2027-01-11T09:00:00Z",
            &[
                (Step::EndApproaching, Role::Holder, "2027-03-01T07:00:00Z"),
                (
                    Step::EndApproachingReceiver,
                    Role::Receiver,
                    "2027-03-01T07:00:00Z",
                ),
                (Step::ReturnReminder, Role::Holder, "2027-03-22T07:00:00Z"),
                (Step::ConfirmReturn, Role::Receiver, "2027-03-30T06:00:00Z"),
                (Step::Reminder1, Role::Receiver, "2027-04-01T06:00:00Z"),
                (Step::Reminder2, Role::Receiver, "2027-04-07T06:00:00Z"),
                (Step::Escalation, Role::ReceiversManager, "2027-04-14T06:00:00Z"),
            ],
        );
    }

    #[test]
    fn a_timeline_at_the_limits_does_not_panic() {
        let mut timeline = Timeline::standard();
        for (rule, offset) in timeline.rules.iter_mut().zip([
            Offset::Days(i64::MIN),
            Offset::Days(i64::MAX),
            Offset::BusinessDays(i64::MIN),
            Offset::BusinessDays(i64::MAX),
        ]) {
            rule.offset = offset;
        }
        for t0 in [NaiveDate::MIN, date("2027-03-31"), NaiveDate::MAX] {
            for now in [
                DateTime::<Utc>::MIN_UTC,
                utc("2027-03-31T08:00:00Z"),
                DateTime::<Utc>::MAX_UTC,
            ] {
                plan(&timeline, t0, now, &Calendar::swedish());
            }
        }
    }

    /// Any timeline, also one with doubled steps and mails on odd days.
    fn any_timeline() -> impl Strategy<Value = Timeline> {
        let offset = prop_oneof![
            (-60_i64..60).prop_map(Offset::Days),
            (-40_i64..40).prop_map(Offset::BusinessDays),
        ];
        let rule = (
            proptest::sample::select(Step::ALL),
            proptest::sample::select(Role::ALL),
            proptest::collection::vec(proptest::sample::select(Role::ALL), 0..2),
            offset,
        );
        let rule = rule.prop_map(|(step, to, copy_to, offset)| TimelineRule {
            answer_within: None,
            step,
            to,
            copy_to,
            offset,
        });
        prop_oneof![
            Just(Timeline::standard()),
            proptest::collection::vec(rule, 0..12).prop_map(|rules| Timeline { rules }),
        ]
    }

    proptest! {
        // The same cases on every run.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn a_plan_keeps_to_the_window_and_never_doubles(
            timeline in any_timeline(),
            t0_days in 0_i64..20_000,
            now_minutes in -100 * 1440_i64..100 * 1440,
            closed in proptest::collection::vec(-60_i64..60, 0..10),
        ) {
            let t0 = date("2000-01-01") + TimeDelta::days(t0_days);
            let now = t0.and_hms_opt(12, 0, 0).unwrap().and_utc() + TimeDelta::minutes(now_minutes);
            let calendar = Calendar::with_closed_days(closed.iter().map(|days| t0 + TimeDelta::days(*days)));
            let planned = plan(&timeline, t0, now, &calendar);

            let mut steps = BTreeSet::new();
            for message in &planned {
                prop_assert!(calendar.in_send_window(message.due_at));
                prop_assert!(message.due_at >= now);
                prop_assert!(steps.insert((message.step, message.to)), "doubled {:?}", message);
                prop_assert!(message.to != Role::Holder || local_date(message.due_at) <= t0);
            }
            for role in Role::ALL {
                // What has been missed collapses to one mail, which does not leave together with another.
                let due = |rule: &TimelineRule| instant_at(rule.day(t0, &calendar), SEND_WINDOW_OPENS);
                let caught_up = |message: &&PlannedMessage| {
                    let rule = timeline.rules.iter().find(|rule| (rule.step, rule.to) == (message.step, message.to));
                    message.to == *role && rule.is_some_and(|rule| due(rule) < now)
                };
                let late: Vec<_> = planned.iter().filter(caught_up).collect();
                prop_assert!(late.len() <= 1);
                if let Some(late) = late.first() {
                    let together = planned.iter().filter(|other| other.to == *role && other.due_at == late.due_at);
                    prop_assert_eq!(together.count(), 1);
                }
            }
            prop_assert!(planned.is_sorted_by_key(|message| message.due_at));
        }

        #[test]
        fn the_receiver_is_always_written_to(t0_days in 0_i64..20_000, now_minutes in -100 * 1440_i64..1000 * 1440) {
            let t0 = date("2000-01-01") + TimeDelta::days(t0_days);
            let now = t0.and_hms_opt(12, 0, 0).unwrap().and_utc() + TimeDelta::minutes(now_minutes);
            let planned = plan(&Timeline::standard(), t0, now, &Calendar::swedish());
            prop_assert!(planned.iter().any(|message| message.to == Role::Receiver));
            prop_assert!(planned.iter().any(|message| message.step == Step::Escalation));
        }
    }
}
