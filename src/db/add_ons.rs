//! Add-ons of subscriptions.

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::add_on as table;
use super::types::{guarded, meta, parse, parse_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::add_on::{AddOn, AddOnKind, reviewed_before};
use crate::domain::ids::{AddOnId, LegalEntityId, SubscriptionId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::termination::Reason;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    subscription_id: String,
    legal_entity_id: String,
    kind: String,
    reason: String,
    from_on: NaiveDate,
    to_on: Option<NaiveDate>,
    cost_ore: Option<i64>,
    orderer_id: String,
    agreement: Option<String>,
    reviewed_on: NaiveDate,
    asked_on: Option<NaiveDate>,
    ended_on: Option<NaiveDate>,
    end_cause: Option<String>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl From<&AddOn> for Row {
    fn from(add_on: &AddOn) -> Self {
        Self {
            id: add_on.id.to_string(),
            subscription_id: add_on.subscription_id.to_string(),
            legal_entity_id: add_on.legal_entity_id.to_string(),
            kind: add_on.kind.as_str().to_owned(),
            reason: add_on.reason.as_str().to_owned(),
            from_on: add_on.from,
            to_on: add_on.to,
            cost_ore: add_on.cost_ore,
            orderer_id: add_on.orderer_id.to_string(),
            agreement: add_on.agreement.clone(),
            reviewed_on: add_on.reviewed_on,
            asked_on: add_on.asked_on,
            ended_on: add_on.ended.map(|(day, _)| day),
            end_cause: add_on.ended.map(|(_, why)| why.as_str().to_owned()),
            version: add_on.meta.version,
            created_at: add_on.meta.created_at.naive_utc(),
            updated_at: add_on.meta.updated_at.naive_utc(),
        }
    }
}

impl TryFrom<Row> for AddOn {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let why = parse_optional("add_on", "end_cause", row.end_cause.as_deref())?;
        Ok(Self {
            id: parse("add_on", "id", &row.id)?,
            subscription_id: parse("add_on", "subscription_id", &row.subscription_id)?,
            legal_entity_id: parse("add_on", "legal_entity_id", &row.legal_entity_id)?,
            kind: parse("add_on", "kind", &row.kind)?,
            reason: Reason::parse(&row.reason).map_err(|_| DbError::Corrupt {
                table: "add_on",
                column: "reason",
            })?,
            from: row.from_on,
            to: row.to_on,
            cost_ore: row.cost_ore,
            orderer_id: parse("add_on", "orderer_id", &row.orderer_id)?,
            agreement: row.agreement,
            reviewed_on: row.reviewed_on,
            asked_on: row.asked_on,
            ended: row.ended_on.zip(why),
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which add-ons are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddOnFilter {
    /// Of this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Of subscriptions of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// Of this kind.
    pub kind: Option<AddOnKind>,
    /// Going on, or ended.
    pub is_open: Option<bool>,
    /// About which somebody is to say on this day whether they are needed.
    pub needs_review_on: Option<NaiveDate>,
}

/// The add-on with this id.
pub fn find(connection: &mut DbConnection, id: AddOnId) -> Result<Option<AddOn>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(AddOn::try_from).transpose()
}

/// Every add-on of a subscription, the oldest first.
pub fn of_subscription(connection: &mut DbConnection, id: SubscriptionId) -> Result<Vec<AddOn>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::subscription_id.eq(id.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(AddOn::try_from).collect()
}

/// One page of add-ons.
pub fn list(
    connection: &mut DbConnection,
    filter: AddOnFilter,
    page: PageRequest,
) -> Result<Page<AddOn>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(id) = filter.subscription_id {
        query = query.filter(table::subscription_id.eq(id.to_string()));
    }
    if let Some(id) = filter.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(table::kind.eq(kind.as_str()));
    }
    if let Some(today) = filter.needs_review_on {
        query = query
            .filter(table::ended_on.is_null())
            .filter(table::to_on.is_null())
            .filter(table::reviewed_on.le(reviewed_before(today)));
    }
    query = match filter.is_open {
        Some(true) => query.filter(table::ended_on.is_null()),
        Some(false) => query.filter(table::ended_on.is_not_null()),
        None => query,
    };
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |add_on: &AddOn| add_on.id.into())
}

/// Those that go on although their last day has passed.
pub fn over(connection: &mut DbConnection, today: NaiveDate, limit: i64) -> Result<Vec<AddOnId>, DbError> {
    let ids: Vec<String> = table::table
        .filter(table::ended_on.is_null())
        .filter(table::to_on.lt(today))
        .order(table::id)
        .limit(limit)
        .select(table::id)
        .load(connection)?;
    ids.iter().map(|id| parse("add_on", "id", id)).collect()
}

/// Those about which somebody is to say whether they are needed, and was not asked since the last time that somebody did.
pub fn to_review(
    connection: &mut DbConnection,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<AddOnId>, DbError> {
    let ids: Vec<String> = table::table
        .filter(table::ended_on.is_null())
        .filter(table::to_on.is_null())
        .filter(table::reviewed_on.le(reviewed_before(today)))
        .filter(
            table::asked_on
                .is_null()
                .or(table::asked_on.assume_not_null().le(table::reviewed_on)),
        )
        .order(table::id)
        .limit(limit)
        .select(table::id)
        .load(connection)?;
    ids.iter().map(|id| parse("add_on", "id", id)).collect()
}

/// Stores a new add-on.
pub fn insert(tx: &mut Tx<'_>, add_on: &AddOn) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(add_on))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed add-on, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, add_on: &AddOn) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(add_on.id.to_string()))
        .filter(table::version.eq(add_on.meta.version - 1))
        .set(Row::from(add_on))
        .execute_prepared(tx)?;
    guarded(changed)
}
