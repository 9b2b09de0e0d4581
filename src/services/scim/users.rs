//! Accounts: found, made, changed and deleted by the directory that they belong to.

use super::ScimRefusal;
use super::link::{claim_in, fill_in, manager_changed_in, release_in};
use super::signals::raise_in;
use crate::app::App;
use crate::db::scim_users::UserFilter;
use crate::db::{self, DbConnection, Tx};
use crate::domain::actor::Actor;
use crate::domain::ids::{ScimConnectionId, ScimUserId};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::scim::{
    Connection, Facts, Filter, Literal, ScimFault, ScimUser, SignalKind, apply, facts, read_operations,
    read_resource,
};
use crate::services::{Ctx, ServiceError, trail};
use serde_json::{Map, Value, json};

/// The most accounts of one answer.
pub const MAX_COUNT: i64 = 200;
/// How many accounts are read at once where a filter needs more than the database can look up.
const BATCH: i64 = 500;

const NOT_FOUND: ServiceError = ServiceError::NotFound("user");

/// Which accounts are asked for. The numbers are as they were sent.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Only those that fit.
    pub filter: Option<Filter>,
    /// The first of them, from 1.
    pub start_index: Option<i64>,
    /// How many of them.
    pub count: Option<i64>,
}

/// What was found.
#[derive(Clone, PartialEq)]
pub struct Found {
    /// How many there are in all.
    pub total: i64,
    /// The number of the first that follows.
    pub start_index: i64,
    /// Some of them.
    pub users: Vec<ScimUser>,
}

