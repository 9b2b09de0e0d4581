//! Snapshots: everything that a source knows at one instant, delivered as one file by systems that cannot number the
//! versions of an employment.

use super::employment::EmploymentState;
use super::ids::SnapshotId;
use super::record::Meta;
use super::source::SourceSettings;
use super::text::{ExternalId, SourceName};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// How many snapshots of one source can show the same instant.
const SAME_INSTANT: i64 = 1_000;

text_enum! {
    /// What has become of a snapshot.
    pub enum SnapshotState {
        /// It is accepted, and its rows are being applied.
        Applying = "applying",
        /// All of its rows are applied, or kept for somebody to look at.
        Applied = "applied",
        /// It looks wrong as a whole. Nothing is touched until somebody decides.
        Held = "held",
        /// Somebody decided against it.
        Rejected = "rejected",
        /// A newer one was applied before it came; it is recorded and has no effect.
        Stale = "stale",
    }
}

text_enum! {
    /// Why a snapshot looks wrong as a whole.
    pub enum HoldReason {
        /// It has far fewer rows than the complete one before.
        RowDrop = "row_drop",
        /// It ends far more employments than is likely at once.
        NewEnds = "new_ends",
    }
}

/// How many rows of a snapshot are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows in all.
    pub rows: i64,
    /// Of employments that were not known.
    pub created: i64,
    /// Of employments that are known otherwise.
    pub changed: i64,
    /// That say what is known.
    pub unchanged: i64,
    /// Of `created` and `changed`, those that end an employment; see [`brings_end`].
    pub new_ends: i64,
    /// Employments of the source that are not in a complete snapshot although they go on.
    pub missing: i64,
    /// Rows of the complete snapshot that was applied before.
    pub previous_rows: Option<i64>,
    /// Applied so far.
    pub applied: i64,
    /// Kept as unmatched so far.
    pub refused: i64,
}

/// One delivered snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Our id of it.
    pub id: SnapshotId,
    /// Who delivered it.
    pub source: SourceName,
    /// What the source calls it.
    pub name: ExternalId,
    /// The instant that it shows.
    pub as_of: DateTime<Utc>,
    /// Whether it has every employment of the source.
    pub complete: bool,
    /// SHA-256 of the file.
    pub body_hash: Vec<u8>,
    /// What has become of it.
    pub state: SnapshotState,
    /// Why it is or was held.
    pub hold_reasons: Vec<HoldReason>,
    /// The sequence of its documents, once it is accepted.
    pub sequence: Option<i64>,
    /// How many rows are what.
    pub counts: Counts,
    /// Why somebody decided as they did.
    pub decision_reason: Option<String>,
    /// When it was applied, rejected or found stale.
    pub finished_at: Option<DateTime<Utc>>,
    /// Version and dates.
    pub meta: Meta,
}

/// What is known of the employment that a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// SHA-256 of the content of its document, in hex.
    pub content_hash: String,
    /// Whether it counts.
    pub state: EmploymentState,
    /// Its last day.
    pub end_on: Option<NaiveDate>,
}

/// What a row says about the end of its employment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowEnd {
    /// The last day.
    pub end_on: Option<NaiveDate>,
    /// Whether the employment should never have existed.
    pub is_void: bool,
}

/// Whether a row ends an employment, as far as we are told for the first time: it has no end here, or a later one. For
/// an employment that is not known, only an end that has passed on `day` counts: to be employed for a term is nothing
/// unusual, and thousands of old ends at once are.
pub fn brings_end(known: Option<&Known>, row: RowEnd, day: NaiveDate) -> bool {
    let Some(known) = known else {
        return row.end_on.is_some_and(|end| end < day);
    };
    if known.state == EmploymentState::Void {
        return false;
    }
    row.is_void
        || row
            .end_on
            .is_some_and(|end| known.end_on.is_none_or(|before| end < before))
}

