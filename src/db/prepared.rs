//! Updates that are prepared once for each connection.
//!
//! Diesel prepares every `UPDATE` anew, because a changeset that leaves out what is `None` can make any number
//! of statements. Ours always set the same columns, so there is one statement for each place that updates.
//! Preparing is a large part of what a short statement costs on either database.

use super::dialect::Connected;
use super::{DbConnection, DbError};
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

/// A statement whose text is always the same.
struct Constant<S>(S);

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

/// Runs an update as a prepared statement.
pub(super) trait ExecutePrepared: Sized {
    /// Runs the update, which sets the same columns each time, and says how many rows it changed.
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
