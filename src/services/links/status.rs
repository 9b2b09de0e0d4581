//! The holder's page: what is to be handed in, to whom and by when, where the case stands, and what the holder has said.
//! Opening it changes nothing.

use super::find;
use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::action_link::{ActionLink, LinkPurpose};
use crate::domain::calendar::local_date;
use crate::domain::holder_statement::{HolderAnswer, HolderTopic};
use crate::domain::ids::ItemId;
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::domain::task::{EndClaim, Task, TaskFacts, TaskState};
use crate::domain::termination::{ActorRole, Check as CaseCheck, CheckKind, CheckState, Item};
use crate::mail::Phone;
use crate::mail::words::{Check, NumberDecision};
use crate::services::case::{Case, word};
use crate::services::messages::recipients::resolve_in;
use crate::services::receipts::number_decision;
use crate::services::{Ctx, ServiceError, end_questions};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// What the holder's page shows.
#[derive(Clone)]
pub struct HolderStatus {
    /// The holder's language.
    pub language: Language,
    /// The case number.
    pub number: String,
    /// The last day, inclusive.
    pub last_day: NaiveDate,
    /// Last day to hand in.
    pub return_by: NaiveDate,
    /// Who takes it back.
    pub hand_to: String,
    /// Whether a preservation hold forbids reset and wipe.
    pub hold: bool,
    /// The devices, in the order of the case.
    pub devices: Vec<HolderDevice>,
    /// The subscriptions, in the order of the case.
    pub subscriptions: Vec<HolderSubscription>,
    /// What the holder asked about the last day, the latest time.
    pub question: Option<HolderQuestion>,
    /// When the holder last said something that still counts.
    pub said_at: Option<DateTime<Utc>>,
    /// Where the instruction is.
    pub instructions_url: Option<String>,
}

/// A device of the holder's.
#[derive(Clone)]
pub struct HolderDevice {
    /// The item of the case.
    pub item: ItemId,
    /// The model.
    pub model: String,
    /// The last four characters of the serial number.
    pub serial_last4: String,
    /// What was handed out with it.
    pub accessories: Vec<String>,
    /// Its checks, and where they stand.
    pub checks: Vec<(Check, CheckState)>,
    /// What the holder says beside the checks.
    pub said: BTreeMap<HolderTopic, HolderAnswer>,
}

/// A subscription of the holder's.
#[derive(Clone)]
pub struct HolderSubscription {
    /// The item of the case.
    pub item: ItemId,
    /// Its number.
    pub number: Phone,
    /// What is decided about the number.
    pub decided: Option<NumberDecision>,
    /// What the holder says.
    pub said: BTreeMap<HolderTopic, HolderAnswer>,
}

/// What the holder asked about the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderQuestion {
    /// What the holder says.
    pub says: EndClaim,
    /// The right last day, if the holder knows it.
    pub last_day: Option<NaiveDate>,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// When it was answered; none while it waits.
    pub answered_at: Option<DateTime<Utc>>,
}

impl HolderDevice {
    /// Where a check stands.
    pub fn state(&self, check: Check) -> Option<CheckState> {
        self.checks
            .iter()
            .find(|(kind, _)| *kind == check)
            .map(|(_, state)| *state)
    }
}

/// What the holder's page behind this token shows. Changes nothing.
///
/// # Errors
/// [`ServiceError::Gone`] for a link that is unknown, expired, revoked or not the holder's any more, for a case that is
/// closed or of a kind in which nobody writes to the holder, and after the last day.
pub async fn open_status(app: &App, token: &str) -> Result<HolderStatus, ServiceError> {
    let (ctx, token) = (Ctx::system(app), token.to_owned());
    let app = app.clone();
    let now = app.clock.now();
    ctx.read(Action::AnswerByLink, move |connection| {
        let link = find(connection, (&token, LinkPurpose::Status))?;
        let case = live_case_of_holder(connection, &link, now)?;
        status_in(connection, &app, &case, now)
    })
    .await
}

/// The case of a holder's link that can be used now.
pub(super) fn live_case_of_holder(
    connection: &mut DbConnection,
    link: &ActionLink,
    now: DateTime<Utc>,
) -> Result<Case, ServiceError> {
    if !link.is_live(now) {
        return Err(ServiceError::Gone);
    }
    let case = Case::load(connection, link.termination_id)?;
    let termination = &case.record.termination;
    let is_theirs = case.record.person_id == link.person_id;
    let is_asked = termination.is_active() && termination.kind.asks_the_holder();
    let is_over = local_date(now) > termination.end_on;
    if is_theirs && is_asked && !is_over {
        Ok(case)
    } else {
        Err(ServiceError::Gone)
    }
}

fn status_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    now: DateTime<Utc>,
) -> Result<HolderStatus, ServiceError> {
    let termination = &case.record.termination;
    let role = (case.record.asked_role(), local_date(now));
    let receiver = resolve_in(connection, app, case, role)?;
    let statements = db::holder_statements::of_termination(connection, termination.id)?;
    let question = end_questions::latest_of_holder(connection, termination.id)?;
    let said = |item: ItemId| -> BTreeMap<HolderTopic, HolderAnswer> {
        let own = statements.iter().filter(|statement| statement.item == item);
        own.map(|statement| (statement.topic, statement.answer)).collect()
    };
    let mut devices = Vec::with_capacity(case.devices.len());
    for found in &case.devices {
        devices.push(HolderDevice {
            item: found.item,
            model: found.device.model.clone(),
            serial_last4: found.device.serial.last_four().to_owned(),
            accessories: found.accessories.clone(),
            checks: checks(termination.item(found.item)?),
            said: said(found.item),
        });
    }
    let mut subscriptions = Vec::with_capacity(case.subscriptions.len());
    for found in &case.subscriptions {
        let item = termination.item(found.item)?;
        let is_settled = item.check(CheckKind::Number)?.state.is_settled();
        subscriptions.push(HolderSubscription {
            item: found.item,
            number: Phone::of(&found.subscription.number),
            decided: item.number_decision().filter(|_| is_settled).map(number_decision),
            said: said(found.item),
        });
    }
    let declared = termination
        .items
        .iter()
        .flat_map(|item| item.checks.iter().filter_map(declared_at));
    let said_at = declared
        .chain(statements.iter().map(|statement| statement.at))
        .max();
    Ok(HolderStatus {
        language: case.holder.language,
        number: termination.number.clone(),
        last_day: termination.end_on,
        return_by: termination.return_by,
        hand_to: receiver.map_or_else(|| app.config.mail.service_name.clone(), |found| found.name),
        hold: termination.is_held(),
        devices,
        subscriptions,
        question: question.as_ref().and_then(asked),
        said_at,
        instructions_url: app.config.mail.instructions_url.clone(),
    })
}

fn checks(item: &Item) -> Vec<(Check, CheckState)> {
    item.checks
        .iter()
        .map(|check| (word(check.kind), check.state))
        .collect()
}

fn declared_at(check: &CaseCheck) -> Option<DateTime<Utc>> {
    let act = check.act.as_ref()?;
    (check.state == CheckState::Declared && act.by.role == ActorRole::Holder).then_some(act.at)
}

fn asked(task: &Task) -> Option<HolderQuestion> {
    let TaskFacts::EndQuestion { says, last_day, .. } = task.facts else {
        return None;
    };
    Some(HolderQuestion {
        says,
        last_day,
        asked_at: task.meta.created_at,
        answered_at: match task.state {
            TaskState::Open => None,
            TaskState::Done | TaskState::Declined | TaskState::Withdrawn => {
                task.closed.as_ref().map(|closing| closing.at)
            }
        },
    })
}
