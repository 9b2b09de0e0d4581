//! Reading a file: all of it, before anything is done with it.

use super::row::{CellFault, ReadRow, SeenIds};
use super::{csv_rows, json_rows};
use crate::domain::source::SourceSettings;
use crate::domain::text::ExternalId;
use crate::services::{FileFault, FileReport, Place, ServiceError};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::fs::File;
use std::io::{BufReader, Seek};

/// How many faults are listed. Whoever has more of them has made one mistake many times.
const LISTED_FAULTS: usize = 100;
/// The most rows of one file: what is read is kept in memory until it is compared.
const MAX_ROWS: u64 = 200_000;
/// How far the instant of a snapshot may lie ahead. More is a slip of the pen, and would make every later snapshot stale.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// The instant that a snapshot shows, as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// With an offset.
    Instant(DateTime<Utc>),
    /// Without one: a wall clock where the source is at home.
    Local(NaiveDateTime),
}

impl AsOf {
    /// Reads an RFC 3339 instant, or the same without an offset. A blank before the offset is taken for the `+` that it
    /// was before somebody forgot to encode it in an address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replacen(' ', "+", 1);
        if let Ok(instant) = DateTime::parse_from_rfc3339(&text) {
            return Some(Self::Instant(instant.to_utc()));
        }
        let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        formats
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())
            .map(Self::Local)
    }
}

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What the source calls the snapshot.
    pub name: ExternalId,
    /// The instant that it shows.
    pub as_of: AsOf,
    /// Whether it has every employment of the source.
    pub complete: bool,
}

/// What stands between the cells of a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// Whichever of the two the first line has.
    Detected,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
}

/// How the letters of a CSV file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// Windows-1252, as spreadsheets write it.
    Windows1252,
}

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV (RFC 4180) with a first line of column names. What it is comes beside it.
    Csv {
        /// What it is.
        label: Label,
        /// What stands between the cells.
        delimiter: Delimiter,
        /// How the letters are written.
        charset: Charset,
    },
    /// A JSON object that says what it is and has the rows in `rows`.
    Json,
}

/// A file that was read and found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What the source calls the snapshot.
    pub name: ExternalId,
    /// The instant that it shows.
    pub as_of: DateTime<Utc>,
    /// Whether it has every employment of the source.
    pub complete: bool,
    /// The rows, in the order of the file.
    pub rows: Vec<ReadRow>,
}

/// Reads a file from its beginning. Blocks the thread.
///
/// # Errors
/// [`ServiceError::BadFile`] with what is wrong; [`ServiceError::Unavailable`] when the file cannot be read.
pub fn read(
    mut file: &File,
    format: &Format,
    settings: &SourceSettings,
    now: DateTime<Utc>,
) -> Result<Parsed, ServiceError> {
    file.rewind().map_err(unreadable)?;
    let mut rows = Rows::new(settings);
    let label = match format {
        Format::Csv {
            label,
            delimiter,
            charset,
        } => {
            csv_rows::read(file, *delimiter, *charset, &mut rows)?;
            Some(label.clone())
        }
        Format::Json => json_rows::read(BufReader::new(file), &mut rows),
    };
    let as_of = label.as_ref().map(|label| match label.as_of {
        AsOf::Instant(instant) => instant,
        AsOf::Local(local) => settings.instant_of(local),
    });
    if as_of.is_some_and(|as_of| as_of > now + AHEAD) {
        rows.fault(
            Place::Pointer("/as_of".to_owned()),
            "in_the_future",
            "The instant lies ahead. Later snapshots would all be older than this one.",
        );
    }
    let rows = rows.finish()?;
    let (label, as_of) = label
        .zip(as_of)
        .ok_or_else(|| ServiceError::Internal("a good file without a label".to_owned()))?;
    Ok(Parsed {
        name: label.name,
        as_of,
        complete: label.complete,
        rows,
    })
}

pub(super) fn unreadable(error: std::io::Error) -> ServiceError {
    tracing::warn!(%error, "a snapshot cannot be read from the disk");
    ServiceError::Unavailable
}

/// The rows that were read so far, and what was wrong with them.
pub(super) struct Rows<'s> {
    pub(super) settings: &'s SourceSettings,
    rows: Vec<ReadRow>,
    ids: SeenIds,
    report: FileReport,
}

impl<'s> Rows<'s> {
    fn new(settings: &'s SourceSettings) -> Self {
        Self {
            settings,
            rows: Vec::new(),
            ids: SeenIds::default(),
            report: FileReport::default(),
        }
    }

    /// How many rows were read.
    pub(super) fn count(&self) -> u64 {
        self.report.rows
    }

    /// Takes a row that was read. `place` says where one of its columns stands; the empty name stands for the row. False
    /// when there are too many rows to go on.
    pub(super) fn take(
        &mut self,
        row: Result<ReadRow, Vec<CellFault>>,
        place: impl Fn(&'static str) -> Place,
    ) -> bool {
        if self.report.rows == MAX_ROWS {
            self.fault(
                place(""),
                "too_many_rows",
                "A snapshot has at most 200000 rows. Register two sources, or ask for a larger limit.",
            );
            return false;
        }
        self.report.rows += 1;
        match row {
            Ok(row) if self.ids.add(&row.external_id) => self.rows.push(row),
            Ok(_) => {
                self.report.bad += 1;
                self.fault(
                    place("external_id"),
                    "repeated_id",
                    "An earlier row has this id. Give every employment one row.",
                );
            }
            Err(faults) => {
                self.report.bad += 1;
                for (column, code, detail) in faults {
                    self.fault(place(column), code, detail);
                }
            }
        }
        true
    }

    /// Notes something that is wrong.
    pub(super) fn fault(&mut self, place: Place, code: &'static str, detail: &'static str) {
        self.report.fault_count += 1;
        if self.report.faults.len() < LISTED_FAULTS {
            self.report.faults.push(FileFault { place, code, detail });
        }
    }

    fn finish(self) -> Result<Vec<ReadRow>, ServiceError> {
        if self.report.fault_count == 0 {
            Ok(self.rows)
        } else {
            Err(ServiceError::BadFile(Box::new(self.report)))
        }
    }
}
