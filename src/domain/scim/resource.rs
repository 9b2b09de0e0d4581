//! What a client sends as a whole resource, brought to the names of the schema.

use super::fault::ScimFault;
use super::path::{self, Target};
use super::schema::{self, Attribute, Kind};
use serde_json::{Map, Value};

/// The longest text of an attribute, in bytes.
const MAX_TEXT: usize = 2_000;
/// The most elements of a list.
const MAX_ELEMENTS: usize = 50;

/// Whether a client is held to the letter of the RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leniency {
    /// Unknown attributes, truths as texts and managers as plain ids are refused.
    Strict,
    /// They are understood, or left out and counted.
    Lenient,
}

impl Leniency {
    const fn is_strict(self) -> bool {
        matches!(self, Self::Strict)
    }
}

/// A resource as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// Its attributes, with the names of the schema.
    pub attributes: Map<String, Value>,
    /// How many attributes were left out because they are not kept.
    pub ignored: usize,
}

/// What is looked for and shown of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `userName`, as it was sent.
    pub user_name: String,
    /// `externalId`.
    pub external_id: Option<String>,
    /// `employeeNumber` of the extension.
    pub employee_number: Option<String>,
    /// Whether the account is in use: only `active` false says that it is not.
    pub is_active: bool,
    /// The addresses, the one for work first.
    pub emails: Vec<String>,
    /// What people call the person.
    pub name: Option<String>,
    /// The id of the manager's account.
    pub manager: Option<String>,
}

/// Reads the body of a POST or PUT.
///
/// # Errors
/// `invalidSyntax` for what is no resource, `invalidValue` for a value that does not fit its attribute or a missing
/// `userName`.
pub fn read_resource(body: &Value, leniency: Leniency) -> Result<Incoming, ScimFault> {
    let members = body
        .as_object()
        .ok_or(ScimFault::syntax("A resource is a JSON object."))?;
    let mut reader = Taker::new(leniency);
    let mut attributes = Map::new();
    for (name, value) in members {
        reader.take(&mut attributes, name, value)?;
    }
    require_user_name(&attributes)?;
    Ok(Incoming {
        attributes,
        ignored: reader.ignored,
    })
}

/// Refuses a resource without a name to sign in with.
pub(super) fn require_user_name(attributes: &Map<String, Value>) -> Result<(), ScimFault> {
    let name = attributes.get("userName").and_then(Value::as_str);
    if name.is_some_and(|name| !name.trim().is_empty()) {
        Ok(())
    } else {
        Err(ScimFault::value("Give a userName."))
    }
}

/// Takes what is sent, and counts what is not kept.
pub(super) struct Taker {
    leniency: Leniency,
    pub ignored: usize,
}

impl Taker {
    pub(super) const fn new(leniency: Leniency) -> Self {
        Self { leniency, ignored: 0 }
    }

    pub(super) const fn is_strict(&self) -> bool {
        self.leniency.is_strict()
    }

    /// Leaves something out; a strict connection is told instead.
    pub(super) fn ignore(&mut self) -> Result<(), ScimFault> {
        if self.is_strict() {
            return Err(ScimFault::syntax(
                "The resource has an attribute that the schema does not have.",
            ));
        }
        self.ignored += 1;
        Ok(())
    }

    /// Takes one member of a resource.
    fn take(&mut self, into: &mut Map<String, Value>, name: &str, value: &Value) -> Result<(), ScimFault> {
        if ["schemas", "id", "meta"]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
        {
            return Ok(());
        }
        match path::parse(name) {
            Ok(Target::Extension) => self.extension(into, value),
            Ok(Target::Attribute(place)) if place.part.is_none() && place.which.is_none() => {
                let taken = self.value(place.attribute, value)?;
                if place.is_extension {
                    let whole = into
                        .entry(schema::ENTERPRISE)
                        .or_insert_with(|| Value::Object(Map::new()));
                    match whole.as_object_mut() {
                        Some(whole) => insert(whole, place.attribute, taken),
                        None => Ok(()),
                    }
                } else {
                    insert(into, place.attribute, taken)
                }
            }
            Ok(Target::NotKept | Target::ReadOnly | Target::Attribute(_)) | Err(_) => self.ignore(),
        }
    }

