//! The keyring file: who may own and read it, what it may say, and how a new one is written.
//!
//! ```toml
//! current = "2026a"
//! [[key]]
//! id = "2026a"
//! key = "<44 characters of base64: 32 bytes>"
//! ```
//!
//! Faults name the line or the kid and never quote the file: the TOML reader's own messages show the
//! offending line, which may be a key, and are therefore dropped. Keys are wiped from our memory after
//! use; what the TOML reader copies while it reads is beyond our reach.

use super::{Kek, Keyring, is_kid};
use crate::crypto::random::random_bytes;
use base64::{Engine, engine::general_purpose::STANDARD};
use rustix::process::geteuid;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

impl KeyringError {
    /// Whether a new file was not written because there is one by now.
    pub fn is_taken(&self) -> bool {
        matches!(&self.fault, KeyringFault::Unwritable(error) if error.kind() == io::ErrorKind::AlreadyExists)
    }
}

/// Largest keyring file; some hundred keys fit.
const MAX_FILE: u64 = 64 * 1024;

/// A keyring file that cannot be used, and why. Safe to print: it holds no part of a key.
#[derive(Debug, thiserror::Error)]
#[error("keyring {}: {fault}", .path.display())]
pub struct KeyringError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: KeyringFault,
}

/// What is wrong with a keyring file.
#[derive(Debug, thiserror::Error)]
pub enum KeyringFault {
    /// It cannot be opened or read.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// The new file cannot be written; also if it exists already.
    #[error("cannot be written: {0}")]
    Unwritable(io::Error),
    /// After following links it is a folder, a pipe or a device.
    #[error("is not a regular file")]
    NotRegular,
    /// It is larger than 64 KiB.
    #[error("is larger than 64 KiB")]
    TooLarge,
    /// Its mode gives rights to users who are neither owner nor group.
    #[error("has mode {mode:04o}, which lets every user of the machine in; use 0600 or 0640")]
    OpenToOthers {
        /// The permission bits.
        mode: u32,
    },
    /// Somebody other than the service's user or root owns it, and could change it.
    #[error("belongs to user {uid}, neither to the user of the service nor to root")]
    ForeignOwner {
        /// The owner.
        uid: u32,
    },
    /// It is not TOML, or has other members than those of the format.
    #[error("is not understood at line {line}: expected `current` and [[key]] with `id` and `key`")]
    NotUnderstood {
        /// The line, counted from 1.
        line: usize,
    },
    /// A kid has other characters than `[a-z0-9-]` or is not 1 to 32 long.
    #[error("the id of key number {position} is not 1 to 32 of a-z, 0-9 and -")]
    MalformedId {
        /// The key's place in the file, counted from 1. The id itself is not shown: it may be a key
        /// that was put into the wrong member.
        position: usize,
    },
    /// Two keys have the same kid.
    #[error("has two keys with the id `{kid}`")]
    DuplicateId {
        /// The kid.
        kid: String,
    },
    /// A key is not the base64 of exactly 32 bytes.
    #[error("key `{kid}` is not the base64 of 32 bytes")]
    MalformedKey {
        /// The kid.
        kid: String,
    },
    /// A key has only zeros: a forgotten placeholder.
    #[error("key `{kid}` is all zeros")]
    ZeroKey {
        /// The kid.
        kid: String,
    },
    /// Two kids have the same key, so that rotating from one to the other would change nothing.
    #[error("keys `{kid}` and `{other}` are the same key")]
    EqualKeys {
        /// The later kid.
        kid: String,
        /// The earlier kid.
        other: String,
    },
    /// `current` is the id of no key in the file.
    #[error("`current` is not the id of any key in the file")]
    UnknownCurrent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringText {
    current: SecretString,
    #[serde(default)]
    key: Vec<KeyText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    id: SecretString,
    key: SecretString,
}

pub(super) fn load(path: &Path) -> Result<Keyring, KeyringFault> {
    // Looked at before opening, as opening a pipe would wait for its other end, and again after, as only
    // what was opened is what is read.
    check_metadata(&fs::metadata(path).map_err(KeyringFault::Unreadable)?)?;
    let file = File::open(path).map_err(KeyringFault::Unreadable)?;
    check_metadata(&file.metadata().map_err(KeyringFault::Unreadable)?)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize + 1));
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(KeyringFault::Unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(KeyringFault::TooLarge);
    }
    parse(&bytes)
}

