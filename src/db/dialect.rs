//! The only place where the two databases are told apart in a query.
//!
//! The derived multi-connection knows neither `ON CONFLICT` nor batch inserts, so these match on the inner
//! connection and expand the same body for both.

use super::{DbConnection, Tx};

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
