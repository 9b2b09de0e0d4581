//! Which leave asks for a case. The dates alone decide: why somebody is away is not known here.

use super::employment::Leave;
use super::termination::Absence;
use chrono::{Datelike, Days, NaiveDate};

/// The longest that a leave may have to be before it opens a case by itself, in days.
pub const MAX_ABSENCE_CASE_AFTER_DAYS: u16 = 365;
/// The last year that dates have four digits for.
const LAST_YEAR: i32 = 9999;
/// Somebody who comes back for no more than so many days before the devices are due back for good does not get them back
/// in between: the end of the employment decides.
const BACK_FOR_DAYS: u64 = 31;

impl Leave {
    /// The first day on which the holder is back; none while that is open, also where a source writes that as the last
    /// day there is.
    pub fn back_on(&self) -> Option<NaiveDate> {
        let next = self.to.and_then(|to| to.checked_add_days(Days::new(1)));
        next.filter(|day| day.year() <= LAST_YEAR)
    }

    fn is_over(&self, today: NaiveDate) -> bool {
        self.to.is_some_and(|to| to < today)
    }

    /// How many days it has; none while it is open.
    fn days(&self) -> Option<i64> {
        self.to.map(|to| (to - self.from).num_days() + 1)
    }

    /// Whether the two have a day in common, or one begins on the day after the other.
    fn touches(&self, other: &Self) -> bool {
        let begins_in_time = |one: &Self, two: &Self| two.back_on().is_none_or(|back| one.from <= back);
        begins_in_time(self, other) && begins_in_time(other, self)
    }

    /// The leave that a case follows already.
    pub fn of(absence: &Absence) -> Self {
        Self {
            from: absence.from,
            to: absence.back_on.and_then(|back| back.pred_opt()),
        }
    }

    /// Whether the holder is back for so long before the devices are due back for good that the leave is a thing of its
    /// own.
    pub fn comes_long_before(&self, return_by: NaiveDate) -> bool {
        self.back_on()
            .and_then(|back| back.checked_add_days(Days::new(BACK_FOR_DAYS)))
            .is_some_and(|long_after| long_after <= return_by)
    }
}

/// The leaves, with those joined that follow each other without a day between.
fn joined(leaves: &[Leave]) -> Vec<Leave> {
    let mut leaves = leaves.to_vec();
    leaves.sort_unstable();
    let mut joined: Vec<Leave> = Vec::with_capacity(leaves.len());
    for leave in leaves {
        match joined.last_mut().filter(|last| last.touches(&leave)) {
            Some(last) => last.to = last.to.zip(leave.to).map(|(one, two)| one.max(two)),
            None => joined.push(leave),
        }
    }
    joined
}

/// The leave that a case shall follow.
///
/// A case under way follows its leave wherever that moves, however short it becomes, and the next long one if its own is
/// gone. Without one, it is the first long leave that is not over: at least so many days, or open-ended.
pub fn leave_to_follow(
    leaves: &[Leave],
    under_way: Option<&Absence>,
    long_from: Option<u16>,
    today: NaiveDate,
) -> Option<Leave> {
    let all = joined(leaves);
    let followed = under_way.map(Leave::of);
    let own = followed.and_then(|known| all.iter().find(|leave| leave.touches(&known)));
    own.copied().or_else(|| {
        let is_long = |leave: &&Leave| {
            long_from.is_some_and(|long| leave.days().is_none_or(|days| days >= i64::from(long)))
        };
        all.iter()
            .find(|leave| is_long(leave) && !leave.is_over(today))
            .copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn leave(from: &str, to: Option<&str>) -> Leave {
        Leave {
            from: day(from),
            to: to.map(day),
        }
    }

    fn absence(from: &str, back_on: &str) -> Absence {
        Absence {
            from: day(from),
            back_on: Some(day(back_on)),
            back_since: None,
            is_by_desk: false,
        }
    }

    #[test]
    fn a_leave_is_long_by_its_days_and_one_that_goes_on_counts_with_the_one_before() {
        let today = day("2027-01-11");
        let found = |leaves: &[Leave], long| leave_to_follow(leaves, None, long, today);
        let ninety = leave("2027-02-01", Some("2027-05-01"));
        assert_eq!(found(&[ninety], Some(90)), Some(ninety));
        assert_eq!(found(&[ninety], Some(91)), None, "a day too short");
        assert_eq!(found(&[ninety], None), None, "nobody wants a case by itself");
        assert_eq!(
            found(&[leave("2027-02-01", None)], Some(365)),
            Some(leave("2027-02-01", None)),
            "open-ended"
        );
        assert_eq!(
            leave("2027-02-01", Some("9999-12-31")).back_on(),
            None,
            "for ever"
        );
        assert_eq!(
            found(&[leave("2026-01-01", Some("2027-01-10"))], Some(90)),
            None,
            "over"
        );
        let parts = [
            leave("2027-04-01", Some("2027-05-15")),
            leave("2027-02-15", Some("2027-03-31")),
        ];
        assert_eq!(
            found(&parts, Some(90)),
            Some(leave("2027-02-15", Some("2027-05-15")))
        );
        let apart = [
            leave("2027-02-15", Some("2027-03-31")),
            leave("2027-04-02", Some("2027-05-15")),
        ];
        assert_eq!(found(&apart, Some(90)), None, "back for a day");
    }

    #[test]
    fn a_case_follows_its_leave_and_takes_the_next_long_one_when_its_own_is_gone() {
        let today = day("2027-03-01");
        let known = absence("2027-02-01", "2027-09-01");
        let found = |leaves: &[Leave]| leave_to_follow(leaves, Some(&known), Some(90), today);
        let shorter = leave("2027-02-01", Some("2027-02-28"));
        assert_eq!(found(&[shorter]), Some(shorter), "over, and still its leave");
        let later = leave("2027-10-01", None);
        assert_eq!(found(&[later]), Some(later));
        assert_eq!(found(&[leave("2027-10-01", Some("2027-10-20"))]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn whoever_is_back_for_a_month_only_hands_in_for_good() {
        let back_in_march = leave("2027-01-01", Some("2027-02-28"));
        assert!(back_in_march.comes_long_before(day("2027-04-01")));
        assert!(!back_in_march.comes_long_before(day("2027-03-31")));
        assert!(!leave("2027-01-01", None).comes_long_before(day("2030-01-01")));
    }
}
