//! The life of the case itself: dates, hold, withdrawal, completion and reopening.

use super::check::{Act, Decision, Reason};
use super::event::Event;
use super::words::{ActorRole, ReopenCause, TerminationKind, TerminationState};
use super::{Termination, state_by_date};
use crate::domain::error::DomainError;
use chrono::{DateTime, NaiveDate, Utc};

impl Termination {
    /// Opens a scheduled case if the day has come. On any other day, or on an open case, nothing changes.
    ///
    /// # Errors
    /// `InvalidTransition` if the case is completed or cancelled.
    pub fn begin(&mut self, today: NaiveDate) -> Result<Vec<Event>, DomainError> {
        self.require_active("begin")?;
        let due = state_by_date(self.return_by, today) == TerminationState::Open;
        if self.state == TerminationState::Open || !due {
            return Ok(Vec::new());
        }
        self.state = TerminationState::Open;
        Ok(vec![Event::Begun { termination: self.id }])
    }

    /// Moves the dates of the case. What is settled stays settled. A case whose day has not come yet waits again.
    ///
    /// # Errors
    /// `InvalidTransition` if the case is completed or cancelled.
    pub fn reschedule(
        &mut self,
        end_on: NaiveDate,
        return_by: NaiveDate,
        today: NaiveDate,
    ) -> Result<Vec<Event>, DomainError> {
        self.require_active("reschedule")?;
        if (self.end_on, self.return_by) == (end_on, return_by) {
            return Ok(Vec::new());
        }
        let before = self.state;
        let state = state_by_date(return_by, today);
        (self.end_on, self.return_by, self.state) = (end_on, return_by, state);
        let mut events = vec![Event::Rescheduled {
            termination: self.id,
            state,
            end_on,
            return_by,
        }];
        if before == TerminationState::Scheduled && state == TerminationState::Open {
            events.push(Event::Begun { termination: self.id });
        }
        Ok(events)
    }

    /// Says that it is another kind of case than was known. A kind that is held at first is held from now on, unless
    /// somebody has decided about a hold before; the hold that came with the former kind goes with it.
    ///
    /// # Errors
    /// `InvalidTransition` if the case is completed or cancelled.
    pub fn reclassify(
        &mut self,
        kind: TerminationKind,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, DomainError> {
        self.require_active("reclassify")?;
        let from = std::mem::replace(&mut self.kind, kind);
        if from == kind {
            return Ok(Vec::new());
        }
        let termination = self.id;
        let mut events = vec![Event::Reclassified {
            termination,
            from,
            to: kind,
        }];
        self.drop_proposals();
        events.extend(self.leave_or_end(from, now));
        let came_with_kind = |hold: &Decision| hold.reason == Reason::of_kind(from);
        if self.hold.as_ref().is_some_and(came_with_kind) {
            self.hold = None;
            if !kind.is_held_at_first() {
                events.push(Event::Released { termination });
                for item in &mut self.items {
                    events.extend(item.apply_wipe_policy(termination, false, now));
                }
            }
        }
        events.extend(self.hold_by_kind(now));
        Ok(events)
    }

    /// Holds a case of a kind that is held at first.
    pub(super) fn hold_by_kind(&mut self, now: DateTime<Utc>) -> Option<Event> {
        if !self.kind.is_held_at_first() || self.is_held() {
            return None;
        }
        self.hold = Some(Decision {
            reason: Reason::of_kind(self.kind),
            act: Act::by_rule(ActorRole::System, now),
        });
        Some(Event::Held { termination: self.id })
    }

    /// Withdraws the end: the employment goes on.
    ///
    /// # Errors
    /// `NotAllowed` for the holder and the MDM, `InvalidTransition` if the case is completed or cancelled.
    pub fn cancel(&mut self, reason: Reason, act: Act) -> Result<Vec<Event>, DomainError> {
        require_not_holder_or_mdm(&act)?;
        self.require_active("cancel")?;
        self.state = TerminationState::Cancelled;
        self.cancelled = Some(Decision { reason, act });
        Ok(vec![Event::Cancelled { termination: self.id }])
    }

    /// Forbids reset and wipe, so that what is on the devices is preserved.
    ///
    /// # Errors
    /// `NotAllowed` for the holder and the MDM, `InvalidTransition` if the case is completed or cancelled,
    /// `Conflict` if it is held for another reason: release that hold first.
    pub fn hold(&mut self, reason: Reason, act: Act) -> Result<Vec<Event>, DomainError> {
        require_not_holder_or_mdm(&act)?;
        self.require_active("hold")?;
        match &self.hold {
            Some(hold) if hold.reason == reason => Ok(Vec::new()),
            Some(_) => Err(DomainError::Conflict),
            None => {
                self.hold = Some(Decision { reason, act });
                Ok(vec![Event::Held { termination: self.id }])
            }
        }
    }

    /// Allows reset and wipe again, by the decision of a person who is named in it. What the MDM reported
    /// meanwhile counts from now on.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but a receiver, the desk or a technician, `InvalidTransition` if no hold is in
    /// force or the case is completed or cancelled.
    pub fn release(&mut self, decision: Reason, act: Act) -> Result<Vec<Event>, DomainError> {
        act.require_answerable()?;
        self.require_active("release")?;
        if self.hold.take().is_none() {
            let from = "not_held";
            return Err(DomainError::InvalidTransition {
                entity: "hold",
                from,
                command: "release",
            });
        }
        let (termination, at) = (self.id, act.at);
        self.released = Some(Decision {
            reason: decision,
            act,
        });
        let mut events = vec![Event::Released { termination }];
        for item in &mut self.items {
            events.extend(item.apply_wipe_policy(termination, false, at));
        }
        Ok(events)
    }

    /// Completes the case if the rule allows it: it is active, not held, nothing contradicts a wipe, and every
    /// mandatory check of every item is settled. Otherwise nothing changes. There is no other way to complete.
    pub fn complete_if_ready(&mut self, now: DateTime<Utc>) -> Vec<Event> {
        if !self.is_ready() {
            return Vec::new();
        }
        self.state = TerminationState::Completed;
        self.completed_at = Some(now);
        vec![Event::Completed {
            termination: self.id,
            deviations: self.deviations().len(),
        }]
    }

    /// Opens a completed case again. Its checks keep their answers, for the desk to correct, so the
    /// case may be ready at once: ask [`Self::complete_if_ready`] after the correction, not before.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but a receiver, the desk or a technician, `InvalidTransition` unless completed.
    pub fn reopen(&mut self, reason: Reason, act: Act) -> Result<Vec<Event>, DomainError> {
        act.require_answerable()?;
        match self.state {
            TerminationState::Completed => Ok(vec![
                self.open_again(ReopenCause::Decision, Decision { reason, act }),
            ]),
            TerminationState::Scheduled | TerminationState::Open | TerminationState::Cancelled => {
                Err(self.impossible("reopen"))
            }
        }
    }

    pub(super) fn open_again(&mut self, cause: ReopenCause, decision: Decision) -> Event {
        self.state = TerminationState::Open;
        self.completed_at = None;
        self.reopened = Some(decision);
        Event::Reopened {
            termination: self.id,
            cause,
        }
    }
}

const fn require_not_holder_or_mdm(act: &Act) -> Result<(), DomainError> {
    match act.by.role {
        ActorRole::Receiver | ActorRole::Desk | ActorRole::Technician | ActorRole::System => Ok(()),
        ActorRole::Holder | ActorRole::Mdm => Err(DomainError::NotAllowed { role: act.by.role }),
    }
}
