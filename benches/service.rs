//! What a use case costs next to the bare statement that it cannot do without, measured in the same run: the
//! ratio is the figure, the absolute times belong to the machine.
//!
//! `cargo bench` measures SQLite; with `HANDBACK_BENCH_POSTGRES_URL` set to an empty database, PostgreSQL too.
//! Both are durable: `synchronous=FULL`, `synchronous_commit=on`.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot be set up has nothing to say"
)]

use chrono::NaiveDate;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use handback::app::App;
use handback::clock::Clock;
use handback::config::Config;
use handback::crypto::keyring::Keyring;
use handback::db::{self, DatabaseUrl, DbError, Stamp, migrations};
use handback::domain::actor::Actor;
use handback::domain::employment::{
    EmploymentDocument, EmploymentKind, EmploymentState, EndKind, PersonReference,
};
use handback::domain::ids::{DeviceId, EmploymentId};
use handback::domain::language::Language;
use handback::domain::once::{OnceKey, Reply};
use handback::domain::organisation::LegalEntityKind;
use handback::domain::source::SourceKind;
use handback::domain::termination::DataClass;
use handback::domain::wipe::WipePolicy;
use handback::services::devices::{self, NewDevice};
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::sources::{self, NewSource};
use handback::services::{Ctx, Recorder, hr};
use handback::startup;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tokio::runtime::Runtime;

/// How many callers act at once.
const CALLERS: [usize; 3] = [1, 8, 32];

struct Stage {
    runtime: Runtime,
    ctx: Ctx,
    device: DeviceId,
    next: AtomicI64,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(url: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = url.map_or_else(
            || format!("sqlite:{}", folder.path().join("bench.db").display()),
            str::to_owned,
        );
        let url = DatabaseUrl::parse(&text).unwrap();
        migrations::run(&url).unwrap();
        let config = Config::for_tests(folder.path(), &text);
        let app = startup::assemble(config, &url, Clock::system(), Keyring::for_tests()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let ctx = Ctx::operator(&app);
        let device = runtime.block_on(register(&ctx));
        Self {
            runtime,
            ctx,
            device,
            next: AtomicI64::new(1),
            _folder: folder,
        }
    }

    fn app(&self) -> &App {
        &self.ctx.app
    }

    /// One employment document that changes something.
    async fn deliver(&self) {
        let sequence = self.next.fetch_add(1, Ordering::Relaxed);
        let external_id = format!("e-{}", sequence % 64).parse().unwrap();
        hr::deliver(&self.ctx, "hr".parse().unwrap(), external_id, document(sequence))
            .await
            .unwrap();
    }

    /// One durable commit of one row.
    async fn commit_one_row(&self) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let key = OnceKey {
            actor: "bench".to_owned(),
            route: "bench".to_owned(),
            key: number.to_string(),
            fingerprint: vec![0; 32],
        };
        let reply = Reply {
            status: 200,
            headers: Vec::new(),
            body: vec![0; 200],
        };
        let app = self.app();
        let stamp = Stamp {
            now: app.clock.now(),
            actor: Actor::Operator,
            request_id: String::new(),
            ids: app.ids.clone(),
            job_due: Arc::new(AtomicBool::new(false)),
        };
        let write = app.db.write(stamp, move |tx| {
            let expires = tx.now() + chrono::TimeDelta::days(1);
            db::idempotency::insert(tx, &key, &reply, expires)
        });
        let done: Result<(), DbError> = write.await;
        done.unwrap();
    }
}

async fn register(ctx: &Ctx) -> DeviceId {
    let new = NewLegalEntity {
        name: "Socialnämnden".to_owned(),
        kind: LegalEntityKind::Authority,
        org_number: None,
        language: Language::Sv,
        wipe_policy: WipePolicy::default(),
        chancery_id: None,
    };
    let entity = legal_entities::create(ctx, Recorder::none(), new)
        .await
        .unwrap()
        .into_fresh()
        .unwrap();
    let new = NewSource {
        name: "hr".parse().unwrap(),
        kind: SourceKind::Hr,
        label: "HR".to_owned(),
        legal_entity_id: entity.id,
        settings: Default::default(),
    };
    sources::create(ctx, Recorder::none(), new)
        .await
        .unwrap()
        .into_fresh()
        .unwrap();
    let new = NewDevice {
        legal_entity_id: entity.id,
        serial: "EX01K0001".parse().unwrap(),
        manufacturer: None,
        model: "E10".to_owned(),
        imeis: Vec::new(),
        data_class: DataClass::Standard,
    };
    devices::create(ctx, Recorder::none(), new)
        .await
        .unwrap()
        .into_fresh()
        .unwrap()
        .id
}

fn document(sequence: i64) -> EmploymentDocument {
    EmploymentDocument {
        person: PersonReference {
            is_protected: None,
            external_id: format!("p-{}", sequence % 64).parse().unwrap(),
            name: None,
            email: None,
            language: None,
        },
        kind: EmploymentKind::Employee,
        unit: "SOC".parse().unwrap(),
        manager: None,
        state: EmploymentState::Active,
        start_date: NaiveDate::from_ymd_opt(2020, 8, 1).unwrap(),
        // Another day each time, so that every document is applied.
        end_date: NaiveDate::from_ymd_opt(2027, 1, 1)
            .map(|day| day + chrono::Days::new(sequence.unsigned_abs() % 10_000)),
        last_working_day: None,
        end_kind: EndKind::Ordinary,
        leave: Vec::new(),
        sequence,
        occurred_at: None,
    }
}

fn measure(criterion: &mut Criterion, name: &str, stage: &Stage) {
    let mut reads = criterion.benchmark_group(format!("{name}/read one device"));
    let device = stage.device;
    reads.bench_function("use case", |bencher| {
        bencher.iter(|| stage.runtime.block_on(devices::get(&stage.ctx, device)).unwrap());
    });
    reads.bench_function("bare lookup by key", |bencher| {
        bencher.iter(|| {
            let nothing = EmploymentId::from(uuid::Uuid::nil());
            let read = stage
                .app()
                .db
                .read(move |connection| db::employments::find(connection, nothing));
            let found: Result<_, DbError> = stage.runtime.block_on(read);
            found.unwrap()
        });
    });
    reads.finish();
    let mut writes = criterion.benchmark_group(format!("{name}/durable write"));
    writes.sample_size(20);
    for callers in CALLERS {
        writes.throughput(Throughput::Elements(callers as u64));
        writes.bench_with_input(
            BenchmarkId::new("HR document applied", callers),
            &callers,
            |bencher, callers| {
                bencher.iter(|| {
                    stage
                        .runtime
                        .block_on(join_all((0..*callers).map(|_| stage.deliver())))
                });
            },
        );
        writes.bench_with_input(
            BenchmarkId::new("bare row committed", callers),
            &callers,
            |bencher, callers| {
                bencher.iter(|| {
                    stage
                        .runtime
                        .block_on(join_all((0..*callers).map(|_| stage.commit_one_row())))
                });
            },
        );
    }
    writes.finish();
}

#[expect(
    clippy::disallowed_methods,
    reason = "where to measure is for whoever runs it to say"
)]
fn service(criterion: &mut Criterion) {
    measure(criterion, "sqlite", &Stage::new(None));
    match std::env::var("HANDBACK_BENCH_POSTGRES_URL") {
        Ok(url) => measure(criterion, "postgres", &Stage::new(Some(&url))),
        Err(_) => eprintln!(">>> HANDBACK_BENCH_POSTGRES_URL is not set: POSTGRESQL IS NOT MEASURED <<<"),
    }
}

criterion_group!(benches, service);
criterion_main!(benches);
