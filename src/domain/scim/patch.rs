//! PATCH (RFC 7644 §3.5.2), with what Entra and Okta send: no path, dotted and qualified names as members, `Replace`,
//! truths as texts, managers as plain ids. All of it is done or nothing: a change that was not understood is refused,
//! because a deactivation that is answered with success and not done goes unnoticed.

use super::fault::{ScimFault, ScimType};
use super::filter::Filter;
use super::path::{self, Place, Target};
use super::resource::{Leniency, Taker, is_primary, require_user_name};
use super::schema::{self, Attribute, Kind};
use serde_json::{Map, Value};

/// The most operations of one request.
const MAX_OPERATIONS: usize = 200;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    verb: Verb,
    path: Option<String>,
    value: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Remove,
    Replace,
}

/// A resource after its changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Patched {
    /// Its attributes.
    pub attributes: Map<String, Value>,
    /// How many changes were left out because the attribute is not kept.
    pub ignored: usize,
}

/// Reads the body of a PATCH.
///
/// # Errors
/// `invalidSyntax`.
pub fn read_operations(body: &Value, leniency: Leniency) -> Result<Vec<Operation>, ScimFault> {
    let schemas = member(body, "schemas")?.and_then(Value::as_array);
    let says_so = schemas.is_some_and(|list| {
        list.iter().any(|schema| {
            schema
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case(schema::PATCH_OP))
        })
    });
    if !says_so && (leniency == Leniency::Strict || schemas.is_some()) {
        return Err(ScimFault::syntax("The body of a PATCH has the schema PatchOp."));
    }
    let operations = member(body, "Operations")?
        .and_then(Value::as_array)
        .filter(|list| (1..=MAX_OPERATIONS).contains(&list.len()))
        .ok_or(ScimFault::syntax("Send 1 to 200 operations."))?;
    operations.iter().map(read_operation).collect()
}

fn read_operation(operation: &Value) -> Result<Operation, ScimFault> {
    let word = member(operation, "op")?
        .and_then(Value::as_str)
        .unwrap_or_default();
    let verb = match word.to_ascii_lowercase().as_str() {
        "add" => Verb::Add,
        "remove" => Verb::Remove,
        "replace" => Verb::Replace,
        _ => return Err(ScimFault::syntax("An operation is add, remove or replace.")),
    };
    let path = match member(operation, "path")? {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.is_empty() => None,
        Some(Value::String(path)) => Some(path.clone()),
        Some(_) => return Err(ScimFault::path("A path is a text.")),
    };
    Ok(Operation {
        verb,
        path,
        value: member(operation, "value")?.cloned(),
    })
}

/// A member of a message, in any case.
fn member<'v>(object: &'v Value, name: &str) -> Result<Option<&'v Value>, ScimFault> {
    let members = object
        .as_object()
        .ok_or(ScimFault::syntax("The message is a JSON object."))?;
    let mut found = members
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value);
    let first = found.next();
    if found.next().is_some() {
        return Err(ScimFault::syntax("The message has the same member twice."));
    }
    Ok(first)
}

/// Makes the changes, in order.
///
/// # Errors
/// What is wrong with the first that cannot be made; nothing has changed then.
pub fn apply(
    attributes: &Map<String, Value>,
    operations: &[Operation],
    leniency: Leniency,
) -> Result<Patched, ScimFault> {
    let mut change = Change {
        attributes: attributes.clone(),
        taker: Taker::new(leniency),
    };
    for operation in operations {
        change.make(operation)?;
    }
    let mut attributes = change.attributes;
    if attributes
        .get(schema::ENTERPRISE)
        .and_then(Value::as_object)
        .is_some_and(Map::is_empty)
    {
        attributes.remove(schema::ENTERPRISE);
    }
    require_user_name(&attributes).map_err(|_| REQUIRED)?;
    Ok(Patched {
        attributes,
        ignored: change.taker.ignored,
    })
}

const REQUIRED: ScimFault = ScimFault::new(ScimType::Mutability, "A userName cannot be taken away.");
const NO_TARGET: ScimFault = ScimFault::new(
    ScimType::NoTarget,
    "The path leads to nothing that can be changed.",
);

struct Change {
    attributes: Map<String, Value>,
    taker: Taker,
}

