//! Documents that could not be applied.

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::unmatched as table;
use super::types::{guarded, meta, parse, parse_optional, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::UnmatchedId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::SourceName;
use crate::domain::unmatched::Unmatched;
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    source: String,
    external_id: String,
    snapshot: Option<String>,
    reason: String,
    document: String,
    content_hash: String,
    resolution: Option<String>,
    note: Option<String>,
    resolved_at: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl From<&Unmatched> for Row {
    fn from(unmatched: &Unmatched) -> Self {
        Self {
            id: unmatched.id.to_string(),
            source: unmatched.source.as_str().to_owned(),
            external_id: unmatched.external_id.as_str().to_owned(),
            snapshot: unmatched.snapshot.as_ref().map(|name| name.as_str().to_owned()),
            reason: unmatched.reason.as_str().to_owned(),
            document: unmatched.document.clone(),
            content_hash: unmatched.content_hash.clone(),
            resolution: unmatched.resolution.map(|word| word.as_str().to_owned()),
            note: unmatched.note.clone(),
            resolved_at: unmatched.resolved_at.map(|at| at.naive_utc()),
            version: unmatched.meta.version,
            created_at: unmatched.meta.created_at.naive_utc(),
            updated_at: unmatched.meta.updated_at.naive_utc(),
        }
    }
}

impl TryFrom<Row> for Unmatched {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("unmatched", "id", &row.id)?,
            source: parse("unmatched", "source", &row.source)?,
            external_id: parse("unmatched", "external_id", &row.external_id)?,
            snapshot: parse_optional("unmatched", "snapshot", row.snapshot.as_deref())?,
            reason: parse("unmatched", "reason", &row.reason)?,
            document: row.document,
            content_hash: row.content_hash,
            resolution: parse_optional("unmatched", "resolution", row.resolution.as_deref())?,
            note: row.note,
            resolved_at: utc_optional(row.resolved_at),
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which documents are asked for.
#[derive(Clone, Debug)]
pub struct UnmatchedFilter {
    /// Of this source.
    pub source: SourceName,
    /// Those that are decided, or those that wait.
    pub is_resolved: Option<bool>,
}

/// The document with this id.
pub fn find(connection: &mut DbConnection, id: UnmatchedId) -> Result<Option<Unmatched>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Unmatched::try_from).transpose()
}

/// One page of the documents of a source, the first delivered first.
pub fn list(
    connection: &mut DbConnection,
    filter: &UnmatchedFilter,
    page: PageRequest,
) -> Result<Page<Unmatched>, DbError> {
    let mut query = table::table
        .filter(table::source.eq(filter.source.as_str().to_owned()))
        .into_boxed();
    match filter.is_resolved {
        Some(true) => query = query.filter(table::resolved_at.is_not_null()),
        Some(false) => query = query.filter(table::resolved_at.is_null()),
        None => {}
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |unmatched: &Unmatched| unmatched.id.into())
}

/// Keeps a document; says whether it is new. One that waits already is kept once.
pub fn keep(tx: &mut Tx<'_>, unmatched: &Unmatched) -> Result<bool, DbError> {
    let waiting: i64 = table::table
        .filter(table::source.eq(unmatched.source.as_str()))
        .filter(table::external_id.eq(unmatched.external_id.as_str()))
        .filter(table::content_hash.eq(&unmatched.content_hash))
        .filter(table::reason.eq(unmatched.reason.as_str()))
        .filter(table::resolved_at.is_null())
        .count()
        .get_result(&mut **tx)?;
    if waiting > 0 {
        return Ok(false);
    }
    diesel::insert_into(table::table)
        .values(Row::from(unmatched))
        .execute(&mut **tx)?;
    Ok(true)
}

/// Stores what was decided, if nobody was first.
pub fn update(tx: &mut Tx<'_>, unmatched: &Unmatched) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(unmatched.id.to_string()))
        .filter(table::version.eq(unmatched.meta.version - 1))
        .set(Row::from(unmatched))
        .execute_prepared(tx)?;
    guarded(changed)
}
