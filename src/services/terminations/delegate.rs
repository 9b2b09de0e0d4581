//! Handing a case over. Whoever is asked then gets a mail with a link of their own, the links of the one before stop
//! working, and reminders go to the new one; escalation goes on as the timeline says. At any moment exactly one is asked.

use super::plan::asks_receiver;
use super::read::view;
use super::work::require_version;
use super::{TerminationView, get_in};
use crate::app::App;
use crate::db::{self, Tx, audit};
use crate::domain::action_link::RevokeReason;
use crate::domain::calendar::local_date;
use crate::domain::delegation::{Delegate, DelegateTo};
use crate::domain::error::DomainError;
use crate::domain::ids::{PersonId, TerminationId};
use crate::domain::message::{Message, MessageState};
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::termination::TerminationRecord;
use crate::domain::text::EmailAddress;
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::messages::recipients::is_away;
use crate::services::messages::{self, asks};
use crate::services::{Ctx, Recorded, Recorder, ServiceError, Violations};
use serde_json::json;

/// To whom a case is to be handed over, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct DelegateSaid {
    /// In one word.
    pub to: DelegateTo,
    /// Who, if it is a person by name.
    pub person: Option<PersonId>,
}

/// Hands a case over. To the same once more, nothing happens.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for a person who is missing, not there to be asked, or the
/// holder; [`ServiceError::Domain`] for a case that is closed; as [`Ctx::write_once`].
pub async fn delegate(
    ctx: &Ctx,
    termination: TerminationId,
    said: DelegateSaid,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let record = get_in(tx, termination)?;
        let delegate = checked_in(tx, &record, said)?;
        require_active(&record, "delegate")?;
        let after = hand_over_in(tx, &app, record, (Some(delegate), "delegated"))?;
        view(tx, &actor, after)
    })
    .await
}

/// Gives a case back to whoever would be asked without it being handed over.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Domain`] for a case that is closed; as
/// [`Ctx::write`].
pub async fn end_delegation(
    ctx: &Ctx,
    termination: TerminationId,
    expected: ExpectedVersion,
) -> Result<TerminationView, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write(Action::WorkTermination, move |tx| {
        let record = get_in(tx, termination)?;
        require_version(&record, &expected)?;
        require_active(&record, "end_delegation")?;
        let after = hand_over_in(tx, &app, record, (None, "withdrawn"))?;
        view(tx, &actor, after)
    })
    .await
}

fn require_active(record: &TerminationRecord, command: &'static str) -> Result<(), ServiceError> {
    if record.termination.is_active() {
        return Ok(());
    }
    Err(DomainError::InvalidTransition {
        entity: "termination",
        from: record.termination.state.as_str(),
        command,
    }
    .into())
}

fn checked_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    said: DelegateSaid,
) -> Result<Delegate, ServiceError> {
    let mut violations = Violations::default();
    match (said.to, said.person) {
        (DelegateTo::Person, None) => {
            violations.add("/person_id", "missing", "Say who is to answer for the case.");
        }
        (DelegateTo::Person, Some(id)) => {
            if let Some((code, detail)) = why_not_in(tx, record, id)? {
                violations.add("/person_id", code, detail);
            }
        }
        (DelegateTo::Coordinator | DelegateTo::Desk, Some(_)) => {
            let detail = "Only a case that is handed over to a person has this member.";
            violations.add("/person_id", "other_kind", detail);
        }
        (DelegateTo::Coordinator | DelegateTo::Desk, None) => {}
    }
    violations.finish_with(Delegate::of(said.to, said.person))
}

/// Why a person cannot be asked instead; nothing if they can.
fn why_not_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    id: PersonId,
) -> Result<Option<(&'static str, &'static str)>, ServiceError> {
    let Some(person) = db::people::find(tx, id)? else {
        return Ok(Some(("unknown_person", "There is no person with this id.")));
    };
    if id == record.person_id {
        let detail = "Nobody takes a device back from themselves. Name somebody else.";
        return Ok(Some(("is_the_holder", detail)));
    }
    let Some(email) = &person.email else {
        let detail = "The person has no e-mail address, so the case cannot be handed over to them.";
        return Ok(Some(("no_address", detail)));
    };
    if db::unreachable_addresses::is_marked(tx, id, email)? {
        let detail = "Mail to the person came back. Correct the address first, or name somebody else.";
        return Ok(Some(("no_address", detail)));
    }
    let today = local_date(tx.now());
    let own = db::employments::of_person(tx, id)?;
    Ok(is_away(&own, today).then_some((
        "not_at_work",
        "The person has left, is away or has not come yet. Name somebody who is at work.",
    )))
}

