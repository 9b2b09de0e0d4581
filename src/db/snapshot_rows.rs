//! The rows of snapshots, from their arrival until they are applied or discarded.

use super::schema::{snapshot, snapshot_row as table};
use super::types::parse;
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::SnapshotId;
use crate::domain::snapshot::RowEnd;
use crate::on_both;
use chrono::NaiveDate;
use diesel::prelude::*;

/// One row of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedRow {
    /// Its place in the file, from 0.
    pub position: i32,
    /// The source's id of the employment.
    pub external_id: String,
    /// SHA-256 of the content of the document, in hex.
    pub content_hash: String,
    /// What it says about the end.
    pub end: RowEnd,
    /// The document without a sequence, in JSON.
    pub document: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    snapshot_id: String,
    position: i32,
    external_id: String,
    content_hash: String,
    end_on: Option<NaiveDate>,
    is_void: bool,
    document: String,
}

impl From<Row> for StagedRow {
    fn from(row: Row) -> Self {
        Self {
            position: row.position,
            external_id: row.external_id,
            content_hash: row.content_hash,
            end: RowEnd {
                end_on: row.end_on,
                is_void: row.is_void,
            },
            document: row.document,
        }
    }
}

/// Keeps some rows of a snapshot.
pub fn insert<'r>(
    tx: &mut Tx<'_>,
    id: SnapshotId,
    rows: impl Iterator<Item = &'r StagedRow>,
) -> Result<(), DbError> {
    let id = id.to_string();
    let rows: Vec<Row> = rows
        .map(|row| Row {
            snapshot_id: id.clone(),
            position: row.position,
            external_id: row.external_id.clone(),
            content_hash: row.content_hash.clone(),
            end_on: row.end.end_on,
            is_void: row.end.is_void,
            document: row.document.clone(),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    on_both!(tx, |inner| diesel::insert_into(table::table)
        .values(&rows)
        .execute(inner))?;
    Ok(())
}

/// The next rows of a snapshot, in the order of the file, from this place on.
pub fn next(
    connection: &mut DbConnection,
    id: SnapshotId,
    from: i32,
    limit: i64,
) -> Result<Vec<StagedRow>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::snapshot_id.eq(id.to_string()))
        .filter(table::position.ge(from))
        .order(table::position)
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(StagedRow::from).collect())
}

/// Discards these rows.
pub fn delete(tx: &mut Tx<'_>, id: SnapshotId, positions: &[i32]) -> Result<(), DbError> {
    let rows = table::table
        .filter(table::snapshot_id.eq(id.to_string()))
        .filter(table::position.eq_any(positions));
    diesel::delete(rows).execute(&mut **tx)?;
    Ok(())
}

/// Discards up to `limit` rows of a snapshot; says how many there were.
pub fn discard(tx: &mut Tx<'_>, id: SnapshotId, limit: i64) -> Result<usize, DbError> {
    let positions: Vec<i32> = table::table
        .filter(table::snapshot_id.eq(id.to_string()))
        .order(table::position)
        .limit(limit)
        .select(table::position)
        .load(&mut **tx)?;
    delete(tx, id, &positions)?;
    Ok(positions.len())
}

/// A snapshot with an id before this one whose rows are here although nobody waits for them: it never came about, or it
/// was decided against.
pub fn left_behind(connection: &mut DbConnection, before: SnapshotId) -> Result<Option<SnapshotId>, DbError> {
    let waiting: Vec<String> = snapshot::table
        .filter(snapshot::state.eq_any(["held", "applying"]))
        .select(snapshot::id)
        .load(connection)?;
    let id: Option<String> = table::table
        .filter(table::snapshot_id.lt(before.to_string()))
        .filter(table::snapshot_id.ne_all(waiting))
        .order((table::snapshot_id, table::position))
        .select(table::snapshot_id)
        .first(connection)
        .optional()?;
    id.map(|id| parse("snapshot_row", "snapshot_id", &id)).transpose()
}
