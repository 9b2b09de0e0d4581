//! Telephone subscriptions.

use super::ids::{LegalEntityId, SubscriptionId};
use super::record::Meta;
use super::text::PhoneNumber;
use crate::text_enum;
use chrono::{DateTime, Utc};

text_enum! {
    /// Where a subscription is in its life.
    pub enum SubscriptionStatus {
        /// Nobody uses it; it can be handed out.
        Available = "available",
        /// Somebody uses it.
        Assigned = "assigned",
        /// Ended with the operator.
        Terminated = "terminated",
    }
}

/// The highest monthly cost that can be registered, in öre: a million kronor. What is above is a slip of the pen.
pub const MAX_MONTHLY_COST_ORE: i64 = 100_000_000;

/// A subscription with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The owner.
    pub legal_entity_id: LegalEntityId,
    /// The number (ITU-T E.164), unique among subscriptions that have not ended.
    pub number: PhoneNumber,
    /// The operator.
    pub operator: Option<String>,
    /// What it costs in a month, in öre, without value added tax; none if nobody has said.
    pub monthly_cost_ore: Option<i64>,
    /// Where it is in its life.
    pub status: SubscriptionStatus,
    /// Version and dates.
    pub meta: Meta,
}

impl Subscription {
    /// The subscription in somebody's use, from now on.
    #[must_use]
    pub fn handed_out(self, now: DateTime<Utc>) -> Self {
        Self {
            status: SubscriptionStatus::Assigned,
            meta: self.meta.changed(now),
            ..self
        }
    }

    /// The subscription out of use, from now on. One that has ended stays so.
    #[must_use]
    pub fn taken_back(self, now: DateTime<Utc>) -> Self {
        let status = match self.status {
            SubscriptionStatus::Available | SubscriptionStatus::Assigned => SubscriptionStatus::Available,
            SubscriptionStatus::Terminated => SubscriptionStatus::Terminated,
        };
        Self {
            status,
            meta: self.meta.changed(now),
            ..self
        }
    }
}
