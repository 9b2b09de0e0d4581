//! The rules of the job queue, each on both databases.

use crate::support::app::start;
use crate::support::db::{TestDb, for_each_database};
use chrono::{DateTime, TimeDelta, Utc};
use handback::db::jobs::{self, JobFilter, Rescued};
use handback::domain::actor::{Actor, Scope};
use handback::domain::error::DomainError;
use handback::domain::ids::{JobId, TerminationId};
use handback::domain::job::{ClaimedJob, Job, JobKind, JobRecord, JobState, Lease};
use handback::domain::page::PageRequest;
use handback::domain::policy::Action;
use handback::services::queue::{self, Settlement};
use handback::services::{Ctx, ServiceError, audit};
use std::collections::HashSet;
use uuid::Uuid;

const LEASE: TimeDelta = TimeDelta::seconds(60);

fn mail(number: u128) -> Job {
    Job::SendMail {
        message_id: Uuid::from_u128(number).into(),
    }
}

fn opening(number: u128) -> Job {
    Job::OpenTermination {
        termination_id: TerminationId::from(Uuid::from_u128(number)),
        day: start().date_naive(),
    }
}

fn ctx(db: &TestDb) -> Ctx {
    Ctx::system(db.app())
}

async fn enqueue(db: &TestDb, job: Job, run_at: DateTime<Utc>) -> Option<JobId> {
    ctx(db)
        .write(Action::Operate, move |tx| Ok(jobs::enqueue(tx, &job, run_at)?))
        .await
        .unwrap()
}

async fn claim(db: &TestDb, limit: usize) -> Vec<ClaimedJob> {
    let owner = db.app().instance.id;
    queue::claim(&ctx(db), JobKind::ALL, limit, owner, LEASE)
        .await
        .unwrap()
}

async fn claim_one(db: &TestDb) -> ClaimedJob {
    let mut claimed = claim(db, 1).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

async fn settle(db: &TestDb, lease: Lease, settlement: Settlement) -> Result<(), ServiceError> {
    queue::settle(&ctx(db), lease, settlement).await
}

async fn rescue(db: &TestDb) -> Vec<Rescued> {
    ctx(db)
        .write(Action::Operate, |tx| Ok(jobs::rescue(tx, 100)?))
        .await
        .unwrap()
}

async fn get(db: &TestDb, id: JobId) -> JobRecord {
    queue::get(&ctx(db), id).await.unwrap()
}

fn is_lost(result: Result<(), ServiceError>) -> bool {
    queue::is_lease_lost(&result.unwrap_err())
}

#[test]
fn six_workers_that_race_for_two_hundred_jobs_get_each_exactly_once() {
    for_each_database(async |db| {
        for number in 0..200 {
            enqueue(db, mail(number), start()).await.unwrap();
        }
        let workers = (0..6).map(|_| async {
            let mut mine = Vec::new();
            loop {
                let some = claim(db, 7).await;
                if some.is_empty() {
                    return mine;
                }
                mine.extend(some);
            }
        });
        let claimed: Vec<ClaimedJob> = futures_util::future::join_all(workers).await.concat();
        let different: HashSet<JobId> = claimed.iter().map(|job| job.lease.job).collect();
        assert_eq!((claimed.len(), different.len()), (200, 200));
        assert!(claimed.iter().all(|job| job.lease.token == 1 && job.attempt == 1));
        assert_eq!(
            db.number("SELECT count(*) AS n FROM job WHERE state = 'running'"),
            200
        );
    });
}

#[test]
fn a_claim_takes_no_more_than_it_asks_for_whatever_the_planner_believes() {
    for_each_database(async |db| {
        // Statistics of one row lead PostgreSQL to run a locking subquery once per row of the table. All
        // rows fit on the page that it has seen, or it would correct itself.
        enqueue(db, mail(0), start()).await.unwrap();
        db.execute("ANALYZE");
        for number in 1..20 {
            enqueue(db, mail(number), start()).await.unwrap();
        }
        assert_eq!(claim(db, 2).await.len(), 2);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM job WHERE state = 'running'"),
            2
        );
    });
}

