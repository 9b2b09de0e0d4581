//! What is known about the data on a handset: facts from whichever source, folded into one assessment.
//!
//! Evidence is append-only and may arrive late, twice and in any order, so the assessment is a function of the
//! *set* of evidence alone. There is no boolean "wiped": there is a state, a level, and whether something
//! contradicts it. Sending wipe commands and parsing what a vendor reports happen elsewhere.

mod assess;
mod custody;
mod evidence;
mod policy;
mod report;
#[cfg(test)]
mod tests;

pub use assess::{GRACE, STALLED_AFTER, assess, stalls_at};
pub use custody::{Custody, PlacedEvidence, about_case, custody_at};
pub use evidence::{Evidence, EvidenceKind, FUTURE_TOLERANCE, WipeScope};
pub use policy::{DataClass, PolicyFault, WipePolicy, satisfies};
pub use report::{
    Binding, EvidenceDetails, EvidenceMatch, EvidenceRecord, IdentityReading, Inventory, QuarantineReason,
};

use crate::text_enum;
use serde::{Deserialize, Serialize};

text_enum! {
    /// How strong the statement "the data is gone" is. Ordered from nothing to a certificate.
    #[derive(Default)]
    pub enum WipeLevel {
        /// Nothing supports it.
        #[default]
        None = "none",
        /// A wipe was ordered; nothing says that it happened.
        Ordered = "ordered",
        /// A named person says that they saw the set-up screen.
        Attested = "attested",
        /// The device reported that it erases itself; nobody has looked.
        Acknowledged = "acknowledged",
        /// A technician looked, with the identity read from the device itself.
        Verified = "verified",
        /// A certificate of destruction was accepted.
        Certified = "certified",
    }
}

text_enum! {
    /// The state of the wipe, derived from the evidence.
    #[derive(Default)]
    pub enum WipeState {
        /// Nothing has happened yet.
        #[default]
        Required = "required",
        /// A wipe command is open.
        Ordered = "ordered",
        /// The device asked to wait.
        Deferred = "deferred",
        /// A wipe command is open, and the device has long been silent.
        Stalled = "stalled",
        /// The device or the MDM refused, and nothing is open.
        Refused = "refused",
        /// A person says so; no device does.
        Attested = "attested",
        /// Nobody knows: conflicting reports, or the record ended without an answer.
        Indeterminate = "indeterminate",
        /// The device reported that it erases itself.
        Acknowledged = "acknowledged",
        /// The device was heard of on the same enrolment after it should have been erased.
        Contradicted = "contradicted",
        /// A technician saw it.
        Verified = "verified",
        /// A technician looked, and it was not erased or was another device.
        VerificationFailed = "verification_failed",
        /// Destroyed, with a certificate.
        Destroyed = "destroyed",
    }
}

impl WipeState {
    /// Whether the MDM is yet to say how it went.
    pub const fn waits_for_mdm(self) -> bool {
        match self {
            Self::Ordered | Self::Deferred | Self::Stalled => true,
            Self::Required
            | Self::Refused
            | Self::Attested
            | Self::Indeterminate
            | Self::Acknowledged
            | Self::Contradicted
            | Self::Verified
            | Self::VerificationFailed
            | Self::Destroyed => false,
        }
    }
}

/// The outcome of folding all evidence of one custody of one handset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WipeAssessment {
    /// The state, for people who follow the case.
    pub state: WipeState,
    /// The level, which policies compare with.
    pub level: WipeLevel,
    /// Whether later contact contradicts a claim. Blocks whatever the level.
    pub contradicted: bool,
}
