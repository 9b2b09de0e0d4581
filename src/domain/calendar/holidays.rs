//! Which days the law makes free. Knows nothing of local closed days or of time of day.
//!
//! Sources: lag (1989:253) om allmänna helgdagar, and § 2 of lag (1930:173) om beräkning av lagstadgad tid,
//! which treats Saturdays, midsommarafton, julafton and nyårsafton as Sundays. The law of today (since 2005,
//! when 6 June replaced annandag pingst) is applied to every year.

use chrono::{Datelike, NaiveDate, Weekday};

/// Whether the law makes the date free: a weekend, a public holiday or one of the three eves.
pub(super) fn is_free_by_law(date: NaiveDate) -> bool {
    match date.weekday() {
        // Midsommardagen, alla helgons dag, påskdagen and pingstdagen always fall here.
        Weekday::Sat | Weekday::Sun => true,
        Weekday::Fri => is_midsummer_eve(date) || is_fixed(date) || is_moving(date),
        Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu => is_fixed(date) || is_moving(date),
    }
}

/// Nyårsdagen, trettondedag jul, första maj, nationaldagen, jul with its eve, nyårsafton.
fn is_fixed(date: NaiveDate) -> bool {
    matches!(
        (date.month(), date.day()),
        (1, 1 | 6) | (5, 1) | (6, 6) | (12, 24..=26 | 31)
    )
}

/// The Friday before midsommardagen, which is the Saturday from 20 to 26 June.
fn is_midsummer_eve(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Fri && date.month() == 6 && (19..=25).contains(&date.day())
}

/// Långfredagen, annandag påsk and Kristi himmelsfärdsdag, counted from påskdagen.
fn is_moving(date: NaiveDate) -> bool {
    easter_sunday(date.year())
        .is_some_and(|easter| matches!(date.signed_duration_since(easter).num_days(), -2 | 1 | 39))
}

/// Påskdagen of a Gregorian year, by the method of Meeus, Jones and Butcher.
/// `None` only where the year lies outside what a date can hold.
fn easter_sunday(year: i32) -> Option<NaiveDate> {
    // The dates repeat after 5 700 000 years; this keeps every intermediate value positive.
    let y = year.rem_euclid(5_700_000);
    let (golden, century, of_century) = (y % 19, y / 100, y % 100);
    let lunar_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - lunar_correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let day_of_march = epact + weekday - 7 * late + 22;
    let (month, day) = if day_of_march > 31 {
        (4, day_of_march - 31)
    } else {
        (3, day_of_march)
    };
    NaiveDate::from_ymd_opt(year, month, u32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;

    #[test]
    fn moving_holidays_fall_where_the_almanac_has_them() {
        // (year, påskdagen, Kristi himmelsfärdsdag, midsommarafton, alla helgons dag), as (month, day).
        let almanac = [
            (2026, (4, 5), (5, 14), (6, 19), (10, 31)),
            (2027, (3, 28), (5, 6), (6, 25), (11, 6)),
            (2028, (4, 16), (5, 25), (6, 23), (11, 4)),
            (2029, (4, 1), (5, 10), (6, 22), (11, 3)),
            (2030, (4, 21), (5, 30), (6, 21), (11, 2)),
            (2031, (4, 13), (5, 22), (6, 20), (11, 1)),
            (2032, (3, 28), (5, 6), (6, 25), (11, 6)),
        ];
        for (year, easter, ascension, midsummer_eve, all_saints) in almanac {
            let day = |(month, day)| NaiveDate::from_ymd_opt(year, month, day).unwrap();
            assert_eq!(easter_sunday(year), Some(day(easter)), "{year}");
            for free in [day(easter), day(ascension), day(midsummer_eve), day(all_saints)] {
                assert!(is_free_by_law(free), "{free}");
            }
            assert!(is_midsummer_eve(day(midsummer_eve)), "{year}");
            assert!(is_free_by_law(day(easter) - Days::new(2)), "långfredagen {year}");
            assert!(is_free_by_law(day(easter) + Days::new(1)), "annandag påsk {year}");
            assert!(
                !is_free_by_law(day(easter) + Days::new(50)),
                "annandag pingst {year}"
            );
            assert!(
                !is_free_by_law(day(easter) - Days::new(3)),
                "skärtorsdagen {year}"
            );
        }
    }

    /// Påskdagen as a day of March, by the rule that Gauss gave and Lichtenberg mended.
    fn easter_by_gauss(year: i32) -> i32 {
        let century = year / 100;
        let leaps_left_out = (3 * century + 3) / 4;
        let moon = 15 + leaps_left_out - (8 * century + 13) / 25;
        let golden = year % 19;
        let seed = (19 * golden + moon) % 30;
        let full_moon = 21 + seed - (seed + golden / 11) / 29;
        let first_sunday = 7 - (year + year / 4 + 2 - leaps_left_out).rem_euclid(7);
        full_moon + 7 - (full_moon - first_sunday).rem_euclid(7)
    }

    #[test]
    fn easter_is_when_another_rule_has_it() {
        for year in 1583..8_000 {
            let first_of_march = NaiveDate::from_ymd_opt(year, 3, 1).unwrap();
            let easter = first_of_march + Days::new(u64::try_from(easter_by_gauss(year) - 1).unwrap());
            assert_eq!(easter_sunday(year), Some(easter), "{year}");
        }
    }

    #[test]
    fn easter_keeps_within_its_season_at_the_extremes() {
        // The earliest and latest dates in the Gregorian calendar, and years that dates can hardly hold.
        assert_eq!(easter_sunday(1818), NaiveDate::from_ymd_opt(1818, 3, 22));
        assert_eq!(easter_sunday(2038), NaiveDate::from_ymd_opt(2038, 4, 25));
        for year in [-262_143, -1, 0, 1, 262_142] {
            let easter = easter_sunday(year).unwrap();
            assert_eq!(easter.weekday(), Weekday::Sun, "{year}");
            assert!((3..=4).contains(&easter.month()), "{year}");
        }
    }
}
