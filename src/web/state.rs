//! What all workers share.

use super::auth::TokenCache;
use super::health::ReadinessCheck;
use super::links::Misses;
use super::middleware::Limits;
use super::openapi;
use super::problem::Problem;
use crate::app::App;
use crate::crypto::keyring::Purpose;
use actix_web::{HttpRequest, web};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The service as HTTP sees it.
pub struct State {
    /// The service.
    pub app: App,
    pub(super) cursor_key: Zeroizing<[u8; 32]>,
    pub(super) verified: TokenCache,
    pub(super) limits: Limits,
    pub(super) link_misses: Misses,
    pub(super) verify_misses: Misses,
    pub(super) metrics: Option<PrometheusHandle>,
    pub(super) checks: Vec<ReadinessCheck>,
    pub(super) openapi: web::Bytes,
}

impl State {
    /// The service with its standard readiness checks and without metrics.
    pub fn new(app: App) -> Self {
        Self {
            cursor_key: app.keyring.current().derive(Purpose::Cursor),
            verified: TokenCache::default(),
            limits: Limits::new(&app.config.http),
            link_misses: Misses::default(),
            verify_misses: Misses::default(),
            metrics: None,
            checks: ReadinessCheck::standard(),
            openapi: openapi::to_yaml().into(),
            app,
        }
    }

    /// Serves the numbers of this recorder at `/metrics`.
    #[must_use]
    pub fn with_metrics(mut self, handle: PrometheusHandle) -> Self {
        self.metrics = Some(handle);
        self
    }

    /// Adds something that must be well before the service calls itself ready.
    #[must_use]
    pub fn with_check(mut self, check: ReadinessCheck) -> Self {
        self.checks.push(check);
        self
    }

    /// The state of the server that the request came to.
    ///
    /// # Errors
    /// The server was put together without one, which is a mistake in the program.
    pub(super) fn of(request: &HttpRequest) -> Result<Arc<Self>, Problem> {
        request
            .app_data::<web::Data<Self>>()
            .map(|data| Arc::clone(data))
            .ok_or_else(|| Problem::internal("a server without state"))
    }
}
