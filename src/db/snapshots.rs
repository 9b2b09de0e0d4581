//! Snapshots of sources, without their rows (see [`super::snapshot_rows`]).

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::{employment, snapshot as table};
use super::types::{guarded, meta, parse, parse_json, to_json, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::employment::EmploymentState;
use crate::domain::ids::{EmploymentId, SnapshotId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::snapshot::{Known, Snapshot, SnapshotState};
use crate::domain::text::{ExternalId, SourceName};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    source: String,
    name: String,
    as_of: NaiveDateTime,
    complete: bool,
    body_hash: Vec<u8>,
    state: String,
    hold_reasons: String,
    sequence: Option<i64>,
    counts: String,
    decision_reason: Option<String>,
    finished_at: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl TryFrom<&Snapshot> for Row {
    type Error = DbError;

    fn try_from(snapshot: &Snapshot) -> Result<Self, DbError> {
        let reasons: Vec<&str> = snapshot.hold_reasons.iter().map(|why| why.as_str()).collect();
        Ok(Self {
            id: snapshot.id.to_string(),
            source: snapshot.source.as_str().to_owned(),
            name: snapshot.name.as_str().to_owned(),
            as_of: snapshot.as_of.naive_utc(),
            complete: snapshot.complete,
            body_hash: snapshot.body_hash.clone(),
            state: snapshot.state.as_str().to_owned(),
            hold_reasons: reasons.join(","),
            sequence: snapshot.sequence,
            counts: to_json(&snapshot.counts)?,
            decision_reason: snapshot.decision_reason.clone(),
            finished_at: snapshot.finished_at.map(|at| at.naive_utc()),
            version: snapshot.meta.version,
            created_at: snapshot.meta.created_at.naive_utc(),
            updated_at: snapshot.meta.updated_at.naive_utc(),
        })
    }
}

impl TryFrom<Row> for Snapshot {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("snapshot", "id", &row.id)?,
            source: parse("snapshot", "source", &row.source)?,
            name: parse("snapshot", "name", &row.name)?,
            as_of: utc(row.as_of),
            complete: row.complete,
            body_hash: row.body_hash,
            state: parse("snapshot", "state", &row.state)?,
            hold_reasons: row
                .hold_reasons
                .split(',')
                .filter(|word| !word.is_empty())
                .map(|word| parse("snapshot", "hold_reasons", word))
                .collect::<Result<_, _>>()?,
            sequence: row.sequence,
            counts: parse_json("snapshot", "counts", &row.counts)?,
            decision_reason: row.decision_reason,
            finished_at: utc_optional(row.finished_at),
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// The snapshot with this id.
pub fn find(connection: &mut DbConnection, id: SnapshotId) -> Result<Option<Snapshot>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Snapshot::try_from).transpose()
}

/// The snapshot that the source calls this.
pub fn find_named(
    connection: &mut DbConnection,
    source: &SourceName,
    name: &ExternalId,
) -> Result<Option<Snapshot>, DbError> {
    let row: Option<Row> = table::table
        .filter(
            table::source
                .eq(source.as_str())
                .and(table::name.eq(name.as_str())),
        )
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Snapshot::try_from).transpose()
}

/// The snapshot of the source that was accepted last; with `complete`, the last complete one. The order is that of their
/// sequences.
pub fn last_accepted(
    connection: &mut DbConnection,
    source: &SourceName,
    complete: bool,
) -> Result<Option<Snapshot>, DbError> {
    let accepted = [SnapshotState::Applied, SnapshotState::Applying].map(SnapshotState::as_str);
    let mut query = table::table
        .filter(table::source.eq(source.as_str()))
        .filter(table::sequence.is_not_null())
        .filter(table::state.eq_any(accepted))
        .into_boxed();
    if complete {
        query = query.filter(table::complete.eq(true));
    }
    let row: Option<Row> = query
        .order(table::sequence.desc())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Snapshot::try_from).transpose()
}

/// Which snapshots are asked for.
#[derive(Clone, Debug)]
pub struct SnapshotFilter {
    /// Of this source.
    pub source: SourceName,
    /// In this state.
    pub state: Option<SnapshotState>,
}

/// One page of the snapshots of a source, the first delivered first.
pub fn list(
    connection: &mut DbConnection,
    filter: &SnapshotFilter,
    page: PageRequest,
) -> Result<Page<Snapshot>, DbError> {
    let mut query = table::table
        .filter(table::source.eq(filter.source.as_str().to_owned()))
        .into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(table::state.eq(state.as_str()));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |snapshot: &Snapshot| snapshot.id.into())
}

/// Stores a new snapshot.
pub fn insert(tx: &mut Tx<'_>, snapshot: &Snapshot) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::try_from(snapshot)?)
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed snapshot, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, snapshot: &Snapshot) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(snapshot.id.to_string()))
        .filter(table::version.eq(snapshot.meta.version - 1))
        .set(Row::try_from(snapshot)?)
        .execute_prepared(tx)?;
    guarded(changed)
}

/// What is known of those employments of the source that are named here, by the source's ids.
pub fn known(
    connection: &mut DbConnection,
    source: &SourceName,
    external_ids: &[&str],
) -> Result<HashMap<String, Known>, DbError> {
    let rows: Vec<(String, String, String, Option<NaiveDate>)> = employment::table
        .filter(employment::source.eq(source.as_str()))
        .filter(employment::external_id.eq_any(external_ids))
        .select((
            employment::external_id,
            employment::content_hash,
            employment::state,
            employment::end_on,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(external_id, content_hash, state, end_on)| {
            let known = Known {
                content_hash,
                state: parse("employment", "state", &state)?,
                end_on,
            };
            Ok((external_id, known))
        })
        .collect()
}

/// Employments of the source that count and go on past `day`: their ids and the source's ids of them, in the order of
/// the latter, after the one given.
pub fn going_on(
    connection: &mut DbConnection,
    (source, day): (&SourceName, NaiveDate),
    after: &str,
    limit: i64,
) -> Result<Vec<(EmploymentId, String)>, DbError> {
    let rows: Vec<(String, String)> = employment::table
        .filter(employment::source.eq(source.as_str()))
        .filter(employment::external_id.gt(after))
        .filter(employment::state.eq(EmploymentState::Active.as_str()))
        .filter(employment::end_on.is_null().or(employment::end_on.ge(day)))
        .order(employment::external_id)
        .limit(limit)
        .select((employment::id, employment::external_id))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, external_id)| Ok((parse("employment", "id", &id)?, external_id)))
        .collect()
}
