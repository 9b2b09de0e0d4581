//! Decisions that a device does not come back into stock: sold to its holder, handed over, or destroyed.
//!
//! A device belongs to one legal entity for good. One that another legal entity takes over is retired here when the case
//! completes, and the other registers it as its own.

use super::outcomes::{check_amount, line, text};
use super::read::view;
use super::work::{change, require_version};
use super::{TerminationView, change_in, get_in, today};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::actor::Actor;
use crate::domain::employment::Employment;
use crate::domain::error::DomainError;
use crate::domain::ids::{EmploymentId, ItemId, LegalEntityId, TerminationId, UnitId};
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::termination::{
    Act, ActorRole, Decision, DeviceOutcome, Disposal, DisposalTerms, NamedDecision, TerminationRecord,
    TransferSide, TransferTo,
};
use crate::domain::wipe::WipeLevel;
use crate::services::{
    Ctx, Recorded, Recorder, ServiceError, Violations, assignments, codes, evidence, references,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What was decided about a device, as it was sent. Exactly the member of the outcome must be there.
#[derive(Clone, Debug)]
pub struct DisposalSaid {
    /// Bought out, transferred or destroyed.
    pub outcome: DeviceOutcome,
    /// Who decided.
    pub decided_by: String,
    /// Why.
    pub reason: String,
    /// For a sale to the holder.
    pub sale: Option<SaleSaid>,
    /// For a transfer.
    pub transfer: Option<TransferSaid>,
    /// For a destruction.
    pub destruction: Option<DestructionSaid>,
}

/// A sale to the holder.
#[derive(Clone, Debug)]
pub struct SaleSaid {
    /// What the device is worth on the market, in öre.
    pub market_value_ore: u64,
    /// How that was found out.
    pub valuation: String,
}

/// To whom a device goes: exactly one of them.
#[derive(Clone, Copy, Debug)]
pub struct TransferSaid {
    /// An employment with the same legal entity: the holder's own next one, or somebody else's.
    pub employment: Option<EmploymentId>,
    /// A unit of the same legal entity.
    pub unit: Option<UnitId>,
    /// Another legal entity.
    pub legal_entity: Option<LegalEntityId>,
}

/// A destruction.
#[derive(Clone, Debug)]
pub struct DestructionSaid {
    /// By whom.
    pub destroyed_by: String,
    /// The day.
    pub destroyed_on: NaiveDate,
    /// What the certificate is called.
    pub certificate: String,
}

/// Records what was decided about a device. One that goes along with its holder is handed out on the next employment
/// in the same transaction; a destruction is kept as a fact about the wipe.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for members that the outcome lacks or does not have, texts that
/// break rules and references that do not fit; [`ServiceError::Conflict`] `buy_out_not_allowed`, and what handing out
/// refuses; [`DomainError`] for what the case refuses.
pub async fn dispose(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    said: DisposalSaid,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let record = get_in(tx, termination)?;
        let (decided, terms) = checked_in(tx, &actor, &record, &said)?;
        let disposal = Disposal {
            terms,
            decided,
            approvals: BTreeMap::new(),
            evidence: None,
        };
        let mut trial = record.termination.clone();
        let after = if trial.dispose(item, disposal.clone())?.is_empty() {
            record
        } else {
            dispose_in(tx, &app, (record, item), disposal)?
        };
        view(tx, &actor, after)
    })
    .await
}

/// Carries out a decision that the case accepts.
fn dispose_in(
    tx: &mut Tx<'_>,
    app: &App,
    (record, item): (TerminationRecord, ItemId),
    mut disposal: Disposal,
) -> Result<TerminationRecord, ServiceError> {
    let now = tx.now();
    let mut wipe = None;
    match disposal.terms {
        DisposalTerms::Destroyed { .. } => {
            let (fact, known) = evidence::destroyed_in(tx, &record, item)?;
            disposal.evidence = Some(fact);
            wipe = Some(known);
        }
        DisposalTerms::Transferred {
            to: TransferTo::Along { employment },
        } => {
            let holding = record.holding(item).ok_or(DomainError::UnknownItem)?;
            assignments::hand_on_in(tx, app, holding.assignment, employment)?;
        }
        DisposalTerms::BoughtOut { .. } | DisposalTerms::Transferred { .. } => {}
    }
    let after = change_in(tx, app, record, |record| {
        let mut events = record.termination.dispose(item, disposal)?;
        if let Some(wipe) = wipe {
            events.extend(record.termination.apply_wipe(item, wipe, now)?);
        }
        Ok(events)
    })?;
    if wipe.is_some_and(|wipe| wipe.level >= WipeLevel::Verified && !wipe.contradicted) {
        codes::destroy_of_item_in(tx, &after, item)?;
    }
    Ok(after)
}

