//! Anchors: the head of the chain, noted outside the database.
//!
//! The owner of the database can rewrite all of it, seals included. An anchor holds the chain to what it was
//! at one moment. It is of use only where the owner of the database cannot change it too: the file beside
//! the database protects against little, the copy in the log of another machine against much.

use crate::crypto::digest::{mac, verify_mac};
use crate::crypto::keyring::{Keyring, Purpose};
use crate::db::audit::chain;
use crate::domain::policy::Action;
use crate::services::{Ctx, ServiceError};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The head of the chain at one moment, authenticated under the keyring. One line of JSON in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// When, as RFC 3339 with microseconds.
    pub at: String,
    /// The number of the last seal; 0 for a chain without one.
    pub seq: i64,
    /// Its hash, in base64.
    pub hash: String,
    /// The key that authenticates the anchor.
    pub kid: String,
    /// HMAC-SHA256 over the other members, in base64.
    pub mac: String,
}

impl Anchor {
    fn new(at: DateTime<Utc>, head: &chain::Head, keyring: &Keyring) -> Self {
        let mut anchor = Self {
            at: at.to_rfc3339_opts(SecondsFormat::Micros, true),
            seq: head.seq,
            hash: STANDARD.encode(&head.hash),
            kid: keyring.current().kid().to_owned(),
            mac: String::new(),
        };
        let key = keyring.current().derive(Purpose::Anchor);
        anchor.mac = anchor.with_parts(|parts| STANDARD.encode(mac(&key, parts)));
        anchor
    }

    fn with_parts<T>(&self, work: impl FnOnce(&[&[u8]]) -> T) -> T {
        work(&[
            Purpose::Anchor.as_str().as_bytes(),
            self.at.as_bytes(),
            &self.seq.to_be_bytes(),
            self.hash.as_bytes(),
            self.kid.as_bytes(),
        ])
    }

    fn is_authentic(&self, keyring: &Keyring) -> bool {
        let (Some(key), Ok(tag)) = (
            keyring.derive(&self.kid, Purpose::Anchor),
            STANDARD.decode(&self.mac),
        ) else {
            return false;
        };
        self.with_parts(|parts| verify_mac(&key, parts, &tag))
    }
}

/// A line of an anchor file is not an anchor of this keyring: it was changed, or its key is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not an authentic anchor")]
pub struct AnchorFault {
    /// The line, from 1.
    pub line: usize,
}

/// Anchors that were checked against the keyring: what the hash of a seal must be, by its number.
#[derive(Clone, Debug, Default)]
pub struct Anchors(BTreeMap<i64, Vec<u8>>);

impl Anchors {
    /// Reads the lines of an anchor file; empty ones are skipped.
    ///
    /// # Errors
    /// The first line that is not an authentic anchor, or that contradicts one before it.
    pub fn read(text: &str, keyring: &Keyring) -> Result<Self, AnchorFault> {
        let mut anchors = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let fault = AnchorFault { line: index + 1 };
            let anchor: Anchor = serde_json::from_str(line).map_err(|_| fault)?;
            if !anchor.is_authentic(keyring) {
                return Err(fault);
            }
            let hash = STANDARD.decode(&anchor.hash).map_err(|_| fault)?;
            if anchors
                .insert(anchor.seq, hash.clone())
                .is_some_and(|before| before != hash)
            {
                return Err(fault);
            }
        }
        Ok(Self(anchors))
    }

    /// How many seals the anchors speak of.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hash that this seal must have, if an anchor says.
    pub(super) fn hash_of(&self, seq: i64) -> Option<&[u8]> {
        self.0.get(&seq).map(Vec::as_slice)
    }

    /// The number of the last seal that any anchor has seen.
    pub(super) fn last_seq(&self) -> Option<i64> {
        self.0.last_key_value().map(|(seq, _)| *seq)
    }
}

/// Notes the head of the chain: one line at the end of the file, durable before this returns, and one in the
/// log.
///
/// # Errors
/// As [`Ctx::read`]; [`ServiceError::Unavailable`] when the file cannot be written.
pub async fn anchor(ctx: &Ctx, keyring: &Keyring, file: &Path) -> Result<Anchor, ServiceError> {
    let head = ctx
        .read(Action::Operate, |connection| Ok(chain::head(connection)?))
        .await?;
    let anchor = Anchor::new(ctx.app.clock.now(), &head, keyring);
    tracing::info!(
        target: "handback::anchor",
        at = %anchor.at, seq = anchor.seq, hash = %anchor.hash, kid = %anchor.kid, mac = %anchor.mac,
        "audit anchor"
    );
    let line = serde_json::to_string(&anchor).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let path: PathBuf = file.to_owned();
    let written = tokio::task::spawn_blocking(move || append_line(&path, &line)).await;
    match written {
        Ok(Ok(())) => Ok(anchor),
        Ok(Err(error)) => {
            tracing::error!(file = %file.display(), %error, "the audit anchor cannot be written");
            Err(ServiceError::Unavailable)
        }
        Err(_) => Err(ServiceError::Internal(
            "writing the anchor was abandoned".to_owned(),
        )),
    }
}

/// Anchors the audit where the service keeps its files.
///
/// # Errors
/// As [`anchor`].
pub async fn anchor_now(ctx: &Ctx) -> Result<usize, ServiceError> {
    let file = ctx.app.config.data_dir.join("anchors.jsonl");
    anchor(ctx, &ctx.app.keyring, &file).await?;
    Ok(1)
}

fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(path)?;
    let mut text = String::with_capacity(line.len() + 2);
    // A line that a power cut left half written must not swallow this one.
    if !ends_with_newline(&mut file)? {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn ends_with_newline(file: &mut std::fs::File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: i64, hash: u8) -> String {
        let head = chain::Head {
            seq,
            hash: vec![hash; 32],
        };
        serde_json::to_string(&Anchor::new(DateTime::UNIX_EPOCH, &head, &Keyring::for_tests())).unwrap()
    }

    fn read(text: &str) -> Result<Anchors, AnchorFault> {
        Anchors::read(text, &Keyring::for_tests())
    }

    #[test]
    fn authentic_anchors_are_read_and_the_last_is_known() {
        let anchors = read(&format!("{}\n\n{}\n", line(3, 1), line(9, 2))).unwrap();
        assert_eq!(anchors.last_seq(), Some(9));
        assert_eq!(anchors.hash_of(3), Some([1; 32].as_slice()));
        assert_eq!(anchors.hash_of(4), None);
    }

    #[test]
    fn a_change_of_any_member_is_found_with_its_line() {
        let good = line(3, 1);
        let anchor: Anchor = serde_json::from_str(&good).unwrap();
        let changed = [
            good.replace("\"seq\":3", "\"seq\":2"),
            good.replace("1970", "1971"),
            good.replace(&anchor.hash, &STANDARD.encode([2; 32])),
            good.replace("test-2", "test-1"),
            good.replace("test-2", "gone"),
            good.replace(&anchor.mac, ""),
            good.replace('}', ",\"more\":1}"),
            "{".to_owned(),
        ];
        for bad in &changed {
            assert_ne!(bad, &good);
            let fault = read(&format!("{good}\n{bad}")).unwrap_err();
            assert_eq!(fault, AnchorFault { line: 2 }, "{bad}");
        }
    }

    #[test]
    fn two_authentic_anchors_that_contradict_each_other_are_a_fault() {
        let text = format!("{}\n{}", line(3, 1), line(3, 2));
        assert_eq!(read(&text).unwrap_err(), AnchorFault { line: 2 });
    }
}