/// Why a snapshot with these counts is not applied before somebody has looked at it.
pub fn hold_reasons(settings: &SourceSettings, complete: bool, counts: &Counts) -> Vec<HoldReason> {
    let mut reasons = Vec::new();
    if let (true, Some(before)) = (complete, counts.previous_rows)
        && settings.row_drop.is_passed(before - counts.rows, before)
    {
        reasons.push(HoldReason::RowDrop);
    }
    if settings.new_ends.is_passed(counts.new_ends, counts.rows) {
        reasons.push(HoldReason::NewEnds);
    }
    reasons
}

/// The sequence of the documents of a snapshot that shows `as_of`, accepted after one with the sequence `last`: the
/// milliseconds of the instant, then the number of the snapshot among those that show the same. None when there are too
/// many of those. It stays below 2^53, which JavaScript can count to.
///
/// The caller has made sure that the last one does not show a later instant.
pub fn sequence(as_of: DateTime<Utc>, last: Option<i64>) -> Option<i64> {
    let first = as_of.timestamp_millis().checked_mul(SAME_INSTANT)?;
    let next = last.map_or(first, |last| first.max(last + 1));
    (next - first < SAME_INSTANT).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn snapshots_of_one_instant_are_ordered_by_their_arrival() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let first = sequence(at("2026-11-23T01:00:00Z"), None).unwrap();
        let again = sequence(at("2026-11-23T01:00:00Z"), Some(first)).unwrap();
        let later = sequence(at("2026-11-23T01:00:00.001Z"), Some(again)).unwrap();
        assert!(first < again && again < later);
        assert_eq!(sequence(at("2026-11-23T01:00:00Z"), Some(first + 999)), None);
        assert!(sequence(at("2200-01-01T00:00:00Z"), None).unwrap() < 1 << 53);
        // A source that numbered its documents itself before.
        assert!(sequence(at("2026-11-23T01:00:00Z"), Some(42)).unwrap() > 42);
    }

    #[test]
    fn an_end_counts_when_it_is_news() {
        let today = day("2026-11-23");
        let known = |end: Option<&str>| Known {
            content_hash: String::new(),
            state: EmploymentState::Active,
            end_on: end.map(day),
        };
        let row = |end: Option<&str>| RowEnd {
            end_on: end.map(day),
            is_void: false,
        };
        let void = RowEnd {
            end_on: None,
            is_void: true,
        };
        for (known, row, is_news) in [
            (Some(known(None)), row(Some("2026-12-31")), true),
            (Some(known(Some("2027-06-30"))), row(Some("2026-12-31")), true),
            (Some(known(Some("2026-12-31"))), row(Some("2027-06-30")), false),
            (Some(known(Some("2026-12-31"))), row(None), false),
            (Some(known(None)), void, true),
            (None, row(Some("2027-06-30")), false),
            (None, row(Some("2019-06-30")), true),
            (None, row(None), false),
        ] {
            assert_eq!(
                brings_end(known.as_ref(), row, today),
                is_news,
                "{known:?} {row:?}"
            );
        }
    }

    #[test]
    fn a_file_that_lost_its_rows_or_ends_too_many_is_held() {
        let settings = SourceSettings::default();
        let counts = |rows, previous_rows, new_ends| Counts {
            rows,
            previous_rows,
            new_ends,
            ..Counts::default()
        };
        for (counts, complete, reasons) in [
            (counts(20_000, None, 0), true, &[][..]),
            (counts(19_000, Some(20_000), 0), true, &[]),
            (counts(18_999, Some(20_000), 0), true, &[HoldReason::RowDrop]),
            (counts(1, Some(20_000), 0), false, &[]),
            (counts(20_000, Some(20_000), 200), true, &[]),
            (counts(20_000, Some(20_000), 201), true, &[HoldReason::NewEnds]),
            (counts(0, Some(40), 0), true, &[HoldReason::RowDrop]),
        ] {
            assert_eq!(hold_reasons(&settings, complete, &counts), reasons, "{counts:?}");
        }
    }
}
