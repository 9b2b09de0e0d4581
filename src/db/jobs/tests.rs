use super::*;
use crate::clock::{Clock, Ids};
use crate::db::{DbConnection, Stamp, migrations};
use crate::domain::actor::Actor;
use crate::domain::job::JobKind;
use crate::domain::page::PageRequest;
use diesel::connection::InstrumentationEvent;
use diesel::sql_types::Text;
use diesel_migrations::MigrationHarness;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// What SQLite plans to do for every statement that `work` sends.
fn plans(work: impl FnOnce(&mut Tx<'_>) -> Result<(), DbError>) -> Vec<String> {
    let mut inner = SqliteConnection::establish(":memory:").unwrap();
    inner.run_pending_migrations(migrations::SQLITE).unwrap();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&sent);
    inner.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            listener.lock().unwrap().push(query.to_string());
        }
    });
    let mut connection = DbConnection::Sqlite(inner);
    let clock = Clock::fixed(DateTime::UNIX_EPOCH);
    let stamp = Stamp {
        now: clock.now(),
        actor: Actor::System,
        request_id: String::new(),
        ids: Ids::new(clock),
        job_due: Arc::default(),
    };
    Tx::run(&mut connection, &stamp, work).unwrap();
    let statements = std::mem::take(&mut *sent.lock().unwrap());
    let mut steps = Vec::new();
    for statement in statements {
        let sql = statement.split(" -- binds").next().unwrap();
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"))
            .load(&mut connection)
            .unwrap();
        steps.extend(plan.into_iter().map(|step| step.detail));
    }
    steps
}

#[test]
fn no_statement_of_the_runner_walks_past_what_is_not_due() {
    let job = Job::SendMail {
        message_id: Uuid::nil().into(),
    };
    let now = DateTime::UNIX_EPOCH;
    let steps = plans(|tx| {
        enqueue(tx, &job, now)?;
        claim(tx, JobKind::ALL, 10, Uuid::nil().into(), TimeDelta::seconds(60))?;
        rescue(tx, 10)?;
        withdraw(tx, &job)?;
        oldest_due(tx, now)?;
        Ok(())
    });
    for index in [
        "job_ready_idx (priority=? AND run_at<?)",
        "job_lease_idx (lease_until<?)",
        "job_dedupe_active_key (kind=? AND dedupe_key=?)",
    ] {
        assert!(
            steps.iter().any(|step| step.contains(index)),
            "{index}: {steps:#?}"
        );
    }
    // Asking how many rows the last statement wrote reads no table.
    let is_cheap = |step: &String| {
        step.starts_with("SEARCH")
            || step == "SCAN CONSTANT ROW"
            || step == "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"
    };
    assert!(steps.iter().all(is_cheap), "{steps:#?}");
}

#[test]
fn watching_and_purging_read_the_index_of_what_is_asked_for() {
    let steps = plans(|tx| {
        counts(tx)?;
        for state in JobState::ALL {
            let filter = JobFilter {
                state: Some(*state),
                kind: None,
            };
            list(tx, filter, PageRequest::default())?;
        }
        purge(tx, DateTime::UNIX_EPOCH, 10)?;
        Ok(())
    });
    let reads: Vec<&String> = steps
        .iter()
        .filter(|step| !step.starts_with("USE TEMP B-TREE"))
        .collect();
    assert_eq!(reads.len(), 2 + JobState::ALL.len() + 1, "{steps:#?}");
    assert!(reads.iter().all(|step| step.contains("INDEX job_")), "{steps:#?}");
}

#[test]
fn a_long_error_is_cut_between_two_characters() {
    let long = "å".repeat(MAX_ERROR);
    assert_eq!(shorten(&long).len(), MAX_ERROR);
    assert_eq!(shorten(&format!("x{long}")).len(), MAX_ERROR - 1);
    assert_eq!(shorten("short"), "short");
}
