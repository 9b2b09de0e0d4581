//! Sealed codes, and the data keys that seal them: one for each termination. Destroying is forgetting the bytes.

use super::prepared::ExecutePrepared;
use super::schema::{audit_entry, code as table, data_key};
use super::types::{parse, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::crypto::envelope::Sealed;
use crate::domain::code::CodeRecord;
use crate::domain::ids::{CodeId, DataKeyId, ItemId, TerminationId};
use crate::domain::termination::CodeKind;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

#[derive(Queryable, Selectable)]
#[diesel(table_name = table)]
struct Row {
    id: String,
    termination_id: String,
    item_id: String,
    kind: String,
    data_key_id: String,
    reveals_left: i32,
    created_at: NaiveDateTime,
    revealed_at: Option<NaiveDateTime>,
    destroyed_at: Option<NaiveDateTime>,
}

impl TryFrom<Row> for CodeRecord {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("code", "id", &row.id)?,
            termination_id: parse("code", "termination_id", &row.termination_id)?,
            item_id: parse("code", "item_id", &row.item_id)?,
            kind: parse("code", "kind", &row.kind)?,
            data_key_id: parse("code", "data_key_id", &row.data_key_id)?,
            reveals_left: row.reveals_left,
            stored_at: utc(row.created_at),
            revealed_at: utc_optional(row.revealed_at),
            destroyed_at: utc_optional(row.destroyed_at),
        })
    }
}

/// The code with this id, without its value.
pub fn find(connection: &mut DbConnection, id: CodeId) -> Result<Option<CodeRecord>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(CodeRecord::try_from).transpose()
}

/// Every code that was ever stored in a termination, without values, in the order of storing.
pub fn of_termination(connection: &mut DbConnection, id: TerminationId) -> Result<Vec<CodeRecord>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(CodeRecord::try_from).collect()
}

/// The sealed value, unless it was destroyed.
pub fn sealed(connection: &mut DbConnection, id: CodeId) -> Result<Option<Vec<u8>>, DbError> {
    Ok(table::table
        .find(id.to_string())
        .select(table::sealed)
        .first(connection)?)
}

/// Stores a code.
pub fn insert(tx: &mut Tx<'_>, record: &CodeRecord, sealed: &[u8]) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values((
            table::id.eq(record.id.to_string()),
            table::termination_id.eq(record.termination_id.to_string()),
            table::item_id.eq(record.item_id.to_string()),
            table::kind.eq(record.kind.as_str()),
            table::data_key_id.eq(record.data_key_id.to_string()),
            table::sealed.eq(Some(sealed)),
            table::reveals_left.eq(record.reveals_left),
            table::created_at.eq(record.stored_at.naive_utc()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes one of the times that a code may be read. False if none is left, also when others try at the same time.
pub fn take_reveal(tx: &mut Tx<'_>, id: CodeId) -> Result<bool, DbError> {
    let now = tx.now().naive_utc();
    let taken = diesel::update(table::table.find(id.to_string()))
        .filter(table::destroyed_at.is_null())
        .filter(table::reveals_left.gt(0))
        .set((
            table::reveals_left.eq(table::reveals_left - 1),
            table::revealed_at.eq(Some(now)),
        ))
        .execute_prepared(tx)?;
    Ok(taken == 1)
}

/// Destroys what is stored of one kind of code of an item; says how many values that were.
pub fn destroy_kind(tx: &mut Tx<'_>, item: ItemId, kind: CodeKind) -> Result<usize, DbError> {
    let now = tx.now().naive_utc();
    diesel::update(table::table)
        .filter(table::item_id.eq(item.to_string()))
        .filter(table::kind.eq(kind.as_str()))
        .filter(table::destroyed_at.is_null())
        .set((
            table::sealed.eq(None::<Vec<u8>>),
            table::destroyed_at.eq(Some(now)),
        ))
        .execute_prepared(tx)
}

/// Destroys every code of an item; says how many values that were.
pub fn destroy_of_item(tx: &mut Tx<'_>, item: ItemId) -> Result<usize, DbError> {
    let now = tx.now().naive_utc();
    diesel::update(table::table)
        .filter(table::item_id.eq(item.to_string()))
        .filter(table::destroyed_at.is_null())
        .set((
            table::sealed.eq(None::<Vec<u8>>),
            table::destroyed_at.eq(Some(now)),
        ))
        .execute_prepared(tx)
}

/// Destroys every code of a termination; says how many values that were.
pub fn destroy_of_termination(tx: &mut Tx<'_>, id: TerminationId) -> Result<usize, DbError> {
    let now = tx.now().naive_utc();
    diesel::update(table::table)
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::destroyed_at.is_null())
        .set((
            table::sealed.eq(None::<Vec<u8>>),
            table::destroyed_at.eq(Some(now)),
        ))
        .execute_prepared(tx)
}

/// Whether any code of a termination can still be opened.
pub fn any_left(connection: &mut DbConnection, id: TerminationId) -> Result<bool, DbError> {
    let left: i64 = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::destroyed_at.is_null())
        .count()
        .get_result(connection)?;
    Ok(left > 0)
}

