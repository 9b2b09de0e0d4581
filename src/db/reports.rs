//! What reports count: the databases add up by unit, and send rows by the unit, not by the case, wherever they can.

use super::schema::unit;
use super::types::{parse, parse_optional, utc};
use super::{DbConnection, DbError};
use crate::domain::device::DeviceStatus;
use crate::domain::employment::EmploymentKind;
use crate::domain::ids::{LegalEntityId, UnitId};
use crate::domain::report::UnitPlace;
use crate::domain::subscription::SubscriptionStatus;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text, Timestamp};

/// All units and where they are.
pub fn units(connection: &mut DbConnection) -> Result<Vec<UnitPlace>, DbError> {
    type Row = (String, Option<String>, String, String, Option<String>);
    let rows: Vec<Row> = unit::table
        .select((
            unit::id,
            unit::parent_id,
            unit::legal_entity_id,
            unit::name,
            unit::coordinator_id,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, parent, entity, name, coordinator)| {
            Ok(UnitPlace {
                id: parse("unit", "id", &id)?,
                parent_id: parse_optional("unit", "parent_id", parent.as_deref())?,
                legal_entity_id: parse("unit", "legal_entity_id", &entity)?,
                name,
                coordinator_id: parse_optional("unit", "coordinator_id", coordinator.as_deref())?,
            })
        })
        .collect()
}

fn unit_id(text: &str) -> Result<UnitId, DbError> {
    parse("unit", "id", text)
}

/// A case that was completed: its unit, the day by which its devices were to be back, and when it was completed.
pub type Completed = (UnitId, NaiveDate, DateTime<Utc>);

