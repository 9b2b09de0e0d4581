//! Telling the service desk that a snapshot is held.

use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::ids::SnapshotId;
use crate::domain::snapshot::{HoldReason, Snapshot, SnapshotState};
use crate::integrations::mail::OutgoingMail;
use crate::mail::{HeldBecause, HeldSnapshot, render_held};
use crate::services::notices::{self, Notice, Told};
use crate::services::{Ctx, ServiceError, messages};

/// Mails the service desk about a held snapshot, unless it is decided by now. The same bytes on every try; it leaves at any
/// hour, because the deliveries of the following nights hang on it. `may_act` is asked right before the mail is handed
/// over.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn tell_held(
    ctx: &Ctx,
    id: SnapshotId,
    may_act: impl Fn() -> bool + Send,
) -> Result<Told, ServiceError> {
    notices::tell(ctx, may_act, move |connection, app| mail_in(connection, app, id)).await
}

fn mail_in(
    connection: &mut DbConnection,
    app: &App,
    id: SnapshotId,
) -> Result<Option<OutgoingMail>, ServiceError> {
    let snapshot = db::snapshots::find(connection, id)?.ok_or(super::NOT_FOUND)?;
    if snapshot.state != SnapshotState::Held {
        return Ok(None);
    }
    let Some(desk) = app.config.mail.desk_address.clone() else {
        tracing::warn!(snapshot = %id, "a snapshot is held, and the service desk has no mailbox to be told in");
        return Ok(None);
    };
    let source = super::source_in(connection, &snapshot.source)?;
    let language = db::legal_entities::get(connection, source.legal_entity_id)?.language;
    let view = HeldSnapshot {
        language,
        sender: messages::sender(app),
        source: source.label,
        name: snapshot.name.as_str().to_owned(),
        received_at: snapshot.meta.created_at,
        reasons: reasons(&snapshot),
        url: format!(
            "{}/v1/sources/{}/snapshots/{}",
            app.config.public_url,
            source.name,
            snapshot.name.as_str()
        ),
    };
    let notice = Notice {
        about: snapshot.id.into(),
        date: snapshot.meta.created_at,
        to: desk,
        language,
    };
    notice.mail(app, render_held(&view)).map(Some)
}

fn reasons(snapshot: &Snapshot) -> Vec<HeldBecause> {
    let counts = &snapshot.counts;
    snapshot
        .hold_reasons
        .iter()
        .map(|reason| match reason {
            HoldReason::RowDrop => HeldBecause::RowDrop {
                rows: counts.rows,
                before: counts.previous_rows.unwrap_or_default(),
            },
            HoldReason::NewEnds => HeldBecause::NewEnds {
                ends: counts.new_ends,
            },
        })
        .collect()
}
