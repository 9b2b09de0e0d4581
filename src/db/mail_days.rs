//! The mail that somebody is written to on a day. The key is the limit: of two that write to the same reader on the same
//! day at the same moment, one begins again and finds the day taken.

use super::prepared::ExecutePrepared;
use super::schema::mail_day as table;
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::MessageId;
use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;

#[derive(Insertable)]
#[diesel(table_name = table)]
struct Row<'a> {
    reader: &'a str,
    day: NaiveDate,
    message_id: String,
}

/// Whether the reader has a mail of that day.
pub fn is_taken(connection: &mut DbConnection, reader: &str, day: NaiveDate) -> Result<bool, DbError> {
    let taken = table::table.find((reader, day));
    Ok(diesel::select(exists(taken)).get_result(connection)?)
}

/// The message is the reader's mail of that day.
///
/// # Errors
/// A unique violation, if another mail is.
pub fn take(tx: &mut Tx<'_>, reader: &str, day: NaiveDate, message: MessageId) -> Result<(), DbError> {
    let row = Row {
        reader,
        day,
        message_id: message.to_string(),
    };
    diesel::insert_into(table::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}

/// The message did not leave: its reader may get another mail on that day.
pub fn free(tx: &mut Tx<'_>, message: MessageId) -> Result<(), DbError> {
    diesel::delete(table::table.filter(table::message_id.eq(message.to_string()))).execute_prepared(tx)?;
    Ok(())
}

/// Whether something is kept of days before that one.
pub fn has_before(connection: &mut DbConnection, day: NaiveDate) -> Result<bool, DbError> {
    let old = table::table.filter(table::day.lt(day));
    Ok(diesel::select(exists(old)).get_result(connection)?)
}

/// Forgets the days before that one.
pub fn purge(tx: &mut Tx<'_>, before: NaiveDate) -> Result<usize, DbError> {
    diesel::delete(table::table.filter(table::day.lt(before))).execute_prepared(tx)
}
