//! A device that goes along with its holder to another employment with the same legal entity: one side says so, the other
//! accepts, and only then does anything happen.

use super::Termination;
use super::check::{Act, Decision, Reason};
use super::disposal::{Disposal, DisposalTerms, NamedDecision, TransferTo};
use super::event::Event;
use super::item::Item;
use super::words::{CheckKind, CheckState, ItemKind, TerminationKind, TransferSide};
use crate::domain::error::DomainError;
use crate::domain::ids::{EmploymentId, ItemId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// That a device goes along, said by the side that it leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// To which employment.
    pub employment: EmploymentId,
    /// Who said so.
    pub decided: NamedDecision,
}

impl Termination {
    /// Says that a device goes along with its holder. Nothing happens to it before the other side accepts.
    ///
    /// # Errors
    /// `NotAllowed`, `UnknownItem`, `UnknownCheck` for a subscription, `InvalidTransition` if the case is not active or no
    /// move, or the device is missing; `Conflict` if it came back, something else was decided, or it was said otherwise.
    pub fn propose_along(&mut self, item: ItemId, proposal: Proposal) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "propose_along";
        proposal.decided.decision.act.require_answerable()?;
        let found = self.item(item)?;
        found.check(CheckKind::Returned)?;
        let is_known = |known: &Proposal| known.employment == proposal.employment;
        if found.proposal.as_ref().is_some_and(is_known) {
            return Ok(Vec::new());
        }
        self.require_active(COMMAND)?;
        self.require_move(COMMAND)?;
        if found.is_missing() {
            return Err(DomainError::InvalidTransition {
                entity: "device",
                from: "missing",
                command: COMMAND,
            });
        }
        let is_back = found.is(CheckKind::Returned, CheckState::Done);
        if is_back || found.disposal.is_some() || found.proposal.is_some() {
            return Err(DomainError::Conflict);
        }
        let termination = self.id;
        self.item_mut(item)?.proposal = Some(proposal);
        Ok(vec![Event::AlongProposed { termination, item }])
    }

    /// The other side accepts: the device is the holder's on the other employment from now on, and nothing more is asked
    /// of it.
    ///
    /// # Errors
    /// `NotAllowed`, `UnknownItem`, `UnknownCheck` for a subscription, `InvalidTransition` if the case is not active or
    /// nobody has said that the device goes along.
    pub fn accept_along(&mut self, item: ItemId, approval: NamedDecision) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "accept_along";
        approval.decision.act.require_answerable()?;
        self.item(item)?.check(CheckKind::Returned)?;
        self.require_active(COMMAND)?;
        let held = self.is_held();
        let termination = self.id;
        let found = self.item_mut(item)?;
        let Some(Proposal { employment, decided }) = found.proposal.take() else {
            return Err(nothing_said(COMMAND));
        };
        let decision = approval.decision.clone();
        let approvals = BTreeMap::from([
            (TransferSide::Giving, decided.clone()),
            (TransferSide::Receiving, approval),
        ]);
        let disposal = Disposal {
            terms: DisposalTerms::Transferred {
                to: TransferTo::Along { employment },
            },
            decided,
            approvals,
            evidence: None,
        };
        let mut events = found.place(termination, disposal, held);
        events.extend(self.release_if_all_went_along(decision));
        Ok(events)
    }

    /// The hold that came with the move waits for somebody to decide. When everything has gone along, that is done.
    fn release_if_all_went_along(&mut self, decision: Decision) -> Option<Event> {
        let came_with_kind = |hold: &Decision| hold.reason == Reason::of_kind(self.kind);
        let mut devices = self.items.iter().filter(|item| item.kind == ItemKind::Device);
        let all_went = devices.all(Item::is_handed_on);
        if !all_went || !self.hold.as_ref().is_some_and(came_with_kind) {
            return None;
        }
        self.hold = None;
        self.released = Some(decision);
        Some(Event::Released { termination: self.id })
    }

    /// The other side does not want the device: it is to come back.
    ///
    /// # Errors
    /// As [`Termination::accept_along`].
    pub fn decline_along(&mut self, item: ItemId, act: &Act) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "decline_along";
        act.require_answerable()?;
        self.item(item)?.check(CheckKind::Returned)?;
        self.require_active(COMMAND)?;
        let termination = self.id;
        match self.item_mut(item)?.proposal.take() {
            Some(_) => Ok(vec![Event::AlongDeclined { termination, item }]),
            None => Err(nothing_said(COMMAND)),
        }
    }

    /// Whether somebody has said that a device goes along, and nobody has accepted.
    pub fn has_proposal(&self) -> bool {
        self.items.iter().any(|item| item.proposal.is_some())
    }

    fn require_move(&self, command: &'static str) -> Result<(), DomainError> {
        if self.kind == TerminationKind::Transfer {
            return Ok(());
        }
        Err(DomainError::InvalidTransition {
            entity: "termination",
            from: self.kind.as_str(),
            command,
        })
    }

    /// What was proposed for a move is nothing in another kind of case.
    pub(super) fn drop_proposals(&mut self) {
        self.items.iter_mut().for_each(Item::drop_proposal);
    }
}

const fn nothing_said(command: &'static str) -> DomainError {
    DomainError::InvalidTransition {
        entity: "proposal",
        from: "none",
        command,
    }
}

impl Item {
    /// Something else is known of the device.
    pub(super) fn drop_proposal(&mut self) {
        self.proposal = None;
    }
}
