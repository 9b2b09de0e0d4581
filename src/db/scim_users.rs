//! The accounts that directories keep here, and whom they belong to.

use super::prepared::ExecutePrepared;
use super::schema::{person, person_identifier as identifier, scim_user as table, scim_user_email as email};
use super::types::{guarded, meta, parse, parse_json, parse_optional, to_json};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{PersonId, ScimConnectionId, ScimUserId};
use crate::domain::scim::{Facts, ScimUser, facts};
use crate::domain::text::SourceName;
use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use std::collections::BTreeSet;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    connection_id: String,
    user_name_folded: String,
    external_id: Option<String>,
    employee_number: Option<String>,
    is_active: bool,
    attributes: String,
    person_id: Option<String>,
    fills_name: bool,
    fills_email: bool,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl Row {
    fn of(user: &ScimUser, facts: &Facts) -> Result<Self, DbError> {
        Ok(Self {
            id: user.id.to_string(),
            connection_id: user.connection_id.to_string(),
            user_name_folded: facts.user_name.to_lowercase(),
            external_id: facts.external_id.clone(),
            employee_number: facts.employee_number.clone(),
            is_active: facts.is_active,
            attributes: to_json(&user.attributes)?,
            person_id: user.person_id.map(|id| id.to_string()),
            fills_name: user.fills_name,
            fills_email: user.fills_email,
            version: user.meta.version,
            created_at: user.meta.created_at.naive_utc(),
            updated_at: user.meta.updated_at.naive_utc(),
        })
    }
}

impl TryFrom<Row> for ScimUser {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("scim_user", "id", &row.id)?,
            connection_id: parse("scim_user", "connection_id", &row.connection_id)?,
            attributes: parse_json("scim_user", "attributes", &row.attributes)?,
            person_id: parse_optional("scim_user", "person_id", row.person_id.as_deref())?,
            fills_name: row.fills_name,
            fills_email: row.fills_email,
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which accounts of a connection are asked for: what the database can look up. The texts are as they were sent.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// With this id.
    pub id: Option<String>,
    /// With this user name, in any case.
    pub user_name: Option<String>,
    /// With this id of the client.
    pub external_id: Option<String>,
    /// Whether it is in use.
    pub is_active: Option<bool>,
    /// With this address, in any case.
    pub email: Option<String>,
}

macro_rules! chosen {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        if let Some(id) = &$filter.id {
            query = query.filter(table::id.eq(id.clone()));
        }
        if let Some(name) = &$filter.user_name {
            query = query.filter(table::user_name_folded.eq(name.to_lowercase()));
        }
        if let Some(id) = &$filter.external_id {
            query = query.filter(table::external_id.eq(id.clone()));
        }
        if let Some(active) = $filter.is_active {
            query = query.filter(table::is_active.eq(active));
        }
        if let Some(address) = &$filter.email {
            let with_address = email::table
                .filter(email::address_folded.eq(address.to_lowercase()))
                .select(email::user_id);
            query = query.filter(table::id.eq_any(with_address));
        }
        query
    }};
}

/// The account with this id, if it belongs to the connection.
pub fn find(
    connection: &mut DbConnection,
    owner: ScimConnectionId,
    id: ScimUserId,
) -> Result<Option<ScimUser>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .filter(table::connection_id.eq(owner.to_string()))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(ScimUser::try_from).transpose()
}

/// How many accounts there are.
pub fn count(
    connection: &mut DbConnection,
    owner: ScimConnectionId,
    filter: &UserFilter,
) -> Result<i64, DbError> {
    let query = table::table
        .filter(table::connection_id.eq(owner.to_string()))
        .into_boxed();
    Ok(chosen!(query, filter).count().get_result(connection)?)
}

/// Accounts in the order of their making.
pub fn list(
    connection: &mut DbConnection,
    owner: ScimConnectionId,
    filter: &UserFilter,
    (offset, limit): (i64, i64),
) -> Result<Vec<ScimUser>, DbError> {
    let query = table::table
        .filter(table::connection_id.eq(owner.to_string()))
        .into_boxed();
    let rows: Vec<Row> = chosen!(query, filter)
        .order(table::id)
        .offset(offset)
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(ScimUser::try_from).collect()
}

/// The accounts of a person, of all connections.
pub fn of_person(connection: &mut DbConnection, id: PersonId) -> Result<Vec<ScimUser>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::person_id.eq(id.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(ScimUser::try_from).collect()
}

