//! Service accounts: made and revoked by the operator.

use super::{Ctx, ServiceError, trail};
use crate::crypto::token::ClientSecret;
use crate::db;
use crate::domain::actor::Scope;
use crate::domain::ids::ServiceAccountId;
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::service_account::ServiceAccount;
use serde_json::json;

/// Makes an account. The secret is returned once and is not kept.
///
/// # Errors
/// [`ServiceError::Conflict`] when the name is taken, [`ServiceError::Invalid`] without a scope.
pub async fn create(
    ctx: &Ctx,
    name: String,
    scopes: Vec<Scope>,
) -> Result<(ServiceAccount, ClientSecret), ServiceError> {
    if scopes.is_empty() {
        return Err(ServiceError::invalid(
            "scope",
            "missing",
            "An account needs at least one scope.",
        ));
    }
    let secret = ClientSecret::generate();
    let secret_hash = secret.hash().as_bytes().to_vec();
    let account = ctx
        .write(Action::Operate, move |tx| {
            let account = ServiceAccount {
                id: tx.new_id(),
                name: name.clone(),
                secret_hash: secret_hash.clone(),
                scopes: scopes.clone(),
                revoked_at: None,
                meta: Meta::new(tx.now()),
            };
            db::service_accounts::insert(tx, &account)?;
            let details = json!({ "scopes": account.scopes });
            trail::note(tx, "service_account.created", account.id, details)?;
            Ok(account)
        })
        .await?;
    Ok((account, secret))
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
        db::service_accounts::revoke(tx, id).map_err(|error| match error {
            db::DbError::NotFound => ServiceError::NotFound("service account"),
            other => other.into(),
        })?;
        trail::note(tx, "service_account.revoked", id, json!({}))
    })
    .await
}
