//! The addresses of people that mail does not reach.

use super::schema::unreachable_address as table;
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::PersonId;
use crate::domain::text::EmailAddress;
use diesel::prelude::*;

/// Whether mail to this person at this address came back. Another address of the same person is another matter.
pub fn is_marked(
    connection: &mut DbConnection,
    person: PersonId,
    email: &EmailAddress,
) -> Result<bool, DbError> {
    let marked: Option<String> = table::table
        .find(person.to_string())
        .select(table::email)
        .first(connection)
        .optional()?;
    Ok(marked.is_some_and(|marked| marked.eq_ignore_ascii_case(email.as_str())))
}

/// Mail to this person at this address came back.
pub fn mark(tx: &mut Tx<'_>, person: PersonId, email: &EmailAddress) -> Result<(), DbError> {
    clear(tx, person)?;
    let row = (
        table::person_id.eq(person.to_string()),
        table::email.eq(email.as_str()),
        table::since.eq(tx.now().naive_utc()),
    );
    diesel::insert_into(table::table).values(row).execute(&mut **tx)?;
    Ok(())
}

/// The address is to be tried again; says whether it was marked.
pub fn clear(tx: &mut Tx<'_>, person: PersonId) -> Result<bool, DbError> {
    let marked = table::table.find(person.to_string());
    Ok(diesel::delete(marked).execute(&mut **tx)? > 0)
}
