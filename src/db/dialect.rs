//! The only place where the two databases are told apart in a query.
//!
//! The derived multi-connection knows neither `ON CONFLICT` nor batch inserts, so these match on the inner
//! connection and expand the same body for both.

use super::schema::{employment, legal_entity, person, snapshot, subscription, unit};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{EmploymentId, LegalEntityId, PersonId, SnapshotId, SubscriptionId, UnitId};
use diesel::prelude::*;

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
    /// What the sources call a person: an employment must not begin to refer to what is being taken away.
    Person(PersonId),
    /// What a subscription has: nothing is added to one that ends meanwhile.
    Subscription(SubscriptionId),
    /// The rows of a snapshot: two workers must not apply the same ones.
    Snapshot(SnapshotId),
    /// Who works in a unit: an employment must not begin to refer to one that becomes part of another.
    Unit(UnitId),
}

/// Waits for the row and keeps others from deciding about it until the transaction ends. They can read it,
/// and refer to it, but for a person and a unit, which new rows cannot refer to meanwhile. SQLite has one writer at a
/// time, who has everything already.
pub fn lock(tx: &mut Tx<'_>, anchor: Anchor) -> Result<(), DbError> {
    let DbConnection::Postgres(connection) = &mut **tx else {
        return Ok(());
    };
    let found: Option<String> = match anchor {
        Anchor::Employment(id) => employment::table
            .find(id.to_string())
            .select(employment::id)
            .for_no_key_update()
            .first(connection),
        Anchor::LegalEntity(id) => legal_entity::table
            .find(id.to_string())
            .select(legal_entity::id)
            .for_no_key_update()
            .first(connection),
        Anchor::Person(id) => person::table
            .find(id.to_string())
            .select(person::id)
            .for_update()
            .first(connection),
        Anchor::Subscription(id) => subscription::table
            .find(id.to_string())
            .select(subscription::id)
            .for_no_key_update()
            .first(connection),
        Anchor::Snapshot(id) => snapshot::table
            .find(id.to_string())
            .select(snapshot::id)
            .for_no_key_update()
            .first(connection),
        Anchor::Unit(id) => unit::table
            .find(id.to_string())
            .select(unit::id)
            .for_update()
            .first(connection),
    }
    .optional()?;
    // A row that is not there keeps nobody out, and nothing can hang on it.
    drop(found);
    Ok(())
}

/// Waits for whoever changes an employment in the unit, and keeps others from doing so until the transaction ends.
pub fn lock_employments(tx: &mut Tx<'_>, id: UnitId) -> Result<(), DbError> {
    let DbConnection::Postgres(connection) = &mut **tx else {
        return Ok(());
    };
    // In one order, so that two who lock them do not wait for each other.
    let found: Vec<String> = employment::table
        .filter(employment::unit_id.eq(id.to_string()))
        .order(employment::id)
        .select(employment::id)
        .for_no_key_update()
        .load(connection)?;
    drop(found);
    Ok(())
}

/// Keeps a unit from becoming part of another until the transaction ends. The version that it has now; none where nobody
/// else can be writing.
pub fn keep(tx: &mut Tx<'_>, id: UnitId) -> Result<Option<i64>, DbError> {
    let DbConnection::Postgres(connection) = &mut **tx else {
        return Ok(None);
    };
    Ok(unit::table
        .find(id.to_string())
        .select(unit::version)
        .for_key_share()
        .first(connection)
        .optional()?)
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
