//! A device that is lost, stolen or damaged, as the desk reports it and works with it.

use super::TerminationView;
use super::work::change;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::termination::{
    BreachAssessment, BreachConclusion, BreachDecision, CostBearer, CostRuling, Damage, DamageCause,
    DeviceOutcome, InsuranceState, LossReport, Reason,
};
use crate::domain::text::{REASON_MAX_CHARS, clean_line, clean_text};
use crate::services::{Ctx, Recorded, Recorder, ServiceError, Violations};
use chrono::{DateTime, TimeDelta, Utc};

/// How far back the employer can have learned of a loss that is reported now: the deadline for a notification counts from
/// then, and goes by what was said first.
const KNOWN_WITHIN: TimeDelta = TimeDelta::days(365);
/// The most characters that a name, a function or a reference has.
pub const LINE_MAX_CHARS: usize = 200;
/// The highest amount that is taken for one, in öre.
const AMOUNT_MAX_ORE: u64 = 1_000_000_000;

/// That a device is lost or stolen, as it was sent.
#[derive(Clone, Debug)]
pub struct LossSaid {
    /// Lost or stolen.
    pub outcome: DeviceOutcome,
    /// What happened.
    pub reason: String,
    /// When the employer learned of it; now, if nothing is said.
    pub known_at: Option<DateTime<Utc>>,
    /// The number of the police report.
    pub police_report: Option<String>,
}

/// What was concluded about the personal data on a device that is gone, as it was sent.
#[derive(Clone, Debug)]
pub struct BreachSaid {
    /// The decision.
    pub decision: BreachDecision,
    /// What the device held, how it was protected, what may follow and what was done.
    pub facts: String,
    /// Whether the people concerned are told.
    pub informs_people: bool,
    /// For `notified`: when.
    pub notified_at: Option<DateTime<Utc>>,
    /// For `notified`: what the authority calls it.
    pub reference: Option<String>,
    /// For `notified`: why it took longer than 72 hours.
    pub late_reason: Option<String>,
}

/// What is known of a damage, as it was sent.
#[derive(Clone, Debug)]
pub struct DamageSaid {
    /// What is damaged, and what happened.
    pub facts: String,
    /// Why.
    pub cause: DamageCause,
    /// Where photos and other documents are kept.
    pub documents: Option<String>,
    /// What the insurance says.
    pub insurance: InsuranceState,
    /// What the insurer calls it.
    pub insurance_reference: Option<String>,
    /// Who stands for the cost, if somebody has decided.
    pub ruling: Option<RulingSaid>,
}

/// Who stands for the cost of a damage, as it was sent.
#[derive(Clone, Debug)]
pub struct RulingSaid {
    /// Who stands for it.
    pub bearer: CostBearer,
    /// Who decided.
    pub decided_by: String,
    /// Why.
    pub reason: String,
    /// The legal ground.
    pub legal_ground: Option<String>,
    /// How much, in öre.
    pub amount_ore: Option<u64>,
}

/// Reports that a device is lost or stolen.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for texts and times that break rules; what the case refuses.
pub async fn report_outcome(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    said: LossSaid,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let mut violations = Violations::default();
    let reason = text(&mut violations, "/reason", &said.reason);
    let police_report = optional_line(&mut violations, "/police_report", said.police_report.as_deref());
    not_in_future(ctx, &mut violations, "/known_at", said.known_at);
    if said
        .known_at
        .is_some_and(|at| at < ctx.app.clock.now() - KNOWN_WITHIN)
    {
        let detail =
            "It lies more than a year back. Give the instant at which the organisation learned of it.";
        violations.add("/known_at", "too_early", detail);
    }
    let report = violations.finish_with(reason.map(|reason| LossReport {
        known_at: said.known_at,
        police_report,
        ..LossReport::new(said.outcome, reason)
    }))?;
    change(ctx, termination, recorder, move |record, act| {
        Ok(record.termination.report_outcome(item, report.clone(), act)?)
    })
    .await
}

/// Notes the number of the police report about a device that is gone.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the number; what the case refuses.
pub async fn note_police_report(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    number: &str,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let mut violations = Violations::default();
    let number = line(&mut violations, "/number", number);
    let number = violations.finish_with(number)?;
    change(ctx, termination, recorder, move |record, act| {
        Ok(record
            .termination
            .note_police_report(item, number.clone(), &act)?)
    })
    .await
}

/// Records what was concluded about the personal data on a device that is or was gone.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for members that the decision lacks or does not have, texts and
/// times that break rules; what the case refuses.
pub async fn assess_breach(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    said: BreachSaid,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let mut violations = Violations::default();
    let facts = text(&mut violations, "/facts", &said.facts);
    let conclusion = conclusion(ctx, &mut violations, &said);
    let (facts, conclusion) = violations.finish_with(facts.zip(conclusion))?;
    let informs_people = said.informs_people;
    change(ctx, termination, recorder, move |record, act| {
        let assessment = BreachAssessment {
            facts: facts.clone(),
            conclusion: conclusion.clone(),
            informs_people,
            act,
        };
        Ok(record.termination.assess_breach(item, assessment)?)
    })
    .await
}

