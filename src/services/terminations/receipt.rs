//! The receipt of a completed case: what was proved about each item and by whom, in facts for the words of
//! [`crate::mail::receipt`]. It must not round up: what nobody answered is said to be unanswered.

use super::get_in;
use crate::db::{self, DbConnection};
use crate::domain::assignment::Assigned;
use crate::domain::calendar::local_date;
use crate::domain::ids::{DeviceId, SubscriptionId, TerminationId};
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::domain::termination::{
    ActorRole, Check, CheckKind, CheckState, DeviceOutcome, Holding, Item, NumberDecision, TerminationRecord,
    WipeStatement,
};
use crate::domain::wipe::EvidenceKind;
use crate::mail::Phone;
use crate::mail::receipt::{Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use crate::mail::words;
use crate::mail::words::FactLevel;
use crate::services::{Ctx, ServiceError};

/// The receipt of a case, and the language that its legal entity writes in.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `not_completed`; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: TerminationId) -> Result<(Receipt, Language), ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        let record = get_in(connection, id)?;
        let entity = db::legal_entities::get(connection, record.legal_entity_id)?;
        Ok((receipt_in(connection, &record)?, entity.language))
    })
    .await
}

/// Gathers the facts of a completed case.
///
/// # Errors
/// [`ServiceError::Conflict`] `not_completed`.
pub(crate) fn receipt_in(
    connection: &mut DbConnection,
    record: &TerminationRecord,
) -> Result<Receipt, ServiceError> {
    let termination = &record.termination;
    let issued_at = termination.completed_at.ok_or(ServiceError::Conflict {
        code: "not_completed",
        detail: "There is a receipt when the case is completed.",
    })?;
    let holder = db::people::find(connection, record.person_id)?;
    let unit = db::units::find(connection, record.unit_id)?.ok_or(ServiceError::NotFound("unit"))?;
    let (mut devices, mut subscriptions) = (Vec::new(), Vec::new());
    for item in &termination.items {
        let Some(holding) = record.holding(item.id) else {
            continue;
        };
        match holding.assigned {
            Assigned::Device(id) => devices.push(device(connection, item, (holding, id))?),
            Assigned::Subscription(id) => subscriptions.push(subscription(connection, item, id)?),
        }
    }
    let mut deviations: Vec<String> = Vec::new();
    for deviation in termination.deviations() {
        // One reason stands behind every check that a loss has closed.
        if let Some(reason) = deviation.reason
            && !deviations.iter().any(|known| known == reason.as_str())
        {
            deviations.push(reason.as_str().to_owned());
        }
    }
    Ok(Receipt {
        case_number: termination.number.clone(),
        holder_name: holder
            .and_then(|holder| holder.name)
            .map(|name| name.as_str().to_owned()),
        unit: unit.name,
        issuer: db::legal_entities::get(connection, record.legal_entity_id)?.name,
        issued_at,
        devices,
        subscriptions,
        deviations,
        verification_code: termination.number.clone(),
        verify_url: None,
    })
}

fn device(
    connection: &mut DbConnection,
    item: &Item,
    (holding, id): (&Holding, DeviceId),
) -> Result<ReceiptDevice, ServiceError> {
    let device = db::devices::find(connection, id)?.ok_or(ServiceError::NotFound("device"))?;
    let assignment = db::assignments::find(connection, holding.assignment)?;
    let accessories = assignment.map_or_else(Vec::new, |assignment| assignment.accessories);
    let are_back = is_done(item, CheckKind::Accessories);
    let codes = item.code_answers.iter().filter_map(|(kind, answer)| {
        let kind: words::CodeKind = kind.as_str().parse().ok()?;
        Some((kind, answer.as_str().parse().ok()?))
    });
    let condition = check(item, CheckKind::Returned).and_then(|check| check.note.condition.as_deref());
    let sim = check(item, CheckKind::Sim).and_then(|check| check.note.method.as_deref());
    Ok(ReceiptDevice {
        model: device.model,
        serial_last4: device.serial.last_four().to_owned(),
        outcome: outcome(item.outcome),
        returned: seen(connection, item, CheckKind::Returned)?,
        condition: condition.and_then(|word| word.parse().ok()),
        reset: seen(connection, item, CheckKind::Reset)?,
        wiped: wiped(connection, item, (id, holding.custody_epoch))?,
        wipe_method: method(item),
        codes: codes.collect(),
        accessories: accessories.into_iter().map(|name| (name, are_back)).collect(),
        sim: sim.and_then(|word| word.parse().ok()),
    })
}

fn subscription(
    connection: &mut DbConnection,
    item: &Item,
    id: SubscriptionId,
) -> Result<ReceiptSubscription, ServiceError> {
    let found =
        db::subscriptions::find(connection, id)?.ok_or(ServiceError::NotFound("subscription"))?;
    let done_on = |kind| {
        let check = check(item, kind).filter(|check| check.state == CheckState::Done)?;
        check.act.as_ref().map(|act| local_date(act.at))
    };
    Ok(ReceiptSubscription {
        number: Phone {
            sv: found.number.national(),
            en: found.number.international(),
        },
        decision: item.number_decision.map(decision),
        carried_out_on: done_on(CheckKind::Number),
        directory_updated_on: done_on(CheckKind::Directory),
    })
}

fn check(item: &Item, kind: CheckKind) -> Option<&Check> {
    item.check(kind).ok()
}

fn is_done(item: &Item, kind: CheckKind) -> bool {
    check(item, kind).is_some_and(|check| check.state == CheckState::Done)
}

const fn is_missing(item: &Item) -> bool {
    matches!(item.outcome, Some(DeviceOutcome::Lost | DeviceOutcome::Stolen))
}

