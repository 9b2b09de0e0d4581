//! The one time zone: how an instant and a local date and time become each other. Reads no clock.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// The time zone of every local date and time in the service.
pub const ZONE: Tz = Tz::Europe__Stockholm;

/// What a Swedish wall clock and calendar show at the instant.
///
/// Within hours of the first or last instant that can be held, where the local time cannot be, the UTC time.
pub fn local_date_time(instant: DateTime<Utc>) -> NaiveDateTime {
    let utc = instant.naive_utc();
    let offset = ZONE.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).unwrap_or(utc)
}

/// The Swedish calendar date at the instant. At the limits as [`local_date_time`].
pub fn local_date(instant: DateTime<Utc>) -> NaiveDate {
    local_date_time(instant).date()
}

/// The instant at which a Swedish wall clock shows the time on the date.
///
/// A time that spring's clock change leaves out gives the first instant after the gap; a time that autumn's
/// repeats gives the earlier of the two. At the limits of what can be held, the same time read as UTC.
pub fn instant_at(date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    instant_in(ZONE, date.and_time(time))
}

/// The instant at which a wall clock in the zone shows the date and time. As [`instant_at`] where it never does, or does
/// twice.
pub fn instant_in(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let instant = match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Some(instant),
        LocalResult::None => GapInfo::new(&local, &zone).and_then(|gap| gap.end),
    };
    instant.map_or_else(|| local.and_utc(), |instant| instant.to_utc())
}

/// The instant at which an employment with this last day is over: the first instant of the day after.
/// End dates are inclusive. For the last date that can be held, the last instant that can be held.
pub fn end_of_employment_instant(end_on: NaiveDate) -> DateTime<Utc> {
    end_on.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |day_after| {
        instant_at(day_after, NaiveTime::MIN)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_employment_lasts_all_of_its_last_local_day() {
        let cases = [
            ("2026-12-31", "2026-12-31T23:00:00Z"),
            ("2026-10-25", "2026-10-25T23:00:00Z"),
            ("2027-03-27", "2027-03-27T23:00:00Z"),
            ("2027-03-28", "2027-03-28T22:00:00Z"),
            ("2027-03-31", "2027-03-31T22:00:00Z"),
        ];
        for (end_on, over_at) in cases {
            let end_on: NaiveDate = end_on.parse().unwrap();
            let over_at = utc(over_at);
            assert_eq!(end_of_employment_instant(end_on), over_at);
            assert_eq!(local_date(over_at - chrono::TimeDelta::nanoseconds(1)), end_on);
            assert_eq!(local_date(over_at), end_on.succ_opt().unwrap());
        }
    }

    #[test]
    fn times_that_do_not_exist_or_exist_twice_become_one_instant() {
        let cases = [
            ("2027-03-28", "01:59:59", "2027-03-28T00:59:59Z"),
            ("2027-03-28", "02:00:00", "2027-03-28T01:00:00Z"),
            ("2027-03-28", "02:30:00", "2027-03-28T01:00:00Z"),
            ("2027-03-28", "03:00:00", "2027-03-28T01:00:00Z"),
            ("2027-10-31", "02:30:00", "2027-10-31T00:30:00Z"),
            ("2027-10-31", "03:00:00", "2027-10-31T02:00:00Z"),
        ];
        for (date, time, instant) in cases {
            assert_eq!(
                instant_at(date.parse().unwrap(), time.parse().unwrap()),
                utc(instant),
                "{date} {time}"
            );
        }
    }

    #[test]
    fn the_limits_of_what_can_be_held_do_not_panic() {
        assert_eq!(
            end_of_employment_instant(NaiveDate::MAX),
            DateTime::<Utc>::MAX_UTC
        );
        for date in [NaiveDate::MIN, NaiveDate::MAX] {
            for time in [NaiveTime::MIN, NaiveTime::from_hms_opt(23, 59, 59).unwrap()] {
                instant_at(date, time);
            }
        }
        assert_eq!(
            local_date(DateTime::<Utc>::MAX_UTC),
            DateTime::<Utc>::MAX_UTC.naive_utc().date()
        );
        assert_eq!(
            local_date(DateTime::<Utc>::MIN_UTC),
            DateTime::<Utc>::MIN_UTC.naive_utc().date()
        );
    }
}
