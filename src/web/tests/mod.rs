//! The foundation through its front door: a real server on a free port, a real database file, real HTTP.

mod auth;
mod bodies;
mod harness;
mod legal_entities;
mod limits;
mod once;
mod operations;
mod routing;
