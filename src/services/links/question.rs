//! What a link shows: the questions that are open, or the answer that was given.

use super::absence::{self, AskedAbsence};
use super::along::{self, AlongAsked};
use super::undo::{Undoable, undoable_in};
use super::{find, live_case};
use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::action_link::{ActionLink, LinkAnswer, LinkPurpose, LinkUse};
use crate::domain::calendar::local_date;
use crate::domain::delegation::Delegate;
use crate::domain::holder_statement::{HolderAnswer, HolderStatement, HolderTopic};
use crate::domain::ids::ItemId;
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::domain::termination::{
    AbsenceChoice, AbsencePlan, CheckKind, CheckState, CodeKind, Item, TerminationKind,
};
use crate::domain::timeline::RecipientRole;
use crate::mail::Phone;
use crate::mail::words::{self, Check, NumberDecision};
use crate::services::case::{Case, word};
use crate::services::messages::recipients::resolve_in;
use crate::services::receipts::{code_answer, code_kind, number_decision};
use crate::services::{Ctx, ServiceError};
use chrono::{DateTime, NaiveDate, Utc};

/// What a link shows.
#[derive(Clone)]
pub enum LinkPage {
    /// The questions.
    Asks(Box<Question>),
    /// The answer that was given.
    Recorded(Box<RecordedAnswer>),
}

/// What is asked.
#[derive(Clone)]
pub struct Question {
    /// The language of the person the link was mailed to.
    pub language: Language,
    /// The case number.
    pub number: String,
    /// Who hands in.
    pub holder_name: Option<String>,
    /// The last day of the employment, inclusive.
    pub last_day: NaiveDate,
    /// Last day to hand in.
    pub return_by: NaiveDate,
    /// Who takes over when the case is handed over.
    pub coordinator: Option<String>,
    /// When an answer through this link was taken back, the latest time.
    pub undone_at: Option<DateTime<Utc>>,
    /// The devices, in the order of the case.
    pub devices: Vec<AskedDevice>,
    /// The subscriptions, in the order of the case.
    pub subscriptions: Vec<AskedSubscription>,
    /// The leave, for a case about one.
    pub absence: Option<AskedAbsence>,
}

/// A device that is asked about.
#[derive(Clone)]
pub struct AskedDevice {
    /// The item of the case.
    pub item: ItemId,
    /// The model.
    pub model: String,
    /// The last four characters of the serial number.
    pub serial_last4: String,
    /// What was handed out with it.
    pub accessories: Vec<String>,
    /// The checks that are open.
    pub open: Vec<Check>,
    /// The checks that are settled.
    pub done: Vec<Check>,
    /// Whether a preservation hold forbids reset and wipe.
    pub hold: bool,
    /// For a move: what is asked about its going along.
    pub along: Option<AlongAsked>,
    /// For a leave: what becomes of it meanwhile, once that was said.
    pub plan: Option<AbsenceChoice>,
    /// The open checks that the holder says are done.
    pub declared: Vec<Check>,
    /// What the holder says about each kind of code.
    pub codes_said: Vec<(words::CodeKind, words::CodeAnswer)>,
}

/// A subscription that is asked about.
#[derive(Clone)]
pub struct AskedSubscription {
    /// The item of the case.
    pub item: ItemId,
    /// The number.
    pub number: Phone,
    /// What is decided already.
    pub decided: Option<NumberDecision>,
    /// Whether it is done, so that it can no longer be changed here.
    pub is_done: bool,
    /// The day by which the operator has to release a number that is to go to its holder.
    pub release_by: Option<NaiveDate>,
    /// Whether the holder asks to take the number over.
    pub is_requested: bool,
    /// Whether somebody signs in or recovers an account with the number.
    pub is_recovery_number: bool,
}

impl AskedSubscription {
    /// Whether another decision can be made here: until it is done, but for a number that is to go to its holder, which
    /// needs somebody who is named and says why.
    pub fn can_be_changed(&self) -> bool {
        !self.is_done && self.decided != Some(NumberDecision::Transfer)
    }
}

