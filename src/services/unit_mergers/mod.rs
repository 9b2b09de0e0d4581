//! A unit becomes part of another (sammanslagning) on a day: planned, taken back while it is only planned, and carried out
//! when the day has come. History keeps the unit that was; what is under way goes on in the other.

mod carry_out;

use super::units::{MAX_DEPTH, NOT_FOUND, standing_in};
use super::{Ctx, ServiceError, Violations, references, trail};
use crate::db::dialect::{self, Anchor};
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::UnitId;
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::unit::{MERGER_MAX_DAYS_AHEAD, MERGER_MAX_DAYS_BACK, Merger, Unit};
use carry_out::carry_out_in;
use chrono::{Days, NaiveDate};
use serde_json::json;
use std::collections::BTreeSet;

/// The most mergers that one sweep looks at in one read.
const BATCH: i64 = 200;

/// What a unit is to become part of, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct MergerSaid {
    /// The other unit.
    pub into_id: UnitId,
    /// The first day on which it counts; today, if none is said.
    pub effective_on: Option<NaiveDate>,
}

/// Plans that a unit becomes part of another on a day, in place of what was planned. If that day has come, it does so at
/// once.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Conflict`] `unit_merged` for a unit that has become
/// part of another; [`ServiceError::Invalid`] `same_unit`, `unknown_unit`, `legal_entity_mismatch`, `unit_merged`,
/// `unit_loop`, `merger_loop`, `unit_too_deep` for the other unit and `day_range` for the day; as [`Ctx::write`].
pub async fn plan(
    ctx: &Ctx,
    id: UnitId,
    expected: ExpectedVersion,
    said: MergerSaid,
) -> Result<Unit, ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::EditRegister, move |tx| {
        let current = locked_in(tx, id)?;
        references::check_version(&expected, current.meta)?;
        refuse_merged(&current)?;
        let today = local_date(tx.now());
        let merger = Merger {
            into_id: said.into_id,
            effective_on: said.effective_on.unwrap_or(today),
            merged_at: None,
        };
        check_in(tx, &current, merger)?;
        let is_due = merger.effective_on <= today;
        if !is_due && current.merger == Some(merger) {
            return Ok(current);
        }
        let details = json!({ "into_id": merger.into_id, "effective_on": merger.effective_on });
        trail::note(tx, "unit.merge_planned", id, details)?;
        if is_due {
            return carry_out_in(tx, &app, &current, merger);
        }
        store_in(tx, &current, Some(merger))
    })
    .await
}

/// Takes back what is planned.
///
/// # Errors
/// [`ServiceError::NotFound`], also where nothing is planned; [`ServiceError::Stale`]; [`ServiceError::Conflict`]
/// `unit_merged` for a merger that was carried out; as [`Ctx::write`].
pub async fn withdraw(ctx: &Ctx, id: UnitId, expected: ExpectedVersion) -> Result<Unit, ServiceError> {
    ctx.write(Action::EditRegister, move |tx| {
        let current = locked_in(tx, id)?;
        references::check_version(&expected, current.meta)?;
        refuse_merged(&current)?;
        let planned = current.planned_merger().ok_or(ServiceError::NotFound("merger"))?;
        let details = json!({ "into_id": planned.into_id, "effective_on": planned.effective_on });
        trail::note(tx, "unit.merge_withdrawn", id, details)?;
        store_in(tx, &current, None)
    })
    .await
}

/// Carries out every merger whose day has come. Says how many; safe to repeat.
///
/// # Errors
/// What is due cannot be read. A merger that is not possible any more is logged and left as it is planned.
pub async fn carry_out_due(ctx: &Ctx) -> Result<usize, ServiceError> {
    let today = local_date(ctx.app.clock.now());
    let (mut done, mut seen) = (0, BTreeSet::new());
    loop {
        let found = ctx
            .read(Action::Operate, move |connection| {
                Ok(db::units::mergers_due(connection, today, BATCH)?)
            })
            .await?;
        let fresh: Vec<UnitId> = found.into_iter().filter(|id| seen.insert(*id)).collect();
        // What failed is due still; it waits for the next sweep, and so does what is behind it.
        if fresh.is_empty() {
            return Ok(done);
        }
        for id in fresh {
            let app = ctx.app.clone();
            let one = move |tx: &mut Tx<'_>| {
                let current = locked_in(tx, id)?;
                // It may have been taken back, or another instance been faster, since it was looked up.
                let planned = current.planned_merger();
                let Some(merger) = planned.filter(|planned| planned.effective_on <= today) else {
                    return Ok(false);
                };
                // Where it was going to may have become part of another by now, perhaps a moment ago.
                let into_id = standing_in(tx, merger.into_id)?.id;
                let merger = Merger { into_id, ..merger };
                check_place_in(tx, &current, merger)?;
                carry_out_in(tx, &app, &current, merger)?;
                Ok(true)
            };
            match ctx.write(Action::Operate, one).await {
                Ok(is_done) => done += usize::from(is_done),
                Err(error) => tracing::warn!(unit = %id, ?error, "a planned merger was not carried out"),
            }
        }
    }
}

