//! What happens to the number of a subscription: it is terminated, waits for a new holder, moves, or goes to its holder
//! privately.
//!
//! A decision alone settles nothing. What has to be done with the operator or in the telephony system is done when the
//! desk says so, so the receiver decides and the desk settles; a number that waits for a new holder needs nobody. A number
//! that is to go to its holder is not terminated first: another decision needs somebody who is named and says why.

use super::Termination;
use super::answers::require_changeable;
use super::check::{Act, Reason};
use super::event::Event;
use super::item::Item;
use super::words::{ActorRole, Answer, CheckKind, CheckState, NumberDecision, ReopenCause};
use crate::domain::error::DomainError;
use crate::domain::ids::{EmploymentId, ItemId, LegalEntityId, UnitId};
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// For how many months after its contract the operator has to release a number.
const RELEASED_FOR_MONTHS: u32 = 1;

/// What happens to a number, and on which terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
pub enum NumberTerms {
    /// The subscription is terminated.
    Terminate {
        /// Its last day with the operator, if that is known.
        last_day: Option<NaiveDate>,
    },
    /// The number waits for a new holder, after its quarantine.
    Reuse,
    /// The number moves.
    Move {
        /// Where to, if that is known.
        to: Option<MoveTo>,
    },
    /// The holder takes the number over privately.
    TransferToPrivate,
}

/// Where a number moves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MoveTo {
    /// To another employment with the same legal entity, the holder's own or somebody else's.
    Employment {
        /// The employment.
        employment: EmploymentId,
    },
    /// To a unit of the legal entity, for its next holder there.
    Unit {
        /// The unit.
        unit: UnitId,
    },
    /// To another legal entity, which registers it as its own.
    LegalEntity {
        /// The legal entity.
        legal_entity: LegalEntityId,
    },
}

impl NumberTerms {
    /// The decision without its terms.
    pub const fn decision(self) -> NumberDecision {
        match self {
            Self::Terminate { .. } => NumberDecision::Terminate,
            Self::Reuse => NumberDecision::Reuse,
            Self::Move { .. } => NumberDecision::Move,
            Self::TransferToPrivate => NumberDecision::TransferToPrivate,
        }
    }
}

impl From<NumberDecision> for NumberTerms {
    fn from(decision: NumberDecision) -> Self {
        match decision {
            NumberDecision::Terminate => Self::Terminate { last_day: None },
            NumberDecision::Reuse => Self::Reuse,
            NumberDecision::Move => Self::Move { to: None },
            NumberDecision::TransferToPrivate => Self::TransferToPrivate,
        }
    }
}

/// Somebody who is named, and why they decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedBy {
    /// A name or a function.
    pub by: Reason,
    /// Why.
    pub reason: Reason,
}

/// What was decided about a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRuling {
    /// What happens to it.
    pub terms: NumberTerms,
    /// Who decided, where it is another than the one who said so.
    pub decided: Option<DecidedBy>,
    /// Who said so, and when; nothing for a decision from before that was kept.
    pub act: Option<Act>,
}

impl NumberRuling {
    /// A decision of which nothing more is known.
    pub const fn bare(terms: NumberTerms) -> Self {
        Self {
            terms,
            decided: None,
            act: None,
        }
    }

    /// Where a number moves to must be known before it can have moved.
    const fn can_be_carried_out(&self) -> bool {
        !matches!(self.terms, NumberTerms::Move { to: None })
    }
}

impl Item {
    /// What was decided about the number, without the terms.
    pub fn number_decision(&self) -> Option<NumberDecision> {
        self.number.as_ref().map(|ruling| ruling.terms.decision())
    }

    /// Whether the number is to go to its holder, and has not gone yet.
    pub fn is_to_be_transferred(&self) -> bool {
        self.number_decision() == Some(NumberDecision::TransferToPrivate)
            && !self.is_settled(CheckKind::Number)
    }

    /// Whether the number has moved to another employment, which has it now.
    pub fn has_moved(&self) -> bool {
        let to_employment = |ruling: &NumberRuling| {
            matches!(
                ruling.terms,
                NumberTerms::Move {
                    to: Some(MoveTo::Employment { .. })
                }
            )
        };
        self.number.as_ref().is_some_and(to_employment) && self.is(CheckKind::Number, CheckState::Done)
    }

    /// What is carried out when the case is complete: nothing of what was settled in another way.
    pub fn number_carried_out(&self) -> Option<NumberTerms> {
        let ruling = self.number.as_ref()?;
        self.is(CheckKind::Number, CheckState::Done)
            .then_some(ruling.terms)
    }

