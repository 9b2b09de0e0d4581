//! Swedish business days, local time, and the hours in which mail may leave.
//!
//! A *return* is due while the person is still employed, so its day rolls back; a *reminder* gives people time,
//! so its day rolls forward. Nothing here reads a clock: `now` is always an argument.
//!
//! Dates and instants at the limits of what `chrono` can hold never panic: results stop at the limit, and are
//! then not promised to be business days or inside the send window.

mod holidays;
mod zone;

pub use zone::{ZONE, end_of_employment_instant, instant_at, instant_in, local_date, local_date_time};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// When the send window opens on a business day, local time. Inclusive.
pub const SEND_WINDOW_OPENS: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).expect("08:00 is a time of day");

/// When the send window closes on a business day, local time. Exclusive.
pub const SEND_WINDOW_CLOSES: NaiveTime = NaiveTime::from_hms_opt(16, 0, 0).expect("16:00 is a time of day");

/// Which days are business days: Monday to Friday, neither a public holiday nor one of the three eves that the
/// law counts as Sundays, nor a day that the municipality keeps closed. And in which periods ordinary mail waits
/// although people are at work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    closed_days: BTreeSet<NaiveDate>,
    quiet_periods: Vec<RangeInclusive<NaiveDate>>,
}

impl Calendar {
    /// The days that the law makes free, and no other.
    pub fn swedish() -> Self {
        Self::default()
    }

    /// As [`Calendar::swedish`], with days that are closed by local decision, such as a squeeze day.
    pub fn with_closed_days(days: impl IntoIterator<Item = NaiveDate>) -> Self {
        Self {
            closed_days: days.into_iter().collect(),
            quiet_periods: Vec::new(),
        }
    }

    /// The same, with periods in which no ordinary mail leaves. Days in them are still business days: what is due in
    /// them is written when they are over.
    pub fn with_quiet_periods(
        mut self,
        periods: impl IntoIterator<Item = RangeInclusive<NaiveDate>>,
    ) -> Self {
        self.quiet_periods = periods.into_iter().collect();
        self
    }

    fn is_quiet(&self, date: NaiveDate) -> bool {
        self.quiet_periods.iter().any(|period| period.contains(&date))
    }

    fn may_send_on(&self, date: NaiveDate) -> bool {
        self.is_business_day(date) && !self.is_quiet(date)
    }

    /// Whether people are expected to be at work on the date.
    pub fn is_business_day(&self, date: NaiveDate) -> bool {
        !holidays::is_free_by_law(date) && !self.closed_days.contains(&date)
    }

    /// The date itself if it is a business day, else the nearest one before it.
    pub fn roll_back(&self, date: NaiveDate) -> NaiveDate {
        self.roll(date, NaiveDate::pred_opt)
    }

    /// The date itself if it is a business day, else the nearest one after it.
    pub fn roll_forward(&self, date: NaiveDate) -> NaiveDate {
        self.roll(date, NaiveDate::succ_opt)
    }

    /// The business day that many business days later, or earlier for a negative count.
    ///
    /// A date that is not a business day counts as the next one: from a Saturday, 0 is Monday and 1 is Tuesday,
    /// and -1 is Friday.
    pub fn add_business_days(&self, date: NaiveDate, count: i64) -> NaiveDate {
        let (step, limit): (fn(&NaiveDate) -> Option<NaiveDate>, _) = if count < 0 {
            (NaiveDate::pred_opt, NaiveDate::MIN)
        } else {
            (NaiveDate::succ_opt, NaiveDate::MAX)
        };
        let mut day = self.roll_forward(date);
        // More business days than there are days left need no counting.
        if count.unsigned_abs() > limit.signed_duration_since(day).num_days().unsigned_abs() {
            return limit;
        }
        for _ in 0..count.unsigned_abs() {
            let Some(next) = step(&day) else { return limit };
            day = self.roll(next, step);
        }
        day
    }

    /// Whether ordinary mail may leave now: a business day outside the quiet periods, 08:00 up to but not including
    /// 16:00 local time.
    pub fn in_send_window(&self, now: DateTime<Utc>) -> bool {
        let local = local_date_time(now);
        self.may_send_on(local.date()) && (SEND_WINDOW_OPENS..SEND_WINDOW_CLOSES).contains(&local.time())
    }