/// The one person who can be asked at this address: at work today in the legal entity of the case, and neither the
/// holder nor the one who hands over. Whatever else there is at the address, the answer is the same.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn colleague_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (address, by): (&EmailAddress, PersonId),
) -> Result<Option<PersonId>, ServiceError> {
    let today = local_date(tx.now());
    let mut found = Vec::new();
    for id in db::people::with_address(tx, address)? {
        let own = db::employments::of_person(tx, id)?;
        let is_here = own.iter().any(|employment| {
            employment.legal_entity_id == record.legal_entity_id && employment.is_at_work(today)
        });
        let is_somebody_else = id != record.person_id && id != by;
        if is_here && is_somebody_else && !db::unreachable_addresses::is_marked(tx, id, address)? {
            found.push(id);
        }
    }
    Ok(match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    })
}

/// Hands a case that is under way over, or gives it back.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn hand_over_in(
    tx: &mut Tx<'_>,
    app: &App,
    before: TerminationRecord,
    (to, why): (Option<Delegate>, &'static str),
) -> Result<TerminationRecord, ServiceError> {
    if before.delegate == to {
        return Ok(before);
    }
    let after = TerminationRecord {
        delegate: to,
        meta: before.meta.changed(tx.now()),
        ..before.clone()
    };
    db::terminations::update(tx, &before, &after)?;
    let word = |delegate: Option<Delegate>| delegate.map(Delegate::word);
    let entry = audit::Entry {
        action: if to.is_some() {
            "termination.delegated"
        } else {
            "termination.delegation_ended"
        },
        object_type: "termination",
        object_id: after.termination.id.to_string(),
        termination: Some(after.termination.id),
        details: json!({
            "why": why,
            "to": word(to),
            "person": to.and_then(Delegate::person),
            "before": word(before.delegate),
            "person_before": before.delegate.and_then(Delegate::person),
        }),
    };
    audit::append(tx, entry)?;
    db::action_links::revoke_asking(tx, after.termination.id, RevokeReason::ReceiverChanged)?;
    ask_instead_in(tx, app, &after)?;
    Ok(after)
}

fn is_planned_question(message: &Message) -> bool {
    message.step == MessageStep::ConfirmReturn && message.state == MessageState::Planned
}

/// What was to ask the one before asks the one after; what is written to the one before is called off.
fn ask_instead_in(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    let (now, role) = (tx.now(), record.asked_role());
    let all = db::messages::of_termination(tx, record.termination.id)?;
    let asking = || {
        all.iter()
            .filter(|message| asks(message.step) && message.copy_of.is_none())
    };
    let has_been_asked = asking()
        .filter(|message| asks_receiver(message.step))
        .any(|message| matches!(message.state, MessageState::Queued | MessageState::Sent));
    for message in asking() {
        match message.state {
            MessageState::Queued => messages::cancel_in(tx, message, "receiver_changed")?,
            MessageState::Planned if message.step == MessageStep::HandedOver => {
                messages::cancel_in(tx, message, "receiver_changed")?;
            }
            MessageState::Planned if message.to != role => {
                db::messages::update(tx, &moved(message, role, tx))?
            }
            _ => {}
        }
    }
    // Whoever is handed a case is told at once; whoever gets one back is, if somebody has been asked about it.
    let step = match record.delegate {
        Some(_) => MessageStep::HandedOver,
        // Where the dates have moved since, it is planned for the new ones already.
        None if has_been_asked && !asking().any(is_planned_question) => MessageStep::ConfirmReturn,
        None => return Ok(()),
    };
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    let due_at = messages::next_departure(app, &entity.schedule.calendar(), now);
    let told = super::message(tx, record, (step, role, Vec::new()), due_at);
    Ok(db::messages::insert(tx, &[told])?)
}

fn moved(message: &Message, role: RecipientRole, tx: &Tx<'_>) -> Message {
    let mut copy_to = message.copy_to.clone();
    copy_to.retain(|copied| *copied != role);
    Message {
        to: role,
        copy_to,
        meta: message.meta.changed(tx.now()),
        ..message.clone()
    }
}