/// The unit as it is once nobody else decides about the tree: of two mergers that would undo each other, the later one
/// sees what the earlier one did.
fn locked_in(tx: &mut Tx<'_>, id: UnitId) -> Result<Unit, ServiceError> {
    let found = db::units::find(tx, id)?.ok_or(NOT_FOUND)?;
    dialect::lock(tx, Anchor::LegalEntity(found.legal_entity_id))?;
    db::units::find(tx, id)?.ok_or(NOT_FOUND)
}

fn store_in(tx: &mut Tx<'_>, current: &Unit, merger: Option<Merger>) -> Result<Unit, ServiceError> {
    let unit = Unit {
        merger,
        meta: current.meta.changed(tx.now()),
        ..current.clone()
    };
    db::units::update(tx, &unit)?;
    Ok(unit)
}

fn refuse_merged(unit: &Unit) -> Result<(), ServiceError> {
    if unit.merged().is_none() {
        return Ok(());
    }
    Err(ServiceError::Conflict {
        code: "unit_merged",
        detail: "The unit has become part of another, and that is not taken back. If it is to be there again, make a new \
                 unit.",
    })
}

fn check_in(tx: &mut Tx<'_>, unit: &Unit, merger: Merger) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    let today = local_date(tx.now());
    let range = (today - Days::new(MERGER_MAX_DAYS_BACK))..=(today + Days::new(MERGER_MAX_DAYS_AHEAD));
    if !range.contains(&merger.effective_on) {
        let detail = "Give a day from 366 days before today to ten years after.";
        violations.add("/effective_on", "day_range", detail);
    }
    check_target(tx, unit, merger, &mut violations)?;
    violations.finish()
}

/// The same for what was planned long ago: only where it is going to may have changed since.
fn check_place_in(tx: &mut Tx<'_>, unit: &Unit, merger: Merger) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    check_target(tx, unit, merger, &mut violations)?;
    violations.finish()
}

/// The other unit exists, is of the same legal entity, stands, and is neither the unit itself, nor below it, nor to become
/// part of it; the tree does not become too deep anywhere under it.
fn check_target(
    tx: &mut Tx<'_>,
    unit: &Unit,
    merger: Merger,
    violations: &mut Violations,
) -> Result<(), ServiceError> {
    let mut wrong = |code, detail| violations.add("/into_id", code, detail);
    let Some(target) = db::units::find(tx, merger.into_id)? else {
        wrong("unknown_unit", "There is no unit with this id.");
        return Ok(());
    };
    if target.id == unit.id {
        wrong("same_unit", "A unit does not become part of itself.");
    } else if target.legal_entity_id != unit.legal_entity_id {
        let detail = "The other unit belongs to another legal entity, and a unit stays with its own.";
        wrong("legal_entity_mismatch", detail);
    } else if target.merged().is_some() {
        references::not_merged(&target, "/into_id", violations);
    } else {
        check_tree(tx, unit, &target, violations)?;
    }
    Ok(())
}

fn check_tree(
    tx: &mut Tx<'_>,
    unit: &Unit,
    target: &Unit,
    violations: &mut Violations,
) -> Result<(), ServiceError> {
    let mut wrong = |code, detail| violations.add("/into_id", code, detail);
    let above = db::units::with_ancestors(tx, target.id, MAX_DEPTH)?;
    // What is below the unit moves up to the other one, under which the unit stands from then on.
    let height = db::units::height(tx, unit.id, MAX_DEPTH)?
        .saturating_sub(1)
        .max(1);
    if above.iter().any(|ancestor| ancestor.id == unit.id) {
        wrong(
            "unit_loop",
            "The other unit is below this one. Move it up first: give it the unit above this one.",
        );
    } else if above.len() + height > MAX_DEPTH {
        wrong("unit_too_deep", "The tree of units would become too deep.");
    }
    if is_to_merge_into(tx, target, unit.id)? {
        wrong(
            "merger_loop",
            "The other unit is to become part of this one. Take that back first.",
        );
    }
    Ok(())
}

/// Whether a unit is planned to become part of the other, by one merger after another.
fn is_to_merge_into(tx: &mut Tx<'_>, unit: &Unit, other: UnitId) -> Result<bool, ServiceError> {
    let mut next = unit.planned_merger();
    for _ in 0..MAX_DEPTH {
        let Some(merger) = next else { return Ok(false) };
        if merger.into_id == other {
            return Ok(true);
        }
        next = db::units::find(tx, merger.into_id)?.and_then(|unit| unit.planned_merger());
    }
    Ok(false)
}
