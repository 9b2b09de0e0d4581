//! The private addresses that holders get their receipts at: sealed, one for each case.

use super::prepared::ExecutePrepared;
use super::schema::private_address as table;
use super::types::utc;
use super::{DbConnection, DbError, Tx};
use crate::crypto::envelope::Sealed;
use crate::domain::ids::TerminationId;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

/// Keeps the address of a case, in place of an earlier one.
pub fn store(tx: &mut Tx<'_>, id: TerminationId, sealed: &Sealed) -> Result<(), DbError> {
    delete(tx, id)?;
    let now = tx.now().naive_utc();
    diesel::insert_into(table::table)
        .values((
            table::termination_id.eq(id.to_string()),
            table::sealed_kid.eq(&sealed.kid),
            table::sealed.eq(&sealed.bytes),
            table::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The address of a case, sealed.
pub fn find(connection: &mut DbConnection, id: TerminationId) -> Result<Option<Sealed>, DbError> {
    let found: Option<(String, Vec<u8>)> = table::table
        .find(id.to_string())
        .select((table::sealed_kid, table::sealed))
        .first(connection)
        .optional()?;
    Ok(found.map(|(kid, bytes)| Sealed { kid, bytes }))
}

/// Since when a case has one.
pub fn given_at(connection: &mut DbConnection, id: TerminationId) -> Result<Option<DateTime<Utc>>, DbError> {
    let found: Option<NaiveDateTime> = table::table
        .find(id.to_string())
        .select(table::created_at)
        .first(connection)
        .optional()?;
    Ok(found.map(utc))
}

/// Forgets the address of a case; says how many there were.
pub fn delete(tx: &mut Tx<'_>, id: TerminationId) -> Result<usize, DbError> {
    diesel::delete(table::table.find(id.to_string())).execute_prepared(tx)
}
