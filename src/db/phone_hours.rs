//! The hours at which units answer their telephones.

use super::prepared::ExecutePrepared;
use super::schema::unit_phone_hours as table;
use super::types::{parse, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::UnitId;
use crate::domain::unit::PhoneHours;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
struct Row {
    unit_id: String,
    valid_from: NaiveDate,
    hours: String,
    created_at: NaiveDateTime,
}

impl TryFrom<Row> for PhoneHours {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            unit_id: parse("unit_phone_hours", "unit_id", &row.unit_id)?,
            valid_from: row.valid_from,
            hours: row.hours,
            created_at: utc(row.created_at),
        })
    }
}

/// Those of a unit, the newest first.
pub fn of_unit(connection: &mut DbConnection, unit: UnitId, limit: i64) -> Result<Vec<PhoneHours>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::unit_id.eq(unit.to_string()))
        .order(table::valid_from.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(PhoneHours::try_from).collect()
}

/// Those that count from exactly this day.
pub fn find(
    connection: &mut DbConnection,
    unit: UnitId,
    valid_from: NaiveDate,
) -> Result<Option<PhoneHours>, DbError> {
    let row: Option<Row> = table::table
        .find((unit.to_string(), valid_from))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(PhoneHours::try_from).transpose()
}

/// Stores them, in place of what was to count from the same day.
pub fn store(tx: &mut Tx<'_>, hours: &PhoneHours) -> Result<(), DbError> {
    let same_day = table::table.find((hours.unit_id.to_string(), hours.valid_from));
    diesel::delete(same_day).execute_prepared(tx)?;
    let row = Row {
        unit_id: hours.unit_id.to_string(),
        valid_from: hours.valid_from,
        hours: hours.hours.clone(),
        created_at: hours.created_at.naive_utc(),
    };
    diesel::insert_into(table::table).values(row).execute(&mut **tx)?;
    Ok(())
}
