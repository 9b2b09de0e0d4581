//! Time and new ids. Nothing else in the crate asks the machine what time it is.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::timestamp::context::ContextV7;
use uuid::{Timestamp, Uuid};

/// Where "now" comes from: the machine, or a hand that a test or a rehearsal moves.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine,
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::Machine)
    }

    /// A clock that stands still until it is moved.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Source::Fixed(Arc::new(Mutex::new(microseconds(at)))))
    }

    /// The current instant, cut to whole microseconds: that is what PostgreSQL keeps, and a written
    /// value must equal the value that is read back.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that asks the machine"
            )]
            Source::Machine => microseconds(Utc::now()),
            Source::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Whether this is the machine's clock, so that comparing it with another machine's means something.
    pub const fn is_system(&self) -> bool {
        matches!(self.0, Source::Machine)
    }

    /// Moves a fixed clock. The machine's clock is left alone.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Source::Fixed(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = microseconds(to);
        }
    }

    /// Moves a fixed clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }
}

fn microseconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}

/// Mints ids: UUID version 7, rising within the process even when the clock stands still.
#[derive(Clone)]
pub struct Ids {
    clock: Clock,
    context: Arc<Mutex<ContextV7>>,
}

impl Ids {
    /// Ids that carry the time of this clock.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            context: Arc::new(Mutex::new(ContextV7::new())),
        }
    }

    /// The next id.
    pub fn next<T: From<Uuid>>(&self) -> T {
        let now = self.clock.now();
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(
            &*context,
            seconds,
            now.timestamp_subsec_nanos(),
        ))
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_stands_still() {
        let ids = Ids::new(Clock::fixed(DateTime::UNIX_EPOCH));
        let minted: Vec<Uuid> = (0..1_000).map(|_| ids.next()).collect();
        assert!(minted.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn now_has_no_part_below_a_microsecond() {
        let clock = Clock::fixed(DateTime::from_timestamp_nanos(1_700_000_000_123_456_789));
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
