//! One fact about a wipe, as it was received, in words that no vendor owns.

use crate::text_enum;
use chrono::{DateTime, TimeDelta, Utc};

/// How far ahead of our own clock a sender's clock may be before its time is not believed.
pub const FUTURE_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Times before 2000-01-01 are a sender's way of saying "no time" (year 1, or the Unix epoch).
const NO_TIME_BEFORE: i64 = 946_684_800;

text_enum! {
    /// What happened.
    pub enum EvidenceKind {
        /// The MDM took our wipe command.
        CommandQueued = "command_queued",
        /// The device answered "not now".
        CommandDeferred = "command_deferred",
        /// The device said yes. It erases itself *after* saying so.
        CommandAcknowledged = "command_acknowledged",
        /// The device or the MDM said no.
        CommandRefused = "command_refused",
        /// The command ended without an answer, or its outcome cannot be known.
        CommandExpired = "command_expired",
        /// The device itself was heard of. Never emitted for a change that was made in the MDM's own records.
        Contact = "contact",
        /// The device enrolled.
        Enrolled = "enrolled",
        /// The device left the MDM.
        Unenrolled = "unenrolled",
        /// The MDM no longer has a record of the device.
        RecordRemoved = "record_removed",
        /// The MDM has a record of the device. Says nothing about when the device was last there.
        Inventory = "inventory",
        /// The receiver saw the set-up screen.
        Attested = "attested",
        /// The receiver took that back: it was a mistake.
        AttestationWithdrawn = "attestation_withdrawn",
        /// A technician saw that it is erased, and read the identity from the device.
        Verified = "verified",
        /// A technician saw that it is not erased, or that it is another device.
        VerificationFailed = "verification_failed",
        /// A certificate of destruction was accepted.
        Destroyed = "destroyed",
        /// That was a mistake: it was not destroyed.
        DestructionWithdrawn = "destruction_withdrawn",
    }
}

impl EvidenceKind {
    /// Whether an MDM integration may report this. What a person saw can only come from that person.
    pub const fn may_come_from_integration(self) -> bool {
        match self {
            Self::CommandQueued
            | Self::CommandDeferred
            | Self::CommandAcknowledged
            | Self::CommandRefused
            | Self::CommandExpired
            | Self::Contact
            | Self::Enrolled
            | Self::Unenrolled
            | Self::RecordRemoved
            | Self::Inventory => true,
            Self::Attested
            | Self::AttestationWithdrawn
            | Self::DestructionWithdrawn
            | Self::Verified
            | Self::VerificationFailed
            | Self::Destroyed => false,
        }
    }
}

text_enum! {
    /// How much of the handset the fact is about.
    pub enum WipeScope {
        /// Everything on it.
        FullDevice = "full_device",
        /// The managed profile only; private data stays.
        WorkProfile = "work_profile",
        /// The data of some apps only.
        AppData = "app_data",
    }
}

/// One fact about the wipe of one handset in one custody. The caller selects the custody: a fact about an
/// earlier holder must not be given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// What happened.
    pub kind: EvidenceKind,
    /// How much of the handset it is about. For contact and enrolment it means nothing.
    pub scope: WipeScope,
    /// When it happened, according to the sender.
    pub claimed_at: Option<DateTime<Utc>>,
    /// When we received it.
    pub received_at: DateTime<Utc>,
    /// Which enrolment of the device it is about: a word that is new each time the device enrols, or nothing.
    pub enrolment: Option<String>,
    /// Which command it is about. Facts without a reference count as being about one and the same command. An
    /// attestation has a reference of its own, so that it can be withdrawn.
    pub command_ref: Option<String>,
}

impl Evidence {
    /// When it happened, as far as we believe the sender: the claimed time, unless there is none or it is more
    /// than [`FUTURE_TOLERANCE`] ahead of our clock.
    pub fn occurred_at(&self) -> DateTime<Utc> {
        match self.claimed_at {
            Some(at) if at.timestamp() >= NO_TIME_BEFORE && at - self.received_at <= FUTURE_TOLERANCE => at,
            Some(_) | None => self.received_at,
        }
    }

    pub(super) fn is_about_everything(&self) -> bool {
        match self.scope {
            WipeScope::FullDevice => true,
            WipeScope::WorkProfile | WipeScope::AppData => false,
        }
    }
}
