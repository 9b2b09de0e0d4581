//! What becomes of reads and writes when one of them fails, and when the way to the database is cut.

use crate::support::db::{TestDb, for_each_database, run};
use diesel::prelude::*;
use diesel::sql_query;
use futures_util::future::join_all;
use handback::db::{DatabaseUrl, Db, DbConnection, DbError, Tx, jobs};
use handback::domain::ids::TerminationId;
use handback::domain::job::Job;
use handback::domain::policy::Action;
use handback::services::{Ctx, ServiceError};
use uuid::Uuid;

/// How many write at once: more than share a commit.
const MANY: u128 = 120;

fn leave(tx: &mut Tx<'_>, number: u128) -> Result<(), ServiceError> {
    let job = Job::DestroyCodes {
        termination_id: TerminationId::from(Uuid::from_u128(number)),
    };
    let in_a_year = tx.now() + chrono::TimeDelta::days(365);
    jobs::enqueue(tx, &job, in_a_year)?;
    Ok(())
}

/// A part that leaves something behind and then panics.
fn broken_part(tx: &mut Tx<'_>, number: u128) -> Result<(), ServiceError> {
    tx.savepoint(|tx| {
        leave(tx, MANY + number)?;
        panic!("a part that panics, as a test wants it");
    })
}

/// Of each four, the first is well, the second panics, the third goes on without a part that panics, and the fourth gives
/// up because of it.
fn work(tx: &mut Tx<'_>, number: u128) -> Result<(), ServiceError> {
    leave(tx, number)?;
    match number % 4 {
        0 => Ok(()),
        1 => panic!("work that panics, as a test wants it"),
        2 => {
            broken_part(tx, number).unwrap_err();
            Ok(())
        }
        _ => broken_part(tx, number),
    }
}

#[test]
fn what_panics_takes_nothing_with_it_that_others_have_written() {
    for_each_database(async |db| {
        let ctx = Ctx::operator(db.app());
        let all = (0..MANY).map(|number| ctx.write(Action::Operate, move |tx| work(tx, number)));
        let done = join_all(all).await;
        for (number, result) in (0..MANY).zip(&done) {
            assert_eq!(
                result.is_ok(),
                number % 4 == 0 || number % 4 == 2,
                "{number}: {result:?}"
            );
        }
        assert_eq!(
            db.number("SELECT count(*) AS n FROM job"),
            i64::try_from(MANY / 2).unwrap(),
            "what was acknowledged is there, and nothing else"
        );
        ctx.write(Action::Operate, |tx| leave(tx, 4 * MANY))
            .await
            .unwrap();
    });
}

fn ping(connection: &mut DbConnection) -> Result<(), DbError> {
    sql_query("SELECT 1").execute(connection)?;
    Ok(())
}

/// Opens as many connections as the pool has.
async fn warm(db: &Db) {
    let busy = |connection: &mut DbConnection| {
        sql_query("SELECT pg_sleep(0.2)").execute(connection)?;
        Ok::<_, DbError>(())
    };
    let all = join_all((0..POOL).map(|_| db.read(busy))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
}

const POOL: u32 = 8;

/// The server lets go of every connection with this name.
fn cut(db: &TestDb, name: &str) {
    let of_ours = format!("FROM pg_stat_activity WHERE application_name = '{name}'");
    let count = format!("SELECT count(*) AS n {of_ours}");
    assert_eq!(db.number(&count), i64::from(POOL));
    db.execute(&format!("SELECT pg_terminate_backend(pid) {of_ours}"));
    while db.number(&count) > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn of_a_restart_of_the_database_one_caller_is_told_and_not_as_many_as_there_are_connections() {
    let Some(db) = TestDb::postgres() else { return };
    run(&db, &async |db: &TestDb| {
        let DatabaseUrl::Postgres(url) = db.url() else {
            panic!("a PostgreSQL");
        };
        let name = format!("cut-{}", std::process::id());
        let own = DatabaseUrl::Postgres(format!("{url}&application_name={name}"));
        let own = Db::open(&own, POOL).unwrap();
        for _ in 0..2 {
            warm(&own).await;
            cut(db, &name);
            let mut told = Vec::new();
            for _ in 0..3 * POOL {
                told.extend(own.read(ping).await.err());
            }
            assert!(
                matches!(told.as_slice(), [DbError::Unavailable(_)]),
                "one is told that the database is away: {told:?}"
            );
        }
    });
}

#[test]
fn a_statement_that_takes_too_long_is_refused_as_too_much_and_costs_no_connection() {
    let Some(db) = TestDb::postgres() else { return };
    run(&db, &async |db: &TestDb| {
        let own = Db::open(db.url(), 1).unwrap();
        let backend = |connection: &mut DbConnection| {
            let found: Backend = sql_query("SELECT pg_backend_pid() AS pid").get_result(connection)?;
            Ok::<_, DbError>(found.pid)
        };
        let before = own.read(backend).await.unwrap();
        let slow = own.read(|connection| {
            sql_query("SET statement_timeout = 20").execute(connection)?;
            sql_query("SELECT pg_sleep(5)").execute(connection)?;
            Ok::<_, DbError>(())
        });
        assert_eq!(slow.await, Err(DbError::Busy));
        assert_eq!(own.read(backend).await, Ok(before));
    });
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pid: i32,
}

#[derive(QueryableByName)]
struct Encrypted {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    ssl: bool,
}

fn is_encrypted(connection: &mut DbConnection) -> Result<bool, DbError> {
    let found: Encrypted =
        sql_query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").get_result(connection)?;
    Ok(found.ssl)
}

#[test]
fn a_connection_to_postgresql_is_encrypted_if_the_url_says_so_and_refused_if_nobody_vouches_for_the_server() {
    let Some(db) = TestDb::postgres() else { return };
    run(&db, &async |db: &TestDb| {
        if db.number("SELECT count(*) AS n FROM pg_settings WHERE name = 'ssl' AND setting = 'on'") == 0 {
            eprintln!(">>> NOT TESTED: the PostgreSQL server speaks no TLS <<<");
            return;
        }
        let DatabaseUrl::Postgres(url) = db.url() else {
            panic!("a PostgreSQL");
        };
        let open = |mode: &str| Db::open(&DatabaseUrl::Postgres(format!("{url}&sslmode={mode}")), 1);
        for (mode, wanted) in [("require", true), ("disable", false)] {
            let own = open(mode).unwrap();
            assert_eq!(own.read(is_encrypted).await.unwrap(), wanted, "{mode}");
        }
        // Its certificate is its own, and this host is told to trust none.
        let refused = open("verify-full&sslrootcert=/nonexistent/root.crt").map(drop);
        assert!(
            matches!(&refused, Err(DbError::Unavailable(why)) if why.contains("root.crt")),
            "{refused:?}"
        );
    });
}
