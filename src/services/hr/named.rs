//! Whom and what a document names: found, brought up to date, or made as a stub.

use crate::app::App;
use crate::db::{self, Constraint, DbError, Tx, dialect};
use crate::domain::employment::{Employment, EmploymentDocument, PersonReference};
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::person::Person;
use crate::domain::record::Meta;
use crate::domain::source::Source;
use crate::domain::unit::{Merger, Unit};
use crate::services::units::MAX_DEPTH;
use crate::services::{ServiceError, links, scim, trail};
use serde_json::json;

/// Whom and what a document names.
pub(super) struct Named {
    pub person: PersonId,
    pub manager: Option<PersonId>,
    pub unit: UnitPlace,
}

/// Looks up whom and what a document names. The person and the manager are not read again where the version before
/// named them with the same words and they still are who the source means: that version brought them up to date.
pub(super) fn named(
    tx: &mut Tx<'_>,
    app: &App,
    source: &Source,
    (stored, document): (Option<&(Employment, Unit)>, &EmploymentDocument),
) -> Result<Named, ServiceError> {
    let [person_id, manager_id] = match stored {
        Some((before, _)) => named_again(tx, source, before, document)?,
        None => [None, None],
    };
    let person_id = match person_id {
        Some(id) => id,
        None => person(tx, app, source, &document.person)?,
    };
    let manager = match (&document.manager, manager_id) {
        (None, _) => None,
        (Some(_), Some(id)) => Some(id),
        (Some(manager), None) => Some(person(tx, app, source, manager)?),
    };
    Ok(Named {
        person: person_id,
        manager,
        unit: unit(tx, source, stored, document)?,
    })
}

/// The person and the manager, as far as the version before named them with the same words and they are who the source
/// means now.
fn named_again(
    tx: &mut Tx<'_>,
    source: &Source,
    before: &Employment,
    document: &EmploymentDocument,
) -> Result<[Option<PersonId>; 2], ServiceError> {
    let manager = before.document.manager.as_ref().zip(before.manager_id);
    let again: [Option<(&PersonReference, PersonId)>; 2] = [
        Some((&before.document.person, before.person_id)).filter(|(then, _)| **then == document.person),
        manager.filter(|(then, _)| document.manager.as_ref() == Some(then)),
    ];
    let asked: Vec<_> = again
        .iter()
        .flatten()
        .map(|(reference, _)| &reference.external_id)
        .collect();
    let meant = db::people::ids_of(tx, &source.name, &asked)?;
    Ok(again.map(|one| {
        let (reference, id) = one?;
        meant.contains(&(reference.external_id.clone(), id)).then_some(id)
    }))
}

/// The person that a document names: found, brought up to date, or made as a stub.
fn person(
    tx: &mut Tx<'_>,
    app: &App,
    source: &Source,
    reference: &PersonReference,
) -> Result<PersonId, ServiceError> {
    let now = tx.now();
    let Some(known) = db::people::find_external(tx, &source.name, &reference.external_id)? else {
        let person = Person {
            id: tx.new_id(),
            name: reference.name.clone(),
            email: reference.email.clone(),
            language: reference.language.unwrap_or_default(),
            identifiers: vec![(source.name.clone(), reference.external_id.clone())],
            is_protected: reference.is_protected.unwrap_or_default(),
            meta: Meta::new(now),
        };
        db::people::insert(tx, &person).map_err(met)?;
        trail::note(
            tx,
            "person.created",
            person.id,
            json!({ "incomplete": person.is_incomplete() }),
        )?;
        scim::link_person_in(tx, person.id)?;
        return Ok(person.id);
    };
    let mut person = known.clone();
    person.name = reference.name.clone().or(person.name);
    person.email = reference.email.clone().or(person.email);
    person.language = reference.language.unwrap_or(person.language);
    person.is_protected = reference.is_protected.unwrap_or(person.is_protected);
    if person != known {
        person.meta = known.meta.changed(now);
        db::people::update(tx, &person)?;
        trail::note(
            tx,
            "person.changed",
            person.id,
            json!({ "incomplete": person.is_incomplete() }),
        )?;
        if person.email != known.email {
            links::address_changed_in(tx, app, person.id)?;
            scim::link_person_in(tx, person.id)?;
        }
    }
    Ok(person.id)
}

/// Two documents that came together and name the same new person or unit are no conflict: the later one runs again and
/// finds what the earlier one has made.
fn met(error: DbError) -> ServiceError {
    match error {
        DbError::Unique(Constraint::PersonIdentifier | Constraint::UnitExternalId) => ServiceError::Busy,
        other => other.into(),
    }
}

/// Where somebody works.
pub(super) struct UnitPlace {
    pub id: UnitId,
    pub legal_entity_id: LegalEntityId,
}

/// The unit that a document names: found, or made as a stub under the source's legal entity. One that has become part of
/// another is that one, but for whoever had left by then.
fn unit(
    tx: &mut Tx<'_>,
    source: &Source,
    stored: Option<&(Employment, Unit)>,
    document: &EmploymentDocument,
) -> Result<UnitPlace, ServiceError> {
    let external_id = &document.unit;
    let is_meant = |unit: &&Unit| {
        let meant = unit
            .external
            .as_ref()
            .is_some_and(|(of, id)| *of == source.name && id == external_id);
        meant && unit.merged().is_none()
    };
    // Usually it is the one that the employment is in.
    if let Some(unit) = stored.map(|(_, unit)| unit).filter(is_meant) {
        return Ok(UnitPlace {
            id: unit.id,
            legal_entity_id: unit.legal_entity_id,
        });
    }
    if let Some(known) = db::units::find_external(tx, &source.name, external_id)? {
        let counts = |merger: &Merger| document.end_date.is_none_or(|end| end >= merger.effective_on);
        let unit = db::units::standing(tx, known, MAX_DEPTH, counts)?;
        if stored.is_none_or(|(stored, _)| stored.unit_id != unit.id) {
            keep(tx, &unit)?;
        }
        return Ok(UnitPlace {
            id: unit.id,
            legal_entity_id: unit.legal_entity_id,
        });
    }
    let unit = Unit {
        id: tx.new_id(),
        legal_entity_id: source.legal_entity_id,
        parent_id: None,
        name: external_id.as_str().to_owned(),
        external: Some((source.name.clone(), external_id.clone())),
        coordinator_id: None,
        is_incomplete: true,
        merger: None,
        meta: Meta::new(tx.now()),
    };
    db::units::insert(tx, &unit).map_err(met)?;
    trail::note(tx, "unit.created", unit.id, json!({ "incomplete": true }))?;
    Ok(UnitPlace {
        id: unit.id,
        legal_entity_id: unit.legal_entity_id,
    })
}

/// Keeps the unit as it was read until the employment refers to it. If it was becoming part of another, the document runs
/// again and finds that one.
fn keep(tx: &mut Tx<'_>, unit: &Unit) -> Result<(), ServiceError> {
    match dialect::keep(tx, unit.id)? {
        Some(version) if version != unit.meta.version => Err(ServiceError::Busy),
        Some(_) | None => Ok(()),
    }
}
