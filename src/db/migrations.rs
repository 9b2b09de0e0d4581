//! Bringing the database to the shape that this version needs.

use super::connection::{DatabaseUrl, DbConnection, Opener};
use super::error::DbError;
use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// The migrations of SQLite. Both sets have the same names; a test keeps it so.
pub const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
/// The migrations of PostgreSQL.
pub const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// One lock for all instances that start together against the same PostgreSQL: ASCII of "handback".
const ADVISORY_LOCK: i64 = 0x6861_6e64_6261_636b;

/// Runs what has not been run, and says the names.
///
/// # Errors
/// The database cannot be reached, or a migration failed; each migration is one transaction.
pub fn run(url: &DatabaseUrl) -> Result<Vec<String>, DbError> {
    match &mut Opener::writer(url.clone()).open()? {
        DbConnection::Sqlite(connection) => run_pending(connection, || SQLITE),
        DbConnection::Postgres(connection) => {
            // The session's lock and statement limits are for requests; a migration may take longer.
            connection.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0;")?;
            connection.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
            let result = run_pending(connection, || POSTGRES);
            connection.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
            result
        }
    }
}

/// The names of what has not been run.
///
/// # Errors
/// The database cannot be reached.
pub fn pending(url: &DatabaseUrl) -> Result<Vec<String>, DbError> {
    match &mut Opener::writer(url.clone()).open()? {
        DbConnection::Sqlite(connection) => pending_names(connection, SQLITE),
        DbConnection::Postgres(connection) => pending_names(connection, POSTGRES),
    }
}

/// Whether anything was ever sealed or signed with a key: then the keyring must be there.
///
/// # Errors
/// The database cannot be reached.
pub fn has_used_keys(url: &DatabaseUrl) -> Result<bool, DbError> {
    use super::schema::key_check;
    use diesel::prelude::*;
    let mut connection = Opener::writer(url.clone()).open()?;
    let kids: i64 = key_check::table.count().get_result(&mut connection)?;
    Ok(kids > 0)
}

fn run_pending<DB: diesel::backend::Backend>(
    connection: &mut impl MigrationHarness<DB>,
    migrations: fn() -> EmbeddedMigrations,
) -> Result<Vec<String>, DbError> {
    let names = pending_names(connection, migrations())?;
    connection.run_pending_migrations(migrations()).map_err(failed)?;
    Ok(names)
}

fn pending_names<DB: diesel::backend::Backend>(
    connection: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, DbError> {
    let pending = connection.pending_migrations(migrations).map_err(failed)?;
    Ok(pending
        .iter()
        .map(|migration| migration.name().to_string())
        .collect())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> DbError {
    DbError::Other(format!("migration: {error}"))
}
