//! Files in request bodies: written to the disk as they come, never held in memory.

use super::single_header;
use crate::crypto::digest::{Digest, Sha256};
use crate::web::problem::{Problem, ProblemType};
use crate::web::state::State;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// How a file is written, by `Content-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json` in UTF-8.
    Json,
    /// `text/csv`; in Windows-1252 where `charset` says so, else in UTF-8.
    Csv {
        /// Whether `charset` says Windows-1252.
        is_windows_1252: bool,
    },
}

/// A file. It has no name in the file system and is gone when it is dropped.
#[derive(Debug)]
pub struct Upload {
    /// The file.
    pub file: File,
    /// How it is written.
    pub media_type: MediaType,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let begun = media_type(request).and_then(|media_type| {
            let state = State::of(request)?;
            let config = &state.app.config;
            let limits = (config.http.snapshot_limit, config.http.body_deadline);
            let declared = single_header(request, "content-length")?.and_then(|length| length.parse().ok());
            if declared.is_some_and(|length: usize| length > limits.0) {
                return Err(too_large(limits.0));
            }
            Ok((media_type, limits, new_file(&config.data_dir)?))
        });
        let payload = payload.take();
        async move {
            let (media_type, (limit, deadline), file) = begun?;
            let receiving = receive(payload, file, limit);
            let (file, digest) = tokio::time::timeout(deadline, receiving)
                .await
                .unwrap_or_else(|_| Err(Problem::new(ProblemType::BodyTimeout)))?;
            Ok(Self {
                file,
                media_type,
                digest,
            })
        }
        .boxed_local()
    }
}

fn media_type(request: &HttpRequest) -> Result<MediaType, Problem> {
    let refused = || {
        Problem::new(ProblemType::UnsupportedMediaType)
            .detail("Send text/csv, in UTF-8 or with charset=windows-1252, or application/json, without Content-Encoding.")
            .header("accept", "text/csv, application/json")
            .header("accept-encoding", "identity")
    };
    let encoding = single_header(request, "content-encoding")?;
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(refused());
    }
    let given = single_header(request, "content-type")?.ok_or_else(refused)?;
    let (essence, parameters) = given.split_once(';').unwrap_or((given, ""));
    let charset = parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map_or_else(
            || "utf-8".to_owned(),
            |(_, value)| value.trim_matches('"').to_ascii_lowercase(),
        );
    match (essence.trim().to_ascii_lowercase().as_str(), charset.as_str()) {
        ("application/json", "utf-8") => Ok(MediaType::Json),
        ("text/csv", "utf-8") => Ok(MediaType::Csv {
            is_windows_1252: false,
        }),
        ("text/csv", "windows-1252" | "cp1252") => Ok(MediaType::Csv {
            is_windows_1252: true,
        }),
        _ => Err(refused()),
    }
}

/// In the data folder where there is one: the folder for temporary files may be kept in memory.
fn new_file(data: &Path) -> Result<File, Problem> {
    let made = if data.is_dir() {
        tempfile::tempfile_in(data)
    } else {
        tempfile::tempfile()
    };
    made.map_err(|error| unwritable(&error))
}

async fn receive(mut payload: Payload, mut file: File, limit: usize) -> Result<(File, Digest), Problem> {
    let mut digest = Sha256::new();
    let mut size = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(ProblemType::MalformedRequest).detail("The body ended before it was complete.")
        })?;
        size += chunk.len();
        if size > limit {
            return Err(too_large(limit));
        }
        digest.update(&chunk);
        file.write_all(&chunk).map_err(|error| unwritable(&error))?;
    }
    Ok((file, digest.finish()))
}

fn too_large(limit: usize) -> Problem {
    let mib = limit / (1024 * 1024);
    let size = if mib > 0 {
        format!("{mib} MiB")
    } else {
        format!("{limit} bytes")
    };
    Problem::new(ProblemType::BodyTooLarge).detail(format!(
        "A snapshot has at most {size} (http.snapshot_limit). Nothing of it was used."
    ))
}

fn unwritable(error: &io::Error) -> Problem {
    tracing::error!(%error, "the file of a snapshot cannot be written");
    Problem::new(ProblemType::Unavailable).header("retry-after", "5")
}
