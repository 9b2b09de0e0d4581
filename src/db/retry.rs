//! Running a transaction again that another one stood in the way of.

use super::error::DbError;
use crate::crypto::random::random_bytes;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// For how long a transaction is begun again. It is bounded by time and not by a number of tries: of many callers who
/// change one thing only one gets through at a time, and each of them deserves its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first pause, in microseconds. It doubles with each try.
const FIRST_PAUSE: u64 = 1_000;
/// The longest pause, in microseconds.
const LONGEST_PAUSE: u64 = 64_000;

/// Tells whether a failed transaction is worth another try.
pub trait Retry {
    /// True when another transaction stood in the way.
    fn is_contention(&self) -> bool;

    /// True when the database could not be reached, or the way to it was cut.
    fn is_outage(&self) -> bool;
}

impl Retry for DbError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Busy)
    }

    fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// The tries of one transaction.
pub(super) struct Tries {
    began: Instant,
    pause: Option<u64>,
}

impl Tries {
    pub(super) fn begin() -> Self {
        Self {
            began: Instant::now(),
            pause: None,
        }
    }

    /// Whether there is time for another try. The second one comes at once, since whoever stood in the way has usually just
    /// committed; before later ones a moment passes, drawn at random, so that those who met do not meet again.
    #[expect(
        clippy::disallowed_methods,
        reason = "transactions of PostgreSQL run on threads that may block"
    )]
    pub(super) fn has_another(&mut self) -> bool {
        if self.began.elapsed() >= PATIENCE {
            return false;
        }
        if let Some(longest) = self.pause {
            sleep(Duration::from_micros(
                u64::from_le_bytes(random_bytes()) % longest,
            ));
        }
        self.pause = Some(
            self.pause
                .map_or(FIRST_PAUSE, |pause| (2 * pause).min(LONGEST_PAUSE)),
        );
        true
    }
}
