//! The job runner: what happens around an attempt, on both databases.

use crate::support::app::{self, start};
use crate::support::db::{TestDb, for_each_database, run};
use crate::support::wire::Wire;
use chrono::TimeDelta;
use handback::app::App;
use handback::db::jobs;
use handback::domain::ids::JobId;
use handback::domain::job::{Job, JobRecord, JobState};
use handback::domain::policy::Action;
use handback::jobs::schedule::{RECONCILERS, Reconciler};
use handback::jobs::{Execute, JobError, Run, Runner, Settings, Summary, run_due};
use handback::services::{Ctx, ServiceError, queue};
use std::future::{Future, pending};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use uuid::Uuid;

/// An executor made of a function.
struct Script<F>(F);

impl<F, R> Execute for Script<F>
where
    F: Fn(App, Job, Run) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), JobError>> + Send,
{
    fn execute(&self, app: &App, job: &Job, run: &Run) -> impl Future<Output = Result<(), JobError>> + Send {
        (self.0)(app.clone(), job.clone(), run.clone())
    }
}

/// No poll within the test: only the bell starts work.
fn settings() -> Settings {
    Settings {
        poll: Duration::from_secs(3_600),
        ..Settings::default()
    }
}

fn mail(number: u128) -> Job {
    Job::SendMail {
        message_id: Uuid::from_u128(number).into(),
    }
}

async fn enqueue(app: &App, job: Job) -> JobId {
    let enqueued = Ctx::system(app)
        .write(Action::Operate, move |tx| Ok(jobs::enqueue(tx, &job, tx.now())?))
        .await;
    enqueued.unwrap().unwrap()
}

async fn get(db: &TestDb, id: JobId) -> JobRecord {
    queue::get(&Ctx::system(db.app()), id).await.unwrap()
}

/// The next thing that was told, or the end of the test if nothing is told at all.
async fn next<T>(told: &mut UnboundedReceiver<T>) -> T {
    timeout(Duration::from_secs(60), told.recv())
        .await
        .expect("told in time")
        .unwrap()
}

/// Asks until the answer is yes, or the test has failed.
async fn until(asked: impl AsyncFn() -> bool) {
    let yes = async {
        while !asked().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), yes).await.expect("true in time");
}

