//! HTTP in: the only layer that knows actix-web. A handler takes what it needs by extractors, calls one
//! service, converts and returns. It never touches the database and decides nothing about rights.
//!
//! How to add a resource:
//! 1. `services/<things>.rs`: the use cases, each beginning with a method of [`Ctx`](crate::services::Ctx).
//! 2. `web/api/<things>.rs`: the bodies (`ThingIn`, `ThingChange` with `deny_unknown_fields`, `ThingOut`), the
//!    handlers, each with `#[utoipa::path]`; [`api::legal_entities`] is the pattern.
//! 3. One line in [`routes`], with the action of each method; one per handler in [`openapi`].

pub mod api;
pub mod auth;
pub mod context;
pub mod docs;
pub mod etag;
pub mod extract;
pub mod health;
pub mod links;
pub mod middleware;
pub mod once;
pub mod openapi;
pub mod page;
pub mod pages;
pub mod problem;
pub mod routes;
pub mod routing;
pub mod scim;
mod state;
#[cfg(test)]
mod tests;
pub mod verify;

pub use routes::configure;
pub use state::State;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};
use std::net::TcpListener;
use std::time::Duration;

/// Time for the head of a request.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// How long a quiet connection stays open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Connections per worker.
const MAX_CONNECTIONS: usize = 1_000;
/// Time for requests under way when the server stops, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;
/// How often recorded durations are put into their buckets, so that they do not pile up unscraped.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Puts the server together on an open listener; awaiting it serves. Signals are left to the caller, who stops
/// it through [`Server::handle`].
///
/// # Errors
/// The listener cannot be used.
pub fn server(state: State, listener: TcpListener) -> std::io::Result<Server> {
    server_with(state, listener, configure)
}

/// The same with another route table.
fn server_with(
    state: State,
    listener: TcpListener,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<Server> {
    let config = std::sync::Arc::clone(&state.app.config);
    let state = web::Data::new(state);
    if let Some(handle) = state.metrics.clone() {
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(METRICS_UPKEEP).await;
                handle.run_upkeep();
            }
        });
    }
    let connections = if config.database_url.is_postgres() {
        config.postgres.pool_size
    } else {
        config.sqlite.readers
    };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .configure(routes.clone())
            .wrap(from_fn(middleware::envelope))
    })
    .workers(config.worker_count())
    // A thread that waits for a connection is a thread too many: the rest waits without one.
    .worker_max_blocking_threads(connections.max(1) as usize)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(HEAD_DEADLINE)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}
