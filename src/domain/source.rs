//! Where facts about people and employments come from.

use super::calendar::{ZONE, instant_in};
use super::employment::EmploymentDocument;
use super::ids::LegalEntityId;
use super::record::Meta;
use super::text::SourceName;
use crate::text_enum;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

text_enum! {
    /// What a source knows about.
    pub enum SourceKind {
        /// An HR system.
        Hr = "hr",
        /// A system for elected representatives and their mandates.
        Elected = "elected",
        /// A system for people who are not employed, such as contractors.
        External = "external",
        /// A directory of people and accounts.
        Directory = "directory",
    }
}

text_enum! {
    /// What says which of two deliveries of a source is the newer one.
    pub enum SourceOrdering {
        /// Each document carries a sequence of its own, which rises with every version of the employment.
        Sequence = "sequence",
        /// Documents come in snapshots, and the instant that a snapshot shows orders them.
        Snapshot = "snapshot",
    }
}

/// How a source is to be read, and what is too much at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// Where its dates and its times without an offset are at home.
    pub time_zone: Tz,
    /// What says which of two deliveries is the newer one.
    pub ordering: SourceOrdering,
    /// End dates that mean "until further notice", because the system cannot leave the date empty.
    pub open_end_dates: Vec<NaiveDate>,
    /// When a complete snapshot is held because it has fewer rows than the complete one before.
    pub row_drop: Limit,
    /// When a snapshot is held because it ends more employments, of all its rows, than is likely in one day.
    pub new_ends: Limit,
}

/// How many of a number are not yet too many: the larger of a share and a count, because a share of a small number is
/// next to nothing and a count means little in a large one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// A share, in percent, 0 to 100.
    pub percent: i32,
    /// A count.
    pub count: i32,
}

impl Limit {
    /// Whether so many, out of so many, are too many.
    pub fn is_passed(self, many: i64, of: i64) -> bool {
        let share = of.saturating_mul(self.percent.into()) / 100;
        many > share.max(self.count.into())
    }
}

impl Default for SourceSettings {
    fn default() -> Self {
        let sentinels = [(2099, 12, 31), (9999, 12, 31)];
        Self {
            time_zone: ZONE,
            ordering: SourceOrdering::Sequence,
            open_end_dates: sentinels
                .into_iter()
                .filter_map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day))
                .collect(),
            row_drop: Limit {
                percent: 5,
                count: 20,
            },
            new_ends: Limit {
                percent: 1,
                count: 20,
            },
        }
    }
}

impl SourceSettings {
    /// The document with an end that means "until further notice" left out; none where nothing is to be left out.
    pub fn without_open_end(&self, document: &EmploymentDocument) -> Option<EmploymentDocument> {
        let is_open = document
            .end_date
            .is_some_and(|end| self.open_end_dates.contains(&end));
        is_open.then(|| EmploymentDocument {
            end_date: None,
            ..document.clone()
        })
    }

    /// The instant of a time that came without an offset.
    pub fn instant_of(&self, local: NaiveDateTime) -> DateTime<Utc> {
        instant_in(self.time_zone, local)
    }

    /// The date at the instant, where the source is at home.
    pub fn date_at(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.time_zone).date_naive()
    }
}

/// A system that delivers employment documents. Its name is part of every key that it delivers, because
/// two systems may use the same number for different people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in URLs; never changes.
    pub name: SourceName,
    /// What it knows about.
    pub kind: SourceKind,
    /// What people call it.
    pub label: String,
    /// Where units belong that it names and we do not know yet.
    pub legal_entity_id: LegalEntityId,
    /// How it is to be read.
    pub settings: SourceSettings,
    /// Version and dates.
    pub meta: Meta,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_share_and_count_is_the_limit() {
        let limit = Limit {
            percent: 5,
            count: 20,
        };
        for (many, of, passed) in [
            (20, 100, false),
            (21, 100, true),
            (1_000, 20_000, false),
            (1_001, 20_000, true),
            (0, 0, false),
        ] {
            assert_eq!(limit.is_passed(many, of), passed, "{many} of {of}");
        }
        let none = Limit { percent: 0, count: 0 };
        assert!(none.is_passed(1, i64::MAX) && !none.is_passed(0, 10));
    }

    #[test]
    fn a_time_without_an_offset_is_read_where_the_source_is_at_home() {
        let settings = |zone: &str| SourceSettings {
            time_zone: zone.parse().unwrap(),
            ..SourceSettings::default()
        };
        let midnight = "2026-12-31T23:30:00".parse().unwrap();
        for (zone, instant) in [
            ("Europe/Stockholm", "2026-12-31T22:30:00Z"),
            ("Europe/Helsinki", "2026-12-31T21:30:00Z"),
        ] {
            let read = settings(zone).instant_of(midnight);
            assert_eq!(read, instant.parse::<DateTime<Utc>>().unwrap(), "{zone}");
            assert_eq!(settings(zone).date_at(read), midnight.date());
        }
    }
}
