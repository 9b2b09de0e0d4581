//! A fresh, migrated database for each test: SQLite always, PostgreSQL when `HANDBACK_TEST_POSTGRES_URL`
//! names a server on which schemas may be made.
//!
//! SQLite is migrated once per process and copied. PostgreSQL gets a schema per test, dropped at its end;
//! what killed runs left behind is swept up by the next one.

use super::app;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use handback::app::App;
use handback::db::{DatabaseUrl, migrations};
use handback::integrations::mail::MemoryMailer;
use std::io::Write;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Names the PostgreSQL server for tests.
const POSTGRES_URL: &str = "HANDBACK_TEST_POSTGRES_URL";
/// What the schemas of tests are called; then follow the second of their making, the process and a number.
const SCHEMA_PREFIX: &str = "handback_test_";
/// A test does not run longer, so an older schema belongs to nobody.
const LEFT_BEHIND: Duration = Duration::from_secs(3_600);

/// Runs an asynchronous test once on each database there is.
pub fn for_each_database(test: impl AsyncFn(&TestDb)) {
    run(&TestDb::sqlite(), &test);
    if let Some(db) = TestDb::postgres() {
        run(&db, &test);
    }
}

/// The same for tests of the program itself, which finds an empty database.
pub fn for_each_empty_database(test: impl AsyncFn(&Database)) {
    run(&Database::sqlite(), &test);
    if let Some(db) = Database::postgres() {
        run(&db, &test);
    }
}

/// Runs an asynchronous test on one database.
pub fn run<D: AsRef<Database>>(db: &D, test: &impl AsyncFn(&D)) {
    let _naming = NameOnPanic(db.as_ref().kind());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test(db));
}

/// Says which database a failed test was on.
struct NameOnPanic(&'static str);

impl Drop for NameOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the test failed on {}", self.0);
        }
    }
}

/// A database of one test's own, and the service around it.
pub struct TestDb {
    app: App,
    mailer: Arc<MemoryMailer>,
    // Last, so that it goes when nothing is connected any more.
    database: Database,
}

impl AsRef<Database> for TestDb {
    fn as_ref(&self) -> &Database {
        &self.database
    }
}

impl AsRef<Database> for Database {
    fn as_ref(&self) -> &Database {
        self
    }
}

impl Deref for TestDb {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

/// A database of one test's own. Nothing is connected to it.
pub struct Database {
    url: DatabaseUrl,
    _home: Home,
}

/// What is removed at the end.
enum Home {
    Folder(PathBuf),
    Schema { server: String, name: String },
}

impl Drop for Home {
    fn drop(&mut self) {
        match self {
            Self::Folder(path) => drop(std::fs::remove_dir_all(path)),
            Self::Schema { server, name } => {
                if let Ok(mut connection) = PgConnection::establish(server) {
                    let drop_it = format!(
                        "SET client_min_messages = error; SET lock_timeout = '5s'; DROP SCHEMA {name} CASCADE"
                    );
                    if let Err(error) = connection.batch_execute(&drop_it) {
                        eprintln!("schema {name} stays behind: {error}");
                    }
                }
            }
        }
    }
}

impl TestDb {
    /// A fresh SQLite database.
    pub fn sqlite() -> Self {
        let database = Database::sqlite();
        if let DatabaseUrl::Sqlite(path) = &database.url {
            std::fs::write(path, sqlite_template()).unwrap();
        }
        Self::open(database)
    }

    /// A fresh schema on the PostgreSQL server; none when no server is named, which is said aloud once.
    ///
    /// # Panics
    /// A server is named but cannot be used: then the tests are not to pass.
    pub fn postgres() -> Option<Self> {
        let database = Database::postgres()?;
        migrations::run(&database.url).unwrap();
        Some(Self::open(database))
    }

    fn open(database: Database) -> Self {
        let (app, mailer) = app::app(&database.url);
        Self {
            app,
            mailer,
            database,
        }
    }

    /// The service around it, with a clock that stands still.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What was mailed.
    pub fn mailer(&self) -> &MemoryMailer {
        &self.mailer
    }
}

impl Database {
    /// A place for a SQLite database; there is no file yet.
    pub fn sqlite() -> Self {
        let folder = unique_folder();
        Self {
            url: DatabaseUrl::Sqlite(folder.join("handback.db")),
            _home: Home::Folder(folder),
        }
    }

    /// An empty schema on the PostgreSQL server; none when no server is named, which is said aloud once.
    ///
    /// # Panics
    /// A server is named but cannot be used: then the tests are not to pass.
    pub fn postgres() -> Option<Self> {
        let server = postgres_server()?;
        // As the service does before its first connection; here the tests come first.
        openssl_sys::init();
        let name = unique_name();
        let mut connection = PgConnection::establish(server).expect("the test server can be reached");
        connection
            .batch_execute(&format!("CREATE SCHEMA {name}"))
            .unwrap();
        let separator = if server.contains('?') { '&' } else { '?' };
        Some(Self {
            url: DatabaseUrl::Postgres(format!("{server}{separator}options=-csearch_path%3D{name}")),
            _home: Home::Schema {
                server: server.to_owned(),
                name,
            },
        })
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        self.url.kind()
    }

    /// Whether it is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.url, DatabaseUrl::Sqlite(_))
    }

