//! `handback migrate`.

use crate::config::Config;
use crate::db::{DatabaseUrl, migrations};
use crate::startup::{self, StartError};
use clap::Args;
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
        pending.iter().for_each(|name| println!("{name}"));
        eprintln!("{} migration(s) to run", pending.len());
        return Ok(if pending.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    startup::make_folders(config, &url)?;
    let run = migrations::run(&url)?;
    run.iter().for_each(|name| println!("{name}"));
    eprintln!(
        "{} migration(s) run; the {} database is up to date",
        run.len(),
        url.kind()
    );
    Ok(ExitCode::SUCCESS)
}
