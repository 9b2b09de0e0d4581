//! `handback service-account …`.

use super::attached;
use crate::config::Config;
use crate::domain::actor::Scope;
use crate::domain::ids::ServiceAccountId;
use crate::services::{Ctx, service_accounts};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum AccountCommand {
    /// Make an account. Its secret is shown once and cannot be shown again.
    #[command(
        after_help = "Scopes:\n  hr     deliver employment documents\n  mdm    deliver MDM reports\n  desk   keep the register and work with terminations, codes included\n  read   read everything but codes\n  admin  set up legal entities and sources\n\nExamples:\n  handback service-account create hr-system --scope hr\n  handback service-account create desk --scope desk --scope admin --json"
    )]
    Create(CreateArgs),
    /// List the accounts.
    List,
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
    /// Print one line of JSON: client_id, client_secret, name, scopes.
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
            AccountCommand::Revoke { client_id } => {
                service_accounts::revoke(&ctx, client_id).await?;
                eprintln!("{client_id} is revoked. Its tokens are refused from now on.");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn create(ctx: &Ctx, args: CreateArgs) -> anyhow::Result<()> {
    let (account, secret) = service_accounts::create(ctx, args.name, args.scopes).await?;
    if args.json {
        let line = json!({
            "client_id": account.id,
            "client_secret": secret.expose(),
            "name": account.name,
            "scopes": account.scopes,
        });
        println!("{line}");
        return Ok(());
    }
    println!("client_id:     {}", account.id);
    println!("client_secret: {}", secret.expose());
    eprintln!("The secret is shown this once. Keep it where the system's other secrets are.");
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
        println!(
            "{}  {state:8} {:30} {}",
            account.id,
            account.name,
            scopes.join(" ")
        );
    }
    Ok(())
}
