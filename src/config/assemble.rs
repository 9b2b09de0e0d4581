//! Puts the typed configuration together and checks the rules between settings.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::explain::Origin;
use super::mailbox::Mailbox;
use super::reader::Reader;
use super::values::{self, DatabaseUrl, MailTransportKind, SmtpSecurity};
use super::{
    CodesConfig, Config, DEFAULT_SENDER, HttpConfig, IdempotencyConfig, JobsConfig, LinkConfig, LogConfig,
    MailConfig, MailTransport, PostgresConfig, SmtpConfig, SmtpCredentials, SqliteConfig, TokenConfig,
};

/// Reads every setting once, in the order of the table.
pub(super) fn config(r: &mut Reader) -> Config {
    let data_dir = r.path("data_dir");
    r.derive(
        "database_url",
        format!("sqlite:{}", data_dir.join("handback.db").display()),
        Origin::Default,
    );
    let database_url = r.optional("database_url", DatabaseUrl::parse);
    let unreachable = SocketAddr::from(([127, 0, 0, 1], 0));
    let listen = r.parsed("listen", unreachable, |text| text.parse().ok());
    if listen.ip().is_unspecified() && !r.is_given("public_url") {
        r.refuse(
            "public_url",
            "must be set when listen is not one address: links in mails must lead somewhere",
        );
    }
    r.derive("public_url", format!("http://{listen}"), Origin::Default);
    let public_url = r.parsed("public_url", String::new(), values::parse_public_url);
    derive_keyring(r, &data_dir);
    Config {
        keyring_file: r.path("keyring_file"),
        workers: r.number("workers"),
        log: LogConfig {
            format: r.word("log.format"),
            level: r.word("log.level"),
        },
        http: http(r),
        token: token(r, &public_url),
        idempotency: IdempotencyConfig {
            retention_days: r.number("idempotency.retention_days"),
        },
        mail: mail(r, &data_dir),
        jobs: jobs(r),
        postgres: PostgresConfig {
            pool_size: r.number("postgres.pool_size"),
        },
        sqlite: SqliteConfig {
            readers: r.number("sqlite.readers"),
        },
        link: LinkConfig {
            lifetime_days: r.number("link.lifetime_days"),
        },
        codes: CodesConfig {
            retention_days: r.number("codes.retention_days"),
        },
        // Without a value there is a problem, and the stand-in is never handed out.
        database_url: database_url.unwrap_or_else(DatabaseUrl::stand_in),
        data_dir,
        listen,
        public_url,
    }
}

/// A credential named `keyring` beats the data folder: it was put there on purpose.
fn derive_keyring(r: &mut Reader, data_dir: &std::path::Path) {
    let credential = r
        .credentials()
        .map(|folder| folder.join("keyring"))
        .filter(|path| path.is_file());
    match credential {
        Some(path) => r.derive("keyring_file", path.display().to_string(), Origin::Credential),
        None => r.derive(
            "keyring_file",
            data_dir.join("keyring.toml").display().to_string(),
            Origin::Default,
        ),
    }
}

fn http(r: &mut Reader) -> HttpConfig {
    HttpConfig {
        body_limit: r.number("http.body_limit"),
        snapshot_limit: r.number("http.snapshot_limit"),
        body_deadline: r.seconds("http.body_deadline_seconds"),
        request_deadline: r.seconds("http.request_deadline_seconds"),
        rate_limit_per_second: r.number("http.rate_limit_per_second"),
        rate_limit_burst: r.number("http.rate_limit_burst"),
        metrics: r.word("http.metrics"),
        trusted_proxies: r
            .optional("http.trusted_proxies", values::parse_networks)
            .unwrap_or_default(),
    }
}

fn token(r: &mut Reader, public_url: &str) -> TokenConfig {
    let lifetime = r.seconds("token.lifetime_seconds");
    r.derive("token.issuer", public_url.to_owned(), Origin::Default);
    // A bad public URL is one problem, not two.
    let issuer = r.parsed("token.issuer", String::new(), |text| {
        if text == public_url {
            Some(text.to_owned())
        } else {
            values::parse_text(text)
        }
    });
    let issuers = r.issuers(public_url, &issuer);
    TokenConfig {
        lifetime,
        issuer,
        issuers,
    }
}

