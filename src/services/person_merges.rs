//! Two people whom sources delivered apart turn out to be one. What one of them had goes to the other; what went is
//! recorded, and goes back when that was wrong.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, terminations, trail};
use crate::app::App;
use crate::db::dialect::{self, Anchor};
use crate::db::{self, Tx};
use crate::domain::delegation::Delegate;
use crate::domain::employment::Employment;
use crate::domain::ids::{EmploymentId, PersonId, PersonMergeId};
use crate::domain::person::{Moved, PersonMerge};
use crate::domain::policy::Action;
use crate::domain::termination::TerminationRecord;
use serde_json::json;

const NOT_FOUND: ServiceError = ServiceError::NotFound("person");

/// Takes another person in: they were the same all along.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] `unknown_person`, `same_person`; [`ServiceError::Conflict`]
/// `person_merged` when one of them was taken in by somebody before; as [`Ctx::write_once`].
pub async fn merge(
    ctx: &Ctx,
    person: PersonId,
    other: PersonId,
    recorder: Recorder<PersonMerge>,
) -> Result<Recorded<PersonMerge>, ServiceError> {
    let app = ctx.app.clone();
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        merge_in(tx, &app, person, other)
    })
    .await
}

fn merge_in(
    tx: &mut Tx<'_>,
    app: &App,
    person: PersonId,
    other: PersonId,
) -> Result<PersonMerge, ServiceError> {
    lock_both(tx, person, other)?;
    db::people::find(tx, person)?.ok_or(NOT_FOUND)?;
    let mut violations = Violations::default();
    if person == other {
        violations.add("/merged_id", "same_person", "Nobody is merged with themselves.");
    }
    references::person(tx, other, "/merged_id", &mut violations)?;
    violations.finish()?;
    for id in [person, other] {
        let is_gone = |merge: &PersonMerge| merge.merged_id == id && merge.undone_at.is_none();
        if db::person_merges::of_person(tx, id)?.iter().any(is_gone) {
            return Err(ServiceError::Conflict {
                code: "person_merged",
                detail: "One of the two was taken in by somebody else before. Undo that first.",
            });
        }
    }
    let merge = PersonMerge {
        id: tx.new_id(),
        person_id: person,
        merged_id: other,
        moved: belongings(tx, other)?,
        merged_at: tx.now(),
        undone_at: None,
    };
    move_in(tx, (other, person), &merge.moved)?;
    protect_in(tx, (other, person))?;
    db::person_merges::insert(tx, &merge)?;
    follow_in(tx, app, &[person])?;
    let details = json!({
        "merge": merge.id,
        "merged": other,
        "employments": merge.moved.employments,
        "led": merge.moved.led.len(),
        "terminations": merge.moved.terminations,
    });
    trail::note(tx, "person.merged", person, details)?;
    Ok(merge)
}

/// Whoever is protected under one name is so under both.
fn protect_in(tx: &mut Tx<'_>, (from, to): (PersonId, PersonId)) -> Result<(), ServiceError> {
    let merged = db::people::find(tx, from)?.ok_or(NOT_FOUND)?;
    let mut stays = db::people::find(tx, to)?.ok_or(NOT_FOUND)?;
    if merged.is_protected && !stays.is_protected {
        stays.is_protected = true;
        stays.meta = stays.meta.changed(tx.now());
        db::people::update(tx, &stays)?;
        trail::note(tx, "person.changed", to, json!({ "changed": ["is_protected"] }))?;
    }
    Ok(())
}

/// Undoes a merge: what went to the person who stayed goes back, as far as it still is with them.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `merge_undone`; as [`Ctx::write_once`].
pub async fn undo(
    ctx: &Ctx,
    (person, id): (PersonId, PersonMergeId),
    recorder: Recorder<PersonMerge>,
) -> Result<Recorded<PersonMerge>, ServiceError> {
    let app = ctx.app.clone();
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        let found = db::person_merges::find(tx, id)?.filter(|merge| merge.person_id == person);
        let mut merge = found.ok_or(ServiceError::NotFound("merge"))?;
        if merge.undone_at.is_some() {
            return Err(ServiceError::Conflict {
                code: "merge_undone",
                detail: "This merge was undone before.",
            });
        }
        lock_both(tx, merge.person_id, merge.merged_id)?;
        move_in(tx, (merge.person_id, merge.merged_id), &merge.moved)?;
        db::person_merges::undo(tx, id)?;
        follow_in(tx, &app, &[merge.person_id, merge.merged_id])?;
        let details = json!({ "merge": id, "merged": merge.merged_id });
        trail::note(tx, "person.unmerged", person, details)?;
        merge.undone_at = Some(tx.now());
        Ok(merge)
    })
    .await
}

