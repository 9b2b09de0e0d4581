//! One device or subscription of a case, and the small steps that commands are made of.

use super::Blocker;
use super::absence::Arrangement;
use super::check::{Act, Check, Decision, Note, Reason, Settlement};
use super::damage::Damage;
use super::disposal::Disposal;
use super::event::Event;
use super::loss::Loss;
use super::number::NumberRuling;
use super::proposal::Proposal;
use super::words::{CheckKind, CheckState, CodeAnswer, CodeKind, DeviceOutcome, ItemKind, ReopenCause};
use crate::domain::error::DomainError;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::wipe::{DataClass, WipeAssessment, WipeLevel};
use std::collections::BTreeMap;

/// One device or subscription of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The id.
    pub id: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// How sensitive the data on the device is; means nothing for a subscription.
    pub data_class: DataClass,
    /// The lowest level of wipe that is enough, as the policy had it when the item came into the case; means nothing
    /// for a subscription.
    pub required_wipe: WipeLevel,
    /// What became of the device, once that is known.
    pub outcome: Option<DeviceOutcome>,
    /// Whether the serial number or IMEI was read and is the right one.
    pub identity_confirmed: bool,
    /// The questions.
    pub checks: Vec<Check>,
    /// What became of each code of the device.
    pub code_answers: BTreeMap<CodeKind, CodeAnswer>,
    /// What was decided about the number of the subscription.
    pub number: Option<NumberRuling>,
    /// That the holder asked to take the number over privately: through whom it was said, and when.
    pub number_request: Option<Act>,
    /// What is known about the wipe of the device.
    pub wipe: WipeAssessment,
    /// The decision to close in spite of a contradicted wipe, because the device is gone and nobody can look.
    pub contradiction: Option<Decision>,
    /// What is known of its being lost or stolen, now or before it came back.
    pub loss: Option<Loss>,
    /// What was decided about it instead of a return.
    pub disposal: Option<Disposal>,
    /// What is known of a damage to it.
    pub damage: Option<Damage>,
    /// What becomes of it while its holder is on leave.
    pub arrangement: Option<Arrangement>,
    /// That it goes along with its holder, as long as only one side has said so.
    pub proposal: Option<Proposal>,
}

/// A device or subscription that a new case starts with.
#[derive(Clone, Copy, Debug)]
pub struct NewItem {
    /// The id.
    pub id: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// How sensitive the data on the device is; [`DataClass::Standard`] for a subscription.
    pub data_class: DataClass,
    /// The lowest level of wipe that is enough; [`WipeLevel::None`] for a subscription.
    pub required_wipe: WipeLevel,
}

impl Item {
    /// An item with all its checks open.
    pub(super) fn new(new: NewItem) -> Self {
        let open = |kind: &CheckKind| Check {
            kind: *kind,
            state: CheckState::Open,
            mandatory: kind.is_mandatory(new.data_class),
            act: None,
            reason: None,
            note: Note::default(),
        };
        Self {
            id: new.id,
            kind: new.kind,
            data_class: new.data_class,
            required_wipe: new.required_wipe,
            outcome: None,
            identity_confirmed: false,
            checks: CheckKind::of(new.kind).iter().map(open).collect(),
            code_answers: BTreeMap::new(),
            number: None,
            number_request: None,
            wipe: WipeAssessment::default(),
            contradiction: None,
            loss: None,
            disposal: None,
            damage: None,
            arrangement: None,
            proposal: None,
        }
    }

    /// The check.
    ///
    /// # Errors
    /// `UnknownCheck` if this kind of item has none such.
    pub fn check(&self, kind: CheckKind) -> Result<&Check, DomainError> {
        self.checks
            .iter()
            .find(|check| check.kind == kind)
            .ok_or(DomainError::UnknownCheck)
    }

    /// Whether the check is in that state.
    pub(super) fn is(&self, kind: CheckKind, state: CheckState) -> bool {
        self.checks
            .iter()
            .any(|check| check.kind == kind && check.state == state)
    }

    /// Whether the MDM is to say what became of a wipe that was ordered, and nobody has answered instead.
    pub fn awaits_mdm(&self) -> bool {
        self.wipe.state.waits_for_mdm() && !self.is_settled(CheckKind::Wiped)
    }

    /// Whether the check is answered; one that this kind of item has not is never.
    pub fn is_settled(&self, kind: CheckKind) -> bool {
        self.check(kind).is_ok_and(|check| check.state.is_settled())
    }

    /// Whether a contradicted wipe keeps the case open: it does until somebody decided otherwise. A device that the
    /// holder has gone on with is heard of, and nobody says that it was wiped.
    pub fn is_blocked_by_contradiction(&self) -> bool {
        self.wipe.contradicted && self.contradiction.is_none() && !self.is_handed_on()
    }

    /// What the outcome of the device still asks for beside the checks.
    pub(super) fn blockers_of_outcome(&self) -> Vec<Blocker> {
        let item = self.id;
        let mut blockers = Vec::new();
        if self.breach_notify_by().is_some() {
            blockers.push(Blocker::BreachUndecided { item });
        }
        if self.lacks_police_report() {
            blockers.push(Blocker::PoliceReportMissing { item });
        }
        if self.lacks_approval() {
            blockers.push(Blocker::TransferNotApproved { item });
        }
        let is_open = |kind: CheckKind| {
            let open = self.check(kind).is_ok_and(|check| !check.state.is_settled());
            open && self.check(kind).is_ok_and(|check| check.mandatory)
        };
        let not_done = self.not_done().into_iter().filter(|kind| !is_open(*kind));
        blockers.extend(not_done.map(|check| Blocker::CheckNotDone { item, check }));
        blockers
    }

    /// Whether the device is gone: lost or stolen.
    pub const fn is_missing(&self) -> bool {
        match self.outcome {
            Some(DeviceOutcome::Lost | DeviceOutcome::Stolen) => true,
            Some(
                DeviceOutcome::Returned
                | DeviceOutcome::Transferred
                | DeviceOutcome::BoughtOut
                | DeviceOutcome::Destroyed,
            )
            | None => false,
        }
    }

    /// Writes an answer that has passed the rules.
    pub(super) fn write(
        &mut self,
        termination: TerminationId,
        kind: CheckKind,
        settlement: Settlement,
        act: &Act,
    ) -> Option<Event> {
        let item = self.id;
        let check = self.checks.iter_mut().find(|check| check.kind == kind)?;
        let (from, to, role) = (check.state, settlement.answer.into(), act.by.role);
        check.state = to;
        check.reason = settlement.reason;
        check.note = settlement.note;
        check.act = Some(act.clone());
        Some(if from.is_settled() {
            Event::CheckCorrected {
                termination,
                item,
                check: kind,
                from,
                to,
                role,
            }
        } else {
            Event::CheckSettled {
                termination,
                item,
                check: kind,
                state: to,
                role,
            }
        })
    }

    /// Takes an answer back, because it no longer holds.
    pub(super) fn reopen(
        &mut self,
        termination: TerminationId,
        kind: CheckKind,
        cause: ReopenCause,
        act: &Act,
    ) -> Option<Event> {
        let item = self.id;
        let check = self.checks.iter_mut().find(|check| check.kind == kind)?;
        check.state = CheckState::Open;
        check.reason = Some(Reason::from(cause));
        check.note = Note::default();
        check.act = Some(act.clone());
        Some(Event::CheckReopened {
            termination,
            item,
            check: kind,
            cause,
        })
    }
}
