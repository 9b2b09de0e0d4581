//! Values with rules of their own: the database URL, sizes, addresses of the service and of hosts.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::text_enum;

text_enum! {
    /// How log events are written.
    #[derive(Default)]
    pub enum LogFormat {
        /// Text on a terminal, else JSON.
        #[default]
        Auto = "auto",
        /// One JSON object per line.
        Json = "json",
        /// Lines for people.
        Text = "text",
    }
}

text_enum! {
    /// The least severe level that is logged.
    #[derive(Default)]
    pub enum LogLevel {
        /// Somebody must act.
        Error = "error",
        /// Somebody should look.
        Warn = "warn",
        /// What happened.
        #[default]
        Info = "info",
        /// Why it happened.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

text_enum! {
    /// Who may read `/metrics`.
    #[derive(Default)]
    pub enum MetricsAccess {
        /// Callers on this host.
        #[default]
        Loopback = "loopback",
        /// Every caller that reaches the address.
        All = "all",
        /// Nobody.
        Off = "off",
    }
}

text_enum! {
    /// Where mail goes.
    #[derive(Default)]
    pub enum MailTransportKind {
        /// Files in a folder.
        #[default]
        File = "file",
        /// An SMTP server.
        Smtp = "smtp",
    }
}

text_enum! {
    /// How the way to the SMTP server is protected.
    #[derive(Default)]
    pub enum SmtpSecurity {
        /// Plain connection that must be raised to TLS before anything is sent (RFC 3207).
        #[default]
        Starttls = "starttls",
        /// TLS from the first byte (RFC 8314).
        Tls = "tls",
        /// No TLS: allowed only for a mail server on this host.
        NoneOnLoopback = "none-on-loopback",
    }
}

/// The address of the database, with its password if it has one. Shows itself only without the password.
#[derive(Clone)]
pub struct DatabaseUrl(SecretString);

impl DatabaseUrl {
    /// Takes `sqlite:<path>` and `postgres(ql)://…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("sqlite:")
            .or_else(|| text.strip_prefix("postgres://"))
            .or_else(|| text.strip_prefix("postgresql://"))?;
        let usable = !rest.is_empty() && !rest.chars().any(char::is_control);
        usable.then(|| Self(SecretString::from(text)))
    }

    /// Stands where a bad value was, in a configuration that is never handed out.
    pub(super) fn stand_in() -> Self {
        Self(SecretString::from(""))
    }

    /// The whole address, for the database driver alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// True for PostgreSQL, false for SQLite.
    pub fn is_postgres(&self) -> bool {
        self.expose().starts_with("postgres")
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact_url(self.expose()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Puts `***` in the place of a password, before the host or among the parameters. Where a password ends is doubtful
/// in a malformed address; then more is hidden rather than less.
pub(super) fn redact_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.starts_with("sqlite:") {
            url.to_owned()
        } else {
            "***".to_owned()
        };
    };
    let hidden = match rest.rsplit_once('@') {
        Some((login, rest)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:***@{rest}"),
            None => format!("{login}@{rest}"),
        },
        None => rest.to_owned(),
    };
    let Some((place, parameters)) = hidden.split_once('?') else {
        return format!("{scheme}://{hidden}");
    };
    let parameters: Vec<String> = parameters.split('&').map(redact_parameter).collect();
    format!("{scheme}://{place}?{}", parameters.join("&"))
}

/// libpq takes `password` and `sslpassword` as parameters too.
fn redact_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("pass") => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

/// An http(s) address with nothing after the host and port; comes back without a trailing slash.
pub(super) fn parse_public_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    plain.then(|| url.origin().ascii_serialization())
}

/// An http(s) address of a page, without credentials in it.
pub(super) fn parse_page_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    plain.then(|| url.to_string())
}

/// `262144`, `256 KiB` or `1 MiB`, in bytes.
pub(super) fn parse_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.strip_prefix(digits)?.trim();
    let factor: u64 = match unit {
        "" | "B" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// A comma-separated list of networks (`10.0.0.0/8`) and single addresses.
pub(super) fn parse_networks(text: &str) -> Option<Vec<IpNet>> {
    let parse = |part: &str| {
        part.parse::<IpNet>()
            .ok()
            .or_else(|| part.parse::<IpAddr>().map(IpNet::from).ok())
    };
    text.split(',').map(str::trim).map(parse).collect()
}

/// A host name or an IP address, without port.
pub(super) fn parse_host(text: &str) -> Option<String> {
    let usable = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':'));
    (usable && (!text.contains(':') || text.parse::<Ipv6Addr>().is_ok())).then(|| text.to_owned())
}

/// One line of text without control characters.
pub(super) fn parse_text(text: &str) -> Option<String> {
    (!text.trim().is_empty() && !super::has_unsafe_characters(text)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_writing_a_password_into_a_url_shows() {
        for url in [
            "postgres://app:hemligt@db.exempel.example/handback?sslmode=verify-full",
            "postgresql://app:hem/hemligt@db.exempel.example/handback",
            "postgresql://app:hemligt@x@db.exempel.example/handback",
            "postgresql:///handback?user=app&password=hemligt&sslpassword=hemligt",
            "postgres://a:hemligt@one:5432,two:5432/handback",
        ] {
            let shown = format!("{:?}", DatabaseUrl::parse(url).unwrap());
            assert!(!shown.contains("hemligt") && shown.contains("***"), "{shown}");
        }
        assert_eq!(redact_url("host=db.exempel.example password=hemligt"), "***");
        let plain = "postgres://app@db.exempel.example/handback?sslmode=verify-full";
        assert_eq!(redact_url(plain), plain);
    }

    #[test]
    fn sizes_are_bytes_with_binary_units() {
        assert_eq!(parse_bytes("262144"), Some(262_144));
        assert_eq!(parse_bytes("256 KiB"), Some(262_144));
        assert_eq!(parse_bytes("1MiB"), Some(1_048_576));
        for text in [
            "",
            "KiB",
            "1 kB",
            "1.5 MiB",
            "-1",
            "99999999999999999999 MiB",
            "18446744073709551615 KiB",
        ] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn the_public_url_is_an_origin() {
        assert_eq!(
            parse_public_url("https://handback.example/").as_deref(),
            Some("https://handback.example")
        );
        assert_eq!(
            parse_public_url("http://127.0.0.1:8080").as_deref(),
            Some("http://127.0.0.1:8080")
        );
        for text in [
            "handback.example",
            "ftp://h.example",
            "https://h.example/x",
            "https://h.example/?x",
            "https://h.example/#x",
            "https://u@h.example",
            "https://",
            "mailto:a@b.example",
        ] {
            assert_eq!(parse_public_url(text), None, "{text}");
        }
    }
}
