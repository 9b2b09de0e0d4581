//! What an answer does to the case. What is answered is settled, the rest stays open.

use super::{Accessories, Answer, Confirmation, DeviceAnswer, Possession, Said, along};
use crate::app::App;
use crate::db::Tx;
use crate::domain::action_link::ActionLink;
use crate::domain::actor::Actor;
use crate::domain::calendar::local_date;
use crate::domain::delegation::Delegate;
use crate::domain::error::DomainError;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::note::NoteKind;
use crate::domain::task::{EndAsker, EndClaim};
use crate::domain::termination::{
    Act, ActorRole, CheckKind, CheckState, CodeAnswer, CodeKind, DeviceOutcome, Event, IdentityMatch, Item,
    LossReport, Note, NumberDecision, Reason, Settlement, Termination, TerminationRecord, Undo,
};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::domain::wipe::WipeAssessment;
use crate::mail::words::SimAnswer;
use crate::services::case::Case;
use crate::services::end_questions::{self, NewQuestion};
use crate::services::messages::recipients::resolve_in;
use crate::services::notes::{self, NewNote};
use crate::services::receipts::{NO_SIM, REPORTED_BY_RECEIVER};
use crate::services::{ServiceError, codes, evidence, terminations};
use std::collections::BTreeMap;

/// The devices for which something else was read than is registered. Letter case and spaces do not count.
pub(super) fn wrong_devices(case: &Case, confirmation: &Confirmation) -> Vec<ItemId> {
    let is_wrong = |answer: &&DeviceAnswer| match &answer.possession {
        Some(Possession::Here { serial_last4, .. }) => {
            let found = case.devices.iter().find(|found| found.item == answer.item);
            found.is_none_or(|found| {
                !serial_last4
                    .trim()
                    .eq_ignore_ascii_case(found.device.serial.last_four())
            })
        }
        Some(Possession::NotYet { .. } | Possession::Lost | Possession::Stolen) | None => false,
    };
    let wrong = confirmation.devices.iter().filter(is_wrong);
    wrong.map(|answer| answer.item).collect()
}

/// Carries out the answer. Gives what takes it back, where that is possible: not when the case was handed over, because
/// somebody else is asked now, and not when a device is gone, because others block it at once.
pub(super) fn apply_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (actor, link): (&Actor, &ActionLink),
    given: &Answer,
) -> Result<Option<Undo>, ServiceError> {
    let before = &case.record.termination;
    let act = Act::new(ActorRole::Receiver, actor, tx.now());
    let (kind, day, undo) = match &given.what {
        Said::Confirm(confirmation) => {
            let said = (confirmation, given.message.as_deref());
            let after = confirm_in(tx, app, case, (actor, link), said)?;
            let undo = Undo::of(before, &after.termination, act);
            let is_loss = undo.reported_a_loss(&after.termination);
            // Somebody else has it by now, or is asked whether they take it.
            let is_carried_out = after.termination.items.iter().any(|item| {
                let old = before.item(item.id);
                let was_let_go = old.is_ok_and(Item::is_let_go);
                let moves = old.is_ok_and(|old| {
                    (&old.proposal, old.is_handed_on()) != (&item.proposal, item.is_handed_on())
                });
                moves || item.is_let_go() && !was_let_go
            });
            if is_loss {
                terminations::tell_desk_in(tx, app, &after, MessageStep::LossReported)?;
            }
            (
                NoteKind::Message,
                None,
                (!is_loss && !is_carried_out).then_some(undo),
            )
        }
        Said::WrongDate { last_day } => {
            let question = NewQuestion {
                by: EndAsker::Receiver,
                says: EndClaim::WrongDate,
                last_day: *last_day,
                text: given.message.clone(),
            };
            end_questions::ask_in(tx, app, &case.record, question)?;
            let undo = Undo::of(before, before, act);
            (NoteKind::WrongDate, *last_day, Some(undo))
        }
        Said::HandOver { colleague, .. } => {
            hand_over_in(tx, app, case, (link, *colleague))?;
            (NoteKind::HandedOver, None, None)
        }
    };
    if kind == NoteKind::Message && given.message.is_none() {
        return Ok(undo);
    }
    let note = NewNote {
        item: None,
        kind,
        day,
        text: given.message.clone(),
    };
    notes::keep_in(tx, case.record.termination.id, note)?;
    Ok(undo)
}

