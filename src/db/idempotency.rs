//! Answers kept under idempotency keys.

use super::schema::idempotency_receipt as table;
use super::types::{parse_json, to_json};
use super::{DbConnection, DbError, Tx};
use crate::domain::once::{OnceKey, Reply};
use crate::on_both;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sqlite::Sqlite;
use diesel::upsert::excluded;

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
pub(super) struct AnswerRow {
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
    let row: Option<AnswerRow> = on_both!(connection, |inner| table::table
        .find((&key.actor, &key.route, &key.key))
        .filter(table::expires_at.gt(now.naive_utc()))
        .select(AnswerRow::as_select())
        .first(inner)
        .optional())?;
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

/// Keeps an answer until `expires_at`; it is written with the last of the transaction. If another request with the same key
/// is first, the transaction runs again.
pub fn insert(
    tx: &mut Tx<'_>,
    key: &OnceKey,
    reply: &Reply,
    expires_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = AnswerRow {
        actor: key.actor.clone(),
        route: key.route.clone(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        status: i32::from(reply.status),
        headers: to_json(&reply.headers)?,
        body: reply.body.clone(),
        created_at: tx.now().naive_utc(),
        expires_at: expires_at.naive_utc(),
    };
    tx.ending().answer = Some(row);
    Ok(())
}

/// Writes a row. An expired one under the same key makes room; beside one that counts, nothing is written.
pub(super) fn keep(row: &AnswerRow) -> impl QueryFragment<Pg> + QueryFragment<Sqlite> {
    let written = diesel::insert_into(table::table)
        .values(row)
        .on_conflict((table::actor, table::route, table::key))
        .do_update()
        .set((
            table::fingerprint.eq(excluded(table::fingerprint)),
            table::status.eq(excluded(table::status)),
            table::headers.eq(excluded(table::headers)),
            table::body.eq(excluded(table::body)),
            table::created_at.eq(excluded(table::created_at)),
            table::expires_at.eq(excluded(table::expires_at)),
        ));
    OverExpired(written)
}

/// Diesel has no condition for what an insert does instead.
struct OverExpired<S>(S);

impl<DB: Backend, S: QueryFragment<DB>> QueryFragment<DB> for OverExpired<S> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" WHERE idempotency_receipt.expires_at <= excluded.created_at");
        Ok(())
    }
}

/// Forgets what has expired, of the `limit` that expired first; says how many.
pub fn purge(tx: &mut Tx<'_>, limit: i64) -> Result<usize, DbError> {
    let expired: Vec<(String, String, String)> = table::table
        .filter(table::expires_at.le(tx.now().naive_utc()))
        .order(table::expires_at)
        .limit(limit)
        .select((table::actor, table::route, table::key))
        .load(&mut **tx)?;
    for (actor, route, key) in &expired {
        diesel::delete(table::table.find((actor, route, key))).execute(&mut **tx)?;
    }
    Ok(expired.len())
}
