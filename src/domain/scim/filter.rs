//! Filters: `eq` and `pr`, joined by `and`, with values in brackets (RFC 7644 §3.4.2.2). That is what directories use to
//! find an account before they make one; whatever else is asked for is refused and not ignored.

use super::fault::ScimFault;
use super::path::{self, Name, parts_of};
use super::schema::{self, Attribute, EMAIL};
use serde_json::{Map, Value};

/// The longest filter that is read, in bytes.
const MAX_LENGTH: usize = 2_000;
/// The most comparisons of one filter.
const MAX_TERMS: usize = 20;

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of them hold.
    And(Vec<Filter>),
    /// The attribute has this value.
    Equals(Comparable, Literal),
    /// The attribute has a value.
    Present(Comparable),
    /// One element of the list fits.
    Element(Comparable, Box<Filter>),
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A text.
    Text(String),
    /// A truth.
    Boolean(bool),
    /// No value.
    Null,
}

/// An attribute that can be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparable {
    is_extension: bool,
    attribute: &'static Attribute,
    part: Option<&'static Attribute>,
}

impl Comparable {
    /// Its path, as the schema writes it.
    pub fn path(&self) -> String {
        match self.part {
            Some(part) => format!("{}.{}", self.attribute.name, part.name),
            None => self.attribute.name.to_owned(),
        }
    }

    fn leaf(&self) -> &'static Attribute {
        self.part.unwrap_or(self.attribute)
    }

    /// The values that the resource has there.
    fn values<'v>(&self, resource: &'v Map<String, Value>) -> Vec<&'v Value> {
        let object = if self.is_extension {
            resource.get(schema::ENTERPRISE).and_then(Value::as_object)
        } else {
            Some(resource)
        };
        let Some(value) = object.and_then(|object| object.get(self.attribute.name)) else {
            return Vec::new();
        };
        let elements: Vec<&Value> = value
            .as_array()
            .map_or_else(|| vec![value], |list| list.iter().collect());
        match self.part {
            Some(part) => elements
                .into_iter()
                .filter_map(|element| element.get(part.name))
                .collect(),
            None => elements,
        }
    }
}

/// `id` is no attribute of the schemas, but can be asked for.
const ID: Attribute = Attribute {
    name: "id",
    kind: schema::Kind::Text,
    is_list: false,
    case_exact: true,
    is_read_only: true,
};
static ID_ATTRIBUTE: &[Attribute] = &[ID];

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub fn parse(text: &str) -> Result<Self, ScimFault> {
        let mut reader = Reader::new(text, Scope::Resource)?;
        let filter = reader.conjunction()?;
        reader.skip_space();
        if reader.rest.is_empty() {
            Ok(filter)
        } else {
            Err(NOT_UNDERSTOOD)
        }
    }

    /// Whether the resource fits.
    pub fn admits(&self, resource: &Map<String, Value>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.admits(resource)),
            Self::Present(of) => of.values(resource).into_iter().any(is_assigned),
            Self::Equals(of, literal) => {
                let values = of.values(resource);
                if *literal == Literal::Null {
                    return values.is_empty();
                }
                values
                    .into_iter()
                    .any(|value| literal.is(value, of.leaf().case_exact))
            }
            Self::Element(of, filter) => of
                .values(resource)
                .into_iter()
                .filter_map(Value::as_object)
                .any(|element| filter.admits(element)),
        }
    }

    /// The comparisons of which every one must hold, each with its path.
    pub fn conditions(&self) -> Vec<(String, &Literal)> {
        match self {
            Self::And(all) => all.iter().flat_map(Self::conditions).collect(),
            Self::Equals(of, literal) => vec![(of.path(), literal)],
            Self::Element(of, inside) => inside
                .conditions()
                .into_iter()
                .map(|(path, literal)| (format!("{}.{path}", of.attribute.name), literal))
                .collect(),
            Self::Present(_) => Vec::new(),
        }
    }

    /// The element of a list that fits, made of what the filter asks for. None when it does not say that.
    pub(super) fn exemplar(&self) -> Option<Map<String, Value>> {
        match self {
            Self::And(all) => all.iter().try_fold(Map::new(), |mut made, filter| {
                made.extend(filter.exemplar()?);
                Some(made)
            }),
            Self::Equals(of, literal) => {
                let value = match literal {
                    Literal::Text(text) => Value::from(text.as_str()),
                    Literal::Boolean(truth) => Value::from(*truth),
                    Literal::Null => return None,
                };
                Some(Map::from_iter([(of.attribute.name.to_owned(), value)]))
            }
            Self::Present(_) | Self::Element(..) => None,
        }
    }
}

impl Literal {
    fn is(&self, value: &Value, case_exact: bool) -> bool {
        match (self, value) {
            (Self::Text(wanted), Value::String(found)) if case_exact => wanted == found,
            (Self::Text(wanted), Value::String(found)) => wanted.to_lowercase() == found.to_lowercase(),
            // Entra writes truths as texts.
            (Self::Text(wanted), Value::Bool(found)) => {
                wanted.eq_ignore_ascii_case(if *found { "true" } else { "false" })
            }
            (Self::Boolean(wanted), Value::Bool(found)) => wanted == found,
            _ => false,
        }
    }
}

