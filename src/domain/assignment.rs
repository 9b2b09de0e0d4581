//! Assignments: who has what.

use super::ids::{AssignmentId, DeviceId, EmploymentId, LegalEntityId, SubscriptionId};
use super::record::Meta;
use super::termination::DecidedBy;
use crate::text_enum;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assigned {
    /// A handset.
    Device(DeviceId),
    /// A subscription.
    Subscription(SubscriptionId),
}

text_enum! {
    /// Why an assignment ended.
    pub enum AssignmentEnd {
        /// Handed back in the course of the employment.
        Returned = "returned",
        /// A termination was completed.
        Terminated = "terminated",
        /// The holder went on with it in another employment.
        Transferred = "transferred",
        /// Never came back.
        Missing = "missing",
        /// Registered by mistake.
        Mistake = "mistake",
    }
}

text_enum! {
    /// Why somebody ends an assignment outside of any termination.
    pub enum HandBack {
        /// Handed back in the course of the employment.
        Returned = "returned",
        /// Registered by mistake.
        Mistake = "mistake",
    }
}

impl From<HandBack> for AssignmentEnd {
    fn from(why: HandBack) -> Self {
        match why {
            HandBack::Returned => Self::Returned,
            HandBack::Mistake => Self::Mistake,
        }
    }
}

/// A device or a subscription in the hands of one employment. It hangs on the employment, not on the
/// person: ending one of two jobs takes only the phone of that job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// The owner of what is assigned.
    pub legal_entity_id: LegalEntityId,
    /// Who has it.
    pub employment_id: EmploymentId,
    /// What they have.
    pub assigned: Assigned,
    /// The device's custody epoch while they have it; 0 for a subscription.
    pub custody_epoch: i64,
    /// What was handed out with it.
    pub accessories: Vec<String>,
    /// Since when.
    pub assigned_at: DateTime<Utc>,
    /// Until when, and why it ended.
    pub ended: Option<(DateTime<Utc>, AssignmentEnd)>,
    /// For a loan: its last day, inclusive.
    pub loan_until: Option<NaiveDate>,
    /// The decision by which a number was handed out in its quarantine.
    pub quarantine_override: Option<QuarantineOverride>,
    /// Version and dates.
    pub meta: Meta,
}

/// A decision by somebody who is named that a number is handed out to somebody else in its quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineOverride {
    /// Who decided, and why.
    pub decided: DecidedBy,
    /// Until when the number was to be nobody else's.
    pub until: NaiveDate,
}
