//! Connections that say nothing any more. A directory that cannot reach us gives up without a word, and whoever leaves
//! after that is not heard of: so the desk is told, once for each silence.

use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::ids::ScimConnectionId;
use crate::domain::job::Job;
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::domain::scim::{Connection, SILENCE};
use crate::integrations::mail::OutgoingMail;
use crate::mail;
use crate::services::notices::{self, Notice, Told};
use crate::services::{Ctx, ServiceError, messages, trail};
use serde_json::json;
use uuid::Uuid;

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
) -> Result<Told, ServiceError> {
    notices::tell(ctx, may_act, move |connection, app| {
        mail_in(connection, app, (id, alarm))
    })
    .await
}

fn mail_in(
    connection: &mut DbConnection,
    app: &App,
    (id, alarm): (ScimConnectionId, Uuid),
) -> Result<Option<OutgoingMail>, ServiceError> {
    let found = db::scim_connections::find(connection, id)?;
    let silent = found.filter(|found| found.revoked_at.is_none());
    let Some((connection, date)) = silent.and_then(|found| found.alarmed_at.map(|at| (found, at))) else {
        return Ok(None);
    };
    let Some(to) = app.config.mail.desk_address.clone() else {
        return Ok(None);
    };
    let language = Language::default();
    let view = mail::SilenceNotice {
        language,
        sender: messages::sender(app),
        connection: connection.name.clone(),
        silent_since: connection.silent_since(),
        has_spoken: connection.seen_at.is_some(),
    };
    // The same mail on every try: its id and its date are those of the alarm.
    let notice = Notice {
        about: alarm,
        date,
        to,
        language,
    };
    notice.mail(app, mail::render_silence(&view)).map(Some)
}
