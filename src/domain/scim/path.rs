//! Where something is in a resource: attribute paths of RFC 7644 §3.10 and the paths of PATCH (figure 7).

use super::fault::ScimFault;
use super::filter::{Filter, Reader};
use super::schema::{self, Attribute, Kind};

/// The longest path that is read, in bytes.
const MAX_LENGTH: usize = 1_000;

/// What a path leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    /// An attribute of the resource, or one of the extension.
    Attribute(Place),
    /// The whole extension.
    Extension,
    /// Something that clients send and that is not kept.
    NotKept,
    /// `id` or `meta`, which clients cannot change.
    ReadOnly,
}

/// The place of an attribute.
#[derive(Debug, PartialEq)]
pub(super) struct Place {
    /// Whether it belongs to the extension.
    pub is_extension: bool,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// Which elements of a list.
    pub which: Option<Filter>,
    /// The sub-attribute.
    pub part: Option<&'static Attribute>,
}

const UNKNOWN: ScimFault = ScimFault::path("The path names no attribute of the schema.");

/// Reads a path.
///
/// # Errors
/// `invalidPath`: it is no path, or names nothing that SCIM knows; `invalidFilter` inside of brackets.
pub(super) fn parse(text: &str) -> Result<Target, ScimFault> {
    if text.len() > MAX_LENGTH {
        return Err(ScimFault::path("The path is too long."));
    }
    let Some(name) = strip_schema(text) else {
        return Ok(Target::NotKept);
    };
    match name {
        Name::Extension("") => Ok(Target::Extension),
        Name::Extension(rest) => place(rest, schema::EXTENSION, true),
        Name::Core("") => Err(UNKNOWN),
        Name::Core(rest) => place(rest, schema::USER, false),
    }
}

/// What follows the name of a schema.
pub(super) enum Name<'t> {
    Core(&'t str),
    Extension(&'t str),
}

/// Takes the name of the schema off a path. None for a schema that is not ours.
pub(super) fn strip_schema(text: &str) -> Option<Name<'_>> {
    if let Some(rest) = after(text, schema::ENTERPRISE) {
        return Some(Name::Extension(rest));
    }
    if let Some(rest) = after(text, schema::CORE) {
        return Some(Name::Core(rest));
    }
    let is_urn = text
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    (!is_urn).then_some(Name::Core(text))
}

fn after<'t>(text: &'t str, schema: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(schema.len())?;
    if !start.eq_ignore_ascii_case(schema) {
        return None;
    }
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(':')
}

fn place(text: &str, attributes: &'static [Attribute], is_extension: bool) -> Result<Target, ScimFault> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if !is_name(name) {
        return Err(UNKNOWN);
    }
    let Some(attribute) = schema::find(attributes, name) else {
        return elsewhere(name, is_extension);
    };
    let (which, rest) = match rest.strip_prefix('[') {
        Some(inside) if attribute.is_list => {
            let (filter, rest) = Reader::value_filter(inside, parts_of(attribute))?;
            (Some(filter), rest)
        }
        Some(_) => {
            return Err(ScimFault::path(
                "Only an attribute with several values can be chosen from.",
            ));
        }
        None => (None, rest),
    };
    let part = match rest.strip_prefix('.') {
        Some(name) => Some(schema::find(parts_of(attribute), name).ok_or(UNKNOWN)?),
        None if rest.is_empty() => None,
        None => return Err(UNKNOWN),
    };
    Ok(Target::Attribute(Place {
        is_extension,
        attribute,
        which,
        part,
    }))
}

fn elsewhere(name: &str, is_extension: bool) -> Result<Target, ScimFault> {
    let is = |known: &str| !is_extension && name.eq_ignore_ascii_case(known);
    if is("id") || is("meta") {
        Ok(Target::ReadOnly)
    } else if is("schemas") || (!is_extension && schema::is_known_elsewhere(name)) {
        Ok(Target::NotKept)
    } else {
        Err(UNKNOWN)
    }
}

/// The sub-attributes of an attribute.
pub(super) const fn parts_of(attribute: &'static Attribute) -> &'static [Attribute] {
    match attribute.kind {
        Kind::Complex(parts) => parts,
        Kind::Text | Kind::Boolean => &[],
    }
}

/// `ATTRNAME` of RFC 7643 §2.1, and `$ref`.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"$-_".contains(&byte))
}
