//! What those see who watch the mails.

use super::wanted::leaves_at;
use crate::db::messages::MessageFilter;
use crate::db::{self};
use crate::domain::ids::{MessageId, TerminationId};
use crate::domain::message::Message;
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::services::{Ctx, ServiceError, terminations};
use chrono::{DateTime, TimeDelta, Utc};

/// A mail that will be sent if nothing changes until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMail {
    /// The number of the case.
    pub number: String,
    /// When it leaves: when it is due, or when mail may leave next.
    pub leaves_at: DateTime<Utc>,
    /// Which mail, to which role.
    pub message: Message,
}

/// One message.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: MessageId) -> Result<Message, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        db::messages::find(connection, id)?.ok_or(ServiceError::NotFound("message"))
    })
    .await
}

/// One page of messages.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: MessageFilter,
    page: PageRequest,
) -> Result<Page<Message>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        Ok(db::messages::list(connection, &filter, page)?)
    })
    .await
}

/// All messages of a case, in the order in which they are due.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn timeline(ctx: &Ctx, id: TerminationId) -> Result<Vec<Message>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        terminations::get_in(connection, id)?;
        Ok(db::messages::of_termination(connection, id)?)
    })
    .await
}

/// What will be sent in the next days if nothing changes, in order.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn preview(ctx: &Ctx, days: u16) -> Result<Vec<PlannedMail>, ServiceError> {
    let app = ctx.app.clone();
    let now = app.clock.now();
    let until = now + TimeDelta::days(days.into());
    ctx.read(Action::ReadTermination, move |connection| {
        db::messages::planned_until(connection, until)?
            .into_iter()
            .map(|message| {
                let record = terminations::get_in(connection, message.termination_id)?;
                let entity = db::legal_entities::get(connection, record.legal_entity_id)?;
                Ok(PlannedMail {
                    number: record.termination.number,
                    leaves_at: leaves_at(
                        &app,
                        &entity.schedule.calendar(),
                        (message.step, record.termination.end_on),
                        message.due_at.max(now),
                    ),
                    message,
                })
            })
            .collect()
    })
    .await
}
