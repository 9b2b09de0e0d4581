//! `handback scim-connection …`.

use super::{attached, out};
use crate::config::Config;
use crate::crypto::token::ConnectionSecret;
use crate::domain::scim::{Connection, ConnectionToken, SILENCE};
use crate::domain::text::SourceName;
use crate::services::scim::connections::{self, Listed, NewConnection};
use crate::services::{Ctx, ServiceError};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum ConnectionCommand {
    /// Let a directory in; its token is shown once.
    #[command(
        after_help = "Give the directory the address <public_url>/scim/v2 and the token.\n\nExamples:\n  handback scim-connection create entra --source hr\n  handback scim-connection create okta --expires-in 90 --json"
    )]
    Create(CreateArgs),
    /// List the connections, when they were last heard and when their tokens expire.
    List {
        /// Print one line of JSON for each.
        #[arg(long)]
        json: bool,
    },
    /// Make another token. The one in use goes on beside it until it expires.
    Rotate {
        /// The name of the connection.
        name: String,
        /// For how many days the new token is good.
        #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1_100))]
        expires_in: u16,
        /// Revoke the tokens that it has, because one of them has leaked.
        #[arg(long)]
        at_once: bool,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a connection at once. Its accounts stay as they are.
    Revoke {
        /// The name of the connection.
        name: String,
    },
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// What people call the connection, unique.
    name: String,
    /// The source whose people its externalId and employeeNumber name. Without it, whichever source knows the id, if it
    /// is the only one.
    #[arg(long, value_name = "NAME", value_parser = parse_source)]
    source: Option<SourceName>,
    /// For how many days the token is good.
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1_100))]
    expires_in: u16,
    /// Hold it to the letter of the RFC: refuse unknown attributes and the dialects of clients. Entra and Okta need it off.
    #[arg(long)]
    strict: bool,
    /// Not supported: an account that is switched off is asked about and never ends an employment.
    #[arg(long)]
    leaver_source: bool,
    /// Print one line of JSON: id, name, token, expires_at, url.
    #[arg(long)]
    json: bool,
}

fn parse_source(text: &str) -> Result<SourceName, String> {
    SourceName::parse(text).map_err(|error| error.detail.to_owned())
}

pub(super) fn run(config: Config, command: ConnectionCommand) -> anyhow::Result<ExitCode> {
    attached(config, async |app| {
        let ctx = Ctx::operator(app);
        match command {
            ConnectionCommand::Create(args) => create(&ctx, args).await?,
            ConnectionCommand::List { json } => list(&ctx, json).await?,
            ConnectionCommand::Rotate {
                name,
                expires_in,
                at_once,
                json,
            } => {
                let made = connections::rotate(&ctx, name, expires_in, at_once).await?;
                show(&ctx, &made, json)?;
            }
            ConnectionCommand::Revoke { name } => {
                connections::revoke(&ctx, name).await?;
                out::note("It is revoked. Its tokens are refused from now on.");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn create(ctx: &Ctx, args: CreateArgs) -> anyhow::Result<()> {
    anyhow::ensure!(
        !args.leaver_source,
        "a connection cannot be the source of leavers: accounts are switched off for many reasons, so that is asked about (GET /v1/account-reviews) and never ends an employment; have the HR system deliver the end date"
    );
    let new = NewConnection {
        name: args.name,
        source: args.source,
        is_strict: args.strict,
        expires_in: args.expires_in,
    };
    let made = connections::create(ctx, new).await.map_err(in_words)?;
    show(ctx, &made, args.json)
}

/// Rules that are broken, each in its own words.
fn in_words(error: ServiceError) -> anyhow::Error {
    match error {
        ServiceError::Invalid(violations) => {
            let details: Vec<&str> = violations.iter().map(|violation| violation.detail).collect();
            anyhow::anyhow!(details.join(" "))
        }
        other => other.into(),
    }
}

fn show(
    ctx: &Ctx,
    (connection, token, secret): &(Connection, ConnectionToken, ConnectionSecret),
    as_json: bool,
) -> anyhow::Result<()> {
    let url = format!("{}/scim/v2", ctx.app.config.public_url);
    if as_json {
        return out::line(json!({
            "id": connection.id,
            "name": connection.name,
            "token": secret.expose(),
            "expires_at": token.expires_at,
            "url": url,
        }));
    }
    out::line(format_args!("url:        {url}"))?;
    out::line(format_args!("token:      {}", secret.expose()))?;
    out::line(format_args!("expires_at: {}", instant(token.expires_at)))?;
    out::note("The token is shown this once. Give it to the directory and keep it nowhere else.");
    Ok(())
}

async fn list(ctx: &Ctx, as_json: bool) -> anyhow::Result<()> {
    let now = ctx.app.clock.now();
    for Listed { connection, tokens } in connections::list(ctx).await? {
        let live: Vec<DateTime<Utc>> = tokens
            .iter()
            .filter(|token| token.is_live(now))
            .map(|token| token.expires_at)
            .collect();
        let state = state(&connection, !live.is_empty(), now);
        if as_json {
            out::line(json!({
                "id": connection.id,
                "name": connection.name,
                "source": connection.source.as_ref().map(ToString::to_string),
                "strict": connection.is_strict,
                "state": state,
                "seen_at": connection.seen_at,
                "token_expiries": live,
            }))?;
            continue;
        }
        let seen = connection.seen_at.map_or_else(|| "never".to_owned(), instant);
        let expiries: Vec<String> = live.into_iter().map(instant).collect();
        out::line(format_args!(
            "{state:8} {:30} heard {seen:20} tokens until {}",
            connection.name,
            if expiries.is_empty() {
                "-".to_owned()
            } else {
                expiries.join(", ")
            },
        ))?;
    }
    Ok(())
}

fn state(connection: &Connection, has_token: bool, now: DateTime<Utc>) -> &'static str {
    if connection.revoked_at.is_some() {
        "revoked"
    } else if !has_token {
        "expired"
    } else if connection.silent_since() + SILENCE <= now {
        "silent"
    } else {
        "active"
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
