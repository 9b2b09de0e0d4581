//! The table of settings: the one place that names them. Flags, environment, file, `check-config` and the table of the
//! README all come from here, so they cannot disagree.

use super::values::{LogFormat, LogLevel, MailTransportKind, MetricsAccess, SmtpSecurity};

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its path in the TOML file, such as `http.body_limit`. The names of the flag and the variable follow from it.
    pub key: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What holds when nobody sets it.
    pub default: Fallback,
    /// What may be shown of it.
    pub secrecy: Secrecy,
    /// What it does, in one sentence.
    pub help: &'static str,
}

/// The values a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number {
        /// The smallest allowed.
        min: u64,
        /// The largest allowed.
        max: u64,
    },
    /// A size in bytes, also written with `KiB` or `MiB`.
    Bytes {
        /// The smallest allowed, in bytes.
        min: u64,
        /// The largest allowed, in bytes.
        max: u64,
    },
    /// One of a few words.
    Words(fn() -> Vec<&'static str>),
    /// A path of the file system; a relative one counts from the working directory.
    Path,
    /// One line of text.
    Text,
    /// Text in a form of its own, described.
    Form(&'static str),
    /// A TOML array, or text with commas; what its members are, described.
    List(&'static str),
}

/// What holds when nobody sets a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// This value.
    Value(&'static str),
    /// A value that follows from other settings or from the machine, described.
    Derived(&'static str),
    /// Nothing: the setting is optional, and an empty text takes it away again.
    Nothing,
}

/// What may be shown of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// All.
    Public,
    /// All but the password inside the URL. May also be given as a file, see [`Setting::allows_file`].
    UrlWithPassword,
    /// Nothing. May also be given as a file, and not as a flag: other users of a machine see its command lines.
    Secret,
}

impl Setting {
    /// The environment variable: `http.body_limit` is `HANDBACK_HTTP_BODY_LIMIT`.
    pub fn env_name(&self) -> String {
        format!(
            "{}{}",
            super::ENV_PREFIX,
            self.key.replace('.', "_").to_ascii_uppercase()
        )
    }

    /// The flag without its dashes: `http.body_limit` is `http-body-limit`.
    pub fn flag_name(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// True where `<name>_file` may name a file that holds the value, as container platforms hand out secrets.
    pub fn allows_file(&self) -> bool {
        self.secrecy != Secrecy::Public
    }

    /// The value as it may be shown.
    pub(super) fn shown(&self, value: &str) -> String {
        match self.secrecy {
            Secrecy::Public => value.to_owned(),
            Secrecy::UrlWithPassword => super::values::redact_url(value),
            Secrecy::Secret => "***".to_owned(),
        }
    }
}

impl Kind {
    /// What a value must be, to follow "must be".
    pub fn expected(&self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Number { min, max } => format!("a whole number from {min} to {max}"),
            Self::Bytes { min, max } => format!("a size from {min} to {max} bytes, such as 256 KiB"),
            Self::Words(words) => format!("one of {}", words().join(", ")),
            Self::Path => "a path".to_owned(),
            Self::Text => "one line of text".to_owned(),
            Self::Form(form) => (*form).to_owned(),
            Self::List(members) => format!("a list of {members}"),
        }
    }
}

impl Fallback {
    /// As documentation shows it.
    pub fn shown(&self) -> &'static str {
        match self {
            Self::Value(text) | Self::Derived(text) => text,
            Self::Nothing => "",
        }
    }
}

/// The setting of this TOML path.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

pub(super) const fn setting(key: &'static str, kind: Kind, default: Fallback, help: &'static str) -> Setting {
    Setting {
        key,
        kind,
        default,
        secrecy: Secrecy::Public,
        help,
    }
}

const fn hidden(secrecy: Secrecy, plain: Setting) -> Setting {
    Setting {
        key: plain.key,
        kind: plain.kind,
        default: plain.default,
        secrecy,
        help: plain.help,
    }
}

const fn number(min: u64, max: u64) -> Kind {
    Kind::Number { min, max }
}

macro_rules! words {
    ($enum:ident) => {
        Kind::Words(|| $enum::ALL.iter().map(|word| word.as_str()).collect())
    };
}

pub(super) use words;

use Fallback::{Derived, Nothing, Value};

const MAILBOX: Kind = Kind::Form("a mailbox, such as Handback <handback@exempelkommunen.example>");
const KIB: u64 = 1024;

/// Every setting, in the order in which it is documented.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    setting("data_dir", Kind::Path, Value("./data"),
        "Folder for the database, the keyring and mail files unless these are put elsewhere."),
    hidden(Secrecy::UrlWithPassword, setting("database_url",
        Kind::Form("sqlite:<path> or postgres://…"), Derived("sqlite:<data_dir>/handback.db"),
        "Database. With PostgreSQL, several instances share one.")),
    setting("listen", Kind::Form("an IP address and port, such as 127.0.0.1:8080"), Value("127.0.0.1:8080"),
        "Address and port to serve on."),
    setting("public_url", Kind::Form("an http(s) address without path, such as https://handback.example"),
        Derived("http://<listen>"),
        "Address that people reach the service at: the start of every link in mails."),
    setting("keyring_file", Kind::Path, Derived("<data_dir>/keyring.toml, or the systemd credential keyring"),
        "File with the keys that seal codes and sign tokens."),
    setting("workers", number(0, 512), Value("0"), "HTTP worker threads; 0 is one per core."),

    setting("log.format", words!(LogFormat), Value("auto"), "Log format; auto is text on a terminal, else json."),
    setting("log.level", words!(LogLevel), Value("info"), "Least severe level that is logged."),

    setting("http.body_limit", Kind::Bytes { min: KIB, max: 64 * KIB * KIB }, Value("256 KiB"),
        "Largest request body."),
    setting("http.snapshot_limit", Kind::Bytes { min: KIB, max: 1024 * KIB * KIB }, Value("64 MiB"),
        "Largest file of a snapshot."),
    setting("http.body_deadline_seconds", number(1, 600), Value("15"),
        "Time a caller has to send the whole body, in seconds."),
    setting("http.request_deadline_seconds", number(1, 600), Value("30"),
        "Time a request may take in all, in seconds."),
    setting("http.rate_limit_per_second", number(0, 1_000_000), Value("200"),
        "Requests per second and caller in the long run; 0 turns the limit off."),
    setting("http.rate_limit_burst", number(1, 1_000_000), Value("400"),
        "Requests a caller may make at once before the limit counts."),
    setting("http.metrics", words!(MetricsAccess), Value("loopback"), "Who may read /metrics."),
    setting("http.trusted_proxies", Kind::List("networks, such as 10.0.0.0/8 or 192.0.2.7"), Nothing,
        "Reverse proxies whose Forwarded headers are believed."),

    setting("token.lifetime_seconds", number(60, 86_400), Value("3600"),
        "Time an access token is good for, in seconds."),
    setting("token.issuer", Kind::Text, Derived("<public_url>"), "The iss claim of access tokens."),

    setting("idempotency.retention_days", number(1, 365), Value("30"),
        "Days for which a repeated Idempotency-Key gets the first answer."),

    setting("mail.transport", words!(MailTransportKind), Value("file"),
        "Where mail goes: .eml files in mail.directory, or the server smtp.host."),
    setting("mail.directory", Kind::Path, Derived("<data_dir>/mail"), "Folder of the file transport."),
    setting("mail.from", MAILBOX,
        Derived("Handback <handback@exempelkommunen.example>; none with smtp"),
        "Sender, a mailbox that somebody reads: answers and bounces come here. Must be set with smtp."),
    setting("mail.reply_to", MAILBOX, Nothing, "Mailbox for answers, if not the sender."),
    setting("mail.send_window", Kind::Flag, Value("true"),
        "Send only on business days 08–16 Swedish time, except what the desk must know at once, such as a theft."),
    setting("mail.rate_per_minute", number(1, 10_000), Value("100"),
        "How many mails leave in a minute at most when many are due; what is urgent leaves at once."),
    setting("mail.service_name", Kind::Text, Value("Kundtjänst telefoni"), "Who signs the mails."),
    setting("mail.municipality", Kind::Text, Value("Exempelkommunen"), "Name of the municipality in mails and pages."),
    setting("mail.phone", Kind::Text, Value("070-174 06 99"), "Phone number for questions, in mails and pages."),
    setting("mail.desk_address", MAILBOX, Nothing, "The service desk's mailbox, which escalations and whatever cannot wait go to."),
    setting("mail.instructions_url", Kind::Form("an http(s) address, such as https://exempelkommunen.example/mobil"), Nothing,
        "Page that shows step by step how to hand in a phone; mails link to it."),

    setting("smtp.host", Kind::Form("a host name or IP address"), Nothing,
        "SMTP server. Must be set with mail.transport smtp."),
    setting("smtp.security", words!(SmtpSecurity), Value("starttls"),
        "Protection of the connection; TLS is always required, except by a server on this host."),
    setting("smtp.port", number(1, 65_535), Derived("587; 465 with smtp.security tls"), "Port of the SMTP server."),
    setting("smtp.user", Kind::Text, Nothing, "User name for the SMTP server."),
    hidden(Secrecy::Secret, setting("smtp.password", Kind::Text, Nothing, "Password for the SMTP server.")),
    setting("smtp.timeout_seconds", number(1, 300), Value("30"),
        "Time for connecting, and again for handing over one mail, in seconds."),

    setting("jobs.enabled", Kind::Flag, Value("true"),
        "Run jobs in this instance; false leaves them to the others."),
    setting("jobs.workers", number(1, 64), Value("2"), "Jobs that run at the same time."),
    setting("jobs.lease_seconds", number(15, 3600), Value("60"),
        "Time after which the job of an instance that went silent is taken over, in seconds."),
    setting("jobs.poll_seconds", number(1, 300), Value("5"), "Longest time between two looks for due jobs, in seconds."),
    setting("jobs.shutdown_seconds", number(1, 300), Value("25"),
        "Time running jobs get to finish at shutdown, in seconds."),

    setting("postgres.pool_size", number(1, 500), Value("16"), "Connections to PostgreSQL."),
    setting("sqlite.readers", number(1, 64), Value("4"), "Reading connections to SQLite; writing has one of its own."),

    setting("link.lifetime_days", number(1, 90), Value("14"), "Days for which an action link in a mail works."),
    setting("codes.retention_days", number(0, 365), Value("30"),
        "Days after the end of a case on which its sealed codes are destroyed."),
];
