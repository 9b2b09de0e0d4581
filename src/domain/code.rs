//! Collected codes. That a code exists, and what became of it; never the code itself.

use super::ids::{CodeId, DataKeyId, ItemId, TerminationId};
use super::termination::CodeKind;
use chrono::{DateTime, Utc};

/// The longest code, in characters.
pub const MAX_CODE_CHARS: usize = 200;
/// The shortest reason for reading a code, in characters: long enough to say something.
pub const MIN_REASON_CHARS: usize = 10;
/// How often an account may read a code within an hour.
pub const REVEALS_PER_HOUR: i64 = 10;

/// A stored code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRecord {
    /// Its id.
    pub id: CodeId,
    /// The case.
    pub termination_id: TerminationId,
    /// The device of the case that it belongs to.
    pub item_id: ItemId,
    /// Which of its codes.
    pub kind: CodeKind,
    /// The data key that seals it.
    pub data_key_id: DataKeyId,
    /// How often it can still be read.
    pub reveals_left: i32,
    /// When it was stored.
    pub stored_at: DateTime<Utc>,
    /// When it was read.
    pub revealed_at: Option<DateTime<Utc>>,
    /// When it was destroyed.
    pub destroyed_at: Option<DateTime<Utc>>,
}
