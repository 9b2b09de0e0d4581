//! The only place where the two databases are told apart in a query.
//!
//! The derived multi-connection knows neither `ON CONFLICT` nor batch inserts, so these match on the inner
//! connection and expand the same body for both.

use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{EmploymentId, LegalEntityId};
use diesel::prelude::*;
use diesel::sql_types::Text;

/// Whatever a query can be sent through.
pub trait Connected {
    /// The connection.
    fn connection(&mut self) -> &mut DbConnection;
}

impl Connected for DbConnection {
    fn connection(&mut self) -> &mut DbConnection {
        self
    }
}

impl Connected for Tx<'_> {
    fn connection(&mut self) -> &mut DbConnection {
        self
    }
}

/// Expands one query for whichever database the connection goes to.
#[macro_export]
macro_rules! on_both {
    ($connection:expr, |$inner:ident| $body:expr) => {
        match $crate::db::dialect::Connected::connection($connection) {
            $crate::db::DbConnection::Postgres($inner) => $body,
            $crate::db::DbConnection::Sqlite($inner) => $body,
        }
    };
}

/// A row that other rows hang on. Who decides about those rows takes it first.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    /// What an employment has: a hand-out must not slip past a termination that is being made.
    Employment(EmploymentId),
    /// The tree of units: two moves that are right alone can make a loop together.
    LegalEntity(LegalEntityId),
}

/// Waits for the row and keeps others from deciding about it until the transaction ends. They can read it,
/// and refer to it. SQLite has one writer at a time, who has everything already.
pub fn lock(tx: &mut Tx<'_>, anchor: Anchor) -> Result<(), DbError> {
    let DbConnection::Postgres(connection) = &mut **tx else {
        return Ok(());
    };
    let (statement, id) = match anchor {
        Anchor::Employment(id) => (
            "SELECT 1 FROM employment WHERE id = $1 FOR NO KEY UPDATE",
            id.to_string(),
        ),
        Anchor::LegalEntity(id) => (
            "SELECT 1 FROM legal_entity WHERE id = $1 FOR NO KEY UPDATE",
            id.to_string(),
        ),
    };
    diesel::sql_query(statement)
        .bind::<Text, _>(id)
        .execute(connection)?;
    Ok(())
}

/// Runs one of two queries, for the few whose text has to differ.
#[macro_export]
macro_rules! on_each {
    ($connection:expr, postgres: |$postgres:ident| $first:expr, sqlite: |$sqlite:ident| $second:expr $(,)?) => {
        match $crate::db::dialect::Connected::connection($connection) {
            $crate::db::DbConnection::Postgres($postgres) => $first,
            $crate::db::DbConnection::Sqlite($sqlite) => $second,
        }
    };
}
