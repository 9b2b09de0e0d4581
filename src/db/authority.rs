//! Whether what somebody comes with is still good. A token outlives nothing: an account that was revoked or changed since
//! is refused on the next request.

use super::schema::{scim_connection, scim_token, service_account};
use super::{DbConnection, DbError};
use crate::domain::actor::Actor;
use crate::on_both;
use diesel::dsl::exists;
use diesel::prelude::*;

/// Says no to whoever comes with something that is good no more.
///
/// # Errors
/// [`DbError::Revoked`].
pub fn require(connection: &mut DbConnection, actor: &Actor) -> Result<(), DbError> {
    let is_good = match actor {
        Actor::ServiceAccount { id, version, .. } => {
            let current = service_account::table
                .find(id.to_string())
                .filter(service_account::version.eq(version))
                .filter(service_account::revoked_at.is_null());
            on_both!(connection, |inner| diesel::select(exists(current))
                .get_result(inner))?
        }
        Actor::ScimConnection { id, token } => {
            let current = scim_token::table
                .inner_join(scim_connection::table.on(scim_connection::id.eq(scim_token::connection_id)))
                .filter(scim_token::id.eq(token.to_string()))
                .filter(scim_token::revoked_at.is_null())
                .filter(scim_connection::id.eq(id.to_string()))
                .filter(scim_connection::revoked_at.is_null());
            on_both!(connection, |inner| diesel::select(exists(current))
                .get_result(inner))?
        }
        Actor::LinkHolder { .. } | Actor::System | Actor::Operator => true,
    };
    said(is_good)
}

/// The answer to the question whether it is good.
pub(super) const fn said(is_good: bool) -> Result<(), DbError> {
    if is_good { Ok(()) } else { Err(DbError::Revoked) }
}