#[test]
fn a_worker_that_lost_its_lease_can_change_nothing() {
    for_each_database(async |db| {
        let id = enqueue(db, mail(1), start()).await.unwrap();
        let first = claim_one(db).await.lease;
        db.app().clock.advance(LEASE + TimeDelta::seconds(1));
        assert_eq!(
            rescue(db).await,
            [Rescued {
                id,
                state: JobState::Retry
            }]
        );
        assert!(
            is_lost(settle(db, first, Settlement::Finish).await),
            "before the next claim"
        );
        let second = claim_one(db).await.lease;
        assert_eq!(second, Lease { job: id, token: 2 });

        assert!(is_lost(queue::heartbeat(&ctx(db), first, LEASE).await));
        for settlement in [
            Settlement::Finish,
            Settlement::Retry(TimeDelta::zero(), "late".to_owned()),
            Settlement::Snooze(TimeDelta::zero()),
            Settlement::Bury("late".to_owned()),
            Settlement::GiveBack,
        ] {
            assert!(
                is_lost(settle(db, first, settlement.clone()).await),
                "{settlement:?}"
            );
        }
        let undone = ctx(db)
            .write(Action::Operate, move |tx| {
                jobs::enqueue(tx, &mail(2), tx.now())?;
                queue::finish_in(tx, first)
            })
            .await;
        assert!(is_lost(undone));
        assert_eq!(
            db.number("SELECT count(*) AS n FROM job"),
            1,
            "its effect is undone too"
        );

        assert_eq!(get(db, id).await.state, JobState::Running);
        settle(db, second, Settlement::Finish).await.unwrap();
        settle(db, second, Settlement::Finish).await.unwrap();
        assert!(is_lost(settle(db, first, Settlement::Finish).await));
        assert_eq!(get(db, id).await.state, JobState::Done);
    });
}

#[test]
fn a_job_is_taken_back_when_its_lease_runs_out_and_not_before() {
    for_each_database(async |db| {
        let id = enqueue(db, mail(1), start()).await.unwrap();
        let lease = claim_one(db).await.lease;
        db.app().clock.advance(LEASE);
        assert_eq!(rescue(db).await, [], "the last instant still counts");
        queue::heartbeat(&ctx(db), lease, LEASE).await.unwrap();
        db.app().clock.advance(LEASE);
        assert_eq!(rescue(db).await, [], "a sign of life keeps it");
        db.app().clock.advance(TimeDelta::microseconds(1));
        assert_eq!(queue::rescue(&ctx(db)).await.unwrap(), 1);
        let job = get(db, id).await;
        assert_eq!((job.state, job.crash_count), (JobState::Retry, 1));
        assert_eq!(claim_one(db).await.attempt, 2);
    });
}

#[test]
fn a_job_that_kills_three_workers_is_dead() {
    for_each_database(async |db| {
        let id = enqueue(db, mail(1), start()).await.unwrap();
        let mut states = Vec::new();
        for _ in 0..3 {
            claim_one(db).await;
            db.app().clock.advance(LEASE + TimeDelta::seconds(1));
            states.extend(rescue(db).await.iter().map(|rescued| rescued.state));
        }
        assert_eq!(states, [JobState::Retry, JobState::Retry, JobState::Dead]);
        assert!(claim(db, 1).await.is_empty());
        let job = get(db, id).await;
        assert_eq!((job.state, job.crash_count), (JobState::Dead, 3));
        assert_eq!(job.finished_at, Some(db.app().clock.now()));
    });
}

#[test]
fn the_same_work_is_queued_once_until_it_is_done() {
    for_each_database(async |db| {
        assert!(enqueue(db, mail(1), start()).await.is_some());
        assert!(enqueue(db, mail(1), start()).await.is_none());
        assert!(
            enqueue(db, mail(2), start()).await.is_some(),
            "another message is other work"
        );
        let claimed = claim(db, 2).await;
        assert!(enqueue(db, mail(1), start()).await.is_none(), "it is running");
        settle(db, claimed[0].lease, Settlement::Finish).await.unwrap();
        assert!(enqueue(db, mail(1), start()).await.is_some());
        assert_eq!(db.number("SELECT count(*) AS n FROM job"), 3);
    });
}

