//! What the holder says through the link: declarations, which settle nothing, a wish to keep the number, and a question
//! to HR about the last day. All of it can be said anew for as long as the page is there; what the receiver has settled
//! stays as it is.

use super::holder_of;
use super::status::live_case_of_holder;
use crate::app::App;
use crate::db::{self, Tx, audit};
use crate::domain::action_link::{ActionLink, LinkPurpose};
use crate::domain::actor::Actor;
use crate::domain::holder_statement::{HolderAnswer, HolderStatement, HolderTopic};
use crate::domain::ids::ItemId;
use crate::domain::note::NoteKind;
use crate::domain::policy::Action;
use crate::domain::task::{EndAsker, EndClaim};
use crate::domain::termination::{
    Act, ActorRole, CheckKind, CheckState, CodeAnswer, CodeKind, Event, Termination,
};
use crate::services::case::Case;
use crate::services::end_questions::{self, NewQuestion};
use crate::services::notes::{self, NewNote};
use crate::services::{ServiceError, terminations};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::BTreeMap;

/// Everything that the holder says: what is not said is not so. No `Debug`: it holds people's words.
#[derive(Clone, Default)]
pub struct HolderSays {
    /// Of checks that the holder can declare: whether they are done.
    pub checks: Vec<(ItemId, CheckKind, bool)>,
    /// What is said beside the checks, or nothing any more.
    pub topics: Vec<(ItemId, HolderTopic, Option<HolderAnswer>)>,
    /// What is said about the last day; nothing leaves it as it was.
    pub end: Option<EndSaid>,
    /// A message in the holder's own words. Cleaned.
    pub message: Option<String>,
}

/// What the holder says about the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndSaid {
    /// The holder goes on with us.
    Staying,
    /// The date is wrong.
    WrongDate {
        /// The right last day, if it is known.
        last_day: Option<NaiveDate>,
    },
    /// The date is right: the question is taken back.
    Right,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// It is recorded.
    Recorded,
    /// It came faster than anybody reads. Nothing was recorded, and the link works on.
    TooSoon,
}

/// Takes what the holder says.
///
/// # Errors
/// [`ServiceError::Gone`] as for [`super::open_status`]; [`ServiceError::Stale`] when the case changed meanwhile.
pub async fn declare(
    app: &App,
    request_id: &str,
    token: &str,
    said: HolderSays,
) -> Result<Declared, ServiceError> {
    let (ctx, link) = holder_of(app, request_id, (token, LinkPurpose::Status)).await?;
    let (app, actor) = (app.clone(), ctx.actor.clone());
    ctx.write(Action::AnswerByLink, move |tx| {
        db::action_links::lock(tx, link.id)?;
        let link = db::action_links::find(tx, link.id)?.ok_or(ServiceError::Gone)?;
        let now = tx.now();
        let case = live_case_of_holder(tx, &link, now)?;
        if super::answer::is_too_soon(tx, &link)? {
            return Ok(Declared::TooSoon);
        }
        declare_in(tx, &app, &case, (&actor, &link), &said)?;
        Ok(Declared::Recorded)
    })
    .await
}

fn declare_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (actor, link): (&Actor, &ActionLink),
    said: &HolderSays,
) -> Result<(), ServiceError> {
    let id = case.record.termination.id;
    let statements = db::holder_statements::of_termination(tx, id)?;
    let act = Act::new(ActorRole::Holder, actor, tx.now());
    terminations::change_in(tx, app, case.record.clone(), |record| {
        let mut events = Vec::new();
        for (item, check, is_done) in &said.checks {
            events.extend(say(&mut record.termination, (*item, *check, *is_done), &act)?);
        }
        for (item, is_known) in codes_known(case, said) {
            events.extend(say(
                &mut record.termination,
                (item, CheckKind::Codes, is_known),
                &act,
            )?);
        }
        for (item, topic, answer) in &said.topics {
            if *topic == HolderTopic::KeepNumber {
                events.extend(ask_for_number(
                    &mut record.termination,
                    (*item, answer.is_some()),
                    &act,
                )?);
            }
        }
        Ok(events)
    })?;
    state_in(tx, case, (link, &statements), said)?;
    let text = said.message.clone();
    match said.end {
        Some(EndSaid::Right) => {
            end_questions::take_back_in(tx, &case.record, EndAsker::Holder)?;
            message_in(tx, case, text)
        }
        Some(EndSaid::Staying) => ask_in(tx, app, case, (EndClaim::Staying, None, text)),
        Some(EndSaid::WrongDate { last_day }) => ask_in(tx, app, case, (EndClaim::WrongDate, last_day, text)),
        None => message_in(tx, case, text),
    }
}

