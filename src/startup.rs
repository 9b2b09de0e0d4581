//! From a configuration to a running service: the data folder, the keys, the database, in this order, and
//! each of them checked before the next.

use crate::app::App;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::crypto::access_token::AccessTokens;
use crate::crypto::keyring::{Keyring, KeyringError};
use crate::db::{DatabaseUrl, Db, DbError, ServingLock, migrations};
use crate::domain::calendar::Calendar;
use crate::domain::instance::Instance;
use crate::integrations::issuers::Issuers;
use crate::integrations::{self, mail};
use chrono::{Datelike, TimeDelta};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Notify;

/// Why the service did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folder for our files cannot be made.
    #[error("{path} cannot be made: {error}")]
    DataFolder {
        /// The folder.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// The database URL is none.
    #[error("{0}")]
    DatabaseUrl(&'static str),
    /// The database is not there and this command does not make one.
    #[error("there is no database at {0}. `handback serve` or `handback migrate` makes one")]
    NoDatabase(String),
    /// The database lacks migrations.
    #[error("the database is not up to date: {0} migration(s) to run. Run `handback migrate`")]
    NotMigrated(usize),
    /// The keyring is unusable.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// There is a database with data in it, and the keys to it are missing.
    #[error(
        "the keyring {0} is missing, and the database is not new. Put the keyring back: with a new one, what is sealed in the database could never be read again"
    )]
    KeyringMissing(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Tokens cannot be issued.
    #[error("access tokens: {0}")]
    Tokens(String),
    /// The keys of other issuers cannot be fetched by anybody.
    #[error("other issuers of access tokens: {0}")]
    Issuers(String),
    /// Mail cannot be handed over.
    #[error("mail: {0}")]
    Mail(String),
}

/// What a command needs of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepare {
    /// Make what is missing, run migrations, and be the only process that serves a SQLite file.
    Serve,
    /// Use what is there, beside a serving process if need be.
    Attach,
    /// Use what is there, and keep every serving process away from a SQLite file meanwhile.
    AttachAlone,
}

/// A service that is ready, and the lock that keeps others away.
pub struct Started {
    /// The service.
    pub app: App,
    /// Held while this value lives.
    pub lock: Option<ServingLock>,
    /// Whether the database was made or brought up to date just now: the names of the migrations.
    pub migrated: Vec<String>,
}

/// Prepares everything that a command needs.
///
/// # Errors
/// [`StartError`], in words for the operator.
pub fn start(config: Config, clock: Clock, prepare: Prepare) -> Result<Started, StartError> {
    integrations::install_tls_provider();
    let url = DatabaseUrl::parse(config.database_url.expose()).map_err(StartError::DatabaseUrl)?;
    let (lock, migrated) = match prepare {
        Prepare::Serve => {
            make_folders(&config, &url)?;
            (Some(ServingLock::take(&url)?), migrations::run(&url)?)
        }
        Prepare::Attach => {
            require_database(&url)?;
            (None, Vec::new())
        }
        Prepare::AttachAlone => {
            require_database(&url)?;
            (Some(ServingLock::take(&url)?), Vec::new())
        }
    };
    let keyring = keyring(&config, &clock, &url)?;
    let app = assemble(config, &url, clock, keyring)?;
    Ok(Started { app, lock, migrated })
}

/// Puts the service together out of its parts.
///
/// # Errors
/// The database cannot be reached, or a part refuses its configuration.
pub fn assemble(
    config: Config,
    url: &DatabaseUrl,
    clock: Clock,
    keyring: Keyring,
) -> Result<App, StartError> {
    let connections = match url {
        DatabaseUrl::Sqlite(_) => config.sqlite.readers,
        DatabaseUrl::Postgres(_) => config.postgres.pool_size,
    };
    let lifetime = TimeDelta::from_std(config.token.lifetime).unwrap_or(TimeDelta::hours(1));
    let tokens = AccessTokens::new(&keyring, &config.token.issuer, &config.public_url, lifetime)
        .map_err(|error| StartError::Tokens(error.to_string()))?;
    let issuers =
        Issuers::new(&config.token.issuers).map_err(|error| StartError::Issuers(error.to_string()))?;
    let mailer = mail::mailer(&config.mail.transport).map_err(|error| StartError::Mail(error.to_string()))?;
    let ids = Ids::new(clock.clone());
    let instance = Instance {
        id: ids.next(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kids: keyring.keys().map(|key| key.kid().to_owned()).collect(),
        started_at: clock.now(),
    };
    Ok(App {
        db: Db::open(url, connections)?,
        ids,
        clock,
        instance: Arc::new(instance),
        job_bell: Arc::new(Notify::new()),
        keyring: Arc::new(keyring),
        tokens: Arc::new(tokens),
        issuers: Arc::new(issuers),
        calendar: Arc::new(Calendar::swedish()),
        mailer,
        config: Arc::new(config),
    })
}

/// Makes the folders for our files, for nobody else to read.
///
/// # Errors
/// [`StartError::DataFolder`].
pub fn make_folders(config: &Config, url: &DatabaseUrl) -> Result<(), StartError> {
    make_folder(&config.data_dir)?;
    match url {
        DatabaseUrl::Sqlite(path) => {
            path.parent().map_or(Ok(()), make_folder)?;
            make_private(path)
        }
        DatabaseUrl::Postgres(_) => Ok(()),
    }
}

/// Makes the database file before SQLite does, so that nobody else can read it, also in a folder that others
/// can read. The files that SQLite puts beside it take over its mode.
fn make_private(path: &Path) -> Result<(), StartError> {
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(StartError::DataFolder {
            path: path.display().to_string(),
            error,
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn make_folder(path: &Path) -> Result<(), StartError> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| StartError::DataFolder {
            path: path.display().to_string(),
            error,
        })
}

fn require_database(url: &DatabaseUrl) -> Result<(), StartError> {
    if let DatabaseUrl::Sqlite(path) = url
        && !path.exists()
    {
        return Err(StartError::NoDatabase(path.display().to_string()));
    }
    match migrations::pending(url)?.len() {
        0 => Ok(()),
        missing => Err(StartError::NotMigrated(missing)),
    }
}

/// Loads the keyring. A database that no key was ever used with gets a new one; nothing else ever does.
fn keyring(config: &Config, clock: &Clock, url: &DatabaseUrl) -> Result<Keyring, StartError> {
    let path = &config.keyring_file;
    if matches!(File::open(path), Err(error) if error.kind() == io::ErrorKind::NotFound) {
        if migrations::has_used_keys(url)? {
            return Err(StartError::KeyringMissing(path.display().to_string()));
        }
        match Keyring::generate_file(path, &format!("{}a", clock.now().year())) {
            // An instance that starts at the same time was quicker: its keys are ours.
            Err(error) if error.is_taken() => {}
            made => made?,
        }
    }
    Ok(Keyring::load(path)?)
}