/// One account.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::look_up`].
pub async fn get(ctx: &Ctx, id: ScimUserId) -> Result<ScimUser, ServiceError> {
    let owner = owner_of(ctx)?;
    ctx.look_up(Action::ProvisionAccounts, move |connection| {
        db::scim_users::find(connection, owner, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// The accounts that fit, in the order of their making.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn search(ctx: &Ctx, search: Search) -> Result<Found, ServiceError> {
    let owner = owner_of(ctx)?;
    let start_index = search.start_index.unwrap_or(1).max(1);
    let count = search.count.unwrap_or(MAX_COUNT).clamp(0, MAX_COUNT);
    ctx.read(Action::ProvisionAccounts, move |connection| {
        let skip = start_index - 1;
        let (total, users) = match &search.filter {
            None => {
                let all = UserFilter::default();
                let total = db::scim_users::count(connection, owner, &all)?;
                let users = if count == 0 {
                    Vec::new()
                } else {
                    db::scim_users::list(connection, owner, &all, (skip, count))?
                };
                (total, users)
            }
            Some(filter) => fitting(connection, owner, filter, (skip, count))?,
        };
        Ok(Found {
            total,
            start_index,
            users,
        })
    })
    .await
}

/// Reads what the database can look up, and looks at the rest here.
fn fitting(
    connection: &mut DbConnection,
    owner: ScimConnectionId,
    filter: &Filter,
    (skip, count): (i64, i64),
) -> Result<(i64, Vec<ScimUser>), ServiceError> {
    let narrowed = narrowed(filter);
    let (mut total, mut kept, mut offset) = (0, Vec::new(), 0);
    loop {
        let rows = db::scim_users::list(connection, owner, &narrowed, (offset, BATCH))?;
        let is_last = i64::try_from(rows.len()).is_ok_and(|rows| rows < BATCH);
        for user in rows {
            if !filter.admits(&with_id(&user)) {
                continue;
            }
            if total >= skip && total - skip < count {
                kept.push(user);
            }
            total += 1;
        }
        if is_last {
            return Ok((total, kept));
        }
        offset += BATCH;
    }
}

fn with_id(user: &ScimUser) -> Map<String, Value> {
    let mut resource = user.attributes.clone();
    resource.insert("id".to_owned(), user.id.to_string().into());
    resource
}

fn narrowed(filter: &Filter) -> UserFilter {
    let mut narrowed = UserFilter::default();
    for (path, literal) in filter.conditions() {
        match (path.as_str(), literal) {
            ("id", Literal::Text(text)) => narrowed.id = Some(text.clone()),
            ("userName", Literal::Text(text)) => narrowed.user_name = Some(text.clone()),
            ("externalId", Literal::Text(text)) => narrowed.external_id = Some(text.clone()),
            ("emails.value", Literal::Text(text)) => narrowed.email = Some(text.clone()),
            ("active", Literal::Boolean(active)) => narrowed.is_active = Some(*active),
            _ => {}
        }
    }
    narrowed
}

/// Makes an account.
///
/// # Errors
/// [`ScimFault`]; [`ServiceError::Conflict`] when the connection has an account of this name; as [`Ctx::write`].
pub async fn create(ctx: &Ctx, body: Value) -> Result<ScimUser, ScimRefusal> {
    let owner = owner_of(ctx)?;
    written(ctx, move |tx, app| {
        let connection = connection_in(tx, owner)?;
        let incoming = match read_resource(&body, connection.leniency()) {
            Ok(incoming) => incoming,
            Err(fault) => return Ok(Err(fault)),
        };
        let mut attributes = incoming.attributes;
        attributes.entry("active").or_insert(true.into());
        let mut user = ScimUser {
            id: tx.new_id(),
            connection_id: owner,
            attributes,
            person_id: None,
            fills_name: false,
            fills_email: false,
            meta: Meta::new(tx.now()),
        };
        db::scim_users::insert(tx, &user)?;
        trail::note(
            tx,
            "scim_user.created",
            user.id,
            json!({ "ignored": incoming.ignored }),
        )?;
        count_ignored(incoming.ignored);
        settle(tx, app, &connection, (&mut user, None))?;
        Ok(Ok(user))
    })
    .await
}

/// Puts another resource in the place of an account's. What says whether it is in use stays, where that is not said:
/// an omission switches nobody off.
///
/// # Errors
/// [`ScimFault`]; [`ServiceError::NotFound`]; [`ServiceError::Stale`]; as [`create`].
pub async fn replace(
    ctx: &Ctx,
    id: ScimUserId,
    expected: ExpectedVersion,
    body: Value,
) -> Result<ScimUser, ScimRefusal> {
    edit(ctx, id, expected, move |connection, known| {
        let incoming = read_resource(&body, connection.leniency())?;
        let mut attributes = incoming.attributes;
        if !attributes.contains_key("active")
            && let Some(active) = known.get("active")
        {
            attributes.insert("active".to_owned(), active.clone());
        }
        Ok((attributes, incoming.ignored))
    })
    .await
}

/// Changes an account: all of the operations or none.
///
/// # Errors
/// As [`replace`].
pub async fn patch(
    ctx: &Ctx,
    id: ScimUserId,
    expected: ExpectedVersion,
    body: Value,
) -> Result<ScimUser, ScimRefusal> {
    edit(ctx, id, expected, move |connection, known| {
        let leniency = connection.leniency();
        let operations = read_operations(&body, leniency)?;
        let patched = apply(known, &operations, leniency)?;
        Ok((patched.attributes, patched.ignored))
    })
    .await
}

async fn edit(
    ctx: &Ctx,
    id: ScimUserId,
    expected: ExpectedVersion,
    change: impl Fn(&Connection, &Map<String, Value>) -> Result<(Map<String, Value>, usize), ScimFault>
    + Send
    + 'static,
) -> Result<ScimUser, ScimRefusal> {
    let owner = owner_of(ctx)?;
    written(ctx, move |tx, app| {
        let connection = connection_in(tx, owner)?;
        let known = db::scim_users::find(tx, owner, id)?.ok_or(NOT_FOUND)?;
        if !expected.admits(known.meta.version) {
            return Err(ServiceError::Stale {
                current: known.meta.version,
            });
        }
        let (attributes, ignored) = match change(&connection, &known.attributes) {
            Ok(changed) => changed,
            Err(fault) => return Ok(Err(fault)),
        };
        count_ignored(ignored);
        if attributes == known.attributes {
            return Ok(Ok(known));
        }
        let mut user = ScimUser {
            attributes,
            meta: known.meta.changed(tx.now()),
            ..known.clone()
        };
        db::scim_users::update(tx, &user)?;
        let details = json!({ "changed": changed(&known.attributes, &user.attributes), "ignored": ignored });
        trail::note(tx, "scim_user.changed", user.id, details)?;
        settle(tx, app, &connection, (&mut user, Some(&facts(&known.attributes))))?;
        Ok(Ok(user))
    })
    .await
}

/// Deletes an account. The person, what they have and their cases stay.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; as [`Ctx::write`].
pub async fn delete(ctx: &Ctx, id: ScimUserId, expected: ExpectedVersion) -> Result<(), ServiceError> {
    let owner = owner_of(ctx)?;
    ctx.write(Action::ProvisionAccounts, move |tx| {
        let known = db::scim_users::find(tx, owner, id)?.ok_or(NOT_FOUND)?;
        if !expected.admits(known.meta.version) {
            return Err(ServiceError::Stale {
                current: known.meta.version,
            });
        }
        db::scim_users::delete(tx, id)?;
        trail::note(tx, "scim_user.deleted", id, json!({ "person": known.person_id }))?;
        raise_in(tx, &known, SignalKind::Deleted)
    })
    .await
}

/// What follows from an account as it is now: whom it belongs to, what it fills in, and what its change means.
fn settle(
    tx: &mut Tx<'_>,
    app: &App,
    connection: &Connection,
    (user, before): (&mut ScimUser, Option<&Facts>),
) -> Result<(), ServiceError> {
    let linked = (user.person_id, user.fills_name, user.fills_email);
    if before.is_some_and(|before| is_called_otherwise(before, &facts(&user.attributes))) {
        release_in(tx, user)?;
    }
    claim_in(tx, connection, user)?;
    fill_in(tx, user, before)?;
    if linked != (user.person_id, user.fills_name, user.fills_email) {
        db::scim_users::link(tx, user)?;
    }
    let now = facts(&user.attributes);
    let Some(before) = before else { return Ok(()) };
    if let Some(person) = user.person_id.filter(|_| before.manager != now.manager) {
        manager_changed_in(tx, app, person)?;
    }
    match (before.is_active, now.is_active) {
        (true, false) => raise_in(tx, user, SignalKind::Inactive),
        (false, true) => raise_in(tx, user, SignalKind::Active),
        (true, true) | (false, false) => Ok(()),
    }
}

/// Whether the ids that say whose the account is are other ones now.
fn is_called_otherwise(before: &Facts, now: &Facts) -> bool {
    before.external_id != now.external_id || before.employee_number != now.employee_number
}

/// The names of the attributes that differ.
fn changed(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let mut names: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

fn count_ignored(ignored: usize) {
    if ignored > 0 {
        metrics::counter!("handback_scim_ignored_attributes_total").increment(ignored as u64);
    }
}

/// Writes; a wrong request changes nothing.
async fn written(
    ctx: &Ctx,
    mut work: impl FnMut(&mut Tx<'_>, &App) -> Result<Result<ScimUser, ScimFault>, ServiceError> + Send + 'static,
) -> Result<ScimUser, ScimRefusal> {
    let app = ctx.app.clone();
    let outcome = ctx
        .write(Action::ProvisionAccounts, move |tx| work(tx, &app))
        .await?;
    Ok(outcome?)
}

fn owner_of(ctx: &Ctx) -> Result<ScimConnectionId, ServiceError> {
    match ctx.actor {
        Actor::ScimConnection { id, .. } => Ok(id),
        _ => Err(ServiceError::Forbidden(Action::ProvisionAccounts)),
    }
}

fn connection_in(tx: &mut Tx<'_>, id: ScimConnectionId) -> Result<Connection, ServiceError> {
    db::scim_connections::find(tx, id)?.ok_or(ServiceError::TokenRevoked)
}
