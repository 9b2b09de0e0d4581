//! Access tokens of service accounts: ours, by the client credentials grant (RFC 6749 §4.4), and what those of other
//! issuers are good for here.

pub use crate::integrations::issuers::{ExternalRefusal, ExternalToken};

use super::{Ctx, ServiceError};
use crate::app::App;
use crate::crypto::access_token::AccessGrant;
use crate::crypto::token::{ClientSecret, TokenHash};
use crate::db;
use crate::domain::actor::{Actor, Scope};
use crate::domain::ids::ServiceAccountId;
use crate::domain::policy::Action;
use crate::domain::service_account::{Credential, ServiceAccount};
use thiserror::Error;

/// What a client presents to get a token.
pub struct TokenRequest {
    /// Its id, as it was sent.
    pub client_id: String,
    /// Its secret, as it was sent.
    pub client_secret: secrecy::SecretString,
    /// The scopes it asks for; none means all it has.
    pub scopes: Option<Vec<String>>,
}

/// A token that was issued.
pub struct IssuedToken {
    /// The token.
    pub access_token: secrecy::SecretString,
    /// How long it is good for, in seconds.
    pub expires_in: i64,
    /// What it allows.
    pub scopes: Vec<Scope>,
}

/// No token was issued.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TokenRefused {
    /// Unknown client, wrong secret or revoked account: one answer for all, so that nobody learns which
    /// clients exist.
    #[error("unknown client or wrong secret")]
    InvalidClient,
    /// The account does not have every scope that was asked for, or there is no such scope.
    #[error("scope not granted")]
    InvalidScope,
    /// It failed.
    #[error(transparent)]
    Failed(#[from] ServiceError),
}

/// Issues a token to a client that proves who it is.
///
/// `ctx` is the service itself: the caller is nobody yet.
///
/// # Errors
/// See [`TokenRefused`].
pub async fn issue(ctx: &Ctx, request: TokenRequest) -> Result<IssuedToken, TokenRefused> {
    let account = find_account(ctx, &request.client_id).await?;
    let account = authenticated(account, &request).ok_or(TokenRefused::InvalidClient)?;
    let scopes = granted(&account, request.scopes.as_deref())?;
    let grant = AccessGrant {
        subject: account.id.to_string(),
        client_id: account.id.to_string(),
        scopes: scopes.iter().map(ToString::to_string).collect(),
        version: account.meta.version,
    };
    let tokens = &ctx.app.tokens;
    let text = tokens
        .issue(&grant, ctx.app.clock.now(), ctx.app.ids.next())
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    issued(ctx, &account);
    Ok(IssuedToken {
        access_token: text.into(),
        expires_in: tokens.lifetime().num_seconds(),
        scopes,
    })
}

/// Who calls with a good token of another issuer: the account that its client is bound to, with the scopes that both the
/// token and the account have. None when the client is bound to no account, or the token stands for somebody else.
///
/// # Errors
/// Only what the database reports.
pub async fn caller_with(app: &App, token: &ExternalToken) -> Result<Option<Actor>, ServiceError> {
    let (issuer, client_id) = (token.issuer.clone(), token.client_id.clone());
    let found = Ctx::system(app)
        .read(Action::Operate, move |connection| {
            Ok(db::service_accounts::find_external(
                connection, &issuer, &client_id,
            )?)
        })
        .await?;
    Ok(found.and_then(|account| match &account.credential {
        Credential::External(client) if client.subject == token.subject => Some(Actor::ServiceAccount {
            id: account.id,
            scopes: token
                .scopes
                .iter()
                .copied()
                .filter(|scope| account.scopes.contains(scope))
                .collect(),
            version: account.meta.version,
        }),
        Credential::External(_) | Credential::Secret { .. } => None,
    }))
}

async fn find_account(ctx: &Ctx, client_id: &str) -> Result<Option<ServiceAccount>, ServiceError> {
    let Ok(id) = client_id.parse::<ServiceAccountId>() else {
        return Ok(None);
    };
    ctx.read(Action::Operate, move |connection| {
        Ok(db::service_accounts::find(connection, id)?)
    })
    .await
}

/// Does the same work whether or not there is an account: the time it takes tells nothing.
fn authenticated(account: Option<ServiceAccount>, request: &TokenRequest) -> Option<ServiceAccount> {
    use secrecy::ExposeSecret;
    let stored = account
        .as_ref()
        .and_then(|account| match &account.credential {
            Credential::Secret { hash } => TokenHash::try_from(hash.as_slice()).ok(),
            Credential::External(_) => None,
        })
        .unwrap_or_else(|| TokenHash::from([0; 32]));
    let secret: ClientSecret = request.client_secret.expose_secret().parse().ok()?;
    let proved = secret.verify(&stored);
    account.filter(|account| proved && account.revoked_at.is_none())
}

fn granted(account: &ServiceAccount, asked: Option<&[String]>) -> Result<Vec<Scope>, TokenRefused> {
    let Some(asked) = asked else {
        return Ok(account.scopes.clone());
    };
    let mut scopes = Vec::with_capacity(asked.len());
    for word in asked {
        let scope: Scope = word.parse().map_err(|_| TokenRefused::InvalidScope)?;
        if !account.scopes.contains(&scope) {
            return Err(TokenRefused::InvalidScope);
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

/// The one place that knows that a token was issued.
fn issued(ctx: &Ctx, account: &ServiceAccount) {
    tracing::info!(client = %account.id, request_id = ctx.request_id, "access token issued");
}
