//! Telling the service desk that a snapshot is held.

use crate::app::App;
use crate::config::Mailbox;
use crate::db::{self, DbConnection};
use crate::domain::ids::SnapshotId;
use crate::domain::policy::Action;
use crate::domain::snapshot::{HoldReason, Snapshot, SnapshotState};
use crate::integrations::mail::{MailError, OutgoingMail, mime};
use crate::mail::{HeldBecause, HeldSnapshot, render_held};
use crate::services::{Ctx, ServiceError, messages};

/// What came of telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The mail server took the mail.
    Sent,
    /// It is decided already, or the service desk has no mailbox here.
    NotWanted,
    /// The mail server will never take it.
    Refused(String),
    /// A later try may succeed.
    Later(String),
}

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
    let app = ctx.app.clone();
    let mail = ctx
        .read(Action::Operate, move |connection| mail_in(connection, &app, id))
        .await?;
    let Some(mail) = mail else {
        return Ok(Told::NotWanted);
    };
    if !may_act() {
        return Ok(Told::Later("the lease ran out before the effect".to_owned()));
    }
    Ok(match ctx.app.mailer.send(&mail).await {
        Ok(_) => Told::Sent,
        Err(MailError::Permanent { reply }) => Told::Refused(reply),
        Err(MailError::Transient { reply }) => Told::Later(reply),
    })
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
    finished(app, (&snapshot, desk), &view).map(Some)
}

fn finished(
    app: &App,
    (snapshot, desk): (&Snapshot, Mailbox),
    view: &HeldSnapshot,
) -> Result<OutgoingMail, ServiceError> {
    let config = &app.config.mail;
    let rendered =
        render_held(view).map_err(|_| ServiceError::Internal("a mail cannot be rendered".to_owned()))?;
    let message = mime::Message {
        from: config.from.clone(),
        reply_to: config.reply_to.clone(),
        to: vec![desk],
        cc: Vec::new(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        language: view.language,
        message_id: mime::message_id(snapshot.id.into(), config.from.domain()),
        date: snapshot.meta.created_at,
        in_reply_to: None,
        attachments: Vec::new(),
    };
    mime::outgoing(&message)
        .map_err(|error| ServiceError::Internal(format!("a mail cannot be written: {error}")))
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
