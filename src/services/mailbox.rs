//! The mailbox of a demonstration. A database for real work has none: its mails are nobody else's to read.

use super::{ServiceError, health};
use crate::app::App;
use crate::config::MailTransport;
use crate::integrations::mail::mailbox::{self, CapturedMail};
use std::io;
use std::path::{Path, PathBuf};

/// The captured mails, the newest first.
///
/// # Errors
/// [`ServiceError::NotFound`] outside of a demonstration.
pub async fn list(app: &App) -> Result<Vec<CapturedMail>, ServiceError> {
    look(app, mailbox::list).await
}

/// One captured mail.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is none of this name, and outside of a demonstration.
pub async fn read(app: &App, name: String) -> Result<CapturedMail, ServiceError> {
    look(app, move |folder| mailbox::read(folder, &name))
        .await?
        .ok_or(ServiceError::NotFound("mail"))
}

async fn look<T: Send + 'static>(
    app: &App,
    read: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, ServiceError> {
    if !health::may_move_time(app).await? {
        return Err(ServiceError::NotFound("mailbox"));
    }
    let MailTransport::File { directory } = &app.config.mail.transport else {
        return Err(ServiceError::NotFound("mailbox"));
    };
    let folder: PathBuf = directory.clone();
    tokio::task::spawn_blocking(move || read(&folder))
        .await
        .map_err(|_| ServiceError::Internal("reading the mailbox panicked".to_owned()))?
        .map_err(|error| ServiceError::Internal(error.to_string()))
}
