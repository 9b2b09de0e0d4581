//! What was measured, as a table for people and as JSON for programs.

use super::process::Memory;
use super::rounds::Side;
use super::verdicts::Verdict;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One run of one target.
#[derive(Serialize)]
pub struct Sample {
    pub database: &'static str,
    pub side: Side,
    pub target: &'static str,
    pub connections: usize,
    pub round: usize,
    pub requests: usize,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// User and system time of the program and of its database for each request.
    pub cpu_ms: f64,
}

/// Everything that was measured.
#[derive(Default)]
pub struct Report {
    pub samples: Vec<Sample>,
    /// From the start to the first 200, in seconds, by database.
    pub starts: BTreeMap<&'static str, Vec<f64>>,
    /// After the load, by database.
    pub memory: BTreeMap<&'static str, Memory>,
}

/// The middle, the least and the most of some numbers.
#[derive(Clone, Copy, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// None of nothing.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: *sorted.get(sorted.len() / 2)?,
            min: *sorted.first()?,
            max: *sorted.last()?,
        })
    }
}

/// The runs of one target with one number of connections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Series {
    pub database: &'static str,
    pub connections: usize,
    pub side: Side,
    pub target: &'static str,
}

impl Sample {
    const fn series(&self) -> Series {
        Series {
            database: self.database,
            connections: self.connections,
            side: self.side,
            target: self.target,
        }
    }
}

impl Report {
    /// The runs of a series, in the order of the rounds.
    pub fn of(&self, series: Series) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.series() == series)
    }

    fn all_series(&self) -> Vec<Series> {
        let mut all: Vec<Series> = Vec::new();
        for sample in &self.samples {
            if !all.contains(&sample.series()) {
                all.push(sample.series());
            }
        }
        all
    }

    /// One line for each series.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{:9} {:5} {:8} {:26} {:>9} {:>19} {:>8} {:>8} {:>9}\n",
            "database", "conns", "side", "case", "req/s", "(min–max)", "p50 ms", "p99 ms", "CPU ms"
        );
        for series in self.all_series() {
            let middle = |number: fn(&Sample) -> f64| Spread::of(self.of(series).map(number));
            let (Some(rate), Some(p50), Some(p99), Some(cpu)) = (
                middle(|sample| sample.per_second),
                middle(|sample| sample.p50_ms),
                middle(|sample| sample.p99_ms),
                middle(|sample| sample.cpu_ms),
            ) else {
                continue;
            };
            let side = match series.side {
                Side::Bare => "bare",
                Side::Limit => "limit",
                Side::Product => "product",
            };
            let range = format!("({:.0}–{:.0})", rate.min, rate.max);
            let _ = writeln!(
                text,
                "{:9} {:5} {side:8} {:26} {:9.0} {range:>19} {:8.3} {:8.2} {:9.4}",
                series.database,
                series.connections,
                series.target,
                rate.median,
                p50.median,
                p99.median,
                cpu.median,
            );
        }
        for (database, memory) in &self.memory {
            let _ = writeln!(
                text,
                "{database}: after the load {:.0} MB resident, {:.0} MB in proportion",
                memory.rss, memory.pss
            );
        }
        text
    }

    /// Everything.
    pub fn json(&self, verdicts: &[Verdict]) -> Value {
        json!({
            "samples": self.samples,
            "start_seconds": self.starts,
            "memory_mb": self.memory,
            "goals": verdicts,
        })
    }
}
