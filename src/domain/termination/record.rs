//! A case together with what it is about: the employment, and who holds what.

use super::Termination;
use crate::domain::assignment::Assigned;
use crate::domain::delegation::Delegate;
use crate::domain::ids::{AssignmentId, EmploymentId, ItemId, LegalEntityId, PersonId, UnitId};
use crate::domain::record::Meta;
use crate::domain::timeline::RecipientRole;

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The item of the case.
    pub item: ItemId,
    /// The assignment that it shall end.
    pub assignment: AssignmentId,
    /// The device or the subscription.
    pub assigned: Assigned,
    /// The device's custody epoch when it was handed out; 0 for a subscription.
    pub custody_epoch: i64,
}

/// A case as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminationRecord {
    /// The case itself.
    pub termination: Termination,
    /// The employment that ends.
    pub employment_id: EmploymentId,
    /// Whose employment it is.
    pub person_id: PersonId,
    /// The unit at the time the case was opened, or the one that it became part of while the case was under way.
    pub unit_id: UnitId,
    /// The legal entity at the time the case was opened.
    pub legal_entity_id: LegalEntityId,
    /// What each item is about, in the order of the items.
    pub holdings: Vec<Holding>,
    /// To whom it is handed over, instead of whoever would be asked.
    pub delegate: Option<Delegate>,
    /// Version and dates.
    pub meta: Meta,
}

impl TerminationRecord {
    /// The role of whoever is asked to confirm: the receiver's, unless the case is handed over to another.
    pub fn asked_role(&self) -> RecipientRole {
        self.delegate.map_or(RecipientRole::Receiver, Delegate::role)
    }

    /// What the item is about.
    pub fn holding(&self, item: ItemId) -> Option<&Holding> {
        self.holdings.iter().find(|holding| holding.item == item)
    }
}
