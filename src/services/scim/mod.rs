//! SCIM 2.0: directories keep their accounts here. An account fills in what HR does not say about a person, and its being
//! switched off confirms what HR says or is asked about. It ends nothing.

pub mod connections;
mod link;
pub mod reviews;
mod signals;
pub mod silence;
pub mod users;

pub(super) use link::{known_manager, link_person_in};

use super::ServiceError;
use crate::domain::scim::ScimFault;
use thiserror::Error;

/// Why a SCIM request was not followed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ScimRefusal {
    /// The request is wrong.
    #[error(transparent)]
    Fault(#[from] ScimFault),
    /// For another reason.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<crate::db::DbError> for ScimRefusal {
    fn from(error: crate::db::DbError) -> Self {
        Self::Service(error.into())
    }
}
