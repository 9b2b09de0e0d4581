//! What is to happen to a number, as it is sent and shown.

use super::ActOut;
use crate::domain::ids::{EmploymentId, LegalEntityId, UnitId};
use crate::domain::termination::{Item, MoveTo, NumberDecision, NumberRuling, NumberTerms, Termination};
use crate::domain::text::looks_like_personal_number;
use crate::services::terminations::{MoveSaid, NumberSaid};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where a number moves to: exactly one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveToIn {
    /// An employment with the same legal entity: it is handed out there when the move is done.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// A unit of the same legal entity, for its next holder there.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Another legal entity, which registers it as its own.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
}

/// What happens to a number: with the members of its decision, and no other of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"decision": "terminate", "last_day": "2027-03-31"})))]
pub struct NumberIn {
    /// The decision.
    decision: NumberDecision,
    /// For `terminate`: the last day with the operator, within ten years of today.
    #[serde(default)]
    last_day: Option<NaiveDate>,
    /// For `move`: where to. It can be said later, but before the move is done.
    #[serde(default)]
    move_to: Option<MoveToIn>,
    /// Who decided: a name or a function. Needed for `transfer_to_private`, and for another decision while a transfer is
    /// under way; with `reason`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    decided_by: Option<String>,
    /// Why. Needed together with `decided_by`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// What people wrote is not shown in logs.
impl fmt::Debug for NumberIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberIn({})", self.decision)
    }
}

impl From<NumberIn> for NumberSaid {
    fn from(body: NumberIn) -> Self {
        Self {
            decision: body.decision,
            last_day: body.last_day,
            move_to: body.move_to.map(|to| MoveSaid {
                employment: to.employment_id,
                unit: to.unit_id,
                legal_entity: to.legal_entity_id,
            }),
            decided_by: body.decided_by,
            reason: body.reason,
        }
    }
}

/// Where a number moves to: one of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct MoveToOut {
    /// The employment.
    #[schema(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// The unit.
    #[schema(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// The legal entity.
    #[schema(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
}

impl From<MoveTo> for MoveToOut {
    fn from(to: MoveTo) -> Self {
        let mut out = Self {
            employment_id: None,
            unit_id: None,
            legal_entity_id: None,
        };
        match to {
            MoveTo::Employment { employment } => out.employment_id = Some(employment),
            MoveTo::Unit { unit } => out.unit_id = Some(unit),
            MoveTo::LegalEntity { legal_entity } => out.legal_entity_id = Some(legal_entity),
        }
        out
    }
}

/// What was decided about a number. It is done when the check `number` is.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberOut {
    /// The decision.
    decision: NumberDecision,
    /// For `terminate`: the last day with the operator, if that is known.
    last_day: Option<NaiveDate>,
    /// For `move`: where to, if that is known.
    move_to: Option<MoveToOut>,
    /// For `transfer_to_private`, until it is done: the day by which the operator has to release the number.
    release_by: Option<NaiveDate>,
    /// Who decided, where that is another than who said so.
    #[schema(max_length = 200)]
    decided_by: Option<String>,
    /// Why.
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// Whether the reason holds something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// Who said so, and when.
    by: Option<ActOut>,
}

impl NumberOut {
    /// What was decided about the number of an item.
    pub(super) fn of(termination: &Termination, item: &Item) -> Option<Self> {
        let ruling = item.number.as_ref()?;
        let decided = ruling.decided.as_ref();
        let reason = decided.map(|decided| decided.reason.as_str());
        let (last_day, to) = members(ruling);
        Some(Self {
            decision: ruling.terms.decision(),
            last_day,
            move_to: to.map(MoveToOut::from),
            release_by: termination.release_by(item),
            decided_by: decided.map(|decided| decided.by.as_str().to_owned()),
            reason: reason.map(str::to_owned),
            may_hold_personal_number: reason.is_some_and(looks_like_personal_number),
            by: ruling.act.as_ref().map(ActOut::from),
        })
    }
}

const fn members(ruling: &NumberRuling) -> (Option<NaiveDate>, Option<MoveTo>) {
    match ruling.terms {
        NumberTerms::Terminate { last_day } => (last_day, None),
        NumberTerms::Move { to } => (None, to),
        NumberTerms::Reuse | NumberTerms::TransferToPrivate => (None, None),
    }
}