    fn extension(&mut self, into: &mut Map<String, Value>, value: &Value) -> Result<(), ScimFault> {
        let taken = self.parts(schema::EXTENSION, value)?;
        if !taken.is_empty() && into.insert(schema::ENTERPRISE.to_owned(), taken.into()).is_some() {
            return Err(TWICE);
        }
        Ok(())
    }

    /// The members of an object, with the names of the schema.
    pub(super) fn parts(
        &mut self,
        parts: &'static [Attribute],
        value: &Value,
    ) -> Result<Map<String, Value>, ScimFault> {
        let members = match value {
            Value::Object(members) => members,
            Value::Null => return Ok(Map::new()),
            _ => return Err(ScimFault::value("The value is a JSON object.")),
        };
        let mut taken = Map::new();
        for (name, value) in members {
            match schema::find(parts, name) {
                Some(part) if part.is_read_only => {}
                Some(part) => {
                    let value = self.value(part, value)?;
                    insert(&mut taken, part, value)?;
                }
                None => self.ignore()?,
            }
        }
        Ok(taken)
    }

    /// A value as it is kept. None where it says that there is no value.
    pub(super) fn value(
        &mut self,
        attribute: &'static Attribute,
        value: &Value,
    ) -> Result<Option<Value>, ScimFault> {
        if attribute.is_list {
            return self.list(attribute, value);
        }
        let value = if self.is_strict() { value } else { unwrapped(value) };
        match (attribute.kind, value) {
            (_, Value::Null) => Ok(None),
            (Kind::Text, Value::String(text)) => checked(text).map(Some),
            (Kind::Text, _) => Err(ScimFault::value("The value is a text.")),
            (Kind::Boolean, Value::Bool(truth)) => Ok(Some((*truth).into())),
            (Kind::Boolean, Value::String(text)) if !self.is_strict() => truth(text).map(Some),
            (Kind::Boolean, _) => Err(ScimFault::value("The value is true or false.")),
            (Kind::Complex(parts), Value::String(id)) if !self.is_strict() && is_reference(parts) => {
                if id.is_empty() {
                    return Ok(None);
                }
                let value = checked(id)?;
                Ok(Some(Map::from_iter([("value".to_owned(), value)]).into()))
            }
            (Kind::Complex(parts), value) => {
                let mut taken = self.parts(parts, value)?;
                if is_reference(parts) {
                    complete_reference(&mut taken);
                }
                Ok((!taken.is_empty()).then(|| taken.into()))
            }
        }
    }

    fn list(&mut self, attribute: &'static Attribute, value: &Value) -> Result<Option<Value>, ScimFault> {
        let single;
        let elements = match value {
            Value::Null => return Ok(None),
            Value::Array(elements) => elements,
            other => {
                single = vec![other.clone()];
                &single
            }
        };
        if elements.len() > MAX_ELEMENTS {
            return Err(ScimFault::value("The list is too long."));
        }
        let mut taken = Vec::with_capacity(elements.len());
        for element in elements {
            let element = self.element(attribute, element)?;
            if !element.is_empty() {
                taken.push(Value::Object(element));
            }
        }
        let primaries = taken.iter().filter(|element| is_primary(element)).count();
        if primaries > 1 {
            return Err(ScimFault::value("Only one element can be the primary one."));
        }
        Ok((!taken.is_empty()).then(|| taken.into()))
    }

    /// One element of a list.
    pub(super) fn element(
        &mut self,
        attribute: &'static Attribute,
        element: &Value,
    ) -> Result<Map<String, Value>, ScimFault> {
        match element {
            Value::String(text) if !self.is_strict() => {
                Ok(Map::from_iter([("value".to_owned(), checked(text)?)]))
            }
            other => self.parts(path::parts_of(attribute), other),
        }
    }
}

