//! Legal entities.

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::{legal_entity as table, schedule_version as versions};
use super::types::{guarded, meta, parse, parse_json, parse_optional, to_json, utc};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::LegalEntityId;
use crate::domain::organisation::{LegalEntity, LegalEntityKind};
use crate::domain::page::{Page, PageRequest};
use crate::domain::schedule::Schedule;
use crate::domain::wipe::WipePolicy;
use crate::on_both;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    name: String,
    kind: String,
    org_number: Option<String>,
    language: String,
    wipe_standard: String,
    wipe_secrecy: String,
    chancery_id: Option<String>,
    schedule: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    allows_buy_out: bool,
    claim_after_days: i32,
    absence_case_after_days: Option<i32>,
    number_quarantine_days: i32,
}

impl TryFrom<Row> for LegalEntity {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("legal_entity", "id", &row.id)?,
            name: row.name,
            kind: parse("legal_entity", "kind", &row.kind)?,
            org_number: parse_optional("legal_entity", "org_number", row.org_number.as_deref())?,
            language: parse("legal_entity", "language", &row.language)?,
            wipe_policy: WipePolicy {
                standard: parse("legal_entity", "wipe_standard", &row.wipe_standard)?,
                secrecy: parse("legal_entity", "wipe_secrecy", &row.wipe_secrecy)?,
            },
            chancery_id: parse_optional("legal_entity", "chancery_id", row.chancery_id.as_deref())?,
            schedule: parse_json("legal_entity", "schedule", &row.schedule)?,
            allows_buy_out: row.allows_buy_out,
            claim_after_days: days("claim_after_days", row.claim_after_days)?,
            absence_case_after_days: row
                .absence_case_after_days
                .map(|count| days("absence_case_after_days", count))
                .transpose()?,
            number_quarantine_days: days("number_quarantine_days", row.number_quarantine_days)?,
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

impl TryFrom<&LegalEntity> for Row {
    type Error = DbError;

    fn try_from(entity: &LegalEntity) -> Result<Self, DbError> {
        Ok(Self {
            id: entity.id.to_string(),
            name: entity.name.clone(),
            kind: entity.kind.as_str().to_owned(),
            org_number: entity
                .org_number
                .as_ref()
                .map(|number| number.as_str().to_owned()),
            language: entity.language.as_str().to_owned(),
            wipe_standard: entity.wipe_policy.standard.as_str().to_owned(),
            wipe_secrecy: entity.wipe_policy.secrecy.as_str().to_owned(),
            chancery_id: entity.chancery_id.map(|id| id.to_string()),
            schedule: to_json(&entity.schedule)?,
            version: entity.meta.version,
            created_at: entity.meta.created_at.naive_utc(),
            updated_at: entity.meta.updated_at.naive_utc(),
            allows_buy_out: entity.allows_buy_out,
            claim_after_days: entity.claim_after_days.into(),
            absence_case_after_days: entity.absence_case_after_days.map(i32::from),
            number_quarantine_days: entity.number_quarantine_days.into(),
        })
    }
}

fn days(column: &'static str, days: i32) -> Result<u16, DbError> {
    let table = "legal_entity";
    u16::try_from(days).map_err(|_| DbError::Corrupt { table, column })
}

/// The legal entity with this id, if there is one.
pub fn find(connection: &mut DbConnection, id: LegalEntityId) -> Result<Option<LegalEntity>, DbError> {
    let row: Option<Row> = on_both!(connection, |inner| table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(inner)
        .optional())?;
    row.map(LegalEntity::try_from).transpose()
}

/// The legal entity with this id.
///
/// # Errors
/// [`DbError::NotFound`] when there is none.
pub fn get(connection: &mut DbConnection, id: LegalEntityId) -> Result<LegalEntity, DbError> {
    find(connection, id)?.ok_or(DbError::NotFound)
}

/// One page, in the order in which they were made.
pub fn list(
    connection: &mut DbConnection,
    kind: Option<LegalEntityKind>,
    page: PageRequest,
) -> Result<Page<LegalEntity>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(kind) = kind {
        query = query.filter(table::kind.eq(kind.as_str()));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |entity: &LegalEntity| entity.id.into())
}

/// All of them, in the order in which they were made: a group has tens, not thousands.
pub fn all(connection: &mut DbConnection) -> Result<Vec<LegalEntity>, DbError> {
    let rows: Vec<Row> = table::table
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(LegalEntity::try_from).collect()
}

/// Stores a new one.
pub fn insert(tx: &mut Tx<'_>, entity: &LegalEntity) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::try_from(entity)?)
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a change (see [`changed`](crate::domain::record::Meta::changed)) of the version before it.
///
/// # Errors
/// [`DbError::Stale`] when somebody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, entity: &LegalEntity) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(entity.id.to_string()))
        .filter(table::version.eq(entity.meta.version - 1))
        .set(Row::try_from(entity)?)
        .execute_prepared(tx)?;
    guarded(changed)
}

/// A schedule as it once was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleVersion {
    /// The version of the legal entity that it came with.
    pub version: i64,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The schedule.
    pub schedule: Schedule,
}

/// Keeps the schedule of the legal entity as it is now, for those who ask later what was in force.
pub fn keep_schedule(tx: &mut Tx<'_>, entity: &LegalEntity) -> Result<(), DbError> {
    diesel::insert_into(versions::table)
        .values((
            versions::legal_entity_id.eq(entity.id.to_string()),
            versions::version.eq(entity.meta.version),
            versions::since.eq(tx.now().naive_utc()),
            versions::schedule.eq(to_json(&entity.schedule)?),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The schedules that a legal entity has had, the newest first.
pub fn schedules(
    connection: &mut DbConnection,
    id: LegalEntityId,
    limit: i64,
) -> Result<Vec<ScheduleVersion>, DbError> {
    let rows: Vec<(i64, NaiveDateTime, String)> = versions::table
        .filter(versions::legal_entity_id.eq(id.to_string()))
        .order(versions::version.desc())
        .limit(limit)
        .select((versions::version, versions::since, versions::schedule))
        .load(connection)?;
    rows.into_iter()
        .map(|(version, since, schedule)| {
            Ok(ScheduleVersion {
                version,
                since: utc(since),
                schedule: parse_json("schedule_version", "schedule", &schedule)?,
            })
        })
        .collect()
}
