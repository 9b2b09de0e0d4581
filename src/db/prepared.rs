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
use super::{DbConnection, DbError};
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

/// A statement whose text is always the same.
pub(super) struct Constant<S>(pub S);

impl<S, DB: Backend> QueryFragment<DB> for Constant<S>
where
    S: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Found again by its text: an update has no static id.
impl<S> QueryId for Constant<S> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S, C> RunQueryDsl<C> for Constant<S> {}

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
        let statement = Constant(self);
        let changed = match connection.connection() {
            DbConnection::Postgres(inner) => statement.execute(inner),
            DbConnection::Sqlite(inner) => statement.execute(inner),
        };
        Ok(changed?)
    }
}

/// Inserts several rows of one table: `insert_rows!(tx, table, &rows)`.
macro_rules! insert_rows {
    ($tx:expr, $table:expr, $rows:expr) => {
        match $crate::db::dialect::Connected::connection($tx) {
            _ if $rows.is_empty() => Ok(()),
            $crate::db::DbConnection::Postgres(inner) => {
                $crate::db::prepared::Constant(diesel::insert_into($table).values($rows))
                    .execute(inner)
                    .map(|_| ())
            }
            $crate::db::DbConnection::Sqlite(inner) => $rows
                .iter()
                .try_for_each(|row| diesel::insert_into($table).values(row).execute(inner).map(|_| ())),
        }
    };
}
pub(super) use insert_rows;
