//! The operator's commands beside `serve`: migrate, keys, jobs, audit, openapi.

use super::{attached, attached_unchecked, out};
use crate::config::Config;
use crate::db::{DatabaseUrl, migrations};
use crate::domain::calendar::ZONE;
use crate::jobs::{self, Deliveries, schedule};
use crate::services::audit::{self, Anchors, Verdict};
use crate::services::{Ctx, health, keys, messages};
use crate::startup::{self, StartError};
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct MigrateArgs {
    /// Only say what would be run; the exit code is 1 when something would.
    #[arg(long)]
    status: bool,
}

pub(super) fn migrate(config: &Config, args: &MigrateArgs) -> anyhow::Result<ExitCode> {
    let url = DatabaseUrl::parse(config.database_url.expose()).map_err(StartError::DatabaseUrl)?;
    if args.status {
        let pending = migrations::pending(&url)?;
        pending.iter().try_for_each(out::line)?;
        out::note(format_args!("{} migration(s) to run", pending.len()));
        return Ok(if pending.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    startup::make_folders(config, &url)?;
    let run = migrations::run(&url)?;
    run.iter().try_for_each(out::line)?;
    out::note(format_args!(
        "{} migration(s) run; the {} database is up to date",
        run.len(),
        url.kind()
    ));
    Ok(ExitCode::SUCCESS)
}

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Show each key: whether it is in the keyring, and how much hangs on it.
    #[command(after_help = "A key that something hangs on must stay in the keyring.")]
    Status,
}

pub(super) fn keys(config: Config, command: &KeysCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeysCommand::Status => attached_unchecked(config, async |app| {
            out::line(format_args!(
                "{:32} {:10} {:>10} {:>10} {:>10}",
                "key", "state", "data keys", "mails", "addresses"
            ))?;
            let mut missing = false;
            for key in keys::status(&Ctx::operator(app)).await? {
                let state = match (key.in_keyring, key.is_current) {
                    (true, true) => "current",
                    (true, false) => "former",
                    (false, _) => "MISSING",
                };
                missing |= !key.in_keyring && key.uses() > 0;
                out::line(format_args!(
                    "{:32} {state:10} {:>10} {:>10} {:>10}",
                    key.kid, key.data_keys, key.messages, key.private_addresses
                ))?;
            }
            if let Err(error) = keys::check(app).await {
                out::note(format_args!("handback: {error}"));
                return Ok(ExitCode::FAILURE);
            }
            Ok(if missing {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            })
        }),
    }
}

#[derive(Subcommand)]
pub(super) enum JobsCommand {
    /// Run what is due, once, and say what was done.
    #[command(
        after_help = "With --at, time is what you say: only in a database that is marked demo or rehearsal, because mails\nwould go out that are not due.\n\nExamples:\n  handback jobs run --once\n  handback jobs run --once --at 2027-01-04T08:00:00Z"
    )]
    Run {
        /// Required: there is no other way yet; `serve` runs jobs by itself.
        #[arg(long, required = true)]
        once: bool,
        /// The instant to act at (RFC 3339).
        #[arg(long)]
        at: Option<DateTime<Utc>>,
    },
    /// Print what would be mailed, to whom by role, and when. Changes nothing.
    Preview {
        /// How many days ahead.
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
    },
}

pub(super) fn jobs(config: Config, command: JobsCommand) -> anyhow::Result<ExitCode> {
    attached(config, async |app| match command {
        JobsCommand::Run { once: _, at } => {
            // What is due is sealed and signed.
            keys::check_at_start(app).await?;
            if at.is_some() && !health::may_move_time(app).await? {
                bail!(
                    "--at is refused: this database is for real work. Rehearse in a copy that is marked rehearsal"
                );
            }
            let summary = jobs::run_due(app, Deliveries, schedule::RECONCILERS, at).await?;
            out::line(format_args!(
                "{} done, {} to retry, {} snoozed, {} dead",
                summary.done, summary.retried, summary.snoozed, summary.dead
            ))?;
            Ok(if summary.dead == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        JobsCommand::Preview { days } => {
            for planned in messages::preview(&Ctx::operator(app), days).await? {
                let message = &planned.message;
                out::line(format_args!(
                    "{}  {:12}  {:26} {}",
                    planned.leaves_at.with_timezone(&ZONE).format("%Y-%m-%d %H:%M"),
                    planned.number,
                    message.step.as_str(),
                    message.to
                ))?;
            }
            Ok(ExitCode::SUCCESS)
        }
    })
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Prove that no entry of the audit was changed, removed or slipped in.
    #[command(
        after_help = "Exit codes: 0 intact; 10 altered; 11 something missing; 12 shorter than an anchor; 13 the head does not fit;\n14 an anchor is forged; 15 details that are not what was sealed.\n\nAnchors are lines of anchors.jsonl in the data folder. Keep copies elsewhere: only an anchor that left the\nmachine shows that the whole chain was written anew.\n\nExample:\n  handback audit verify --anchors /safe/anchors.jsonl"
    )]
    Verify {
        /// A file of anchors to hold the chain against.
        #[arg(long)]
        anchors: Option<PathBuf>,
    },
}

pub(super) fn audit(config: Config, command: AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify { anchors } = command;
    attached(config, async |app| {
        let anchors = match anchors {
            None => Anchors::default(),
            Some(path) => {
                let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                match Anchors::read(&text, &app.keyring) {
                    Ok(anchors) => anchors,
                    Err(fault) => {
                        let verdict = Verdict::from(fault);
                        out::line(finding(&verdict))?;
                        return Ok(ExitCode::from(verdict.exit_code()));
                    }
                }
            }
        };
        let report = audit::verify(&Ctx::operator(app), anchors).await?;
        out::line(finding(&report.verdict))?;
        out::line(format_args!(
            "{} sealed entries up to seal {}, {} of them without details, {} not sealed yet",
            report.entries, report.head.seq, report.erased, report.unsealed
        ))?;
        Ok(ExitCode::from(report.verdict.exit_code()))
    })
}

fn finding(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Intact => "intact".to_owned(),
        Verdict::Altered { seq } => format!("ALTERED: seal {seq}, or an entry in it, is not what it was"),
        Verdict::Gap { seq } => format!("GAP: seal {seq} is missing or not whole"),
        Verdict::ShorterThanAnchor { seq } => {
            format!("SHORTENED: an anchor has seen seal {seq}, which is not there")
        }
        Verdict::OutsideChain { entry } => format!("OUTSIDE: entry {entry} is neither sealed nor waiting"),
        Verdict::ForgedAnchor { line } => format!("FORGED: line {line} of the anchors is not ours"),
        Verdict::PayloadMismatch { seq, entry } => {
            format!("ALTERED: the details of entry {entry} in seal {seq} are not those it was written with")
        }
    }
}