fn mail(r: &mut Reader, data_dir: &std::path::Path) -> MailConfig {
    let kind = r.word("mail.transport");
    r.derive(
        "mail.directory",
        data_dir.join("mail").display().to_string(),
        Origin::Default,
    );
    let directory = r.path("mail.directory");
    if kind == MailTransportKind::Smtp && !r.is_given("mail.from") {
        r.refuse("mail.from", "must be set when mail.transport is smtp");
    }
    r.derive("mail.from", DEFAULT_SENDER.to_owned(), Origin::Default);
    let from = r
        .optional("mail.from", parse_mailbox)
        .unwrap_or_else(Mailbox::stand_in);
    let reply_to = r.optional("mail.reply_to", parse_mailbox);
    let send_window = r.flag("mail.send_window");
    let rate_per_minute = r.number("mail.rate_per_minute");
    let service_name = r.text("mail.service_name");
    let municipality = r.text("mail.municipality");
    let phone = r.text("mail.phone");
    let desk_address = r.optional("mail.desk_address", parse_mailbox);
    let instructions_url = r.optional("mail.instructions_url", values::parse_page_url);
    let smtp = smtp(r, kind);
    let transport = match kind {
        MailTransportKind::File => MailTransport::File { directory },
        MailTransportKind::Smtp => MailTransport::Smtp(smtp),
    };
    MailConfig {
        from,
        reply_to,
        send_window,
        rate_per_minute,
        service_name,
        municipality,
        phone,
        desk_address,
        instructions_url,
        transport,
    }
}

/// The SMTP settings are read, and so checked, whatever the transport is.
fn smtp(r: &mut Reader, kind: MailTransportKind) -> SmtpConfig {
    if kind == MailTransportKind::Smtp && !r.is_given("smtp.host") {
        r.refuse("smtp.host", "must be set when mail.transport is smtp");
    }
    let host = r.optional("smtp.host", values::parse_host).unwrap_or_default();
    let security = r.word("smtp.security");
    let standard_port = match security {
        SmtpSecurity::Tls => "465",
        SmtpSecurity::Starttls | SmtpSecurity::NoneOnLoopback => "587",
    };
    r.derive("smtp.port", standard_port.to_owned(), Origin::Default);
    let port = r.number("smtp.port");
    let user = r.optional("smtp.user", values::parse_text);
    let password = r.optional("smtp.password", |text| Some(SecretString::from(text)));
    let credentials = match (user, password) {
        (Some(user), Some(password)) => Some(SmtpCredentials { user, password }),
        (None, None) => None,
        (Some(_), None) => {
            r.refuse("smtp.password", "must be set when smtp.user is set");
            None
        }
        (None, Some(_)) => {
            r.refuse("smtp.user", "must be set when smtp.password is set");
            None
        }
    };
    let timeout = r.seconds("smtp.timeout_seconds");
    let smtp = SmtpConfig {
        host,
        port,
        security,
        credentials,
        timeout,
    };
    if security == SmtpSecurity::NoneOnLoopback && !smtp.host.is_empty() && !smtp.host_is_loopback() {
        r.refuse(
            "smtp.security",
            "none-on-loopback needs an smtp.host on this machine; use starttls or tls",
        );
    }
    smtp
}

fn jobs(r: &mut Reader) -> JobsConfig {
    JobsConfig {
        enabled: r.flag("jobs.enabled"),
        workers: r.number("jobs.workers"),
        lease: r.seconds("jobs.lease_seconds"),
        poll: r.seconds("jobs.poll_seconds"),
        shutdown: r.seconds("jobs.shutdown_seconds"),
    }
}

fn parse_mailbox(text: &str) -> Option<Mailbox> {
    text.parse().ok()
}
