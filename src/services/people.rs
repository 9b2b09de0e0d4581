//! People: known through what sources deliver, or registered by hand.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, links, references, trail};
use crate::db::dialect::{self, Anchor};
use crate::db::{self, Tx};
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::page::{Page, PageRequest};
use crate::domain::person::{Person, may_see_protected};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::text::{EmailAddress, ExternalId, PersonName, SourceName};
use serde_json::json;

pub use crate::db::people::PersonFilter;

/// What a new person is made of.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Their name.
    pub name: Option<PersonName>,
    /// Where mail reaches them at work.
    pub email: Option<EmailAddress>,
    /// The language that they are written to in.
    pub language: Language,
    /// What the sources call them.
    pub identifiers: Vec<(SourceName, ExternalId)>,
    /// Whether their identity is protected.
    pub is_protected: bool,
}

/// What is to change. Nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct PersonPatch {
    /// A name, or none any more.
    pub name: Option<Option<PersonName>>,
    /// An address, or none any more.
    pub email: Option<Option<EmailAddress>>,
    /// A language.
    pub language: Option<Language>,
    /// What the sources call them from now on: all of it.
    pub identifiers: Option<Vec<(SourceName, ExternalId)>>,
    /// Whether their identity is protected from now on.
    pub is_protected: Option<bool>,
}

const NOT_FOUND: ServiceError = ServiceError::NotFound("person");

/// Registers a person.
///
/// # Errors
/// [`ServiceError::Invalid`] `unknown_source`; [`ServiceError::Conflict`] `person_identifier_taken`; as
/// [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<Person>,
    new: NewPerson,
) -> Result<Recorded<Person>, ServiceError> {
    let actor = ctx.actor.clone();
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        require_sources(tx, &new.identifiers)?;
        let person = Person {
            id: tx.new_id(),
            name: new.name.clone(),
            email: new.email.clone(),
            language: new.language,
            identifiers: in_order(new.identifiers.clone()),
            is_protected: new.is_protected,
            meta: Meta::new(tx.now()),
        };
        db::people::insert(tx, &person)?;
        let sources: Vec<&SourceName> = person.identifiers.iter().map(|(source, _)| source).collect();
        trail::note(tx, "person.created", person.id, json!({ "sources": sources }))?;
        Ok(person.seen_by(&actor))
    })
    .await
}

fn require_sources(tx: &mut Tx<'_>, identifiers: &[(SourceName, ExternalId)]) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    for (index, (source, _)) in identifiers.iter().enumerate() {
        let pointer = format!("/identifiers/{index}/source");
        references::source(tx, source, &pointer, &mut violations)?;
    }
    violations.finish()
}

/// The order in which they are read back.
fn in_order(mut identifiers: Vec<(SourceName, ExternalId)>) -> Vec<(SourceName, ExternalId)> {
    identifiers.sort();
    identifiers
}

/// One person.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: PersonId) -> Result<Person, ServiceError> {
    let actor = ctx.actor.clone();
    ctx.look_up(Action::ReadRegister, move |connection| {
        let found = db::people::find(connection, id)?.ok_or(NOT_FOUND)?;
        Ok(found.seen_by(&actor))
    })
    .await
}

/// One page of people.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    mut filter: PersonFilter,
    page: PageRequest,
) -> Result<Page<Person>, ServiceError> {
    let actor = ctx.actor.clone();
    // Whether anybody is found by the beginning of a name would tell the name.
    filter.hides_protected |= filter.name_prefix.is_some() && !may_see_protected(&actor);
    ctx.read(Action::ReadRegister, move |connection| {
        let people = db::people::list(connection, &filter, page)?;
        Ok(people.map(|person| person.seen_by(&actor)))
    })
    .await
}

/// Changes what is known of a person. A change to what it already is leaves the version as it was.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Invalid`] `unknown_source`;
/// [`ServiceError::Forbidden`] for taking the protection of an identity away without the scope to see it;
/// [`ServiceError::Conflict`] `person_identifier_taken`, or `person_identifier_in_use` when employments of a source
/// name a person that the source would have no name for any more; as [`Ctx::write`].
pub async fn update(
    ctx: &Ctx,
    id: PersonId,
    expected: ExpectedVersion,
    patch: PersonPatch,
) -> Result<Person, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write(Action::EditRegister, move |tx| {
        if patch.identifiers.is_some() {
            dialect::lock(tx, Anchor::Person(id))?;
        }
        let current = db::people::find(tx, id)?.ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        require_sources(tx, patch.identifiers.as_deref().unwrap_or_default())?;
        let mut person = patched(&current, &patch);
        if current.is_protected && !person.is_protected && !may_see_protected(&actor) {
            return Err(ServiceError::Forbidden(Action::EditRegister));
        }
        if person == current {
            return Ok(current.seen_by(&actor));
        }
        person.meta = current.meta.changed(tx.now());
        db::people::update(tx, &person)?;
        update_identifiers(tx, &current, &person)?;
        if person.email != current.email {
            links::address_changed_in(tx, &app, id)?;
        }
        let changed = trail::changed([
            ("name", person.name != current.name),
            ("email", person.email != current.email),
            ("language", person.language != current.language),
            ("identifiers", person.identifiers != current.identifiers),
            ("is_protected", person.is_protected != current.is_protected),
        ]);
        trail::note(tx, "person.changed", id, json!({ "changed": changed }))?;
        Ok(person.seen_by(&actor))
    })
    .await
}

fn patched(current: &Person, patch: &PersonPatch) -> Person {
    Person {
        name: patch.name.clone().unwrap_or_else(|| current.name.clone()),
        email: patch.email.clone().unwrap_or_else(|| current.email.clone()),
        language: patch.language.unwrap_or(current.language),
        is_protected: patch.is_protected.unwrap_or(current.is_protected),
        identifiers: in_order(
            patch
                .identifiers
                .clone()
                .unwrap_or_else(|| current.identifiers.clone()),
        ),
        ..current.clone()
    }
}

/// Adds and removes what sources call the person. A source whose employments name the person keeps a name for them:
/// without one, its next document would make a second person.
fn update_identifiers(tx: &mut Tx<'_>, before: &Person, after: &Person) -> Result<(), ServiceError> {
    let without = |from: &Person, other: &Person| -> Vec<_> {
        let missing = from
            .identifiers
            .iter()
            .filter(|pair| !other.identifiers.contains(pair));
        missing.cloned().collect()
    };
    let (removed, added) = (without(before, after), without(after, before));
    let is_known_to = |source: &SourceName| after.identifiers.iter().any(|(known, _)| known == source);
    if removed.iter().any(|(source, _)| !is_known_to(source)) {
        let referring = db::people::referring_sources(tx, after.id)?;
        let lost =
            |(source, _): &(SourceName, ExternalId)| referring.contains(source) && !is_known_to(source);
        if removed.iter().any(lost) {
            return Err(ServiceError::Conflict {
                code: "person_identifier_in_use",
                detail: "Employments of the source name this person. Keep an identifier of that source.",
            });
        }
    }
    db::people::delete_identifiers(tx, after.id, &removed)?;
    db::people::insert_identifiers(tx, after.id, &added)?;
    Ok(())
}
