//! What became of a device, as callers read it.

use super::{ActOut, DecisionOut};
use crate::domain::ids::{EmploymentId, LegalEntityId, UnitId};
use crate::domain::termination::{
    BreachAssessment, BreachConclusion, BreachDecision, CostBearer, CostRuling, Damage, DamageCause,
    DeviceOutcome, Disposal, DisposalTerms, InsuranceState, Item, Loss, NamedDecision, Reason, TransferSide,
    TransferTo,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known of a device that is or was gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct LossOut {
    /// When the employer learned of it.
    known_at: DateTime<Utc>,
    /// When it was first reported here.
    reported_at: DateTime<Utc>,
    /// The number of the police report.
    #[schema(max_length = 200)]
    police_report: Option<String>,
    /// When the breach must be notified at the latest; null when somebody has decided, or the device came back.
    breach_notify_by: Option<DateTime<Utc>>,
    /// What was concluded about the personal data on it.
    breach: Option<BreachOut>,
}

/// An assessment of the personal data on a device that is or was gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreachOut {
    /// The decision.
    decision: BreachDecision,
    /// What the device held, how it was protected, what may follow and what was done.
    #[schema(max_length = 500)]
    facts: String,
    /// Whether the people concerned are told.
    informs_people: bool,
    /// When the supervisory authority was notified.
    notified_at: Option<DateTime<Utc>>,
    /// What the authority calls it.
    #[schema(max_length = 200)]
    reference: Option<String>,
    /// Why it took longer than 72 hours.
    #[schema(max_length = 500)]
    late_reason: Option<String>,
    /// Who assessed it.
    by: ActOut,
}

/// Who decided, and who recorded it.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedDecisionOut {
    /// Who decided: a name or a function.
    #[schema(max_length = 200)]
    decided_by: String,
    /// Why, and who recorded it when.
    decision: DecisionOut,
}

/// The approval of one of two legal entities.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalOut {
    /// Which of them.
    side: TransferSide,
    /// Who approved.
    approved: NamedDecisionOut,
}

/// What was decided about a device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisposalOut {
    /// What becomes of it.
    outcome: DeviceOutcome,
    /// Who decided.
    decided: NamedDecisionOut,
    /// For a sale: the market value in öre.
    market_value_ore: Option<u64>,
    /// For a sale: how the market value was found out.
    #[schema(max_length = 500)]
    valuation: Option<String>,
    /// For a transfer: whether the holder goes on with the device, so that this case asks nothing more of it.
    goes_along: bool,
    /// For a transfer: the employment that gets it.
    #[schema(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// For a transfer: the unit that keeps it.
    #[schema(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// For a transfer: the legal entity that takes it over.
    #[schema(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// For a transfer between legal entities: who has approved.
    #[schema(max_items = 2)]
    approvals: Vec<ApprovalOut>,
    /// For a destruction: by whom.
    #[schema(max_length = 200)]
    destroyed_by: Option<String>,
    /// For a destruction: the day.
    destroyed_on: Option<NaiveDate>,
    /// For a destruction: what the certificate is called.
    #[schema(max_length = 200)]
    certificate: Option<String>,
}

/// A decision on who stands for the cost of a damage.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostDecisionOut {
    /// Who decided: a name or a function.
    #[schema(max_length = 200)]
    decided_by: String,
    /// Why.
    #[schema(max_length = 500)]
    reason: String,
    /// The legal ground.
    #[schema(max_length = 500)]
    legal_ground: Option<String>,
    /// How much, in öre.
    amount_ore: Option<u64>,
}

/// A damage to a device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DamageOut {
    /// What is damaged, and what happened.
    #[schema(max_length = 500)]
    facts: String,
    /// Why.
    cause: DamageCause,
    /// Where photos and other documents are kept.
    #[schema(max_length = 200)]
    documents: Option<String>,
    /// What the insurance says.
    insurance: InsuranceState,
    /// What the insurer calls it.
    #[schema(max_length = 200)]
    insurance_reference: Option<String>,
    /// Who stands for the cost: the employer, unless somebody has decided otherwise.
    bearer: CostBearer,
    /// The decision, if there is one.
    decision: Option<CostDecisionOut>,
    /// Who recorded it.
    by: ActOut,
}

