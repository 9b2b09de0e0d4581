//! Service accounts: made, changed and revoked by the operator.

use super::{Ctx, ServiceError, trail};
use crate::crypto::token::ClientSecret;
use crate::db;
use crate::domain::actor::Scope;
use crate::domain::ids::ServiceAccountId;
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::service_account::{Credential, ExternalClient, ServiceAccount};
use serde_json::json;

/// The longest name of an account, in characters.
const NAME_MAX_CHARS: usize = 200;

/// Makes an account with a secret. The secret is returned once and is not kept.
///
/// # Errors
/// [`ServiceError::Conflict`] when the name is taken, [`ServiceError::Invalid`] without a scope.
pub async fn create(
    ctx: &Ctx,
    name: String,
    scopes: Vec<Scope>,
) -> Result<(ServiceAccount, ClientSecret), ServiceError> {
    let secret = ClientSecret::generate();
    let hash = secret.hash().as_bytes().to_vec();
    let account = insert(ctx, name, scopes, Credential::Secret { hash }).await?;
    Ok((account, secret))
}

/// Makes an account for a client of another issuer, which comes with that issuer's tokens. Its scopes are the most that
/// such a token can carry here.
///
/// # Errors
/// [`ServiceError::Conflict`] when the name is taken or the client is bound already, [`ServiceError::Invalid`] without a
/// scope or with an empty id.
pub async fn bind(
    ctx: &Ctx,
    name: String,
    scopes: Vec<Scope>,
    client: ExternalClient,
) -> Result<ServiceAccount, ServiceError> {
    let ids = [
        ("issuer", &client.issuer),
        ("client_id", &client.client_id),
        ("subject", &client.subject),
    ];
    for (place, id) in ids {
        if id.trim().is_empty() || id.chars().any(char::is_control) {
            return Err(ServiceError::invalid(
                place,
                "not_an_id",
                "Give it as the issuer writes it in its tokens.",
            ));
        }
    }
    insert(ctx, name, scopes, Credential::External(client)).await
}

async fn insert(
    ctx: &Ctx,
    name: String,
    scopes: Vec<Scope>,
    credential: Credential,
) -> Result<ServiceAccount, ServiceError> {
    require_scope(&scopes)?;
    require_name(&name)?;
    ctx.write(Action::Operate, move |tx| {
        let account = ServiceAccount {
            id: tx.new_id(),
            name: name.clone(),
            credential: credential.clone(),
            scopes: scopes.clone(),
            revoked_at: None,
            meta: Meta::new(tx.now()),
        };
        db::service_accounts::insert(tx, &account)?;
        let details = match &account.credential {
            Credential::Secret { .. } => json!({ "scopes": account.scopes }),
            Credential::External(client) => json!({ "scopes": account.scopes, "issuer": client.issuer }),
        };
        trail::note(tx, "service_account.created", account.id, details)?;
        Ok(account)
    })
    .await
}

/// The name stands in lists and on receipts.
fn require_name(name: &str) -> Result<(), ServiceError> {
    let is_short = (1..=NAME_MAX_CHARS).contains(&name.chars().count());
    if is_short && name.trim() == name && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "name",
        "not_a_name",
        "A name has 1 to 200 characters, no line breaks, and no space before or after it.",
    ))
}

fn require_scope(scopes: &[Scope]) -> Result<(), ServiceError> {
    if scopes.is_empty() {
        return Err(ServiceError::invalid(
            "scope",
            "missing",
            "An account needs at least one scope.",
        ));
    }
    Ok(())
}

/// Gives an account other scopes. Tokens of ours that it has are refused from the next request on; those of another
/// issuer allow what is left from the next request on.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is no such account or it is revoked, [`ServiceError::Invalid`] without a scope.
pub async fn change_scopes(ctx: &Ctx, id: ServiceAccountId, scopes: Vec<Scope>) -> Result<(), ServiceError> {
    require_scope(&scopes)?;
    ctx.write(Action::Operate, move |tx| {
        db::service_accounts::set_scopes(tx, id, &scopes).map_err(no_such_account)?;
        trail::note(tx, "service_account.changed", id, json!({ "scopes": scopes }))
    })
    .await
}

/// All accounts.
///
/// # Errors
/// Only what the database reports.
pub async fn list(ctx: &Ctx) -> Result<Vec<ServiceAccount>, ServiceError> {
    ctx.read(Action::Operate, |connection| {
        Ok(db::service_accounts::list(connection)?)
    })
    .await
}

/// Revokes an account. Its tokens are refused from the next request on.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is no such account or it is revoked already.
pub async fn revoke(ctx: &Ctx, id: ServiceAccountId) -> Result<(), ServiceError> {
    ctx.write(Action::Operate, move |tx| {
        db::service_accounts::revoke(tx, id).map_err(no_such_account)?;
        trail::note(tx, "service_account.revoked", id, json!({}))
    })
    .await
}

fn no_such_account(error: db::DbError) -> ServiceError {
    match error {
        db::DbError::NotFound => ServiceError::NotFound("service account"),
        other => other.into(),
    }
}
