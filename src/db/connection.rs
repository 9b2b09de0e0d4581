//! Opening connections. The scheme of the URL decides the database; nothing else does.
//!
//! Diesel's own `establish` of a multi-connection tries one database after the other, and SQLite takes
//! almost any string as a file name, so a mistyped PostgreSQL URL would open an empty file. Hence our own.

use super::error::DbError;
use super::postgres::open_postgres;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::ManageConnection;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// A connection to either database. Queries are written once, against this type.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// PostgreSQL, for several instances.
    Postgres(PgConnection),
    /// SQLite, embedded in the process.
    Sqlite(SqliteConnection),
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the text may hold a password and is never shown.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// A sentence that names the accepted forms, without the rejected text: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            if path.is_empty() || path.contains(['?', '\0']) {
                return Err(
                    "sqlite: is followed by the path of a file, for example sqlite:./data/handback.db",
                );
            }
            return Ok(Self::Sqlite(PathBuf::from(
                path.strip_prefix("//").unwrap_or(path),
            )));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match is_well_encoded(text) {
                true => Ok(Self::Postgres(text.to_owned())),
                false => Err(
                    "in a PostgreSQL URL, what is no letter, digit, hyphen, period, underscore or tilde in a user name or \
                     password is written as % and two hexadecimal digits: %40 for @, %2F for /, %20 for a space",
                ),
            };
        }
        Err("a database URL starts with sqlite:, postgres:// or postgresql://")
    }

    /// The word for the kind of database.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

/// Whether libpq would understand the parts of the URL as they are meant. What it says of one that it does not understand
/// repeats parts of it, and these may be of a password.
fn is_well_encoded(url: &str) -> bool {
    let is_plain = url.chars().all(|c| c.is_ascii_graphic());
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let place = rest.split('?').next().unwrap_or_default();
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    is_plain
        && url.split('%').skip(1).all(is_escape)
        && authority.matches('@').count() <= 1
        && !path.contains('@')
}

/// What a SQLite connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

/// Opens connections of one kind for the pool.
#[derive(Debug)]
pub(super) struct Opener {
    url: DatabaseUrl,
    access: Access,
}

impl Opener {
    pub(super) const fn reader(url: DatabaseUrl) -> Self {
        Self {
            url,
            access: Access::Read,
        }
    }

    pub(super) const fn writer(url: DatabaseUrl) -> Self {
        Self {
            url,
            access: Access::Write,
        }
    }

    /// Opens one connection and sets it up.
    pub(super) fn open(&self) -> Result<DbConnection, DbError> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path, self.access),
            DatabaseUrl::Postgres(url) => open_postgres(url),
        }
    }
}

impl ManageConnection for Opener {
    type Connection = DbConnection;
    type Error = DbError;

    fn connect(&self) -> Result<DbConnection, DbError> {
        self.open()
    }

    fn is_valid(&self, connection: &mut DbConnection) -> Result<(), DbError> {
        connection.batch_execute("SELECT 1").map_err(DbError::from)
    }

    fn has_broken(&self, connection: &mut DbConnection) -> bool {
        is_broken(connection)
    }
}

/// Whether a transaction of the connection ended in a way that diesel lost track of, or is still open.
pub(super) fn is_broken(connection: &mut DbConnection) -> bool {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    match connection {
        DbConnection::Postgres(inner) => AnsiTransactionManager::is_broken_transaction_manager(inner),
        DbConnection::Sqlite(inner) => AnsiTransactionManager::is_broken_transaction_manager(inner),
    }
}

/// Makes the pool throw a connection away.
pub(super) fn give_up(connection: &mut DbConnection) {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    match connection {
        DbConnection::Postgres(inner) => {
            AnsiTransactionManager::transaction_manager_status_mut(inner).set_in_error();
        }
        DbConnection::Sqlite(inner) => {
            AnsiTransactionManager::transaction_manager_status_mut(inner).set_in_error();
        }
    }
}

/// The oldest SQLite that is safe here: older ones can corrupt a WAL database when one connection writes
/// while another checkpoints.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

