//! Service accounts.

use super::prepared::ExecutePrepared;
use super::schema::service_account as table;
use super::types::{parse, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::actor::Scope;
use crate::domain::ids::ServiceAccountId;
use crate::domain::record::Meta;
use crate::domain::service_account::{Credential, ExternalClient, ServiceAccount};
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    name: String,
    secret_hash: Option<Vec<u8>>,
    issuer: Option<String>,
    external_client_id: Option<String>,
    external_subject: Option<String>,
    scopes: String,
    revoked_at: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl TryFrom<Row> for ServiceAccount {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let credential = match (
            row.secret_hash,
            row.issuer,
            row.external_client_id,
            row.external_subject,
        ) {
            (Some(hash), None, None, None) => Credential::Secret { hash },
            (None, Some(issuer), Some(client_id), Some(subject)) => Credential::External(ExternalClient {
                issuer,
                client_id,
                subject,
            }),
            _ => {
                return Err(DbError::Corrupt {
                    table: "service_account",
                    column: "secret_hash",
                });
            }
        };
        let scopes = row
            .scopes
            .split_whitespace()
            .map(|word| parse("service_account", "scopes", word));
        Ok(Self {
            id: parse("service_account", "id", &row.id)?,
            name: row.name,
            credential,
            scopes: scopes.collect::<Result<_, _>>()?,
            revoked_at: utc_optional(row.revoked_at),
            meta: Meta {
                version: row.version,
                created_at: utc(row.created_at),
                updated_at: utc(row.updated_at),
            },
        })
    }
}

/// The account with this id.
pub fn find(connection: &mut DbConnection, id: ServiceAccountId) -> Result<Option<ServiceAccount>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(ServiceAccount::try_from).transpose()
}

/// The account in use that a client of another issuer is bound to.
pub fn find_external(
    connection: &mut DbConnection,
    issuer: &str,
    client_id: &str,
) -> Result<Option<ServiceAccount>, DbError> {
    let row: Option<Row> = table::table
        .filter(table::issuer.eq(issuer))
        .filter(table::external_client_id.eq(client_id))
        .filter(table::revoked_at.is_null())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(ServiceAccount::try_from).transpose()
}

/// All accounts, by name.
pub fn list(connection: &mut DbConnection) -> Result<Vec<ServiceAccount>, DbError> {
    let rows: Vec<Row> = table::table
        .order(table::name)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(ServiceAccount::try_from).collect()
}

/// Stores a new account.
pub fn insert(tx: &mut Tx<'_>, account: &ServiceAccount) -> Result<(), DbError> {
    let (hash, external) = match &account.credential {
        Credential::Secret { hash } => (Some(hash), None),
        Credential::External(client) => (None, Some(client)),
    };
    let row = Row {
        id: account.id.to_string(),
        name: account.name.clone(),
        secret_hash: hash.cloned(),
        issuer: external.map(|client| client.issuer.clone()),
        external_client_id: external.map(|client| client.client_id.clone()),
        external_subject: external.map(|client| client.subject.clone()),
        scopes: words(&account.scopes),
        revoked_at: account.revoked_at.map(|at| at.naive_utc()),
        version: account.meta.version,
        created_at: account.meta.created_at.naive_utc(),
        updated_at: account.meta.updated_at.naive_utc(),
    };
    diesel::insert_into(table::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}

fn words(scopes: &[Scope]) -> String {
    let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    words.join(" ")
}

/// Gives an account that is in use other scopes: tokens that it has die with the next request.
pub fn set_scopes(tx: &mut Tx<'_>, id: ServiceAccountId, scopes: &[Scope]) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    let changed = diesel::update(table::table.find(id.to_string()))
        .filter(table::revoked_at.is_null())
        .set((
            table::scopes.eq(words(scopes)),
            table::version.eq(table::version + 1),
            table::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(DbError::NotFound)
    }
}

/// Revokes an account: its tokens die with the next request.
pub fn revoke(tx: &mut Tx<'_>, id: ServiceAccountId) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    let changed = diesel::update(table::table.find(id.to_string()))
        .filter(table::revoked_at.is_null())
        .set((
            table::revoked_at.eq(Some(now)),
            table::version.eq(table::version + 1),
            table::updated_at.eq(now),
        ))
        .execute_prepared(tx)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(DbError::NotFound)
    }
}

/// Keeps others from acting as the same account until the transaction ends, so that what is counted stays counted.
/// Other kinds of actors are not kept waiting.
pub fn lock(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let id = tx.stamp().actor.id();
    diesel::update(table::table.find(id))
        .set(table::version.eq(table::version))
        .execute_prepared(tx)?;
    Ok(())
}
