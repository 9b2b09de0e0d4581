//! How reports count.

/// The value at this percentile of sorted values by nearest rank: the least one that so many percent of them do not
/// exceed. It is always one of the values. None if there are none.
pub fn nearest_rank(sorted: &[u64], percentile: usize) -> Option<u64> {
    let rank = (sorted.len() * percentile).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// How many percent of the whole the part is, to the nearest whole one; none if there is nothing to be part of.
pub fn percent(part: u64, whole: u64) -> Option<u64> {
    (whole > 0).then(|| (part * 200 + whole) / (whole * 2))
}

/// How late something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeGroup {
    /// A week at most.
    Week,
    /// A month at most, counted as 30 days.
    Month,
    /// A quarter at most, counted as 90 days.
    Quarter,
    /// More.
    Longer,
}

impl AgeGroup {
    /// The group of so many days.
    pub const fn of(days: u64) -> Self {
        match days {
            0..=7 => Self::Week,
            8..=30 => Self::Month,
            31..=90 => Self::Quarter,
            91.. => Self::Longer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occur() {
        let ten: Vec<u64> = (1..=10).collect();
        assert_eq!(
            (nearest_rank(&ten, 50), nearest_rank(&ten, 90)),
            (Some(5), Some(9))
        );
        assert_eq!(nearest_rank(&[3, 8, 40], 50), Some(8));
        assert_eq!(nearest_rank(&[3, 8, 40], 90), Some(40));
        assert_eq!(nearest_rank(&[7], 90), Some(7));
        assert_eq!(nearest_rank(&[], 50), None);
    }

    #[test]
    fn shares_are_rounded_to_whole_percent() {
        assert_eq!(percent(1, 3), Some(33));
        assert_eq!(percent(2, 3), Some(67));
        assert_eq!(percent(1, 200), Some(1));
        assert_eq!(percent(0, 5), Some(0));
        assert_eq!(percent(0, 0), None);
    }
}