/// An answer that was given.
#[derive(Clone)]
pub struct RecordedAnswer {
    /// The language of the person the link was mailed to.
    pub language: Language,
    /// The case number.
    pub number: String,
    /// What was answered.
    pub answer: LinkAnswer,
    /// The name of the person the link was mailed to.
    pub recorded_by: String,
    /// When it was answered.
    pub recorded_at: DateTime<Utc>,
    /// To whom the case was handed over; none for the desk.
    pub handed_to: Option<HandedTo>,
    /// What is still open; nothing when the case is complete.
    pub open: Vec<OpenItem>,
    /// Whether it can be taken back.
    pub undoable: Undoable,
    /// Whether something is left that a new link would ask about.
    pub can_renew: bool,
    /// For a leave of which everything is known: the case waits until the holder is back, on this day if it is known.
    pub rests: Option<Option<NaiveDate>>,
}

/// To whom a case was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedTo {
    /// The coordinator, by name.
    Named(String),
    /// The colleague whose address was given.
    Colleague,
}

/// An item with checks that are not settled.
#[derive(Clone)]
pub struct OpenItem {
    /// The device's model; none for a subscription.
    pub model: Option<String>,
    /// The subscription's number; none for a device.
    pub number: Option<Phone>,
    /// The mandatory checks that are open.
    pub checks: Vec<Check>,
}

/// What the link with this token shows. Changes nothing.
///
/// # Errors
/// [`ServiceError::Gone`] for a link that is unknown, expired, revoked or no longer the right person's.
pub async fn open(app: &App, token: &str) -> Result<LinkPage, ServiceError> {
    let (ctx, token) = (Ctx::system(app), token.to_owned());
    let app = app.clone();
    let now = app.clock.now();
    ctx.read(Action::AnswerByLink, move |connection| {
        let link = find(connection, (&token, LinkPurpose::Confirm))?;
        match show_in(connection, &app, &link, now) {
            // The link may have been used between two of our reads: then the case is closed and the link is not.
            Err(ServiceError::Gone) if link.used.is_none() => {
                let link = find(connection, (&token, LinkPurpose::Confirm))?;
                show_in(connection, &app, &link, now)
            }
            shown => shown,
        }
    })
    .await
}

fn show_in(
    connection: &mut DbConnection,
    app: &App,
    link: &ActionLink,
    now: DateTime<Utc>,
) -> Result<LinkPage, ServiceError> {
    match &link.used {
        Some(used) => recorded_in(connection, app, (link, used), now)
            .map(|recorded| LinkPage::Recorded(Box::new(recorded))),
        None => question_in(connection, app, link, now).map(|asked| LinkPage::Asks(Box::new(asked))),
    }
}

fn question_in(
    connection: &mut DbConnection,
    app: &App,
    link: &ActionLink,
    now: DateTime<Utc>,
) -> Result<Question, ServiceError> {
    let case = live_case(connection, app, link, now)?;
    let person = db::people::find(connection, link.person_id)?.ok_or(ServiceError::Gone)?;
    let coordinator = resolve_in(
        connection,
        app,
        &case,
        (RecipientRole::Coordinator, local_date(now)),
    )?;
    let termination = &case.record.termination;
    let statements = db::holder_statements::of_termination(connection, termination.id)?;
    let mut devices = Vec::with_capacity(case.devices.len());
    for found in &case.devices {
        let item = termination.item(found.item)?;
        devices.push(AskedDevice {
            item: found.item,
            model: found.device.model.clone(),
            serial_last4: found.device.serial.last_four().to_owned(),
            accessories: found.accessories.clone(),
            open: absence::questions(&case, item, checks(item, false)),
            done: absence::answered(item, checks(item, true)),
            hold: termination.is_held(),
            along: along::asked_in(connection, &case, item)?,
            plan: item.plan().map(AbsencePlan::choice),
            declared: declared(item),
            codes_said: codes_said(&statements, found.item),
        });
    }
    let mut subscriptions = Vec::with_capacity(case.subscriptions.len());
    for found in &case.subscriptions {
        let item = termination.item(found.item)?;
        let is_settled = item.check(CheckKind::Number)?.state.is_settled();
        subscriptions.push(AskedSubscription {
            item: found.item,
            number: Phone::of(&found.subscription.number),
            decided: item.number_decision().map(number_decision),
            is_done: is_settled,
            release_by: termination.release_by(item),
            is_requested: item.number_request.is_some(),
            is_recovery_number: found.subscription.is_recovery_number,
        });
    }
    if termination.kind == TerminationKind::Absence {
        // The number waits for its holder.
        subscriptions.clear();
    }
    Ok(Question {
        language: person.language,
        number: termination.number.clone(),
        holder_name: case.holder.name.as_ref().map(|name| name.as_str().to_owned()),
        last_day: termination.end_on,
        return_by: termination.return_by,
        coordinator: coordinator.map(|found| found.name),
        undone_at: link.undone_at,
        devices,
        subscriptions,
        absence: absence::asked_in(connection, &case, local_date(now))?,
    })
}

