//! `handback service-account …`.

use super::{attached, out};
use crate::config::Config;
use crate::domain::actor::Scope;
use crate::domain::ids::ServiceAccountId;
use crate::domain::service_account::{Credential, ExternalClient};
use crate::services::{Ctx, service_accounts};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum AccountCommand {
    /// Make an account with a secret, which is shown once, or for a client of another issuer.
    #[command(
        after_help = "Scopes:\n  hr         deliver employment documents, and tell of changes\n  mdm        deliver MDM reports\n  telephony  say what the telephony system has carried out\n  desk       keep the register and work with terminations, codes included\n  read       read everything but codes\n  protected  beside another scope: see who people with a protected identity are\n  admin      set up legal entities and sources\n\nExamples:\n  handback service-account create hr-system --scope hr\n  handback service-account create desk --scope desk --scope admin --json\n  handback service-account create mdm --scope mdm --issuer https://idp.example --client-id handset-bridge"
    )]
    Create(CreateArgs),
    /// List the accounts.
    List,
    /// Give an account other scopes, at once.
    Scopes {
        /// The client id, as `create` and `list` show it.
        client_id: ServiceAccountId,
        /// What it may be used for from now on; can be given several times.
        #[arg(long = "scope", required = true, value_parser = parse_scope)]
        scopes: Vec<Scope>,
    },
    /// Revoke an account at once.
    Revoke {
        /// The client id, as `create` and `list` show it.
        client_id: ServiceAccountId,
    },
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// What people call the account, unique.
    name: String,
    /// What it may be used for; can be given several times.
    #[arg(long = "scope", required = true, value_parser = parse_scope)]
    scopes: Vec<Scope>,
    /// The issuer whose tokens the system comes with, one of the `[[issuers]]`. The account then has no secret of ours.
    #[arg(long, value_name = "URL", requires = "external_client")]
    issuer: Option<String>,
    /// The system's client id at that issuer.
    #[arg(
        long = "client-id",
        value_name = "ID",
        id = "external_client",
        requires = "issuer"
    )]
    external_client: Option<String>,
    /// `sub` of the tokens that the client gets for itself, where it is not the client id (Entra: the object id of the
    /// service principal; Keycloak: the id of the service account's user).
    #[arg(long, value_name = "SUB", requires = "issuer")]
    subject: Option<String>,
    /// Print one line of JSON: client_id, client_secret, name, scopes; instead of the secret, issuer and
    /// external_client_id.
    #[arg(long)]
    json: bool,
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    text.parse()
        .map_err(|_| format!("a scope is one of {}", known.join(", ")))
}

pub(super) fn run(config: Config, command: AccountCommand) -> anyhow::Result<ExitCode> {
    attached(config, async |app| {
        let ctx = Ctx::operator(app);
        match command {
            AccountCommand::Create(args) => create(&ctx, args).await?,
            AccountCommand::List => list(&ctx).await?,
            AccountCommand::Scopes { client_id, scopes } => {
                service_accounts::change_scopes(&ctx, client_id, scopes).await?;
                out::note(format_args!(
                    "{client_id} has these scopes now. Tokens that it got from us before are refused."
                ));
            }
            AccountCommand::Revoke { client_id } => {
                service_accounts::revoke(&ctx, client_id).await?;
                out::note(format_args!(
                    "{client_id} is revoked. Its tokens are refused from now on."
                ));
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn create(ctx: &Ctx, args: CreateArgs) -> anyhow::Result<()> {
    if let (Some(issuer), Some(client_id)) = (args.issuer, args.external_client) {
        let client = ExternalClient {
            subject: args.subject.unwrap_or_else(|| client_id.clone()),
            issuer,
            client_id,
        };
        return bind(ctx, args.name, args.scopes, client, args.json).await;
    }
    let (account, secret) = service_accounts::create(ctx, args.name, args.scopes).await?;
    if args.json {
        let line = json!({
            "client_id": account.id,
            "client_secret": secret.expose(),
            "name": account.name,
            "scopes": account.scopes,
        });
        out::line(line)?;
        return Ok(());
    }
    out::line(format_args!("client_id:     {}", account.id))?;
    out::line(format_args!("client_secret: {}", secret.expose()))?;
    out::note("The secret is shown this once. Keep it where the system's other secrets are.");
    Ok(())
}

async fn bind(
    ctx: &Ctx,
    name: String,
    scopes: Vec<Scope>,
    client: ExternalClient,
    as_json: bool,
) -> anyhow::Result<()> {
    if !ctx.app.issuers.knows(&client.issuer) {
        out::note(format_args!(
            "The configuration of this command has no such issuer: tokens of {} are refused until the service has it.",
            client.issuer
        ));
    }
    let account = service_accounts::bind(ctx, name, scopes, client.clone()).await?;
    if as_json {
        let line = json!({
            "client_id": account.id,
            "name": account.name,
            "scopes": account.scopes,
            "issuer": client.issuer,
            "external_client_id": client.client_id,
        });
        out::line(line)?;
    } else {
        out::line(format_args!("client_id: {}", account.id))?;
        out::note(format_args!(
            "It has no secret of ours: {} comes with tokens of {}.",
            client.client_id, client.issuer
        ));
    }
    Ok(())
}

async fn list(ctx: &Ctx) -> anyhow::Result<()> {
    for account in service_accounts::list(ctx).await? {
        let scopes: Vec<&str> = account.scopes.iter().map(|scope| scope.as_str()).collect();
        let state = if account.revoked_at.is_some() {
            "revoked"
        } else {
            "active"
        };
        out::line(format_args!(
            "{}  {state:8} {:30} {}{}",
            account.id,
            account.name,
            scopes.join(" "),
            origin(&account.credential)
        ))?;
    }
    Ok(())
}

fn origin(credential: &Credential) -> String {
    match credential {
        Credential::Secret { .. } => String::new(),
        Credential::External(client) => format!("  {} of {}", client.client_id, client.issuer),
    }
}
