//! Declaring and settling checks: the holder says, the receiver, the desk and technicians decide.

use super::Termination;
use super::check::{Act, Check, Settlement};
use super::event::Event;
use super::item::Item;
use super::words::{
    ActorRole, Answer, CheckKind, CheckState, CodeAnswer, CodeKind, DeviceOutcome, IdentityMatch, ReopenCause,
};
use crate::domain::error::DomainError;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::wipe::{WipeLevel, satisfies};

impl Termination {
    /// The holder says that something is done. Settles nothing.
    ///
    /// # Errors
    /// `NotAllowed` for others than the holder, `Held` for reset and wipe under a hold, `InvalidTransition` if the
    /// check is settled or the case is not active, `UnknownItem`, `UnknownCheck`.
    pub fn declare(&mut self, item: ItemId, check: CheckKind, act: Act) -> Result<Vec<Event>, DomainError> {
        if act.by.role != ActorRole::Holder {
            return Err(DomainError::NotAllowed { role: act.by.role });
        }
        let state = self.item(item)?.check(check)?.state;
        if state == CheckState::Declared {
            return Ok(Vec::new());
        }
        self.require_active("declare")?;
        if state.is_settled() {
            let from = state.as_str();
            return Err(DomainError::InvalidTransition {
                entity: "check",
                from,
                command: "declare",
            });
        }
        self.require_not_held(check)?;
        let termination = self.id;
        for found in self
            .item_mut(item)?
            .checks
            .iter_mut()
            .filter(|found| found.kind == check)
        {
            found.state = CheckState::Declared;
            found.act = Some(act.clone());
            found.reason = None;
        }
        Ok(vec![Event::CheckDeclared {
            termination,
            item,
            check,
        }])
    }

    /// The holder takes back that something is done.
    ///
    /// # Errors
    /// `NotAllowed` for others than the holder, `InvalidTransition` if the check is settled or the case is not active,
    /// `UnknownItem`, `UnknownCheck`.
    pub fn withdraw_declaration(
        &mut self,
        item: ItemId,
        check: CheckKind,
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        if act.by.role != ActorRole::Holder {
            return Err(DomainError::NotAllowed { role: act.by.role });
        }
        let state = self.item(item)?.check(check)?.state;
        if state.is_settled() {
            let from = state.as_str();
            return Err(DomainError::InvalidTransition {
                entity: "check",
                from,
                command: "withdraw_declaration",
            });
        }
        if state == CheckState::Open {
            return Ok(Vec::new());
        }
        self.require_active("withdraw_declaration")?;
        let termination = self.id;
        for found in self
            .item_mut(item)?
            .checks
            .iter_mut()
            .filter(|found| found.kind == check)
        {
            found.state = CheckState::Open;
            found.act = Some(act.clone());
        }
        Ok(vec![Event::DeclarationWithdrawn {
            termination,
            item,
            check,
        }])
    }

    /// Answers a check. Saying the same again changes nothing and succeeds, also when the case is completed.
    ///
    /// The desk and technicians may replace an answer. The receiver may not, but may answer for what a rule has
    /// settled the same way, so that the receipt names a person where there is one. A return that is done also sets the outcome of the device, and what the MDM has
    /// reported about its wipe counts from then on.
    ///
    /// # Errors
    /// `NotAllowed`, `UnknownItem`, `UnknownCheck`, `WrongDevice` for a return without a confirmed identity,
    /// `InvalidTransition` if the case is not active, `Held` for reset and wipe under a hold, `NeedsReason`,
    /// `Conflict`, and what the check itself asks for: `PolicyNotMet`, `Contradicted`, `NotReturned`, `Unanswered`.
    pub fn settle(
        &mut self,
        item: ItemId,
        check: CheckKind,
        settlement: Settlement,
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        if !check.may_be_settled_by(act.by.role) {
            return Err(DomainError::NotAllowed { role: act.by.role });
        }
        let found = self.item(item)?;
        let current = found.check(check)?;
        require_right_device(check, &settlement)?;
        let takes_over = current.was_settled_by_rule() && self.is_active();
        if current.says(&settlement) && !takes_over {
            return Ok(Vec::new());
        }
        self.require_active("settle")?;
        found.require_not_handed_on("settle")?;
        self.require_not_held(check)?;
        settlement.require_reason()?;
        require_no_conflict(current, &settlement, act.by.role)?;
        found.require_grounds(check, settlement.answer, act.by.role)?;
        found.require_not_decided_away(check, settlement.answer)?;
        if check == CheckKind::Returned && settlement.answer != Answer::Done {
            found.require_not_let_go("settle")?;
        }

        let (termination, held) = (self.id, self.is_held());
        let found = self.item_mut(item)?;
        let answer = settlement.answer;
        let was_returned = found.is(CheckKind::Returned, CheckState::Done);
        let mut events: Vec<Event> = found
            .write(termination, check, settlement, &act)
            .into_iter()
            .collect();
        if check == CheckKind::Returned {
            events.extend(match (was_returned, answer) {
                (false, Answer::Done) => found.came_back(termination, &act),
                (true, Answer::Done) => Vec::new(),
                (true, Answer::NotApplicable | Answer::Deviation) => {
                    found.did_not_come_back(termination, &act)
                }
                (false, Answer::NotApplicable | Answer::Deviation) => Vec::new(),
            });
        }
        events.extend(found.apply_wipe_policy(termination, held, act.at));
        Ok(events)
    }