/// One of the two legal entities approves a transfer between them.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the texts; [`DomainError`] for what the case refuses.
pub async fn approve_transfer(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    (side, decided_by, reason): (TransferSide, &str, &str),
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let mut violations = Violations::default();
    let by = line(&mut violations, "/decided_by", decided_by);
    let reason = text(&mut violations, "/reason", reason);
    let (by, reason) = violations.finish_with(by.zip(reason))?;
    change(ctx, termination, recorder, move |record, act| {
        let approval = NamedDecision {
            by: by.clone(),
            decision: Decision {
                reason: reason.clone(),
                act,
            },
        };
        Ok(record.termination.approve_transfer(item, side, approval)?)
    })
    .await
}

/// Withdraws what was decided about a device. What was kept as a fact about a destruction counts no more.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`DomainError`] for what the case refuses.
pub async fn withdraw_disposal(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    expected: ExpectedVersion,
) -> Result<TerminationView, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write(Action::WorkTermination, move |tx| {
        let record = get_in(tx, termination)?;
        require_version(&record, &expected)?;
        let act = Act::new(ActorRole::Desk, &actor, tx.now());
        record.termination.clone().withdraw_disposal(item, &act)?;
        let fact = record.termination.item(item)?.disposal.as_ref();
        let wipe = match fact.and_then(|disposal| disposal.evidence) {
            Some(fact) => Some(evidence::not_destroyed_in(tx, &record, (item, fact))?),
            None => None,
        };
        let after = change_in(tx, &app, record, |record| {
            let mut events = record.termination.withdraw_disposal(item, &act)?;
            if let Some(wipe) = wipe {
                events.extend(record.termination.apply_wipe(item, wipe, act.at)?);
            }
            Ok(events)
        })?;
        view(tx, &actor, after)
    })
    .await
}

/// The decision and the terms, if they follow the rules.
fn checked_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    record: &TerminationRecord,
    said: &DisposalSaid,
) -> Result<(NamedDecision, DisposalTerms), ServiceError> {
    let mut violations = Violations::default();
    let by = line(&mut violations, "/decided_by", &said.decided_by);
    let reason = text(&mut violations, "/reason", &said.reason);
    check_members(&mut violations, said);
    let terms = match said.outcome {
        DeviceOutcome::BoughtOut => said.sale.as_ref().and_then(|sale| {
            check_amount(&mut violations, "/sale/market_value_ore", sale.market_value_ore);
            let valuation = text(&mut violations, "/sale/valuation", &sale.valuation)?;
            let market_value_ore = sale.market_value_ore;
            Some(DisposalTerms::BoughtOut {
                market_value_ore,
                valuation,
            })
        }),
        DeviceOutcome::Transferred => match &said.transfer {
            Some(transfer) => transfer_in(tx, record, *transfer, &mut violations)?
                .map(|to| DisposalTerms::Transferred { to }),
            None => None,
        },
        DeviceOutcome::Destroyed => said
            .destruction
            .as_ref()
            .and_then(|destruction| destroyed(destruction, today(tx), &mut violations)),
        DeviceOutcome::Returned | DeviceOutcome::Lost | DeviceOutcome::Stolen => None,
    };
    let ((by, reason), terms) = violations.finish_with(by.zip(reason).zip(terms))?;
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    if said.outcome == DeviceOutcome::BoughtOut && !entity.allows_buy_out {
        return Err(ServiceError::Conflict {
            code: "buy_out_not_allowed",
            detail: "The legal entity does not sell devices to their holders. It can allow that in its settings.",
        });
    }
    let act = Act::new(ActorRole::Desk, actor, tx.now());
    let decision = Decision { reason, act };
    Ok((NamedDecision { by, decision }, terms))
}

