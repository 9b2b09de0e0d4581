//! HTTP in: the only layer that knows actix-web. A handler takes what it needs by extractors, calls one
//! service, converts and returns. It never touches the database and decides nothing about rights.
//!
//! How to add a resource:
//! 1. `services/<things>.rs`: the use cases, each beginning with a method of [`Ctx`](crate::services::Ctx).
//! 2. `web/api/<things>.rs`: the bodies (`ThingIn`, `ThingChange` with `deny_unknown_fields`, `ThingOut`), the
//!    handlers, each with `#[utoipa::path]`; [`api::legal_entities`] is the pattern.
//! 3. One line in [`configure`], one per handler in [`openapi`].

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
pub mod routing;
mod state;
#[cfg(test)]
mod tests;

pub use state::State;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};
use routing::resource;
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

/// The route table.
pub fn configure(config: &mut ServiceConfig) {
    use api::{audit_events, employment_documents, jobs, legal_entities, messages};

    config
        .service(
            resource("/v1/legal-entities")
                .get(legal_entities::list)
                .post(legal_entities::create),
        )
        .service(
            resource("/v1/legal-entities/{id}")
                .get(legal_entities::get)
                .patch(legal_entities::update),
        )
        .configure(register)
        .configure(work)
        .service(resource("/v1/sources/{source}/employments/{external_id}").put(employment_documents::put))
        .service(resource("/v1/sources/{source}/employment-documents").post(employment_documents::post))
        .service(resource("/v1/messages").get(messages::list))
        .service(resource("/v1/messages/{id}").get(messages::get))
        .service(resource("/v1/terminations/{id}/timeline").get(messages::timeline))
        .service(resource("/v1/jobs").get(jobs::list))
        .service(resource("/v1/jobs/{id}").get(jobs::get))
        .service(resource("/v1/jobs/{id}/resume").post(jobs::resume))
        .service(resource("/v1/jobs/{id}/cancel").post(jobs::cancel))
        .service(resource("/v1/audit-events").get(audit_events::list))
        .service(resource("/demo/mailbox").get(pages::mailbox_pages::list))
        .service(resource("/demo/mailbox/{mail}").get(pages::mailbox_pages::one))
        .service(resource("/demo/mailbox/{mail}/html").get(pages::mailbox_pages::html))
        .service(resource("/oauth/token").post(auth::token_endpoint::issue))
        .service(resource("/c/{token}").get(links::show).post(links::submit))
        .service(resource("/livez").get(health::live))
        .service(resource("/readyz").get(health::ready))
        .service(resource("/metrics").get(health::metrics))
        .service(resource("/openapi.yaml").get(docs::openapi))
        .service(resource("/docs").get(docs::page))
        .service(resource("/docs/{file}").get(docs::file))
        .default_service(web::to(routing::not_found));
}

/// The routes of the register: who there is, what there is, and who has what.
fn register(config: &mut ServiceConfig) {
    use api::{assignments, devices, employments, people, sources, subscriptions, units};

    config
        .service(resource("/v1/sources").get(sources::list).post(sources::create))
        .service(resource("/v1/sources/{name}").get(sources::get))
        .service(resource("/v1/units").get(units::list).post(units::create))
        .service(resource("/v1/units/{id}").get(units::get).patch(units::update))
        .service(resource("/v1/people").get(people::list).post(people::create))
        .service(resource("/v1/people/{id}").get(people::get).patch(people::update))
        .service(resource("/v1/employments").get(employments::list))
        .service(resource("/v1/employments/{id}").get(employments::get))
        .service(resource("/v1/devices").get(devices::list).post(devices::create))
        .service(
            resource("/v1/devices/{id}")
                .get(devices::get)
                .patch(devices::update),
        )
        .service(
            resource("/v1/subscriptions")
                .get(subscriptions::list)
                .post(subscriptions::create),
        )
        .service(
            resource("/v1/subscriptions/{id}")
                .get(subscriptions::get)
                .patch(subscriptions::update),
        )
        .service(
            resource("/v1/assignments")
                .get(assignments::list)
                .post(assignments::create),
        )
        .service(resource("/v1/assignments/{id}").get(assignments::get))
        .service(resource("/v1/assignments/{id}/end").post(assignments::end));
}

/// The routes of terminations, of what proves them, and of collected codes.
fn work(config: &mut ServiceConfig) {
    use api::terminations::{receipt, verify, work};
    use api::{codes, mdm, terminations};

    config
        .service(resource("/v1/terminations").get(terminations::list))
        .service(resource("/v1/terminations/{id}").get(terminations::get))
        .service(resource("/v1/terminations/{id}/receipt").get(receipt::get))
        .service(resource("/v1/terminations/{id}/hold").post(work::hold))
        .service(resource("/v1/terminations/{id}/release").post(work::release))
        .service(resource("/v1/terminations/{id}/reopen").post(work::reopen))
        .service(resource("/v1/terminations/{id}/codes").get(codes::list))
        .service(resource("/v1/terminations/{id}/items/{item}/checks/{check}").put(work::settle))
        .service(resource("/v1/terminations/{id}/items/{item}/number").post(work::number))
        .service(resource("/v1/terminations/{id}/items/{item}/outcome").post(work::outcome))
        .service(resource("/v1/terminations/{id}/items/{item}/verifications").post(verify::verify))
        .service(resource("/v1/terminations/{id}/items/{item}/codes").post(codes::answer))
        .service(resource("/v1/codes/{id}/reveal").post(codes::reveal))
        .service(resource("/v1/mdm/reports").get(mdm::list).post(mdm::deliver));
}

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