/// Tells when it is dropped.
struct TellOnDrop(UnboundedSender<&'static str>);

impl Drop for TellOnDrop {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

#[test]
fn work_begins_when_its_transaction_commits_without_waiting_for_the_next_poll() {
    for_each_database(async |db| {
        let (tell, mut told) = unbounded_channel();
        let executor = Script(move |_, job, _| {
            tell.send(job).unwrap();
            async { Ok(()) }
        });
        let runner = Runner::start(db.app(), executor, settings(), &[]);
        for number in 0..3 {
            let id = enqueue(db.app(), mail(number)).await;
            assert_eq!(next(&mut told).await, mail(number));
            until(async || get(db, id).await.state == JobState::Done).await;
        }
        assert_eq!(runner.pulse().age(db.app().clock.now()), TimeDelta::zero());
        runner.shutdown().await;
    });
}

#[test]
fn a_panic_counts_as_a_failed_attempt_and_its_text_is_not_kept() {
    for_each_database(async |db| {
        let id = enqueue(db.app(), mail(1)).await;
        let executor = Script(|_, _, _| async { panic!("about Karin Exempel") });
        let summary = run_due(db.app(), executor, &[], None).await.unwrap();
        assert_eq!((summary.retried, summary.attempts()), (1, 1));
        let job = get(db, id).await;
        assert_eq!((job.state, job.attempt), (JobState::Retry, 1));
        assert_eq!(job.last_error.as_deref(), Some("the attempt panicked"));
    });
}

#[test]
fn what_cannot_work_is_given_up_and_so_is_what_fails_too_often() {
    for_each_database(async |db| {
        let hopeless = enqueue(db.app(), mail(1)).await;
        let unlucky = enqueue(db.app(), mail(2)).await;
        let unreadable = enqueue(db.app(), mail(3)).await;
        db.execute(&format!("UPDATE job SET args = '{{}}' WHERE id = '{unreadable}'"));
        let mut attempts = 0;
        loop {
            let executor = Script(|_, job, _| async move {
                Err(if job == mail(1) {
                    JobError::Permanent("550 no such user".to_owned())
                } else {
                    JobError::Retry("451 try later".to_owned())
                })
            });
            let summary = run_due(db.app(), executor, &[], None).await.unwrap();
            if summary.attempts() == 0 {
                break;
            }
            attempts += summary.attempts();
            db.app().clock.advance(TimeDelta::hours(9));
        }
        assert_eq!(attempts, 1 + 20 + 1);
        assert_eq!(
            get(db, hopeless).await.last_error.as_deref(),
            Some("550 no such user")
        );
        for id in [hopeless, unlucky, unreadable] {
            assert_eq!(get(db, id).await.state, JobState::Dead);
        }
    });
}

#[test]
fn work_that_does_not_end_before_the_shutdown_is_given_back() {
    for_each_database(async |db| {
        let (tell, mut told) = unbounded_channel();
        let executor = Script(move |_, _, _| {
            let guard = TellOnDrop(tell.clone());
            tell.send("started").unwrap();
            async move {
                let _guard = guard;
                pending().await
            }
        });
        let id = enqueue(db.app(), mail(1)).await;
        let settings = Settings {
            drain: Duration::ZERO,
            ..settings()
        };
        let runner = Runner::start(db.app(), executor, settings, &[]);
        assert_eq!(next(&mut told).await, "started");
        runner.shutdown().await;
        assert_eq!(next(&mut told).await, "dropped");
        let job = get(db, id).await;
        assert_eq!((job.state, job.attempt), (JobState::Ready, 0));
    });
}

#[test]
fn a_worker_that_learns_that_its_lease_is_lost_breaks_off() {
    for_each_database(async |db| {
        let (tell, mut told) = unbounded_channel();
        let executor = Script(move |_, _, _| {
            let guard = TellOnDrop(tell.clone());
            tell.send("started").unwrap();
            async move {
                let _guard = guard;
                pending().await
            }
        });
        let id = enqueue(db.app(), mail(1)).await;
        let settings = Settings {
            lease: Duration::from_secs(3),
            ..settings()
        };
        let runner = Runner::start(db.app(), executor, settings, &[]);
        assert_eq!(next(&mut told).await, "started");
        // Another worker claims it.
        db.execute("UPDATE job SET lease_token = lease_token + 1");
        assert_eq!(next(&mut told).await, "dropped");
        runner.shutdown().await;
        assert_eq!(
            get(db, id).await.state,
            JobState::Running,
            "it is the other worker's"
        );
    });
}

#[test]
fn a_worker_that_is_cut_off_from_the_database_begins_nothing_and_finishes_nothing() {
    let Some(db) = TestDb::postgres() else { return };
    run(&db, &async |db: &TestDb| {
        let (wire, url) = Wire::to_database(db.url()).await;
        let (parted, _) = app::app(&url);
        let (tell, mut told) = unbounded_channel();
        let executor = Script(move |_, _, run: Run| {
            let (guard, tell) = (TellOnDrop(tell.clone()), tell.clone());
            tell.send("started").unwrap();
            async move {
                let _guard = guard;
                while run.is_trusted() {
                    tokio::task::yield_now().await;
                }
                run.require_trust().unwrap_err();
                tell.send("begins nothing").unwrap();
                pending().await
            }
        });
        let id = enqueue(db.app(), mail(1)).await;
        let settings = Settings {
            lease: Duration::from_millis(1_500),
            ..settings()
        };
        let runner = Runner::start(&parted, executor, settings, &[]);
        assert_eq!(next(&mut told).await, "started");
        wire.cut();
        assert_eq!(next(&mut told).await, "begins nothing");
        // For the others three leases have passed.
        db.app().clock.advance(TimeDelta::milliseconds(4_500));
        assert_eq!(queue::rescue(&Ctx::system(db.app())).await.unwrap(), 1);
        db.app().clock.advance(TimeDelta::minutes(1));
        let executor = Script(|_, _, _| async { Ok(()) });
        assert_eq!(run_due(db.app(), executor, &[], None).await.unwrap().done, 1);
        let done = get(db, id).await;
        wire.splice();
        assert_eq!(next(&mut told).await, "dropped");
        enqueue(&parted, mail(2)).await;
        assert_eq!(next(&mut told).await, "started", "it works again");
        assert_eq!(get(db, id).await, done);
        drop(runner);
    });
}

#[test]
fn a_job_that_takes_longer_than_its_lease_keeps_it() {
    for_each_database(async |db| {
        let (tell, mut told) = unbounded_channel();
        let executor = Script(move |_, _, run: Run| {
            tell.send(run).unwrap();
            pending()
        });
        enqueue(db.app(), mail(1)).await;
        let settings = Settings {
            lease: Duration::from_millis(1_500),
            drain: Duration::ZERO,
            ..settings()
        };
        let runner = Runner::start(db.app(), executor, settings, &[]);
        let run = next(&mut told).await;
        for _ in 0..3 {
            db.app().clock.advance(TimeDelta::hours(1));
            let now = db.app().clock.now().format("%Y-%m-%d %H:%M:%S");
            let kept = format!("SELECT count(*) AS n FROM job WHERE lease_until > '{now}'");
            until(async || db.number(&kept) == 1).await;
        }
        assert!(run.is_trusted() && run.require_trust().is_ok());
        runner.shutdown().await;
    });
}

#[test]
fn work_can_be_finished_in_the_transaction_of_its_effect() {
    for_each_database(async |db| {
        let id = enqueue(db.app(), mail(1)).await;
        let executor = Script(|app, job, run: Run| async move {
            if job != mail(1) {
                return Ok(());
            }
            let ctx = run.ctx(&app);
            let effect = ctx.write(Action::Operate, move |tx| {
                jobs::enqueue(tx, &mail(2), tx.now())?;
                queue::finish_in(tx, run.lease)
            });
            effect.await.map_err(|error| JobError::Retry(error.to_string()))
        });
        let summary = run_due(db.app(), executor, &[], None).await.unwrap();
        assert_eq!(summary.done, 2, "the job and the one that it enqueued");
        assert_eq!(get(db, id).await.state, JobState::Done);
    });
}

#[test]
fn what_is_due_at_another_instant_is_run_as_if_it_were_then() {
    for_each_database(async |db| {
        let then = start() + TimeDelta::days(3);
        let later = Ctx::system(db.app())
            .write(Action::Operate, move |tx| Ok(jobs::enqueue(tx, &mail(1), then)?))
            .await;
        let id = later.unwrap().unwrap();
        let run = async |at| {
            let executor = Script(|_, _, _| async { Ok(()) });
            run_due(db.app(), executor, RECONCILERS, at).await.unwrap()
        };
        let before = run(Some(then - TimeDelta::microseconds(1))).await;
        assert_eq!((before.done, before.failed_sweeps), (0, vec![]));
        assert_eq!(run(Some(then)).await.done, 1);
        let job = get(db, id).await;
        assert_eq!((job.started_at, job.finished_at), (Some(then), Some(then)));
        assert_eq!(
            db.app().clock.now(),
            start(),
            "the service's own clock stands where it stood"
        );
    });
}

#[test]
fn a_sweep_that_panics_or_fails_stops_nothing_else() {
    const SWEEPS: &[Reconciler] = &[
        Reconciler::new("panics", 1, |_| Box::pin(async { panic!("no") })),
        Reconciler::new("fails", 1, |_| Box::pin(async { Err(ServiceError::Busy) })),
        Reconciler::new("works", 1, |_| Box::pin(async { Ok(2) })),
    ];
    for_each_database(async |db| {
        let executor = Script(|_, _, _| async { Ok(()) });
        let summary = run_due(db.app(), executor, SWEEPS, None).await.unwrap();
        let expected = Summary {
            swept: vec![("works", 2)],
            failed_sweeps: vec!["panics", "fails"],
            ..Summary::default()
        };
        assert_eq!(summary, expected);
    });
}
