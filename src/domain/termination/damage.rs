//! A device that is damaged: what happened, and who stands for the cost.
//!
//! The employer stands for it unless somebody with the authority decides otherwise: an employee is liable only where
//! there are special reasons (skadeståndslagen 4 kap. 1 §). Nothing is ever invoiced or deducted from here.

use super::Termination;
use super::check::{Act, Reason};
use super::event::Event;
use super::words::{CheckKind, CostBearer, DamageCause, InsuranceState};
use crate::domain::error::DomainError;
use crate::domain::ids::ItemId;
use serde::{Deserialize, Serialize};

/// What is known of a damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Damage {
    /// What is damaged, and what happened.
    pub facts: Reason,
    /// Why.
    pub cause: DamageCause,
    /// Where photos and other documents are kept.
    pub documents: Option<Reason>,
    /// What the insurance says.
    pub insurance: InsuranceState,
    /// What the insurer calls it.
    pub insurance_reference: Option<Reason>,
    /// Who stands for the cost, if somebody has decided; the employer, if nobody has.
    pub ruling: Option<CostRuling>,
    /// Who recorded it, and when.
    pub act: Act,
}

/// A decision on who stands for the cost of a damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostRuling {
    /// Who stands for it.
    pub bearer: CostBearer,
    /// Who decided: a name or a function.
    pub by: Reason,
    /// Why.
    pub reason: Reason,
    /// The legal ground, without which nobody but the employer and the insurance stands for anything.
    pub legal_ground: Option<Reason>,
    /// How much, in öre, if that is decided. Nothing is sent anywhere because of it.
    pub amount_ore: Option<u64>,
}

impl Damage {
    /// Who stands for the cost.
    pub fn bearer(&self) -> CostBearer {
        self.ruling
            .as_ref()
            .map_or(CostBearer::Employer, |ruling| ruling.bearer)
    }
}

impl Termination {
    /// Records a damage, in place of what was recorded of it before.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but the desk and technicians, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active, `NeedsReason` if the holder shall pay without a legal ground.
    pub fn record_damage(&mut self, item: ItemId, damage: Damage) -> Result<Vec<Event>, DomainError> {
        damage.act.require_may_correct()?;
        let found = self.item(item)?;
        found.check(CheckKind::Returned)?;
        let is_known = |before: &Damage| {
            let told_now = Damage {
                act: before.act.clone(),
                ..damage.clone()
            };
            *before == told_now
        };
        if found.damage.as_ref().is_some_and(is_known) {
            return Ok(Vec::new());
        }
        self.require_active("record_damage")?;
        let has_ground = |ruling: &CostRuling| ruling.legal_ground.is_some();
        let is_grounded =
            damage.bearer() != CostBearer::Holder || damage.ruling.as_ref().is_some_and(has_ground);
        if !is_grounded {
            return Err(DomainError::NeedsReason);
        }
        let (cause, bearer) = (damage.cause, damage.bearer());
        let termination = self.id;
        self.item_mut(item)?.damage = Some(damage);
        Ok(vec![Event::DamageRecorded {
            termination,
            item,
            cause,
            bearer,
        }])
    }
}
