//! Statements that are prepared once for each connection.
//!
//! Diesel prepares every `UPDATE` anew, because a changeset that leaves out what is `None` can make any number
//! of statements. Ours always set the same columns, so there is one statement for each place that updates.
//! Preparing is a large part of what a short statement costs on either database.
//!
//! The same holds for an insert of several rows, whose text depends on their number. SQLite gets them one by one
//! (there is no way to and fro that could be saved); PostgreSQL gets them at once, and prepares each number of rows
//! that it meets: there are few of them, as many as a device has checks or a timeline has mails.

use super::dialect::Connected;
use super::types::guarded;
use super::{DbConnection, DbError};
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer};
use diesel::sqlite::Sqlite;
use std::marker::PhantomData;

/// A statement whose text is always the same, or one of a handful; its rows are of the type `T` of SQL.
///
/// It is read like a query, not executed: diesel executes a reference to a statement, and what is said here about the
/// cache is not asked of a reference.
pub(super) struct Prepared<S, T>(S, PhantomData<T>);

impl<S, T> Prepared<S, T> {
    pub(super) const fn new(statement: S) -> Self {
        Self(statement, PhantomData)
    }
}

impl<DB: Backend, S: QueryFragment<DB>, T> QueryFragment<DB> for Prepared<S, T> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Found again by its text: an update has no static id.
impl<S, T> QueryId for Prepared<S, T> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S, T> Query for Prepared<S, T> {
    type SqlType = T;
}

impl<S, T, C> RunQueryDsl<C> for Prepared<S, T> {}

/// PostgreSQL gives a row for each row that a statement writes, so that they can be counted. SQLite would put these rows
/// into a table of their own first, which costs more than a short statement does, and is asked for their number instead.
struct Returning<S>(S);

impl<S: QueryFragment<Pg>> QueryFragment<Pg> for Returning<S> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" RETURNING 1");
        Ok(())
    }
}

diesel::define_sql_function! {
    /// How many rows the last statement wrote.
    fn changes() -> Integer;
}

/// Runs a statement as a prepared one; how many rows it wrote.
pub(super) fn run_on_sqlite<S: QueryFragment<Sqlite>>(
    statement: S,
    connection: &mut SqliteConnection,
) -> QueryResult<usize> {
    // It gives no rows; reading them is what runs it.
    let rows: Vec<i32> = Prepared::<_, Integer>::new(statement).load(connection)?;
    debug_assert!(rows.is_empty(), "an update without RETURNING");
    let changed: i32 = diesel::select(changes()).get_result(connection)?;
    Ok(usize::try_from(changed).unwrap_or(0))
}

/// Runs a statement as a prepared one; how many rows it wrote.
pub(super) fn run_on_postgres<S: QueryFragment<Pg>>(
    statement: S,
    connection: &mut PgConnection,
) -> QueryResult<usize> {
    let rows: Vec<i32> = Prepared::<_, Integer>::new(Returning(statement)).load(connection)?;
    Ok(rows.len())
}

/// Runs a statement as a prepared one.
pub(super) trait ExecutePrepared: Sized {
    /// Runs the statement, whose text is the same each time, and says how many rows it changed.
    ///
    /// A list of values (`eq_any`) makes the text depend on its length: such an update is run as usual.
    ///
    /// # Errors
    /// What the database reports.
    fn execute_prepared(self, connection: &mut impl Connected) -> Result<usize, DbError>;
}

impl<S> ExecutePrepared for S
where
    S: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn execute_prepared(self, connection: &mut impl Connected) -> Result<usize, DbError> {
        let changed = match connection.connection() {
            DbConnection::Postgres(inner) => run_on_postgres(self, inner),
            DbConnection::Sqlite(inner) => run_on_sqlite(self, inner),
        };
        Ok(changed?)
    }
}

/// A statement that writes, on either database.
pub(super) trait Write: QueryFragment<Pg> + QueryFragment<Sqlite> {}

