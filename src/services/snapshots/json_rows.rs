//! Rows out of JSON: one object that says what the snapshot is and has the rows in `rows`, each like the document of one
//! employment without a sequence. It is read as it comes and never held as a whole.

use super::read::{AsOf, Label, Rows};
use super::row::{self, COLUMNS, is_required};
use crate::crypto::strict_json::StrictObject;
use crate::domain::text::ExternalId;
use crate::services::Place;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

/// The code of the fault that the file is no JSON.
pub const NOT_JSON: &str = "not_json";

/// Reads the file. None when it does not say what it is; what is wrong is noted in `rows`.
pub(super) fn read(input: impl Read, rows: &mut Rows<'_>) -> Option<Label> {
    let mut reader = serde_json::Deserializer::from_reader(input);
    let mut head = Head::default();
    let file = FileSeed {
        head: &mut head,
        rows,
    };
    let read = file.deserialize(&mut reader).and_then(|()| reader.end());
    if let Err(error) = read {
        let line = u64::try_from(error.line()).unwrap_or(1).max(1);
        rows.fault(
            Place::Line(line, None),
            NOT_JSON,
            "This is no JSON from here on, or an object has the same member twice, or a row is no object.",
        );
        return None;
    }
    head.label(rows)
}

/// The members beside the rows.
#[derive(Default)]
struct Head {
    name: Option<String>,
    as_of: Option<String>,
    complete: Option<bool>,
    has_rows: bool,
}

impl Head {
    fn label(self, rows: &mut Rows<'_>) -> Option<Label> {
        let mut missing = |pointer: &str| {
            let place = Place::Pointer(pointer.to_owned());
            rows.fault(place, "missing_member", "This member is required.");
        };
        if self.name.is_none() {
            missing("/snapshot_id");
        }
        if self.as_of.is_none() {
            missing("/as_of");
        }
        if self.complete.is_none() {
            missing("/complete");
        }
        if !self.has_rows {
            missing("/rows");
        }
        let name = self.name.and_then(|name| {
            ExternalId::parse(&name)
                .map_err(|error| {
                    let place = Place::Pointer("/snapshot_id".to_owned());
                    rows.fault(place, error.code, error.detail);
                })
                .ok()
        });
        let as_of = self.as_of.and_then(|text| {
            let parsed = AsOf::parse(&text);
            if parsed.is_none() {
                rows.fault(
                    Place::Pointer("/as_of".to_owned()),
                    "not_an_instant",
                    "An instant is written 2026-11-23T02:00:00+01:00; without an offset it is read where the source is at home.",
                );
            }
            parsed
        });
        Some(Label {
            name: name?,
            as_of: as_of?,
            complete: self.complete?,
        })
    }
}

struct FileSeed<'a, 'r, 's> {
    head: &'a mut Head,
    rows: &'r mut Rows<'s>,
}

impl<'de> DeserializeSeed<'de> for FileSeed<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FileSeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a snapshot")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let head = self.head;
        while let Some(name) = members.next_key::<String>()? {
            let repeated = match name.as_str() {
                "snapshot_id" => head.name.replace(members.next_value()?).is_some(),
                "as_of" => head.as_of.replace(members.next_value()?).is_some(),
                "complete" => head.complete.replace(members.next_value()?).is_some(),
                "rows" => {
                    members.next_value_seed(RowsSeed(&mut *self.rows))?;
                    std::mem::replace(&mut head.has_rows, true)
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    self.rows.fault(
                        Place::Pointer(below("", &name)),
                        "unknown_member",
                        "There is no such member here. Check its spelling.",
                    );
                    false
                }
            };
            if repeated {
                return Err(A::Error::custom("a member appears twice"));
            }
        }
        if head.has_rows && self.rows.count() == 0 {
            self.rows.fault(
                Place::Pointer("/rows".to_owned()),
                "no_rows",
                "There are no rows. An empty snapshot is no proof that everybody has left.",
            );
        }
        Ok(())
    }
}

struct RowsSeed<'r, 's>(&'r mut Rows<'s>);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut at = 0_u64;
        while let Some(StrictObject(members)) = items.next_element()? {
            if !take(at, &members, self.0) {
                // Read on, so that the file is known to be JSON to its end.
                while items.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(());
            }
            at += 1;
        }
        Ok(())
    }
}

/// Takes one row. Members that are not ours, and those of another type, are told first: a document is made of the rest
/// only when there are none.
fn take(at: u64, members: &Map<String, Value>, rows: &mut Rows<'_>) -> bool {
    let base = format!("/rows/{at}");
    let mut cells = BTreeMap::new();
    let mut faults = Vec::new();
    collect(members, "", &mut cells, &mut faults);
    for (column, pointer) in COLUMNS.iter().filter(|(column, _)| is_required(column)) {
        let is_told = faults
            .iter()
            .any(|(place, _, _): &(String, _, _)| pointer.starts_with(place.as_str()));
        if !cells.contains_key(column) && !is_told {
            faults.push((
                (*pointer).to_owned(),
                "missing_member",
                "This member is required.",
            ));
        }
    }
    let names_a_manager = members.get("manager").is_some_and(Value::is_object);
    if names_a_manager && cells.get("manager_external_id").copied().flatten().is_none() && faults.is_empty() {
        let pointer = "/manager/external_id".to_owned();
        faults.push((pointer, "missing_member", "This member is required."));
    }
    let place = |column: &'static str| {
        let pointer = COLUMNS.iter().find(|(known, _)| *known == column);
        Place::Pointer(format!("{base}{}", pointer.map_or("", |(_, pointer)| pointer)))
    };
    if faults.is_empty() {
        let cell = |column: &'static str| cells.get(column).copied().flatten();
        return rows.take(row::document(cell, rows.settings), place);
    }
    let goes_on = rows.take(Err(Vec::new()), place);
    for (pointer, code, detail) in faults {
        rows.fault(Place::Pointer(format!("{base}{pointer}")), code, detail);
    }
    goes_on
}

/// Puts the texts of an object under their columns.
fn collect<'v>(
    members: &'v Map<String, Value>,
    base: &str,
    cells: &mut BTreeMap<&'static str, Option<&'v str>>,
    faults: &mut Vec<(String, &'static str, &'static str)>,
) {
    for (name, value) in members {
        let pointer = format!("{base}/{name}");
        let column = COLUMNS.iter().find(|(_, known)| *known == pointer);
        let is_group = matches!(pointer.as_str(), "/person" | "/manager");
        match (value, column) {
            (Value::Object(inner), _) if is_group => collect(inner, &pointer, cells, faults),
            (Value::Null, _) if pointer == "/manager" => {}
            (Value::String(text), Some((column, _))) => {
                cells.insert(column, Some(text));
            }
            (Value::Null, Some((column, _))) => {
                cells.insert(column, None);
            }
            (_, Some(_)) => faults.push((
                pointer,
                "wrong_type",
                "A text is expected here, or null where there is no value.",
            )),
            _ if is_group => faults.push((pointer, "wrong_type", "An object is expected here.")),
            _ => faults.push((
                below(base, name),
                "unknown_member",
                "There is no such member here. Check its spelling.",
            )),
        }
    }
}

/// The pointer to a member that is not ours; to what it is in, when its name could be somebody's data.
fn below(base: &str, name: &str) -> String {
    let is_plain = name.len() <= 40
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if is_plain {
        format!("{base}/{name}")
    } else {
        base.to_owned()
    }
}
