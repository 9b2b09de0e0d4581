//! Records that two people turned out to be one.

use super::prepared::ExecutePrepared;
use super::schema::person_merge as table;
use super::types::{parse, parse_json, to_json, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{PersonId, PersonMergeId};
use crate::domain::person::PersonMerge;
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    person_id: String,
    merged_id: String,
    moved: String,
    merged_at: NaiveDateTime,
    undone_at: Option<NaiveDateTime>,
}

impl TryFrom<Row> for PersonMerge {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("person_merge", "id", &row.id)?,
            person_id: parse("person_merge", "person_id", &row.person_id)?,
            merged_id: parse("person_merge", "merged_id", &row.merged_id)?,
            moved: parse_json("person_merge", "moved", &row.moved)?,
            merged_at: utc(row.merged_at),
            undone_at: utc_optional(row.undone_at),
        })
    }
}

/// Stores a new one.
pub fn insert(tx: &mut Tx<'_>, merge: &PersonMerge) -> Result<(), DbError> {
    let row = Row {
        id: merge.id.to_string(),
        person_id: merge.person_id.to_string(),
        merged_id: merge.merged_id.to_string(),
        moved: to_json(&merge.moved)?,
        merged_at: merge.merged_at.naive_utc(),
        undone_at: None,
    };
    diesel::insert_into(table::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}

/// Marks one as undone, if nobody did meanwhile.
pub fn undo(tx: &mut Tx<'_>, id: PersonMergeId) -> Result<(), DbError> {
    let in_force = table::table
        .find(id.to_string())
        .filter(table::undone_at.is_null());
    let changed = diesel::update(in_force)
        .set(table::undone_at.eq(Some(tx.now().naive_utc())))
        .execute_prepared(tx)?;
    if changed == 1 { Ok(()) } else { Err(DbError::Stale) }
}

/// The one with this id.
pub fn find(connection: &mut DbConnection, id: PersonMergeId) -> Result<Option<PersonMerge>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(PersonMerge::try_from).transpose()
}

/// All in which a person took part, undone ones too, the first first.
pub fn of_person(connection: &mut DbConnection, person: PersonId) -> Result<Vec<PersonMerge>, DbError> {
    let person = person.to_string();
    let rows: Vec<Row> = table::table
        .filter(table::person_id.eq(&person).or(table::merged_id.eq(&person)))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(PersonMerge::try_from).collect()
}
