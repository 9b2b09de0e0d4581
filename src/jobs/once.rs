//! Running what is due once, at an instant of choice: for rehearsals and for tests.

use super::schedule::Reconciler;
use super::supervise::{Attempt, Ending, delta};
use super::{Execute, Run, Settings};
use crate::app::App;
use crate::clock::{Clock, Ids};
use crate::services::{Ctx, ServiceError, queue};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Jobs whose work is done.
    pub done: usize,
    /// Jobs that failed and are due again later.
    pub retried: usize,
    /// Jobs that put themselves off.
    pub snoozed: usize,
    /// Jobs that were given up.
    pub dead: usize,
    /// Jobs that another worker took meanwhile.
    pub lost: usize,
    /// How many things the sweeps did, by name.
    pub swept: Vec<(&'static str, usize)>,
    /// The sweeps that failed.
    pub failed_sweeps: Vec<&'static str>,
}

impl Summary {
    /// How many attempts were made.
    pub const fn attempts(&self) -> usize {
        self.done + self.retried + self.snoozed + self.dead + self.lost
    }

    fn count(&mut self, ending: Ending) {
        let counter = match ending {
            Ending::Done => &mut self.done,
            Ending::Retried => &mut self.retried,
            Ending::Snoozed => &mut self.snoozed,
            Ending::Dead => &mut self.dead,
            // Nothing is given back here; if it were, nobody would have it.
            Ending::Lost | Ending::GivenBack => &mut self.lost,
        };
        *counter += 1;
    }

    fn sweep(&mut self, name: &'static str, done: Option<usize>) {
        let Some(done) = done else {
            self.failed_sweeps.push(name);
            return;
        };
        match self.swept.iter_mut().find(|(known, _)| *known == name) {
            Some((_, total)) => *total += done,
            None => self.swept.push((name, done)),
        }
    }
}

/// Runs every sweep and every due job, one after the other, until nothing is due any more at that instant.
/// With `at`, the service believes for that while that it is then; without, it goes by its own clock.
///
/// # Errors
/// Jobs cannot be claimed.
pub async fn run_due<E: Execute>(
    app: &App,
    executor: E,
    reconcilers: &[Reconciler],
    at: Option<DateTime<Utc>>,
) -> Result<Summary, ServiceError> {
    let app = at.map_or_else(|| app.clone(), |at| believing(app, at));
    let executor = Arc::new(executor);
    let mut summary = Summary::default();
    loop {
        for reconciler in reconcilers {
            let done = reconciler.run_once(&app).await;
            summary.sweep(reconciler.name, done);
        }
        let before = summary.attempts();
        while let Some(ending) = run_next(&app, &executor).await? {
            summary.count(ending);
        }
        // What the jobs left behind may be for the sweeps to find.
        if summary.attempts() == before {
            return Ok(summary);
        }
    }
}

fn believing(app: &App, at: DateTime<Utc>) -> App {
    let clock = Clock::fixed(at);
    App {
        ids: Ids::new(clock.clone()),
        clock,
        ..app.clone()
    }
}

async fn run_next<E: Execute>(app: &App, executor: &Arc<E>) -> Result<Option<Ending>, ServiceError> {
    let lease = Settings::default().lease;
    let asked_at = Instant::now();
    let ctx = Ctx::system(app);
    let claimed = queue::claim(&ctx, executor.kinds(), 1, app.instance.id, delta(lease)).await?;
    let Some(claimed) = claimed.into_iter().next() else {
        return Ok(None);
    };
    let attempt = Attempt {
        app: app.clone(),
        executor: Arc::clone(executor),
        run: Run::new(&claimed, asked_at, lease),
        claimed,
        lease,
    };
    let (_keep, abandon) = watch::channel(false);
    Ok(Some(attempt.make(abandon).await))
}
