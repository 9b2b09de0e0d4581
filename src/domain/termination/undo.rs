//! Taking an answer back. What it settled goes back to what it was before, unless somebody has answered since.

use super::Termination;
use super::absence::Arrangement;
use super::check::{Act, Check, Decision, Reason};
use super::event::Event;
use super::item::Item;
use super::number::NumberRuling;
use super::words::{CheckKind, CodeAnswer, CodeKind, DeviceOutcome, ReopenCause, TerminationState};
use crate::domain::error::DomainError;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::wipe::WipeAssessment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one answer changed, and how it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Who answered, and when.
    act: Act,
    /// The items that the answer was about.
    items: Vec<ItemBefore>,
}

/// How an item was before an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemBefore {
    item: ItemId,
    outcome: Option<DeviceOutcome>,
    identity_confirmed: bool,
    /// What was decided about the number before, and by the answer.
    #[serde(default)]
    ruling: (Option<NumberRuling>, Option<NumberRuling>),
    /// The kinds of codes that were answered: what was said of them before, and by the answer.
    codes: BTreeMap<CodeKind, (Option<CodeAnswer>, CodeAnswer)>,
    /// The checks that were answered.
    checks: Vec<Check>,
    /// What was to become of the device during a leave before, and by the answer.
    #[serde(default)]
    arrangement: (Option<Arrangement>, Option<Arrangement>),
}

impl Undo {
    /// What `act` changed between two states of a case.
    pub fn of(before: &Termination, after: &Termination, act: Act) -> Self {
        let items = before.items.iter().filter_map(|old| {
            let new = after.item(old.id).ok()?;
            (old != new).then(|| ItemBefore::of(old, new, &act))
        });
        Self {
            items: items.collect(),
            act,
        }
    }

    /// The items that the answer was about.
    pub fn items(&self) -> impl Iterator<Item = ItemId> {
        self.items.iter().map(|before| before.item)
    }

    /// Whether the answer said that a device is lost or stolen.
    pub fn reported_a_loss(&self, after: &Termination) -> bool {
        self.items.iter().any(|before| {
            let now = after.item(before.item);
            now.is_ok_and(|now| now.is_missing() && now.outcome != before.outcome)
        })
    }
}

impl ItemBefore {
    fn of(old: &Item, new: &Item, act: &Act) -> Self {
        let answered = |check: &&Check| {
            let now = new.check(check.kind);
            now.is_ok_and(|now| now.act.as_ref() == Some(act))
        };
        let codes = new.code_answers.iter().filter_map(|(kind, answer)| {
            let before = old.code_answers.get(kind).copied();
            (before != Some(*answer)).then_some((*kind, (before, *answer)))
        });
        Self {
            item: old.id,
            outcome: old.outcome,
            identity_confirmed: old.identity_confirmed,
            ruling: (old.number.clone(), new.number.clone()),
            codes: codes.collect(),
            checks: old.checks.iter().filter(answered).cloned().collect(),
            arrangement: (old.arrangement.clone(), new.arrangement.clone()),
        }
    }
}

impl Termination {
    /// Takes an answer back. `wipes` is what is known of the wipes without it. A check that somebody else has
    /// answered since stays as it is now; a completed case is opened again.
    ///
    /// Whether it is too late, because others have acted on the answer, is for the caller to know.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but a receiver, the desk or a technician, `UnknownItem`, `InvalidTransition` if the
    /// case is cancelled or somebody else has a device by now.
    pub fn undo(
        &mut self,
        undo: &Undo,
        wipes: &BTreeMap<ItemId, WipeAssessment>,
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        act.require_answerable()?;
        if self.state == TerminationState::Cancelled {
            return Err(self.impossible("undo"));
        }
        for before in &undo.items {
            self.item(before.item)?.require_not_let_go("undo")?;
        }
        let (termination, held) = (self.id, self.is_held());
        let mut events = Vec::new();
        if self.state == TerminationState::Completed {
            let cause = ReopenCause::AnswerUndone;
            let reason = Reason::from(cause);
            let act = act.clone();
            events.push(self.open_again(cause, Decision { reason, act }));
        }
        for before in &undo.items {
            let found = self.item_mut(before.item)?;
            if let Some(wipe) = wipes.get(&before.item) {
                events.extend(found.learn(termination, *wipe));
            }
            events.push(found.take_back(termination, before, &undo.act));
            events.extend(found.settle_moot(termination));
            events.extend(found.fall_with_the_return(termination, &act));
            events.extend(found.apply_wipe_policy(termination, held, act.at));
        }
        Ok(events)
    }
}

impl Item {
    fn take_back(&mut self, termination: TerminationId, before: &ItemBefore, answered: &Act) -> Event {
        let mut checks = Vec::with_capacity(before.checks.len());
        for old in &before.checks {
            let own = self
                .checks
                .iter_mut()
                .find(|check| check.kind == old.kind && check.act.as_ref() == Some(answered));
            if let Some(check) = own {
                *check = old.clone();
                checks.push(old.kind);
            }
        }
        if checks.contains(&CheckKind::Returned) {
            // What was decided about the device since stands.
            if self.disposal.is_none() {
                self.outcome = before.outcome;
            }
            self.identity_confirmed = before.identity_confirmed;
        }
        if self.arrangement == before.arrangement.1 {
            self.arrangement.clone_from(&before.arrangement.0);
        }
        // What somebody else has settled since stands with the answers that it was settled on.
        if !self.is_settled(CheckKind::Codes) {
            for (kind, (old, answered)) in &before.codes {
                if self.code_answers.get(kind) != Some(answered) {
                    continue;
                }
                match old {
                    Some(old) => self.code_answers.insert(*kind, *old),
                    None => self.code_answers.remove(kind),
                };
            }
        }
        if !self.is_settled(CheckKind::Number) && self.number == before.ruling.1 {
            self.number.clone_from(&before.ruling.0);
        }
        Event::AnswerUndone {
            termination,
            item: self.id,
            checks,
        }
    }
}
