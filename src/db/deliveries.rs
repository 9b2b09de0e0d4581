//! The delivery log: every try to hand a message over, and every report that it came back. Rows are added and never
//! changed.

use super::schema::message_delivery as table;
use super::types::{parse, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::MessageId;
use crate::domain::message::DeliveryNote;
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    message_id: String,
    at: NaiveDateTime,
    outcome: String,
    reply: Option<String>,
}

impl TryFrom<Row> for DeliveryNote {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("message_delivery", "id", &row.id)?,
            message_id: parse("message_delivery", "message_id", &row.message_id)?,
            at: utc(row.at),
            outcome: parse("message_delivery", "outcome", &row.outcome)?,
            reply: row.reply,
        })
    }
}

/// Adds a line.
pub fn insert(tx: &mut Tx<'_>, note: &DeliveryNote) -> Result<(), DbError> {
    let row = Row {
        id: note.id.to_string(),
        message_id: note.message_id.to_string(),
        at: note.at.naive_utc(),
        outcome: note.outcome.as_str().to_owned(),
        reply: note.reply.clone(),
    };
    diesel::insert_into(table::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}

/// The newest lines of a message, the oldest of them first.
pub fn of_message(
    connection: &mut DbConnection,
    id: MessageId,
    limit: i64,
) -> Result<Vec<DeliveryNote>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::message_id.eq(id.to_string()))
        .order(table::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().rev().map(DeliveryNote::try_from).collect()
}