/// Declares a check, or takes the declaration back. What somebody else has settled meanwhile stays, and what is to be
/// preserved is not reset or wiped, whatever an old page still showed.
fn say(
    termination: &mut Termination,
    (item, check, is_done): (ItemId, CheckKind, bool),
    act: &Act,
) -> Result<Vec<Event>, ServiceError> {
    let state = termination.item(item)?.check(check)?.state;
    let is_forbidden = termination.is_held() && check.destroys_data();
    Ok(match (state, is_done) {
        (CheckState::Open, true) if !is_forbidden => termination.declare(item, check, act.clone())?,
        (CheckState::Declared, false) => termination.withdraw_declaration(item, check, act.clone())?,
        _ => Vec::new(),
    })
}

/// Asks for the number, or does not ask for it any more. What is settled meanwhile stays as it is.
fn ask_for_number(
    termination: &mut Termination,
    (item, is_wanted): (ItemId, bool),
    act: &Act,
) -> Result<Vec<Event>, ServiceError> {
    let is_settled = termination
        .item(item)?
        .check(CheckKind::Number)?
        .state
        .is_settled();
    Ok(match is_wanted {
        _ if is_settled => Vec::new(),
        true => termination.request_number(item, act.clone())?,
        false => termination.withdraw_number_request(item, act)?,
    })
}

/// Of each device about whose codes something is said: whether the holder knows about all of them.
fn codes_known(case: &Case, said: &HolderSays) -> Vec<(ItemId, bool)> {
    let about = |item: ItemId, topic: HolderTopic| {
        let found = said
            .topics
            .iter()
            .find(|(of, about, _)| (*of, *about) == (item, topic));
        found.map(|(_, _, answer)| *answer)
    };
    let devices = case.devices.iter().filter_map(|found| {
        let answers: Vec<Option<HolderAnswer>> = CodeKind::ALL
            .iter()
            .filter_map(|kind| about(found.item, HolderTopic::of_code(*kind)))
            .collect();
        let is_known = |answer: &Option<HolderAnswer>| {
            answer.is_some_and(|answer| answer != HolderAnswer::Code(CodeAnswer::Unknown))
        };
        let all = answers.len() == CodeKind::ALL.len() && answers.iter().all(is_known);
        (!answers.is_empty()).then_some((found.item, all))
    });
    devices.collect()
}

/// Keeps what is said beside the checks, where it is something new.
fn state_in(
    tx: &mut Tx<'_>,
    case: &Case,
    (link, known): (&ActionLink, &[HolderStatement]),
    said: &HolderSays,
) -> Result<(), ServiceError> {
    let known: BTreeMap<(ItemId, HolderTopic), HolderAnswer> = known
        .iter()
        .map(|statement| ((statement.item, statement.topic), statement.answer))
        .collect();
    let id = case.record.termination.id;
    let mut changed = Vec::new();
    for (item, topic, answer) in &said.topics {
        if known.get(&(*item, *topic)) == answer.as_ref() {
            continue;
        }
        case.record.termination.item(*item)?;
        match answer {
            Some(answer) => {
                let statement = HolderStatement {
                    item: *item,
                    topic: *topic,
                    answer: *answer,
                    at: tx.now(),
                };
                db::holder_statements::store(tx, &statement, link.id)?;
            }
            None => db::holder_statements::delete(tx, (*item, *topic))?,
        }
        if *topic == HolderTopic::KeepNumber && answer.is_some() {
            let note = NewNote {
                item: Some(*item),
                kind: NoteKind::KeepNumber,
                day: None,
                text: None,
            };
            notes::keep_in(tx, id, note)?;
        }
        changed.push(json!({
            "item": item, "topic": topic, "answer": answer.map(HolderAnswer::as_str),
        }));
    }
    if changed.is_empty() {
        return Ok(());
    }
    let entry = audit::Entry {
        action: "termination.holder_stated",
        object_type: "termination",
        object_id: id.to_string(),
        termination: Some(id),
        details: json!({ "statements": changed, "person": link.person_id }),
    };
    audit::append(tx, entry)?;
    Ok(())
}

fn ask_in(
    tx: &mut Tx<'_>,
    app: &App,
    case: &Case,
    (says, last_day, text): (EndClaim, Option<NaiveDate>, Option<String>),
) -> Result<(), ServiceError> {
    let question = NewQuestion {
        by: EndAsker::Holder,
        says,
        last_day,
        text: text.clone(),
    };
    if !end_questions::ask_in(tx, app, &case.record, question)? {
        return Ok(());
    }
    let note = NewNote {
        item: None,
        kind: match says {
            EndClaim::Staying => NoteKind::Staying,
            EndClaim::WrongDate => NoteKind::WrongDate,
        },
        day: last_day,
        text,
    };
    notes::keep_in(tx, case.record.termination.id, note)
}

fn message_in(tx: &mut Tx<'_>, case: &Case, text: Option<String>) -> Result<(), ServiceError> {
    if text.is_none() {
        return Ok(());
    }
    let note = NewNote {
        item: None,
        kind: NoteKind::Message,
        day: None,
        text,
    };
    notes::keep_in(tx, case.record.termination.id, note)
}
