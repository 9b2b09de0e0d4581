//! Employments that the last complete snapshot left out although they go on.

use super::schema::missing_employment as table;
use super::types::{parse, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::EmploymentId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::{ExternalId, SourceName};
use crate::on_both;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

/// The most that are marked in one statement.
const CHUNK: usize = 500;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The employment.
    pub employment_id: EmploymentId,
    /// The source that left it out.
    pub source: SourceName,
    /// What the source calls it.
    pub external_id: ExternalId,
    /// The instant that the first complete snapshot without it shows.
    pub since: DateTime<Utc>,
    /// How many complete snapshots in a row have left it out.
    pub snapshots: i32,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    employment_id: String,
    source: String,
    external_id: String,
    since: NaiveDateTime,
    snapshots: i32,
}

impl TryFrom<Row> for Missing {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            employment_id: parse("missing_employment", "employment_id", &row.employment_id)?,
            source: parse("missing_employment", "source", &row.source)?,
            external_id: parse("missing_employment", "external_id", &row.external_id)?,
            since: utc(row.since),
            snapshots: row.snapshots,
        })
    }
}

/// What is known of an employment that is missing.
pub fn find(connection: &mut DbConnection, id: EmploymentId) -> Result<Option<Missing>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Missing::try_from).transpose()
}

/// All of a source: the ids of the employments and the source's ids of them.
pub fn of_source(
    connection: &mut DbConnection,
    source: &SourceName,
) -> Result<Vec<(EmploymentId, String)>, DbError> {
    let rows: Vec<(String, String)> = table::table
        .filter(table::source.eq(source.as_str()))
        .select((table::employment_id, table::external_id))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, external_id)| Ok((parse("missing_employment", "employment_id", &id)?, external_id)))
        .collect()
}

/// One page of those of a source.
pub fn list(
    connection: &mut DbConnection,
    source: &SourceName,
    page: PageRequest,
) -> Result<Page<Missing>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::source.eq(source.as_str()))
        .filter(table::employment_id.gt(page.lower_bound()))
        .order(table::employment_id)
        .limit(page.rows_to_read())
        .select(Row::as_select())
        .load(connection)?;
    let items = rows
        .into_iter()
        .map(Missing::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Page::from_rows(items, page, |missing| {
        missing.employment_id.into()
    }))
}

/// Marks employments that a complete snapshot of the instant left out. Those that were left out before keep the instant
/// of then.
pub fn mark(
    tx: &mut Tx<'_>,
    (source, since): (&SourceName, DateTime<Utc>),
    missing: &[(EmploymentId, String)],
) -> Result<(), DbError> {
    for chunk in missing.chunks(CHUNK) {
        let ids: Vec<String> = chunk.iter().map(|(id, _)| id.to_string()).collect();
        let marked = table::table.filter(table::employment_id.eq_any(&ids));
        let known: Vec<String> = marked.select(table::employment_id).load(&mut **tx)?;
        diesel::update(table::table.filter(table::employment_id.eq_any(&ids)))
            .set(table::snapshots.eq(table::snapshots + 1))
            .execute(&mut **tx)?;
        let rows: Vec<Row> = chunk
            .iter()
            .map(|(id, external_id)| (id.to_string(), external_id))
            .filter(|(id, _)| !known.contains(id))
            .map(|(employment_id, external_id)| Row {
                employment_id,
                source: source.as_str().to_owned(),
                external_id: external_id.clone(),
                since: since.naive_utc(),
                snapshots: 1,
            })
            .collect();
        if !rows.is_empty() {
            on_both!(tx, |inner| diesel::insert_into(table::table)
                .values(&rows)
                .execute(inner))?;
        }
    }
    Ok(())
}

/// Takes the mark from employments that are back or are over.
pub fn clear(tx: &mut Tx<'_>, ids: &[EmploymentId]) -> Result<(), DbError> {
    for chunk in ids.chunks(CHUNK) {
        let ids: Vec<String> = chunk.iter().map(EmploymentId::to_string).collect();
        diesel::delete(table::table.filter(table::employment_id.eq_any(&ids))).execute(&mut **tx)?;
    }
    Ok(())
}
