//! Which attributes an answer has (RFC 7644 §3.9).

use super::path::{self, Name};
use super::schema;
use serde_json::{Map, Value};

/// What is asked for or not wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    only: Vec<Wanted>,
    without: Vec<Wanted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    is_extension: bool,
    /// In small letters; empty for the whole extension.
    name: String,
    part: Option<String>,
}

impl Projection {
    /// Reads the names of `attributes` and `excludedAttributes`. Names that the schema does not have ask for nothing.
    pub fn new<'t>(
        attributes: impl IntoIterator<Item = &'t str>,
        excluded: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let read = |name: &'t str| -> Option<Wanted> {
            let (is_extension, rest) = match path::strip_schema(name.trim())? {
                Name::Core("") => return None,
                Name::Core(rest) => (false, rest),
                Name::Extension(rest) => (true, rest),
            };
            let (name, part) = rest
                .split_once('.')
                .map_or((rest, None), |(name, part)| (name, Some(part)));
            Some(Wanted {
                is_extension,
                name: name.to_ascii_lowercase(),
                part: part.map(str::to_ascii_lowercase),
            })
        };
        Self {
            only: attributes.into_iter().filter_map(read).collect(),
            without: excluded.into_iter().filter_map(read).collect(),
        }
    }

    /// The resource with what is wanted. `id` and `schemas` are always there.
    pub fn of(&self, resource: Map<String, Value>) -> Map<String, Value> {
        if self.only.is_empty() && self.without.is_empty() {
            return resource;
        }
        resource
            .into_iter()
            .filter_map(|(name, value)| {
                if name == "id" || name == "schemas" {
                    return Some((name, value));
                }
                let kept = if name == schema::ENTERPRISE {
                    self.extension(value)
                } else {
                    self.member(false, &name, value)
                };
                kept.map(|value| (name, value))
            })
            .collect()
    }

    fn extension(&self, value: Value) -> Option<Value> {
        let is_whole = |list: &[Wanted]| {
            list.iter()
                .any(|wanted| wanted.is_extension && wanted.name.is_empty())
        };
        if is_whole(&self.without) {
            return None;
        }
        if self.without.is_empty() && is_whole(&self.only) {
            return Some(value);
        }
        let Value::Object(members) = value else {
            return None;
        };
        let kept: Map<String, Value> = members
            .into_iter()
            .filter_map(|(name, value)| self.member(true, &name, value).map(|value| (name, value)))
            .collect();
        (!kept.is_empty()).then(|| kept.into())
    }

    fn member(&self, is_extension: bool, name: &str, value: Value) -> Option<Value> {
        let about = |list: &'_ [Wanted]| -> Vec<Wanted> {
            list.iter()
                .filter(|wanted| {
                    wanted.is_extension == is_extension && wanted.name.eq_ignore_ascii_case(name)
                })
                .cloned()
                .collect()
        };
        if !self.only.is_empty() {
            let wanted = about(&self.only);
            if wanted.iter().any(|wanted| wanted.part.is_none()) {
                return Some(value);
            }
            let parts: Vec<String> = wanted.into_iter().filter_map(|wanted| wanted.part).collect();
            return (!parts.is_empty()).then(|| with_parts(value, |part| parts.contains(&part)));
        }
        let unwanted = about(&self.without);
        if unwanted.iter().any(|unwanted| unwanted.part.is_none()) {
            return None;
        }
        let parts: Vec<String> = unwanted
            .into_iter()
            .filter_map(|unwanted| unwanted.part)
            .collect();
        Some(if parts.is_empty() {
            value
        } else {
            with_parts(value, |part| !parts.contains(&part))
        })
    }
}

fn with_parts(value: Value, is_kept: impl Fn(String) -> bool + Copy) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(name, _)| is_kept(name.to_ascii_lowercase()))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(elements) => elements
            .into_iter()
            .map(|element| with_parts(element, is_kept))
            .collect::<Vec<_>>()
            .into(),
        other => other,
    }
}