    /// Runs statements on a connection of its own, past the service but under the database's rules.
    ///
    /// # Errors
    /// What the database says.
    pub fn try_execute(&self, sql: &str) -> QueryResult<()> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = open_sqlite(path);
                connection.batch_execute("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;")?;
                connection.batch_execute(sql)
            }
            DatabaseUrl::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(sql),
        }
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Every column of every table, in the order of the tables' definitions.
    pub fn columns(&self) -> Vec<Column> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => diesel::sql_query(
                "SELECT m.name AS \"table\", c.name AS name, c.type AS kind, c.\"notnull\" = 0 AS is_nullable
                 FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid",
            )
            .load(&mut open_sqlite(path))
            .unwrap(),
            DatabaseUrl::Postgres(url) => diesel::sql_query(
                "SELECT table_name::text AS \"table\", column_name::text AS name, data_type::text AS kind,
                        is_nullable = 'YES' AS is_nullable
                 FROM information_schema.columns WHERE table_schema = current_schema()
                 ORDER BY table_name, ordinal_position",
            )
            .load(&mut PgConnection::establish(url).unwrap())
            .unwrap(),
        }
    }

    /// Like [`TestDb::try_execute`], where nothing is expected to fail.
    pub fn execute(&self, sql: &str) {
        self.try_execute(sql).unwrap();
    }

    /// Runs statements as somebody who owns the database and has switched its triggers and foreign keys off.
    pub fn tamper(&self, sql: &str) {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = open_sqlite(path);
                let triggers: Vec<Trigger> =
                    diesel::sql_query("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                        .load(&mut connection)
                        .unwrap();
                for Trigger { name, .. } in &triggers {
                    connection.batch_execute(&format!("DROP TRIGGER {name}")).unwrap();
                }
                connection.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
                connection.batch_execute(sql).unwrap();
                for Trigger { sql, .. } in &triggers {
                    connection.batch_execute(sql).unwrap();
                }
            }
            DatabaseUrl::Postgres(url) => {
                let mut connection = PgConnection::establish(url).unwrap();
                connection
                    .batch_execute("SET session_replication_role = replica")
                    .unwrap();
                connection.batch_execute(sql).unwrap();
            }
        }
    }

    /// Every byte that a SQLite database has on the disk.
    pub fn bytes(&self) -> Vec<u8> {
        let DatabaseUrl::Sqlite(path) = &self.url else {
            panic!("only SQLite has a file");
        };
        let mut bytes = std::fs::read(path).unwrap();
        bytes.extend(std::fs::read(path.with_extension("db-wal")).unwrap_or_default());
        bytes
    }

    /// The number that a query gives under the name `n`.
    pub fn number(&self, sql: &str) -> i64 {
        let Number { n } = match &self.url {
            DatabaseUrl::Sqlite(path) => diesel::sql_query(sql).get_result(&mut open_sqlite(path)),
            DatabaseUrl::Postgres(url) => {
                diesel::sql_query(sql).get_result(&mut PgConnection::establish(url).unwrap())
            }
        }
        .unwrap();
        n
    }

    /// The text that a query gives under the name `t`.
    pub fn text(&self, sql: &str) -> String {
        let Words { t } = match &self.url {
            DatabaseUrl::Sqlite(path) => diesel::sql_query(sql).get_result(&mut open_sqlite(path)),
            DatabaseUrl::Postgres(url) => {
                diesel::sql_query(sql).get_result(&mut PgConnection::establish(url).unwrap())
            }
        }
        .unwrap();
        t
    }
}

/// A column as the database describes it.
#[derive(QueryableByName)]
pub struct Column {
    /// Its table.
    #[diesel(sql_type = Text)]
    pub table: String,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Its type, in the database's word.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Whether it may be empty.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub is_nullable: bool,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    t: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

fn open_sqlite(path: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    connection
}

/// The bytes of a migrated database.
fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = unique_folder();
        let path = folder.join("template.db");
        migrations::run(&DatabaseUrl::Sqlite(path.clone())).unwrap();
        // The last connection that closes folds the write-ahead log into the file.
        let log = folder.join("template.db-wal");
        assert!(!log.exists(), "the write-ahead log is folded in");
        let bytes = std::fs::read(path).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        bytes
    })
}

/// The server for tests, looked up and swept once.
fn postgres_server() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            #[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
            let Ok(server) = std::env::var(POSTGRES_URL) else {
                // Straight to the stream: what goes through the macros is hidden when tests pass.
                let line = format!("\n>>> {POSTGRES_URL} is not set: NOTHING IS TESTED ON POSTGRESQL <<<\n");
                std::io::stderr().write_all(line.as_bytes()).unwrap();
                return None;
            };
            sweep(&server);
            Some(server)
        })
        .as_deref()
}

/// Drops the schemas that killed runs left behind.
fn sweep(server: &str) {
    let mut connection = PgConnection::establish(server).expect("the test server can be reached");
    let names: Vec<Name> = diesel::sql_query(format!(
        "SELECT nspname::text AS name FROM pg_namespace WHERE nspname LIKE '{SCHEMA_PREFIX}%'"
    ))
    .load(&mut connection)
    .unwrap();
    for Name { name } in names {
        let made: Option<u64> = name
            .strip_prefix(SCHEMA_PREFIX)
            .and_then(|rest| rest.split('_').next())
            .and_then(|seconds| seconds.parse().ok());
        if made.is_some_and(|made| made + LEFT_BEHIND.as_secs() < seconds_now()) {
            let drop_it = format!("SET client_min_messages = error; DROP SCHEMA IF EXISTS {name} CASCADE");
            drop(connection.batch_execute(&drop_it));
        }
    }
}

fn unique_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique_name());
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn unique_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{SCHEMA_PREFIX}{}_{}_{number}", seconds_now(), std::process::id())
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
