//! Running processes, as they report themselves.

use super::schema::instance as table;
use super::types::{parse, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::instance::Instance;
use crate::{on_both, on_each};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: String,
    kids: String,
    started_at: NaiveDateTime,
    seen_at: NaiveDateTime,
}

/// Notes that the process is alive now, and which keys it has.
pub fn beat(tx: &mut Tx<'_>, instance: &Instance) -> Result<(), DbError> {
    let row = Row {
        id: instance.id.to_string(),
        version: instance.version.clone(),
        kids: instance.kids.join(" "),
        started_at: instance.started_at.naive_utc(),
        seen_at: tx.now().naive_utc(),
    };
    on_both!(&mut **tx, |inner| diesel::insert_into(table::table)
        .values(&row)
        .on_conflict(table::id)
        .do_update()
        .set((table::seen_at.eq(row.seen_at), table::kids.eq(&row.kids)))
        .execute(inner))?;
    Ok(())
}

/// The processes that were seen since, with the instant when they were seen last.
pub fn seen_since(
    connection: &mut DbConnection,
    since: DateTime<Utc>,
) -> Result<Vec<(Instance, DateTime<Utc>)>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::seen_at.ge(since.naive_utc()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter()
        .map(|row| {
            let instance = Instance {
                id: parse("instance", "id", &row.id)?,
                version: row.version,
                kids: row.kids.split_whitespace().map(str::to_owned).collect(),
                started_at: utc(row.started_at),
            };
            Ok((instance, utc(row.seen_at)))
        })
        .collect()
}

/// Forgets the processes that were not seen since.
pub fn forget(tx: &mut Tx<'_>, since: DateTime<Utc>) -> Result<usize, DbError> {
    Ok(diesel::delete(table::table)
        .filter(table::seen_at.lt(since.naive_utc()))
        .execute(&mut **tx)?)
}

/// What time the database server has. SQLite has no clock of its own.
pub fn server_time(connection: &mut DbConnection) -> Result<Option<DateTime<Utc>>, DbError> {
    on_each!(
        connection,
        postgres: |inner| {
            let now = diesel::dsl::sql::<Timestamp>("(clock_timestamp() AT TIME ZONE 'UTC')");
            Ok(Some(utc(diesel::select(now).get_result(inner)?)))
        },
        sqlite: |_inner| Ok(None),
    )
}
