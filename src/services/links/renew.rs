//! Asking for a new link in place of one that no longer works. It goes to whoever is to answer now, at the address that
//! is on file, and nobody is told who that is.

use super::holder_of;
use crate::app::App;
use crate::db::{self, Tx, audit};
use crate::domain::action_link::{ActionLink, LinkPurpose};
use crate::domain::ids::MessageId;
use crate::domain::message::{Message, MessageState};
use crate::domain::policy::Action;
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::services::case::Case;
use crate::services::messages::asked_role;
use crate::services::{ServiceError, messages, terminations};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// How many new links a case sends within an hour.
const PER_HOUR: usize = 3;

/// What came of asking for a new link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It leaves at this time, or has left.
    OnItsWay(DateTime<Utc>),
    /// The case is closed, or nothing is left that could be answered.
    NothingToAnswer,
    /// The link that was to be replaced works.
    StillWorks,
}

/// When a mail that is asked for now leaves, if not at once.
pub fn next_departure(app: &App) -> Option<DateTime<Utc>> {
    let now = app.clock.now();
    Some(messages::next_departure(app, &app.calendar, now)).filter(|at| *at > now)
}

/// Sends a new link. Two that ask while one is on its way get that one.
///
/// # Errors
/// [`ServiceError::Gone`] for a token that never was one; [`ServiceError::LimitReached`].
pub async fn renew(app: &App, request_id: &str, token: &str) -> Result<Renewal, ServiceError> {
    let (ctx, link) = holder_of(app, request_id, (token, LinkPurpose::Confirm)).await?;
    let app = app.clone();
    ctx.write(Action::AnswerByLink, move |tx| {
        db::action_links::lock(tx, link.id)?;
        renew_in(tx, &app, &link)
    })
    .await
}

fn renew_in(tx: &mut Tx<'_>, app: &App, link: &ActionLink) -> Result<Renewal, ServiceError> {
    let now = tx.now();
    match super::live_case(tx, app, link, now) {
        Ok(_) => return Ok(Renewal::StillWorks),
        Err(ServiceError::Gone) => {}
        Err(error) => return Err(error),
    }
    let case = Case::load(tx, link.termination_id)?;
    if !case.record.termination.is_active() || case.left_for_receiver().is_empty() {
        return Ok(Renewal::NothingToAnswer);
    }
    let all = db::messages::of_termination(tx, link.termination_id)?;
    if on_its_way(&all).is_none() {
        require_not_often(&all, now)?;
    }
    let Planned { due_at, new } = plan_link_in(tx, app, &case)?;
    let Some((message, role)) = new else {
        return Ok(Renewal::OnItsWay(due_at));
    };
    let entry = audit::Entry {
        action: "action_link.renewal_requested",
        object_type: "action_link",
        object_id: link.id.to_string(),
        termination: Some(link.termination_id),
        details: json!({ "message": message, "role": role }),
    };
    audit::append(tx, entry)?;
    Ok(Renewal::OnItsWay(due_at))
}

fn require_not_often(all: &[Message], now: DateTime<Utc>) -> Result<(), ServiceError> {
    let links = all.iter().filter(|message| message.step == MessageStep::NewLink);
    let recent = links.map(|message| message.meta.created_at + TimeDelta::hours(1));
    let mut recent: Vec<DateTime<Utc>> = recent.filter(|until| *until > now).collect();
    recent.sort_unstable();
    match recent.iter().rev().nth(PER_HOUR - 1) {
        None => Ok(()),
        Some(free_at) => {
            let retry_after = u32::try_from((*free_at - now).num_seconds() + 1).unwrap_or(1);
            Err(ServiceError::LimitReached { retry_after })
        }
    }
}

/// The mail with a new link that has not left yet.
fn on_its_way(all: &[Message]) -> Option<&Message> {
    let waits = |message: &&Message| matches!(message.state, MessageState::Planned | MessageState::Queued);
    all.iter()
        .filter(|message| message.step == MessageStep::NewLink)
        .find(waits)
}

/// When a mail with a new link leaves.
pub(super) struct Planned {
    due_at: DateTime<Utc>,
    /// The mail and whom it is for, unless one was on its way.
    new: Option<(MessageId, RecipientRole)>,
}

/// Plans a mail with a new link for whoever is to answer now, unless one is on its way.
pub(super) fn plan_link_in(tx: &mut Tx<'_>, app: &App, case: &Case) -> Result<Planned, ServiceError> {
    let (id, now) = (case.record.termination.id, tx.now());
    let all = db::messages::of_termination(tx, id)?;
    if let Some(waiting) = on_its_way(&all) {
        let due_at = messages::next_departure(app, &case.calendar(), waiting.due_at.max(now));
        return Ok(Planned { due_at, new: None });
    }
    let role = asked_role(&all, &db::action_links::of_termination(tx, id)?);
    let due_at = messages::next_departure(app, &case.calendar(), now);
    let step = (MessageStep::NewLink, role, Vec::new());
    let message = terminations::message(tx, &case.record, step, due_at);
    db::messages::insert(tx, std::slice::from_ref(&message))?;
    let new = Some((message.id, role));
    Ok(Planned { due_at, new })
}
