//! The connections of directories: made, given new tokens and revoked by the operator.

use crate::crypto::token::ConnectionSecret;
use crate::db::{self, Tx};
use crate::domain::actor::Actor;
use crate::domain::ids::ScimConnectionId;
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::scim::{Connection, ConnectionToken};
use crate::domain::text::SourceName;
use crate::services::{Ctx, ServiceError, trail};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// How many tokens of one connection can be used at the same time: the one in use and the one that takes its place.
const LIVE_TOKENS: usize = 2;
/// How exactly it is known when a connection last said something: each note is a write.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);
/// The longest name of a connection, in characters.
const MAX_NAME: usize = 100;

/// What a new connection is made of.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// What people call it.
    pub name: String,
    /// The source whose people its ids name.
    pub source: Option<SourceName>,
    /// Whether it is held to the letter of the RFC.
    pub is_strict: bool,
    /// For how many days its first token is good.
    pub expires_in: u16,
}

/// A connection with its tokens, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The connection.
    pub connection: Connection,
    /// Its tokens.
    pub tokens: Vec<ConnectionToken>,
}

const NOT_FOUND: ServiceError = ServiceError::NotFound("connection");

/// Makes a connection with a token. The token is returned once and is not kept.
///
/// # Errors
/// [`ServiceError::Invalid`] for the name or an unknown source; [`ServiceError::Conflict`] when the name is taken.
pub async fn create(
    ctx: &Ctx,
    new: NewConnection,
) -> Result<(Connection, ConnectionToken, ConnectionSecret), ServiceError> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(ServiceError::invalid(
            "name",
            "not_a_name",
            "A name has 1 to 100 characters.",
        ));
    }
    let secret = ConnectionSecret::generate();
    let hash = secret.hash().as_bytes().to_vec();
    let (connection, token) = ctx
        .write(Action::Operate, move |tx| {
            if let Some(source) = &new.source
                && db::sources::find(tx, source)?.is_none()
            {
                return Err(ServiceError::invalid(
                    "source",
                    "unknown_source",
                    "There is no source with this name. Register it first.",
                ));
            }
            let connection = Connection {
                id: tx.new_id(),
                name: new.name.trim().to_owned(),
                source: new.source.clone(),
                is_strict: new.is_strict,
                seen_at: None,
                alarmed_at: None,
                revoked_at: None,
                meta: Meta::new(tx.now()),
            };
            db::scim_connections::insert(tx, &connection)?;
            let details = json!({ "source": connection.source, "strict": connection.is_strict });
            trail::note(tx, "scim_connection.created", connection.id, details)?;
            let token = token_in(tx, connection.id, &hash, new.expires_in)?;
            Ok((connection, token))
        })
        .await?;
    Ok((connection, token, secret))
}

fn token_in(
    tx: &mut Tx<'_>,
    connection: ScimConnectionId,
    hash: &[u8],
    expires_in: u16,
) -> Result<ConnectionToken, ServiceError> {
    let token = ConnectionToken {
        id: tx.new_id(),
        connection_id: connection,
        hash: hash.to_vec(),
        expires_at: tx.now() + TimeDelta::days(expires_in.into()),
        created_at: tx.now(),
        used_at: None,
        revoked_at: None,
    };
    db::scim_connections::insert_token(tx, &token)?;
    let details = json!({ "token": token.id, "expires_at": token.expires_at });
    trail::note(tx, "scim_connection.token_made", connection, details)?;
    Ok(token)
}

/// All connections, by name.
///
/// # Errors
/// Only what the database reports.
pub async fn list(ctx: &Ctx) -> Result<Vec<Listed>, ServiceError> {
    ctx.read(Action::Operate, |connection| {
        db::scim_connections::list(connection)?
            .into_iter()
            .map(|found| {
                Ok(Listed {
                    tokens: db::scim_connections::tokens(connection, found.id)?,
                    connection: found,
                })
            })
            .collect()
    })
    .await
}

/// Gives a connection another token. The newest of those that it has goes on beside it until it expires, so that the
/// directory can change over; with `at_once`, none does.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is no connection of this name, or it is revoked.
pub async fn rotate(
    ctx: &Ctx,
    name: String,
    expires_in: u16,
    at_once: bool,
) -> Result<(Connection, ConnectionToken, ConnectionSecret), ServiceError> {
    let secret = ConnectionSecret::generate();
    let hash = secret.hash().as_bytes().to_vec();
    let (connection, token) = ctx
        .write(Action::Operate, move |tx| {
            let connection = in_use(tx, &name)?;
            let now = tx.now();
            let mut live = db::scim_connections::tokens(tx, connection.id)?;
            live.retain(|token| token.is_live(now));
            let keep = if at_once { 0 } else { LIVE_TOKENS - 1 };
            let surplus = live.len().saturating_sub(keep);
            for old in live.iter().take(surplus) {
                db::scim_connections::revoke_token(tx, old.id)?;
                let details = json!({ "token": old.id });
                trail::note(tx, "scim_connection.token_revoked", connection.id, details)?;
            }
            let token = token_in(tx, connection.id, &hash, expires_in)?;
            Ok((connection, token))
        })
        .await?;
    Ok((connection, token, secret))
}

/// Revokes a connection: its tokens are refused from the next request on. Its accounts stay as they are.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is no connection of this name, or it is revoked already.
pub async fn revoke(ctx: &Ctx, name: String) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        let known = in_use(tx, &name)?;
        let revoked = Connection {
            revoked_at: Some(tx.now()),
            meta: known.meta.changed(tx.now()),
            ..known
        };
        db::scim_connections::update(tx, &revoked)?;
        trail::note(tx, "scim_connection.revoked", revoked.id, json!({}))
    })
    .await
}

fn in_use(tx: &mut Tx<'_>, name: &str) -> Result<Connection, ServiceError> {
    db::scim_connections::find_by_name(tx, name.trim())?
        .filter(|found| found.revoked_at.is_none())
        .ok_or(NOT_FOUND)
}

/// Whose token this is; none when it is nobody's, has expired or was revoked. `ctx` is the service itself: the caller is
/// nobody yet. Notes that the connection has said something.
///
/// # Errors
/// Only what the database reports.
pub async fn authenticate(ctx: &Ctx, secret: &ConnectionSecret) -> Result<Option<Actor>, ServiceError> {
    let hash = secret.hash().as_bytes().to_vec();
    let now = ctx.app.clock.now();
    let found = ctx
        .look_up(Action::Operate, move |connection| {
            let Some(token) = db::scim_connections::find_token(connection, &hash)? else {
                return Ok(None);
            };
            let owner = db::scim_connections::find(connection, token.connection_id)?;
            Ok(owner.map(|owner| (owner, token)))
        })
        .await?;
    let Some((owner, token)) =
        found.filter(|(owner, token)| owner.revoked_at.is_none() && token.is_live(now))
    else {
        return Ok(None);
    };
    if is_news(owner.seen_at, now) || is_news(token.used_at, now) || owner.alarmed_at.is_some() {
        let (was_silent, id, token) = (owner.alarmed_at.is_some(), owner.id, token.id);
        ctx.write(Action::Operate, move |tx| {
            db::scim_connections::heard(tx, id, token)?;
            if was_silent {
                trail::note(tx, "scim_connection.heard", id, json!({}))?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(Some(Actor::ScimConnection {
        id: owner.id,
        token: token.id,
    }))
}

fn is_news(noted: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    noted.is_none_or(|noted| noted + NOTED_EVERY <= now)
}