fn is_assigned(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

const NOT_UNDERSTOOD: ScimFault =
    ScimFault::filter("Filters compare attributes with `eq` and `pr` and are joined by `and`.");

/// What the attributes of a filter belong to.
#[derive(Clone, Copy)]
enum Scope {
    Resource,
    Element(&'static [Attribute]),
}

/// Reads a filter from left to right.
pub(super) struct Reader<'t> {
    rest: &'t str,
    scope: Scope,
    terms: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, scope: Scope) -> Result<Self, ScimFault> {
        if text.len() > MAX_LENGTH {
            return Err(ScimFault::filter("The filter is too long."));
        }
        Ok(Self {
            rest: text,
            scope,
            terms: 0,
        })
    }

    /// Reads what stands in brackets; says what follows them.
    pub(super) fn value_filter(
        text: &'t str,
        parts: &'static [Attribute],
    ) -> Result<(Filter, &'t str), ScimFault> {
        let mut reader = Self::new(text, Scope::Element(parts))?;
        let filter = reader.conjunction()?;
        reader.skip_space();
        let rest = reader.rest.strip_prefix(']').ok_or(NOT_UNDERSTOOD)?;
        Ok((filter, rest))
    }

    fn conjunction(&mut self) -> Result<Filter, ScimFault> {
        let mut all = vec![self.term()?];
        while self.take_word("and") {
            all.push(self.term()?);
        }
        Ok(match all.pop() {
            Some(only) if all.is_empty() => only,
            last => {
                all.extend(last);
                Filter::And(all)
            }
        })
    }

    fn term(&mut self) -> Result<Filter, ScimFault> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(ScimFault::filter("The filter has too many comparisons."));
        }
        let of = self.comparable()?;
        let of = if let Some(inside) = self.rest.strip_prefix('[') {
            if !of.attribute.is_list || of.part.is_some() {
                return Err(NOT_UNDERSTOOD);
            }
            let (filter, rest) = Self::value_filter(inside, parts_of(of.attribute))?;
            self.rest = rest;
            let Some(rest) = self.rest.strip_prefix('.') else {
                return Ok(Filter::Element(of, Box::new(filter)));
            };
            // `emails[type eq "work"].value eq "a@b"`, as Entra matches.
            self.rest = rest;
            let part = self.part(parts_of(of.attribute))?;
            let inner = self.comparison(part)?;
            return Ok(Filter::Element(of, Box::new(Filter::And(vec![filter, inner]))));
        } else {
            of
        };
        self.comparison(of)
    }

    fn part(&mut self, parts: &'static [Attribute]) -> Result<Comparable, ScimFault> {
        let name = self.take_name();
        let attribute = schema::find(parts, name).ok_or(NOT_UNDERSTOOD)?;
        Ok(Comparable {
            is_extension: false,
            attribute,
            part: None,
        })
    }

    fn comparison(&mut self, of: Comparable) -> Result<Filter, ScimFault> {
        if self.take_word("pr") {
            return Ok(Filter::Present(of));
        }
        if !self.take_word("eq") {
            return Err(NOT_UNDERSTOOD);
        }
        let literal = self.literal()?;
        // A list of objects is compared by their values (RFC 7644 §3.4.2.2).
        let of = match (of.attribute.is_list, of.part) {
            (true, None) => Comparable {
                part: schema::find(EMAIL, "value"),
                ..of
            },
            _ => of,
        };
        if !parts_of(of.leaf()).is_empty() {
            return Err(ScimFault::filter("Compare a part of the attribute."));
        }
        Ok(Filter::Equals(of, literal))
    }

    fn comparable(&mut self) -> Result<Comparable, ScimFault> {
        self.skip_space();
        if let Scope::Element(parts) = self.scope {
            return self.part(parts);
        }
        let (attributes, is_extension) = match path::strip_schema(self.rest) {
            Some(Name::Extension(rest)) => {
                self.rest = rest;
                (schema::EXTENSION, true)
            }
            Some(Name::Core(rest)) => {
                self.rest = rest;
                (schema::USER, false)
            }
            None => (schema::USER, false),
        };
        let name = self.take_name();
        let attribute = schema::find(attributes, name)
            .or_else(|| schema::find(ID_ATTRIBUTE, name).filter(|_| !is_extension))
            .ok_or(ScimFault::filter("The filter names no attribute of the schema."))?;
        let part = match self.rest.strip_prefix('.') {
            Some(rest) => {
                self.rest = rest;
                let name = self.take_name();
                Some(schema::find(parts_of(attribute), name).ok_or(NOT_UNDERSTOOD)?)
            }
            None => None,
        };
        Ok(Comparable {
            is_extension,
            attribute,
            part,
        })
    }

    fn literal(&mut self) -> Result<Literal, ScimFault> {
        self.skip_space();
        if !self.rest.starts_with('"') {
            let word = self.take_name();
            return match word.to_ascii_lowercase().as_str() {
                "true" => Ok(Literal::Boolean(true)),
                "false" => Ok(Literal::Boolean(false)),
                "null" => Ok(Literal::Null),
                _ => Err(ScimFault::filter("Texts are compared in quotation marks.")),
            };
        }
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        let Some(Ok(text)) = stream.next() else {
            return Err(ScimFault::filter("A text does not end."));
        };
        self.rest = self.rest.get(stream.byte_offset()..).unwrap_or_default();
        Ok(Literal::Text(text))
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn take_name(&mut self) -> &'t str {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "$-_".contains(c)))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    /// Takes a word of the grammar, in any case, if it is next.
    fn take_word(&mut self, word: &str) -> bool {
        let trimmed = self.rest.trim_start_matches(' ');
        let Some((start, rest)) = trimmed.split_at_checked(word.len()) else {
            return false;
        };
        let ends = rest
            .chars()
            .next()
            .is_none_or(|c| !(c.is_ascii_alphanumeric() || "$-_".contains(c)));
        // A word of the grammar is set off from what stands before it.
        let is_apart = trimmed.len() < self.rest.len();
        if is_apart && ends && start.eq_ignore_ascii_case(word) {
            self.rest = rest;
            return true;
        }
        false
    }
}