/// The merges in which a person took part, undone ones too.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn list(ctx: &Ctx, person: PersonId) -> Result<Vec<PersonMerge>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        db::people::find(connection, person)?.ok_or(NOT_FOUND)?;
        Ok(db::person_merges::of_person(connection, person)?)
    })
    .await
}

/// In one order, so that two merges of the same people do not wait for each other.
fn lock_both(tx: &mut Tx<'_>, one: PersonId, other: PersonId) -> Result<(), ServiceError> {
    dialect::lock(tx, Anchor::Person(one.min(other)))?;
    if one != other {
        dialect::lock(tx, Anchor::Person(one.max(other)))?;
    }
    Ok(())
}

fn belongings(tx: &mut Tx<'_>, person: PersonId) -> Result<Moved, ServiceError> {
    let found = db::people::find(tx, person)?.ok_or(NOT_FOUND)?;
    let own = db::employments::of_person(tx, person)?;
    let mut terminations = Vec::new();
    for employment in &own {
        if let Some(record) = db::terminations::find_active(tx, employment.id)? {
            terminations.push(record.termination.id);
        }
    }
    let ids = |employments: Vec<Employment>| employments.iter().map(|found| found.id).collect();
    Ok(Moved {
        identifiers: found.identifiers,
        employments: ids(own),
        led: ids(db::employments::led_by(tx, person)?),
        terminations,
        accounts: db::scim_users::of_person(tx, person)?
            .iter()
            .map(|account| account.id)
            .collect(),
        links: db::action_links::live_of(tx, person)?,
        numbers: db::number_quarantines::of_person(tx, person)?,
        delegated: db::terminations::delegated_to(tx, person)?,
    })
}

fn move_in(tx: &mut Tx<'_>, (from, to): (PersonId, PersonId), moved: &Moved) -> Result<(), ServiceError> {
    db::people::move_identifiers(tx, (from, to), &moved.identifiers)?;
    for id in &moved.employments {
        rewrite(tx, *id, |employment| {
            replace(&mut employment.person_id, (from, to))
        })?;
    }
    for id in &moved.led {
        rewrite(tx, *id, |employment| {
            employment
                .manager_id
                .as_mut()
                .is_some_and(|manager| replace(manager, (from, to)))
        })?;
    }
    for id in &moved.accounts {
        db::scim_users::give(tx, *id, (from, to))?;
        db::account_reviews::give(tx, *id, (from, to))?;
    }
    for number in &moved.numbers {
        db::number_quarantines::give(tx, number, (from, to))?;
    }
    // The mailbox is the same person's: what waits there can be answered as before.
    for id in &moved.links {
        db::action_links::give(tx, *id, (from, to))?;
    }
    for id in &moved.delegated {
        let before = terminations::get_in(tx, *id)?;
        if before.termination.is_active() && before.delegate == Some(Delegate::Person(from)) {
            let after = TerminationRecord {
                delegate: Some(Delegate::Person(to)),
                meta: before.meta.changed(tx.now()),
                ..before.clone()
            };
            db::terminations::update(tx, &before, &after)?;
        }
    }
    for id in &moved.terminations {
        let before = terminations::get_in(tx, *id)?;
        let mut after = before.clone();
        if before.termination.is_active() && replace(&mut after.person_id, (from, to)) {
            after.meta = before.meta.changed(tx.now());
            db::terminations::update(tx, &before, &after)?;
        }
    }
    Ok(())
}

fn replace(person: &mut PersonId, (from, to): (PersonId, PersonId)) -> bool {
    let is_theirs = *person == from;
    if is_theirs {
        *person = to;
    }
    is_theirs
}

/// Stores the employment as a new version if the change did something.
fn rewrite(
    tx: &mut Tx<'_>,
    id: EmploymentId,
    change: impl FnOnce(&mut Employment) -> bool,
) -> Result<(), ServiceError> {
    let Some(before) = db::employments::find(tx, id)? else {
        return Ok(());
    };
    let mut after = before.clone();
    if change(&mut after) {
        after.meta = before.meta.changed(tx.now());
        db::employments::update(tx, &before, &after)?;
    }
    Ok(())
}

/// An end may be a move now that somebody has another employment, or no longer one.
fn follow_in(tx: &mut Tx<'_>, app: &App, people: &[PersonId]) -> Result<(), ServiceError> {
    for person in people {
        for employment in db::employments::of_person(tx, *person)? {
            terminations::follow_employment_in(tx, app, &employment)?;
        }
    }
    Ok(())
}
