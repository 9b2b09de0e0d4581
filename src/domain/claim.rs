//! Claims: a device that has not come back long after it was due, and nobody knows what became of it.
//!
//! A claim ends in exactly one lawful way. Nothing is invoiced, deducted or sent because of it: what others decided and
//! did elsewhere is recorded, with its legal ground. There is no deduction from pay here; a set-off that was decided
//! elsewhere is only recorded (lag 1970:215).

use super::error::DomainError;
use super::ids::{ClaimId, DeviceId, ItemId, LegalEntityId, TerminationId, UnitId};
use super::record::Meta;
use super::termination::{ActedBy, Reason};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// After how many days without a return a claim opens, where a legal entity has decided nothing.
pub const CLAIM_AFTER_DAYS: u16 = 30;
/// The most days that a legal entity may wait.
pub const MAX_CLAIM_AFTER_DAYS: u16 = 365;

text_enum! {
    /// Where a claim stands.
    pub enum ClaimState {
        /// Somebody is to follow it up.
        Open = "open",
        /// It has ended.
        Settled = "settled",
    }
}

text_enum! {
    /// How a claim ends.
    pub enum ClaimEnding {
        /// The employer stands for the cost (arbetsgivaren står för kostnaden).
        EmployerBearsCost = "employer_bears_cost",
        /// The insurance pays.
        Insurance = "insurance",
        /// The holder is invoiced, after a decision on a legal ground.
        InvoiceAfterDecision = "invoice_after_decision",
        /// It was reported to the police.
        PoliceReport = "police_report",
        /// An order was applied for: to hand the device over (handräckning) or to pay (betalningsföreläggande).
        RecoveryOrder = "recovery_order",
        /// It is waived (efterges).
        Waived = "waived",
        /// The device came back.
        Returned = "returned",
    }
}

text_enum! {
    /// On which ground a set-off against pay was decided, elsewhere (lag 1970:215).
    pub enum SetOffBasis {
        /// The consent of the employee, who may revoke it until the pay is due.
        Consent = "consent",
        /// An agreement on set-off for this claim.
        Agreement = "agreement",
        /// Intentional damage in service.
        IntentionalDamage = "intentional_damage",
        /// A collective agreement.
        CollectiveAgreement = "collective_agreement",
    }
}

/// A member of a settlement that an ending needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// What the insurer, the police or the authority calls it.
    Reference,
    /// The legal ground.
    LegalGround,
    /// How much.
    Amount,
}

impl ClaimEnding {
    /// What it needs beside who decided and why.
    pub const fn needs(self) -> &'static [Needed] {
        match self {
            Self::EmployerBearsCost | Self::Waived | Self::Returned => &[],
            Self::Insurance | Self::PoliceReport => &[Needed::Reference],
            Self::InvoiceAfterDecision => &[Needed::LegalGround, Needed::Amount],
            Self::RecoveryOrder => &[Needed::Reference, Needed::LegalGround],
        }
    }
}

/// A set-off against pay that was decided elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetOff {
    /// On which ground.
    pub basis: SetOffBasis,
    /// What shows it: the consent, the agreement or the decision.
    pub reference: Reason,
}

/// How a claim ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSettlement {
    /// In which way.
    pub ending: ClaimEnding,
    /// Who decided: a name or a function; nothing where nobody had to.
    pub decided_by: Option<Reason>,
    /// Why.
    pub reason: Reason,
    /// What the insurer, the police or the authority calls it.
    pub reference: Option<Reason>,
    /// The legal ground.
    pub legal_ground: Option<Reason>,
    /// How much, in öre. It is recorded and sent nowhere.
    pub amount_ore: Option<u64>,
    /// A set-off against pay that was decided elsewhere.
    pub set_off: Option<SetOff>,
    /// Who recorded it.
    pub by: ActedBy,
    /// When.
    pub at: DateTime<Utc>,
}

impl ClaimSettlement {
    /// What is needed and not there.
    pub fn lacks(&self) -> Vec<Needed> {
        let is_lacking = |needed: &Needed| match needed {
            Needed::Reference => self.reference.is_none(),
            Needed::LegalGround => self.legal_ground.is_none(),
            Needed::Amount => self.amount_ore.is_none(),
        };
        let needs = self.ending.needs().iter().copied();
        needs.filter(is_lacking).collect()
    }
}

/// One claim: one device of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The number that people quote.
    pub number: String,
    /// The case.
    pub termination_id: TerminationId,
    /// The item of the case.
    pub item_id: ItemId,
    /// The device.
    pub device_id: DeviceId,
    /// Whose device it is.
    pub legal_entity_id: LegalEntityId,
    /// The unit of the case.
    pub unit_id: UnitId,
    /// The day on which the device was due back.
    pub return_by: NaiveDate,
    /// How it ended.
    pub settlement: Option<ClaimSettlement>,
    /// Version and dates.
    pub meta: Meta,
}

impl Claim {
    /// Where it stands.
    pub const fn state(&self) -> ClaimState {
        if self.settlement.is_some() {
            ClaimState::Settled
        } else {
            ClaimState::Open
        }
    }

    /// Ends it, once and for all.
    ///
    /// # Errors
    /// `InvalidTransition` if it has ended, `NeedsReason` if the ending needs more than is said.
    pub fn settle(&mut self, settlement: ClaimSettlement) -> Result<(), DomainError> {
        if self.settlement.is_some() {
            return Err(DomainError::InvalidTransition {
                entity: "claim",
                from: ClaimState::Settled.as_str(),
                command: "settle",
            });
        }
        if !settlement.lacks().is_empty() {
            return Err(DomainError::NeedsReason);
        }
        self.meta = self.meta.changed(settlement.at);
        self.settlement = Some(settlement);
        Ok(())
    }
}
