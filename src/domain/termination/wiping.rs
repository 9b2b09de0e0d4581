//! How what is known about a wipe moves the check `wiped`, both ways, in whatever order the facts arrive.

use super::Termination;
use super::check::{Act, Decision, Reason, Settlement};
use super::event::Event;
use super::item::Item;
use super::words::{ActorRole, CheckKind, CheckState, DeviceOutcome, ReopenCause, TerminationState};
use crate::domain::error::DomainError;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::wipe::{WipeAssessment, WipeLevel, satisfies};
use chrono::{DateTime, Utc};

impl Termination {
    /// Takes in what is now known about the wipe of a device, folded from all its evidence.
    ///
    /// The check `wiped` becomes done when that satisfies the policy, the device is back and no hold is in force;
    /// it is open again as soon as it no longer does. A completed case that no longer stands is opened again.
    ///
    /// # Errors
    /// `UnknownItem`, `UnknownCheck` for a subscription, `InvalidTransition` if the case is cancelled.
    pub fn apply_wipe(
        &mut self,
        item: ItemId,
        wipe: WipeAssessment,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, DomainError> {
        self.item(item)?.check(CheckKind::Wiped)?;
        if self.state == TerminationState::Cancelled {
            return Err(self.impossible("apply_wipe"));
        }
        let (termination, held) = (self.id, self.is_held());
        let found = self.item_mut(item)?;
        let mut events = found.learn(termination, wipe);
        events.extend(found.apply_wipe_policy(termination, held, at));
        events.extend(self.reopen_if_it_no_longer_stands(item, at));
        Ok(events)
    }

    /// Decides that the case may close in spite of a contradicted wipe, because the device is lost or stolen and
    /// nobody can look at it. The contradiction stays: in the case, and on the receipt as a deviation. The decision
    /// falls when the contradiction is resolved or the device comes back, so that a new one blocks again.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but the desk and technicians, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active, nothing is contradicted or the device is not missing,
    /// `Conflict` if it was decided for another reason.
    pub fn accept_contradiction(
        &mut self,
        item: ItemId,
        reason: Reason,
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "accept_contradiction";
        if !act.by.role.may_correct() {
            return Err(DomainError::NotAllowed { role: act.by.role });
        }
        self.item(item)?.check(CheckKind::Wiped)?;
        self.require_active(COMMAND)?;
        let termination = self.id;
        let found = self.item_mut(item)?;
        let refused = |entity, from| DomainError::InvalidTransition {
            entity,
            from,
            command: COMMAND,
        };
        if !found.wipe.contradicted {
            return Err(refused("wipe", found.wipe.state.as_str()));
        }
        if !found.is_missing() {
            return Err(refused("device", "not_missing"));
        }
        match &found.contradiction {
            Some(decided) if decided.reason == reason => Ok(Vec::new()),
            Some(_) => Err(DomainError::Conflict),
            None => {
                found.contradiction = Some(Decision { reason, act });
                Ok(vec![Event::ContradictionAccepted { termination, item }])
            }
        }
    }

    fn reopen_if_it_no_longer_stands(&mut self, item: ItemId, at: DateTime<Utc>) -> Option<Event> {
        if self.state != TerminationState::Completed || self.blockers().is_empty() {
            return None;
        }
        let contradicted = self.item(item).is_ok_and(|item| item.wipe.contradicted);
        let cause = if contradicted {
            ReopenCause::WipeContradicted
        } else {
            ReopenCause::WipeNotProved
        };
        let act = Act::by_rule(ActorRole::System, at);
        Some(self.open_again(
            cause,
            Decision {
                reason: Reason::from(cause),
                act,
            },
        ))
    }
}

impl Item {
    /// Takes in what is known of the wipe, before any rule follows from it.
    pub(super) fn learn(&mut self, termination: TerminationId, wipe: WipeAssessment) -> Vec<Event> {
        let item = self.id;
        let before = std::mem::replace(&mut self.wipe, wipe);
        let mut events = Vec::new();
        if wipe != before {
            let WipeAssessment { state, level, .. } = wipe;
            events.push(Event::WipeAssessed {
                termination,
                item,
                state,
                level,
            });
        }
        if wipe.contradicted && !before.contradicted {
            events.push(Event::WipeContradicted { termination, item });
        }
        if !wipe.contradicted {
            self.contradiction = None;
        }
        events
    }

    /// Makes the check `wiped` say what the policy says. Calling it twice changes nothing more, so that it can
    /// follow every command that touches what it depends on: the wipe, the return and the hold.
    pub(super) fn apply_wipe_policy(
        &mut self,
        termination: TerminationId,
        held: bool,
        at: DateTime<Utc>,
    ) -> Option<Event> {
        let state = self.check(CheckKind::Wiped).ok()?.state;
        let satisfied = satisfies(self.required_wipe, &self.wipe);
        match state {
            CheckState::Done if !satisfied && self.is_handed_on() => {
                let moot = Settlement::not_applicable(Reason::from(DeviceOutcome::Transferred));
                let act = Act::by_rule(ActorRole::System, at);
                self.write(termination, CheckKind::Wiped, moot, &act)
            }
            CheckState::Done if !satisfied => {
                let contradicted = self.wipe.contradicted;
                let cause = if contradicted {
                    ReopenCause::WipeContradicted
                } else {
                    ReopenCause::WipeNotProved
                };
                let act = Act::by_rule(ActorRole::System, at);
                self.reopen(termination, CheckKind::Wiped, cause, &act)
            }
            CheckState::Open | CheckState::Declared if satisfied && !held && self.is_accounted_for() => {
                let act = Act::by_rule(self.role_behind_the_wipe(), at);
                self.write(termination, CheckKind::Wiped, Settlement::done(), &act)
            }
            CheckState::Open
            | CheckState::Declared
            | CheckState::Done
            | CheckState::NotApplicable
            | CheckState::Deviation => None,
        }
    }

    /// Whose word a rule builds on: the MDM's only if it is the MDM that reported.
    const fn role_behind_the_wipe(&self) -> ActorRole {
        match self.wipe.level {
            WipeLevel::Acknowledged => ActorRole::Mdm,
            WipeLevel::None
            | WipeLevel::Ordered
            | WipeLevel::Attested
            | WipeLevel::Verified
            | WipeLevel::Certified => ActorRole::System,
        }
    }
}
