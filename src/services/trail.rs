//! What the use cases of the register leave in the audit: ids, words and the names of changed fields. Never
//! the values of the fields: they may be personal data, and the audit is kept for long.

use super::ServiceError;
use crate::db::{Tx, audit};
use serde_json::Value;
use std::fmt::Display;

/// Adds an entry. The part of `action` before the full stop is the kind of object.
pub(super) fn note(
    tx: &mut Tx<'_>,
    action: &'static str,
    object_id: impl Display,
    details: Value,
) -> Result<(), ServiceError> {
    let object_type = action.split_once('.').map_or(action, |(object, _)| object);
    audit::append(
        tx,
        audit::Entry {
            action,
            object_type,
            object_id: object_id.to_string(),
            termination: None,
            details,
        },
    )?;
    Ok(())
}

/// The names of the fields that differ.
pub(super) fn changed<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
}
