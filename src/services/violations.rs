//! Collects everything that is wrong with what was sent, so that one answer tells all of it.

use super::{ServiceError, Violation};
use crate::domain::text::TextError;

/// The broken rules so far, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Notes a broken rule.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: &'static str) {
        self.0.push(Violation {
            pointer: pointer.into(),
            code,
            detail,
        });
    }

    /// The value, or a note of why it is none.
    pub fn take<T>(&mut self, pointer: impl Into<String>, parsed: Result<T, TextError>) -> Option<T> {
        parsed
            .map_err(|error| self.add(pointer, error.code, error.detail))
            .ok()
    }

    /// The value of a member that may be absent.
    pub fn take_optional<T>(
        &mut self,
        pointer: impl Into<String>,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Option<T> {
        text.and_then(|text| self.take(pointer, parse(&text)))
    }

    /// The value of a member that may be absent, or null to clear it.
    pub fn take_nullable<T>(
        &mut self,
        pointer: impl Into<String>,
        text: Option<Option<String>>,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Option<Option<T>> {
        text.map(|text| self.take_optional(pointer, text, parse))
    }

    /// The values of a list; those that are none are left out, and noted with their place.
    pub fn take_all<T>(
        &mut self,
        pointer: &str,
        texts: &[String],
        parse: impl Fn(&str) -> Result<T, TextError>,
    ) -> Vec<T> {
        texts
            .iter()
            .enumerate()
            .filter_map(|(index, text)| self.take(format!("{pointer}/{index}"), parse(text)))
            .collect()
    }

    /// What was made of the values, if no rule was broken.
    ///
    /// # Errors
    /// As [`Violations::finish`].
    pub fn finish_with<T>(self, made: Option<T>) -> Result<T, ServiceError> {
        self.finish()?;
        made.ok_or_else(|| ServiceError::Internal("a value is missing without a broken rule".to_owned()))
    }

    /// Refuses what was sent if any rule was broken.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with all of them.
    pub fn finish(self) -> Result<(), ServiceError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ServiceError::Invalid(self.0))
        }
    }
}
