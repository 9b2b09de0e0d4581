//! `/scim/v2`: SCIM 2.0 (RFC 7643, RFC 7644) for the directories that the operator has let in. What is published at
//! `Schemas` is what there is. Their tokens open nothing else, and no other token opens this.

mod body;
mod discovery;
mod error;
mod query;
mod resource;
mod users;

pub use error::ScimError;

use super::auth::{Verified, bearer_token};
use super::problem::{Problem, invalid_token};
use super::routing::{Access, resource};
use super::state::State;
use crate::crypto::token::ConnectionSecret;
use crate::domain::actor::Actor;
use crate::services::Ctx;
use crate::services::scim::connections;
use actix_web::http::header::HeaderMap;
use actix_web::web::ServiceConfig;
use std::sync::Arc;

/// Where it begins.
const ROOT: &str = "/scim/v2";
/// What it speaks.
pub const MEDIA_TYPE: &str = "application/scim+json";

/// Whether a path belongs to it, known or not.
pub(super) fn is_below(path: &str) -> bool {
    path.strip_prefix(ROOT)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let scim = Access::Scim;
    config
        .service(resource("/scim/v2/ServiceProviderConfig").get(scim, discovery::config))
        .service(resource("/scim/v2/ResourceTypes").get(scim, discovery::resource_types))
        .service(resource("/scim/v2/ResourceTypes/{id}").get(scim, discovery::resource_type))
        .service(resource("/scim/v2/Schemas").get(scim, discovery::schemas))
        .service(resource("/scim/v2/Schemas/{id}").get(scim, discovery::schema))
        .service(resource("/scim/v2/.search").post(scim, users::search))
        .service(resource("/scim/v2/Users/.search").post(scim, users::search))
        .service(
            resource("/scim/v2/Users")
                .get(scim, users::list)
                .post(scim, users::create),
        )
        .service(
            resource("/scim/v2/Users/{id}")
                .get(scim, users::get)
                .put(scim, users::replace)
                .patch(scim, users::patch)
                .delete(scim, users::delete),
        );
}

/// Finds out which connection calls.
pub(super) async fn authenticate(headers: &HeaderMap, state: &State) -> Result<Arc<Verified>, Problem> {
    let secret: ConnectionSecret = bearer_token(headers)?.parse().map_err(|_| invalid_token())?;
    match connections::authenticate(&Ctx::system(&state.app), &secret).await? {
        Some(actor @ Actor::ScimConnection { id, .. }) => Ok(Arc::new(Verified {
            actor,
            client: id.into(),
        })),
        Some(_) | None => Err(invalid_token()),
    }
}
