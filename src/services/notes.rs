//! Notes about terminations: what people said that is no answer to a check, for the desk to read.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, terminations};
use crate::db::{self, Tx, audit};
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::note::{NOTE_MAX_CHARS, NoteKind, TerminationNote};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::text::clean_text;
use chrono::NaiveDate;
use serde_json::json;

/// What a note is made of.
#[derive(Clone)]
pub(super) struct NewNote {
    /// The item, where the note is about one.
    pub item: Option<ItemId>,
    /// What it says.
    pub kind: NoteKind,
    /// The day that it names.
    pub day: Option<NaiveDate>,
    /// The writer's own words, cleaned.
    pub text: Option<String>,
}

/// What somebody at the desk wants to write down.
#[derive(Clone)]
pub struct DeskNote {
    /// The item, where the note is about one.
    pub item: Option<ItemId>,
    /// Their own words.
    pub text: String,
}

/// Keeps a note of the desk. A note is a fact: it is possible about a case in any state, and never changed.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the text, and `unknown_item` for an item of another case;
/// as [`Ctx::write_once`].
pub async fn write(
    ctx: &Ctx,
    termination: TerminationId,
    note: DeskNote,
    recorder: Recorder<TerminationNote>,
) -> Result<Recorded<TerminationNote>, ServiceError> {
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let record = terminations::get_in(tx, termination)?;
        let mut violations = Violations::default();
        let text = violations.take("/text", clean_text(&note.text, NOTE_MAX_CHARS));
        if note
            .item
            .is_some_and(|item| record.termination.item(item).is_err())
        {
            violations.add("/item_id", "unknown_item", "The case has no item with this id.");
        }
        violations.finish()?;
        let new = NewNote {
            item: note.item,
            kind: NoteKind::Message,
            day: None,
            text,
        };
        add_in(tx, termination, new)
    })
    .await
}

/// One page of the notes about a case, the oldest first.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    termination: TerminationId,
    page: PageRequest,
) -> Result<Page<TerminationNote>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        terminations::get_in(connection, termination)?;
        Ok(db::notes::list(connection, termination, page)?)
    })
    .await
}

/// Keeps a note, with an audit entry that says everything but the words.
pub(super) fn keep_in(tx: &mut Tx<'_>, termination: TerminationId, new: NewNote) -> Result<(), ServiceError> {
    add_in(tx, termination, new).map(|_| ())
}

fn add_in(
    tx: &mut Tx<'_>,
    termination: TerminationId,
    new: NewNote,
) -> Result<TerminationNote, ServiceError> {
    let note = TerminationNote {
        id: tx.new_id(),
        termination_id: termination,
        item_id: new.item,
        kind: new.kind,
        day: new.day,
        text: new.text,
        actor_kind: tx.stamp().actor.kind().to_owned(),
        actor_id: tx.stamp().actor.id(),
        created_at: tx.now(),
    };
    db::notes::insert(tx, &note)?;
    let entry = audit::Entry {
        action: "termination.noted",
        object_type: "termination",
        object_id: termination.to_string(),
        termination: Some(termination),
        details: json!({
            "note": note.id,
            "kind": note.kind,
            "item": note.item_id,
            "day": note.day,
            "has_text": note.text.is_some(),
        }),
    };
    audit::append(tx, entry)?;
    Ok(note)
}
