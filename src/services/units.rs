//! Units: the tree under each legal entity, and who coordinates its telephony.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, trail};
use crate::db::dialect::{self, Anchor};
use crate::db::{self, DbConnection, Tx};
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::text::{ExternalId, SourceName};
use crate::domain::unit::Unit;
use serde_json::json;

pub use crate::db::units::UnitFilter;

/// How deep a tree can be. No municipal group comes near it; a chain that does has grown a loop.
pub const MAX_DEPTH: usize = 32;

/// What a new unit is made of.
#[derive(Clone, Debug)]
pub struct NewUnit {
    /// The legal entity that it belongs to, for good.
    pub legal_entity_id: LegalEntityId,
    /// The unit above it.
    pub parent_id: Option<UnitId>,
    /// What people call it.
    pub name: String,
    /// What a source calls it.
    pub external: Option<(SourceName, ExternalId)>,
    /// The telephony coordinator.
    pub coordinator_id: Option<PersonId>,
}

/// What is to change. Nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct UnitPatch {
    /// Another unit above it, or none.
    pub parent_id: Option<Option<UnitId>>,
    /// A name.
    pub name: Option<String>,
    /// What a source calls it, or nothing any more.
    pub external: Option<Option<(SourceName, ExternalId)>>,
    /// A coordinator, or none of its own.
    pub coordinator_id: Option<Option<PersonId>>,
}

impl UnitPatch {
    const fn says_something(&self) -> bool {
        self.parent_id.is_some()
            || self.name.is_some()
            || self.external.is_some()
            || self.coordinator_id.is_some()
    }
}

pub(super) const NOT_FOUND: ServiceError = ServiceError::NotFound("unit");

/// Makes a unit.
///
/// # Errors
/// [`ServiceError::Invalid`] for references that do not exist or are of another legal entity;
/// [`ServiceError::Conflict`] `unit_external_id_taken`; as [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<Unit>,
    new: NewUnit,
) -> Result<Recorded<Unit>, ServiceError> {
    ctx.write_once(Action::EditRegister, recorder, move |tx| create_in(tx, &new))
        .await
}

fn create_in(tx: &mut Tx<'_>, new: &NewUnit) -> Result<Unit, ServiceError> {
    let unit = Unit {
        id: tx.new_id(),
        legal_entity_id: new.legal_entity_id,
        parent_id: new.parent_id,
        name: new.name.clone(),
        external: new.external.clone(),
        coordinator_id: new.coordinator_id,
        is_incomplete: false,
        merger: None,
        meta: Meta::new(tx.now()),
    };
    let mut violations = Violations::default();
    references::legal_entity(tx, unit.legal_entity_id, "/legal_entity_id", &mut violations)?;
    if unit.parent_id.is_some() {
        // The unit above must not move down meanwhile.
        dialect::lock(tx, Anchor::LegalEntity(unit.legal_entity_id))?;
    }
    check_parent(tx, &unit, &mut violations)?;
    if let Some((source, _)) = &unit.external {
        references::source(tx, source, "/external/source", &mut violations)?;
    }
    if let Some(id) = unit.coordinator_id {
        references::person(tx, id, "/coordinator_id", &mut violations)?;
    }
    violations.finish()?;
    db::units::insert(tx, &unit)?;
    let details = json!({ "legal_entity_id": unit.legal_entity_id, "parent_id": unit.parent_id });
    trail::note(tx, "unit.created", unit.id, details)?;
    Ok(unit)
}

/// The parent exists, is of the same legal entity, and is not the unit itself nor below it; the tree does not become
/// too deep anywhere under it.
fn check_parent(tx: &mut Tx<'_>, unit: &Unit, violations: &mut Violations) -> Result<(), ServiceError> {
    let Some(id) = unit.parent_id else { return Ok(()) };
    let Some(parent) = db::units::find(tx, id)? else {
        violations.add("/parent_id", "unknown_unit", "There is no unit with this id.");
        return Ok(());
    };
    if parent.legal_entity_id != unit.legal_entity_id {
        violations.add(
            "/parent_id",
            "legal_entity_mismatch",
            "The unit above belongs to another legal entity.",
        );
        return Ok(());
    }
    references::not_merged(&parent, "/parent_id", violations);
    let above = db::units::with_ancestors(tx, id, MAX_DEPTH)?;
    if above.iter().any(|ancestor| ancestor.id == unit.id) {
        violations.add(
            "/parent_id",
            "unit_loop",
            "A unit cannot stand below itself. Choose a unit that is not under this one.",
        );
    } else if above.len() + db::units::height(tx, unit.id, MAX_DEPTH)? > MAX_DEPTH {
        violations.add("/parent_id", "unit_too_deep", "The tree of units is too deep.");
    }
    Ok(())
}

