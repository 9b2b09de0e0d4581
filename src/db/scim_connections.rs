//! Connections of directories and their tokens.

use super::prepared::ExecutePrepared;
use super::schema::{scim_connection as table, scim_token as token};
use super::types::{guarded, meta, parse, parse_optional, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{ScimConnectionId, ScimTokenId};
use crate::domain::scim::{Connection, ConnectionToken};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    name: String,
    source: Option<String>,
    is_strict: bool,
    seen_at: Option<NaiveDateTime>,
    alarmed_at: Option<NaiveDateTime>,
    revoked_at: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = token, treat_none_as_default_value = false)]
struct TokenRow {
    id: String,
    connection_id: String,
    hash: Vec<u8>,
    expires_at: NaiveDateTime,
    created_at: NaiveDateTime,
    used_at: Option<NaiveDateTime>,
    revoked_at: Option<NaiveDateTime>,
}

impl From<&Connection> for Row {
    fn from(connection: &Connection) -> Self {
        Self {
            id: connection.id.to_string(),
            name: connection.name.clone(),
            source: connection
                .source
                .as_ref()
                .map(|source| source.as_str().to_owned()),
            is_strict: connection.is_strict,
            seen_at: connection.seen_at.map(|at| at.naive_utc()),
            alarmed_at: connection.alarmed_at.map(|at| at.naive_utc()),
            revoked_at: connection.revoked_at.map(|at| at.naive_utc()),
            version: connection.meta.version,
            created_at: connection.meta.created_at.naive_utc(),
            updated_at: connection.meta.updated_at.naive_utc(),
        }
    }
}

impl TryFrom<Row> for Connection {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("scim_connection", "id", &row.id)?,
            name: row.name,
            source: parse_optional("scim_connection", "source", row.source.as_deref())?,
            is_strict: row.is_strict,
            seen_at: utc_optional(row.seen_at),
            alarmed_at: utc_optional(row.alarmed_at),
            revoked_at: utc_optional(row.revoked_at),
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

impl TryFrom<TokenRow> for ConnectionToken {
    type Error = DbError;

    fn try_from(row: TokenRow) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("scim_token", "id", &row.id)?,
            connection_id: parse("scim_token", "connection_id", &row.connection_id)?,
            hash: row.hash,
            expires_at: utc(row.expires_at),
            created_at: utc(row.created_at),
            used_at: utc_optional(row.used_at),
            revoked_at: utc_optional(row.revoked_at),
        })
    }
}

/// The connection with this id.
pub fn find(connection: &mut DbConnection, id: ScimConnectionId) -> Result<Option<Connection>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Connection::try_from).transpose()
}

/// The connection of this name.
pub fn find_by_name(connection: &mut DbConnection, name: &str) -> Result<Option<Connection>, DbError> {
    let row: Option<Row> = table::table
        .filter(table::name.eq(name))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Connection::try_from).transpose()
}

/// All connections, by name: there are a handful.
pub fn list(connection: &mut DbConnection) -> Result<Vec<Connection>, DbError> {
    let rows: Vec<Row> = table::table
        .order(table::name)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// The token with this hash.
pub fn find_token(connection: &mut DbConnection, hash: &[u8]) -> Result<Option<ConnectionToken>, DbError> {
    let row: Option<TokenRow> = token::table
        .filter(token::hash.eq(hash))
        .select(TokenRow::as_select())
        .first(connection)
        .optional()?;
    row.map(ConnectionToken::try_from).transpose()
}

/// The tokens of a connection, the oldest first.
pub fn tokens(connection: &mut DbConnection, id: ScimConnectionId) -> Result<Vec<ConnectionToken>, DbError> {
    let rows: Vec<TokenRow> = token::table
        .filter(token::connection_id.eq(id.to_string()))
        .order(token::id)
        .select(TokenRow::as_select())
        .load(connection)?;
    rows.into_iter().map(ConnectionToken::try_from).collect()
}

/// Stores a new connection.
pub fn insert(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(connection))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed connection, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(connection.id.to_string()))
        .filter(table::version.eq(connection.meta.version - 1))
        .set(Row::from(connection))
        .execute_prepared(tx)?;
    guarded(changed)
}

/// Stores a new token.
pub fn insert_token(tx: &mut Tx<'_>, new: &ConnectionToken) -> Result<(), DbError> {
    let row = TokenRow {
        id: new.id.to_string(),
        connection_id: new.connection_id.to_string(),
        hash: new.hash.clone(),
        expires_at: new.expires_at.naive_utc(),
        created_at: new.created_at.naive_utc(),
        used_at: None,
        revoked_at: None,
    };
    diesel::insert_into(token::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}

/// Revokes a token.
pub fn revoke_token(tx: &mut Tx<'_>, id: ScimTokenId) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    diesel::update(token::table.find(id.to_string()))
        .filter(token::revoked_at.is_null())
        .set(token::revoked_at.eq(Some(now)))
        .execute_prepared(tx)?;
    Ok(())
}

/// Notes that a connection has said something. Its version stays: nobody edited it.
pub fn heard(tx: &mut Tx<'_>, id: ScimConnectionId, token_id: ScimTokenId) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    diesel::update(table::table.find(id.to_string()))
        .set((
            table::seen_at.eq(Some(now)),
            table::alarmed_at.eq(None::<NaiveDateTime>),
        ))
        .execute_prepared(tx)?;
    diesel::update(token::table.find(token_id.to_string()))
        .set(token::used_at.eq(Some(now)))
        .execute_prepared(tx)?;
    Ok(())
}

/// Notes that the desk is told of the silence, unless it has been told or the connection has spoken since then. Says
/// whether it was noted.
pub fn alarmed(tx: &mut Tx<'_>, id: ScimConnectionId, silent_before: DateTime<Utc>) -> Result<bool, DbError> {
    let now = tx.now().naive_utc();
    let before = silent_before.naive_utc();
    let changed = diesel::update(table::table.find(id.to_string()))
        .filter(table::alarmed_at.is_null())
        .filter(table::revoked_at.is_null())
        .filter(table::seen_at.is_null().or(table::seen_at.le(Some(before))))
        .set(table::alarmed_at.eq(Some(now)))
        .execute_prepared(tx)?;
    Ok(changed == 1)
}
