//! Connections that say nothing any more. A directory that cannot reach us gives up without a word, and whoever leaves
//! after that is not heard of: so the desk is told, once for each silence.

use crate::app::App;
use crate::db;
use crate::domain::ids::ScimConnectionId;
use crate::domain::job::Job;
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::domain::scim::{Connection, SILENCE};
use crate::integrations::mail::{MailError, mime};
use crate::mail;
use crate::services::{Ctx, ServiceError, messages, trail};
use serde_json::json;
use uuid::Uuid;

/// What came of a try to tell the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telling {
    /// The mail server took it, or there is nothing to tell any more.
    Done,
    /// The mail server will never take it.
    Refused(String),
    /// A later try may succeed.
    Later(String),
}

/// Finds the connections that have just become silent, and has the desk told. Says how many.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn sweep(ctx: &Ctx) -> Result<usize, ServiceError> {
    let silent_before = ctx.app.clock.now() - SILENCE;
    let is_silent = move |connection: &Connection| {
        connection.revoked_at.is_none()
            && connection.alarmed_at.is_none()
            && connection.silent_since() <= silent_before
    };
    let silent: Vec<ScimConnectionId> = ctx
        .read(Action::Operate, move |connection| {
            let all = db::scim_connections::list(connection)?;
            Ok::<_, ServiceError>(
                all.iter()
                    .filter(|found| is_silent(found))
                    .map(|found| found.id)
                    .collect(),
            )
        })
        .await?;
    if silent.is_empty() {
        return Ok(0);
    }
    let has_desk = ctx.app.config.mail.desk_address.is_some();
    ctx.write(Action::Operate, move |tx| {
        let mut told = 0;
        for id in &silent {
            if !db::scim_connections::alarmed(tx, *id, silent_before)? {
                continue;
            }
            told += 1;
            trail::note(tx, "scim_connection.silent", id, json!({ "mailed": has_desk }))?;
            if has_desk {
                let alarm = tx.new_id::<Uuid>();
                let job = Job::ReportSilence {
                    connection_id: *id,
                    alarm,
                };
                db::jobs::enqueue(tx, &job, tx.now())?;
            } else {
                tracing::warn!(connection = %id, "a SCIM connection is silent, and no desk is configured to be told");
            }
        }
        Ok(told)
    })
    .await
}

/// Tells the desk that a connection is silent, if it still is. `may_act` is asked right before the mail is handed over.
///
/// # Errors
/// The database cannot be used.
pub async fn tell(
    ctx: &Ctx,
    id: ScimConnectionId,
    alarm: Uuid,
    may_act: impl Fn() -> bool + Send,
) -> Result<Telling, ServiceError> {
    let found = ctx
        .read(Action::Operate, move |connection| {
            Ok(db::scim_connections::find(connection, id)?)
        })
        .await?;
    let silent = found.filter(|found| found.alarmed_at.is_some() && found.revoked_at.is_none());
    let (Some(connection), Some(to)) = (silent, ctx.app.config.mail.desk_address.clone()) else {
        return Ok(Telling::Done);
    };
    let message = written(&ctx.app, &connection, alarm, to)?;
    let Ok(mail) = mime::outgoing(&message) else {
        return Ok(Telling::Refused("the mail cannot be written".to_owned()));
    };
    if !may_act() {
        return Ok(Telling::Later("the lease ran out before the effect".to_owned()));
    }
    match ctx.app.mailer.send(&mail).await {
        Ok(_) => Ok(Telling::Done),
        Err(MailError::Permanent { reply }) => Ok(Telling::Refused(reply)),
        Err(MailError::Transient { reply }) => Ok(Telling::Later(reply)),
    }
}

/// The same mail on every try: its id and its date are those of the alarm.
fn written(
    app: &App,
    connection: &Connection,
    alarm: Uuid,
    to: crate::config::Mailbox,
) -> Result<mime::Message, ServiceError> {
    let config = &app.config.mail;
    let language = Language::default();
    let notice = mail::SilenceNotice {
        language,
        sender: messages::sender(app),
        connection: connection.name.clone(),
        silent_since: connection.silent_since(),
        has_spoken: connection.seen_at.is_some(),
    };
    let rendered = mail::render_silence(&notice)
        .map_err(|_| ServiceError::Internal("a mail cannot be rendered".to_owned()))?;
    Ok(mime::Message {
        from: config.from.clone(),
        reply_to: config.reply_to.clone(),
        to: vec![to],
        cc: Vec::new(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        language,
        message_id: mime::message_id(alarm, config.from.domain()),
        date: connection.alarmed_at.unwrap_or_else(|| app.clock.now()),
        in_reply_to: None,
        attachments: Vec::new(),
    })
}