    /// The first instant at or after `not_before` at which ordinary mail may leave.
    pub fn next_send_time(&self, not_before: DateTime<Utc>) -> DateTime<Utc> {
        let local = local_date_time(not_before);
        let today = local.date();
        let first_possible = if local.time() < SEND_WINDOW_CLOSES {
            today
        } else {
            today.succ_opt().unwrap_or(today)
        };
        let day = roll_while(first_possible, NaiveDate::succ_opt, |day| !self.may_send_on(day));
        instant_at(day, SEND_WINDOW_OPENS).max(not_before)
    }

    /// The first instant after the day of `now` at which ordinary mail may leave.
    pub fn next_send_day(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = local_date(now);
        self.next_send_time(instant_at(today.succ_opt().unwrap_or(today), NaiveTime::MIN))
    }

    /// The instant from which until `now` ordinary mail could leave for this long in all. Looks back a year at most, so
    /// that an endless quiet period ends somewhere.
    pub fn send_time_ago(&self, now: DateTime<Utc>, long: TimeDelta) -> DateTime<Utc> {
        let today = local_date(now);
        let mut left = long;
        for day in std::iter::successors(Some(today), NaiveDate::pred_opt)
            .take(366)
            .filter(|day| self.may_send_on(*day))
        {
            let closes = instant_at(day, SEND_WINDOW_CLOSES).min(now);
            let open = closes - instant_at(day, SEND_WINDOW_OPENS);
            if open >= left {
                return closes - left;
            }
            left -= open.max(TimeDelta::zero());
        }
        now - TimeDelta::days(366)
    }

