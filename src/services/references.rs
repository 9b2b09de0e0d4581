//! Whether what a command refers to is there. A missing one is a broken rule of the command, so that it is
//! reported together with the others and says where it stands.

use super::{ServiceError, Violations};
use crate::db::{self, DbConnection, DbError};
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::text::SourceName;
use crate::domain::unit::Unit;

/// Notes a legal entity that does not exist.
pub(super) fn legal_entity(
    connection: &mut DbConnection,
    id: LegalEntityId,
    pointer: &str,
    violations: &mut Violations,
) -> Result<(), DbError> {
    if db::legal_entities::find(connection, id)?.is_none() {
        violations.add(
            pointer,
            "unknown_legal_entity",
            "There is no legal entity with this id.",
        );
    }
    Ok(())
}

/// Notes a person who does not exist.
pub(super) fn person(
    connection: &mut DbConnection,
    id: PersonId,
    pointer: &str,
    violations: &mut Violations,
) -> Result<(), DbError> {
    if db::people::find(connection, id)?.is_none() {
        violations.add(pointer, "unknown_person", "There is no person with this id.");
    }
    Ok(())
}

/// Notes a unit that has become part of another: nothing new refers to it.
pub(super) fn not_merged(unit: &Unit, pointer: &str, violations: &mut Violations) {
    if unit.merged().is_some() {
        violations.add(
            pointer,
            "unit_merged",
            "The unit has become part of another. Name that one instead: the merger of the unit says which.",
        );
    }
}

/// Notes a unit that is none of the legal entity, in the given words, or that has become part of another.
pub(super) fn unit_of(
    connection: &mut DbConnection,
    (id, entity): (UnitId, LegalEntityId),
    (pointer, unknown): (&str, &'static str),
    violations: &mut Violations,
) -> Result<(), DbError> {
    let found = db::units::find(connection, id)?;
    match found.filter(|unit| unit.legal_entity_id == entity) {
        Some(unit) => not_merged(&unit, pointer, violations),
        None => violations.add(pointer, "unknown_unit", unknown),
    }
    Ok(())
}

/// Notes a source that does not exist.
pub(super) fn source(
    connection: &mut DbConnection,
    name: &SourceName,
    pointer: &str,
    violations: &mut Violations,
) -> Result<(), DbError> {
    if db::sources::find(connection, name)?.is_none() {
        violations.add(
            pointer,
            "unknown_source",
            "There is no source with this name. Register it first.",
        );
    }
    Ok(())
}

/// Refuses an edit that was made for another version than there is.
pub(super) fn check_version(expected: &ExpectedVersion, meta: Meta) -> Result<(), ServiceError> {
    if expected.admits(meta.version) {
        Ok(())
    } else {
        Err(ServiceError::Stale {
            current: meta.version,
        })
    }
}
