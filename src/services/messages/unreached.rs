//! Mail that reaches nobody: the address is not used again until somebody says so or it changes, whoever is next is
//! written to the same day, and the desk gets a task.

use super::trail;
use super::wanted::why_not;
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::PersonId;
use crate::domain::message::{DeliveryNote, MailOutcome, Message, MessageState, UNREACHABLE};
use crate::domain::task::{TaskFacts, TaskKind};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::ServiceError;
use crate::services::case::Case;
use crate::services::tasks::{self, NewTask};

/// Adds a line to the delivery log of a message.
pub(super) fn log_in(
    tx: &mut Tx<'_>,
    message: &Message,
    (outcome, reply): (MailOutcome, Option<String>),
) -> Result<(), ServiceError> {
    let note = DeliveryNote {
        id: tx.new_id(),
        message_id: message.carrier(),
        at: tx.now(),
        outcome,
        reply,
    };
    Ok(db::deliveries::insert(tx, &note)?)
}

/// Nobody could be found to write to.
pub(super) fn nobody_in(
    tx: &mut Tx<'_>,
    app: &App,
    (case, message): (&Case, &Message),
) -> Result<(), ServiceError> {
    let holder = (message.to == RecipientRole::Holder).then_some(case.record.person_id);
    ask_in(tx, app, case, holder)
}

/// Asks the desk to find out how the person is reached, or who is to be written to in the case. One open task for each
/// person is enough, in however many cases they are to be reached.
pub(super) fn ask_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    person: Option<PersonId>,
) -> Result<(), ServiceError> {
    let record = &case.record;
    let task = NewTask {
        kind: TaskKind::UnreachableRecipient,
        legal_entity_id: record.legal_entity_id,
        unit_id: record.unit_id,
        termination: person.is_none().then_some(record.termination.id),
        item: None,
        person,
        subject: person.map(|id| id.to_string()).unwrap_or_default(),
        owner: None,
        day: None,
        facts: TaskFacts::None,
        text: None,
    };
    tasks::open_in(tx, app, task)?;
    Ok(())
}

/// The mail of these messages came back or was refused because of the address. The messages are at their end.
pub(super) fn address_fails_in(
    tx: &mut Tx<'_>,
    app: &App,
    parts: &[Message],
    person: Option<PersonId>,
) -> Result<(), ServiceError> {
    // The holder's receipt may have gone to a private address, which says nothing of the one at work.
    let is_at_work = parts.iter().all(|part| part.step != MessageStep::ReceiptHolder);
    if let Some(id) = person.filter(|_| is_at_work)
        && let Some(email) = db::people::find(tx, id)?.and_then(|person| person.email)
    {
        db::unreachable_addresses::mark(tx, id, &email)?;
    }
    for part in parts {
        let case = Case::load(tx, part.termination_id)?;
        ask_in(tx, app, &case, person)?;
        let stands_in = !matches!(part.to, RecipientRole::Holder | RecipientRole::Desk) && person.is_some();
        if stands_in && why_not(&case, part, local_date(tx.now())).is_none() {
            again_in(tx, (part, UNREACHABLE))?;
        }
    }
    Ok(())
}

/// Plans the mail again, at once, unless it is planned or waits.
pub(super) fn again_in(
    tx: &mut Tx<'_>,
    (message, reason): (&Message, &'static str),
) -> Result<Option<Message>, ServiceError> {
    let all = db::messages::of_termination(tx, message.termination_id)?;
    let is_waiting = all.iter().any(|other| {
        (other.step, other.to) == (message.step, message.to)
            && other.id != message.id
            && matches!(other.state, MessageState::Planned | MessageState::Queued)
    });
    if is_waiting {
        return Ok(None);
    }
    let now = tx.now();
    let again = Message {
        state_reason: Some(reason.to_owned()),
        ..message.again(tx.new_id(), now, now)
    };
    db::messages::insert(tx, std::slice::from_ref(&again))?;
    trail::note_in(
        tx,
        "message.planned_again",
        &again,
        serde_json::json!({ "reason": reason, "instead_of": message.id }),
    )?;
    Ok(Some(again))
}
