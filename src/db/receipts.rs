//! Which receipts were issued: the code of each, and whether a newer one took its place. What a receipt says is read
//! from the case.

use super::prepared::ExecutePrepared;
use super::schema::receipt as table;
use super::types::{parse, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::TerminationId;
use crate::domain::verification_code::VerificationCode;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

/// A receipt as its code finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// When it was issued.
    pub at: DateTime<Utc>,
    /// Since when it counts no more.
    pub replaced_at: Option<DateTime<Utc>>,
}

/// Notes that a receipt with this code is issued now.
pub fn insert(tx: &mut Tx<'_>, code: &VerificationCode, id: TerminationId) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    diesel::insert_into(table::table)
        .values((
            table::code.eq(code.letters()),
            table::termination_id.eq(id.to_string()),
            table::issued_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The current receipt of the case, if there is one, counts no more.
pub fn replace(tx: &mut Tx<'_>, id: TerminationId) -> Result<usize, DbError> {
    let now = tx.now().naive_utc();
    diesel::update(table::table)
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::replaced_at.is_null())
        .set(table::replaced_at.eq(Some(now)))
        .execute_prepared(tx)
}

/// The code of the receipt of a case that counts.
pub fn current(
    connection: &mut DbConnection,
    id: TerminationId,
) -> Result<Option<VerificationCode>, DbError> {
    let code: Option<String> = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::replaced_at.is_null())
        .select(table::code)
        .first(connection)
        .optional()?;
    code.map(|code| parse("receipt", "code", &code)).transpose()
}

/// The receipt with this code.
pub fn find(connection: &mut DbConnection, code: &VerificationCode) -> Result<Option<Issued>, DbError> {
    let found: Option<(NaiveDateTime, Option<NaiveDateTime>)> = table::table
        .find(code.letters())
        .select((table::issued_at, table::replaced_at))
        .first(connection)
        .optional()?;
    Ok(found.map(|(at, replaced_at)| Issued {
        at: utc(at),
        replaced_at: replaced_at.map(utc),
    }))
}
