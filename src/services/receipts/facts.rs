//! The facts of a receipt, gathered from a case. Nothing is rounded up: what nobody has said is said to be open.

use super::outcome;
use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::calendar::local_date;
use crate::domain::ids::PersonId;
use crate::domain::person::Person;
use crate::domain::termination::{
    AbsencePlan, Act, ActorRole, Check, CheckKind, CheckState, CodeAnswer, CodeKind, DeviceOutcome, Item,
    NumberDecision, Reason, TerminationKind, WipeStatement,
};
use crate::domain::text::looks_like_personal_number;
use crate::domain::wipe::EvidenceKind;
use crate::mail::Phone;
use crate::mail::receipt::{Cause, Deviation, Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use crate::mail::words::{self, Condition, FactLevel, SimAnswer, WipeMethod};
use crate::services::ServiceError;
use crate::services::case::{Case, CaseDevice, CaseSubscription};

/// The reason that is kept when the receiver reports a loss without own words.
pub(in crate::services) const REPORTED_BY_RECEIVER: &str = "reported_by_receiver";
/// The kind of actor that answers through a link, as `Actor::kind` says it.
const LINK_HOLDER: &str = "link_holder";
/// The kind of actor that calls the API, as `Actor::kind` says it.
const SERVICE_ACCOUNT: &str = "service_account";
/// The reason why there is nothing to say about a SIM.
pub(in crate::services) const NO_SIM: &str = "no_sim";

/// The facts of a case as they are now. Code and address of the receipt are not among them.
///
/// # Errors
/// Only what the database reports.
pub(super) fn gather(connection: &mut DbConnection, app: &App, case: &Case) -> Result<Receipt, ServiceError> {
    let record = &case.record;
    let mut devices = Vec::with_capacity(case.devices.len());
    for device in &case.devices {
        devices.push(device_facts(connection, app, case, device)?);
    }
    let subscriptions = case
        .subscriptions
        .iter()
        .map(|found| subscription_facts(case, found));
    Ok(Receipt {
        case_number: record.termination.number.clone(),
        holder_name: case.holder.name.as_ref().map(|name| name.as_str().to_owned()),
        unit: case.unit.name.clone(),
        issuer: case.legal_entity.name.clone(),
        issued_at: record.termination.completed_at.unwrap_or(record.meta.updated_at),
        devices,
        subscriptions: subscriptions.collect::<Result<_, _>>()?,
        deviations: deviations(case),
        verify_url: None,
        verification_code: String::new(),
    })
}

fn device_facts(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    found: &CaseDevice,
) -> Result<ReceiptDevice, ServiceError> {
    let item = case.record.termination.item(found.item)?;
    let held = case.record.termination.is_held();
    let is_missing = matches!(item.outcome, Some(DeviceOutcome::Lost | DeviceOutcome::Stolen));
    let returned = item.check(CheckKind::Returned)?;
    let outcome_facts = outcome::facts_in(connection, item)?;
    let mut proof = |check: &Check, level: FactLevel| -> Result<Proof, ServiceError> {
        Ok(Proof {
            level,
            on: check.act.as_ref().map(|act| local_date(act.at)),
            by: check
                .act
                .as_ref()
                .map(|act| witness(connection, app, act))
                .transpose()?
                .flatten(),
        })
    };
    let (reset, wiped) = (item.check(CheckKind::Reset)?, item.check(CheckKind::Wiped)?);
    let wipe = proof(wiped, wipe_level(item, held))?;
    Ok(ReceiptDevice {
        model: found.device.model.clone(),
        serial_last4: found.device.serial.last_four().to_owned(),
        outcome: outcome_of(item),
        outcome_facts,
        returned: proof(returned, seen_level(returned, is_missing, false))?,
        condition: returned
            .note
            .condition
            .as_deref()
            .and_then(|word| word.parse::<Condition>().ok()),
        reset: proof(reset, seen_level(reset, is_missing, held))?,
        wiped: told_by_device(connection, case, found, wipe)?,
        wipe_method: wipe_method(item),
        required_wipe: item.required_wipe,
        codes: item
            .code_answers
            .iter()
            .map(|(kind, answer)| (code_kind(*kind), code_answer(*answer)))
            .collect(),
        accessories: accessories(item, &found.accessories)?,
        sim: sim(item)?,
    })
}

/// What the device itself has told has no person behind it, and the day on which it told: somebody may have answered for
/// it before.
fn told_by_device(
    connection: &mut DbConnection,
    case: &Case,
    found: &CaseDevice,
    proof: Proof,
) -> Result<Proof, ServiceError> {
    let Some(holding) = case.record.holding(found.item) else {
        return Ok(proof);
    };
    if proof.level != FactLevel::Reported {
        return Ok(proof);
    }
    let epoch = holding.custody_epoch;
    let told = db::evidence::of_device_since(connection, found.device.id, epoch)?
        .iter()
        .filter(|placed| placed.epoch == epoch && placed.fact.kind == EvidenceKind::CommandAcknowledged)
        .map(|placed| placed.fact.occurred_at())
        .max();
    Ok(Proof {
        on: told.map(local_date).or(proof.on),
        by: None,
        ..proof
    })
}

fn subscription_facts(case: &Case, found: &CaseSubscription) -> Result<ReceiptSubscription, ServiceError> {
    let item = case.record.termination.item(found.item)?;
    let done_on = |kind| -> Result<_, ServiceError> {
        let check = item.check(kind)?;
        let settled = check.state.is_settled();
        Ok(check
            .act
            .as_ref()
            .filter(|_| settled)
            .map(|act| local_date(act.at)))
    };
    Ok(ReceiptSubscription {
        number: Phone::of(&found.subscription.number),
        decision: item.number_decision().map(number_decision),
        carried_out_on: done_on(CheckKind::Number)?,
        directory_updated_on: done_on(CheckKind::Directory)?,
        stays: case.record.termination.kind == TerminationKind::Absence,
    })
}

/// A device of which nothing is known has not come back.
fn outcome_of(item: &Item) -> words::DeviceOutcome {
    match (item.plan(), item.outcome) {
        (Some(AbsencePlan::Keep), None) => return words::DeviceOutcome::Kept,
        (Some(AbsencePlan::HandIn), Some(DeviceOutcome::Returned)) if item.is_handed_back() => {
            return words::DeviceOutcome::HandedBack;
        }
        (Some(AbsencePlan::Lend { .. }), Some(DeviceOutcome::Returned)) if item.is_let_go() => {
            return words::DeviceOutcome::Lent;
        }
        _ => {}
    }
    match item.outcome {
        Some(DeviceOutcome::Returned) => words::DeviceOutcome::Returned,
        Some(DeviceOutcome::Transferred) => words::DeviceOutcome::Transferred,
        Some(DeviceOutcome::Stolen) => words::DeviceOutcome::Stolen,
        Some(DeviceOutcome::BoughtOut) => words::DeviceOutcome::BoughtOut,
        Some(DeviceOutcome::Destroyed) => words::DeviceOutcome::Destroyed,
        Some(DeviceOutcome::Lost) | None => words::DeviceOutcome::Lost,
    }
}

/// How well a check is known that somebody has to see.
fn seen_level(check: &Check, is_missing: bool, held: bool) -> FactLevel {
    match check.state {
        CheckState::Done => match check.act.as_ref().map(|act| act.by.role) {
            Some(ActorRole::Technician) => FactLevel::Verified,
            Some(ActorRole::Mdm) => FactLevel::Reported,
            Some(ActorRole::Receiver | ActorRole::Desk | ActorRole::System | ActorRole::Holder) | None => {
                FactLevel::Attested
            }
        },
        CheckState::NotApplicable => FactLevel::NotApplicable,
        CheckState::Deviation if is_missing => FactLevel::Lost,
        CheckState::Declared => FactLevel::Declared,
        CheckState::Open | CheckState::Deviation if held => FactLevel::Held,
        CheckState::Open | CheckState::Deviation => FactLevel::Open,
    }
}

/// Whether nobody asks for a wipe, because the holder keeps the device or gets it back.
fn is_never_wiped(item: &Item) -> bool {
    let is_moot = |check: &Check| check.state == CheckState::NotApplicable;
    let is_for_holder = matches!(item.plan(), Some(AbsencePlan::Keep | AbsencePlan::HandIn));
    is_for_holder && item.check(CheckKind::Wiped).is_ok_and(is_moot)
}

fn wipe_level(item: &Item, held: bool) -> FactLevel {
    let is_missing = matches!(item.outcome, Some(DeviceOutcome::Lost | DeviceOutcome::Stolen));
    if item.is_handed_on() || is_never_wiped(item) {
        return FactLevel::NotApplicable;
    }
    match item.wipe_statement() {
        Some(WipeStatement::ReportedByDevice | WipeStatement::ReportedNotReturned) => FactLevel::Reported,
        Some(WipeStatement::VerifiedByTechnician) => FactLevel::Verified,
        Some(WipeStatement::DestructionCertified) => FactLevel::Certified,
        Some(WipeStatement::FoundNotWiped | WipeStatement::Contradicted) => FactLevel::Contradicted,
        Some(WipeStatement::AttestedByPerson) if !is_missing => FactLevel::Attested,
        Some(WipeStatement::AttestedByPerson | WipeStatement::NothingShown | WipeStatement::Ordered)
        | None => {
            if is_missing {
                FactLevel::Lost
            } else if held {
                FactLevel::Held
            } else {
                FactLevel::Open
            }
        }
    }
}

fn wipe_method(item: &Item) -> Option<WipeMethod> {
    if item.is_handed_on() || is_never_wiped(item) {
        return None;
    }
    match item.wipe_statement()? {
        WipeStatement::ReportedByDevice | WipeStatement::ReportedNotReturned => Some(WipeMethod::MdmCommand),
        WipeStatement::DestructionCertified => Some(WipeMethod::Destruction),
        WipeStatement::NothingShown
        | WipeStatement::Ordered
        | WipeStatement::AttestedByPerson
        | WipeStatement::VerifiedByTechnician
        | WipeStatement::FoundNotWiped
        | WipeStatement::Contradicted => None,
    }
}

/// Whether each accessory is back. When some are missing, those are that the reason names; all, if it names none.
fn accessories(item: &Item, handed_out: &[String]) -> Result<Vec<(String, Option<bool>)>, ServiceError> {
    let check = item.check(CheckKind::Accessories)?;
    let reason = check.reason.as_ref().map_or("", Reason::as_str).to_lowercase();
    let is_named = |name: &String| reason.contains(&name.to_lowercase());
    let none_named = !handed_out.iter().any(is_named);
    let is_back = |name: &String| match check.state {
        CheckState::Done => Some(true),
        CheckState::Deviation => Some(!(none_named || is_named(name))),
        CheckState::Open | CheckState::Declared | CheckState::NotApplicable => None,
    };
    Ok(handed_out
        .iter()
        .map(|name| (name.clone(), is_back(name)))
        .collect())
}

fn sim(item: &Item) -> Result<Option<SimAnswer>, ServiceError> {
    let check = item.check(CheckKind::Sim)?;
    Ok(match check.state {
        CheckState::NotApplicable => Some(SimAnswer::NotApplicable),
        CheckState::Done => check.note.method.as_deref().and_then(|word| word.parse().ok()),
        CheckState::Open | CheckState::Declared | CheckState::Deviation => None,
    })
}

/// The name of the person whose link was used, or of the account that answered for a function; of the service, when
/// neither has one. A rule has no name.
fn witness(connection: &mut DbConnection, app: &App, act: &Act) -> Result<Option<String>, ServiceError> {
    if act.by.kind == LINK_HOLDER {
        return link_owner(connection, act);
    }
    Ok(match act.by.role {
        ActorRole::Desk | ActorRole::Technician | ActorRole::Receiver => {
            let account = service_account(connection, act)?;
            Some(account.unwrap_or_else(|| app.config.mail.service_name.clone()))
        }
        ActorRole::Holder | ActorRole::Mdm | ActorRole::System => None,
    })
}

fn service_account(connection: &mut DbConnection, act: &Act) -> Result<Option<String>, ServiceError> {
    if act.by.kind != SERVICE_ACCOUNT {
        return Ok(None);
    }
    let Ok(id) = act.by.id.parse() else {
        return Ok(None);
    };
    let account = db::service_accounts::find(connection, id)?;
    Ok(account.map(|account| account.name))
}

/// The person whose link was used; nothing when somebody acted in another way.
pub(super) fn link_person(
    connection: &mut DbConnection,
    act: &Act,
) -> Result<Option<PersonId>, ServiceError> {
    let Some(id) = act.by.id.parse().ok().filter(|_| act.by.kind == LINK_HOLDER) else {
        return Ok(None);
    };
    let link = db::action_links::find(connection, id)?;
    Ok(link.map(|link| link.person_id))
}

/// The name of the person whose link was used; nothing when somebody acted in another way.
pub(in crate::services) fn link_owner(
    connection: &mut DbConnection,
    act: &Act,
) -> Result<Option<String>, ServiceError> {
    let Some(id) = act.by.id.parse().ok().filter(|_| act.by.kind == LINK_HOLDER) else {
        return Ok(None);
    };
    let Some(link) = db::action_links::find(connection, id)? else {
        return Ok(None);
    };
    let person = db::people::find(connection, link.person_id)?;
    Ok(person
        .as_ref()
        .and_then(Person::open_name)
        .map(|name| name.as_str().to_owned()))
}

/// Each deviation once, however many items have it.
fn deviations(case: &Case) -> Vec<Deviation> {
    let mut found = Vec::new();
    for deviation in case.record.termination.deviations() {
        let cause = deviation.reason.map(cause);
        let said = if deviation.damaged {
            cause.map(|facts| Deviation::Damaged { facts })
        } else if deviation.contradicted {
            Some(Deviation::WipeContradicted { closed: cause })
        } else if let Some(cause) = cause {
            Some(Deviation::Recorded { cause })
        } else {
            deviation.refused_code.map(|kind| Deviation::CodeRefused {
                code: code_kind(kind),
            })
        };
        found.extend(said.filter(|said| !found.contains(said)));
    }
    found
}

/// People's own words as they are, unless they may hold a personal identity number, because receipts are mailed and
/// kept.
fn cause(reason: &Reason) -> Cause {
    match reason.as_str() {
        REPORTED_BY_RECEIVER => Cause::ReportedByReceiver,
        text if looks_like_personal_number(text) => Cause::Withheld,
        text => Cause::Words(text.to_owned()),
    }
}

/// The kind of code as mails name it.
pub(in crate::services) const fn code_kind(kind: CodeKind) -> words::CodeKind {
    match kind {
        CodeKind::ScreenLock => words::CodeKind::ScreenLock,
        CodeKind::SimPin => words::CodeKind::SimPin,
        CodeKind::Other => words::CodeKind::Other,
    }
}

pub(in crate::services) const fn code_answer(answer: CodeAnswer) -> words::CodeAnswer {
    match answer {
        CodeAnswer::Received => words::CodeAnswer::Received,
        CodeAnswer::NotApplicable => words::CodeAnswer::NotApplicable,
        CodeAnswer::NotNeededAfterWipe => words::CodeAnswer::NotNeededAfterWipe,
        CodeAnswer::Refused => words::CodeAnswer::Refused,
        CodeAnswer::Unknown => words::CodeAnswer::Unknown,
    }
}

/// The decision as mails and pages name it.
pub(in crate::services) const fn number_decision(decision: NumberDecision) -> words::NumberDecision {
    match decision {
        NumberDecision::Terminate => words::NumberDecision::Terminate,
        NumberDecision::Reuse => words::NumberDecision::Reuse,
        NumberDecision::Move => words::NumberDecision::Move,
        NumberDecision::TransferToPrivate => words::NumberDecision::Transfer,
    }
}
