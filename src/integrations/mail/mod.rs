//! Handing over mail: the [`Mailer`] port, and behind it SMTP, a folder of files, and memory for tests.
//!
//! A mail is rendered once, by [`mime::build`], and stored; every try then hands over the same bytes with the same
//! Message-ID, so that a receiver can tell a repeated mail from a new one. Whether and when to try is decided by the
//! caller: a mailer tries once and says what came of it. An outcome that nobody saw is [`MailError::Transient`].

mod file;
pub mod mailbox;
mod memory;
pub mod mime;
mod smtp;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::{MailTransport, has_unsafe_characters};

pub use crate::config::Mailbox;
pub use file::FileMailer;
pub use memory::MemoryMailer;
pub use smtp::SmtpMailer;

/// Longest kept reply, in characters.
const REPLY_LIMIT: usize = 500;

/// The shortest name of a mailbox that is looked for inside of words; in shorter ones it would be found everywhere.
const SHORTEST_NAME: usize = 4;

/// Something that takes mail.
pub trait Mailer: Send + Sync {
    /// Hands over one mail, once.
    ///
    /// # Errors
    /// [`MailError`]: whether another try can help, and why.
    fn send<'a>(&'a self, mail: &'a OutgoingMail) -> BoxFuture<'a, Result<Accepted, MailError>>;

    /// Where the mail goes, for logs and `check-config`. Without secrets.
    fn describe(&self) -> String;
}

/// A finished mail with its envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Where bounces go (`MAIL FROM`, RFC 5321 §4.1.1.2).
    pub envelope_from: String,
    /// Who gets it (`RCPT TO`). One refused recipient refuses the whole mail.
    pub envelope_to: Vec<String>,
    /// The finished message, CRLF line ends: the same bytes on every try.
    pub raw: Vec<u8>,
    /// Its Message-ID, with the angle brackets.
    pub message_id: String,
}

/// Addresses and text stay out of logs.
impl fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMail")
            .field("message_id", &self.message_id)
            .field("recipients", &self.envelope_to.len())
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// The mail is in the hands of the next one. Not that anybody got it: a bounce may follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What the receiver said: one line, without addresses, at most 500 characters.
    pub reply: String,
}

/// The mail was not handed over, or nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The same mail will be refused again.
    #[error("the mail was refused: {reply}")]
    Permanent {
        /// What the receiver said, as in [`Accepted::reply`].
        reply: String,
    },
    /// A later try may succeed. The mail may have arrived all the same.
    #[error("the mail could not be handed over: {reply}")]
    Transient {
        /// What the receiver said or what went wrong, as in [`Accepted::reply`].
        reply: String,
    },
}

impl MailError {
    /// Whether mail to this address will never arrive, so that somebody else has to be written to. Other refusals are
    /// about the mail itself, or about whoever sends it.
    pub fn blames_the_address(&self) -> bool {
        match self {
            Self::Permanent { reply } => blames_the_address(reply),
            Self::Transient { .. } => false,
        }
    }

    fn permanent(reply: &str) -> Self {
        Self::Permanent { reply: scrub(reply) }
    }

    fn transient(reply: &str) -> Self {
        Self::Transient { reply: scrub(reply) }
    }
}

/// The mailer cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MailSetupError {
    /// The folder for mail files cannot be made.
    #[error("the mail folder cannot be made: {0}")]
    Folder(#[from] std::io::Error),
    /// TLS cannot be set up.
    #[error("TLS for the mail server cannot be set up: {0}")]
    Tls(#[from] lettre::transport::smtp::Error),
    /// Mail without TLS would cross a wire.
    #[error("mail without TLS is allowed only to a server on this machine")]
    Plaintext,
}

/// The mailer of a configuration.
///
/// # Errors
/// [`MailSetupError`] if the folder cannot be made or TLS not be set up. Does not connect.
pub fn mailer(transport: &MailTransport) -> Result<Arc<dyn Mailer>, MailSetupError> {
    Ok(match transport {
        MailTransport::File { directory } => Arc::new(FileMailer::new(directory)?),
        MailTransport::Smtp(smtp) => Arc::new(SmtpMailer::new(smtp)?),
    })
}

/// Whether a permanent refusal, or the report of a bounce, is about the address of the recipient: by the enhanced status
/// code (RFC 3463: `5.1.x` about the address, `5.2.1` about a mailbox that is closed), or else by the reply code of
/// RFC 5321, section 4.2.3, for a mailbox that cannot be used.
pub fn blames_the_address(reply: &str) -> bool {
    let mut words = reply.split_whitespace();
    let is_enhanced = |word: &&str| {
        let mut parts = word.split('.');
        parts.clone().count() == 3
            && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    match words.clone().take(2).find(is_enhanced) {
        Some(code) => code.starts_with("5.1.") || code == "5.2.1",
        None => words
            .next()
            .is_some_and(|code| ["550", "551", "553"].contains(&code)),
    }
}

/// Makes a server's words fit to be stored and shown: one line, no control characters, no addresses, not long.
pub fn scrub(reply: &str) -> String {
    let tame = |c: char| {
        if has_unsafe_characters(c.encode_utf8(&mut [0; 4])) {
            ' '
        } else {
            c
        }
    };
    let line: String = reply.chars().map(tame).collect();
    let words: Vec<&str> = line
        .split_whitespace()
        .map(|word| if word.contains('@') { "<address>" } else { word })
        .collect();
    words.join(" ").chars().take(REPLY_LIMIT).collect()
}

/// What came of a try, without a word in which the server repeats a recipient: servers name mailboxes in other forms than
/// as addresses, such as the part before the `@` alone.
fn without_recipients(
    outcome: Result<Accepted, MailError>,
    mail: &OutgoingMail,
) -> Result<Accepted, MailError> {
    let own = mail.envelope_from.rsplit_once('@').map(|(_, domain)| domain);
    let mut names = Vec::new();
    for (local, domain) in mail.envelope_to.iter().filter_map(|to| to.rsplit_once('@')) {
        let bare = local.split('+').next().unwrap_or(local);
        names.extend([local, bare].map(str::to_lowercase));
        // That of a private address may be a name too; our own says which server it was.
        if own.is_none_or(|own| !own.eq_ignore_ascii_case(domain)) {
            names.push(domain.to_lowercase());
        }
    }
    let is_name = |word: &str| {
        let word = word.to_lowercase();
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        names
            .iter()
            .any(|name| bare == name || (name.len() >= SHORTEST_NAME && word.contains(name)))
    };
    let hide = |reply: String| {
        let words = reply
            .split(' ')
            .map(|word| if is_name(word) { "<address>" } else { word });
        words
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(REPLY_LIMIT)
            .collect()
    };
    match outcome {
        Ok(Accepted { reply }) => Ok(Accepted { reply: hide(reply) }),
        Err(MailError::Permanent { reply }) => Err(MailError::Permanent { reply: hide(reply) }),
        Err(MailError::Transient { reply }) => Err(MailError::Transient { reply: hide(reply) }),
    }
}

/// The part of a Message-ID before the `@`, without the bracket.
fn local_part(message_id: &str) -> Option<&str> {
    let (local, _) = message_id.strip_prefix('<')?.strip_suffix('>')?.split_once('@')?;
    (!local.is_empty()).then_some(local)
}
