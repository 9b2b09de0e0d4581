//! Rows out of CSV (RFC 4180): the delimiter is found in the first line, the letters are checked, and what is wrong is
//! told with its line and column.

use super::read::{Charset, Delimiter, Rows, unreadable};
use super::row::{self, COLUMNS, is_required};
use crate::services::{Place, ServiceError};
use csv::{ByteRecord, ErrorKind, ReaderBuilder, StringRecord, Trim};
use encoding_rs::WINDOWS_1252;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};

/// The longest first line that is looked at, in bytes.
const LONGEST_HEADER: u64 = 64 * 1024;
/// How much is read at a time when letters are rewritten, in bytes.
const CHUNK: usize = 64 * 1024;
const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

const NOT_UTF8: &str = "The text is not UTF-8 from here on. If it is Windows-1252, as spreadsheets write it, send it with charset=windows-1252, or convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE.";

/// Reads every row of the file, from where it stands.
///
/// # Errors
/// The disk. What is wrong with the file is noted in `rows`.
pub(super) fn read(
    file: &File,
    delimiter: Delimiter,
    charset: Charset,
    rows: &mut Rows<'_>,
) -> Result<(), ServiceError> {
    match charset {
        Charset::Utf8 => read_utf8(BufReader::new(file), delimiter, rows),
        Charset::Windows1252 => {
            let mut rewritten = tempfile::tempfile().map_err(unreadable)?;
            rewrite(file, &mut rewritten).map_err(unreadable)?;
            io::Seek::rewind(&mut rewritten).map_err(unreadable)?;
            read_utf8(BufReader::new(rewritten), delimiter, rows)
        }
    }
}

/// Writes Windows-1252 anew as UTF-8.
fn rewrite(mut from: &File, to: &mut File) -> io::Result<()> {
    let mut decoder = WINDOWS_1252.new_decoder_without_bom_handling();
    let mut chunk = vec![0; CHUNK];
    let mut text = String::with_capacity(CHUNK * 3);
    loop {
        let count = from.read(&mut chunk)?;
        text.clear();
        let bytes = chunk.get(..count).unwrap_or_default();
        // Every byte is a letter, and the text has room for the longest of them.
        let _ = decoder.decode_to_string(bytes, &mut text, count == 0);
        to.write_all(text.as_bytes())?;
        if count == 0 {
            return Ok(());
        }
    }
}

fn read_utf8(mut input: impl BufRead, delimiter: Delimiter, rows: &mut Rows<'_>) -> Result<(), ServiceError> {
    let mut first = Vec::new();
    input
        .by_ref()
        .take(LONGEST_HEADER)
        .read_until(b'\n', &mut first)
        .map_err(unreadable)?;
    let delimiter = match header_delimiter(&first, delimiter) {
        Ok(delimiter) => delimiter,
        Err((code, detail)) => {
            rows.fault(Place::Line(1, None), code, detail);
            return Ok(());
        }
    };
    let start = usize::from(first.starts_with(UTF8_MARK)) * UTF8_MARK.len();
    let header = first.get(start..).unwrap_or_default().to_vec();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(io::Cursor::new(header).chain(input));
    let mut record = ByteRecord::new();
    if !next(&mut reader, &mut record, rows)? {
        return Ok(());
    }
    let Some(columns) = columns(&record, rows) else {
        return Ok(());
    };
    while next(&mut reader, &mut record, rows)? {
        let line = record.position().map_or(0, csv::Position::line);
        if !take(&columns, &record, line, rows) {
            return Ok(());
        }
    }
    if rows.count() == 0 {
        rows.fault(
            Place::Line(2, None),
            "no_rows",
            "The file has a first line and no rows. An empty file is no proof that everybody has left.",
        );
    }
    Ok(())
}

