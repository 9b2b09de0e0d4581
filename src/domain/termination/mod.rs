//! The termination: the case that starts when an employment or a mandate ends and is complete when every device is
//! proved returned, reset and wiped, codes are accounted for, and the subscription and the directory are settled.
//!
//! One aggregate, [`Termination`], changed by commands that return events. A refused command changes nothing.
//! Completion is never a command's wish: [`Termination::complete_if_ready`] applies the rule. This module knows
//! no clock, no database and no mail; who may *send* a command is decided by the service, and here only what can
//! never be true, such as a holder who settles a check.

mod absence;
mod answers;
mod check;
mod damage;
mod disposal;
mod event;
mod item;
mod lifecycle;
mod loss;
mod number;
mod proposal;
mod receipt;
mod record;
mod settle;
mod undo;
mod wiping;
mod words;

#[cfg(test)]
mod tests;

pub use crate::domain::wipe::DataClass;
pub use absence::{Absence, AbsencePlan, Arrangement};
pub use check::{Act, ActedBy, Check, Decision, Note, Reason, Settlement};
pub use damage::{CostRuling, Damage};
pub use disposal::{Disposal, DisposalTerms, NamedDecision, TransferTo};
pub use event::Event;
pub use item::{Item, NewItem};
pub use loss::{BREACH_NOTIFIED_WITHIN, BreachAssessment, BreachConclusion, Loss, LossReport};
pub use number::{DecidedBy, MoveTo, NumberRuling, NumberTerms};
pub use proposal::Proposal;
pub use receipt::{Deviation, ItemSummary, WipeStatement};
pub use record::{Holding, TerminationRecord};
pub use undo::{ItemBefore, Undo};
pub use words::{
    AbsenceChoice, ActorRole, Answer, BreachDecision, CheckKind, CheckState, CodeAnswer, CodeKind,
    CostBearer, DamageCause, DeviceOutcome, IdentityMatch, InsuranceState, ItemKind, NumberDecision,
    ReopenCause, TerminationKind, TerminationState, TransferSide,
};

use super::calendar::local_date;
use super::error::DomainError;
use super::ids::{ItemId, TerminationId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// One case. The fields are open so that it can be loaded and stored; change it through its commands only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Termination {
    /// The id.
    pub id: TerminationId,
    /// The case number that people read.
    pub number: String,
    /// Why there is a case.
    pub kind: TerminationKind,
    /// Where the case stands.
    pub state: TerminationState,
    /// The last day of the employment or mandate, inclusive.
    pub end_on: NaiveDate,
    /// The day on which the devices shall be back.
    pub return_by: NaiveDate,
    /// The preservation hold in force, if any: reset and wipe are forbidden.
    pub hold: Option<Decision>,
    /// The decision that released the latest hold.
    pub released: Option<Decision>,
    /// The devices and subscriptions.
    pub items: Vec<Item>,
    /// When it was completed; only while it is.
    pub completed_at: Option<DateTime<Utc>>,
    /// Why it was cancelled, if it was.
    pub cancelled: Option<Decision>,
    /// Why it was opened again, the latest time that it was.
    pub reopened: Option<Decision>,
    /// The leave that it follows, if it is about one.
    pub absence: Option<Absence>,
}

/// What a new case consists of.
#[derive(Clone, Debug)]
pub struct NewTermination {
    /// The id.
    pub id: TerminationId,
    /// The case number that people read.
    pub number: String,
    /// Why there is a case.
    pub kind: TerminationKind,
    /// The last day of the employment or mandate, inclusive.
    pub end_on: NaiveDate,
    /// The day on which the devices shall be back.
    pub return_by: NaiveDate,
    /// The devices and subscriptions, at least one: somebody who holds nothing gets no case.
    pub items: Vec<NewItem>,
    /// The leave that it follows, for a case about one.
    pub absence: Option<Absence>,
}

/// One thing that keeps a case from completing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "blocker", rename_all = "snake_case")]
pub enum Blocker {
    /// There is nothing in the case that could be proved.
    NoItems,
    /// A preservation hold is in force.
    Held,
    /// Later contact contradicts the wipe of a device, and nobody has decided to close in spite of it.
    WipeContradicted {
        /// The device.
        item: ItemId,
    },
    /// A mandatory check is not settled.
    CheckOpen {
        /// The item.
        item: ItemId,
        /// The check.
        check: CheckKind,
    },
    /// A device is gone, and nobody has decided whether that breach of personal data is notified.
    BreachUndecided {
        /// The device.
        item: ItemId,
    },
    /// A device is stolen, and no police report is known.
    PoliceReportMissing {
        /// The device.
        item: ItemId,
    },
    /// A legal entity has not approved a transfer to or from it.
    TransferNotApproved {
        /// The device.
        item: ItemId,
    },
    /// A device is sold or leaves the legal entity, and this must be done: no deviation will do.
    CheckNotDone {
        /// The device.
        item: ItemId,
        /// The check.
        check: CheckKind,
    },
    /// Nobody has said what becomes of a device while its holder is away.
    ArrangementMissing {
        /// The device.
        item: ItemId,
    },
    /// The holder is on leave.
    HolderAway,
    /// A device was put away for its holder, and nobody has said that they have it again.
    NotHandedBack {
        /// The device.
        item: ItemId,
    },
}

