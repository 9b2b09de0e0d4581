//! The configuration: flags over environment (`HANDBACK_*`) over a TOML file over defaults.
//!
//! - [`settings`] is the table that names every setting once; all else follows from it.
//! - [`load`] reads the sources, checks every value and every rule between values, and reports **all** problems at once.
//!   Unknown names are problems too: a misspelt setting that is silently ignored is found on the day it was needed.
//! - [`Explained`] says where each value came from, without secrets; [`readme_table`] is the table of the README.
//!
//! Nothing else reads the environment ([`environment`] is for `main`). The typed [`Config`] holds secrets so that no
//! `Debug` output shows them. Nothing here opens a database or a connection, and no value changes while we run.

mod assemble;
mod error;
mod explain;
mod flags;
mod issuers;
mod mailbox;
mod reader;
pub mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod values;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

pub use error::{ConfigErrors, Problem};
pub use explain::{Explained, Explanation, Origin, readme_issuer_table, readme_table};
pub use flags::RawSettings;
pub use issuers::{ISSUER_SETTINGS, IssuerConfig, is_this_machine};
pub use mailbox::{InvalidMailbox, Mailbox, has_unsafe_characters};
pub use values::{DatabaseUrl, LogFormat, LogLevel, MetricsAccess, SmtpSecurity};

/// What the names of our environment variables start with.
const ENV_PREFIX: &str = "HANDBACK_";

/// The sender while mail goes to files. An invented address: real mail needs a real one.
const DEFAULT_SENDER: &str = "Handback <handback@exempelkommunen.example>";

/// The configuration, checked. The fields are described in [`settings::SETTINGS`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder for what the service keeps.
    pub data_dir: PathBuf,
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// Address and port to serve on.
    pub listen: SocketAddr,
    /// Start of every link in mails: scheme, host and port, without a trailing slash.
    pub public_url: String,
    /// File with the keys.
    pub keyring_file: PathBuf,
    /// HTTP worker threads; 0 is one per core, see [`Config::worker_count`].
    pub workers: usize,
    /// Logging.
    pub log: LogConfig,
    /// The HTTP server.
    pub http: HttpConfig,
    /// Access tokens.
    pub token: TokenConfig,
    /// Repeated requests.
    pub idempotency: IdempotencyConfig,
    /// Mail.
    pub mail: MailConfig,
    /// Background jobs.
    pub jobs: JobsConfig,
    /// PostgreSQL.
    pub postgres: PostgresConfig,
    /// SQLite.
    pub sqlite: SqliteConfig,
    /// Action links.
    pub link: LinkConfig,
    /// Sealed codes.
    pub codes: CodesConfig,
}

/// Logging.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Text or JSON.
    pub format: LogFormat,
    /// Least severe level that is logged.
    pub level: LogLevel,
}

/// The HTTP server.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Largest request body, in bytes.
    pub body_limit: usize,
    /// Largest file of a snapshot, in bytes.
    pub snapshot_limit: usize,
    /// Time to send the whole body.
    pub body_deadline: Duration,
    /// Time a request may take in all.
    pub request_deadline: Duration,
    /// Requests per second and caller; 0 is no limit.
    pub rate_limit_per_second: u32,
    /// Requests a caller may make at once.
    pub rate_limit_burst: u32,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// Access tokens.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// Time a token is good for.
    pub lifetime: Duration,
    /// The `iss` claim.
    pub issuer: String,
    /// Others whose tokens are accepted.
    pub issuers: Vec<IssuerConfig>,
}

/// Repeated requests.
#[derive(Clone, Debug)]
pub struct IdempotencyConfig {
    /// Days for which a first answer is kept.
    pub retention_days: u32,
}

