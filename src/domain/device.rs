//! Handsets.

use super::ids::{DeviceId, LegalEntityId};
use super::record::Meta;
use super::termination::DataClass;
use super::text::{Imei, SerialNumber};
use crate::text_enum;
use chrono::{DateTime, Utc};

text_enum! {
    /// Where a handset is in its life.
    pub enum DeviceStatus {
        /// Nobody has it; it can be handed out.
        InStock = "in_stock",
        /// Somebody has it.
        Assigned = "assigned",
        /// Gone, reported lost.
        Lost = "lost",
        /// Gone, reported stolen.
        Stolen = "stolen",
        /// Out of use for good.
        Retired = "retired",
    }
}

/// A handset. It belongs to a legal entity, never to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// The owner.
    pub legal_entity_id: LegalEntityId,
    /// The manufacturer's serial number, unique in the group.
    pub serial: SerialNumber,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// The model as people know it.
    pub model: String,
    /// Up to two equipment identities (3GPP TS 23.003), in the order of their slots.
    pub imeis: Vec<Imei>,
    /// How sensitive the data is that it may hold; decides which proof of a wipe is enough.
    pub data_class: DataClass,
    /// Where it is in its life.
    pub status: DeviceStatus,
    /// Rises with every hand-out and every return. Facts about a wipe belong to one epoch, so that a late
    /// report cannot be taken for news about the next holder's phone.
    pub custody_epoch: i64,
    /// Version and dates.
    pub meta: Meta,
}

impl Device {
    /// The device in the hands of somebody, from now on.
    #[must_use]
    pub fn handed_out(self, now: DateTime<Utc>) -> Self {
        Self {
            status: DeviceStatus::Assigned,
            custody_epoch: self.custody_epoch + 1,
            meta: self.meta.changed(now),
            ..self
        }
    }

    /// The device out of the hands of somebody, from now on. What is lost, stolen or out of use stays so.
    #[must_use]
    pub fn taken_back(self, now: DateTime<Utc>) -> Self {
        let status = match self.status {
            DeviceStatus::InStock | DeviceStatus::Assigned => DeviceStatus::InStock,
            gone @ (DeviceStatus::Lost | DeviceStatus::Stolen | DeviceStatus::Retired) => gone,
        };
        Self {
            status,
            custody_epoch: self.custody_epoch + 1,
            meta: self.meta.changed(now),
            ..self
        }
    }
}