impl Termination {
    /// Opens a case: scheduled until the day the devices shall be back, open from that day on; held if its kind asks
    /// for it.
    pub fn open(new: NewTermination, now: DateTime<Utc>) -> (Self, Vec<Event>) {
        let mut termination = Self {
            id: new.id,
            number: new.number,
            kind: new.kind,
            state: state_by_date(new.return_by, local_date(now)),
            end_on: new.end_on,
            return_by: new.return_by,
            hold: None,
            released: None,
            items: new.items.into_iter().map(Item::new).collect(),
            completed_at: None,
            cancelled: None,
            reopened: None,
            absence: new.absence,
        };
        let opened = Event::TerminationOpened {
            termination: termination.id,
            kind: termination.kind,
            state: termination.state,
            end_on: termination.end_on,
            return_by: termination.return_by,
            items: termination.items.len(),
        };
        let mut events = vec![opened];
        events.extend(termination.hold_by_kind(now));
        events.extend(termination.leave_or_end(new.kind, now));
        (termination, events)
    }

    /// Takes in what the holder was handed after the case was opened.
    ///
    /// # Errors
    /// `InvalidTransition` if the case is completed or cancelled.
    pub fn add_item(&mut self, new: NewItem, now: DateTime<Utc>) -> Result<Vec<Event>, DomainError> {
        self.require_active("add_item")?;
        let (termination, mut item) = (self.id, Item::new(new));
        let mut events = vec![Event::ItemAdded {
            termination,
            item: new.id,
            kind: new.kind,
        }];
        if self.kind == TerminationKind::Absence {
            events.extend(item.settle_for_leave(termination, now));
        }
        self.items.push(item);
        Ok(events)
    }

    /// The item.
    ///
    /// # Errors
    /// `UnknownItem`.
    pub fn item(&self, id: ItemId) -> Result<&Item, DomainError> {
        self.items
            .iter()
            .find(|item| item.id == id)
            .ok_or(DomainError::UnknownItem)
    }

    /// Whether a preservation hold is in force.
    pub const fn is_held(&self) -> bool {
        self.hold.is_some()
    }

    /// Whether the case is still being worked with.
    pub const fn is_active(&self) -> bool {
        match self.state {
            TerminationState::Scheduled | TerminationState::Open => true,
            TerminationState::Completed | TerminationState::Cancelled => false,
        }
    }

    /// Whether the case may be completed now.
    pub fn is_ready(&self) -> bool {
        self.is_active() && self.blockers().is_empty()
    }

    /// Everything that keeps the case from completing, in the order people work through it.
    pub fn blockers(&self) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        if self.items.is_empty() {
            blockers.push(Blocker::NoItems);
        }
        if self.is_held() {
            blockers.push(Blocker::Held);
        }
        for item in &self.items {
            if item.is_blocked_by_contradiction() {
                blockers.push(Blocker::WipeContradicted { item: item.id });
            }
            let of_leave = self.blocker_of_leave(item);
            blockers.extend(of_leave);
            // What is asked of a device depends on what becomes of it.
            if matches!(of_leave, Some(Blocker::ArrangementMissing { .. })) {
                continue;
            }
            let open = item
                .checks
                .iter()
                .filter(|check| check.mandatory && !check.state.is_settled());
            blockers.extend(open.map(|check| Blocker::CheckOpen {
                item: item.id,
                check: check.kind,
            }));
            blockers.extend(item.blockers_of_outcome());
        }
        if self.is_holder_away() {
            blockers.push(Blocker::HolderAway);
        }
        blockers
    }

    fn item_mut(&mut self, id: ItemId) -> Result<&mut Item, DomainError> {
        self.items
            .iter_mut()
            .find(|item| item.id == id)
            .ok_or(DomainError::UnknownItem)
    }

    fn require_active(&self, command: &'static str) -> Result<(), DomainError> {
        if self.is_active() {
            Ok(())
        } else {
            Err(self.impossible(command))
        }
    }

    const fn impossible(&self, command: &'static str) -> DomainError {
        DomainError::InvalidTransition {
            entity: "termination",
            from: self.state.as_str(),
            command,
        }
    }
}

fn state_by_date(return_by: NaiveDate, today: NaiveDate) -> TerminationState {
    if today < return_by {
        TerminationState::Scheduled
    } else {
        TerminationState::Open
    }
}
