//! Accounts as directories send them: SCIM 2.0 (RFC 7643, RFC 7644), the subset that is published at `/scim/v2/Schemas`.
//!
//! A resource is a JSON object with the names as the schema writes them. Nothing in it is trimmed or changed: a client
//! must find again what it sent. What real clients send beside the RFC is taken by connections that are not strict.

mod account;
mod fault;
mod filter;
mod patch;
mod path;
mod projection;
mod resource;
mod schema;
mod signal;
#[cfg(test)]
mod tests;

pub use account::{Connection, ConnectionToken, ScimUser};
pub use fault::{ScimFault, ScimType};
pub use filter::{Filter, Literal};
pub use patch::{Operation, Patched, apply, read_operations};
pub use projection::Projection;
pub use resource::{Facts, Incoming, Leniency, facts, read_resource};
pub use schema::{
    CORE, ENTERPRISE, ERROR, LIST_RESPONSE, PATCH_OP, RESOURCE_TYPE, SEARCH_REQUEST, resource_type, schemas,
    service_provider_config,
};
pub use signal::{
    AccountReview, AccountSignal, EmploymentEnd, GRACE, ReviewReason, ReviewResolution, ReviewState,
    SignalKind, confirming_end,
};

/// How long a connection may say nothing before the desk is told. A directory that quarantines us still comes once a
/// day.
pub const SILENCE: chrono::TimeDelta = chrono::TimeDelta::hours(24);