fn words(reason: &Reason) -> String {
    reason.as_str().to_owned()
}

impl LossOut {
    pub(super) fn of(item: &Item, loss: &Loss) -> Self {
        Self {
            known_at: loss.known_at,
            reported_at: loss.reported_at,
            police_report: loss.police_report.as_ref().map(words),
            breach_notify_by: item.breach_notify_by(),
            breach: loss.breach.as_ref().map(BreachOut::from),
        }
    }
}

impl From<&BreachAssessment> for BreachOut {
    fn from(breach: &BreachAssessment) -> Self {
        let (notified_at, reference, late_reason) = match &breach.conclusion {
            BreachConclusion::Undecided | BreachConclusion::NoNotification => (None, None, None),
            BreachConclusion::Notified {
                at,
                reference,
                late_reason,
            } => (
                Some(*at),
                reference.as_ref().map(words),
                late_reason.as_ref().map(words),
            ),
        };
        Self {
            decision: breach.conclusion.decision(),
            facts: words(&breach.facts),
            informs_people: breach.informs_people,
            notified_at,
            reference,
            late_reason,
            by: (&breach.act).into(),
        }
    }
}

impl From<&NamedDecision> for NamedDecisionOut {
    fn from(named: &NamedDecision) -> Self {
        Self {
            decided_by: words(&named.by),
            decision: (&named.decision).into(),
        }
    }
}

impl From<&Disposal> for DisposalOut {
    fn from(disposal: &Disposal) -> Self {
        let approvals = disposal.approvals.iter().map(|(side, approved)| ApprovalOut {
            side: *side,
            approved: approved.into(),
        });
        let bare = Self {
            outcome: disposal.terms.outcome(),
            decided: (&disposal.decided).into(),
            market_value_ore: None,
            valuation: None,
            goes_along: disposal.terms.goes_along(),
            employment_id: None,
            unit_id: None,
            legal_entity_id: None,
            approvals: approvals.collect(),
            destroyed_by: None,
            destroyed_on: None,
            certificate: None,
        };
        match &disposal.terms {
            DisposalTerms::BoughtOut {
                market_value_ore,
                valuation,
            } => Self {
                market_value_ore: Some(*market_value_ore),
                valuation: Some(words(valuation)),
                ..bare
            },
            DisposalTerms::Destroyed {
                destroyed_by,
                destroyed_on,
                certificate,
            } => Self {
                destroyed_by: Some(words(destroyed_by)),
                destroyed_on: Some(*destroyed_on),
                certificate: Some(words(certificate)),
                ..bare
            },
            DisposalTerms::Transferred { to } => match *to {
                TransferTo::Along { employment } | TransferTo::Employment { employment } => Self {
                    employment_id: Some(employment),
                    ..bare
                },
                TransferTo::Unit { unit } => Self {
                    unit_id: Some(unit),
                    ..bare
                },
                TransferTo::LegalEntity { legal_entity } => Self {
                    legal_entity_id: Some(legal_entity),
                    ..bare
                },
            },
        }
    }
}

impl From<&CostRuling> for CostDecisionOut {
    fn from(ruling: &CostRuling) -> Self {
        Self {
            decided_by: words(&ruling.by),
            reason: words(&ruling.reason),
            legal_ground: ruling.legal_ground.as_ref().map(words),
            amount_ore: ruling.amount_ore,
        }
    }
}

impl From<&Damage> for DamageOut {
    fn from(damage: &Damage) -> Self {
        Self {
            facts: words(&damage.facts),
            cause: damage.cause,
            documents: damage.documents.as_ref().map(words),
            insurance: damage.insurance,
            insurance_reference: damage.insurance_reference.as_ref().map(words),
            bearer: damage.bearer(),
            decision: damage.ruling.as_ref().map(CostDecisionOut::from),
            by: (&damage.act).into(),
        }
    }
}
