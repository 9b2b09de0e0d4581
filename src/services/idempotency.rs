//! One effect for one idempotency key (IETF draft "The Idempotency-Key HTTP Header Field").
//!
//! The receipt is written in the transaction of the effect. There is no reserved-but-unfinished state to
//! clean up after a crash: either both are there or neither is. Two requests with one key that arrive
//! together meet at the primary key of the receipt; the loser runs again and finds the winner's answer.

use super::ServiceError;
use crate::db::{DbError, Tx, idempotency as store};
use crate::domain::once::{OnceKey, Reply};
use chrono::TimeDelta;
use std::sync::Arc;

/// How a result becomes an answer, good or bad. `None` means: not an answer worth keeping.
type Render<T> = Arc<dyn Fn(Result<&T, &ServiceError>) -> Option<Reply> + Send + Sync>;

/// Keeps the answer of a use case under the caller's key.
pub struct Recorder<T> {
    once: Option<(OnceKey, Render<T>)>,
}

impl<T> Recorder<T> {
    /// For callers that bring no key: nothing is kept.
    pub const fn none() -> Self {
        Self { once: None }
    }

    /// Keeps what `render` makes of the result.
    pub fn new(
        key: OnceKey,
        render: impl Fn(Result<&T, &ServiceError>) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self {
            once: Some((key, Arc::new(render))),
        }
    }
}

/// The outcome of a use case that runs once.
#[derive(Debug)]
pub enum Recorded<T> {
    /// It ran now.
    Fresh(T),
    /// It ran now and was refused, and the refusal was kept under the key.
    Refused(ServiceError),
    /// It ran before; this was the answer.
    Replayed(Reply),
}

impl<T> Recorded<T> {
    /// The value of a use case that was run without a key.
    ///
    /// # Errors
    /// The refusal.
    pub fn into_fresh(self) -> Result<T, ServiceError> {
        match self {
            Self::Fresh(value) => Ok(value),
            Self::Refused(error) => Err(error),
            Self::Replayed(_) => Err(ServiceError::Internal("replayed without a key".to_owned())),
        }
    }
}

/// Runs the work, or finds the answer of the time before.
pub(super) fn run<T>(
    tx: &mut Tx<'_>,
    recorder: &Recorder<T>,
    retention: TimeDelta,
    work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, ServiceError>,
) -> Result<Recorded<T>, ServiceError> {
    let Some((key, render)) = &recorder.once else {
        return work(tx).map(Recorded::Fresh);
    };
    let now = tx.now();
    if let Some(receipt) = store::find(tx, key, now)? {
        return if receipt.fingerprint == key.fingerprint {
            Ok(Recorded::Replayed(receipt.reply))
        } else {
            Err(ServiceError::KeyReused)
        };
    }
    // In a savepoint, because a refusal undoes the work and yet its answer is to be kept.
    let result = tx.savepoint(|tx| work(tx));
    let Some(reply) = render(result.as_ref()) else {
        return result.map(Recorded::Fresh);
    };
    match store::insert(tx, key, &reply, now + retention) {
        Err(DbError::Unique(_)) => return Err(ServiceError::Busy),
        stored => stored?,
    }
    Ok(match result {
        Ok(value) => Recorded::Fresh(value),
        Err(error) => Recorded::Refused(error),
    })
}
