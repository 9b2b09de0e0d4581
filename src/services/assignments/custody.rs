//! What is handed out and taken back, whichever of the two kinds it is.

use crate::db::{self, DbConnection, DbError};
use crate::domain::assignment::Assigned;
use crate::domain::device::{Device, DeviceStatus};
use crate::domain::ids::LegalEntityId;
use crate::domain::subscription::{Subscription, SubscriptionStatus};
use crate::services::ServiceError;
use chrono::{DateTime, Utc};

/// A device or a subscription.
pub(super) enum Asset {
    Device(Device),
    Subscription(Subscription),
}

/// What was assigned, as it is stored.
pub(super) fn find(connection: &mut DbConnection, assigned: Assigned) -> Result<Option<Asset>, DbError> {
    Ok(match assigned {
        Assigned::Device(id) => db::devices::find(connection, id)?.map(Asset::Device),
        Assigned::Subscription(id) => db::subscriptions::find(connection, id)?.map(Asset::Subscription),
    })
}

impl Asset {
    pub(super) const fn legal_entity_id(&self) -> LegalEntityId {
        match self {
            Self::Device(device) => device.legal_entity_id,
            Self::Subscription(subscription) => subscription.legal_entity_id,
        }
    }

    /// Subscriptions have no epochs: nothing is wiped off them.
    pub(super) const fn custody_epoch(&self) -> i64 {
        match self {
            Self::Device(device) => device.custody_epoch,
            Self::Subscription(_) => 0,
        }
    }

    pub(super) fn check_available(&self) -> Result<(), ServiceError> {
        match self {
            Self::Device(device) if device.status != DeviceStatus::InStock => Err(ServiceError::Conflict {
                code: "device_not_available",
                detail: "The device is not in stock: somebody has it, or it is lost, stolen or retired.",
            }),
            Self::Subscription(subscription) if subscription.status != SubscriptionStatus::Available => {
                Err(ServiceError::Conflict {
                    code: "subscription_not_available",
                    detail: "The subscription is not available: somebody uses it, or it has been terminated.",
                })
            }
            Self::Device(_) | Self::Subscription(_) => Ok(()),
        }
    }

    pub(super) fn handed_out(self, now: DateTime<Utc>) -> Self {
        match self {
            Self::Device(device) => Self::Device(device.handed_out(now)),
            Self::Subscription(subscription) => Self::Subscription(subscription.handed_out(now)),
        }
    }

    pub(super) fn taken_back(self, now: DateTime<Utc>) -> Self {
        match self {
            Self::Device(device) => Self::Device(device.taken_back(now)),
            Self::Subscription(subscription) => Self::Subscription(subscription.taken_back(now)),
        }
    }

    /// The same, to be stored with its assignment.
    pub(super) const fn to_store(&self) -> db::assignments::Asset<'_> {
        match self {
            Self::Device(device) => db::assignments::Asset::Device(device),
            Self::Subscription(subscription) => db::assignments::Asset::Subscription(subscription),
        }
    }
}
