//! Where the data is while it is measured: a folder of its own for SQLite, schemas of their own on a PostgreSQL
//! server. Both are gone at the end.

use super::process;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use std::path::{Path, PathBuf};

/// The databases of one series: the service's and that of the limit program.
pub struct Store {
    folder: tempfile::TempDir,
    server: Option<Server>,
}

struct Server {
    url: String,
    /// What the schemas and the connections are called.
    name: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Names {
    #[diesel(sql_type = Text)]
    names: String,
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

impl Store {
    /// SQLite, in a new folder.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn sqlite() -> anyhow::Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            server: None,
        })
    }

    /// PostgreSQL, in two new schemas of this database.
    ///
    /// # Errors
    /// The server cannot be reached or does not allow it.
    pub fn postgres(url: &str) -> anyhow::Result<Self> {
        let name = format!("handback_load_{}", std::process::id());
        let mut connection = PgConnection::establish(url)?;
        connection.batch_execute(&format!("CREATE SCHEMA {name}; CREATE SCHEMA {name}_limit"))?;
        Ok(Self {
            folder: tempfile::tempdir()?,
            server: Some(Server {
                url: url.to_owned(),
                name,
            }),
        })
    }

    /// `sqlite` or `postgres`.
    pub const fn kind(&self) -> &'static str {
        match self.server {
            None => "sqlite",
            Some(_) => "postgres",
        }
    }

    /// Whether it is PostgreSQL.
    pub const fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// The folder for files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The URL of the service's database.
    pub fn product_url(&self) -> String {
        match &self.server {
            None => format!("sqlite:{}", self.product_file().display()),
            Some(server) => server.schema(""),
        }
    }

    /// The file or URL of the limit program's database.
    pub fn limit_database(&self) -> String {
        match &self.server {
            None => self.folder().join("limit.db").display().to_string(),
            Some(server) => server.schema("_limit"),
        }
    }

    fn product_file(&self) -> PathBuf {
        self.folder().join("handback.db")
    }

    /// How many audit entries wait to be sealed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unsealed(&self) -> anyhow::Result<i64> {
        let query = "SELECT count(*) AS n FROM audit_pending";
        let found: Number = match &self.server {
            None => diesel::sql_query(query).get_result(&mut open_file(&self.product_file())?)?,
            Some(server) => diesel::sql_query(query).get_result(&mut server.open()?)?,
        };
        Ok(found.n)
    }

    /// Brings what PostgreSQL knows about the filled tables up to date, as its own upkeep does in time.
    ///
    /// # Errors
    /// The server refuses.
    pub fn analyze(&self) -> anyhow::Result<()> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        let mut connection = server.open()?;
        let query =
            "SELECT string_agg(tablename, ', ') AS names FROM pg_tables WHERE schemaname = current_schema()";
        let tables: Names = diesel::sql_query(query).get_result(&mut connection)?;
        connection.batch_execute(&format!("VACUUM ANALYZE {}", tables.names))?;
        Ok(())
    }

    /// The time that the database's own processes have used for us, in seconds; nothing for SQLite and for a server on
    /// another machine.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub fn server_cpu(&self) -> anyhow::Result<f64> {
        let Some(server) = &self.server else {
            return Ok(0.0);
        };
        let query = format!(
            "SELECT pid FROM pg_stat_activity WHERE application_name = '{}'",
            server.name
        );
        let backends: Vec<Backend> =
            diesel::sql_query(query).load(&mut PgConnection::establish(&server.url)?)?;
        let times = backends.iter().map(|backend| {
            let pid = u32::try_from(backend.pid).unwrap_or_default();
            process::cpu_of(pid).unwrap_or(0.0)
        });
        Ok(times.sum())
    }
}

impl Server {
    /// The URL of one of the schemas; connections made by it carry our name.
    fn schema(&self, suffix: &str) -> String {
        let Self { url, name } = self;
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}application_name={name}&options=-csearch_path%3D{name}{suffix}")
    }

    /// A connection to the service's schema that is not counted as ours.
    fn open(&self) -> anyhow::Result<PgConnection> {
        let mut connection = PgConnection::establish(&self.url)?;
        connection.batch_execute(&format!("SET search_path = {}", self.name))?;
        Ok(connection)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Self { url, name } = self;
        let dropped = PgConnection::establish(url).map(|mut connection| {
            connection.batch_execute(&format!(
                "SET client_min_messages = error; DROP SCHEMA {name} CASCADE; DROP SCHEMA {name}_limit CASCADE"
            ))
        });
        if !matches!(dropped, Ok(Ok(()))) {
            eprintln!("the schemas {name} and {name}_limit stay behind");
        }
    }
}

fn open_file(path: &Path) -> anyhow::Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(&path.display().to_string())?;
    connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;")?;
    Ok(connection)
}
