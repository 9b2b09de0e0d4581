//! What holders say about the items of their cases.

use super::prepared::ExecutePrepared;
use super::schema::{holder_statement as table, termination_item};
use super::types::{parse, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::holder_statement::{HolderAnswer, HolderStatement, HolderTopic};
use crate::domain::ids::{ActionLinkId, ItemId, TerminationId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// What was said last of each topic of a case.
pub fn of_termination(
    connection: &mut DbConnection,
    id: TerminationId,
) -> Result<Vec<HolderStatement>, DbError> {
    let rows: Vec<(String, String, String, NaiveDateTime)> = table::table
        .inner_join(termination_item::table.on(termination_item::id.eq(table::item_id)))
        .filter(termination_item::termination_id.eq(id.to_string()))
        .order((termination_item::position, table::topic))
        .select((table::item_id, table::topic, table::answer, table::stated_at))
        .load(connection)?;
    rows.into_iter()
        .map(|(item, topic, answer, at)| {
            Ok(HolderStatement {
                item: parse("holder_statement", "item_id", &item)?,
                topic: parse("holder_statement", "topic", &topic)?,
                answer: HolderAnswer::parse(&answer).ok_or(DbError::Corrupt {
                    table: "holder_statement",
                    column: "answer",
                })?,
                at: utc(at),
            })
        })
        .collect()
}

/// Keeps a statement, in place of an earlier one of the same topic.
pub fn store(tx: &mut Tx<'_>, said: &HolderStatement, link: ActionLinkId) -> Result<(), DbError> {
    delete(tx, (said.item, said.topic))?;
    diesel::insert_into(table::table)
        .values((
            table::item_id.eq(said.item.to_string()),
            table::topic.eq(said.topic.as_str()),
            table::answer.eq(said.answer.as_str()),
            table::stated_at.eq(said.at.naive_utc()),
            table::link_id.eq(link.to_string()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets a statement that was taken back.
pub fn delete(tx: &mut Tx<'_>, (item, topic): (ItemId, HolderTopic)) -> Result<(), DbError> {
    diesel::delete(table::table.find((item.to_string(), topic.as_str()))).execute_prepared(tx)?;
    Ok(())
}
