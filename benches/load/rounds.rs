//! Taking turns: for each number of connections one warm-up of every target, then the rounds, each target once in each.

use super::client;
use super::decks::Deck;
use super::process::{Process, pause};
use super::report::{Report, Sample};
use super::world::Running;
use anyhow::{Context, ensure};
use std::time::{Duration, Instant};

/// How long the sealer may take to catch up after a run.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is asked meanwhile.
const GLANCE: Duration = Duration::from_millis(100);

/// How it is measured.
pub struct Settings {
    pub run: Duration,
    pub rounds: usize,
    pub connections: Vec<usize>,
    /// Only groups with this in their name.
    pub only: String,
    /// Of the service, only cases with this in their name.
    pub case: String,
    /// Variables of the environment of the service.
    pub environment: Vec<(String, String)>,
}

/// Whose answers are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Bare,
    Limit,
    Product,
}

/// One thing that is measured.
pub struct Target<'r> {
    pub name: &'static str,
    pub side: Side,
    pub process: &'r Process,
    pub deck: Deck,
    pub writes: bool,
}

/// Targets that take turns.
pub struct Group<'r> {
    pub name: &'static str,
    pub targets: Vec<Target<'r>>,
}

/// Measures a group.
///
/// # Errors
/// A request failed.
pub fn run(
    mut group: Group<'_>,
    running: &Running<'_>,
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    for connections in &settings.connections {
        eprintln!("{}: {}, {connections} connection(s)", running.kind, group.name);
        for round in 0..=settings.rounds {
            for target in &mut group.targets {
                let sample = measure(target, running, (*connections, settings.run), round)
                    .with_context(|| format!("{:?}: {}", target.side, target.name))?;
                // The first one warms up.
                if round > 0 {
                    report.samples.push(sample);
                }
            }
        }
    }
    Ok(())
}

fn measure(
    target: &mut Target<'_>,
    running: &Running<'_>,
    (connections, time): (usize, Duration),
    round: usize,
) -> anyhow::Result<Sample> {
    let (tasks, repeat) = target.deck.deal(connections, time)?;
    let before = running.cpu(target.process)?;
    let done = client::run(target.process.address, &tasks, repeat, (connections, time))?;
    target.deck.used(done.tasks);
    if target.writes && target.side == Side::Product {
        // Sealing is part of the work, and must not be done at the cost of the next target.
        wait_until_sealed(running)?;
    }
    let cpu = running.cpu(target.process)? - before;
    Ok(Sample {
        database: running.kind,
        side: target.side,
        target: target.name,
        connections,
        round,
        requests: done.requests,
        per_second: done.rate(),
        p50_ms: done.percentile(0.50),
        p99_ms: done.percentile(0.99),
        cpu_ms: cpu * 1_000.0 / done.requests as f64,
    })
}

fn wait_until_sealed(running: &Running<'_>) -> anyhow::Result<()> {
    let begin = Instant::now();
    while running.store.unsealed()? > 0 {
        ensure!(begin.elapsed() < PATIENCE, "the audit is not sealed");
        pause(GLANCE);
    }
    Ok(())
}