    fn roll(&self, date: NaiveDate, step: fn(&NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
        roll_while(date, step, |day| !self.is_business_day(day))
    }
}

/// The first day, by these steps, that need not be passed by; the last one that can be held, if there is none.
fn roll_while(
    date: NaiveDate,
    step: fn(&NaiveDate) -> Option<NaiveDate>,
    pass_by: impl Fn(NaiveDate) -> bool,
) -> NaiveDate {
    let mut day = date;
    while pass_by(day) {
        let Some(next) = step(&day) else { return day };
        day = next;
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, TimeDelta};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn every_year_has_the_business_days_of_the_almanac() {
        let calendar = Calendar::swedish();
        for (year, expected) in [
            (2026, 251),
            (2027, 253),
            (2028, 251),
            (2029, 250),
            (2030, 250),
            (2031, 249),
            (2032, 254),
        ] {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let counted = first
                .iter_days()
                .take_while(|day| day.year() == year)
                .filter(|day| calendar.is_business_day(*day))
                .count();
            assert_eq!(counted, expected, "{year}");
        }
    }

    #[test]
    fn eves_are_free_and_squeeze_days_are_not() {
        let calendar = Calendar::swedish();
        for (free, next) in [
            ("2026-12-24", "2026-12-28"),
            ("2026-12-31", "2027-01-04"),
            ("2028-06-23", "2028-06-26"),
        ] {
            assert!(!calendar.is_business_day(date(free)), "{free}");
            assert_eq!(calendar.roll_forward(date(free)), date(next));
            assert_eq!(calendar.add_business_days(date(free), 0), date(next));
        }
        assert_eq!(calendar.roll_back(date("2026-12-31")), date("2026-12-30"));
        // The Friday after Kristi himmelsfärdsdag, trettondagsafton, valborg, the day before alla helgons dag.
        for open in ["2027-05-07", "2027-01-05", "2027-04-30", "2026-10-30"] {
            assert!(calendar.is_business_day(date(open)), "{open}");
        }
    }

    #[test]
    fn business_days_are_counted_over_holidays_in_both_directions() {
        let calendar = Calendar::swedish();
        for (from, count, to) in [
            ("2026-12-22", 5, "2027-01-04"),
            ("2027-01-04", -5, "2026-12-22"),
            ("2027-06-23", 3, "2027-06-29"),
            ("2027-03-24", 3, "2027-03-31"),
            ("2027-03-31", 0, "2027-03-31"),
            // From a Saturday.
            ("2027-02-06", 0, "2027-02-08"),
            ("2027-02-06", 1, "2027-02-09"),
            ("2027-02-06", -1, "2027-02-05"),
        ] {
            assert_eq!(
                calendar.add_business_days(date(from), count),
                date(to),
                "{from} {count:+}"
            );
        }
    }

    #[test]
    fn a_locally_closed_day_is_not_a_business_day() {
        let calendar = Calendar::with_closed_days([date("2027-05-07")]);
        assert!(!calendar.is_business_day(date("2027-05-07")));
        assert_eq!(calendar.roll_back(date("2027-05-07")), date("2027-05-05"));
        assert_eq!(
            calendar.add_business_days(date("2027-05-05"), 1),
            date("2027-05-10")
        );
    }

    #[test]
    fn the_send_window_follows_the_local_clock() {
        let calendar = Calendar::swedish();
        // (instant, first instant at which mail may leave)
        for (now, sent) in [
            ("2027-02-24T06:59:59Z", "2027-02-24T07:00:00Z"),
            ("2027-02-24T07:00:00Z", "2027-02-24T07:00:00Z"),
            ("2027-02-24T14:59:59.5Z", "2027-02-24T14:59:59.5Z"),
            ("2027-02-24T15:00:00Z", "2027-02-25T07:00:00Z"),
            // Summer time: the same local hours are an hour earlier in UTC.
            ("2027-06-16T06:00:00Z", "2027-06-16T06:00:00Z"),
            ("2027-06-16T14:00:00Z", "2027-06-17T06:00:00Z"),
            // Over the weekend of the clock change, which is also Easter.
            ("2027-03-25T15:00:00Z", "2027-03-30T06:00:00Z"),
            // 23:30 UTC on Sunday is Monday in Sweden.
            ("2027-02-21T23:30:00Z", "2027-02-22T07:00:00Z"),
            ("2026-12-30T15:00:00Z", "2027-01-04T07:00:00Z"),
        ] {
            assert_eq!(calendar.next_send_time(utc(now)), utc(sent), "{now}");
            assert_eq!(calendar.in_send_window(utc(now)), now == sent, "{now}");
        }
    }

    #[test]
    fn an_hour_of_send_time_reaches_back_over_nights_weekends_and_quiet_periods() {
        let calendar = Calendar::swedish().with_quiet_periods([date("2027-07-05")..=date("2027-07-30")]);
        let hour = TimeDelta::hours(1);
        for (now, since) in [
            ("2027-02-24T09:00:00Z", "2027-02-24T08:00:00Z"),
            ("2027-02-24T08:00:00Z", "2027-02-24T07:00:00Z"),
            // Monday, half an hour after the window opened; before it did; on a Sunday.
            ("2027-03-01T07:30:00Z", "2027-02-26T14:30:00Z"),
            ("2027-03-01T05:00:00Z", "2027-02-26T14:00:00Z"),
            ("2027-02-28T12:00:00Z", "2027-02-26T14:00:00Z"),
            ("2027-08-02T06:15:00Z", "2027-07-02T13:15:00Z"),
        ] {
            assert_eq!(calendar.send_time_ago(utc(now), hour), utc(since), "{now}");
        }
    }

    #[test]
    fn a_year_without_send_time_is_as_far_back_as_anybody_looks() {
        let calendar = Calendar::swedish().with_quiet_periods([date("2000-01-01")..=date("2027-12-31")]);
        let since = calendar.send_time_ago(utc("2027-02-24T09:00:00Z"), TimeDelta::hours(1));
        assert_eq!(since, utc("2026-02-23T09:00:00Z"));
    }

    #[test]
    fn in_a_quiet_period_people_work_and_mail_waits() {
        let july = date("2027-07-05")..=date("2027-07-30");
        let calendar = Calendar::swedish().with_quiet_periods([july]);
        assert!(calendar.is_business_day(date("2027-07-06")));
        assert_eq!(
            calendar.add_business_days(date("2027-07-02"), 1),
            date("2027-07-05")
        );
        for (now, sent) in [
            ("2027-07-02T13:59:00Z", "2027-07-02T13:59:00Z"),
            // The first working day after it is a Monday.
            ("2027-07-02T14:00:00Z", "2027-08-02T06:00:00Z"),
            ("2027-07-30T08:00:00Z", "2027-08-02T06:00:00Z"),
        ] {
            assert_eq!(calendar.next_send_time(utc(now)), utc(sent), "{now}");
            assert_eq!(calendar.in_send_window(utc(now)), now == sent, "{now}");
        }
        assert_eq!(
            calendar.next_send_day(utc("2027-07-01T08:00:00Z")),
            utc("2027-07-02T06:00:00Z")
        );
        assert_eq!(
            calendar.next_send_day(utc("2027-07-02T08:00:00Z")),
            utc("2027-08-02T06:00:00Z")
        );
    }

    #[test]
    fn the_limits_of_what_can_be_held_do_not_panic() {
        let calendar = Calendar::swedish();
        assert_eq!(
            calendar.add_business_days(date("2027-03-31"), i64::MAX),
            NaiveDate::MAX
        );
        assert_eq!(
            calendar.add_business_days(date("2027-03-31"), i64::MIN),
            NaiveDate::MIN
        );
        assert_eq!(calendar.add_business_days(NaiveDate::MAX, 1), NaiveDate::MAX);
        assert_eq!(calendar.add_business_days(NaiveDate::MIN, -1), NaiveDate::MIN);
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            calendar.roll_back(day);
            calendar.roll_forward(day);
        }
        let last = DateTime::<Utc>::MAX_UTC;
        assert_eq!(calendar.next_send_time(last), last);
        assert!(calendar.next_send_time(DateTime::<Utc>::MIN_UTC) >= DateTime::<Utc>::MIN_UTC);
    }

