//! What the installation remembers about itself.

use super::schema::instance_setting as table;
use super::types::parse;
use super::{DbConnection, DbError, Tx};
use crate::on_both;
use crate::text_enum;
use diesel::prelude::*;
use uuid::Uuid;

text_enum! {
    /// What a database is for. Only a production database has real people in it.
    pub enum DatabasePurpose {
        /// Real work.
        Production = "production",
        /// Invented data to look at.
        Demo = "demo",
        /// A copy in which a schedule is rehearsed.
        Rehearsal = "rehearsal",
    }
}

const INSTALLATION: &str = "installation_id";
const PURPOSE: &str = "purpose";

/// The id of the installation, made once. Bound into what is sealed, so that a file moved from another
/// installation does not open.
pub fn installation_id(tx: &mut Tx<'_>) -> Result<Uuid, DbError> {
    if let Some(known) = get(tx, INSTALLATION)? {
        return parse("instance_setting", "value", &known);
    }
    let new: Uuid = tx.new_id();
    set_once(tx, INSTALLATION, &new.to_string())?;
    // Of two processes that start together, both use what the first one stored.
    let stored = get(tx, INSTALLATION)?.ok_or(DbError::NotFound)?;
    parse("instance_setting", "value", &stored)
}

/// The same, if it was made.
pub fn find_installation_id(connection: &mut DbConnection) -> Result<Option<Uuid>, DbError> {
    let known = get(connection, INSTALLATION)?;
    known
        .map(|known| parse("instance_setting", "value", &known))
        .transpose()
}

/// What the database is for; production until somebody said otherwise.
pub fn purpose(connection: &mut DbConnection) -> Result<DatabasePurpose, DbError> {
    match get(connection, PURPOSE)? {
        Some(word) => parse("instance_setting", "value", &word),
        None => Ok(DatabasePurpose::Production),
    }
}

/// Says what a new database is for. A database that has a purpose keeps it.
pub fn set_purpose(tx: &mut Tx<'_>, purpose: DatabasePurpose) -> Result<(), DbError> {
    set_once(tx, PURPOSE, purpose.as_str())
}

fn get(connection: &mut DbConnection, name: &str) -> Result<Option<String>, DbError> {
    Ok(table::table
        .find(name)
        .select(table::value)
        .first(connection)
        .optional()?)
}

fn set_once(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), DbError> {
    on_both!(tx, |inner| diesel::insert_into(table::table)
        .values((table::name.eq(name), table::value.eq(value)))
        .on_conflict(table::name)
        .do_nothing()
        .execute(inner))?;
    Ok(())
}