#[test]
fn withdrawn_work_can_be_enqueued_for_another_time() {
    for_each_database(async |db| {
        let withdraw = async || {
            ctx(db)
                .write(Action::Operate, |tx| Ok(jobs::withdraw(tx, &opening(1))?))
                .await
                .unwrap()
        };
        let later = start() + TimeDelta::days(9);
        let first = enqueue(db, opening(1), later).await.unwrap();
        assert!(withdraw().await);
        assert!(!withdraw().await);
        assert_eq!(get(db, first).await.state, JobState::Cancelled);
        let second = enqueue(db, opening(1), start()).await.unwrap();
        assert_eq!(claim_one(db).await.lease.job, second);
        assert!(!withdraw().await, "what runs already is not called off");
    });
}

#[test]
fn the_lower_priority_number_goes_first_then_what_is_due_longest() {
    for_each_database(async |db| {
        let minutes = TimeDelta::minutes;
        enqueue(db, mail(1), start()).await;
        enqueue(db, mail(2), start() - minutes(5)).await;
        enqueue(db, opening(3), start()).await;
        enqueue(db, opening(4), start() + minutes(1)).await;
        let order: Vec<Option<Job>> = claim(db, 9).await.into_iter().map(|job| job.job).collect();
        assert_eq!(order, [Some(opening(3)), Some(mail(2)), Some(mail(1))]);
    });
}

#[test]
fn a_failed_attempt_waits_its_turn_and_one_that_was_put_off_does_not_count() {
    for_each_database(async |db| {
        let id = enqueue(db, mail(1), start()).await.unwrap();
        let first = claim_one(db).await;
        let retry = Settlement::Retry(TimeDelta::seconds(15), "451 try later".to_owned());
        settle(db, first.lease, retry).await.unwrap();
        let job = get(db, id).await;
        assert_eq!((job.state, job.attempt), (JobState::Retry, 1));
        assert_eq!(job.last_error.as_deref(), Some("451 try later"));
        db.app()
            .clock
            .advance(TimeDelta::seconds(15) - TimeDelta::microseconds(1));
        assert!(claim(db, 1).await.is_empty());
        db.app().clock.advance(TimeDelta::microseconds(1));

        let second = claim_one(db).await;
        assert_eq!(second.attempt, 2);
        settle(db, second.lease, Settlement::Snooze(TimeDelta::hours(1)))
            .await
            .unwrap();
        assert!(claim(db, 1).await.is_empty());
        db.app().clock.advance(TimeDelta::hours(1));
        let third = claim_one(db).await;
        assert_eq!(third.attempt, 2, "the snoozed attempt does not count");
        settle(db, third.lease, Settlement::GiveBack).await.unwrap();
        assert_eq!(
            claim_one(db).await.attempt,
            2,
            "nor does the one that was given back"
        );
    });
}

#[test]
fn kinds_that_nobody_here_knows_stay_in_the_queue_and_are_seen_waiting() {
    for_each_database(async |db| {
        enqueue(db, mail(1), start()).await.unwrap();
        db.execute("UPDATE job SET kind = 'of_a_newer_version', run_at = '2027-01-11 07:00:00'");
        assert!(claim(db, 1).await.is_empty());
        let status = queue::status(&ctx(db)).await.unwrap();
        assert_eq!(status.oldest_due, Some(start() - TimeDelta::hours(1)));
        assert_eq!(status.counts[0].kind, "of_a_newer_version");
        let page = queue::list(&ctx(db), JobFilter::default(), PageRequest::default())
            .await
            .unwrap();
        assert_eq!(page.items[0].kind, "of_a_newer_version");
    });
}

#[test]
fn a_worker_fetches_only_the_kinds_that_it_asks_for() {
    for_each_database(async |db| {
        enqueue(db, mail(1), start()).await.unwrap();
        let owner = db.app().instance.id;
        let openings = &[JobKind::OpenTermination];
        let claimed = queue::claim(&ctx(db), openings, 9, owner, LEASE).await.unwrap();
        assert!(claimed.is_empty());
        assert_eq!(claim(db, 9).await.len(), 1);
    });
}

