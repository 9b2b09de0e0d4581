//! Decisions that a device does not come back into stock: it is sold to its holder, handed over, or destroyed.
//!
//! A decision settles only the checks that it makes moot, as not applicable with the outcome's word as the reason, so
//! that withdrawing it opens exactly those again. Everything else is still asked.

use super::Termination;
use super::check::{Act, Decision, Reason, Settlement};
use super::event::Event;
use super::item::Item;
use super::words::{CheckKind, CheckState, DeviceOutcome, ReopenCause, TransferSide};
use crate::domain::error::DomainError;
use crate::domain::ids::{EmploymentId, EvidenceId, ItemId, LegalEntityId, TerminationId, UnitId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was decided about a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposal {
    /// What becomes of it, and on which terms.
    pub terms: DisposalTerms,
    /// Who decided.
    pub decided: NamedDecision,
    /// Who has approved a transfer: both legal entities, or both managers of a holder who moves.
    pub approvals: BTreeMap<TransferSide, NamedDecision>,
    /// The fact that says that it was destroyed.
    pub evidence: Option<EvidenceId>,
}

/// A decision by somebody who is named, and who recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedDecision {
    /// Who decided: a name or a function.
    pub by: Reason,
    /// Why, and who recorded it when.
    pub decision: Decision,
}

impl NamedDecision {
    fn says(&self, other: &Self) -> bool {
        (&self.by, &self.decision.reason) == (&other.by, &other.decision.reason)
    }
}

/// What becomes of a device, and on which terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum DisposalTerms {
    /// Its holder buys it.
    BoughtOut {
        /// What it is worth on the market, in öre. Below that the difference is a taxed benefit.
        market_value_ore: u64,
        /// How that was found out.
        valuation: Reason,
    },
    /// It is handed over.
    Transferred {
        /// To whom.
        to: TransferTo,
    },
    /// It was destroyed.
    Destroyed {
        /// By whom.
        destroyed_by: Reason,
        /// The day.
        destroyed_on: NaiveDate,
        /// What the certificate is called.
        certificate: Reason,
    },
}

/// To whom a device is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TransferTo {
    /// It goes along with its holder, to another employment with the same legal entity. Nothing is wiped.
    Along {
        /// The employment.
        employment: EmploymentId,
    },
    /// Somebody else of the legal entity gets it.
    Employment {
        /// The employment.
        employment: EmploymentId,
    },
    /// A unit of the legal entity keeps it for its next holder.
    Unit {
        /// The unit.
        unit: UnitId,
    },
    /// Another legal entity takes it over as its own, if both approve.
    LegalEntity {
        /// The legal entity.
        legal_entity: LegalEntityId,
    },
}

impl DisposalTerms {
    /// The outcome that they lead to.
    pub const fn outcome(&self) -> DeviceOutcome {
        match self {
            Self::BoughtOut { .. } => DeviceOutcome::BoughtOut,
            Self::Transferred { .. } => DeviceOutcome::Transferred,
            Self::Destroyed { .. } => DeviceOutcome::Destroyed,
        }
    }

    /// Whether the holder goes on with the device.
    pub const fn goes_along(&self) -> bool {
        matches!(
            self,
            Self::Transferred {
                to: TransferTo::Along { .. }
            }
        )
    }

    /// Whether both legal entities must approve.
    pub const fn leaves_the_legal_entity(&self) -> bool {
        matches!(
            self,
            Self::Transferred {
                to: TransferTo::LegalEntity { .. }
            }
        )
    }

