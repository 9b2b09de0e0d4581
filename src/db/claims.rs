//! Claims, and the devices that one is to be opened for.

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::{claim as table, termination, termination_item};
use super::types::{guarded, meta, parse, parse_json, to_json};
use super::words::Open;
use super::{DbConnection, DbError, Tx};
use crate::domain::claim::{Claim, ClaimState};
use crate::domain::ids::{ClaimId, ItemId, LegalEntityId, TerminationId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::termination::{TerminationKind, TerminationState};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    number: String,
    state: String,
    termination_id: String,
    item_id: String,
    device_id: String,
    legal_entity_id: String,
    unit_id: String,
    return_by: NaiveDate,
    settlement: Option<String>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl TryFrom<&Claim> for Row {
    type Error = DbError;

    fn try_from(claim: &Claim) -> Result<Self, DbError> {
        Ok(Self {
            id: claim.id.to_string(),
            number: claim.number.clone(),
            state: claim.state().as_str().to_owned(),
            termination_id: claim.termination_id.to_string(),
            item_id: claim.item_id.to_string(),
            device_id: claim.device_id.to_string(),
            legal_entity_id: claim.legal_entity_id.to_string(),
            unit_id: claim.unit_id.to_string(),
            return_by: claim.return_by,
            settlement: claim.settlement.as_ref().map(to_json).transpose()?,
            version: claim.meta.version,
            created_at: claim.meta.created_at.naive_utc(),
            updated_at: claim.meta.updated_at.naive_utc(),
        })
    }
}

impl TryFrom<Row> for Claim {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("claim", "id", &row.id)?,
            number: row.number,
            termination_id: parse("claim", "termination_id", &row.termination_id)?,
            item_id: parse("claim", "item_id", &row.item_id)?,
            device_id: parse("claim", "device_id", &row.device_id)?,
            legal_entity_id: parse("claim", "legal_entity_id", &row.legal_entity_id)?,
            unit_id: parse("claim", "unit_id", &row.unit_id)?,
            return_by: row.return_by,
            settlement: row
                .settlement
                .as_deref()
                .map(|text| parse_json("claim", "settlement", text))
                .transpose()?,
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which claims are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimFilter {
    /// In this state.
    pub state: Option<ClaimState>,
    /// Of this case.
    pub termination_id: Option<TerminationId>,
    /// Of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
}

/// The claim with this id.
pub fn find(connection: &mut DbConnection, id: ClaimId) -> Result<Option<Claim>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Claim::try_from).transpose()
}

/// The open claims of a case.
pub fn open_of_termination(connection: &mut DbConnection, id: TerminationId) -> Result<Vec<Claim>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::state.eq(Open))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Claim::try_from).collect()
}

/// The open claims of a unit.
pub fn open_of_unit(connection: &mut DbConnection, id: UnitId) -> Result<Vec<Claim>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::unit_id.eq(id.to_string()))
        .filter(table::state.eq(Open))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Claim::try_from).collect()
}

/// Whether there is a claim about an item.
pub fn is_about(connection: &mut DbConnection, item: ItemId) -> Result<bool, DbError> {
    Ok(
        diesel::select(exists(table::table.filter(table::item_id.eq(item.to_string()))))
            .get_result(connection)?,
    )
}

/// One page of claims.
pub fn list(
    connection: &mut DbConnection,
    filter: ClaimFilter,
    page: PageRequest,
) -> Result<Page<Claim>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(table::state.eq(state.as_str()));
    }
    if let Some(id) = filter.termination_id {
        query = query.filter(table::termination_id.eq(id.to_string()));
    }
    if let Some(id) = filter.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |claim: &Claim| claim.id.into())
}

/// The devices of a legal entity that were due back before a day, of which nobody knows what became, and about which
/// there is no claim.
pub fn due(
    connection: &mut DbConnection,
    legal_entity: LegalEntityId,
    before: NaiveDate,
    limit: i64,
) -> Result<Vec<(TerminationId, ItemId)>, DbError> {
    let claimed = table::table.filter(table::item_id.eq(termination_item::id));
    let rows: Vec<(String, String)> = termination_item::table
        .inner_join(termination::table.on(termination::id.eq(termination_item::termination_id)))
        .filter(termination_item::outcome.is_null())
        .filter(termination_item::device_id.is_not_null())
        .filter(termination::legal_entity_id.eq(legal_entity.to_string()))
        .filter(termination::state.ne(TerminationState::Cancelled.as_str()))
        // Nobody who is on leave owes anything.
        .filter(termination::kind.ne(TerminationKind::Absence.as_str()))
        .filter(termination::return_by.lt(before))
        .filter(not(exists(claimed)))
        .order(termination_item::id)
        .limit(limit)
        .select((termination::id, termination_item::id))
        .load(connection)?;
    rows.iter()
        .map(|(termination, item)| {
            Ok((
                parse("termination_item", "termination_id", termination)?,
                parse("termination_item", "id", item)?,
            ))
        })
        .collect()
}

/// Stores a new claim.
pub fn insert(tx: &mut Tx<'_>, claim: &Claim) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::try_from(claim)?)
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed claim, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, claim: &Claim) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(claim.id.to_string()))
        .filter(table::version.eq(claim.meta.version - 1))
        .set(Row::try_from(claim)?)
        .execute_prepared(tx)?;
    guarded(changed)
}
