//! Subscriptions.

use super::keyset::{keyset_rows, page_of};
use super::prepared::{ExecutePrepared, Write};
use super::schema::subscription as table;
use super::types::{guarded, meta, parse, parse_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{LegalEntityId, SubscriptionId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::subscription::{Subscription, SubscriptionStatus};
use crate::domain::text::PhoneNumber;
use crate::on_both;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct Row {
    id: String,
    legal_entity_id: String,
    number: String,
    operator: Option<String>,
    monthly_cost_ore: Option<i64>,
    status: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    is_recovery_number: bool,
    ends_on: Option<NaiveDate>,
    unit_id: Option<String>,
}

impl From<&Subscription> for Row {
    fn from(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id.to_string(),
            legal_entity_id: subscription.legal_entity_id.to_string(),
            number: subscription.number.as_str().to_owned(),
            operator: subscription.operator.clone(),
            monthly_cost_ore: subscription.monthly_cost_ore,
            status: subscription.status.as_str().to_owned(),
            version: subscription.meta.version,
            created_at: subscription.meta.created_at.naive_utc(),
            updated_at: subscription.meta.updated_at.naive_utc(),
            is_recovery_number: subscription.is_recovery_number,
            ends_on: subscription.ends_on,
            unit_id: subscription.unit_id.map(|id| id.to_string()),
        }
    }
}

impl TryFrom<Row> for Subscription {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("subscription", "id", &row.id)?,
            legal_entity_id: parse("subscription", "legal_entity_id", &row.legal_entity_id)?,
            number: parse("subscription", "number", &row.number)?,
            operator: row.operator,
            monthly_cost_ore: row.monthly_cost_ore,
            status: parse("subscription", "status", &row.status)?,
            is_recovery_number: row.is_recovery_number,
            ends_on: row.ends_on,
            unit_id: parse_optional("subscription", "unit_id", row.unit_id.as_deref())?,
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which subscriptions are asked for.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionFilter {
    /// Of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// In this state.
    pub status: Option<SubscriptionStatus>,
    /// With this number.
    pub number: Option<PhoneNumber>,
}

/// The subscription with this id.
pub fn find(connection: &mut DbConnection, id: SubscriptionId) -> Result<Option<Subscription>, DbError> {
    let row: Option<Row> = on_both!(connection, |inner| table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(inner)
        .optional())?;
    row.map(Subscription::try_from).transpose()
}

/// The subscriptions that wait for their next holder in a unit.
pub fn of_unit(connection: &mut DbConnection, unit: UnitId) -> Result<Vec<Subscription>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::unit_id.eq(unit.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Subscription::try_from).collect()
}

/// One page of subscriptions.
pub fn list(
    connection: &mut DbConnection,
    filter: &SubscriptionFilter,
    page: PageRequest,
) -> Result<Page<Subscription>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(id) = filter.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    if let Some(status) = filter.status {
        query = query.filter(table::status.eq(status.as_str()));
    }
    if let Some(number) = &filter.number {
        query = query.filter(table::number.eq(number.as_str().to_owned()));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |subscription: &Subscription| subscription.id.into())
}

/// Stores a new subscription.
pub fn insert(tx: &mut Tx<'_>, subscription: &Subscription) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(subscription))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed subscription, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, subscription: &Subscription) -> Result<(), DbError> {
    guarded(write(subscription).execute_prepared(tx)?)
}

pub(super) fn write(subscription: &Subscription) -> impl Write + use<> {
    diesel::update(table::table.find(subscription.id.to_string()))
        .filter(table::version.eq(subscription.meta.version - 1))
        .set(Row::from(subscription))
}