    /// A date from 1973 to 2137.
    fn any_date() -> impl Strategy<Value = NaiveDate> {
        (0_i64..60_000).prop_map(|days| date("1973-03-01") + TimeDelta::days(days))
    }

    /// A calendar with some closed days, all near the dates of [`any_date`].
    fn any_calendar() -> impl Strategy<Value = Calendar> {
        proptest::collection::vec(any_date(), 0..50).prop_map(Calendar::with_closed_days)
    }

    proptest! {
        // The same cases on every run.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn rolling_lands_on_the_nearest_business_day_and_stays(calendar in any_calendar(), day in any_date()) {
            let (back, forward) = (calendar.roll_back(day), calendar.roll_forward(day));
            prop_assert!(back <= day && day <= forward);
            for landed in [back, forward] {
                prop_assert!(calendar.is_business_day(landed));
                prop_assert_eq!(calendar.roll_back(landed), landed);
                prop_assert_eq!(calendar.roll_forward(landed), landed);
            }
            let skipped = back.iter_days().skip(1).take_while(|between| *between < forward);
            prop_assert_eq!(skipped.filter(|between| calendar.is_business_day(*between)).count(), 0);
        }

        #[test]
        fn going_there_and_back_is_going_nowhere(calendar in any_calendar(), day in any_date(), count in -300_i64..300) {
            let start = calendar.roll_forward(day);
            let there = calendar.add_business_days(start, count);
            prop_assert!(calendar.is_business_day(there));
            prop_assert_eq!(calendar.add_business_days(there, -count), start);
            prop_assert_eq!(calendar.add_business_days(there, 1), calendar.add_business_days(start, count + 1));
        }

        #[test]
        fn the_next_send_time_is_the_first_one(calendar in any_calendar(), day in any_date(), second in 0_i64..86_400) {
            let now = day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::seconds(second);
            let sent = calendar.next_send_time(now);
            prop_assert!(sent >= now);
            prop_assert!(calendar.in_send_window(sent));
            prop_assert!(sent == now || !calendar.in_send_window(now));
            prop_assert!(sent == now || !calendar.in_send_window(sent - TimeDelta::nanoseconds(1)));
        }

        #[test]
        fn a_local_time_and_its_instant_name_each_other(day in any_date(), second in 0_u32..86_400) {
            let time = NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap();
            let instant = instant_at(day, time);
            prop_assert_eq!(local_date(instant), day);
            // Only a time that the clock change leaves out shows a later one.
            prop_assert!(local_date_time(instant) >= day.and_time(time));
        }
    }
}