/// The cases that were completed in this time, the end exclusive. All of it is in one index.
pub fn completed(
    connection: &mut DbConnection,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Completed>, DbError> {
    let rows: Vec<(String, NaiveDate, NaiveDateTime)> = sql::<(Text, Date, Timestamp)>(
        "SELECT termination.unit_id, termination.return_by, termination.completed_at FROM termination \
         WHERE termination.state = 'completed' AND termination.kind <> 'absence' AND termination.completed_at >= ",
    )
    .bind::<Timestamp, _>(from.naive_utc())
    .sql(" AND termination.completed_at < ")
    .bind::<Timestamp, _>(to.naive_utc())
    .load(connection)?;
    rows.iter()
        .map(|(unit, day, at)| Ok((unit_id(unit)?, *day, utc(*at))))
        .collect()
}

/// How many cases under way had their devices due back on each day before this one, by unit.
pub fn overdue(
    connection: &mut DbConnection,
    today: NaiveDate,
) -> Result<Vec<(UnitId, NaiveDate, u64)>, DbError> {
    let rows: Vec<(String, NaiveDate, i64)> = sql::<(Text, Date, BigInt)>(
        "SELECT employment.unit_id, termination.return_by, COUNT(*) FROM termination \
         JOIN employment ON employment.id = termination.employment_id \
         WHERE termination.state IN ('scheduled', 'open') AND NOT termination.is_paused \
         AND termination.return_by < ",
    )
    .bind::<Date, _>(today)
    .sql(" GROUP BY employment.unit_id, termination.return_by")
    .load(connection)?;
    rows.iter()
        .map(|(unit, day, number)| Ok((unit_id(unit)?, *day, number.unsigned_abs())))
        .collect()
}

/// How many devices came back in this time, by unit, and whether they were handed out again.
pub fn returned(
    connection: &mut DbConnection,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<(UnitId, bool, u64)>, DbError> {
    let rows: Vec<(String, bool, i64)> = sql::<(Text, Bool, BigInt)>(
        "SELECT back.unit_id, back.is_reused, COUNT(*) FROM (SELECT employment.unit_id AS unit_id, EXISTS (\
         SELECT 1 FROM assignment AS later WHERE later.device_id = assignment.device_id \
         AND later.custody_epoch > assignment.custody_epoch \
         AND (later.end_reason IS NULL OR later.end_reason <> 'mistake')) AS is_reused \
         FROM assignment JOIN employment ON employment.id = assignment.employment_id \
         WHERE assignment.device_id IS NOT NULL AND assignment.ended_at >= ",
    )
    .bind::<Timestamp, _>(from.naive_utc())
    .sql(" AND assignment.ended_at < ")
    .bind::<Timestamp, _>(to.naive_utc())
    .sql(
        " AND (assignment.end_reason = 'returned' OR assignment.end_reason = 'terminated' AND EXISTS (\
         SELECT 1 FROM termination_item WHERE termination_item.assignment_id = assignment.id \
         AND termination_item.outcome = 'returned'))) AS back GROUP BY back.unit_id, back.is_reused",
    )
    .load(connection)?;
    rows.iter()
        .map(|(unit, reused, number)| Ok((unit_id(unit)?, *reused, number.unsigned_abs())))
        .collect()
}

/// So many devices of an owner, with people of a unit or with nobody.
#[derive(Clone, Copy, Debug)]
pub struct DeviceCount {
    /// The owner.
    pub owner: LegalEntityId,
    /// The unit of who has them.
    pub unit: Option<UnitId>,
    /// Where they are in their life.
    pub status: DeviceStatus,
    /// Whether their IMEI is known.
    pub has_imei: bool,
    /// How many.
    pub number: u64,
}

/// All devices, counted.
pub fn devices(connection: &mut DbConnection) -> Result<Vec<DeviceCount>, DbError> {
    type Row = (String, Option<String>, String, bool, i64);
    let rows: Vec<Row> = sql::<(Text, Nullable<Text>, Text, Bool, BigInt)>(
        "SELECT held.owner_id, held.unit_id, held.status, held.has_imei, COUNT(*) FROM (\
         SELECT device.legal_entity_id AS owner_id, employment.unit_id AS unit_id, device.status AS status, \
         EXISTS (SELECT 1 FROM device_imei WHERE device_imei.device_id = device.id) AS has_imei FROM device \
         LEFT JOIN assignment ON assignment.device_id = device.id AND assignment.ended_at IS NULL \
         LEFT JOIN employment ON employment.id = assignment.employment_id) AS held \
         GROUP BY held.owner_id, held.unit_id, held.status, held.has_imei",
    )
    .load(connection)?;
    rows.iter()
        .map(|(owner, unit, status, has_imei, number)| {
            Ok(DeviceCount {
                owner: parse("device", "legal_entity_id", owner)?,
                unit: unit.as_deref().map(unit_id).transpose()?,
                status: parse("device", "status", status)?,
                has_imei: *has_imei,
                number: number.unsigned_abs(),
            })
        })
        .collect()
}

/// So many subscriptions of an owner, used by people of a unit or by nobody.
#[derive(Clone, Copy, Debug)]
pub struct SubscriptionCount {
    /// The owner.
    pub owner: LegalEntityId,
    /// The unit of who uses them.
    pub unit: Option<UnitId>,
    /// Where they are in their life.
    pub status: SubscriptionStatus,
    /// How many.
    pub number: u64,
    /// What they cost in a month, in öre, as far as is known.
    pub cost_ore: u64,
}

/// All subscriptions, counted.
pub fn subscriptions(connection: &mut DbConnection) -> Result<Vec<SubscriptionCount>, DbError> {
    type Row = (String, Option<String>, String, i64, i64);
    let rows: Vec<Row> = sql::<(Text, Nullable<Text>, Text, BigInt, BigInt)>(
        "SELECT subscription.legal_entity_id, employment.unit_id, subscription.status, COUNT(*), \
         CAST(COALESCE(SUM(subscription.monthly_cost_ore), 0) AS BIGINT) FROM subscription \
         LEFT JOIN assignment ON assignment.subscription_id = subscription.id AND assignment.ended_at IS NULL \
         LEFT JOIN employment ON employment.id = assignment.employment_id \
         GROUP BY subscription.legal_entity_id, employment.unit_id, subscription.status",
    )
    .load(connection)?;
    rows.iter()
        .map(|(owner, unit, status, number, cost)| {
            Ok(SubscriptionCount {
                owner: parse("subscription", "legal_entity_id", owner)?,
                unit: unit.as_deref().map(unit_id).transpose()?,
                status: parse("subscription", "status", status)?,
                number: number.unsigned_abs(),
                cost_ore: cost.unsigned_abs(),
            })
        })
        .collect()
}

/// So much is signed out to people of a unit with this kind of employment.
#[derive(Clone, Copy, Debug)]
pub struct SignedOut {
    /// The unit.
    pub unit: UnitId,
    /// The kind of employment.
    pub kind: EmploymentKind,
    /// Devices, or else subscriptions.
    pub is_device: bool,
    /// How many.
    pub number: u64,
}

/// What is signed out, counted.
pub fn signed_out(connection: &mut DbConnection) -> Result<Vec<SignedOut>, DbError> {
    let rows: Vec<(String, String, bool, i64)> = sql::<(Text, Text, Bool, BigInt)>(
        "SELECT employment.unit_id, employment.kind, assignment.device_id IS NOT NULL, COUNT(*) FROM assignment \
         JOIN employment ON employment.id = assignment.employment_id WHERE assignment.ended_at IS NULL \
         GROUP BY employment.unit_id, employment.kind, assignment.device_id IS NOT NULL",
    )
    .load(connection)?;
    rows.iter()
        .map(|(unit, kind, is_device, number)| {
            Ok(SignedOut {
                unit: unit_id(unit)?,
                kind: parse("employment", "kind", kind)?,
                is_device: *is_device,
                number: number.unsigned_abs(),
            })
        })
        .collect()
}

/// So much is with people of a unit whose employment has ended.
#[derive(Clone, Copy, Debug)]
pub struct NotReturned {
    /// The unit.
    pub unit: UnitId,
    /// Devices, or else subscriptions.
    pub is_device: bool,
    /// Whether a case under way asks for it.
    pub has_case: bool,
    /// How many.
    pub number: u64,
    /// When the first of these employments ended; none if they are void and have no end.
    pub first_end: Option<NaiveDate>,
}

/// What is with people whose employment ended before this day or should never have been.
pub fn not_returned(connection: &mut DbConnection, today: NaiveDate) -> Result<Vec<NotReturned>, DbError> {
    type Row = (String, bool, bool, i64, Option<NaiveDate>);
    let rows: Vec<Row> = sql::<(Text, Bool, Bool, BigInt, Nullable<Date>)>(
        "SELECT held.unit_id, held.is_device, held.has_case, COUNT(*), MIN(held.end_on) FROM (\
         SELECT employment.unit_id AS unit_id, assignment.device_id IS NOT NULL AS is_device, \
         employment.end_on AS end_on, EXISTS (SELECT 1 FROM termination \
         JOIN termination_item ON termination_item.termination_id = termination.id \
         WHERE termination.employment_id = assignment.employment_id AND termination.state IN ('scheduled', 'open') \
         AND termination_item.assignment_id = assignment.id) AS has_case \
         FROM assignment JOIN employment ON employment.id = assignment.employment_id \
         WHERE assignment.ended_at IS NULL AND (employment.state = 'void' OR employment.end_on < ",
    )
    .bind::<Date, _>(today)
    .sql(")) AS held GROUP BY held.unit_id, held.is_device, held.has_case")
    .load(connection)?;
    rows.iter()
        .map(|(unit, is_device, has_case, number, first_end)| {
            Ok(NotReturned {
                unit: unit_id(unit)?,
                is_device: *is_device,
                has_case: *has_case,
                number: number.unsigned_abs(),
                first_end: *first_end,
            })
        })
        .collect()
}
