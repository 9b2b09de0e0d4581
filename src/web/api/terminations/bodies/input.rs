//! What callers send about a case.

use crate::domain::termination::{ActorRole, Note};
use crate::services::terminations::IdentityRead;
use crate::text_enum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// In which role a caller of the API works with a case.
    #[derive(Default)]
    pub enum DeskRole {
        /// The service desk or a coordinator.
        #[default]
        Desk = "desk",
        /// Somebody who examines handsets.
        Technician = "technician",
    }
}

impl From<DeskRole> for ActorRole {
    fn from(role: DeskRole) -> Self {
        match role {
            DeskRole::Desk => Self::Desk,
            DeskRole::Technician => Self::Technician,
        }
    }
}

/// What was read off a handset: its serial number, an IMEI, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityIn {
    /// The serial number.
    #[serde(default)]
    #[schema(max_length = 40)]
    serial: Option<String>,
    /// An IMEI.
    #[serde(default)]
    #[schema(max_length = 40)]
    imei: Option<String>,
}

impl From<IdentityIn> for IdentityRead {
    fn from(body: IdentityIn) -> Self {
        Self {
            serial: body.serial,
            imei: body.imei,
        }
    }
}

/// What the one who answered wrote down.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// Where it happened.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(super) place: Option<String>,
    /// In which condition the device is: `intact`, `damaged`, or in your own words.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(super) condition: Option<String>,
    /// How it was done or seen.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(super) method: Option<String>,
}

impl From<NoteBody> for Note {
    fn from(body: NoteBody) -> Self {
        Self {
            place: body.place,
            condition: body.condition,
            method: body.method,
        }
    }
}