    /// Refuses what destroys data while a hold is in force.
    pub(super) const fn require_not_held(&self, check: CheckKind) -> Result<(), DomainError> {
        if self.is_held() && check.destroys_data() {
            Err(DomainError::Held)
        } else {
            Ok(())
        }
    }
}

fn require_right_device(check: CheckKind, settlement: &Settlement) -> Result<(), DomainError> {
    let says_returned = check == CheckKind::Returned && settlement.answer == Answer::Done;
    if says_returned && settlement.identity != Some(IdentityMatch::Confirmed) {
        return Err(DomainError::WrongDevice);
    }
    Ok(())
}

/// A settled check is the desk's and the technicians' to change. A receiver who says what a rule already found
/// adds a witness, and that is no conflict.
fn require_no_conflict(check: &Check, settlement: &Settlement, role: ActorRole) -> Result<(), DomainError> {
    let bears_witness = check.was_settled_by_rule() && check.state == settlement.answer.into();
    if check.state.is_settled() && !role.may_correct() && !bears_witness {
        return Err(DomainError::Conflict);
    }
    Ok(())
}

impl Item {
    /// Refuses an answer for which the item gives no grounds.
    fn require_grounds(&self, check: CheckKind, answer: Answer, role: ActorRole) -> Result<(), DomainError> {
        if answer == Answer::Done && check.needs_the_handset() && self.is_missing() {
            return Err(DomainError::NotReturned);
        }
        match (check, answer) {
            (CheckKind::Wiped, Answer::Done) => self.require_wiped(),
            (CheckKind::Codes, Answer::Done | Answer::NotApplicable) => self.require_codes(false),
            (CheckKind::Codes, Answer::Deviation) => self.require_codes(true),
            (CheckKind::Number, answer) => self.require_number(answer, role),
            (CheckKind::Wiped, _)
            | (
                CheckKind::RecordsSaved
                | CheckKind::Returned
                | CheckKind::Accessories
                | CheckKind::Reset
                | CheckKind::LocksCleared
                | CheckKind::Sim
                | CheckKind::Directory,
                _,
            ) => Ok(()),
        }
    }

    /// Refuses a return of a device about which something else was decided: that is withdrawn first.
    fn require_not_decided_away(&self, check: CheckKind, answer: Answer) -> Result<(), DomainError> {
        let says_returned = check == CheckKind::Returned && answer == Answer::Done;
        if says_returned && self.disposal.is_some() && !self.is(CheckKind::Returned, CheckState::Done) {
            return Err(DomainError::Conflict);
        }
        Ok(())
    }

    fn require_wiped(&self) -> Result<(), DomainError> {
        if self.wipe.contradicted {
            return Err(DomainError::Contradicted);
        }
        if !satisfies(self.required_wipe, &self.wipe) {
            return Err(DomainError::PolicyNotMet {
                required: self.required_wipe,
                actual: self.wipe.level,
            });
        }
        // A device that said yes over the air may be anywhere: it counts for a handset that is known to be somewhere.
        let only_reported = self.wipe.level == WipeLevel::Acknowledged;
        if only_reported && !self.is_accounted_for() {
            return Err(DomainError::NotReturned);
        }
        Ok(())
    }

    /// No kind of code may be passed over in silence. That a code is unknown settles nothing but a deviation.
    fn require_codes(&self, unknown_is_enough: bool) -> Result<(), DomainError> {
        let settles = |kind: &CodeKind| match self.code_answers.get(kind) {
            Some(
                CodeAnswer::Received
                | CodeAnswer::NotApplicable
                | CodeAnswer::NotNeededAfterWipe
                | CodeAnswer::Refused,
            ) => true,
            Some(CodeAnswer::Unknown) => unknown_is_enough,
            None => false,
        };
        let all = CodeKind::ALL.iter().all(settles);
        if all {
            Ok(())
        } else {
            Err(DomainError::Unanswered {
                check: CheckKind::Codes,
            })
        }
    }

    /// What a confirmed return brings with it. For a device that was missing, everything that the loss had closed
    /// is a question again.
    fn came_back(&mut self, termination: TerminationId, act: &Act) -> Vec<Event> {
        self.drop_proposal();
        let was_missing = self.is_missing();
        self.outcome = Some(DeviceOutcome::Returned);
        self.identity_confirmed = true;
        if !was_missing {
            return Vec::new();
        }
        // Now somebody can look.
        self.contradiction = None;
        let closed: Vec<CheckKind> = self
            .checks
            .iter()
            .filter(|check| check.state == CheckState::Deviation)
            .map(|check| check.kind)
            .collect();
        let reopen = |kind| self.reopen(termination, kind, ReopenCause::DeviceFound, act);
        closed.into_iter().filter_map(reopen).collect()
    }

    /// What a withdrawn return brings with it: a wipe that nobody but a technician could have seen falls too.
    fn did_not_come_back(&mut self, termination: TerminationId, act: &Act) -> Vec<Event> {
        if self.disposal.is_none() {
            self.outcome = None;
        }
        self.identity_confirmed = false;
        self.fall_with_the_return(termination, act).into_iter().collect()
    }

    /// Opens `wiped` again unless it stands without the handset being here.
    pub(super) fn fall_with_the_return(&mut self, termination: TerminationId, act: &Act) -> Option<Event> {
        let stands = self.wipe.level >= WipeLevel::Verified || self.is_accounted_for();
        if stands || !self.is(CheckKind::Wiped, CheckState::Done) {
            return None;
        }
        self.reopen(termination, CheckKind::Wiped, ReopenCause::NotReturned, act)
    }
}
