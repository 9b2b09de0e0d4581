//! One log line and one measurement per request. The route pattern stands for the path, because a path can
//! carry ids and tokens; queries and headers are not looked at.

use crate::web::context::RequestContext;
use actix_web::http::{Method, StatusCode};
use metrics::{counter, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use std::time::Duration;

/// The counter of requests, by method, route and class of status.
pub const METRIC_COUNT: &str = "http_requests_total";
/// The duration of requests, by method and route, in seconds.
pub const METRIC_SECONDS: &str = "http_request_seconds";

/// Upper bounds of the duration buckets, in seconds: from a read of the cache to the deadline.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// Describes our metrics to a Prometheus recorder that is yet to be installed.
///
/// # Errors
/// The exporter refuses the buckets.
pub fn metrics_recorder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(METRIC_SECONDS.to_owned()), &BUCKETS)
}

pub(super) fn record(context: &RequestContext, method: &Method, status: StatusCode, took: Duration) {
    let route = context.route();
    let method = method_name(method);
    counter!(METRIC_COUNT, "method" => method, "route" => route, "status" => status_class(status))
        .increment(1);
    histogram!(METRIC_SECONDS, "method" => method, "route" => route).record(took);
    tracing::info!(
        target: "handback::http",
        method,
        route,
        status = status.as_u16(),
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        request_id = context.request_id(),
        client = context.client().map(tracing::field::display),
        "request"
    );
}

/// Anybody can invent a method, and every label lives for ever.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
