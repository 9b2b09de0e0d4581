//! What the integration tests share.

pub mod app;
pub mod db;
pub mod http;
pub mod log;
pub mod story;
pub mod world;
