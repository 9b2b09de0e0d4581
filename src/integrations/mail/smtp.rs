//! Mail over SMTP with TLS: STARTTLS that must succeed, or TLS from the start. Plain text only to this machine.
//!
//! The connections are kept here and not in the library's pool: that one takes back a connection whose mail was cut
//! off by a timeout, and the next mail would then read the late answer to this one as its own. Here a connection
//! belongs to the try that uses it, and only an answered try gives it back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lettre::address::{Address, Envelope};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout};

use super::{Accepted, MailError, MailSetupError, Mailer, OutgoingMail};
use crate::config::{SmtpConfig, SmtpSecurity};

/// Connections kept for the next mail.
const MAX_IDLE: usize = 4;

/// A server may hang up on a silent client; Postfix does after 300 s, others sooner.
const MAX_IDLE_TIME: Duration = Duration::from_secs(30);

/// Hands mail to one SMTP server.
pub struct SmtpMailer {
    host: String,
    port: u16,
    protection: Protection,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
    idle: Mutex<Vec<Idle>>,
}

enum Protection {
    Starttls(TlsParameters),
    Tls(TlsParameters),
    NoneOnLoopback,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl SmtpMailer {
    /// A mailer for this server. Does not connect.
    ///
    /// # Errors
    /// [`MailSetupError::Plaintext`] for a server elsewhere without TLS, [`MailSetupError::Tls`].
    pub fn new(config: &SmtpConfig) -> Result<Self, MailSetupError> {
        let tls = || TlsParameters::new(config.host.clone());
        let protection = match config.security {
            SmtpSecurity::Starttls => Protection::Starttls(tls()?),
            SmtpSecurity::Tls => Protection::Tls(tls()?),
            SmtpSecurity::NoneOnLoopback if config.host_is_loopback() => Protection::NoneOnLoopback,
            SmtpSecurity::NoneOnLoopback => return Err(MailSetupError::Plaintext),
        };
        let credentials = config.credentials.as_ref();
        Ok(Self {
            host: config.host.clone(),
            port: config.port,
            protection,
            credentials: credentials
                .map(|login| Credentials::new(login.user.clone(), login.password.expose_secret().to_owned())),
            hello: ClientId::default(),
            timeout: config.timeout,
            idle: Mutex::new(Vec::new()),
        })
    }

    async fn hand_over(&self, mail: &OutgoingMail) -> Result<Accepted, MailError> {
        let envelope = envelope(mail)?;
        let body = wire_body(&mail.raw)?;
        // Whatever fails before the mail is offered is about the server or our login, not about this mail: also a
        // 5xx. A password that was changed must not kill the mails of the day.
        let mut connection = timeout(self.timeout, self.connection())
            .await
            .map_err(|_| MailError::transient("no connection to the mail server in time"))?
            .map_err(|error| MailError::transient(&reply_of(&error)))?;
        let response = timeout(self.timeout, connection.send(&envelope, body))
            .await
            .map_err(|_| MailError::transient("no answer from the mail server in time"))?
            .map_err(|error| verdict(&error))?;
        let reply = super::scrub(&text_of(&response));
        if response.code().severity != Severity::PositiveCompletion {
            return Err(MailError::Transient { reply });
        }
        self.keep(connection);
        Ok(Accepted { reply })
    }

    /// A connection that is ready for a mail: one that waits and still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        while let Some(mut connection) = self.take() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        let wrapper = match &self.protection {
            Protection::Tls(tls) => Some(tls.clone()),
            Protection::Starttls(_) | Protection::NoneOnLoopback => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &self.hello, wrapper, None)
                .await?;
        if let Protection::Starttls(tls) = &self.protection {
            // Fails if the server does not offer it: no mail and no password without TLS.
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .await?;
        }
        Ok(connection)
    }

    fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.since.elapsed() < MAX_IDLE_TIME);
        idle.pop().map(|idle| idle.connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
        }
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, mail: &'a OutgoingMail) -> BoxFuture<'a, Result<Accepted, MailError>> {
        async move { super::without_recipients(self.hand_over(mail).await, mail) }.boxed()
    }

    fn describe(&self) -> String {
        let protection = match self.protection {
            Protection::Starttls(_) => SmtpSecurity::Starttls,
            Protection::Tls(_) => SmtpSecurity::Tls,
            Protection::NoneOnLoopback => SmtpSecurity::NoneOnLoopback,
        };
        format!("SMTP server {}:{} ({protection})", self.host, self.port)
    }
}

fn envelope(mail: &OutgoingMail) -> Result<Envelope, MailError> {
    let address = |text: &String| text.parse::<Address>();
    let from =
        address(&mail.envelope_from).map_err(|_| MailError::permanent("the sender is not an address"))?;
    let to: Result<Vec<Address>, _> = mail.envelope_to.iter().map(address).collect();
    let to = to.map_err(|_| MailError::permanent("a recipient is not an address"))?;
    Envelope::new(Some(from), to).map_err(|_| MailError::permanent("there is no recipient"))
}

/// The bytes to put on the wire. The end-of-data mark brings a line end of its own, so ours is left off.
///
/// Lone CR or LF are refused: servers differ on what ends a line, and where they differ one mail can be made to look
/// like two ("SMTP smuggling").
fn wire_body(raw: &[u8]) -> Result<&[u8], MailError> {
    let mut before = 0;
    for &byte in raw {
        if (before == b'\r') != (byte == b'\n') {
            return Err(MailError::permanent("the message has a lone CR or LF"));
        }
        before = byte;
    }
    raw.strip_suffix(b"\r\n")
        .ok_or_else(|| MailError::permanent("the message does not end with a line end"))
}

/// What an answer to an offered mail means for this mail.
fn verdict(error: &SmtpError) -> MailError {
    let refused = error.status().is_some_and(|code| {
        // 530, 534, 535, 538 are about our login (RFC 4954 §6), and an administrator can mend it.
        let about_login = matches!(u16::from(code), 530 | 534 | 535 | 538);
        code.severity == Severity::PermanentNegativeCompletion && !about_login
    });
    // A client error says that the server lacks what these addresses or bytes need.
    if refused || error.is_client() {
        MailError::permanent(&reply_of(error))
    } else {
        MailError::transient(&reply_of(error))
    }
}

fn reply_of(error: &SmtpError) -> String {
    match (error.status(), std::error::Error::source(error)) {
        (Some(code), Some(text)) => format!("{code} {text}"),
        (Some(_), None) | (None, _) => error.to_string(),
    }
}

fn text_of(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}