/// Accounts that belong to nobody yet and have one of these ids or this address.
pub fn unclaimed(
    connection: &mut DbConnection,
    ids: &[String],
    address: Option<&str>,
) -> Result<Vec<ScimUser>, DbError> {
    let with_address = email::table
        .filter(email::address_folded.eq(address.map(str::to_lowercase).unwrap_or_default()))
        .select(email::user_id);
    let rows: Vec<Row> = table::table
        .filter(table::person_id.is_null())
        .filter(
            table::external_id
                .eq_any(ids.iter().map(Some))
                .or(table::employee_number.eq_any(ids.iter().map(Some)))
                .or(table::id.eq_any(with_address)),
        )
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(ScimUser::try_from).collect()
}

/// The people whom sources call this; only one source's, if it is named.
pub fn people_called(
    connection: &mut DbConnection,
    source: Option<&SourceName>,
    external_id: &str,
) -> Result<BTreeSet<PersonId>, DbError> {
    let mut query = identifier::table
        .filter(identifier::external_id.eq(external_id.to_owned()))
        .into_boxed();
    if let Some(source) = source {
        query = query.filter(identifier::source.eq(source.as_str().to_owned()));
    }
    let ids: Vec<String> = query.select(identifier::person_id).load(connection)?;
    ids.iter()
        .map(|id| parse("person_identifier", "person_id", id))
        .collect()
}

/// The people who have this address, in any case.
pub fn people_at(connection: &mut DbConnection, address: &str) -> Result<BTreeSet<PersonId>, DbError> {
    let ids: Vec<String> = person::table
        .filter(sql::<Bool>("lower(email) = ").bind::<Text, _>(address.to_lowercase()))
        .select(person::id)
        .load(connection)?;
    ids.iter().map(|id| parse("person", "id", id)).collect()
}

/// Stores a new account.
pub fn insert(tx: &mut Tx<'_>, user: &ScimUser) -> Result<(), DbError> {
    let facts = facts(&user.attributes);
    diesel::insert_into(table::table)
        .values(Row::of(user, &facts)?)
        .execute(&mut **tx)?;
    insert_emails(tx, user.id, &facts)
}

/// Stores a changed account, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, user: &ScimUser) -> Result<(), DbError> {
    let facts = facts(&user.attributes);
    let changed = diesel::update(table::table.find(user.id.to_string()))
        .filter(table::version.eq(user.meta.version - 1))
        .set(Row::of(user, &facts)?)
        .execute_prepared(tx)?;
    guarded(changed)?;
    delete_emails(tx, user.id)?;
    insert_emails(tx, user.id, &facts)
}

/// Notes whom an account belongs to. That is no change of the account: its version stays.
pub fn link(tx: &mut Tx<'_>, user: &ScimUser) -> Result<(), DbError> {
    diesel::update(table::table.find(user.id.to_string()))
        .set((
            table::person_id.eq(user.person_id.map(|id| id.to_string())),
            table::fills_name.eq(user.fills_name),
            table::fills_email.eq(user.fills_email),
        ))
        .execute_prepared(tx)?;
    Ok(())
}

/// Gives an account of one person to another, if it still is that person's.
pub fn give(tx: &mut Tx<'_>, id: ScimUserId, (from, to): (PersonId, PersonId)) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .filter(table::person_id.eq(from.to_string()))
        .set(table::person_id.eq(Some(to.to_string())))
        .execute_prepared(tx)?;
    Ok(())
}

/// Deletes an account.
pub fn delete(tx: &mut Tx<'_>, id: ScimUserId) -> Result<(), DbError> {
    delete_emails(tx, id)?;
    diesel::delete(table::table.find(id.to_string())).execute(&mut **tx)?;
    Ok(())
}

fn delete_emails(tx: &mut Tx<'_>, id: ScimUserId) -> Result<(), DbError> {
    diesel::delete(email::table.filter(email::user_id.eq(id.to_string()))).execute(&mut **tx)?;
    Ok(())
}

fn insert_emails(tx: &mut Tx<'_>, id: ScimUserId, facts: &Facts) -> Result<(), DbError> {
    let folded: BTreeSet<String> = facts
        .emails
        .iter()
        .map(|address| address.to_lowercase())
        .collect();
    for address in folded {
        diesel::insert_into(email::table)
            .values((
                email::user_id.eq(id.to_string()),
                email::address_folded.eq(address),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}
