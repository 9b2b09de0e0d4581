//! From rows to values of the domain and back. A value that does not fit is [`DbError::Corrupt`], never a
//! default.

use super::error::DbError;
use crate::domain::record::Meta;
use chrono::{DateTime, NaiveDateTime, Utc};
use std::str::FromStr;

/// Reads an id or a word out of a text column.
///
/// # Errors
/// [`DbError::Corrupt`] with the place.
pub fn parse<T: FromStr>(table: &'static str, column: &'static str, text: &str) -> Result<T, DbError> {
    text.parse().map_err(|_| DbError::Corrupt { table, column })
}

/// The same for a column that may be empty.
///
/// # Errors
/// [`DbError::Corrupt`] with the place.
pub fn parse_optional<T: FromStr>(
    table: &'static str,
    column: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, DbError> {
    text.map(|text| parse(table, column, text)).transpose()
}

/// Reads a JSON document out of a text column.
///
/// # Errors
/// [`DbError::Corrupt`] with the place.
pub fn parse_json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    text: &str,
) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Corrupt { table, column })
}

/// Writes a JSON document for a text column.
///
/// # Errors
/// The value cannot be written as JSON, which is a mistake in the program.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::Other(error.to_string()))
}

/// Instants are stored in UTC.
pub fn utc(stored: NaiveDateTime) -> DateTime<Utc> {
    stored.and_utc()
}

/// The same for a column that may be empty.
pub fn utc_optional(stored: Option<NaiveDateTime>) -> Option<DateTime<Utc>> {
    stored.map(utc)
}

/// The version and the dates of a row.
pub fn meta(version: i64, created_at: NaiveDateTime, updated_at: NaiveDateTime) -> Meta {
    Meta {
        version,
        created_at: utc(created_at),
        updated_at: utc(updated_at),
    }
}

/// Reads the number of rows that a guarded update changed: none means that somebody else was first.
///
/// # Errors
/// [`DbError::Stale`].
pub const fn guarded(changed: usize) -> Result<(), DbError> {
    if changed == 1 { Ok(()) } else { Err(DbError::Stale) }
}
