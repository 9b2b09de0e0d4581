//! Whether the service can do its work.

use super::{Ctx, ServiceError};
use crate::app::App;
use crate::db;
use crate::db::instance_settings::DatabasePurpose;
use crate::domain::policy::Action;
use chrono::TimeDelta;

/// Whether the database answers.
///
/// # Errors
/// It does not.
pub async fn database(app: &App) -> Result<(), ServiceError> {
    app.db
        .read(|connection| db::health::ping(connection).map_err(ServiceError::from))
        .await
}

/// Whether the database has the shape that this version needs.
///
/// # Errors
/// The database cannot be reached, or a migration has not been run.
pub async fn migrations(app: &App) -> Result<(), ServiceError> {
    let url = app.db.url().clone();
    let pending = tokio::task::spawn_blocking(move || db::migrations::pending(&url))
        .await
        .map_err(|_| ServiceError::Internal("the look at the migrations panicked".to_owned()))??;
    if pending.is_empty() {
        Ok(())
    } else {
        Err(ServiceError::Internal(format!(
            "pending migrations: {}",
            pending.join(", ")
        )))
    }
}

/// How long the mail server may refuse to take a mail before somebody should look. A server that does not know us yet
/// puts a first mail off for a minute or so (greylisting).
const MAIL_DEFERRED: TimeDelta = TimeDelta::minutes(2);

/// Whether mail gets out; if not, how many mails wait and since when. Requests are served all the same.
///
/// # Errors
/// What the database reports.
pub async fn mail(app: &App) -> Result<Option<String>, ServiceError> {
    let (waiting, oldest) = app
        .db
        .read(|connection| Ok::<_, ServiceError>(db::messages::deferred(connection)?))
        .await?;
    let now = app.clock.now();
    Ok(oldest
        .filter(|since| now - *since > MAIL_DEFERRED)
        .map(|since| format!("the mail server does not take {waiting} mails, the first since {since}")))
}

/// Whether time may be moved by hand here: only where no real person gets mail.
///
/// # Errors
/// What the database reports.
pub async fn may_move_time(app: &App) -> Result<bool, ServiceError> {
    let purpose = app
        .db
        .read(|connection| Ok::<_, ServiceError>(db::instance_settings::purpose(connection)?))
        .await?;
    Ok(match purpose {
        DatabasePurpose::Demo | DatabasePurpose::Rehearsal => true,
        DatabasePurpose::Production => false,
    })
}

/// Marks a new database as one with invented data. A database that was used before stays what it is.
///
/// # Errors
/// What the database reports.
pub async fn mark_as_demo(ctx: &Ctx) -> Result<DatabasePurpose, ServiceError> {
    ctx.write(Action::Operate, |tx| {
        let used = !db::sources::list(tx)?.is_empty() || !db::service_accounts::list(tx)?.is_empty();
        if !used {
            db::instance_settings::set_purpose(tx, DatabasePurpose::Demo)?;
        }
        Ok(db::instance_settings::purpose(tx)?)
    })
    .await
}
