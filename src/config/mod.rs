//! The configuration of a running service.

use chrono::TimeDelta;

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long answers are kept under idempotency keys.
    pub idempotency_retention: TimeDelta,
}
