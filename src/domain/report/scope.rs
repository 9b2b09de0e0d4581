//! Which part of the organisation a report is about.

use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use std::collections::BTreeMap;

/// How far up the tree of units is looked.
const DEPTH: usize = 32;

/// Which part of the organisation; all of it unless something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportScope {
    /// This legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// This unit and those below it.
    pub unit_id: Option<UnitId>,
    /// The units that this person coordinates.
    pub coordinator_id: Option<PersonId>,
}

/// A unit and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPlace {
    /// Its id.
    pub id: UnitId,
    /// The unit above it.
    pub parent_id: Option<UnitId>,
    /// The legal entity that it belongs to.
    pub legal_entity_id: LegalEntityId,
    /// What people call it.
    pub name: String,
    /// Its own coordinator.
    pub coordinator_id: Option<PersonId>,
}

/// All units.
#[derive(Clone, Debug, Default)]
pub struct UnitTree(BTreeMap<UnitId, UnitPlace>);

impl UnitTree {
    /// The tree of these units.
    pub fn of(units: impl IntoIterator<Item = UnitPlace>) -> Self {
        Self(units.into_iter().map(|unit| (unit.id, unit)).collect())
    }

    /// The unit with this id.
    pub fn get(&self, id: UnitId) -> Option<&UnitPlace> {
        self.0.get(&id)
    }

    /// The units in the scope.
    pub fn within(&self, scope: &ReportScope) -> BTreeMap<UnitId, &UnitPlace> {
        let covered = self.0.values().filter(|unit| self.covers(scope, unit));
        covered.map(|unit| (unit.id, unit)).collect()
    }

    fn covers(&self, scope: &ReportScope, unit: &UnitPlace) -> bool {
        let line = || self.line(unit);
        let nearest = || line().find_map(|above| above.coordinator_id);
        scope.legal_entity_id.is_none_or(|id| id == unit.legal_entity_id)
            && scope.unit_id.is_none_or(|id| line().any(|above| above.id == id))
            && scope.coordinator_id.is_none_or(|id| nearest() == Some(id))
    }

    /// The unit and those above it.
    fn line<'t>(&'t self, unit: &'t UnitPlace) -> impl Iterator<Item = &'t UnitPlace> {
        std::iter::successors(Some(unit), |unit| self.get(unit.parent_id?)).take(DEPTH)
    }
}
