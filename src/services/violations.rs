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