fn check_metadata(metadata: &Metadata) -> Result<(), KeyringFault> {
    if !metadata.is_file() {
        return Err(KeyringFault::NotRegular);
    }
    if metadata.len() > MAX_FILE {
        return Err(KeyringFault::TooLarge);
    }
    check_access(metadata.mode(), metadata.uid(), geteuid().as_raw())
}

/// Whether a file of this mode and owner may be trusted by a process of the user `euid`.
pub(super) fn check_access(mode: u32, uid: u32, euid: u32) -> Result<(), KeyringFault> {
    if mode & 0o007 != 0 {
        return Err(KeyringFault::OpenToOthers { mode: mode & 0o7777 });
    }
    if uid != euid && uid != 0 {
        return Err(KeyringFault::ForeignOwner { uid });
    }
    Ok(())
}

pub(super) fn parse(bytes: &[u8]) -> Result<Keyring, KeyringFault> {
    let line_at = |end: usize| 1 + bytes.iter().take(end).filter(|byte| **byte == b'\n').count();
    let text = std::str::from_utf8(bytes).map_err(|error| KeyringFault::NotUnderstood {
        line: line_at(error.valid_up_to()),
    })?;
    let content: KeyringText = toml::from_str(text).map_err(|error| KeyringFault::NotUnderstood {
        line: line_at(error.span().map_or(0, |at| at.start)),
    })?;
    let mut keys: Vec<Kek> = Vec::with_capacity(content.key.len());
    for (index, entry) in content.key.iter().enumerate() {
        let key = read_key(entry, index + 1)?;
        check_against(&key, &keys)?;
        keys.push(key);
    }
    let wanted = content.current.expose_secret();
    let at = keys
        .iter()
        .position(|key| key.kid == wanted)
        .ok_or(KeyringFault::UnknownCurrent)?;
    let current = keys.remove(at);
    Ok(Keyring {
        current,
        others: keys,
    })
}

fn read_key(entry: &KeyText, position: usize) -> Result<Kek, KeyringFault> {
    let kid = entry.id.expose_secret();
    if !is_kid(kid) {
        return Err(KeyringFault::MalformedId { position });
    }
    let bytes = STANDARD
        .decode(entry.key.expose_secret())
        .map(Zeroizing::new)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
        .ok_or_else(|| KeyringFault::MalformedKey { kid: kid.to_owned() })?;
    Ok(Kek {
        kid: kid.to_owned(),
        bytes,
    })
}

fn check_against(key: &Kek, earlier: &[Kek]) -> Result<(), KeyringFault> {
    let kid = key.kid.clone();
    if key.bytes == [0; 32] {
        return Err(KeyringFault::ZeroKey { kid });
    }
    for other in earlier {
        if other.kid == key.kid {
            return Err(KeyringFault::DuplicateId { kid });
        }
        if other.bytes == key.bytes {
            return Err(KeyringFault::EqualKeys {
                kid,
                other: other.kid.clone(),
            });
        }
    }
    Ok(())
}

pub(super) fn generate(path: &Path, kid: &str) -> Result<(), KeyringFault> {
    if !is_kid(kid) {
        return Err(KeyringFault::MalformedId { position: 1 });
    }
    let key = Zeroizing::new(random_bytes::<32>());
    let encoded = Zeroizing::new(STANDARD.encode(key.as_slice()));
    let text = Zeroizing::new(format!(
        "current = \"{kid}\"\n\n[[key]]\nid = \"{kid}\"\nkey = \"{}\"\n",
        *encoded
    ));
    let unfinished = unfinished(path);
    let written = store(&unfinished, text.as_bytes())
        .and_then(|()| give_name(&unfinished, path, text.as_bytes()))
        .and_then(|()| sync_folder(path));
    drop(fs::remove_file(&unfinished));
    written.map_err(KeyringFault::Unwritable)
}

/// Half a keyring helps nobody and would stop the next start, so the file gets its name when it is whole.
fn store(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let written = file.write_all(text).and_then(|()| file.sync_all());
    if written.is_err() {
        // We made it, so we may remove it.
        drop(fs::remove_file(path));
    }
    written
}

/// A link never takes the place of a file that is there. Some network file systems have none.
fn give_name(unfinished: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::hard_link(unfinished, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => store(path, text),
        linked => linked,
    }
}

/// A name beside the file that no other process, on this machine or another one, comes to use.
fn unfinished(path: &Path) -> PathBuf {
    let mark = u64::from_le_bytes(random_bytes());
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{mark:016x}.new"));
    PathBuf::from(name)
}

/// Forces the name of the new file to disk, not only its content.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