/// What stands between the cells, as the first line tells.
fn header_delimiter(first: &[u8], wanted: Delimiter) -> Result<u8, (&'static str, &'static str)> {
    if first.starts_with(&[0xFF, 0xFE]) || first.starts_with(&[0xFE, 0xFF]) {
        return Err((
            "utf16",
            "The text is UTF-16. Convert it: iconv -f UTF-16 -t UTF-8 FILE.",
        ));
    }
    let text = String::from_utf8_lossy(first);
    let has = |delimiter: char| {
        text.trim_start_matches('\u{feff}')
            .split(delimiter)
            .any(|name| name.trim().trim_matches('"') == "external_id")
            && text.contains(delimiter)
    };
    let (fits, byte) = match wanted {
        Delimiter::Comma => (has(','), b','),
        Delimiter::Semicolon => (has(';'), b';'),
        Delimiter::Detected if has(';') => (true, b';'),
        Delimiter::Detected => (has(','), b','),
    };
    if fits {
        Ok(byte)
    } else if has(',') || has(';') {
        Err((
            "wrong_delimiter",
            "The columns are separated by another character than the delimiter that was given. Leave delimiter out, and it is found by itself.",
        ))
    } else if has('\t') || has('|') {
        Err((
            "wrong_delimiter",
            "The columns are separated by a tab or a bar. Separate them by comma or semicolon.",
        ))
    } else {
        Err((
            "no_header",
            "The first line must name the columns, external_id among them, separated by comma or semicolon.",
        ))
    }
}

/// Reads the next record. False at the end, and where the file cannot be understood any more.
fn next(
    reader: &mut csv::Reader<impl Read>,
    record: &mut ByteRecord,
    rows: &mut Rows<'_>,
) -> Result<bool, ServiceError> {
    match reader.read_byte_record(record) {
        Ok(false) => Ok(false),
        Ok(true) => {
            if record.iter().all(|cell| std::str::from_utf8(cell).is_ok()) {
                return Ok(true);
            }
            let line = record.position().map_or(1, csv::Position::line);
            rows.fault(Place::Line(line, None), "not_utf8", NOT_UTF8);
            Ok(false)
        }
        Err(error) => match error.into_kind() {
            ErrorKind::Io(error) => Err(unreadable(error)),
            _ => {
                let line = reader.position().line();
                rows.fault(Place::Line(line, None), "not_csv", "This is no CSV from here on.");
                Ok(false)
            }
        },
    }
}

/// The columns of the file in their order; none when they are not ours.
fn columns(header: &ByteRecord, rows: &mut Rows<'_>) -> Option<Vec<&'static str>> {
    let names = StringRecord::from_byte_record(header.clone()).ok()?;
    let mut found = Vec::new();
    let mut is_good = true;
    for name in &names {
        let known = COLUMNS.iter().find(|(known, _)| *known == name);
        let fault = match known {
            None => Some((
                "unknown_column",
                "There is no such column. The columns are external_id, person_external_id, person_name, person_email, person_language, kind, unit, manager_external_id, manager_name, manager_email, state, start_date, end_date, last_working_day, end_kind, leave_from and leave_to.",
            )),
            Some((known, _)) if found.contains(known) => {
                Some(("repeated_column", "This column is there twice."))
            }
            Some((known, _)) => {
                found.push(*known);
                None
            }
        };
        if let Some((code, detail)) = fault {
            rows.fault(Place::Line(1, harmless(name)), code, detail);
            is_good = false;
        }
    }
    for (name, _) in COLUMNS.iter().filter(|(name, _)| is_required(name)) {
        if !found.contains(name) {
            let place = Place::Line(1, Some((*name).to_owned()));
            rows.fault(
                place,
                "missing_column",
                "This column must be there, also where its cells are empty.",
            );
            is_good = false;
        }
    }
    is_good.then_some(found)
}

/// The name of a column, if it is one and no row of data.
fn harmless(name: &str) -> Option<String> {
    let is_name = !name.is_empty()
        && name.len() <= 40
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    is_name.then(|| name.to_owned())
}

fn take(columns: &[&'static str], record: &ByteRecord, line: u64, rows: &mut Rows<'_>) -> bool {
    let place = |column: &'static str| Place::Line(line, (!column.is_empty()).then(|| column.to_owned()));
    if record.len() != columns.len() {
        let fault = (
            "",
            "wrong_cell_count",
            "This row has another number of cells than the first line. Is there a delimiter in a cell without quotes around it, or another delimiter than in the first line?",
        );
        return rows.take(Err(vec![fault]), place);
    }
    let cell = |column: &'static str| {
        let at = columns.iter().position(|known| *known == column)?;
        let text = record.get(at).and_then(|cell| std::str::from_utf8(cell).ok())?;
        (!text.is_empty()).then_some(text)
    };
    rows.take(row::document(cell, rows.settings), place)
}
