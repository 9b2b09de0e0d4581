//! Notes about terminations. Rows are added and never changed.

use super::keyset::{keyset_rows, page_of};
use super::schema::termination_note as table;
use super::types::{parse, parse_optional, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::TerminationId;
use crate::domain::note::TerminationNote;
use crate::domain::page::{Page, PageRequest};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    termination_id: String,
    item_id: Option<String>,
    kind: String,
    day: Option<NaiveDate>,
    text: Option<String>,
    actor_kind: String,
    actor_id: String,
    created_at: NaiveDateTime,
}

impl From<&TerminationNote> for Row {
    fn from(note: &TerminationNote) -> Self {
        Self {
            id: note.id.to_string(),
            termination_id: note.termination_id.to_string(),
            item_id: note.item_id.map(|id| id.to_string()),
            kind: note.kind.as_str().to_owned(),
            day: note.day,
            text: note.text.clone(),
            actor_kind: note.actor_kind.clone(),
            actor_id: note.actor_id.clone(),
            created_at: note.created_at.naive_utc(),
        }
    }
}

impl TryFrom<Row> for TerminationNote {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("termination_note", "id", &row.id)?,
            termination_id: parse("termination_note", "termination_id", &row.termination_id)?,
            item_id: parse_optional("termination_note", "item_id", row.item_id.as_deref())?,
            kind: parse("termination_note", "kind", &row.kind)?,
            day: row.day,
            text: row.text,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            created_at: utc(row.created_at),
        })
    }
}

/// One page of the notes about a termination, the oldest first.
pub fn list(
    connection: &mut DbConnection,
    id: TerminationId,
    page: PageRequest,
) -> Result<Page<TerminationNote>, DbError> {
    let query = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .into_boxed();
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |note: &TerminationNote| note.id.into())
}

/// Keeps a note.
pub fn insert(tx: &mut Tx<'_>, note: &TerminationNote) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(note))
        .execute(&mut **tx)?;
    Ok(())
}
