//! Notes about terminations: what people said that is no answer to a check, for the desk to read.

use super::{Ctx, ServiceError, terminations};
use crate::db::{self, Tx, audit};
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::note::{NoteKind, TerminationNote};
use crate::domain::policy::Action;
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

/// Keeps a note, with an audit entry that says everything but the words.
pub(super) fn keep_in(tx: &mut Tx<'_>, termination: TerminationId, new: NewNote) -> Result<(), ServiceError> {
    let note = TerminationNote {
        id: tx.new_id(),
        termination_id: termination,
        item_id: new.item,
        kind: new.kind,
        day: new.day,
        text: new.text,
        actor_kind: tx.stamp().actor_kind.to_owned(),
        actor_id: tx.stamp().actor_id.clone(),
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
    Ok(())
}

/// The notes about a case, the oldest first.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn list(ctx: &Ctx, termination: TerminationId) -> Result<Vec<TerminationNote>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        terminations::get_in(connection, termination)?;
        Ok(db::notes::of_termination(connection, termination)?)
    })
    .await
}
