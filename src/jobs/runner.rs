//! The runner: claims due jobs, works on several at once, and stops in order.
//!
//! No instance leads. Each claims what is due and takes back what a vanished one left behind.

use super::schedule::Reconciler;
use super::supervise::{Attempt, delta, raised};
use super::{Execute, Run};
use crate::app::App;
use crate::domain::job::ClaimedJob;
use crate::services::{Ctx, ServiceError, queue};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How the runner works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many jobs it works on at once.
    pub workers: usize,
    /// The longest time between two looks into the queue. Work of other instances rings no bell here.
    pub poll: Duration,
    /// How long a job is kept from others without a sign of life.
    pub lease: Duration,
    /// How long jobs under way may take to end when the runner stops.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 4,
            poll: Duration::from_secs(5),
            lease: Duration::from_secs(60),
            drain: Duration::from_secs(25),
        }
    }
}

/// A sign of life: when the runner last looked around.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<AtomicI64>);

impl Pulse {
    fn new(now: DateTime<Utc>) -> Self {
        Self(Arc::new(AtomicI64::new(now.timestamp_micros())))
    }

    fn beat(&self, now: DateTime<Utc>) {
        self.0.store(now.timestamp_micros(), Ordering::Relaxed);
    }

    /// How long ago that was. With the default settings more than a few poll intervals means that it is
    /// stuck.
    pub fn age(&self, now: DateTime<Utc>) -> TimeDelta {
        TimeDelta::microseconds(now.timestamp_micros() - self.0.load(Ordering::Relaxed))
    }
}

/// The running runner. Dropping it without [`Runner::shutdown`] leaves its work to the next process.
pub struct Runner {
    stop: watch::Sender<bool>,
    loops: JoinSet<()>,
    pulse: Pulse,
}

impl Runner {
    /// Starts to work.
    pub fn start<E: Execute>(app: &App, executor: E, settings: Settings, reconcilers: &[Reconciler]) -> Self {
        let (stop, stopping) = watch::channel(false);
        let pulse = Pulse::new(app.clock.now());
        let mut loops = JoinSet::new();
        for reconciler in reconcilers {
            loops.spawn(reconciler.run_until(app.clone(), stopping.clone()));
        }
        let dispatcher = Dispatcher {
            app: app.clone(),
            executor: Arc::new(executor),
            settings,
            pulse: pulse.clone(),
            running: JoinSet::new(),
            is_backlogged: false,
        };
        loops.spawn(dispatcher.run(stopping));
        Self { stop, loops, pulse }
    }

    /// Its sign of life.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Stops: nothing new is begun, what is under way may end, and what does not end in time is given back.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.loops.join_next().await.is_some() {}
    }
}

/// The loop that claims.
struct Dispatcher<E> {
    app: App,
    executor: Arc<E>,
    settings: Settings,
    pulse: Pulse,
    running: JoinSet<()>,
    /// The last claim was filled: there may be more.
    is_backlogged: bool,
}

impl<E: Execute> Dispatcher<E> {
    async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let (abandon, abandoned) = watch::channel(false);
        let bell = Arc::clone(&self.app.job_bell);
        let mut look = true;
        loop {
            self.pulse.beat(self.app.clock.now());
            if look && self.running.len() < self.settings.workers {
                look = false;
                self.claim(&abandoned).await;
            }
            // The bell keeps one ring for later, so none is lost between the look and the wait.
            tokio::select! {
                () = raised(&mut stop) => break,
                Some(_) = self.running.join_next() => look |= self.is_backlogged,
                () = bell.notified() => look = true,
                () = sleep(self.settings.poll) => look = true,
            }
        }
        self.drain(&abandon).await;
    }

    async fn claim(&mut self, abandoned: &watch::Receiver<bool>) {
        let free = self.settings.workers - self.running.len();
        let asked_at = Instant::now();
        match self.ask(free).await {
            Ok(claimed) => {
                self.is_backlogged = claimed.len() == free;
                for job in claimed {
                    self.begin(job, asked_at, abandoned.clone());
                }
            }
            Err(error) => tracing::warn!(%error, "jobs could not be claimed"),
        }
    }

    async fn ask(&self, limit: usize) -> Result<Vec<ClaimedJob>, ServiceError> {
        let ctx = Ctx::system(&self.app);
        let lease = delta(self.settings.lease);
        queue::claim(&ctx, self.executor.kinds(), limit, self.app.instance.id, lease).await
    }

    fn begin(&mut self, claimed: ClaimedJob, asked_at: Instant, abandoned: watch::Receiver<bool>) {
        let attempt = Attempt {
            app: self.app.clone(),
            executor: Arc::clone(&self.executor),
            run: Run::new(&claimed, asked_at, self.settings.lease),
            claimed,
            lease: self.settings.lease,
        };
        self.running.spawn(async move {
            attempt.make(abandoned).await;
        });
    }

    /// Waits for what is under way, then breaks it off and gives it back.
    async fn drain(mut self, abandon: &watch::Sender<bool>) {
        let deadline = sleep(self.settings.drain);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                next = self.running.join_next() => if next.is_none() {
                    return;
                },
                () = &mut deadline, if !*abandon.borrow() => {
                    abandon.send_replace(true);
                }
            }
        }
    }
}
