//! Mails of the service that belong to no case: one reader, one thing to say, told by a job.

use super::{Ctx, ServiceError};
use crate::app::App;
use crate::config::Mailbox;
use crate::db::DbConnection;
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::integrations::mail::{MailError, OutgoingMail, mime};
use crate::mail::RenderedMail;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What came of telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The mail server took the mail.
    Sent,
    /// There is nothing to tell any more, or nobody to tell it to.
    NotWanted,
    /// The mail server will never take it.
    Refused(String),
    /// A later try may succeed.
    Later(String),
}

/// A notice and its reader.
pub(super) struct Notice {
    /// What it is about. The Message-ID is made of it, so that it is the same on every try.
    pub about: Uuid,
    /// The date of the mail: of what has happened, not of the try.
    pub date: DateTime<Utc>,
    pub to: Mailbox,
    pub language: Language,
}

/// Reads what is to be told, and hands it over. The same bytes leave on every try. `may_act` is asked right before.
///
/// # Errors
/// What `read` reports; as [`Ctx::read`].
pub(super) async fn tell(
    ctx: &Ctx,
    may_act: impl Fn() -> bool + Send,
    read: impl FnOnce(&mut DbConnection, &App) -> Result<Option<OutgoingMail>, ServiceError> + Send + 'static,
) -> Result<Told, ServiceError> {
    let app = ctx.app.clone();
    let mail = ctx
        .read(Action::Operate, move |connection| read(connection, &app))
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

impl Notice {
    /// The mail that says it.
    ///
    /// # Errors
    /// A fault of ours.
    pub(super) fn mail<E>(
        self,
        app: &App,
        said: Result<RenderedMail, E>,
    ) -> Result<OutgoingMail, ServiceError> {
        let config = &app.config.mail;
        let said = said.map_err(|_| ServiceError::Internal("a mail cannot be rendered".to_owned()))?;
        let message = mime::Message {
            from: config.from.clone(),
            reply_to: config.reply_to.clone(),
            to: vec![self.to],
            cc: Vec::new(),
            subject: said.subject,
            text: said.text,
            html: said.html,
            language: self.language,
            message_id: mime::message_id(self.about, config.from.domain()),
            date: self.date,
            in_reply_to: None,
            attachments: Vec::new(),
        };
        mime::outgoing(&message)
            .map_err(|error| ServiceError::Internal(format!("a mail cannot be written: {error}")))
    }
}