fn check_members(violations: &mut Violations, said: &DisposalSaid) {
    let members = [
        (DeviceOutcome::BoughtOut, "/sale", said.sale.is_some()),
        (DeviceOutcome::Transferred, "/transfer", said.transfer.is_some()),
        (
            DeviceOutcome::Destroyed,
            "/destruction",
            said.destruction.is_some(),
        ),
    ];
    if !members.iter().any(|(outcome, ..)| *outcome == said.outcome) {
        let detail = "Decide for bought_out, transferred or destroyed. The others are reported or proved.";
        violations.add("/outcome", "outcome_not_decided", detail);
    }
    for (outcome, pointer, is_given) in members {
        if is_given && outcome != said.outcome {
            violations.add(pointer, "other_kind", "This outcome does not have this member.");
        } else if !is_given && outcome == said.outcome {
            violations.add(pointer, "missing", "This outcome needs this member.");
        }
    }
}

fn destroyed(said: &DestructionSaid, today: NaiveDate, violations: &mut Violations) -> Option<DisposalTerms> {
    if said.destroyed_on > today {
        let detail = "This has happened: it cannot lie in the future.";
        violations.add("/destruction/destroyed_on", "in_the_future", detail);
    }
    let destroyed_by = line(violations, "/destruction/destroyed_by", &said.destroyed_by);
    let certificate = line(violations, "/destruction/certificate", &said.certificate);
    destroyed_by
        .zip(certificate)
        .map(|(destroyed_by, certificate)| DisposalTerms::Destroyed {
            destroyed_by,
            destroyed_on: said.destroyed_on,
            certificate,
        })
}

/// To whom the device goes. The holder's own next employment is told from somebody else's by the person.
fn transfer_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    said: TransferSaid,
    violations: &mut Violations,
) -> Result<Option<TransferTo>, ServiceError> {
    match (said.employment, said.unit, said.legal_entity) {
        (Some(id), None, None) => {
            let found = db::employments::find(tx, id)?;
            let today = today(tx);
            let fault = employment_fault(record, found.as_ref(), today);
            if let Some((code, detail)) = fault {
                violations.add("/transfer/employment_id", code, detail);
            }
            Ok(found.filter(|_| fault.is_none()).map(|found| {
                if found.person_id == record.person_id {
                    TransferTo::Along { employment: id }
                } else {
                    TransferTo::Employment { employment: id }
                }
            }))
        }
        (None, Some(unit), None) => {
            let detail = "There is no unit with this id in the legal entity that owns the device.";
            let place = ("/transfer/unit_id", detail);
            references::unit_of(tx, (unit, record.legal_entity_id), place, violations)?;
            Ok(Some(TransferTo::Unit { unit }))
        }
        (None, None, Some(legal_entity)) => {
            references::legal_entity(tx, legal_entity, "/transfer/legal_entity_id", violations)?;
            if legal_entity == record.legal_entity_id {
                let detail = "This legal entity owns the device. Name one of its employments or units.";
                violations.add("/transfer/legal_entity_id", "own_legal_entity", detail);
            }
            Ok(Some(TransferTo::LegalEntity { legal_entity }))
        }
        _ => {
            let detail = "Name one: an employment, a unit or a legal entity.";
            violations.add("/transfer", "one_recipient", detail);
            Ok(None)
        }
    }
}

pub(super) fn employment_fault(
    record: &TerminationRecord,
    found: Option<&Employment>,
    today: NaiveDate,
) -> Option<(&'static str, &'static str)> {
    let Some(found) = found else {
        return Some(("unknown_employment", "There is no employment with this id."));
    };
    if found.id == record.employment_id {
        return Some(("ending_employment", "This is the employment that ends."));
    }
    if found.legal_entity_id != record.legal_entity_id {
        let detail = "The employment is with another legal entity. Name that one: both must approve.";
        return Some(("legal_entity_mismatch", detail));
    }
    found
        .has_ended(today)
        .then_some(("employment_ended", "The employment is over."))
}