impl Change {
    fn make(&mut self, operation: &Operation) -> Result<(), ScimFault> {
        let verb = operation.verb;
        if let Some(path) = &operation.path {
            let value = operation.value.as_ref();
            if verb != Verb::Remove && value.is_none() {
                return Err(ScimFault::value("The operation has no value."));
            }
            return self.change(verb, path::parse(path)?, value);
        }
        if verb == Verb::Remove {
            return Err(ScimFault::new(ScimType::NoTarget, "A removal needs a path."));
        }
        let members = operation
            .value
            .as_ref()
            .and_then(Value::as_object)
            .ok_or(ScimFault::value("Without a path, the value is a JSON object."))?;
        for (name, value) in members {
            if self.taker.is_strict() && name.contains(['.', '[']) && !is_urn(name) {
                return Err(ScimFault::syntax("The names of members are names of attributes."));
            }
            match path::parse(name)? {
                // What a client knows of the resource and repeats changes nothing.
                Target::ReadOnly => {}
                Target::NotKept if name.eq_ignore_ascii_case("schemas") => {}
                target => self.change(verb, target, Some(value))?,
            }
        }
        Ok(())
    }

    fn change(&mut self, verb: Verb, target: Target, value: Option<&Value>) -> Result<(), ScimFault> {
        match target {
            Target::NotKept => self.taker.ignore(),
            Target::ReadOnly => Err(ScimFault::new(
                ScimType::Mutability,
                "The attribute is read-only.",
            )),
            Target::Extension => self.extension(verb, value),
            Target::Attribute(place) => self.attribute(verb, &place, value),
        }
    }

    fn extension(&mut self, verb: Verb, value: Option<&Value>) -> Result<(), ScimFault> {
        let Some(value) = value.filter(|_| verb != Verb::Remove) else {
            self.attributes.remove(schema::ENTERPRISE);
            return Ok(());
        };
        let members = value
            .as_object()
            .ok_or(ScimFault::value("The value of the extension is a JSON object."))?;
        for (name, value) in members {
            match path::parse(&format!("{}:{name}", schema::ENTERPRISE)) {
                Ok(Target::Attribute(place)) => self.attribute(verb, &place, Some(value))?,
                Ok(_) | Err(_) => self.taker.ignore()?,
            }
        }
        Ok(())
    }