/// The data key in use of a termination, wrapped.
pub fn active_key(
    connection: &mut DbConnection,
    id: TerminationId,
) -> Result<Option<(DataKeyId, Sealed)>, DbError> {
    let row: Option<(String, String, Option<Vec<u8>>)> = data_key::table
        .filter(data_key::termination_id.eq(id.to_string()))
        .filter(data_key::destroyed_at.is_null())
        .select((data_key::id, data_key::kid, data_key::wrapped))
        .first(connection)
        .optional()?;
    let Some((id, kid, wrapped)) = row else {
        return Ok(None);
    };
    let bytes = wrapped.ok_or(DbError::Corrupt {
        table: "data_key",
        column: "wrapped",
    })?;
    Ok(Some((parse("data_key", "id", &id)?, Sealed { kid, bytes })))
}

/// Stores a new wrapped data key.
pub fn insert_key(
    tx: &mut Tx<'_>,
    id: DataKeyId,
    termination: TerminationId,
    wrapped: &Sealed,
) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    diesel::insert_into(data_key::table)
        .values((
            data_key::id.eq(id.to_string()),
            data_key::termination_id.eq(termination.to_string()),
            data_key::kid.eq(&wrapped.kid),
            data_key::wrapped.eq(Some(&wrapped.bytes)),
            data_key::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Destroys the data key of a termination: what it sealed can never be opened again.
pub fn destroy_key(tx: &mut Tx<'_>, termination: TerminationId) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    diesel::update(data_key::table)
        .filter(data_key::termination_id.eq(termination.to_string()))
        .filter(data_key::destroyed_at.is_null())
        .set((
            data_key::wrapped.eq(None::<Vec<u8>>),
            data_key::destroyed_at.eq(Some(now)),
        ))
        .execute_prepared(tx)?;
    Ok(())
}

/// When the present actor did this since then, the oldest first. Ids rise with time, so only the entries since then
/// are looked at.
pub fn acts_since(
    tx: &mut Tx<'_>,
    action: &str,
    since: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, DbError> {
    let millis = u64::try_from(since.timestamp_millis()).unwrap_or(0);
    let lowest = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    let lowest: Uuid = lowest;
    let stamp = tx.stamp();
    let found: Vec<NaiveDateTime> = audit_entry::table
        .filter(audit_entry::id.ge(lowest.to_string()))
        .filter(audit_entry::action.eq(action))
        .filter(audit_entry::actor_kind.eq(stamp.actor.kind()))
        .filter(audit_entry::actor_id.eq(stamp.actor.id()))
        .order(audit_entry::id)
        .select(audit_entry::at)
        .load(&mut **tx)?;
    Ok(found.into_iter().map(utc).filter(|at| *at > since).collect())
}
