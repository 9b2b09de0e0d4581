//! Units.

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::unit as table;
use super::types::{guarded, meta, parse, parse_optional, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{LegalEntityId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::{ExternalId, SourceName};
use crate::domain::unit::{Merger, Unit};
use crate::on_both;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct Row {
    id: String,
    legal_entity_id: String,
    parent_id: Option<String>,
    name: String,
    source: Option<String>,
    external_id: Option<String>,
    coordinator_id: Option<String>,
    is_incomplete: bool,
    merge_into_id: Option<String>,
    merge_on: Option<NaiveDate>,
    merged_at: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl From<&Unit> for Row {
    fn from(unit: &Unit) -> Self {
        let (source, external_id) = unit
            .external
            .as_ref()
            .map(|(source, id)| (source.as_str(), id.as_str()))
            .unzip();
        Self {
            id: unit.id.to_string(),
            legal_entity_id: unit.legal_entity_id.to_string(),
            parent_id: unit.parent_id.map(|id| id.to_string()),
            name: unit.name.clone(),
            source: source.map(str::to_owned),
            external_id: external_id.map(str::to_owned),
            coordinator_id: unit.coordinator_id.map(|id| id.to_string()),
            is_incomplete: unit.is_incomplete,
            merge_into_id: unit.merger.map(|merger| merger.into_id.to_string()),
            merge_on: unit.merger.map(|merger| merger.effective_on),
            merged_at: unit
                .merger
                .and_then(|merger| merger.merged_at)
                .map(|at| at.naive_utc()),
            version: unit.meta.version,
            created_at: unit.meta.created_at.naive_utc(),
            updated_at: unit.meta.updated_at.naive_utc(),
        }
    }
}

impl TryFrom<Row> for Unit {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let source: Option<SourceName> = parse_optional("unit", "source", row.source.as_deref())?;
        let external: Option<ExternalId> = parse_optional("unit", "external_id", row.external_id.as_deref())?;
        let into_id: Option<UnitId> = parse_optional("unit", "merge_into_id", row.merge_into_id.as_deref())?;
        let merged_at = utc_optional(row.merged_at);
        let merger = into_id.zip(row.merge_on).map(|(into_id, effective_on)| Merger {
            into_id,
            effective_on,
            merged_at,
        });
        Ok(Self {
            id: parse("unit", "id", &row.id)?,
            legal_entity_id: parse("unit", "legal_entity_id", &row.legal_entity_id)?,
            parent_id: parse_optional("unit", "parent_id", row.parent_id.as_deref())?,
            name: row.name,
            external: source.zip(external),
            coordinator_id: parse_optional("unit", "coordinator_id", row.coordinator_id.as_deref())?,
            is_incomplete: row.is_incomplete,
            merger,
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which units are asked for.
#[derive(Clone, Debug, Default)]
pub struct UnitFilter {
    /// Of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// Directly under this unit.
    pub parent_id: Option<UnitId>,
    /// Known by name only, or not.
    pub is_incomplete: Option<bool>,
    /// Part of another since a merger was carried out, or not.
    pub is_merged: Option<bool>,
}

/// The unit with this id.
pub fn find(connection: &mut DbConnection, id: UnitId) -> Result<Option<Unit>, DbError> {
    let row: Option<Row> = on_both!(connection, |inner| table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(inner)
        .optional())?;
    row.map(Unit::try_from).transpose()
}

/// The unit that a source calls this.
pub fn find_external(
    connection: &mut DbConnection,
    source: &SourceName,
    external_id: &ExternalId,
) -> Result<Option<Unit>, DbError> {
    let row: Option<Row> = table::table
        .filter(
            table::source
                .eq(source.as_str())
                .and(table::external_id.eq(external_id.as_str())),
        )
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Unit::try_from).transpose()
}

/// The unit and those above it, from the unit up. Stops at `depth` in case the tree has grown a loop.
pub fn with_ancestors(connection: &mut DbConnection, id: UnitId, depth: usize) -> Result<Vec<Unit>, DbError> {
    let mut chain = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next.filter(|_| chain.len() < depth) {
        let unit = find(connection, id)?.ok_or(DbError::NotFound)?;
        next = unit.parent_id;
        chain.push(unit);
    }
    Ok(chain)
}

/// The unit, or the one that it has become part of by one merger after another, as far as they count. Stops after
/// `depth` of them.
pub fn standing(
    connection: &mut DbConnection,
    mut unit: Unit,
    depth: usize,
    counts: impl Fn(&Merger) -> bool,
) -> Result<Unit, DbError> {
    for _ in 0..depth {
        let Some(merger) = unit.merged().filter(&counts) else {
            break;
        };
        unit = find(connection, merger.into_id)?.ok_or(DbError::NotFound)?;
    }
    Ok(unit)
}

/// The units directly under this one.
pub fn children(connection: &mut DbConnection, id: UnitId) -> Result<Vec<Unit>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::parent_id.eq(id.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Unit::try_from).collect()
}

/// The units whose planned merger counts from this day or an earlier one, the longest due first.
pub fn mergers_due(
    connection: &mut DbConnection,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<UnitId>, DbError> {
    let ids: Vec<String> = table::table
        .filter(table::merge_into_id.is_not_null())
        .filter(table::merged_at.is_null())
        .filter(table::merge_on.le(today))
        .order((table::merge_on, table::id))
        .limit(limit)
        .select(table::id)
        .load(connection)?;
    ids.iter().map(|id| parse("unit", "id", id)).collect()
}

/// How many levels of units there are from this one down: 1 for a unit with none under it, or that is not stored yet.
/// Stops counting beyond `depth`.
pub fn height(connection: &mut DbConnection, id: UnitId, depth: usize) -> Result<usize, DbError> {
    let mut level = vec![id.to_string()];
    let mut height = 0;
    while !level.is_empty() && height <= depth {
        height += 1;
        level = table::table
            .filter(table::parent_id.eq_any(&level))
            .select(table::id)
            .load(connection)?;
    }
    Ok(height)
}

/// One page of units.
pub fn list(
    connection: &mut DbConnection,
    filter: &UnitFilter,
    page: PageRequest,
) -> Result<Page<Unit>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(id) = filter.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    if let Some(id) = filter.parent_id {
        query = query.filter(table::parent_id.eq(id.to_string()));
    }
    if let Some(incomplete) = filter.is_incomplete {
        query = query.filter(table::is_incomplete.eq(incomplete));
    }
    match filter.is_merged {
        Some(true) => query = query.filter(table::merged_at.is_not_null()),
        Some(false) => query = query.filter(table::merged_at.is_null()),
        None => {}
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |unit: &Unit| unit.id.into())
}

/// Stores a new unit.
pub fn insert(tx: &mut Tx<'_>, unit: &Unit) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(unit))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed unit, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, unit: &Unit) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(unit.id.to_string()))
        .filter(table::version.eq(unit.meta.version - 1))
        .set(Row::from(unit))
        .execute_prepared(tx)?;
    guarded(changed)
}
