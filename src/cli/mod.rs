//! The command line. Messages go to standard error, data to standard output.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration.

mod accounts;
mod directories;
mod import;
mod maintenance;
pub mod out;
pub mod serve;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{self, Config, Explained, RawSettings};
use crate::demo::DemoArgs;
use crate::services::{ServiceError, keys};
use crate::startup::{self, Prepare, Started};
use crate::telemetry;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The command was understood and did not succeed.
const FAILED: u8 = 1;
/// The configuration is wrong.
const MISCONFIGURED: u8 = 3;

/// Follows the mobile devices of a municipal group from order to a proved return, reset and wipe.
#[derive(Parser)]
#[command(
    name = "handback",
    version,
    after_help = "Examples:\n  handback demo                                   look at it with invented data\n  handback serve                                  run it; makes its folder, database and keys\n  handback service-account create hr --scope hr   let the HR system in"
)]
struct Cli {
    #[command(flatten)]
    settings: RawSettings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    #[command(
        after_help = "On an empty machine it makes its data folder, its database and its keys. Stops in order on SIGTERM.\n\nExamples:\n  handback serve\n  handback serve --listen 0.0.0.0:8080 --public-url https://handback.example --database-url postgres://handback@db/handback"
    )]
    Serve,
    /// Check the configuration and say where each value comes from.
    #[command(
        after_help = "Every setting can be a flag, an environment variable or a line in the TOML file that\n--config or HANDBACK_CONFIG names. A flag wins over the environment, the environment over the file.\n\nExample:\n  handback check-config --config /etc/handback.toml"
    )]
    CheckConfig,
    /// Bring the database up to date.
    #[command(
        after_help = "Safe to repeat, and safe to run from several machines at once.\n\nExamples:\n  handback migrate\n  handback migrate --status --database-url postgres://handback@db/handback"
    )]
    Migrate(maintenance::MigrateArgs),
    /// Make, list and revoke the accounts of systems that call the API.
    #[command(subcommand)]
    ServiceAccount(accounts::AccountCommand),
    /// Let directories keep their accounts here over SCIM; list and revoke them.
    #[command(subcommand)]
    ScimConnection(directories::ConnectionCommand),
    /// Show the keys that seal codes and sign tokens.
    #[command(subcommand)]
    Keys(maintenance::KeysCommand),
    /// Run due work once, or see what is coming.
    #[command(subcommand)]
    Jobs(maintenance::JobsCommand),
    /// Read the files of other systems.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Verify the audit.
    #[command(subcommand)]
    Audit(maintenance::AuditCommand),
    /// Print the OpenAPI description of the API.
    Openapi,
    /// Run it with invented data, and see what to try.
    #[command(
        after_help = "Examples:\n  handback demo\n  handback demo --story\n  handback demo --port 0 --no-mail-window --json"
    )]
    Demo(DemoArgs),
}

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let settings = match &cli.command {
        Command::Demo(args) => match args.settings(cli.settings) {
            Ok(settings) => settings,
            Err(error) => {
                out::note(format_args!("handback: {error:#}"));
                return ExitCode::from(FAILED);
            }
        },
        _ => cli.settings,
    };
    let (config, explained) = match config::load(&settings, config::environment()) {
        Ok(loaded) => loaded,
        Err(errors) => {
            out::note(errors);
            return ExitCode::from(MISCONFIGURED);
        }
    };
    telemetry::start(&config.log);
    match execute(cli.command, config, &explained) {
        Ok(code) => code,
        Err(error) => {
            out::note(format_args!("handback: {error:#}"));
            if let Some(ServiceError::Invalid(violations)) = error.downcast_ref() {
                for violation in violations {
                    out::note(format_args!("  {}: {}", violation.pointer, violation.detail));
                }
            }
            ExitCode::from(FAILED)
        }
    }
}

fn execute(command: Command, config: Config, explained: &Explained) -> anyhow::Result<ExitCode> {
    match command {
        Command::CheckConfig => {
            out::line(explained.table())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate(args) => maintenance::migrate(&config, &args),
        Command::ServiceAccount(command) => accounts::run(config, command),
        Command::ScimConnection(command) => directories::run(config, command),
        Command::Serve => serve::serve(config),
        Command::Demo(args) => args.run(config),
        Command::Keys(command) => maintenance::keys(config, &command),
        Command::Jobs(command) => maintenance::jobs(config, command),
        Command::Import(command) => import::run(config, command),
        Command::Audit(command) => maintenance::audit(config, command),
        Command::Openapi => {
            out::line(crate::web::openapi::to_yaml().trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Prepares the service for a command that works beside a running one, and runs the command. With a keyring that is not this
/// database's, nothing is done: what it would sign or seal could never be proved or read.
fn attached<T>(config: Config, work: impl AsyncFnOnce(&App) -> anyhow::Result<T>) -> anyhow::Result<T> {
    attached_unchecked(config, async |app| {
        keys::check(app).await?;
        work(app).await
    })
}

/// The same for a command that tells what is wrong with the keyring.
fn attached_unchecked<T>(
    config: Config,
    work: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Started { app, .. } = startup::start(config, Clock::system(), Prepare::Attach)?;
    runtime()?.block_on(work(&app))
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}
