//! Notes: what somebody said about a termination that is no answer to a check.

use super::ids::{ItemId, NoteId, TerminationId};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, Utc};
use std::fmt;

/// The most characters that a note has.
pub const NOTE_MAX_CHARS: usize = 1_000;

text_enum! {
    /// What a note says.
    pub enum NoteKind {
        /// Something in the writer's own words.
        Message = "message",
        /// The employment goes on or ends on another day; the day, if it is known, is the right last one.
        WrongDate = "wrong_date",
        /// The holder goes on with us.
        Staying = "staying",
        /// The holder asks to keep the number of the item.
        KeepNumber = "keep_number",
        /// Somebody else is to answer.
        HandedOver = "handed_over",
        /// A device has not come back; the day, if it is known, is when it is expected.
        NotYet = "not_yet",
        /// What was answered through the same link before is taken back.
        Undone = "undone",
    }
}

/// One note. `Debug` hides the text, which people wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct TerminationNote {
    /// Its id.
    pub id: NoteId,
    /// The case.
    pub termination_id: TerminationId,
    /// The item, where the note is about one.
    pub item_id: Option<ItemId>,
    /// What it says.
    pub kind: NoteKind,
    /// The day that it names.
    pub day: Option<NaiveDate>,
    /// The writer's own words.
    pub text: Option<String>,
    /// The kind of actor who wrote it, as [`crate::domain::actor::Actor::kind`] says it.
    pub actor_kind: String,
    /// The writer's pseudonymous id.
    pub actor_id: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl fmt::Debug for TerminationNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TerminationNote")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("day", &self.day)
            .field("text", &self.text.is_some())
            .finish_non_exhaustive()
    }
}
