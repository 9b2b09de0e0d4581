//! The goals of the design, each as a ratio within one round, with its floor and its aim.

use super::report::{Report, Sample, Series, Spread};
use super::rounds::Side;
use serde::Serialize;
use std::fmt::Write;

/// The use cases that are compared with the limit's write.
const WRITES: [&str; 6] = [
    "HR document applied",
    "HR document, nothing out",
    "HR document unchanged",
    "check confirmed",
    "device assigned",
    "confirmed by link",
];

/// What was reached of one goal.
#[derive(Serialize)]
pub struct Verdict {
    goal: &'static str,
    what: String,
    reached: Spread,
    floor: f64,
    aim: f64,
    /// Whether less is better.
    at_most: bool,
}

impl Verdict {
    /// Whether the median is good enough.
    pub fn meets_floor(&self) -> bool {
        self.meets(self.floor)
    }

    fn meets(&self, bound: f64) -> bool {
        if self.at_most {
            self.reached.median <= bound
        } else {
            self.reached.median >= bound
        }
    }

    fn word(&self) -> &'static str {
        if self.meets(self.aim) {
            "aim reached"
        } else if self.meets_floor() {
            "floor reached"
        } else {
            "MISSED"
        }
    }
}

/// A goal about rates or times of the service over those of the limit program.
struct Goal {
    name: &'static str,
    target: &'static str,
    limit: &'static str,
    connections: &'static [usize],
    /// None means every database.
    database: Option<&'static str>,
    number: fn(&Sample) -> f64,
    floor: f64,
    aim: f64,
    at_most: bool,
}

fn goals() -> Vec<Goal> {
    let rate = |name, target, (floor, aim)| Goal {
        name,
        target,
        limit: target,
        connections: &[8, 32],
        database: None,
        number: |sample| sample.per_second,
        floor,
        aim,
        at_most: false,
    };
    let mut all = vec![
        rate("P1", "read one device", (0.6, 0.8)),
        rate("P2", "list 50", (0.8, 1.5)),
    ];
    for target in WRITES {
        all.push(Goal {
            limit: "one event",
            connections: &[32],
            database: Some("sqlite"),
            ..rate("P3", target, (1.0, 3.0))
        });
        all.push(Goal {
            limit: "one event",
            database: Some("postgres"),
            ..rate("P4", target, (0.5, 0.7))
        });
    }
    all.push(Goal {
        number: |sample| sample.cpu_ms,
        at_most: true,
        ..rate("P5", "read one device", (1.7, 1.25))
    });
    all
}

/// What was reached of every goal that was measured.
pub fn of(report: &Report) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for goal in goals() {
        for database in ["sqlite", "postgres"] {
            if goal.database.is_none_or(|only| only == database) {
                verdicts.extend(
                    goal.connections
                        .iter()
                        .filter_map(|count| judge(report, &goal, (database, *count))),
                );
            }
        }
    }
    let memory = report
        .memory
        .get("sqlite")
        .and_then(|memory| Spread::of([memory.rss]));
    verdicts.extend(memory.map(|reached| Verdict {
        goal: "P7",
        what: "sqlite, resident MB after the load".to_owned(),
        reached,
        floor: 80.0,
        aim: 50.0,
        at_most: true,
    }));
    for (database, starts) in &report.starts {
        verdicts.extend(Spread::of(starts.iter().copied()).map(|reached| Verdict {
            goal: "P8",
            what: format!("{database}, seconds from the start to the first 200"),
            reached,
            floor: 0.2,
            aim: 0.05,
            at_most: true,
        }));
    }
    verdicts.sort_by_key(|verdict| verdict.goal);
    verdicts
}

fn judge(report: &Report, goal: &Goal, (database, connections): (&'static str, usize)) -> Option<Verdict> {
    let series = |side, target| Series {
        database,
        connections,
        side,
        target,
    };
    let ours = report.of(series(Side::Product, goal.target));
    let limits = report.of(series(Side::Limit, goal.limit));
    let ratios = ours
        .zip(limits)
        .map(|(ours, limit)| (goal.number)(ours) / (goal.number)(limit));
    Some(Verdict {
        goal: goal.name,
        what: format!("{database}, {connections} connections: {}", goal.target),
        reached: Spread::of(ratios)?,
        floor: goal.floor,
        aim: goal.aim,
        at_most: goal.at_most,
    })
}

/// One line for each goal.
pub fn table(verdicts: &[Verdict]) -> String {
    let mut text = format!(
        "{:4} {:58} {:>8} {:>17} {:>8} {:>8}\n",
        "goal", "service / limit within a round", "median", "(min–max)", "floor", "aim"
    );
    for verdict in verdicts {
        let Spread { median, min, max } = verdict.reached;
        let range = format!("({min:.2}–{max:.2})");
        let sign = if verdict.at_most { "≤" } else { "≥" };
        let (floor, aim) = (
            format!("{sign} {}", verdict.floor),
            format!("{sign} {}", verdict.aim),
        );
        let _ = writeln!(
            text,
            "{:4} {:58} {median:8.3} {range:>17} {floor:>8} {aim:>8}  {}",
            verdict.goal,
            verdict.what,
            verdict.word()
        );
    }
    text
}
