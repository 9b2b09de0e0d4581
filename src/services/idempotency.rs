//! One effect for one idempotency key (IETF draft "The Idempotency-Key HTTP Header Field").
//!
//! The receipt is written in the transaction of the effect. There is no reserved-but-unfinished state to
//! clean up after a crash: either both are there or neither is. Two requests with one key that arrive
//! together meet at the primary key of the receipt; the loser runs again and finds the winner's answer. A refusal has no
//! effect, and its receipt a transaction of its own: after a crash between the two the repeated request is looked at anew.

use super::ServiceError;
use crate::db::{Tx, idempotency as store};
use crate::domain::once::{OnceKey, Reply};
use chrono::TimeDelta;
use std::sync::Arc;

/// How a result becomes an answer, good or bad. `None` means: not an answer worth keeping.
type Render<T> = Arc<dyn Fn(Result<&T, &ServiceError>) -> Option<Reply> + Send + Sync>;

/// Keeps the answer of a use case under the caller's key.
pub struct Recorder<T> {
    once: Option<(OnceKey, Render<T>)>,
}

impl<T> Clone for Recorder<T> {
    fn clone(&self) -> Self {
        Self {
            once: self.once.clone(),
        }
    }
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

    /// What is kept of a refusal, and under which key; none if it is not worth keeping.
    pub(super) fn refusal(&self, error: &ServiceError) -> Option<(OnceKey, Reply)> {
        let (key, render) = self.once.as_ref()?;
        render(Err(error)).map(|reply| (key.clone(), reply))
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

/// Runs the work, or finds the answer of the time before. A refusal undoes everything, so that its answer is for another
/// transaction to keep.
pub(super) fn run<T>(
    tx: &mut Tx<'_>,
    recorder: &Recorder<T>,
    retention: TimeDelta,
    work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, ServiceError>,
) -> Result<Recorded<T>, ServiceError> {
    let Some((key, render)) = &recorder.once else {
        return work(tx).map(Recorded::Fresh);
    };
    if let Some(earlier) = earlier(tx, key)? {
        return Ok(Recorded::Replayed(earlier));
    }
    let value = work(tx)?;
    if let Some(reply) = render(Ok(&value)) {
        store::insert(tx, key, &reply, tx.now() + retention)?;
    }
    Ok(Recorded::Fresh(value))
}

/// Keeps a refusal, unless another request with the same key was answered meanwhile: that answer is then the answer.
pub(super) fn keep_refusal(
    tx: &mut Tx<'_>,
    (key, reply): &(OnceKey, Reply),
    retention: TimeDelta,
) -> Result<Option<Reply>, ServiceError> {
    let earlier = earlier(tx, key)?;
    if earlier.is_none() {
        store::insert(tx, key, reply, tx.now() + retention)?;
    }
    Ok(earlier)
}

fn earlier(tx: &mut Tx<'_>, key: &OnceKey) -> Result<Option<Reply>, ServiceError> {
    let now = tx.now();
    let Some(receipt) = store::find(tx, key, now)? else {
        return Ok(None);
    };
    if receipt.fingerprint == key.fingerprint {
        Ok(Some(receipt.reply))
    } else {
        Err(ServiceError::KeyReused)
    }
}