    /// Refuses an answer to `number` that the item gives no grounds for: none is done before it is decided, and a move not
    /// before it is known where to; by nobody but the desk and technicians what somebody has to do; and none once another
    /// employment has the number.
    pub(super) fn require_number(&self, answer: Answer, role: ActorRole) -> Result<(), DomainError> {
        let is_known = self.number.as_ref().is_some_and(NumberRuling::can_be_carried_out);
        if answer == Answer::Done && !is_known {
            let check = CheckKind::Number;
            return Err(DomainError::Unanswered { check });
        }
        let is_work = self.number_decision().is_some_and(NumberDecision::needs_the_desk);
        if is_work && !role.may_correct() {
            return Err(DomainError::NotAllowed { role });
        }
        self.require_not_moved("settle")
    }

    fn require_not_moved(&self, command: &'static str) -> Result<(), DomainError> {
        if self.has_moved() {
            return Err(DomainError::InvalidTransition {
                entity: "number",
                from: "moved",
                command,
            });
        }
        Ok(())
    }
}

impl Termination {
    /// The day by which the operator has to release a number that is to go to its holder; nothing for any other.
    pub fn release_by(&self, item: &Item) -> Option<NaiveDate> {
        let end = self.end_on;
        item.is_to_be_transferred()
            .then(|| end.checked_add_months(Months::new(RELEASED_FOR_MONTHS)))
            .flatten()
    }

    /// The holder asks to take the number over privately, or somebody says so for them. Decides nothing.
    ///
    /// # Errors
    /// `NotAllowed` for machines, `UnknownItem`, `UnknownCheck`, `InvalidTransition` if the case is not active, `Conflict`
    /// if the number is settled.
    pub fn request_number(&mut self, item: ItemId, act: Act) -> Result<Vec<Event>, DomainError> {
        if act.by.role != ActorRole::Holder {
            act.require_answerable()?;
        }
        let found = self.item(item)?;
        let check = found.check(CheckKind::Number)?;
        if found.number_request.is_some() {
            return Ok(Vec::new());
        }
        self.require_active("request_number")?;
        if check.state.is_settled() {
            return Err(DomainError::Conflict);
        }
        let termination = self.id;
        self.item_mut(item)?.number_request = Some(act);
        Ok(vec![Event::NumberRequested { termination, item }])
    }

    /// The holder does not ask for the number any more. What somebody else asked for them stays.
    ///
    /// # Errors
    /// `UnknownItem`, `InvalidTransition` if the case is not active.
    pub fn withdraw_number_request(&mut self, item: ItemId, act: &Act) -> Result<Vec<Event>, DomainError> {
        let is_own = |asked: &Act| asked.by.role == act.by.role;
        if !self.item(item)?.number_request.as_ref().is_some_and(is_own) {
            return Ok(Vec::new());
        }
        self.require_active("withdraw_number_request")?;
        let termination = self.id;
        self.item_mut(item)?.number_request = None;
        Ok(vec![Event::NumberRequestWithdrawn { termination, item }])
    }

    /// Decides what happens to the number of a subscription. Another decision, after the check was settled, opens it
    /// again.
    ///
    /// # Errors
    /// `NotAllowed`, `UnknownItem`, `UnknownCheck`, `InvalidTransition` if the case is not active or the number has moved,
    /// `NeedsReason` for a transfer that nobody named has decided, `TransferUnderWay` for another decision instead of a
    /// transfer that nobody named has decided, `Conflict`.
    pub fn decide_number(
        &mut self,
        item: ItemId,
        (terms, decided): (NumberTerms, Option<DecidedBy>),
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        act.require_answerable()?;
        let found = self.item(item)?;
        let check = found.check(CheckKind::Number)?;
        let is_known = |before: &NumberRuling| before.terms == terms && before.decided == decided;
        if found.number.as_ref().is_some_and(is_known) {
            return Ok(Vec::new());
        }
        self.require_active("decide_number")?;
        found.require_not_moved("decide_number")?;
        let decision = terms.decision();
        // The receiver decides in person; what the desk records was decided by somebody.
        let is_transfer = decision == NumberDecision::TransferToPrivate;
        if is_transfer && decided.is_none() && act.by.role != ActorRole::Receiver {
            return Err(DomainError::NeedsReason);
        }
        if !is_transfer && found.is_to_be_transferred() && decided.is_none() {
            return Err(DomainError::TransferUnderWay);
        }
        require_changeable(check, act.by.role)?;
        let falls = check.state.is_settled();

        let termination = self.id;
        let found = self.item_mut(item)?;
        found.number = Some(NumberRuling {
            terms,
            decided,
            act: Some(act.clone()),
        });
        let mut events = vec![Event::NumberDecided {
            termination,
            item,
            decision,
        }];
        if falls {
            let cause = ReopenCause::NumberDecisionChanged;
            events.extend(found.reopen(termination, CheckKind::Number, cause, &act));
        }
        Ok(events)
    }
}