impl<S: QueryFragment<Pg> + QueryFragment<Sqlite>> Write for S {}

/// Statements that belong together. Each of them would be a way to PostgreSQL and back; there all are sent as one, and none
/// sees what another one writes.
#[derive(Default)]
pub(super) struct Together<'w>(Vec<Returning<Box<dyn Write + 'w>>>);

impl<'w> Together<'w> {
    /// Adds a statement whose text is the same each time.
    pub(super) fn and(mut self, statement: impl Write + 'w) -> Self {
        self.0.push(Returning(Box::new(statement)));
        self
    }

    /// Runs the statements, each of which is to write one row.
    ///
    /// # Errors
    /// [`DbError::Stale`] when one of them wrote none; what the database reports. The others may have been run.
    pub(super) fn execute_guarded(self, connection: &mut impl Connected) -> Result<(), DbError> {
        match connection.connection() {
            DbConnection::Postgres(inner) => {
                let counts: Vec<i64> = Prepared::<_, Array<BigInt>>::new(self).get_result(inner)?;
                counts
                    .iter()
                    .try_for_each(|count| guarded(usize::from(*count == 1)))
            }
            DbConnection::Sqlite(inner) => self
                .0
                .into_iter()
                .try_for_each(|statement| guarded(run_on_sqlite(statement.0, inner)?)),
        }
    }
}

impl QueryFragment<Pg> for Together<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut joint = "WITH";
        for (number, statement) in self.0.iter().enumerate() {
            pass.push_sql(&format!("{joint} written_{number} AS ("));
            statement.walk_ast(pass.reborrow())?;
            pass.push_sql(")");
            joint = ",";
        }
        joint = " SELECT ARRAY[";
        for number in 0..self.0.len() {
            pass.push_sql(&format!("{joint}(SELECT count(*) FROM written_{number})"));
            joint = ", ";
        }
        pass.push_sql("]");
        Ok(())
    }
}

/// Inserts several rows of one table: `insert_rows!(tx, table, &rows)`.
macro_rules! insert_rows {
    ($tx:expr, $table:expr, $rows:expr) => {
        match $crate::db::dialect::Connected::connection($tx) {
            _ if $rows.is_empty() => Ok(()),
            $crate::db::DbConnection::Postgres(inner) => {
                let all = diesel::insert_into($table).values($rows);
                $crate::db::prepared::run_on_postgres(all, inner).map(|_| ())
            }
            $crate::db::DbConnection::Sqlite(inner) => $rows
                .iter()
                .try_for_each(|row| diesel::insert_into($table).values(row).execute(inner).map(|_| ())),
        }
    };
}
pub(super) use insert_rows;

#[cfg(test)]
mod tests {
    use super::super::schema::instance_setting as table;
    use super::*;
    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_update_is_prepared_once_and_says_how_many_rows_it_changed() {
        let mut inner = SqliteConnection::establish(":memory:").unwrap();
        inner
            .batch_execute(
                "CREATE TABLE instance_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
                 INSERT INTO instance_setting VALUES ('a', '1'), ('b', '1');",
            )
            .unwrap();
        let prepared = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&prepared);
        inner.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                seen.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut connection = DbConnection::Sqlite(inner);
        for (name, value, changed) in [("a", "2", 1), ("b", "3", 1), ("c", "4", 0)] {
            let update =
                diesel::update(table::table.filter(table::name.eq(name))).set(table::value.eq(value));
            assert_eq!(update.execute_prepared(&mut connection).unwrap(), changed);
        }
        // The update, and the question how many rows it changed.
        assert_eq!(prepared.load(Ordering::Relaxed), 2);
        let values: Vec<String> = table::table
            .order(table::name)
            .select(table::value)
            .load(&mut connection)
            .unwrap();
        assert_eq!(values, ["2", "3"]);
    }
}