/// Mail.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Sender, also where bounces go.
    pub from: Mailbox,
    /// Mailbox for answers, if not the sender.
    pub reply_to: Option<Mailbox>,
    /// Send only in the sending hours of business days.
    pub send_window: bool,
    /// How many mails leave in a minute at most.
    pub rate_per_minute: u32,
    /// Who signs.
    pub service_name: String,
    /// Name of the municipality.
    pub municipality: String,
    /// Phone number for questions, as people read it.
    pub phone: String,
    /// The service desk's mailbox.
    pub desk_address: Option<Mailbox>,
    /// Page that shows how to hand in a phone.
    pub instructions_url: Option<String>,
    /// Where mail goes.
    pub transport: MailTransport,
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// `.eml` files in a folder.
    File {
        /// The folder; made when missing.
        directory: PathBuf,
    },
    /// An SMTP server.
    Smtp(SmtpConfig),
}

/// An SMTP server.
#[derive(Clone, Debug)]
pub struct SmtpConfig {
    /// Host name or IP address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// How to sign in, if at all.
    pub credentials: Option<SmtpCredentials>,
    /// Time for connecting, and again for handing over one mail.
    pub timeout: Duration,
}

impl SmtpConfig {
    /// True for `localhost` and loopback addresses: what is sent there does not cross a wire.
    pub fn host_is_loopback(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    }
}

/// How to sign in at the SMTP server.
#[derive(Clone, Debug)]
pub struct SmtpCredentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// Background jobs.
#[derive(Clone, Debug)]
pub struct JobsConfig {
    /// Whether this instance runs jobs.
    pub enabled: bool,
    /// Jobs at the same time.
    pub workers: usize,
    /// Time after which a silent instance's job is taken over.
    pub lease: Duration,
    /// Longest time between two looks for due jobs.
    pub poll: Duration,
    /// Time running jobs get to finish at shutdown.
    pub shutdown: Duration,
}

/// PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// Connections.
    pub pool_size: u32,
}

/// SQLite.
#[derive(Clone, Debug)]
pub struct SqliteConfig {
    /// Reading connections.
    pub readers: u32,
}

/// Action links.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// Days for which a link works.
    pub lifetime_days: u32,
}

/// Sealed codes.
#[derive(Clone, Debug)]
pub struct CodesConfig {
    /// Days after the end of the case on which they are destroyed.
    pub retention_days: u32,
}

/// Reads and checks the configuration. The file is the one named by `--config` or `HANDBACK_CONFIG`; without either
/// there is none.
///
/// # Errors
/// [`ConfigErrors`] with every problem found: unknown names, bad values, settings that do not go together, unreadable
/// files.
pub fn load(
    flags: &RawSettings,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<(Config, Explained), ConfigErrors> {
    let mut reader = reader::Reader::new(sources::Sources::read(flags, env));
    let config = assemble::config(&mut reader);
    let (explained, problems) = reader.finish();
    if problems.is_empty() {
        Ok((config, Explained(explained)))
    } else {
        Err(ConfigErrors(problems))
    }
}

/// The variables of this process that [`load`] looks at. One that is not UTF-8 comes with replacement characters, so
/// that its setting is found to be bad.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        })
        .filter(|(name, _)| name.starts_with(ENV_PREFIX) || name == "CREDENTIALS_DIRECTORY")
        .collect()
}

impl Config {
    /// HTTP worker threads to start.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            workers => workers,
        }
    }

    /// A configuration for tests: the defaults with a free port, without rate limit and sending hours, and without a
    /// look at the environment.
    ///
    /// # Panics
    /// If the arguments make no valid configuration.
    #[expect(clippy::expect_used, reason = "a test with a bad configuration cannot go on")]
    pub fn for_tests(data_dir: &Path, database_url: &str) -> Self {
        let flags = RawSettings::default()
            .with("data_dir", &data_dir.to_string_lossy())
            .with("database_url", database_url)
            .with("listen", "127.0.0.1:0")
            .with("public_url", "http://127.0.0.1:8080")
            .with("http.rate_limit_per_second", "0")
            .with("mail.send_window", "false");
        load(&flags, [])
            .expect("the configuration of the test is valid")
            .0
    }
}
