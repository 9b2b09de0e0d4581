//! What becomes of a device, as callers send it.

use crate::domain::ids::{EmploymentId, LegalEntityId, UnitId};
use crate::domain::termination::{
    BreachDecision, CostBearer, DamageCause, DeviceOutcome, InsuranceState, TransferSide,
};
use crate::services::terminations::{
    BreachSaid, DamageSaid, DestructionSaid, DisposalSaid, LossSaid, RulingSaid, SaleSaid, TransferSaid,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use std::fmt;
use utoipa::ToSchema;

/// A device that is gone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "outcome": "stolen",
    "reason": "Stulen på tåget.",
    "known_at": "2027-01-11T06:30:00Z",
    "police_report": "5000-K12345-27"
})))]
pub struct OutcomeIn {
    /// `lost` or `stolen`.
    outcome: DeviceOutcome,
    /// What happened.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// When the employer learned of it: the 72 hours count from then. Now, if nothing is said.
    #[serde(default)]
    known_at: Option<DateTime<Utc>>,
    /// The number of the police report, if there is one already.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    police_report: Option<String>,
}

/// The number of a police report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"number": "5000-K12345-27"})))]
pub struct PoliceReportIn {
    /// The number.
    #[schema(min_length = 1, max_length = 200)]
    pub number: String,
}

/// An assessment of the personal data on a device that is gone (GDPR art. 33).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "decision": "no_notification",
    "facts": "Låst och krypterad, fjärrensad inom en timme. Inga känsliga uppgifter.",
    "informs_people": false
})))]
pub struct BreachIn {
    /// The decision.
    decision: BreachDecision,
    /// What the device held, how it was protected, what may follow and what was done.
    #[schema(min_length = 1, max_length = 500)]
    facts: String,
    /// Whether the people concerned are told (art. 34).
    informs_people: bool,
    /// For `notified`, and needed there: when.
    #[serde(default)]
    notified_at: Option<DateTime<Utc>>,
    /// For `notified`: what the authority calls it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    reference: Option<String>,
    /// For `notified`, and needed after more than 72 hours: why it took so long.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    late_reason: Option<String>,
}

/// A decision on who stands for the cost of a damage.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CostDecisionIn {
    /// Who stands for it.
    bearer: CostBearer,
    /// Who decided: a name or a function.
    #[schema(min_length = 1, max_length = 200)]
    decided_by: String,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// The legal ground; needed if the holder shall pay.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    legal_ground: Option<String>,
    /// How much, in öre, if that is decided. It is recorded and sent nowhere.
    #[serde(default)]
    #[schema(maximum = 1_000_000_000)]
    amount_ore: Option<u64>,
}

/// A damage to a device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "facts": "Sprucken skärm.",
    "cause": "accident",
    "insurance": "claimed",
    "insurance_reference": "SK-2027-118"
})))]
pub struct DamageIn {
    /// What is damaged, and what happened.
    #[schema(min_length = 1, max_length = 500)]
    facts: String,
    /// Why.
    cause: DamageCause,
    /// Where photos and other documents are kept.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    documents: Option<String>,
    /// What the insurance says.
    #[serde(default)]
    #[schema(default = "not_claimed")]
    insurance: InsuranceState,
    /// What the insurer calls it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    insurance_reference: Option<String>,
    /// Who stands for the cost, if somebody has decided; the employer, if nobody has.
    #[serde(default)]
    decision: Option<CostDecisionIn>,
}

/// A sale to the holder.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleIn {
    /// What the device is worth on the market, in öre. Below that, the difference is a taxed benefit.
    #[schema(maximum = 1_000_000_000)]
    market_value_ore: u64,
    /// How that was found out.
    #[schema(min_length = 1, max_length = 500)]
    valuation: String,
}

/// To whom a device goes: exactly one of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferIn {
    /// An employment with the same legal entity. Is it the holder's own, the device goes along.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// A unit of the same legal entity.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Another legal entity; both must approve.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
}

/// A destruction.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DestructionIn {
    /// By whom.
    #[schema(min_length = 1, max_length = 200)]
    destroyed_by: String,
    /// The day.
    destroyed_on: NaiveDate,
    /// What the certificate is called.
    #[schema(min_length = 1, max_length = 200)]
    certificate: String,
}

/// A decision about a device: with the member of its outcome, and no other of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "outcome": "bought_out",
    "decided_by": "Förvaltningschefen",
    "reason": "Telefonen är fyra år och ska ändå bytas ut.",
    "sale": {"market_value_ore": 120_000, "valuation": "Tre annonser för samma modell."}
})))]
pub struct DisposalIn {
    /// `bought_out`, `transferred` or `destroyed`.
    outcome: DeviceOutcome,
    /// Who decided: a name or a function.
    #[schema(min_length = 1, max_length = 200)]
    decided_by: String,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// For `bought_out`. The legal entity must allow it.
    #[serde(default)]
    sale: Option<SaleIn>,
    /// For `transferred`.
    #[serde(default)]
    transfer: Option<TransferIn>,
    /// For `destroyed`.
    #[serde(default)]
    destruction: Option<DestructionIn>,
}

/// The approval of one of two legal entities.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "side": "receiving",
    "decided_by": "Vd, Exempelbostäder AB",
    "reason": "Medarbetaren fortsätter hos oss."
})))]
pub struct ApprovalIn {
    /// Which of them.
    pub side: TransferSide,
    /// Who decided: a name or a function.
    #[schema(min_length = 1, max_length = 200)]
    pub decided_by: String,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// What people wrote is not shown in logs.
macro_rules! hide_in_debug {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
hide_in_debug!(OutcomeIn, BreachIn, DamageIn, DisposalIn, ApprovalIn);

impl From<OutcomeIn> for LossSaid {
    fn from(body: OutcomeIn) -> Self {
        Self {
            outcome: body.outcome,
            reason: body.reason,
            known_at: body.known_at,
            police_report: body.police_report,
        }
    }
}

impl From<BreachIn> for BreachSaid {
    fn from(body: BreachIn) -> Self {
        Self {
            decision: body.decision,
            facts: body.facts,
            informs_people: body.informs_people,
            notified_at: body.notified_at,
            reference: body.reference,
            late_reason: body.late_reason,
        }
    }
}

impl From<DamageIn> for DamageSaid {
    fn from(body: DamageIn) -> Self {
        Self {
            facts: body.facts,
            cause: body.cause,
            documents: body.documents,
            insurance: body.insurance,
            insurance_reference: body.insurance_reference,
            ruling: body.decision.map(|decision| RulingSaid {
                bearer: decision.bearer,
                decided_by: decision.decided_by,
                reason: decision.reason,
                legal_ground: decision.legal_ground,
                amount_ore: decision.amount_ore,
            }),
        }
    }
}

impl From<DisposalIn> for DisposalSaid {
    fn from(body: DisposalIn) -> Self {
        Self {
            outcome: body.outcome,
            decided_by: body.decided_by,
            reason: body.reason,
            sale: body.sale.map(|sale| SaleSaid {
                market_value_ore: sale.market_value_ore,
                valuation: sale.valuation,
            }),
            transfer: body.transfer.map(|transfer| TransferSaid {
                employment: transfer.employment_id,
                unit: transfer.unit_id,
                legal_entity: transfer.legal_entity_id,
            }),
            destruction: body.destruction.map(|destruction| DestructionSaid {
                destroyed_by: destruction.destroyed_by,
                destroyed_on: destruction.destroyed_on,
                certificate: destruction.certificate,
            }),
        }
    }
}
