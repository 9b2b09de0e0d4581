//! A question that is more than yes or no: what became of each code.
//!
//! An answer alone settles nothing: the check `codes` is settled when somebody says so, and then the answers must be
//! there.

use super::Termination;
use super::check::{Act, Check};
use super::event::Event;
use super::words::{ActorRole, CheckKind, CheckState, CodeAnswer, CodeKind, ReopenCause};
use crate::domain::error::DomainError;
use crate::domain::ids::ItemId;

impl Termination {
    /// Says what became of one kind of code of a device. The code itself goes elsewhere.
    ///
    /// Changing an answer after the check was settled is a correction; that a code is unknown after all opens
    /// the check again, unless it was settled as a deviation.
    ///
    /// # Errors
    /// `NotAllowed`, `UnknownItem`, `UnknownCheck`, `InvalidTransition` if the case is not active, `Conflict`.
    pub fn answer_code(
        &mut self,
        item: ItemId,
        code: CodeKind,
        answer: CodeAnswer,
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        act.require_answerable()?;
        let found = self.item(item)?;
        let check = found.check(CheckKind::Codes)?;
        if found.code_answers.get(&code) == Some(&answer) {
            return Ok(Vec::new());
        }
        self.require_active("answer_code")?;
        found.require_not_handed_on("answer_code")?;
        require_changeable(check, act.by.role)?;
        let falls = answer == CodeAnswer::Unknown && falls_with_its_answer(check);

        let termination = self.id;
        let found = self.item_mut(item)?;
        found.code_answers.insert(code, answer);
        let mut events = vec![Event::CodeAnswered {
            termination,
            item,
            code,
            answer,
        }];
        if falls {
            events.extend(found.reopen(termination, CheckKind::Codes, ReopenCause::CodeUnknown, &act));
        }
        Ok(events)
    }
}

pub(super) const fn require_changeable(check: &Check, role: ActorRole) -> Result<(), DomainError> {
    if check.state.is_settled() && !role.may_correct() {
        Err(DomainError::Conflict)
    } else {
        Ok(())
    }
}

/// Whether the check says more than a deviation would.
const fn falls_with_its_answer(codes: &Check) -> bool {
    match codes.state {
        CheckState::Done | CheckState::NotApplicable => true,
        CheckState::Open | CheckState::Declared | CheckState::Deviation => false,
    }
}
