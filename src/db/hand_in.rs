//! What the lists of handing in are made of: one query for all rows.

use super::schema::{
    assignment, device, employment, person, subscription, termination as table, termination_item,
};
use super::types::{parse, parse_json, parse_optional};
use super::{DbConnection, DbError};
use crate::domain::ids::{LegalEntityId, TerminationId, UnitId};
use crate::domain::termination::{Check, CheckKind, CheckState, ItemKind, TerminationKind, TerminationState};
use crate::domain::text::{PhoneNumber, SerialNumber};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Something to hand in.
#[derive(Clone, Debug)]
pub struct HandInFact {
    /// The case.
    pub termination: TerminationId,
    /// Its number.
    pub number: String,
    /// The legal entity of the case.
    pub legal_entity: LegalEntityId,
    /// The unit of today.
    pub unit: UnitId,
    /// The name of the holder, unless it is protected.
    pub holder: Option<String>,
    /// The last day.
    pub end_on: NaiveDate,
    /// The day by which it is to be back.
    pub return_by: NaiveDate,
    /// Whether a hold is in force.
    pub is_held: bool,
    /// What it is.
    pub kind: ItemKind,
    /// What was handed out with it.
    pub accessories: Vec<String>,
    /// Model and serial number of a device.
    pub device: Option<(String, SerialNumber)>,
    /// The number of a subscription.
    pub subscription: Option<PhoneNumber>,
    /// Where its return, or the decision about the number, stands.
    pub state: CheckState,
}

#[derive(Queryable)]
struct Row {
    case: (String, String, String, NaiveDate, NaiveDate, Option<String>),
    unit: String,
    holder: (Option<String>, bool),
    kind: String,
    accessories: String,
    device: Option<(String, String)>,
    subscription: Option<String>,
    checks: String,
}

/// Which cases.
pub struct Part<'u, U> {
    /// Those of these units.
    pub units: &'u BTreeMap<UnitId, U>,
    /// At most so many rows.
    pub limit: i64,
}

impl<U> Part<'_, U> {
    fn units(&self) -> Vec<String> {
        self.units.keys().map(ToString::to_string).collect()
    }
}

/// What cases under way ask for whose last day is in this period, inclusive.
pub fn due<U>(
    connection: &mut DbConnection,
    (from, to): (NaiveDate, NaiveDate),
    kind: Option<TerminationKind>,
    part: &Part<'_, U>,
) -> Result<Vec<HandInFact>, DbError> {
    let active = [TerminationState::Scheduled, TerminationState::Open].map(TerminationState::as_str);
    let mut query = table::table
        .inner_join(employment::table.on(employment::id.eq(table::employment_id)))
        .inner_join(person::table.on(person::id.eq(table::person_id)))
        .inner_join(termination_item::table.on(termination_item::termination_id.eq(table::id)))
        .inner_join(assignment::table.on(assignment::id.eq(termination_item::assignment_id)))
        .left_join(device::table.on(device::id.nullable().eq(termination_item::device_id)))
        .left_join(subscription::table.on(subscription::id.nullable().eq(termination_item::subscription_id)))
        .filter(table::state.eq_any(active))
        .filter(table::end_on.ge(from))
        .filter(table::end_on.le(to))
        .filter(employment::unit_id.eq_any(part.units()))
        .order((table::id, termination_item::position))
        .limit(part.limit)
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(table::kind.eq(kind.as_str()));
    }
    let rows: Vec<Row> = query
        .select((
            (
                table::id,
                table::number,
                table::legal_entity_id,
                table::end_on,
                table::return_by,
                table::hold,
            ),
            employment::unit_id,
            (person::name, person::is_protected),
            termination_item::kind,
            assignment::accessories,
            (device::model, device::serial).nullable(),
            subscription::number.nullable(),
            termination_item::checks,
        ))
        .load(connection)?;
    rows.into_iter().map(HandInFact::try_from).collect()
}

impl TryFrom<Row> for HandInFact {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (id, number, legal_entity, end_on, return_by, hold) = row.case;
        let (name, is_protected) = row.holder;
        let device = row.device.map(|(model, serial)| {
            let serial = SerialNumber::parse(&serial).map_err(|_| DbError::Corrupt {
                table: "device",
                column: "serial",
            })?;
            Ok::<_, DbError>((model, serial))
        });
        Ok(Self {
            termination: parse("termination", "id", &id)?,
            number,
            legal_entity: parse("termination", "legal_entity_id", &legal_entity)?,
            unit: parse("employment", "unit_id", &row.unit)?,
            holder: name.filter(|_| !is_protected),
            end_on,
            return_by,
            is_held: hold.is_some(),
            kind: parse("termination_item", "kind", &row.kind)?,
            accessories: parse_json("assignment", "accessories", &row.accessories)?,
            device: device.transpose()?,
            subscription: parse_optional("subscription", "number", row.subscription.as_deref())?,
            state: asked(&row.checks)?,
        })
    }
}

/// Where the return of a device, or the decision about a number, stands: each item has one of these two.
fn asked(checks: &str) -> Result<CheckState, DbError> {
    let checks: Vec<Check> = parse_json("termination_item", "checks", checks)?;
    let asked = checks
        .iter()
        .find(|check| matches!(check.kind, CheckKind::Returned | CheckKind::Number));
    asked.map(|check| check.state).ok_or(DbError::Corrupt {
        table: "termination_item",
        column: "checks",
    })
}

/// The cases in which it may have been settled between these instants about a device whether it came back: it is settled,
/// the case was there before the last of them and has changed since the first.
pub fn settled_between<U>(
    connection: &mut DbConnection,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    part: &Part<'_, U>,
) -> Result<Vec<TerminationId>, DbError> {
    let ids: Vec<String> = table::table
        .inner_join(employment::table.on(employment::id.eq(table::employment_id)))
        .inner_join(termination_item::table.on(termination_item::termination_id.eq(table::id)))
        .filter(table::updated_at.ge(since.naive_utc()))
        .filter(table::created_at.lt(until.naive_utc()))
        .filter(table::state.ne(TerminationState::Cancelled.as_str()))
        .filter(termination_item::is_return_settled)
        .filter(employment::unit_id.eq_any(part.units()))
        .order(table::id)
        .select(table::id)
        .distinct()
        .limit(part.limit)
        .load(connection)?;
    ids.iter().map(|id| parse("termination", "id", id)).collect()
}
