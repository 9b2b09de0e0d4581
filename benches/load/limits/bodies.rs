//! What the limit programs answer: the same JSON as the service.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// One device, as the service shows it.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceBody {
    pub id: String,
    pub legal_entity_id: String,
    pub serial: String,
    pub manufacturer: Option<String>,
    pub model: String,
    pub imeis: Vec<String>,
    pub data_class: String,
    pub status: String,
    pub custody_epoch: i64,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl DeviceBody {
    /// A device that is nowhere.
    pub fn example(id: String) -> Self {
        Self {
            id,
            legal_entity_id: "01939e5c-5b6a-7c1e-8f00-0242ac120002".to_owned(),
            serial: "EX00000001".to_owned(),
            manufacturer: Some("Exempel".to_owned()),
            model: "Exempel X1".to_owned(),
            imeis: vec!["001000010000017".to_owned()],
            data_class: "standard".to_owned(),
            status: "assigned".to_owned(),
            custody_epoch: 1,
            version: 1,
            created_at: DateTime::from_timestamp_nanos(1_790_000_000_123_456_000),
            updated_at: DateTime::from_timestamp_nanos(1_790_000_000_123_456_000),
        }
    }
}

/// One page, by its distance from the beginning, and how many there are in all.
#[derive(Serialize)]
pub struct Listed {
    pub items: Vec<DeviceBody>,
    pub total: i64,
}

/// What a write left.
#[derive(Serialize)]
pub struct Written {
    pub id: String,
    pub version: i64,
}
