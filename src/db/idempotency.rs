//! Answers kept under idempotency keys.

use super::schema::idempotency_receipt as table;
use super::types::{parse_json, to_json};
use super::{DbConnection, DbError, Tx};
use crate::domain::once::{OnceKey, Reply};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

/// A kept answer.
#[derive(Debug)]
pub struct Receipt {
    /// The fingerprint of the request that it answered.
    pub fingerprint: Vec<u8>,
    /// The answer.
    pub reply: Reply,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    actor: String,
    route: String,
    key: String,
    fingerprint: Vec<u8>,
    status: i32,
    headers: String,
    body: Vec<u8>,
    created_at: NaiveDateTime,
    expires_at: NaiveDateTime,
}

/// The answer under this key, unless it has expired.
pub fn find(
    connection: &mut DbConnection,
    key: &OnceKey,
    now: DateTime<Utc>,
) -> Result<Option<Receipt>, DbError> {
    let row: Option<Row> = table::table
        .find((&key.actor, &key.route, &key.key))
        .filter(table::expires_at.gt(now.naive_utc()))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(|row| {
        let status = u16::try_from(row.status).map_err(|_| DbError::Corrupt {
            table: "idempotency_receipt",
            column: "status",
        })?;
        let headers = parse_json("idempotency_receipt", "headers", &row.headers)?;
        Ok(Receipt {
            fingerprint: row.fingerprint,
            reply: Reply {
                status,
                headers,
                body: row.body,
            },
        })
    })
    .transpose()
}

/// Keeps an answer until `expires_at`. An expired one under the same key makes room.
pub fn insert(
    tx: &mut Tx<'_>,
    key: &OnceKey,
    reply: &Reply,
    expires_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    diesel::delete(table::table.find((&key.actor, &key.route, &key.key)))
        .filter(table::expires_at.le(now))
        .execute(&mut **tx)?;
    let row = Row {
        actor: key.actor.clone(),
        route: key.route.clone(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        status: i32::from(reply.status),
        headers: to_json(&reply.headers)?,
        body: reply.body.clone(),
        created_at: now,
        expires_at: expires_at.naive_utc(),
    };
    diesel::insert_into(table::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets what has expired; says how many.
pub fn purge(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    let now = tx.now().naive_utc();
    Ok(diesel::delete(table::table)
        .filter(table::expires_at.le(now))
        .execute(&mut **tx)?)
}