pub(super) fn is_primary(element: &Value) -> bool {
    element.get("primary").and_then(Value::as_bool) == Some(true)
}

/// An object that points to another resource.
fn is_reference(parts: &'static [Attribute]) -> bool {
    schema::find(parts, "$ref").is_some()
}

/// A manager that is given by address only has the last part of it for its id.
fn complete_reference(taken: &mut Map<String, Value>) {
    if taken.contains_key("value") {
        if taken.get("value").and_then(Value::as_str) == Some("") {
            taken.clear();
        }
        return;
    }
    let id = taken
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|address| address.rsplit('/').next())
        .filter(|id| !id.is_empty())
        .map(Value::from);
    if let Some(id) = id {
        taken.insert("value".to_owned(), id);
    }
}

/// An older dialect of Entra packs single values: `[{"$ref": null, "value": "False"}]`.
fn unwrapped(value: &Value) -> &Value {
    match value.as_array().map(Vec::as_slice) {
        Some([Value::Object(members)]) => match members.get("value") {
            Some(inner) if members.get("$ref").is_none_or(Value::is_null) => inner,
            _ => value.get(0).unwrap_or(value),
        },
        _ => value,
    }
}

fn truth(text: &str) -> Result<Value, ScimFault> {
    if text.eq_ignore_ascii_case("true") {
        Ok(true.into())
    } else if text.eq_ignore_ascii_case("false") {
        Ok(false.into())
    } else {
        Err(ScimFault::value("The value is true or false."))
    }
}

fn checked(text: &str) -> Result<Value, ScimFault> {
    if text.len() > MAX_TEXT {
        return Err(ScimFault::value("The text is too long."));
    }
    if text.chars().any(char::is_control) {
        return Err(ScimFault::value("The text has control characters."));
    }
    Ok(text.into())
}

const TWICE: ScimFault = ScimFault::syntax("The resource has the same attribute twice.");

fn insert(
    into: &mut Map<String, Value>,
    attribute: &'static Attribute,
    value: Option<Value>,
) -> Result<(), ScimFault> {
    // `Active` beside `active` could mean either.
    if into.contains_key(attribute.name) {
        return Err(TWICE);
    }
    if let Some(value) = value {
        into.insert(attribute.name.to_owned(), value);
    }
    Ok(())
}

/// What is looked for and shown of a resource.
pub fn facts(attributes: &Map<String, Value>) -> Facts {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).map(str::to_owned);
    let extension = attributes.get(schema::ENTERPRISE);
    let of_extension = |name: &str| extension.and_then(|extension| extension.get(name));
    Facts {
        user_name: text("userName").unwrap_or_default(),
        external_id: text("externalId"),
        employee_number: of_extension("employeeNumber")
            .and_then(Value::as_str)
            .map(str::to_owned),
        is_active: attributes.get("active").and_then(Value::as_bool) != Some(false),
        emails: emails(attributes),
        name: name(attributes),
        manager: of_extension("manager")
            .and_then(|manager| manager.get("value"))
            .and_then(Value::as_str)
            .map(str::to_owned),
    }
}

fn emails(attributes: &Map<String, Value>) -> Vec<String> {
    let mut elements: Vec<&Value> = attributes
        .get("emails")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    let is_work = |element: &Value| {
        let kind = element.get("type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    elements.sort_by_key(|element| (!is_work(element), !is_primary(element)));
    elements
        .into_iter()
        .filter_map(|element| element.get("value").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}

fn name(attributes: &Map<String, Value>) -> Option<String> {
    let of_name = |part: &str| {
        let text = attributes.get("name")?.get(part)?.as_str()?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    };
    let display = attributes.get("displayName").and_then(Value::as_str);
    let joined = match (of_name("givenName"), of_name("familyName")) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    };
    joined
        .or_else(|| of_name("formatted"))
        .or_else(|| display.filter(|text| !text.trim().is_empty()).map(str::to_owned))
}