/// The unit with this id, or the one that it has become part of.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub(super) fn standing_in(connection: &mut DbConnection, id: UnitId) -> Result<Unit, ServiceError> {
    let unit = db::units::find(connection, id)?.ok_or(NOT_FOUND)?;
    Ok(db::units::standing(connection, unit, MAX_DEPTH, |_| true)?)
}

/// One unit.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: UnitId) -> Result<Unit, ServiceError> {
    ctx.look_up(Action::ReadRegister, move |connection| {
        db::units::find(connection, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// One page of units.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(ctx: &Ctx, filter: UnitFilter, page: PageRequest) -> Result<Page<Unit>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        Ok(db::units::list(connection, &filter, page)?)
    })
    .await
}

/// Changes a unit. Whoever says something about a unit that was known by name only, completes it. A change to
/// what it already is leaves the version as it was.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; as [`create`].
pub async fn update(
    ctx: &Ctx,
    id: UnitId,
    expected: ExpectedVersion,
    patch: UnitPatch,
) -> Result<Unit, ServiceError> {
    ctx.write(Action::EditRegister, move |tx| {
        let current = db::units::find(tx, id)?.ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        let mut unit = patched(&current, &patch);
        check_change(tx, &current, &unit)?;
        if unit == current {
            return Ok(current);
        }
        unit.meta = current.meta.changed(tx.now());
        db::units::update(tx, &unit)?;
        let changed = trail::changed([
            ("parent_id", unit.parent_id != current.parent_id),
            ("name", unit.name != current.name),
            ("external", unit.external != current.external),
            ("coordinator_id", unit.coordinator_id != current.coordinator_id),
            ("is_incomplete", unit.is_incomplete != current.is_incomplete),
        ]);
        trail::note(tx, "unit.changed", id, json!({ "changed": changed }))?;
        Ok(unit)
    })
    .await
}

fn patched(current: &Unit, patch: &UnitPatch) -> Unit {
    Unit {
        parent_id: patch.parent_id.unwrap_or(current.parent_id),
        name: patch.name.clone().unwrap_or_else(|| current.name.clone()),
        external: patch.external.clone().unwrap_or_else(|| current.external.clone()),
        coordinator_id: patch.coordinator_id.unwrap_or(current.coordinator_id),
        is_incomplete: current.is_incomplete && !patch.says_something(),
        ..current.clone()
    }
}

fn check_change(tx: &mut Tx<'_>, current: &Unit, unit: &Unit) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    check_place_stands(current, unit, &mut violations);
    if unit.parent_id != current.parent_id {
        dialect::lock(tx, Anchor::LegalEntity(unit.legal_entity_id))?;
        check_parent(tx, unit, &mut violations)?;
    }
    if let Some((source, _)) = unit
        .external
        .as_ref()
        .filter(|_| unit.external != current.external)
    {
        references::source(tx, source, "/external/source", &mut violations)?;
    }
    if let Some(id) = unit
        .coordinator_id
        .filter(|_| unit.coordinator_id != current.coordinator_id)
    {
        references::person(tx, id, "/coordinator_id", &mut violations)?;
    }
    violations.finish()
}

/// A unit that has become part of another is there for what was before: it stands under that one, and has its coordinator.
fn check_place_stands(current: &Unit, unit: &Unit, violations: &mut Violations) {
    if current.merged().is_none() {
        return;
    }
    for (pointer, is_changed) in [
        ("/parent_id", unit.parent_id != current.parent_id),
        ("/coordinator_id", unit.coordinator_id != current.coordinator_id),
    ] {
        if is_changed {
            let detail =
                "The unit has become part of another, and stands as it does there. Change that one instead.";
            violations.add(pointer, "unit_merged", detail);
        }
    }
}