fn declared(item: &Item) -> Vec<Check> {
    let declared = item
        .checks
        .iter()
        .filter(|check| check.state == CheckState::Declared);
    declared.map(|check| word(check.kind)).collect()
}

fn said_of(statements: &[HolderStatement], (item, topic): (ItemId, HolderTopic)) -> Option<HolderAnswer> {
    let found = statements
        .iter()
        .find(|statement| (statement.item, statement.topic) == (item, topic));
    found.map(|statement| statement.answer)
}

fn codes_said(statements: &[HolderStatement], item: ItemId) -> Vec<(words::CodeKind, words::CodeAnswer)> {
    let said = CodeKind::ALL.iter().filter_map(|kind| {
        match said_of(statements, (item, HolderTopic::of_code(*kind)))? {
            HolderAnswer::Code(answer) => Some((code_kind(*kind), code_answer(answer))),
            HolderAnswer::Yes => None,
        }
    });
    said.collect()
}

fn checks(item: &Item, settled: bool) -> Vec<Check> {
    let matching = item
        .checks
        .iter()
        .filter(|check| check.state.is_settled() == settled);
    matching.map(|check| word(check.kind)).collect()
}

/// What a used link shows. It shows it for as long as the link would have worked.
pub(super) fn recorded_in(
    connection: &mut DbConnection,
    app: &App,
    (link, used): (&ActionLink, &LinkUse),
    now: DateTime<Utc>,
) -> Result<RecordedAnswer, ServiceError> {
    if now >= link.expires_at {
        return Err(ServiceError::Gone);
    }
    let case = Case::load(connection, link.termination_id)?;
    let person = db::people::find(connection, link.person_id)?.ok_or(ServiceError::Gone)?;
    let handed_to = match used.answer {
        LinkAnswer::Confirm | LinkAnswer::WrongDate => None,
        // Whose address it was is not said: the page would tell who works here.
        LinkAnswer::HandOver if case.record.delegate.and_then(Delegate::person).is_some() => {
            Some(HandedTo::Colleague)
        }
        LinkAnswer::HandOver => resolve_in(
            connection,
            app,
            &case,
            (RecipientRole::Coordinator, local_date(now)),
        )?
        .filter(|found| found.person != Some(link.person_id))
        .map(|found| HandedTo::Named(found.name)),
    };
    let undoable = undoable_in(connection, app, (link, used), (&case, now))?;
    let can_renew = case.record.termination.is_active() && !case.left_for_receiver().is_empty();
    Ok(RecordedAnswer {
        language: person.language,
        number: case.record.termination.number.clone(),
        answer: used.answer,
        recorded_by: person
            .open_name()
            .map_or_else(String::new, |name| name.as_str().to_owned()),
        recorded_at: used.at,
        handed_to,
        open: open_items(&case)?,
        undoable,
        can_renew,
        rests: absence::rests(&case),
    })
}

fn open_items(case: &Case) -> Result<Vec<OpenItem>, ServiceError> {
    let termination = &case.record.termination;
    let left = |item: ItemId| -> Result<Vec<Check>, ServiceError> {
        let item = termination.item(item)?;
        if let Some(left) = absence::left(case, item) {
            return Ok(left);
        }
        let open = item.checks.iter();
        Ok(open
            .filter(|check| check.mandatory && !check.state.is_settled())
            .map(|check| word(check.kind))
            .collect())
    };
    let mut items = Vec::new();
    for found in &case.devices {
        items.push(OpenItem {
            model: Some(found.device.model.clone()),
            number: None,
            checks: left(found.item)?,
        });
    }
    for found in &case.subscriptions {
        items.push(OpenItem {
            model: None,
            number: Some(Phone::of(&found.subscription.number)),
            checks: left(found.item)?,
        });
    }
    items.retain(|item| !item.checks.is_empty());
    Ok(items)
}