fn conclusion(ctx: &Ctx, violations: &mut Violations, said: &BreachSaid) -> Option<BreachConclusion> {
    not_in_future(ctx, violations, "/notified_at", said.notified_at);
    let reference = optional_line(violations, "/reference", said.reference.as_deref());
    let late_reason = said
        .late_reason
        .as_deref()
        .and_then(|reason| text(violations, "/late_reason", reason));
    match (said.decision, said.notified_at) {
        (BreachDecision::Notified, Some(at)) => Some(BreachConclusion::Notified {
            at,
            reference,
            late_reason,
        }),
        (BreachDecision::Notified, None) => {
            let detail = "Say when the supervisory authority was notified.";
            violations.add("/notified_at", "missing", detail);
            None
        }
        (decision, _) => {
            for (pointer, is_given) in [
                ("/notified_at", said.notified_at.is_some()),
                ("/reference", said.reference.is_some()),
                ("/late_reason", said.late_reason.is_some()),
            ] {
                if is_given {
                    let detail = "Only a breach that was notified has this member.";
                    violations.add(pointer, "other_kind", detail);
                }
            }
            Some(if decision == BreachDecision::Undecided {
                BreachConclusion::Undecided
            } else {
                BreachConclusion::NoNotification
            })
        }
    }
}

/// Records a damage, in place of what was recorded of it before.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for texts and amounts that break rules, and for a holder who
/// shall pay without a legal ground; what the case refuses.
pub async fn record_damage(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    said: DamageSaid,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let mut violations = Violations::default();
    let facts = text(&mut violations, "/facts", &said.facts);
    let documents = optional_line(&mut violations, "/documents", said.documents.as_deref());
    let reference = said.insurance_reference.as_deref();
    let insurance_reference = optional_line(&mut violations, "/insurance_reference", reference);
    let ruling = said
        .ruling
        .as_ref()
        .and_then(|ruling| checked_ruling(&mut violations, ruling));
    let facts = violations.finish_with(facts)?;
    change(ctx, termination, recorder, move |record, act| {
        let damage = Damage {
            facts: facts.clone(),
            cause: said.cause,
            documents: documents.clone(),
            insurance: said.insurance,
            insurance_reference: insurance_reference.clone(),
            ruling: ruling.clone(),
            act,
        };
        Ok(record.termination.record_damage(item, damage)?)
    })
    .await
}

fn checked_ruling(violations: &mut Violations, said: &RulingSaid) -> Option<CostRuling> {
    let by = line(violations, "/decision/decided_by", &said.decided_by);
    let reason = text(violations, "/decision/reason", &said.reason);
    let legal_ground = said
        .legal_ground
        .as_deref()
        .and_then(|ground| text(violations, "/decision/legal_ground", ground));
    if said.bearer == CostBearer::Holder && said.legal_ground.is_none() {
        let detail =
            "Say on which legal ground the holder shall pay. Without one, the employer stands for the cost.";
        violations.add("/decision/legal_ground", "legal_ground_missing", detail);
    }
    if let Some(amount) = said.amount_ore {
        check_amount(violations, "/decision/amount_ore", amount);
    }
    by.zip(reason).map(|(by, reason)| CostRuling {
        bearer: said.bearer,
        by,
        reason,
        legal_ground,
        amount_ore: said.amount_ore,
    })
}

/// People's own words.
pub(super) fn text(violations: &mut Violations, pointer: &str, text: &str) -> Option<Reason> {
    let clean = violations.take(pointer, clean_text(text, REASON_MAX_CHARS))?;
    Reason::parse(&clean).ok()
}

/// A name, a function or a reference.
pub(super) fn line(violations: &mut Violations, pointer: &str, text: &str) -> Option<Reason> {
    let clean = violations.take(pointer, clean_line(text, LINE_MAX_CHARS))?;
    Reason::parse(&clean).ok()
}

fn optional_line(violations: &mut Violations, pointer: &str, text: Option<&str>) -> Option<Reason> {
    text.and_then(|text| line(violations, pointer, text))
}

pub(super) fn check_amount(violations: &mut Violations, pointer: &str, ore: u64) {
    if ore > AMOUNT_MAX_ORE {
        let detail = "An amount is in öre, and at most ten million kronor.";
        violations.add(pointer, "amount_too_high", detail);
    }
}

fn not_in_future(ctx: &Ctx, violations: &mut Violations, pointer: &str, at: Option<DateTime<Utc>>) {
    if at.is_some_and(|at| at > ctx.app.clock.now()) {
        let detail = "This has happened: it cannot lie in the future.";
        violations.add(pointer, "in_the_future", detail);
    }
}
