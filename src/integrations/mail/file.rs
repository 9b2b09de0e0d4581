//! Mail as `.eml` files in a folder: the embedded default. A file is there whole or not at all, also after a power cut.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::DateTime;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{Accepted, MailError, MailSetupError, Mailer, OutgoingMail, local_part};

/// Longest part of a file name that comes from the Message-ID, in characters.
const NAME_LIMIT: usize = 120;

/// Writes each mail into a file of its own. The name follows from the Message-ID alone, so a repeated mail takes the
/// place of its file instead of adding one.
#[derive(Debug)]
pub struct FileMailer {
    directory: PathBuf,
    writes: AtomicU64,
}

impl FileMailer {
    /// A mailer for this folder, which is made when missing, readable for its owner alone.
    ///
    /// # Errors
    /// [`MailSetupError::Folder`].
    pub fn new(directory: &Path) -> Result<Self, MailSetupError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            writes: AtomicU64::new(0),
        })
    }
}

impl Mailer for FileMailer {
    fn send<'a>(&'a self, mail: &'a OutgoingMail) -> BoxFuture<'a, Result<Accepted, MailError>> {
        async move {
            let name = file_name(&mail.message_id)
                .ok_or_else(|| MailError::permanent("the Message-ID makes no file name"))?;
            // A name of its own for each write: two tries at once must not write into one file.
            let write = self.writes.fetch_add(1, Ordering::Relaxed);
            let unfinished = self
                .directory
                .join(format!(".{name}.{}.{write}", std::process::id()));
            let finished = self.directory.join(&name);
            let raw = mail.raw.clone();
            let written = tokio::task::spawn_blocking(move || store(&unfinished, &finished, &raw)).await;
            match written {
                Ok(Ok(())) => Ok(Accepted {
                    reply: format!("written to {name}"),
                }),
                Ok(Err(error)) => Err(MailError::transient(&format!(
                    "cannot write the file: {}",
                    error.kind()
                ))),
                Err(_) => Err(MailError::transient("writing the file broke off")),
            }
        }
        .boxed()
    }

    fn describe(&self) -> String {
        format!("files in {}", self.directory.display())
    }
}

/// `<UTC time>-<local part>.eml`. The time is the one inside the UUIDv7 that our Message-IDs start with (RFC 9562
/// §5.7); an id without one gives a name without time. Nothing in the id can lead out of the folder.
fn file_name(message_id: &str) -> Option<String> {
    let local = local_part(message_id)?;
    let tame = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            c
        } else {
            '.'
        }
    };
    let name: String = local.chars().map(tame).take(NAME_LIMIT).collect();
    let time = local
        .get(..36)
        .and_then(|id| Uuid::parse_str(id).ok())
        .and_then(|id| id.get_timestamp())
        .and_then(|timestamp| i64::try_from(timestamp.to_unix().0).ok())
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    Some(match time {
        Some(time) => format!("{}-{name}.eml", time.format("%Y%m%dT%H%M%S")),
        None => format!("{}.eml", name.trim_start_matches('.')),
    })
}

/// The order matters: contents on disk, then the name, then the folder that holds the name.
fn store(unfinished: &Path, finished: &Path, raw: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(unfinished).and_then(|mut file| {
        file.write_all(raw)?;
        file.sync_all()?;
        fs::rename(unfinished, finished)
    });
    if written.is_err() {
        // Best effort: the error that matters is the first one.
        let _ = fs::remove_file(unfinished);
    }
    written?;
    finished
        .parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(message_id: &str, raw: &[u8]) -> OutgoingMail {
        OutgoingMail {
            envelope_from: "handback@exempelkommunen.example".to_owned(),
            envelope_to: vec!["chef@exempelkommunen.example".to_owned()],
            raw: raw.to_vec(),
            message_id: message_id.to_owned(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_mail_sent_twice_is_one_file_named_by_time_and_id() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = FileMailer::new(&folder.path().join("data/mail")).unwrap();
        let id = "<0193fbf1-2c00-7000-8000-000000000001.handback@exempelkommunen.example>";
        mailer.send(&mail(id, b"first\r\n")).await.unwrap();
        let accepted = mailer.send(&mail(id, b"again\r\n")).await.unwrap();
        let name = "20241225T035146-0193fbf1-2c00-7000-8000-000000000001.handback.eml";
        assert_eq!(names(&folder.path().join("data/mail")), [name]);
        assert_eq!(
            fs::read(folder.path().join("data/mail").join(name)).unwrap(),
            b"again\r\n"
        );
        assert_eq!(accepted.reply, format!("written to {name}"));
    }

    #[test]
    fn no_message_id_leads_out_of_the_folder() {
        assert_eq!(
            file_name("<../../etc/passwd@x>").as_deref(),
            Some("etc.passwd.eml")
        );
        assert_eq!(file_name("<a\0b/c@x>").as_deref(), Some("a.b.c.eml"));
        assert_eq!(file_name("<@x>"), None);
        assert_eq!(file_name("no brackets"), None);
    }

    #[tokio::test]
    async fn a_folder_that_went_away_is_a_transient_failure_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = FileMailer::new(folder.path()).unwrap();
        drop(folder);
        let error = mailer.send(&mail("<a@x>", b"text\r\n")).await.unwrap_err();
        assert_eq!(
            error,
            MailError::transient("cannot write the file: entity not found")
        );
    }
}
