//! Logging: one line per event, as JSON for machines or as text for a terminal.
//!
//! What may be logged: ids, words, numbers and route patterns. Never names, addresses, codes, tokens, or paths
//! and queries as they were sent.

use crate::config::{LogConfig, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging to standard error. A second call changes nothing.
pub fn start(config: &LogConfig) {
    let level = config.level.as_str();
    let filter = EnvFilter::new(format!("warn,handback={level}"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        // It would report to standard error that standard error is closed, and panic.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let as_json = match config.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let started = if as_json {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init()
    } else {
        builder.with_target(false).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
