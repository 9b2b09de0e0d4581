//! `/livez`, `/readyz` and `/metrics`: for the machinery around the service, not for callers of the API.

use super::middleware::client_ip;
use super::problem::{Problem, ProblemBody, ProblemType};
use super::state::State;
use crate::app::App;
use crate::config::MetricsAccess;
use crate::services::health;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use utoipa::ToSchema;

type Run = dyn Fn(App) -> BoxFuture<'static, Outcome> + Send + Sync;

/// What a look at something has found. The texts go to the log alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is well.
    Well,
    /// Requests are served, and somebody should look all the same: no other instance would do better.
    Degraded(String),
    /// Requests should not be sent here.
    NotReady(String),
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::Well,
            Err(why) => Self::NotReady(why),
        }
    }
}

/// Something that is looked at before the service calls itself ready.
pub struct ReadinessCheck {
    name: &'static str,
    run: Box<Run>,
}

impl ReadinessCheck {
    /// A check. Its name is shown; the text of its failure goes to the log alone.
    pub fn new<F, R>(name: &'static str, run: F) -> Self
    where
        F: Fn(App) -> R + Send + Sync + 'static,
        R: Future + Send + 'static,
        R::Output: Into<Outcome>,
    {
        Self {
            name,
            run: Box::new(move |app| run(app).map(Into::into).boxed()),
        }
    }

    /// What every instance needs: a database that answers and has the right shape.
    pub(super) fn standard() -> Vec<Self> {
        let database = Self::new("database", |app| async move {
            health::database(&app).await.map_err(|error| error.to_string())
        });
        // Migrations do not come undone while the process runs, and looking opens a connection of its own.
        let done = Arc::new(AtomicBool::new(false));
        let migrations = Self::new("migrations", move |app| {
            let done = Arc::clone(&done);
            async move {
                if done.load(Ordering::Relaxed) {
                    return Ok(());
                }
                health::migrations(&app)
                    .await
                    .map_err(|error| error.to_string())?;
                done.store(true, Ordering::Relaxed);
                Ok(())
            }
        });
        vec![database, migrations]
    }
}

/// The service is well.
#[derive(Serialize, ToSchema)]
pub struct Healthy {
    /// `live` or `ready`.
    #[schema(example = "ready", max_length = 10)]
    status: &'static str,
    /// What was looked at.
    #[schema(max_items = 20)]
    checks: Vec<&'static str>,
    /// What of it somebody should look at, although requests are served: `mail` when the mail server has not taken
    /// mail for two minutes.
    #[schema(max_items = 20)]
    degraded: Vec<&'static str>,
}

/// Tell that the process serves requests
///
/// Looks at nothing else: a process is not restarted because its database is away.
#[utoipa::path(get, path = "/livez", tag = "Operations", operation_id = "health_live", security(()),
    responses((status = 200, description = "It does", body = Healthy)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Healthy {
        status: "live",
        checks: Vec::new(),
        degraded: Vec::new(),
    })
}

/// Tell whether requests should be sent here
#[utoipa::path(get, path = "/readyz", tag = "Operations", operation_id = "health_ready", security(()),
    responses((status = 200, description = "They should", body = Healthy)))]
pub async fn ready(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let outcomes = join_all(state.checks.iter().map(|check| async {
        let outcome = (check.run)(state.app.clone()).await;
        match &outcome {
            Outcome::Well => {}
            Outcome::Degraded(why) => tracing::warn!(check = check.name, why, "degraded"),
            Outcome::NotReady(error) => tracing::warn!(check = check.name, error, "not ready"),
        }
        (check.name, outcome)
    }))
    .await;
    let names = |wanted: fn(&Outcome) -> bool| {
        let found = outcomes.iter().filter(move |(_, outcome)| wanted(outcome));
        found.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let failed = names(|outcome| matches!(outcome, Outcome::NotReady(_)));
    if failed.is_empty() {
        return Ok(HttpResponse::Ok().json(Healthy {
            status: "ready",
            checks: names(|_| true),
            degraded: names(|outcome| matches!(outcome, Outcome::Degraded(_))),
        }));
    }
    Err(Problem::new(ProblemType::NotReady)
        .header("retry-after", "5")
        .detail(format!("Not ready: {}.", failed.join(", "))))
}

/// Give the numbers of this process to Prometheus
///
/// Only to callers on the same machine unless the configuration says otherwise; for others it is not there.
#[utoipa::path(get, path = "/metrics", tag = "Operations", operation_id = "metrics_read", security(()),
    responses(
        (status = 200, description = "The numbers", body = String, content_type = "text/plain"),
        (status = 404, description = "Not for this caller", body = ProblemBody<'static>,
            content_type = "application/problem+json"),
    ))]
pub async fn metrics(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let allowed = match state.app.config.http.metrics {
        MetricsAccess::All => true,
        MetricsAccess::Loopback => is_local(&request, &state),
        MetricsAccess::Off => false,
    };
    let handle = state.metrics.as_ref().filter(|_| allowed);
    let handle = handle.ok_or_else(|| Problem::new(ProblemType::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(handle.render()))
}

/// A proxy on this machine that nobody told us about makes everybody look local, but it leaves its mark.
fn is_local(request: &HttpRequest, state: &State) -> bool {
    let trusted = &state.app.config.http.trusted_proxies;
    let forwarded = ["x-forwarded-for", "forwarded", "via"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    let client = client_ip(request, trusted);
    client.is_some_and(|address| address.is_loopback()) && (!forwarded || !trusted.is_empty())
}
