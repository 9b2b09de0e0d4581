//! Sources of employment documents.

use super::schema::source as table;
use super::types::{guarded, meta, parse};
use super::{DbConnection, DbError, Tx};
use crate::domain::source::{Limit, Source, SourceSettings};
use crate::domain::text::SourceName;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub(super) struct Row {
    name: String,
    kind: String,
    label: String,
    legal_entity_id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    time_zone: String,
    ordering: String,
    open_end_dates: String,
    max_row_drop_percent: i32,
    max_row_drop: i32,
    max_new_ends_percent: i32,
    max_new_ends: i32,
}

impl From<&Source> for Row {
    fn from(source: &Source) -> Self {
        let settings = &source.settings;
        let open_ends: Vec<String> = settings.open_end_dates.iter().map(NaiveDate::to_string).collect();
        Self {
            name: source.name.as_str().to_owned(),
            kind: source.kind.as_str().to_owned(),
            label: source.label.clone(),
            legal_entity_id: source.legal_entity_id.to_string(),
            version: source.meta.version,
            created_at: source.meta.created_at.naive_utc(),
            updated_at: source.meta.updated_at.naive_utc(),
            time_zone: settings.time_zone.name().to_owned(),
            ordering: settings.ordering.as_str().to_owned(),
            open_end_dates: open_ends.join(","),
            max_row_drop_percent: settings.row_drop.percent,
            max_row_drop: settings.row_drop.count,
            max_new_ends_percent: settings.new_ends.percent,
            max_new_ends: settings.new_ends.count,
        }
    }
}

impl TryFrom<Row> for Source {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            name: parse("source", "name", &row.name)?,
            kind: parse("source", "kind", &row.kind)?,
            label: row.label,
            legal_entity_id: parse("source", "legal_entity_id", &row.legal_entity_id)?,
            settings: SourceSettings {
                time_zone: parse("source", "time_zone", &row.time_zone)?,
                ordering: parse("source", "ordering", &row.ordering)?,
                open_end_dates: row
                    .open_end_dates
                    .split(',')
                    .filter(|day| !day.is_empty())
                    .map(|day| parse("source", "open_end_dates", day))
                    .collect::<Result<_, _>>()?,
                row_drop: Limit {
                    percent: row.max_row_drop_percent,
                    count: row.max_row_drop,
                },
                new_ends: Limit {
                    percent: row.max_new_ends_percent,
                    count: row.max_new_ends,
                },
            },
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// The source of this name.
pub fn find(connection: &mut DbConnection, name: &SourceName) -> Result<Option<Source>, DbError> {
    let row: Option<Row> = table::table
        .find(name.as_str())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Source::try_from).transpose()
}

/// All sources, by name: there are a handful.
pub fn list(connection: &mut DbConnection) -> Result<Vec<Source>, DbError> {
    let rows: Vec<Row> = table::table
        .order(table::name)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Source::try_from).collect()
}

/// Stores a new source.
pub fn insert(tx: &mut Tx<'_>, source: &Source) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(source))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed source, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, source: &Source) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(source.name.as_str()))
        .filter(table::version.eq(source.meta.version - 1))
        .set(Row::from(source))
        .execute(&mut **tx)?;
    guarded(changed)
}
