//! What a merger does on its day, all of it in one transaction.

use crate::app::App;
use crate::db::dialect::{self, Anchor};
use crate::db::{self, Tx};
use crate::domain::employment::Employment;
use crate::domain::ids::{TaskId, UnitId};
use crate::domain::task::{OrganisationChange, TaskFacts, TaskKind};
use crate::domain::unit::{Merger, Unit};
use crate::services::tasks::{self, NewTask};
use crate::services::{ServiceError, claims, subscriptions, terminations, trail};
use chrono::NaiveDate;
use serde_json::json;

/// How many employments are read at once.
const BATCH: i64 = 200;

/// Makes the unit part of the other one, which was checked. It keeps its name and stands under the other from now on, so
/// that what it was answers to whoever answers there; its own coordinator has nothing left to coordinate.
///
/// # Errors
/// Only what the database reports.
pub(super) fn carry_out_in(
    tx: &mut Tx<'_>,
    app: &App,
    current: &Unit,
    merger: Merger,
) -> Result<Unit, ServiceError> {
    let (from, into) = (current.id, merger.into_id);
    dialect::lock(tx, Anchor::Unit(from))?;
    dialect::lock_employments(tx, from)?;
    let asked = terminations::asked_within_in(tx, app, from)?;
    let units = lift_children_in(tx, (from, into))?;
    let unit = put_under_in(tx, current, merger)?;
    let employments = move_employments_in(tx, (from, into), merger.effective_on)?;
    let terminations = terminations::unit_merged_in(tx, app, asked, (from, into))?;
    let subscriptions = subscriptions::unit_merged_in(tx, (from, into))?;
    let tasks = tasks::unit_merged_in(tx, (from, into))?;
    let claims = claims::unit_merged_in(tx, (from, into))?;
    let notice = tell_desk_in(tx, app, &unit, merger.effective_on)?;
    let details = json!({
        "into_id": into,
        "effective_on": merger.effective_on,
        "parent_before": current.parent_id,
        "coordinator_before": current.coordinator_id,
        "units": units,
        "employments": employments,
        "terminations": terminations,
        "subscriptions": subscriptions,
        "tasks": tasks,
        "claims": claims,
        "notice": notice,
    });
    trail::note(tx, "unit.merged", from, details)?;
    Ok(unit)
}

fn put_under_in(tx: &mut Tx<'_>, current: &Unit, merger: Merger) -> Result<Unit, ServiceError> {
    let unit = Unit {
        parent_id: Some(merger.into_id),
        coordinator_id: None,
        is_incomplete: false,
        merger: Some(Merger {
            merged_at: Some(tx.now()),
            ..merger
        }),
        meta: current.meta.changed(tx.now()),
        ..current.clone()
    };
    db::units::update(tx, &unit)?;
    Ok(unit)
}

/// What was below the unit is below the other one; the rule about depth was checked for all of it.
fn lift_children_in(tx: &mut Tx<'_>, (from, into): (UnitId, UnitId)) -> Result<usize, ServiceError> {
    let children = db::units::children(tx, from)?;
    for child in &children {
        let lifted = Unit {
            parent_id: Some(into),
            meta: child.meta.changed(tx.now()),
            ..child.clone()
        };
        db::units::update(tx, &lifted)?;
        let details = json!({ "changed": ["parent_id"], "merger_of": from });
        trail::note(tx, "unit.changed", child.id, details)?;
    }
    Ok(children.len())
}

/// Every employment that is not over on the day is one in the other unit, as a new version with the same document. Says
/// how many.
fn move_employments_in(
    tx: &mut Tx<'_>,
    (from, into): (UnitId, UnitId),
    day: NaiveDate,
) -> Result<usize, ServiceError> {
    let mut moved = 0;
    loop {
        // Whoever has moved is not found again.
        let found = db::employments::going_on_in_unit(tx, from, (day, BATCH))?;
        if found.is_empty() {
            return Ok(moved);
        }
        for before in &found {
            let after = Employment {
                unit_id: into,
                meta: before.meta.changed(tx.now()),
                ..before.clone()
            };
            db::employments::update(tx, before, &after)?;
            let details = json!({
                "version": after.meta.version,
                "changes": ["unit"],
                "merger_of": from,
            });
            trail::note(tx, "employment.changed", after.id, details)?;
        }
        moved += found.len();
    }
}

/// The change notice to the desk, about the unit that was: the one that is says nothing of what happened. Says which task.
fn tell_desk_in(
    tx: &mut Tx<'_>,
    app: &App,
    unit: &Unit,
    effective_on: NaiveDate,
) -> Result<TaskId, ServiceError> {
    let notice = NewTask {
        kind: TaskKind::Organisation,
        legal_entity_id: unit.legal_entity_id,
        unit_id: unit.id,
        termination: None,
        item: None,
        person: None,
        subject: String::new(),
        owner: None,
        day: None,
        facts: TaskFacts::Organisation {
            change: OrganisationChange::Merged,
            effective_on,
        },
        text: None,
    };
    Ok(tasks::open_in(tx, app, notice)?.id)
}