fn confirm_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (actor, link): (&Actor, &ActionLink),
    (confirmation, message): (&Confirmation, Option<&str>),
) -> Result<TerminationRecord, ServiceError> {
    let record = &case.record;
    let act = Act::new(ActorRole::Receiver, actor, tx.now());
    let along = along::prepare_in(tx, app, (case, link, &act), (confirmation, message))?;
    let mut wipes = BTreeMap::new();
    for answer in &confirmation.devices {
        for code in &answer.codes {
            if let Some(value) = &code.value {
                codes::store_in(tx, app, record, (answer.item, code.kind), value)?;
            }
        }
        if answer.wiped && will_be_here(&record.termination, answer)? {
            wipes.insert(answer.item, evidence::attest_in(tx, record, answer.item)?);
        }
        if let Some(Possession::NotYet { expected }) = &answer.possession {
            let note = NewNote {
                item: Some(answer.item),
                kind: NoteKind::NotYet,
                day: *expected,
                text: None,
            };
            notes::keep_in(tx, record.termination.id, note)?;
        }
    }
    terminations::answer_in(tx, app, record.clone(), |record| {
        let mut events = Vec::new();
        for answer in &confirmation.devices {
            if let Some(along) = &along {
                events.extend(along::apply(&mut record.termination, answer, (along, &act))?);
            }
            let wipe = wipes.get(&answer.item).copied();
            events.extend(answer_device(&mut record.termination, answer, wipe, &act)?);
        }
        for (item, decision) in &confirmation.numbers {
            events.extend(decide_number(&mut record.termination, (*item, *decision), &act)?);
        }
        Ok(events)
    })
}

/// Whether the device is in the receiver's hands once the answer is recorded. Of a device that is elsewhere nobody
/// has seen a screen.
fn will_be_here(termination: &Termination, answer: &DeviceAnswer) -> Result<bool, DomainError> {
    Ok(match &answer.possession {
        Some(Possession::Here { .. }) => true,
        Some(Possession::NotYet { .. } | Possession::Lost | Possession::Stolen) => false,
        None => is_done(termination, (answer.item, CheckKind::Returned))?,
    })
}

fn answer_device(
    termination: &mut Termination,
    answer: &DeviceAnswer,
    wipe: Option<WipeAssessment>,
    act: &Act,
) -> Result<Vec<Event>, DomainError> {
    let item = answer.item;
    let mut events = Vec::new();
    if let Some(plan) = answer.plan {
        events.extend(termination.arrange(item, plan, act.clone())?);
    }
    if answer.handed_back {
        events.extend(termination.hand_back(item, act.clone())?);
    }
    match &answer.possession {
        Some(Possession::Here { condition, place, .. }) => {
            let returned = Settlement {
                note: Note {
                    condition: Some(condition.as_str().to_owned()),
                    place: place.clone(),
                    ..Note::default()
                },
                ..Settlement::returned(IdentityMatch::Confirmed)
            };
            events.extend(settle(termination, (item, CheckKind::Returned), returned, act)?);
        }
        Some(Possession::Lost) => return missing(termination, item, DeviceOutcome::Lost, act),
        Some(Possession::Stolen) => return missing(termination, item, DeviceOutcome::Stolen, act),
        Some(Possession::NotYet { .. }) | None => {}
    }
    if will_be_here(termination, answer)? {
        events.extend(answer_emptied(termination, answer, wipe, act)?);
    }
    if answer.records_saved {
        let done = Settlement::done();
        events.extend(settle(termination, (item, CheckKind::RecordsSaved), done, act)?);
    }
    if let Some(accessories) = &answer.accessories {
        let settlement = match accessories {
            Accessories::All => Settlement::done(),
            Accessories::Missing(what) => Settlement::deviation(Reason::parse(what)?),
        };
        events.extend(settle(
            termination,
            (item, CheckKind::Accessories),
            settlement,
            act,
        )?);
    }
    if let Some(sim) = answer.sim {
        events.extend(settle(
            termination,
            (item, CheckKind::Sim),
            sim_settlement(sim)?,
            act,
        )?);
    }
    events.extend(answer_codes(termination, answer, act)?);
    Ok(events)
}

fn missing(
    termination: &mut Termination,
    item: ItemId,
    outcome: DeviceOutcome,
    act: &Act,
) -> Result<Vec<Event>, DomainError> {
    let report = LossReport::new(outcome, Reason::parse(REPORTED_BY_RECEIVER)?);
    termination.report_outcome(item, report, act.clone())
}

