//! A device that does not come back. Loss and theft close as deviations, never as returned, reset or wiped.

use super::Termination;
use super::check::{Act, Reason, Settlement};
use super::event::Event;
use super::item::Item;
use super::words::{CheckKind, CheckState, DeviceOutcome};
use crate::domain::error::DomainError;
use crate::domain::ids::ItemId;

impl Termination {
    /// Reports that a device is lost or stolen. Possible under a hold: it destroys no data, and people must be
    /// able to say it at once.
    ///
    /// # Errors
    /// `NotAllowed`, `Unsupported` for another outcome, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active, `Conflict` if the receiver contradicts what is recorded.
    pub fn report_outcome(
        &mut self,
        item: ItemId,
        outcome: DeviceOutcome,
        reason: Reason,
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        act.require_answerable()?;
        require_supported(outcome)?;
        let found = self.item(item)?;
        let returned = found.check(CheckKind::Returned)?;
        if found.outcome == Some(outcome) && returned.reason.as_ref() == Some(&reason) {
            return Ok(Vec::new());
        }
        self.require_active("report_outcome")?;
        if found.outcome.is_some() && !act.by.role.may_correct() {
            return Err(DomainError::Conflict);
        }

        let termination = self.id;
        let found = self.item_mut(item)?;
        found.outcome = Some(outcome);
        found.identity_confirmed = false;
        let mut events = vec![Event::OutcomeReported {
            termination,
            item,
            outcome,
        }];
        for check in found.closed_by_loss() {
            events.extend(found.write(termination, check, Settlement::deviation(reason.clone()), &act));
        }
        Ok(events)
    }
}

fn require_supported(outcome: DeviceOutcome) -> Result<(), DomainError> {
    match outcome {
        DeviceOutcome::Lost | DeviceOutcome::Stolen => Ok(()),
        // A return is proved by its check, not reported.
        DeviceOutcome::Returned
        | DeviceOutcome::Transferred
        | DeviceOutcome::BoughtOut
        | DeviceOutcome::Destroyed => Err(DomainError::Unsupported(outcome.as_str())),
    }
}

impl Item {
    /// The return itself, and every check that says nothing yet or says that it is done.
    fn closed_by_loss(&self) -> Vec<CheckKind> {
        let closes = |kind: CheckKind, state: CheckState| match state {
            CheckState::Open | CheckState::Declared | CheckState::Done => true,
            CheckState::NotApplicable | CheckState::Deviation => kind == CheckKind::Returned,
        };
        self.checks
            .iter()
            .filter(|check| closes(check.kind, check.state))
            .map(|check| check.kind)
            .collect()
    }
}
