//! Reports: numbers about the work, and no names of people. Each is one table whose rows are units or legal entities.

mod count;
mod lists;
mod rows;
mod scope;
mod table;

pub use count::{AgeGroup, nearest_rank, percent};
pub use lists::{HandInRow, ReceiptRow};
pub use rows::{
    DeviceRow, LeadTimeRow, NotReturnedRow, OverdueRow, ReuseRow, RulesRow, SignedOutRow, SubscriptionRow,
};
pub use scope::{ReportScope, UnitPlace, UnitTree};
pub use table::{Cell, Table};

use super::calendar::instant_at;
use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, Utc};

/// The days that a report is about, Swedish time, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

impl Period {
    /// The period between these days; without a first day, the year that ends on the last. None if the last is before the
    /// first.
    pub fn new(from: Option<NaiveDate>, to: NaiveDate) -> Option<Self> {
        let from = match from {
            Some(from) => from,
            None => to
                .checked_sub_months(Months::new(12))?
                .checked_add_days(Days::new(1))?,
        };
        (from <= to).then_some(Self { from, to })
    }

    /// Its first instant, and the first one after it.
    pub fn bounds(self) -> (DateTime<Utc>, DateTime<Utc>) {
        let after = self.to.succ_opt().unwrap_or(self.to);
        (
            instant_at(self.from, NaiveTime::MIN),
            instant_at(after, NaiveTime::MIN),
        )
    }
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<R> {
    /// When it was made.
    pub as_of: DateTime<Utc>,
    /// The days that it is about; none if it is about how things are.
    pub period: Option<Period>,
    /// How was counted, in a sentence.
    pub counted: &'static str,
    /// Its rows, by name.
    pub rows: Vec<R>,
    /// All rows together; none where they cannot be added up.
    pub total: Option<R>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_a_year_unless_somebody_says_when_it_begins() {
        let year = Period::new(None, date("2027-12-31")).unwrap();
        assert_eq!(year.from, date("2027-01-01"));
        assert!(Period::new(Some(date("2028-01-01")), date("2027-12-31")).is_none());
        // Over both changes of the clock.
        let (from, after) = year.bounds();
        assert_eq!(from.to_rfc3339(), "2026-12-31T23:00:00+00:00");
        assert_eq!(after.to_rfc3339(), "2027-12-31T23:00:00+00:00");
    }
}
