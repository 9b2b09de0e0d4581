//! The service under load over HTTP, side by side with limit programs that do the bare work and nothing else:
//! the ratio within one round is the figure, the absolute rates belong to the machine.
//!
//! The bench starts the service's own binary on a fresh, filled database, and itself once more for each limit
//! program. After one unmeasured warm-up every target is measured once in each round, in turn. Any answer but the
//! expected one fails the run; a figure never does, unless `--gate` is given.

mod client;
mod decks;
mod limits;
mod process;
mod report;
mod rounds;
mod seed;
mod store;
mod verdicts;
mod world;

use anyhow::Context;
use clap::{Parser, Subcommand};
use report::Report;
use rounds::{Settings, Side, Target};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use store::Store;
use world::World;

/// How long a run of `--quick` lasts, in seconds.
const QUICK_SECONDS: f64 = 0.5;

/// The service under load, next to the bare work.
#[derive(Parser)]
#[command(name = "load")]
struct Args {
    /// Measure PostgreSQL too, on the server with this URL. Two schemas are made there and dropped at the end.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// How long one run lasts.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// How often each target is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many connections act at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    connections: Vec<usize>,
    /// Only the groups whose name has this in it: read, list, write.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Of the service, only the cases whose name has this in it.
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// A variable of the environment of the service, to compare settings.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// One short round, to see that it works.
    #[arg(long)]
    quick: bool,
    /// Fail when a figure misses its floor.
    #[arg(long)]
    gate: bool,
    /// Write every figure to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// What cargo passes to every bench.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Be one of the limit programs.
    #[command(hide = true)]
    Limit(limits::LimitArgs),
}

impl Args {
    fn settings(&self) -> anyhow::Result<Settings> {
        let seconds = if self.quick { QUICK_SECONDS } else { self.seconds };
        Ok(Settings {
            run: Duration::try_from_secs_f64(seconds).context("--seconds")?,
            rounds: if self.quick { 1 } else { self.rounds.max(1) },
            connections: self.connections.clone(),
            only: self.only.clone().unwrap_or_default(),
            case: self.case.clone().unwrap_or_default(),
            environment: self
                .env
                .iter()
                .map(|pair| variable(pair))
                .collect::<anyhow::Result<_>>()?,
        })
    }
}

fn variable(pair: &str) -> anyhow::Result<(String, String)> {
    let (name, value) = pair.split_once('=').context("--env takes NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if let Some(Command::Limit(limit)) = &args.command {
        limits::serve(limit)?;
        return Ok(ExitCode::SUCCESS);
    }
    let settings = args.settings()?;
    let mut report = Report::default();
    measure(Store::sqlite()?, &settings, &mut report).context("SQLite")?;
    match &args.postgres {
        Some(url) => measure(Store::postgres(url)?, &settings, &mut report).context("PostgreSQL")?,
        None => eprintln!(">>> no --postgres URL is given: POSTGRESQL IS NOT MEASURED <<<"),
    }
    let verdicts = verdicts::of(&report);
    println!("{}", report.table());
    println!("{}", verdicts::table(&verdicts));
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report.json(&verdicts))?;
        std::fs::write(path, text).with_context(|| path.display().to_string())?;
    }
    let missed = verdicts.iter().any(|verdict| !verdict.meets_floor());
    Ok(if args.gate && missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Everything on one database.
fn measure(store: Store, settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("{}: filling the databases", store.kind());
    let world = World::build(store, settings)?;
    eprintln!("{}: starting", world.kind());
    report.starts.insert(world.kind(), world.time_starts()?);
    let running = world.start()?;
    for mut group in world.groups(&running)? {
        let is_wanted =
            |target: &Target<'_>| target.side != Side::Product || target.name.contains(&settings.case);
        group.targets.retain(is_wanted);
        if group.name.contains(&settings.only) {
            rounds::run(group, &running, settings, report)?;
        }
    }
    report.memory.insert(running.kind, running.product.memory()?);
    Ok(())
}