    /// The checks that are no questions any more.
    const fn moot(&self) -> &'static [CheckKind] {
        match self {
            Self::BoughtOut { .. } => &[CheckKind::Returned],
            Self::Transferred {
                to: TransferTo::Along { .. },
            } => CheckKind::of(super::ItemKind::Device),
            Self::Transferred { .. } => &[CheckKind::Returned],
            Self::Destroyed { .. } => &[CheckKind::Returned, CheckKind::Reset, CheckKind::LocksCleared],
        }
    }

    /// The checks for which nothing but a yes will do: whoever has the device next is none of ours.
    const fn must_be_done(&self) -> &'static [CheckKind] {
        match self {
            Self::BoughtOut { .. } => &[CheckKind::Wiped, CheckKind::LocksCleared],
            Self::Transferred {
                to: TransferTo::LegalEntity { .. },
            } => &[CheckKind::Wiped],
            Self::Transferred { .. } | Self::Destroyed { .. } => &[],
        }
    }
}

impl Termination {
    /// Records what was decided about a device.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but the desk and technicians, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active or the device is missing, `Conflict` if something else was decided:
    /// withdraw that first; `Held` for anything but a device that goes along with its holder.
    pub fn dispose(&mut self, item: ItemId, disposal: Disposal) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "dispose";
        let act = disposal.decided.decision.act.clone();
        act.require_may_correct()?;
        let found = self.item(item)?;
        found.check(CheckKind::Returned)?;
        let is_known =
            |before: &Disposal| before.terms == disposal.terms && before.decided.says(&disposal.decided);
        if found.disposal.as_ref().is_some_and(is_known) {
            return Ok(Vec::new());
        }
        self.require_active(COMMAND)?;
        if found.disposal.is_some() {
            return Err(DomainError::Conflict);
        }
        found.require_not_let_go(COMMAND)?;
        if found.is_missing() {
            return Err(DomainError::InvalidTransition {
                entity: "device",
                from: "missing",
                command: COMMAND,
            });
        }
        if self.is_held() && !disposal.terms.goes_along() {
            return Err(DomainError::Held);
        }

        let (termination, held) = (self.id, self.is_held());
        let found = self.item_mut(item)?;
        Ok(found.place(termination, disposal, held))
    }

    /// One of the two legal entities approves a transfer between them.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but the desk and technicians, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active or there is no such transfer, `Conflict` if another decision of
    /// that side is recorded.
    pub fn approve_transfer(
        &mut self,
        item: ItemId,
        side: TransferSide,
        approval: NamedDecision,
    ) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "approve_transfer";
        approval.decision.act.require_may_correct()?;
        self.item(item)?.check(CheckKind::Returned)?;
        self.require_active(COMMAND)?;
        let termination = self.id;
        let found = self.item_mut(item)?;
        let between = |disposal: &&mut Disposal| disposal.terms.leaves_the_legal_entity();
        let Some(disposal) = found.disposal.as_mut().filter(between) else {
            return Err(no_disposal(COMMAND));
        };
        match disposal.approvals.get(&side) {
            Some(before) if before.says(&approval) => Ok(Vec::new()),
            Some(_) => Err(DomainError::Conflict),
            None => {
                disposal.approvals.insert(side, approval);
                Ok(vec![Event::TransferApproved {
                    termination,
                    item,
                    side,
                }])
            }
        }
    }

    /// Withdraws what was decided about a device: it comes back after all, or something else becomes of it. The checks
    /// that the decision settled are open again.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but the desk and technicians, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active, nothing was decided, or the holder has gone on with the device.
    pub fn withdraw_disposal(&mut self, item: ItemId, act: &Act) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "withdraw_disposal";
        act.require_may_correct()?;
        self.item(item)?.check(CheckKind::Returned)?;
        self.require_active(COMMAND)?;
        let (termination, held) = (self.id, self.is_held());
        let found = self.item_mut(item)?;
        found.require_not_handed_on(COMMAND)?;
        let disposal = found.disposal.take().ok_or_else(|| no_disposal(COMMAND))?;
        let outcome = disposal.terms.outcome();
        let is_back = found.is(CheckKind::Returned, CheckState::Done);
        found.outcome = is_back.then_some(DeviceOutcome::Returned);
        let mut events = vec![Event::DisposalWithdrawn {
            termination,
            item,
            outcome,
        }];
        let settled_by_it = found.checks.iter().filter(|check| {
            let because = check.reason.as_ref().map(Reason::as_str);
            check.state == CheckState::NotApplicable && because == Some(outcome.as_str())
        });
        let settled_by_it: Vec<CheckKind> = settled_by_it.map(|check| check.kind).collect();
        for kind in settled_by_it {
            events.extend(found.reopen(termination, kind, ReopenCause::DisposalWithdrawn, act));
        }
        if !is_back {
            events.extend(found.fall_with_the_return(termination, act));
        }
        events.extend(found.apply_wipe_policy(termination, held, act.at));
        Ok(events)
    }
}

