//! Numbers that were freed, the latest time that each was.

use super::prepared::ExecutePrepared;
use super::schema::number_quarantine as table;
use super::types::parse;
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::PersonId;
use crate::domain::subscription::Quarantine;
use crate::domain::text::PhoneNumber;
use chrono::NaiveDate;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
struct Row {
    number: String,
    person_id: String,
    freed_on: NaiveDate,
    until_on: NaiveDate,
}

impl From<&Quarantine> for Row {
    fn from(quarantine: &Quarantine) -> Self {
        Self {
            number: quarantine.number.as_str().to_owned(),
            person_id: quarantine.person_id.to_string(),
            freed_on: quarantine.freed_on,
            until_on: quarantine.until,
        }
    }
}

impl TryFrom<Row> for Quarantine {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            number: parse("number_quarantine", "number", &row.number)?,
            person_id: parse("number_quarantine", "person_id", &row.person_id)?,
            freed_on: row.freed_on,
            until: row.until_on,
        })
    }
}

/// What is known of this number.
pub fn find(connection: &mut DbConnection, number: &PhoneNumber) -> Result<Option<Quarantine>, DbError> {
    let row: Option<Row> = table::table
        .find(number.as_str().to_owned())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Quarantine::try_from).transpose()
}

/// Which of these numbers are kept today.
pub fn kept_of(
    connection: &mut DbConnection,
    numbers: &[PhoneNumber],
    today: NaiveDate,
) -> Result<Vec<Quarantine>, DbError> {
    let words: Vec<String> = numbers.iter().map(|number| number.as_str().to_owned()).collect();
    let rows: Vec<Row> = table::table
        .filter(table::number.eq_any(words))
        .filter(table::until_on.ge(today))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Quarantine::try_from).collect()
}

/// The numbers that this person had.
pub fn of_person(connection: &mut DbConnection, person: PersonId) -> Result<Vec<PhoneNumber>, DbError> {
    let numbers: Vec<String> = table::table
        .filter(table::person_id.eq(person.to_string()))
        .order(table::number)
        .select(table::number)
        .load(connection)?;
    numbers
        .iter()
        .map(|number| parse("number_quarantine", "number", number))
        .collect()
}

/// Two people are one: the number was had by the other, if it still counts as this one's.
pub fn give(tx: &mut Tx<'_>, number: &PhoneNumber, (from, to): (PersonId, PersonId)) -> Result<(), DbError> {
    diesel::update(table::table.find(number.as_str().to_owned()))
        .filter(table::person_id.eq(from.to_string()))
        .set(table::person_id.eq(to.to_string()))
        .execute_prepared(tx)?;
    Ok(())
}

/// Keeps the number, in place of what was known of it.
pub fn store(tx: &mut Tx<'_>, quarantine: &Quarantine) -> Result<(), DbError> {
    diesel::delete(table::table.find(quarantine.number.as_str().to_owned())).execute_prepared(tx)?;
    diesel::insert_into(table::table)
        .values(Row::from(quarantine))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets what is over; says how many there were.
pub fn purge(tx: &mut Tx<'_>, today: NaiveDate) -> Result<usize, DbError> {
    diesel::delete(table::table.filter(table::until_on.lt(today))).execute_prepared(tx)
}
