//! What a night's snapshot costs: 20 000 rows of which 1 % say something new, from the file to the last applied row. Says
//! how long the first load and the night took, and the most memory that the process ever had.
//!
//! `cargo bench --bench snapshot` measures SQLite; with `HANDBACK_BENCH_POSTGRES_URL` set to an empty database, PostgreSQL
//! too. Both are durable: `synchronous=FULL`, `synchronous_commit=on`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be set up has nothing to say, and what it has to say is its output"
)]

use handback::clock::Clock;
use handback::config::Config;
use handback::crypto::digest::sha256;
use handback::crypto::keyring::Keyring;
use handback::db::{DatabaseUrl, migrations};
use handback::domain::language::Language;
use handback::domain::organisation::LegalEntityKind;
use handback::domain::snapshot::{Snapshot, SnapshotState};
use handback::domain::source::{SourceKind, SourceOrdering, SourceSettings};
use handback::domain::wipe::WipePolicy;
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::snapshots::{self, Arrival, AsOf, Charset, Delimiter, Format, Label};
use handback::services::sources::{self, NewSource};
use handback::services::{Ctx, Recorder};
use handback::startup;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// Employments of the source.
const ROWS: usize = 20_000;
/// One in so many says something new in the second file.
const ONE_IN: usize = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("bench.db").display());
    runtime.block_on(measure("SQLite", &sqlite));
    #[expect(
        clippy::disallowed_methods,
        reason = "a bench has no configuration: the address of its database is all it takes"
    )]
    let postgres = std::env::var("HANDBACK_BENCH_POSTGRES_URL");
    if let Ok(url) = postgres {
        runtime.block_on(measure("PostgreSQL", &url));
    }
}

async fn measure(name: &str, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::parse(text).unwrap();
    migrations::run(&url).unwrap();
    let config = Config::for_tests(folder.path(), text);
    let app = startup::assemble(config, &url, Clock::system(), Keyring::for_tests()).unwrap();
    let ctx = Ctx::operator(&app);
    register(&ctx).await;
    forget_peak();
    let first = deliver(&ctx, 22, &file(false)).await;
    let first_peak = peak_mib();
    forget_peak();
    let night = deliver(&ctx, 23, &file(true)).await;
    println!(
        "{name}: first load of {ROWS} rows {:.2} s, peak {first_peak} MiB; night with {} changed {:.2} s, peak {} MiB",
        first.1.as_secs_f64(),
        night.0.counts.changed,
        night.1.as_secs_f64(),
        peak_mib()
    );
    assert_eq!(
        night.0.counts.unchanged,
        i64::try_from(ROWS - ROWS / ONE_IN).unwrap()
    );
}

async fn register(ctx: &Ctx) {
    let new = NewLegalEntity {
        name: "Socialnämnden".to_owned(),
        kind: LegalEntityKind::Authority,
        org_number: None,
        language: Language::Sv,
        wipe_policy: WipePolicy::default(),
        chancery_id: None,
    };
    let entity = legal_entities::create(ctx, Recorder::none(), new).await.unwrap();
    let new = NewSource {
        name: "hr".parse().unwrap(),
        kind: SourceKind::Hr,
        label: "HR".to_owned(),
        legal_entity_id: entity.into_fresh().unwrap().id,
        settings: SourceSettings {
            ordering: SourceOrdering::Snapshot,
            ..SourceSettings::default()
        },
    };
    sources::create(ctx, Recorder::none(), new).await.unwrap();
}

fn file(later: bool) -> String {
    let mut text = String::from(
        "external_id;person_external_id;person_name;person_email;kind;unit;manager_external_id;start_date;end_date;last_working_day\n",
    );
    for number in 0..ROWS {
        // A tenth of the changes are ends, the rest are new managers.
        let is_new = later && number % ONE_IN == 0;
        let manager = number / 20 + usize::from(is_new);
        let end = if is_new && number % (ONE_IN * 10) == 0 {
            "2099-06-30"
        } else {
            ""
        };
        writeln!(
            text,
            "e-{number};p-{number};Person Exempel {number};person.{number}@exempelkommunen.example;employee;VO-{};m-{manager};2020-08-01;{end};",
            number % 400
        )
        .unwrap();
    }
    text
}

async fn deliver(ctx: &Ctx, day: u32, text: &str) -> (Snapshot, Duration) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let name = format!("s-{day}");
    let arrival = Arrival {
        source: "hr".parse().unwrap(),
        file,
        format: Format::Csv {
            label: Label {
                name: name.parse().unwrap(),
                as_of: AsOf::parse(&format!("2026-11-{day}T02:00:00")).unwrap(),
                complete: true,
            },
            delimiter: Delimiter::Detected,
            charset: Charset::Utf8,
        },
        body_hash: sha256(text.as_bytes()).to_vec(),
    };
    let started = Instant::now();
    let accepted = snapshots::receive(ctx, arrival, Recorder::none()).await.unwrap();
    let snapshot = accepted.into_fresh().unwrap();
    assert_eq!(snapshot.state, SnapshotState::Applying);
    while !snapshots::apply_next(ctx, snapshot.id).await.unwrap().is_finished {}
    (snapshot, started.elapsed())
}

/// The most memory that the process had since it was last forgotten, in MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

/// Lets the peak begin anew (proc(5), `clear_refs`).
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