fn open_sqlite(path: &Path, access: Access) -> Result<DbConnection, DbError> {
    let name = path
        .to_str()
        .ok_or_else(|| DbError::Unavailable("the path is not UTF-8".to_owned()))?;
    let mut connection =
        SqliteConnection::establish(name).map_err(|error| DbError::Unavailable(error.to_string()))?;
    // The order matters: the busy timeout first, because switching to WAL may have to wait. What a savepoint would put
    // back is kept in memory, not in a file of its own, and 16 MB of the log are copied into the database at a time.
    connection.batch_execute(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA recursive_triggers = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA secure_delete = ON;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    // Readers have small caches of their own, and behind them that of the system. The file is not mapped into memory: a
    // disk that fails under a mapped page ends the process, and one that fails under a read is an error.
    connection.batch_execute(match access {
        Access::Read => "PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -2000;",
        Access::Write => "PRAGMA cache_size = -8000;",
    })?;
    check_sqlite(&mut connection)?;
    Ok(DbConnection::Sqlite(connection))
}

diesel::define_sql_function! {
    /// The version of the SQLite library.
    fn sqlite_version() -> diesel::sql_types::Text;
}

#[derive(QueryableByName)]
struct Pragmas {
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    synchronous: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    foreign_keys: i64,
}

/// Reads back what durability and integrity hang on: a pragma that is misspelt or refused says nothing.
fn check_sqlite(connection: &mut SqliteConnection) -> Result<(), DbError> {
    let version: String = diesel::select(sqlite_version()).get_result(connection)?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
    );
    if found < OLDEST_SQLITE {
        return Err(DbError::Unavailable(format!("SQLite {version} is too old")));
    }
    let set: Pragmas = diesel::sql_query(
        "SELECT j.journal_mode, s.synchronous, f.foreign_keys
         FROM pragma_journal_mode() j, pragma_synchronous() s, pragma_foreign_keys() f",
    )
    .get_result(connection)?;
    if set.journal_mode != "wal" || set.synchronous != 2 || set.foreign_keys != 1 {
        return Err(DbError::Unavailable(
            "SQLite did not accept its durability settings".to_owned(),
        ));
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Checkpoint {
    /// 1 when a reader or a writer kept the log from being emptied.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}

/// Copies the write-ahead log into the database and empties it.
pub(super) fn fold_log(connection: &mut DbConnection) -> Result<(), DbError> {
    let DbConnection::Sqlite(inner) = connection else {
        return Ok(());
    };
    let outcome: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(inner)?;
    if outcome.busy == 0 {
        Ok(())
    } else {
        Err(DbError::Busy)
    }
}

/// Held for as long as a process serves a SQLite file: a second one is refused.
#[derive(Debug)]
pub struct ServingLock {
    _file: Option<File>,
}

impl ServingLock {
    /// Takes the lock beside the database file; PostgreSQL needs none.
    ///
    /// # Errors
    /// Another process serves the same file, or the lock file cannot be made.
    pub fn take(url: &DatabaseUrl) -> Result<Self, DbError> {
        let DatabaseUrl::Sqlite(path) = url else {
            return Ok(Self { _file: None });
        };
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(|error| DbError::Unavailable(format!("lock file {}: {error}", name.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(DbError::Unavailable(format!(
                "another process already serves {}. SQLite serves one process; use PostgreSQL for several",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(DbError::Unavailable(format!(
                "lock file {}: {error}",
                name.display()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_alone_decides_the_database() {
        assert_eq!(
            DatabaseUrl::parse("sqlite:a/b.db"),
            Ok(DatabaseUrl::Sqlite("a/b.db".into()))
        );
        assert_eq!(
            DatabaseUrl::parse("sqlite:///a/b.db"),
            Ok(DatabaseUrl::Sqlite("/a/b.db".into()))
        );
        assert!(matches!(
            DatabaseUrl::parse("postgres://h/d"),
            Ok(DatabaseUrl::Postgres(_))
        ));
        assert!(matches!(
            DatabaseUrl::parse(
                "postgres://u:hem%20l%40gt@h,i:5433/d?sslmode=verify-full&options=-csearch_path%3Dx"
            ),
            Ok(DatabaseUrl::Postgres(_))
        ));
        for badly_encoded in [
            "postgres://u:hem ligt@h/d",
            "postgres://u@h/d?password=hem ligt",
            "postgres://u:hem%zzligt@h/d",
            "postgres://u:hem%4",
            "postgres://u:hem@ligt@h/d",
            "postgres://u:hem/ligt@h/d",
            "postgres://u:hemligt\u{e5}@h/d",
        ] {
            let error = DatabaseUrl::parse(badly_encoded).unwrap_err();
            assert!(
                error.contains("%40 for @") && !error.contains("hem"),
                "{badly_encoded}"
            );
        }
        for wrong in [
            "",
            "handback.db",
            "postgresql:name",
            "host=x dbname=y",
            "mysql://h/d",
            "sqlite:",
            "sqlite:a?mode=ro",
        ] {
            assert!(DatabaseUrl::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[derive(QueryableByName)]
    struct CompileOption {
        #[diesel(sql_type = diesel::sql_types::Text)]
        compile_options: String,
    }

    /// `.cargo/config.toml` sets them: whoever moves or renames it would lose them without a word.
    #[test]
    fn sqlite_is_built_for_the_way_it_is_used() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let options: Vec<CompileOption> =
            diesel::sql_query("SELECT compile_options FROM pragma_compile_options()")
                .load(&mut connection)
                .unwrap();
        let options: Vec<&str> = options
            .iter()
            .map(|option| option.compile_options.as_str())
            .collect();
        for wanted in ["ENABLE_QPSG", "THREADSAFE=2", "DEFAULT_MEMSTATUS=0", "DQS=0"] {
            assert!(options.contains(&wanted), "{wanted} is not in {options:?}");
        }
        for unwanted in ["ENABLE_STAT4", "ENABLE_MEMORY_MANAGEMENT", "ENABLE_API_ARMOR"] {
            assert!(!options.contains(&unwanted), "{unwanted} is in {options:?}");
        }
    }

    #[test]
    fn a_second_process_is_refused_while_the_first_serves() {
        let folder = std::env::temp_dir().join(format!("handback-lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = DatabaseUrl::Sqlite(folder.join("x.db"));
        let first = ServingLock::take(&url).unwrap();
        assert!(
            matches!(ServingLock::take(&url), Err(DbError::Unavailable(text)) if text.contains("another process"))
        );
        drop(first);
        ServingLock::take(&url).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