    fn attribute(&mut self, verb: Verb, place: &Place, value: Option<&Value>) -> Result<(), ScimFault> {
        let attribute = place.attribute;
        let leaf = place.part.unwrap_or(attribute);
        if leaf.is_read_only {
            return Err(ScimFault::new(
                ScimType::Mutability,
                "The attribute is read-only.",
            ));
        }
        // To replace something by nothing is to remove it.
        let verb = match value {
            Some(Value::Null) | None => Verb::Remove,
            Some(_) => verb,
        };
        if attribute.is_list {
            return self.list(verb, place, value);
        }
        let taker = &mut self.taker;
        let taken = match (verb, value) {
            (Verb::Add | Verb::Replace, Some(value)) => taker.value(leaf, value)?,
            _ => None,
        };
        let object = holder(&mut self.attributes, place.is_extension)?;
        match place.part {
            None => set(object, attribute, taken),
            Some(part) => {
                let whole = object
                    .entry(attribute.name)
                    .or_insert_with(|| Value::Object(Map::new()));
                let whole = whole.as_object_mut().ok_or(NO_TARGET)?;
                replace(whole, part.name, taken);
                // An address that belonged to another manager is not to stay beside the new id.
                if part.name == "value" {
                    whole.remove("$ref");
                }
                if whole.is_empty() {
                    object.remove(attribute.name);
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, verb: Verb, place: &Place, value: Option<&Value>) -> Result<(), ScimFault> {
        let attribute = place.attribute;
        let object = holder(&mut self.attributes, place.is_extension)?;
        let mut elements = match object.remove(attribute.name) {
            Some(Value::Array(elements)) => elements,
            _ => Vec::new(),
        };
        let taker = &mut self.taker;
        match (&place.which, place.part, verb) {
            (None, None, Verb::Remove) => remove_listed(&mut elements, value),
            (None, None, Verb::Replace) => {
                elements = taken_list(taker, attribute, value)?;
            }
            (None, None, Verb::Add) => {
                for element in taken_list(taker, attribute, value)? {
                    add(&mut elements, element);
                }
            }
            (None, Some(part), verb) => {
                // `emails.value` means the only one, or makes it.
                if elements.len() > 1 {
                    return Err(NO_TARGET);
                }
                change_part(taker, &mut elements, (verb, part), value)?;
            }
            (Some(which), part, verb) => {
                change_chosen(taker, &mut elements, (verb, which), (attribute, part), value)?;
            }
        }
        elements.retain(|element| element.as_object().is_some_and(|members| !members.is_empty()));
        set(object, attribute, (!elements.is_empty()).then(|| elements.into()));
        Ok(())
    }
}

fn is_urn(name: &str) -> bool {
    name.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// The object that has the attribute.
fn holder(
    attributes: &mut Map<String, Value>,
    is_extension: bool,
) -> Result<&mut Map<String, Value>, ScimFault> {
    if !is_extension {
        return Ok(attributes);
    }
    attributes
        .entry(schema::ENTERPRISE)
        .or_insert_with(|| Value::Object(Map::new()))
        .as_object_mut()
        .ok_or(NO_TARGET)
}

/// Sets a whole attribute. The parts of a name that are not mentioned stay; a manager is one thing.
fn set(object: &mut Map<String, Value>, attribute: &'static Attribute, value: Option<Value>) {
    let merges = matches!(attribute.kind, Kind::Complex(_)) && attribute.name == "name";
    match (value, object.get_mut(attribute.name)) {
        (Some(Value::Object(new)), Some(Value::Object(known))) if merges => known.extend(new),
        (value, _) => replace(object, attribute.name, value),
    }
}

fn replace(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(object.insert(name.to_owned(), value)),
        None => drop(object.remove(name)),
    }
}

fn taken_list(
    taker: &mut Taker,
    attribute: &'static Attribute,
    value: Option<&Value>,
) -> Result<Vec<Value>, ScimFault> {
    let taken = value
        .map(|value| taker.value(attribute, value))
        .transpose()?
        .flatten();
    match taken {
        Some(Value::Array(elements)) => Ok(elements),
        _ => Ok(Vec::new()),
    }
}

/// Adds an element unless it is there (RFC 7644 §3.5.2.1). There is one primary element: the newest.
fn add(elements: &mut Vec<Value>, element: Value) {
    if elements.contains(&element) {
        return;
    }
    if is_primary(&element) {
        no_primary(elements);
    }
    elements.push(element);
}

fn no_primary(elements: &mut [Value]) {
    for known in elements.iter_mut().filter(|known| is_primary(known)) {
        if let Some(members) = known.as_object_mut() {
            members.insert("primary".to_owned(), false.into());
        }
    }
}

/// Takes away all elements, or those that are listed in the value.
fn remove_listed(elements: &mut Vec<Value>, value: Option<&Value>) {
    let listed: Vec<&Value> = match value {
        Some(Value::Array(listed)) if !listed.is_empty() => listed.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => {
            elements.clear();
            return;
        }
    };
    elements.retain(|element| {
        !listed
            .iter()
            .any(|listed| listed.get("value").is_some() && listed.get("value") == element.get("value"))
    });
}

fn change_part(
    taker: &mut Taker,
    elements: &mut Vec<Value>,
    (verb, part): (Verb, &'static Attribute),
    value: Option<&Value>,
) -> Result<(), ScimFault> {
    let taken = part_value(taker, verb, part, value)?;
    if elements.is_empty() && taken.is_some() {
        elements.push(Value::Object(Map::new()));
    }
    for element in elements.iter_mut().filter_map(Value::as_object_mut) {
        replace(element, part.name, taken.clone());
    }
    Ok(())
}

fn part_value(
    taker: &mut Taker,
    verb: Verb,
    part: &'static Attribute,
    value: Option<&Value>,
) -> Result<Option<Value>, ScimFault> {
    match value {
        Some(value) if verb != Verb::Remove => taker.value(part, value),
        _ => Ok(None),
    }
}

/// Changes the elements that fit. If none does, one is made of what they are chosen by: the RFC answers `noTarget`,
/// and Entra means that an address be made.
fn change_chosen(
    taker: &mut Taker,
    elements: &mut Vec<Value>,
    (verb, which): (Verb, &Filter),
    (attribute, part): (&'static Attribute, Option<&'static Attribute>),
    value: Option<&Value>,
) -> Result<(), ScimFault> {
    let fits = |element: &Value| element.as_object().is_some_and(|members| which.admits(members));
    if verb == Verb::Remove && part.is_none() {
        elements.retain(|element| !fits(element));
        return Ok(());
    }
    let new = match part {
        Some(part) => {
            part_value(taker, verb, part, value)?.map(|value| Map::from_iter([(part.name.to_owned(), value)]))
        }
        None => value.map(|value| taker.element(attribute, value)).transpose()?,
    };
    let Some(new) = new else {
        for element in elements.iter_mut().filter(|element| fits(element)) {
            if let (Some(members), Some(part)) = (element.as_object_mut(), part) {
                members.remove(part.name);
            }
        }
        return Ok(());
    };
    let becomes_primary = new.get("primary").and_then(Value::as_bool) == Some(true);
    let chosen: Vec<usize> = (0..)
        .zip(elements.iter())
        .filter_map(|(at, element)| fits(element).then_some(at))
        .collect();
    if becomes_primary {
        no_primary(elements);
    }
    if chosen.is_empty() {
        let mut made = which.exemplar().ok_or(NO_TARGET)?;
        made.extend(new);
        elements.push(Value::Object(made));
        return Ok(());
    }
    for at in chosen {
        if let Some(members) = elements.get_mut(at).and_then(Value::as_object_mut) {
            members.extend(new.clone());
        }
    }
    Ok(())
}
