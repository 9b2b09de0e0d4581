//! Which receipts were issued: the code of each, what it says, and whether a newer one took its place.

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

/// The receipt of a case that counts.
#[derive(Clone)]
pub struct Current {
    /// Its code.
    pub code: VerificationCode,
    /// What it says, as JSON. None if it was issued before facts were kept, and they are not frozen yet.
    pub facts: Option<String>,
}

/// Notes that a receipt with this code is issued now, and what it says.
pub fn insert(
    tx: &mut Tx<'_>,
    code: &VerificationCode,
    id: TerminationId,
    facts: &str,
) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    diesel::insert_into(table::table)
        .values((
            table::code.eq(code.letters()),
            table::termination_id.eq(id.to_string()),
            table::issued_at.eq(now),
            table::facts.eq(Some(facts)),
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

/// The receipt of a case that counts.
pub fn current(connection: &mut DbConnection, id: TerminationId) -> Result<Option<Current>, DbError> {
    let found: Option<(String, Option<String>)> = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::replaced_at.is_null())
        .select((table::code, table::facts))
        .first(connection)
        .optional()?;
    let Some((code, facts)) = found else {
        return Ok(None);
    };
    Ok(Some(Current {
        code: parse("receipt", "code", &code)?,
        facts,
    }))
}

/// Cases whose receipt counts and has no facts.
pub fn without_facts(connection: &mut DbConnection, limit: i64) -> Result<Vec<TerminationId>, DbError> {
    let found: Vec<String> = table::table
        .filter(table::facts.is_null())
        .filter(table::replaced_at.is_null())
        .order(table::termination_id)
        .limit(limit)
        .select(table::termination_id)
        .load(connection)?;
    found
        .iter()
        .map(|id| parse("receipt", "termination_id", id))
        .collect()
}

/// Keeps what the receipt of a case that counts says, if nothing is kept yet.
pub fn set_facts(tx: &mut Tx<'_>, id: TerminationId, facts: &str) -> Result<usize, DbError> {
    diesel::update(table::table)
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::replaced_at.is_null())
        .filter(table::facts.is_null())
        .set(table::facts.eq(Some(facts)))
        .execute_prepared(tx)
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
