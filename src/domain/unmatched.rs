//! Documents that arrived and could not be applied. They are kept until somebody decides, so that nothing that was
//! delivered is lost.

use super::ids::UnmatchedId;
use super::record::Meta;
use super::text::{ExternalId, SourceName};
use crate::text_enum;
use chrono::{DateTime, Utc};

text_enum! {
    /// Why a document could not be applied.
    pub enum UnmatchedReason {
        /// Its sequence came before with another content.
        SequenceConflict = "sequence_conflict",
        /// The employment has a newer sequence than the snapshot that the document came in.
        Outdated = "outdated",
        /// A rule of the register forbids what it says.
        RuleBroken = "rule_broken",
        /// It failed for a reason of ours, which the log tells.
        Failed = "failed",
    }
}

text_enum! {
    /// What was decided about it.
    pub enum Resolution {
        /// It is the employment's state now.
        Applied = "applied",
        /// It is not wanted.
        Dismissed = "dismissed",
    }
}

/// One document that could not be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Its id.
    pub id: UnmatchedId,
    /// Who delivered it.
    pub source: SourceName,
    /// The employment that it is about.
    pub external_id: ExternalId,
    /// The snapshot that it came in, by the source's name for it; none for one that came alone.
    pub snapshot: Option<ExternalId>,
    /// Why it could not be applied.
    pub reason: UnmatchedReason,
    /// The document as it was delivered, in JSON, in the form in which documents are stored.
    pub document: String,
    /// SHA-256 of its content, in hex.
    pub content_hash: String,
    /// What was decided.
    pub resolution: Option<Resolution>,
    /// Why it was decided so.
    pub note: Option<String>,
    /// When it was decided.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Version and dates.
    pub meta: Meta,
}
