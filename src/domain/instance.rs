//! One running process of the service.

use super::ids::InstanceId;
use chrono::{DateTime, Utc};

/// A running process. Its id is fresh with every start: a restarted process must not look like the one that
/// held a lease before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The version of the service that it runs.
    pub version: String,
    /// The ids of the keys that it has.
    pub kids: Vec<String>,
    /// When it started.
    pub started_at: DateTime<Utc>,
}