/// A device without an outcome was settled as a deviation: nobody can say where it is.
const fn outcome(outcome: Option<DeviceOutcome>) -> words::DeviceOutcome {
    match outcome {
        Some(DeviceOutcome::Returned) => words::DeviceOutcome::Returned,
        Some(DeviceOutcome::Transferred) => words::DeviceOutcome::Transferred,
        Some(DeviceOutcome::Lost) | None => words::DeviceOutcome::Lost,
        Some(DeviceOutcome::Stolen) => words::DeviceOutcome::Stolen,
        Some(DeviceOutcome::BoughtOut) => words::DeviceOutcome::BoughtOut,
        Some(DeviceOutcome::Destroyed) => words::DeviceOutcome::Destroyed,
    }
}

const fn decision(decision: NumberDecision) -> words::NumberDecision {
    match decision {
        NumberDecision::Terminate => words::NumberDecision::Terminate,
        NumberDecision::Reuse => words::NumberDecision::Reuse,
        NumberDecision::Move => words::NumberDecision::Move,
        NumberDecision::TransferToPrivate => words::NumberDecision::Transfer,
    }
}

/// What somebody saw, from the check that they answered.
fn seen(connection: &mut DbConnection, item: &Item, kind: CheckKind) -> Result<Proof, ServiceError> {
    let Some(check) = check(item, kind) else {
        return Ok(unproved(FactLevel::Open));
    };
    let level = match check.state {
        _ if is_missing(item) => FactLevel::Lost,
        CheckState::Open | CheckState::Deviation => FactLevel::Open,
        CheckState::Declared => FactLevel::Declared,
        CheckState::NotApplicable => FactLevel::NotApplicable,
        CheckState::Done => check.act.as_ref().map_or(FactLevel::Open, |act| match act.by.role {
            ActorRole::Receiver | ActorRole::Desk => FactLevel::Attested,
            ActorRole::Technician => FactLevel::Verified,
            ActorRole::Mdm | ActorRole::System => FactLevel::Reported,
            ActorRole::Holder => FactLevel::Declared,
        }),
    };
    let by = match &check.act {
        Some(act) => name_of(connection, &act.by.kind, &act.by.id)?,
        None => None,
    };
    let on = check.act.as_ref().map(|act| local_date(act.at));
    Ok(Proof { level, on, by })
}

const fn unproved(level: FactLevel) -> Proof {
    Proof {
        level,
        on: None,
        by: None,
    }
}

/// What is known about the wipe, from the facts and not from the check: the check says that it is enough, the facts
/// say what it is.
fn wiped(
    connection: &mut DbConnection,
    item: &Item,
    custody: (DeviceId, i64),
) -> Result<Proof, ServiceError> {
    let is_not_asked = check(item, CheckKind::Wiped).is_some_and(|check| check.state == CheckState::NotApplicable);
    if is_missing(item) {
        return Ok(unproved(FactLevel::Lost));
    }
    let (level, kind) = match item.wipe_statement() {
        _ if is_not_asked => return Ok(unproved(FactLevel::NotApplicable)),
        None | Some(WipeStatement::NothingShown | WipeStatement::Ordered | WipeStatement::ReportedNotReturned) => {
            return Ok(unproved(FactLevel::Open));
        }
        Some(WipeStatement::FoundNotWiped | WipeStatement::Contradicted) => {
            return Ok(unproved(FactLevel::Contradicted));
        }
        Some(WipeStatement::AttestedByPerson) => (FactLevel::Attested, EvidenceKind::Attested),
        Some(WipeStatement::ReportedByDevice) => (FactLevel::Reported, EvidenceKind::CommandAcknowledged),
        Some(WipeStatement::VerifiedByTechnician) => (FactLevel::Verified, EvidenceKind::Verified),
        Some(WipeStatement::DestructionCertified) => (FactLevel::Certified, EvidenceKind::Destroyed),
    };
    let Some(fact) = db::evidence::newest(connection, custody, kind)? else {
        return Ok(unproved(level));
    };
    let on = Some(local_date(fact.fact.occurred_at()));
    let by = match fact.reporter.split_once(':') {
        Some((kind, id)) => name_of(connection, kind, id)?,
        None => None,
    };
    Ok(Proof { level, on, by })
}

const fn method(item: &Item) -> Option<words::WipeMethod> {
    match item.wipe.level {
        crate::domain::wipe::WipeLevel::Acknowledged => Some(words::WipeMethod::MdmCommand),
        crate::domain::wipe::WipeLevel::Certified => Some(words::WipeMethod::Destruction),
        crate::domain::wipe::WipeLevel::None
        | crate::domain::wipe::WipeLevel::Ordered
        | crate::domain::wipe::WipeLevel::Attested
        | crate::domain::wipe::WipeLevel::Verified => None,
    }
}

/// The name of whoever acted: the person whose link it was, or the system. The service itself has none.
fn name_of(connection: &mut DbConnection, kind: &str, id: &str) -> Result<Option<String>, ServiceError> {
    match kind {
        "service_account" => {
            let Ok(id) = id.parse() else { return Ok(None) };
            let account = db::service_accounts::find(connection, id)?;
            Ok(account.map(|account| account.name))
        }
        "link_holder" => {
            let Ok(id) = id.parse() else { return Ok(None) };
            let Some(link) = db::action_links::find(connection, id)? else {
                return Ok(None);
            };
            let person = db::people::find(connection, link.person_id)?;
            let name = person.and_then(|person| person.name);
            Ok(name.map(|name| name.as_str().to_owned()))
        }
        _ => Ok(None),
    }
}