const fn no_disposal(command: &'static str) -> DomainError {
    DomainError::InvalidTransition {
        entity: "disposal",
        from: "none",
        command,
    }
}

impl Item {
    /// Takes in what was decided, after it has passed the rules.
    pub(super) fn place(&mut self, termination: TerminationId, disposal: Disposal, held: bool) -> Vec<Event> {
        let (item, at) = (self.id, disposal.decided.decision.act.at);
        let outcome = disposal.terms.outcome();
        self.drop_proposal();
        self.outcome = Some(outcome);
        self.disposal = Some(disposal);
        let mut events = vec![Event::OutcomeReported {
            termination,
            item,
            outcome,
        }];
        events.extend(self.settle_moot(termination));
        events.extend(self.apply_wipe_policy(termination, held, at));
        events
    }

    /// Whether the holder has gone on with the device in another employment, so that this case has no more to say of it.
    pub fn is_handed_on(&self) -> bool {
        self.disposal
            .as_ref()
            .is_some_and(|disposal| disposal.terms.goes_along())
    }

    /// Whether it is known where the device is: it came back, or somebody decided what becomes of it.
    pub(super) fn is_accounted_for(&self) -> bool {
        self.disposal.is_some() || self.is(CheckKind::Returned, CheckState::Done)
    }

    /// Whether a transfer lacks the approval of one of the two legal entities.
    pub(super) fn lacks_approval(&self) -> bool {
        self.disposal.as_ref().is_some_and(|disposal| {
            let is_missing = |side: &&TransferSide| !disposal.approvals.contains_key(side);
            disposal.terms.leaves_the_legal_entity() && TransferSide::ALL.iter().any(|side| is_missing(&side))
        })
    }

    /// The checks that are settled otherwise than the decision about the device allows.
    pub(super) fn not_done(&self) -> Vec<CheckKind> {
        let must = self.disposal.as_ref().map_or_else(
            || self.must_be_done_to_lend(),
            |disposal| disposal.terms.must_be_done(),
        );
        must.iter()
            .copied()
            .filter(|kind| !self.is(*kind, CheckState::Done))
            .collect()
    }

    /// Refuses what would change a device that the holder has gone on with.
    pub(super) fn require_not_handed_on(&self, command: &'static str) -> Result<(), DomainError> {
        if self.is_handed_on() {
            return Err(DomainError::InvalidTransition {
                entity: "item",
                from: "handed_on",
                command,
            });
        }
        Ok(())
    }

    /// Settles what the decision about the device makes moot, where nobody has answered.
    pub(super) fn settle_moot(&mut self, termination: TerminationId) -> Vec<Event> {
        let Some(disposal) = &self.disposal else {
            return Vec::new();
        };
        let (terms, act) = (&disposal.terms, disposal.decided.decision.act.clone());
        let reason = Reason::from(terms.outcome());
        let open: Vec<CheckKind> = self
            .checks
            .iter()
            .filter(|check| terms.moot().contains(&check.kind) && !check.state.is_settled())
            .map(|check| check.kind)
            .collect();
        let settle = |kind| {
            let moot = Settlement::not_applicable(reason.clone());
            self.write(termination, kind, moot, &act)
        };
        open.into_iter().filter_map(settle).collect()
    }
}
