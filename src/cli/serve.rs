//! `handback serve`: the HTTP server and the job runner in one process.

use super::out;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::DatabaseUrl;
use crate::jobs::{Deliveries, Runner, Settings, schedule};
use crate::services::{Ctx, audit, health, keys, receipts, service_accounts};
use crate::startup::{self, Prepare, Started};
use crate::web::health::{Outcome, ReadinessCheck};
use crate::web::{self, State, middleware};
use anyhow::Context;
use chrono::TimeDelta;
use std::future::Future;
use std::net::TcpListener;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// How old the runner's last sign of life may be.
const RUNNER_SILENCE: TimeDelta = TimeDelta::seconds(60);

pub(super) fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let Started {
        app,
        lock: _lock,
        migrated,
    } = startup::start(config, Clock::system(), Prepare::Serve)?;
    block_on(async {
        keys::check_at_start(&app).await?;
        receipts::freeze_missing(&app).await?;
        let listener = listen(&app)?;
        greet(&app, migrated.len()).await?;
        run(app, listener, stop_signal()?).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a future on the kind of runtime that the HTTP server needs.
///
/// # Errors
/// What the future returns.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    actix_web::rt::System::new().block_on(work)
}

/// Opens the port.
///
/// # Errors
/// Somebody else has it, or it may not be used.
pub fn listen(app: &App) -> anyhow::Result<TcpListener> {
    let address = app.config.listen;
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}

/// Serves until `stop` is ready, then stops in order: no new requests, no new jobs, what runs is finished or
/// given back, the audit is anchored.
///
/// # Errors
/// The server cannot be started, or fails.
pub async fn run(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + 'static,
) -> anyhow::Result<()> {
    let runner = app.config.jobs.enabled.then(|| start_runner(&app));
    let state = with_metrics(with_checks(State::new(app.clone()), runner.as_ref()));
    let server = web::server(state, listener)?;
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        stop.await;
        tracing::info!("stopping");
        handle.stop(true).await;
    });
    server.await?;
    if let Some(runner) = runner {
        runner.shutdown().await;
    }
    if let Err(error) = audit::anchor_now(&Ctx::system(&app)).await {
        tracing::warn!(%error, "the audit could not be anchored");
    }
    Ok(())
}

fn start_runner(app: &App) -> Runner {
    let jobs = &app.config.jobs;
    let settings = Settings {
        workers: jobs.workers,
        poll: jobs.poll,
        lease: jobs.lease,
        drain: jobs.shutdown,
    };
    Runner::start(app, Deliveries, settings, schedule::RECONCILERS)
}

fn with_checks(state: State, runner: Option<&Runner>) -> State {
    let state = state.with_check(ReadinessCheck::new("mail", |app| async move {
        match health::mail(&app).await {
            Ok(None) => Outcome::Well,
            Ok(Some(why)) => Outcome::Degraded(why),
            Err(error) => Outcome::NotReady(error.to_string()),
        }
    }));
    let Some(runner) = runner else { return state };
    let pulse = runner.pulse();
    state.with_check(ReadinessCheck::new("job_runner", move |app| {
        let age = pulse.age(app.clock.now());
        async move {
            if age < RUNNER_SILENCE {
                Outcome::Well
            } else {
                Outcome::NotReady(format!("silent for {} s", age.num_seconds()))
            }
        }
    }))
}

fn with_metrics(state: State) -> State {
    match middleware::metrics_recorder().and_then(|recorder| recorder.install_recorder()) {
        Ok(handle) => state.with_metrics(handle),
        Err(error) => {
            tracing::warn!(%error, "metrics are off");
            state
        }
    }
}

/// One line about what runs, and once what to do next.
async fn greet(app: &App, migrated: usize) -> anyhow::Result<()> {
    let database = if app.config.database_url.is_postgres() {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    out::note(format_args!(
        "handback {} serves {} ({database}, {migrated} migration(s) run)",
        app.instance.version, app.config.public_url
    ));
    if service_accounts::list(&Ctx::operator(app)).await?.is_empty() {
        out::note(format_args!(
            "No system can call the API yet. Make the first account in another terminal, with the settings of this one:\n  handback service-account create admin --scope admin --scope desk --data-dir {}{}",
            app.config.data_dir.display(),
            elsewhere(&app.config)
        ));
    }
    Ok(())
}

/// The flag for a database that is not in the data folder. Of PostgreSQL only that it is needed: the URL may hold a password.
fn elsewhere(config: &Config) -> String {
    match DatabaseUrl::parse(config.database_url.expose()) {
        Ok(DatabaseUrl::Sqlite(path)) if path != config.data_dir.join("handback.db") => {
            format!(" --database-url sqlite:{}", path.display())
        }
        Ok(DatabaseUrl::Postgres(_)) => " --database-url <the URL of this database>".to_owned(),
        Ok(DatabaseUrl::Sqlite(_)) | Err(_) => String::new(),
    }
}

/// Ready when the process is asked to stop.
///
/// # Errors
/// The signals cannot be watched.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
