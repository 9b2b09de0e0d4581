//! One row: its cells by column, and the document that they make.

use crate::db::types::to_json;
use crate::domain::employment::{
    EmploymentDocument, EmploymentKind, EmploymentState, EndKind, Leave, PersonReference,
};
use crate::domain::language::Language;
use crate::domain::snapshot::RowEnd;
use crate::domain::source::SourceSettings;
use crate::domain::text::{EmailAddress, ExternalId, PersonName, TextError};
use crate::services::{ServiceError, hr};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The columns: the name in the first line of a CSV file, and the place in a row in JSON.
pub const COLUMNS: &[(&str, &str)] = &[
    ("external_id", "/external_id"),
    ("person_external_id", "/person/external_id"),
    ("person_name", "/person/name"),
    ("person_email", "/person/email"),
    ("person_language", "/person/language"),
    ("kind", "/kind"),
    ("unit", "/unit"),
    ("manager_external_id", "/manager/external_id"),
    ("manager_name", "/manager/name"),
    ("manager_email", "/manager/email"),
    ("state", "/state"),
    ("start_date", "/start_date"),
    ("end_date", "/end_date"),
    ("last_working_day", "/last_working_day"),
    ("end_kind", "/end_kind"),
    ("leave_from", "/leave_from"),
    ("leave_to", "/leave_to"),
];

/// The columns that every file has. An empty cell of `end_date` says that the employment goes on; a file without the
/// column says nothing about ends and is refused.
const REQUIRED: &[&str] = &[
    "external_id",
    "person_external_id",
    "kind",
    "unit",
    "start_date",
    "end_date",
];

/// Whether every file has this column.
pub fn is_required(column: &str) -> bool {
    REQUIRED.contains(&column)
}

/// A fault of a row: the column, what, and what to do.
pub(super) type CellFault = (&'static str, &'static str, &'static str);

/// The document of a row, ready to be compared and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// The source's id of the employment.
    pub external_id: String,
    /// SHA-256 of the content of the document, in hex.
    pub content_hash: String,
    /// What it says about the end.
    pub end: RowEnd,
    /// The document without a sequence, in JSON.
    pub document: String,
}

/// Makes the document of a row. `cell` gives the text of a column, none where there is no value.
///
/// # Errors
/// Everything that is wrong with the row.
pub(super) fn document<'c>(
    cell: impl Fn(&'static str) -> Option<&'c str>,
    settings: &SourceSettings,
) -> Result<ReadRow, Vec<CellFault>> {
    let mut row = Cells {
        cell,
        faults: Vec::new(),
    };
    let external_id = row.required("external_id", ExternalId::parse);
    let document = row.document();
    let mut faults = row.faults;
    let Some((external_id, document)) = external_id.zip(document) else {
        return Err(faults);
    };
    let document = settings.without_open_end(&document).unwrap_or(document);
    if let Err(ServiceError::Invalid(violations)) = hr::validate(&document) {
        faults.extend(violations.into_iter().map(|violation| {
            let column = COLUMNS.iter().find(|(_, pointer)| *pointer == violation.pointer);
            // A row has one leave, the first of its document.
            let column = match (column, violation.pointer.as_str()) {
                (Some((name, _)), _) => name,
                (None, "/leave/0/to") => "leave_to",
                (None, _) => "",
            };
            (column, violation.code, violation.detail)
        }));
    }
    let stored = hr::content_hash(&document).and_then(|hash| Ok((hash, to_json(&document)?)));
    match stored {
        Ok((content_hash, json)) if faults.is_empty() => Ok(ReadRow {
            external_id: external_id.as_str().to_owned(),
            content_hash,
            end: RowEnd {
                end_on: document.end_date,
                is_void: document.state == EmploymentState::Void,
            },
            document: json,
        }),
        _ => Err(faults),
    }
}

struct Cells<F> {
    cell: F,
    faults: Vec<CellFault>,
}

