//! Whether the service can do its work.

use super::ServiceError;
use crate::app::App;
use crate::db;

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