#[test]
fn lists_are_paged_and_filtered() {
    for_each_database(async |db| {
        let mut ids = Vec::new();
        for number in 0..5 {
            ids.push(enqueue(db, mail(number), start()).await.unwrap());
        }
        enqueue(db, opening(9), start()).await.unwrap();
        let filter = JobFilter {
            state: Some(JobState::Ready),
            kind: Some(JobKind::SendMail),
        };
        let mut seen = Vec::new();
        let mut request = PageRequest {
            limit: 2,
            after: None,
        };
        loop {
            let page = queue::list(&ctx(db), filter, request).await.unwrap();
            assert!(page.items.len() <= 2);
            seen.extend(page.items.iter().map(|job| job.id));
            request.after = page.next;
            if page.next.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids);
        let dead = JobFilter {
            state: Some(JobState::Dead),
            kind: None,
        };
        assert!(
            queue::list(&ctx(db), dead, PageRequest::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
    });
}

#[test]
fn a_dead_job_can_be_resumed_or_cancelled_by_an_admin_and_the_audit_tells() {
    for_each_database(async |db| {
        let id = enqueue(db, mail(1), start()).await.unwrap();
        let refused = queue::resume(&ctx(db), id).await.unwrap_err();
        assert!(
            matches!(
                &refused,
                ServiceError::Domain(DomainError::InvalidTransition { from: "ready", .. })
            ),
            "{refused:?}"
        );
        let lease = claim_one(db).await.lease;
        assert!(
            queue::cancel(&ctx(db), id).await.is_err(),
            "a running job may have had its effect"
        );
        settle(db, lease, Settlement::Bury("550 no such user".to_owned()))
            .await
            .unwrap();

        let reader = Ctx {
            actor: Actor::ServiceAccount {
                id: Uuid::nil().into(),
                scopes: vec![Scope::Read, Scope::Desk],
                version: 1,
            },
            ..ctx(db)
        };
        let forbidden = queue::resume(&reader, id).await.unwrap_err();
        assert_eq!(forbidden, ServiceError::Forbidden(Action::ManageJobs));

        let resumed = queue::resume(&Ctx::operator(db.app()), id).await.unwrap();
        assert_eq!((resumed.state, resumed.attempt), (JobState::Ready, 0));
        let lease = claim_one(db).await.lease;
        settle(db, lease, Settlement::Bury("550 no such user".to_owned()))
            .await
            .unwrap();
        enqueue(db, mail(1), start()).await.unwrap();
        let clash = queue::resume(&ctx(db), id).await.unwrap_err();
        assert!(
            matches!(
                clash,
                ServiceError::Conflict {
                    code: "job_queued_again",
                    ..
                }
            ),
            "{clash:?}"
        );
        assert_eq!(
            queue::cancel(&ctx(db), id).await.unwrap().state,
            JobState::Cancelled
        );
        let unknown = Uuid::from_u128(7).into();
        assert_eq!(
            queue::cancel(&ctx(db), unknown).await.unwrap_err(),
            ServiceError::NotFound("job")
        );

        let page = audit::list(&ctx(db), Default::default(), PageRequest::default())
            .await
            .unwrap();
        let actions: Vec<(&str, &str)> = page
            .items
            .iter()
            .map(|entry| (entry.action.as_str(), entry.actor_kind.as_str()))
            .collect();
        assert_eq!(
            actions,
            [("job.resumed", "operator"), ("job.cancelled", "system")]
        );
    });
}

#[test]
fn old_jobs_are_thrown_away_when_they_are_done_but_never_when_they_are_dead() {
    for_each_database(async |db| {
        for number in 0..4 {
            enqueue(db, mail(number), start()).await.unwrap();
        }
        let claimed = claim(db, 3).await;
        settle(db, claimed[0].lease, Settlement::Finish).await.unwrap();
        settle(db, claimed[1].lease, Settlement::Bury("no".to_owned()))
            .await
            .unwrap();
        db.app().clock.advance(TimeDelta::days(20));
        settle(db, claimed[2].lease, Settlement::Finish).await.unwrap();
        db.app().clock.advance(TimeDelta::days(20));
        let purge = async || handback::services::upkeep::purge_jobs(&ctx(db)).await.unwrap();
        assert_eq!(purge().await, 1, "only what was done more than 30 days ago");
        assert_eq!(purge().await, 0);
        assert_eq!(db.number("SELECT count(*) AS n FROM job"), 3);
    });
}