impl<'c, F: Fn(&'static str) -> Option<&'c str>> Cells<F> {
    fn document(&mut self) -> Option<EmploymentDocument> {
        let person = self.person();
        let kind = self.required("kind", word::<EmploymentKind>);
        let unit = self.required("unit", ExternalId::parse);
        let manager = self.manager();
        let state = self.optional("state", word::<EmploymentState>);
        let start_date = self.required("start_date", date);
        let end_date = self.optional("end_date", date);
        let last_working_day = self.optional("last_working_day", date);
        let end_kind = self.optional("end_kind", word::<EndKind>);
        let leave = self.leave();
        if !self.faults.is_empty() {
            return None;
        }
        Some(EmploymentDocument {
            person: person?,
            kind: kind?,
            unit: unit?,
            manager,
            state: state.unwrap_or(EmploymentState::Active),
            start_date: start_date?,
            end_date,
            last_working_day,
            end_kind: end_kind.unwrap_or_default(),
            leave: leave.into_iter().collect(),
            sequence: 0,
            occurred_at: None,
        })
    }

    /// The leave that is under way or comes next. A list of employments has room for one.
    fn leave(&mut self) -> Option<Leave> {
        let from = self.optional("leave_from", date);
        let to = self.optional("leave_to", date);
        if from.is_none() && to.is_some() && self.faults.is_empty() {
            self.faults.push((
                "leave_from",
                "missing_value",
                "A leave has a last day and no first one. Give the first day too.",
            ));
        }
        Some(Leave { from: from?, to })
    }

    fn person(&mut self) -> Option<PersonReference> {
        let external_id = self.required("person_external_id", ExternalId::parse);
        let name = self.optional("person_name", PersonName::parse);
        let email = self.optional("person_email", EmailAddress::parse);
        let language = self.optional("person_language", word::<Language>);
        Some(PersonReference {
            external_id: external_id?,
            name,
            email,
            language,
            is_protected: None,
        })
    }

    fn manager(&mut self) -> Option<PersonReference> {
        let external_id = self.optional("manager_external_id", ExternalId::parse);
        let name = self.optional("manager_name", PersonName::parse);
        let email = self.optional("manager_email", EmailAddress::parse);
        if external_id.is_none() && (name.is_some() || email.is_some()) && self.faults.is_empty() {
            self.faults.push((
                "manager_external_id",
                "missing_value",
                "A manager is named without an id. Give the source's id of the manager too.",
            ));
        }
        Some(PersonReference {
            external_id: external_id?,
            name,
            email,
            language: None,
            is_protected: None,
        })
    }

    fn required<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Option<T> {
        if (self.cell)(column).is_none() {
            self.faults
                .push((column, "missing_value", "This cell must not be empty."));
        }
        self.optional(column, parse)
    }

    fn optional<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Option<T> {
        let text = (self.cell)(column)?;
        parse(text)
            .map_err(|error| self.faults.push((column, error.code, error.detail)))
            .ok()
    }
}

fn word<T: std::str::FromStr>(text: &str) -> Result<T, TextError> {
    text.parse().map_err(|_| TextError {
        code: "unknown_value",
        detail: "This is none of the words that the description of the API lists for this column.",
    })
}

/// `YYYY-MM-DD` and nothing else: a time of day would be a guess about the time zone.
fn date(text: &str) -> Result<NaiveDate, TextError> {
    let has_the_form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let parsed = has_the_form.then(|| text.parse().ok()).flatten();
    parsed.ok_or(TextError {
        code: "not_a_date",
        detail: "A date is written 2026-12-31, without a time of day.",
    })
}

/// The ids of the rows so far.
#[derive(Debug, Default)]
pub(super) struct SeenIds(BTreeSet<String>);

impl SeenIds {
    /// Whether the id is new.
    pub(super) fn add(&mut self, id: &str) -> bool {
        self.0.insert(id.to_owned())
    }
}
