//! Reads back what the file transport wrote: the mailbox of a demonstration.

use chrono::{DateTime, Utc};
use mailparse::{MailHeaderMap, ParsedMail};
use std::io;
use std::path::Path;

/// How many mails a mailbox shows, the newest first.
const SHOWN: usize = 200;

/// A mail in the folder.
#[derive(Clone)]
pub struct CapturedMail {
    /// Its name in the folder, without the ending.
    pub name: String,
    /// Whom it is to.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The language of its texts.
    pub language: String,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// The mails in the folder, the newest first.
///
/// # Errors
/// The folder cannot be read. One that is not there yet is empty.
pub fn list(folder: &Path) -> io::Result<Vec<CapturedMail>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".eml").map(str::to_owned))
        .collect();
    // The names begin with the time.
    names.sort_unstable_by(|one, other| other.cmp(one));
    names.truncate(SHOWN);
    Ok(names
        .iter()
        .filter_map(|name| read(folder, name).ok().flatten())
        .collect())
}

/// One mail; nothing when there is none of this name.
///
/// # Errors
/// The file cannot be read.
pub fn read(folder: &Path, name: &str) -> io::Result<Option<CapturedMail>> {
    // A name is one that we could have given: it leads nowhere else.
    let is_ours = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_ours) {
        return Ok(None);
    }
    match std::fs::read(folder.join(format!("{name}.eml"))) {
        Ok(raw) => Ok(parse(name, &raw)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(name: &str, raw: &[u8]) -> Option<CapturedMail> {
    let mail = mailparse::parse_mail(raw).ok()?;
    let header = |name| mail.headers.get_first_value(name).unwrap_or_default();
    let seconds = mailparse::dateparse(&header("Date")).unwrap_or_default();
    Some(CapturedMail {
        name: name.to_owned(),
        to: header("To"),
        subject: header("Subject"),
        at: DateTime::from_timestamp(seconds, 0).unwrap_or_default(),
        language: header("Content-Language"),
        headers: mail
            .headers
            .iter()
            .map(|header| (header.get_key(), header.get_value()))
            .collect(),
        text: part(&mail, "text/plain"),
        html: part(&mail, "text/html"),
    })
}

/// The first part of this type.
fn part(mail: &ParsedMail<'_>, kind: &str) -> String {
    mail.parts()
        .find(|part| part.ctype.mimetype == kind)
        .and_then(|part| part.get_body().ok())
        .unwrap_or_default()
}
