//! What the integration tests share.

pub mod app;
pub mod db;
pub mod http;
pub mod issuer;
pub mod log;
pub mod operations;
pub mod program;
#[expect(dead_code, reason = "the tests of the mailer use the rest")]
pub mod smtp_sink;
pub mod story;
pub mod wire;
pub mod world;