/// Reset, locks and wipe. Whether the receiver's word is enough for the wipe is for the policy to say; where it is
/// not, the fact is kept and the check stays open.
fn answer_emptied(
    termination: &mut Termination,
    answer: &DeviceAnswer,
    wipe: Option<WipeAssessment>,
    act: &Act,
) -> Result<Vec<Event>, DomainError> {
    let item = answer.item;
    let mut events = Vec::new();
    if answer.reset {
        for check in [CheckKind::Reset, CheckKind::LocksCleared] {
            events.extend(settle(termination, (item, check), Settlement::done(), act)?);
        }
    }
    if let Some(wipe) = wipe {
        events.extend(termination.apply_wipe(item, wipe, act.at)?);
        if is_done(termination, (item, CheckKind::Wiped))? {
            // The rule has settled it; this puts the receiver's name to it.
            let done = Settlement::done();
            events.extend(termination.settle(item, CheckKind::Wiped, done, act.clone())?);
        }
    }
    Ok(events)
}

fn answer_codes(
    termination: &mut Termination,
    answer: &DeviceAnswer,
    act: &Act,
) -> Result<Vec<Event>, DomainError> {
    let item = answer.item;
    let mut events = Vec::new();
    for code in &answer.codes {
        events.extend(termination.answer_code(item, code.kind, code.answer, act.clone())?);
    }
    let known = &termination.item(item)?.code_answers;
    let all_known = CodeKind::ALL.iter().all(|kind| {
        known
            .get(kind)
            .is_some_and(|answer| *answer != CodeAnswer::Unknown)
    });
    if all_known && !answer.codes.is_empty() {
        let done = Settlement::done();
        events.extend(settle(termination, (item, CheckKind::Codes), done, act)?);
    }
    Ok(events)
}

/// What somebody has to do is left to the desk; what somebody decided in other words meanwhile stays as they said it.
fn decide_number(
    termination: &mut Termination,
    (item, decision): (ItemId, NumberDecision),
    act: &Act,
) -> Result<Vec<Event>, DomainError> {
    let mut events = Vec::new();
    if termination.item(item)?.number_decision() != Some(decision) {
        events.extend(termination.decide_number(item, (decision.into(), None), act.clone())?);
    }
    if !decision.needs_the_desk() {
        let done = Settlement::done();
        events.extend(settle(termination, (item, CheckKind::Number), done, act)?);
    }
    Ok(events)
}

fn sim_settlement(sim: SimAnswer) -> Result<Settlement, DomainError> {
    Ok(match sim {
        SimAnswer::NotApplicable => Settlement::not_applicable(Reason::parse(NO_SIM)?),
        SimAnswer::Returned | SimAnswer::EsimDeleted | SimAnswer::KeptForNextHolder => Settlement {
            note: Note {
                method: Some(sim.as_str().to_owned()),
                ..Note::default()
            },
            ..Settlement::done()
        },
    })
}

/// Settles a check that is open. One that somebody settled while the page was open stays as it is, if it is done:
/// two people saw the same.
fn settle(
    termination: &mut Termination,
    (item, check): (ItemId, CheckKind),
    settlement: Settlement,
    act: &Act,
) -> Result<Vec<Event>, DomainError> {
    let is_same = settlement.answer == crate::domain::termination::Answer::Done;
    if is_same && is_done(termination, (item, check))? {
        return Ok(Vec::new());
    }
    termination.settle(item, check, settlement, act.clone())
}

fn is_done(termination: &Termination, (item, check): (ItemId, CheckKind)) -> Result<bool, DomainError> {
    Ok(termination.item(item)?.check(check)?.state == CheckState::Done)
}

/// Somebody else is asked instead, now and in every reminder to come: the colleague who is named, or the coordinator; the
/// desk, if it is the coordinator who hands over.
fn hand_over_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (link, colleague): (&ActionLink, Option<PersonId>),
) -> Result<(), ServiceError> {
    let delegate = match colleague {
        Some(id) => Delegate::Person(id),
        None => {
            let role = (RecipientRole::Coordinator, local_date(tx.now()));
            let coordinator = resolve_in(tx, app, case, role)?;
            let is_other = coordinator
                .is_some_and(|found| found.person.is_some() && found.person != Some(link.person_id));
            if is_other {
                Delegate::Coordinator
            } else {
                Delegate::Desk
            }
        }
    };
    let record = case.record.clone();
    terminations::hand_over_in(tx, app, record, (Some(delegate), "by_link"))?;
    Ok(())
}
