//! Whom an account belongs to, and what it says about them that no source does.

use super::super::{ServiceError, terminations, trail};
use crate::app::App;
use crate::db::{self, DbConnection, DbError, Tx};
use crate::domain::ids::PersonId;
use crate::domain::person::Person;
use crate::domain::scim::{Connection, Facts, ScimUser, facts};
use crate::domain::text::{EmailAddress, PersonName, SourceName};
use serde_json::json;
use std::collections::BTreeSet;

/// The person that an account belongs to: whom the sources call what it calls itself, else whoever has its address. None
/// unless it is exactly one.
pub(super) fn owner_of(
    connection: &mut DbConnection,
    source: Option<&SourceName>,
    facts: &Facts,
) -> Result<Option<PersonId>, DbError> {
    for id in [&facts.external_id, &facts.employee_number].into_iter().flatten() {
        let people = db::scim_users::people_called(connection, source, id)?;
        if let Some(person) = only(people) {
            return Ok(Some(person));
        }
    }
    for address in &facts.emails {
        let people = db::scim_users::people_at(connection, address)?;
        if let Some(person) = only(people) {
            return Ok(Some(person));
        }
    }
    Ok(None)
}

fn only(people: BTreeSet<PersonId>) -> Option<PersonId> {
    let mut people = people.into_iter();
    let first = people.next();
    if people.next().is_some() { None } else { first }
}

/// Ties an account to its person, if it belongs to nobody yet and the person is known.
pub(super) fn claim_in(tx: &mut Tx<'_>, owner: &Connection, user: &mut ScimUser) -> Result<(), ServiceError> {
    if user.person_id.is_some() {
        return Ok(());
    }
    user.person_id = owner_of(tx, owner.source.as_ref(), &facts(&user.attributes))?;
    if let Some(person) = user.person_id {
        trail::note(tx, "scim_user.linked", user.id, json!({ "person": person }))?;
    }
    Ok(())
}

/// Lets go of the person: the account calls itself something else, and may be somebody else's now. What it has filled in
/// stays until a source says otherwise.
pub(super) fn release_in(tx: &mut Tx<'_>, user: &mut ScimUser) -> Result<(), ServiceError> {
    let Some(person) = user.person_id.take() else {
        return Ok(());
    };
    (user.fills_name, user.fills_email) = (false, false);
    trail::note(tx, "scim_user.released", user.id, json!({ "person": person }))
}

/// Fills in what no source says about the person. `before` is what the account said until now: what stems from it
/// follows it, what stems from a source stays.
pub(super) fn fill_in(
    tx: &mut Tx<'_>,
    user: &mut ScimUser,
    before: Option<&Facts>,
) -> Result<(), ServiceError> {
    let Some(id) = user.person_id else { return Ok(()) };
    let Some(known) = db::people::find(tx, id)? else {
        return Ok(());
    };
    let now = facts(&user.attributes);
    let name = |facts: &Facts| {
        facts
            .name
            .as_deref()
            .and_then(|name| PersonName::parse(name).ok())
    };
    let address = |facts: &Facts| {
        facts
            .emails
            .iter()
            .find_map(|text| EmailAddress::parse(text).ok())
    };
    let mut person = known.clone();
    let is_ours = user.fills_name && before.is_some_and(|before| name(before) == known.name);
    (person.name, user.fills_name) = filled(known.name.clone(), is_ours, name(&now));
    let is_ours = user.fills_email && before.is_some_and(|before| address(before) == known.email);
    (person.email, user.fills_email) = filled(known.email.clone(), is_ours, address(&now));
    if person != known {
        store_in(tx, &known, person)?;
    }
    Ok(())
}

/// What stands in a gap from now on, and whether it is the account's.
fn filled<T>(known: Option<T>, is_ours: bool, said: Option<T>) -> (Option<T>, bool) {
    match (known, said) {
        (None, Some(said)) => (Some(said), true),
        (Some(_), Some(said)) if is_ours => (Some(said), true),
        (known, _) => (known, is_ours),
    }
}

fn store_in(tx: &mut Tx<'_>, known: &Person, mut person: Person) -> Result<(), ServiceError> {
    person.meta = known.meta.changed(tx.now());
    db::people::update(tx, &person)?;
    let changed = trail::changed([
        ("name", known.name != person.name),
        ("email", known.email != person.email),
    ]);
    let details = json!({ "changed": changed, "incomplete": person.is_incomplete() });
    trail::note(tx, "person.changed", person.id, details)
}

/// Ties the accounts that waited for this person to them. To be called when a source has named somebody new.
pub(in crate::services) fn link_person_in(tx: &mut Tx<'_>, person: PersonId) -> Result<(), ServiceError> {
    let Some(person) = db::people::find(tx, person)? else {
        return Ok(());
    };
    let ids: Vec<String> = person
        .identifiers
        .iter()
        .map(|(_, id)| id.as_str().to_owned())
        .collect();
    let address = person.email.as_ref().map(|address| address.as_str());
    for mut user in db::scim_users::unclaimed(tx, &ids, address)? {
        let Some(owner) = db::scim_connections::find(tx, user.connection_id)? else {
            continue;
        };
        claim_in(tx, &owner, &mut user)?;
        if user.person_id.is_some() {
            fill_in(tx, &mut user, None)?;
            db::scim_users::link(tx, &user)?;
        }
    }
    Ok(())
}

/// Who leads somebody, as directories say. The managers' accounts must belong to somebody.
pub(in crate::services) fn known_manager(
    connection: &mut DbConnection,
    person: PersonId,
) -> Result<Option<PersonId>, ServiceError> {
    for user in db::scim_users::of_person(connection, person)? {
        let manager = facts(&user.attributes).manager.and_then(|id| id.parse().ok());
        let Some(manager) = manager else { continue };
        let account = db::scim_users::find(connection, user.connection_id, manager)?;
        if let Some(leader) = account
            .and_then(|account| account.person_id)
            .filter(|id| *id != person)
        {
            return Ok(Some(leader));
        }
    }
    Ok(None)
}

/// What follows from another manager: cases of employments for which HR names none have another receiver.
pub(super) fn manager_changed_in(tx: &mut Tx<'_>, app: &App, person: PersonId) -> Result<(), ServiceError> {
    for employment in db::employments::of_person(tx, person)? {
        if employment.manager_id.is_some() {
            continue;
        }
        if let Some(record) = db::terminations::find_active(tx, employment.id)? {
            terminations::asked_first_changed_in(tx, app, &record)?;
        }
    }
    Ok(())
}
