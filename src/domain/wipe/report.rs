//! A fact as it is kept: where it came from, and whether it is known which handset it is about.

use super::Evidence;
use crate::domain::ids::{DeviceId, EvidenceId, ItemId};
use crate::text_enum;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Whether it is known which handset in whose custody a fact is about.
    pub enum EvidenceMatch {
        /// It is, and the fact counts.
        Bound = "bound",
        /// It is not. The fact is kept and counts for nothing.
        Quarantined = "quarantined",
    }
}

text_enum! {
    /// Why a fact is in quarantine.
    pub enum QuarantineReason {
        /// The report has no usable serial number and no usable IMEI.
        NoIdentity = "no_identity",
        /// No device has what the report names.
        UnknownDevice = "unknown_device",
        /// What the report names points to several devices.
        AmbiguousIdentity = "ambiguous_identity",
        /// It happened before the present holder had the device, in a custody that no case is about.
        EarlierCustody = "earlier_custody",
    }
}

/// What a fact is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// To one custody of one device.
    Bound {
        /// The device.
        device: DeviceId,
        /// The epoch of the custody.
        epoch: i64,
        /// The item of the case about that custody, if there was one when the fact was received.
        item: Option<ItemId>,
    },
    /// To nothing.
    Quarantined(QuarantineReason),
}

impl Binding {
    /// Whether the fact counts.
    pub const fn matched(&self) -> EvidenceMatch {
        match self {
            Self::Bound { .. } => EvidenceMatch::Bound,
            Self::Quarantined(_) => EvidenceMatch::Quarantined,
        }
    }

    /// Why it does not.
    pub const fn reason(&self) -> Option<QuarantineReason> {
        match self {
            Self::Bound { .. } => None,
            Self::Quarantined(reason) => Some(*reason),
        }
    }
}

text_enum! {
    /// How a technician read the identity off a handset. A label on the box is not enough.
    pub enum IdentityReading {
        /// The handset shows it, in its settings or on its set-up screen.
        Screen = "screen",
        /// Dialling `*#06#`.
        DialCode = "dial_code",
        /// The engraving on the back or on the SIM tray.
        Engraving = "engraving",
        /// A tool, through a cable.
        Cable = "cable",
    }
}

/// What else a report says. Kept as it came; nothing of it decides anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvidenceDetails {
    /// The serial number, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The IMEIs, as they were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub imeis: Vec<String>,
    /// The id of the device in the MDM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udid: Option<String>,
    /// What the MDM knows about the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// How a technician read the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_reading: Option<IdentityReading>,
    /// Whether a technician saw that no activation lock and no factory reset protection is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locks_absent: Option<bool>,
}

/// What an MDM knows about a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inventory {
    /// The version of the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The level of the security patches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_patch: Option<String>,
    /// When it was last backed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_backup_at: Option<DateTime<Utc>>,
    /// Whether an activation lock is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_lock: Option<bool>,
}

/// A fact as it is stored. Nothing about it ever changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRecord {
    /// Its id.
    pub id: EvidenceId,
    /// The fact.
    pub fact: Evidence,
    /// Who said so: the kind and the pseudonymous id of the actor.
    pub reporter: String,
    /// What it is bound to.
    pub binding: Binding,
    /// What else was said.
    pub details: EvidenceDetails,
}
