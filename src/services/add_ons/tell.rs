//! Telling whoever ordered an add-on that it has ended.

use super::NOT_FOUND;
use crate::app::App;
use crate::config::Mailbox;
use crate::db::{self, DbConnection};
use crate::domain::add_on::{AddOn, AddOnEnd};
use crate::domain::calendar::local_date;
use crate::domain::ids::AddOnId;
use crate::domain::person::Person;
use crate::domain::policy::Action;
use crate::integrations::mail::{MailError, OutgoingMail, mime};
use crate::mail::{EndedAddOn, Phone, render_add_on_ended};
use crate::services::messages::recipients::{Recipient, desk, is_away, recipient};
use crate::services::{Ctx, ServiceError, messages};
use chrono::NaiveDate;

/// What came of telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The mail server took the mail.
    Sent,
    /// It goes on after all, or there is no mailbox to tell anybody in.
    NotWanted,
    /// The mail server will never take it.
    Refused(String),
    /// A later try may succeed.
    Later(String),
}

/// Mails whoever ordered an add-on that its last day has passed; the desk, if they have left or cannot be reached. The same
/// bytes on every try. `may_act` is asked right before the mail is handed over.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn tell_ended(
    ctx: &Ctx,
    id: AddOnId,
    may_act: impl Fn() -> bool + Send,
) -> Result<Told, ServiceError> {
    let app = ctx.app.clone();
    let mail = ctx
        .read(Action::Operate, move |connection| mail_in(connection, &app, id))
        .await?;
    let Some(mail) = mail else {
        return Ok(Told::NotWanted);
    };
    if !may_act() {
        return Ok(Told::Later("the lease ran out before the effect".to_owned()));
    }
    Ok(match ctx.app.mailer.send(&mail).await {
        Ok(_) => Told::Sent,
        Err(MailError::Permanent { reply }) => Told::Refused(reply),
        Err(MailError::Transient { reply }) => Told::Later(reply),
    })
}

fn mail_in(
    connection: &mut DbConnection,
    app: &App,
    id: AddOnId,
) -> Result<Option<OutgoingMail>, ServiceError> {
    let add_on = db::add_ons::find(connection, id)?.ok_or(NOT_FOUND)?;
    let Some((last_day, AddOnEnd::Date)) = add_on.ended else {
        return Ok(None);
    };
    let orderer = db::people::find(connection, add_on.orderer_id)?.ok_or(ServiceError::NotFound("person"))?;
    let today = local_date(app.clock.now());
    let language = db::legal_entities::get(connection, add_on.legal_entity_id)?.language;
    let own = reached_in(connection, &orderer, today)?;
    let Some(to) = own.or_else(|| desk(app, language)) else {
        tracing::warn!(add_on = %id, "an add-on has ended, and there is no mailbox to tell anybody in");
        return Ok(None);
    };
    let view = EndedAddOn {
        language: to.language,
        sender: messages::sender(app),
        first_name: to.first_name,
        kind: add_on.kind,
        number: number_in(connection, &add_on)?,
        last_day,
    };
    let to = to.address;
    finished(app, (&add_on, to), &view).map(Some)
}

/// Somebody who is there and whom mail reaches.
fn reached_in(
    connection: &mut DbConnection,
    person: &Person,
    today: NaiveDate,
) -> Result<Option<Recipient>, ServiceError> {
    let Some(email) = &person.email else {
        return Ok(None);
    };
    let is_away = is_away(&db::employments::of_person(connection, person.id)?, today);
    let is_marked = db::unreachable_addresses::is_marked(connection, person.id, email)?;
    Ok(recipient(person).filter(|_| !is_away && !is_marked))
}

/// The number, unless it is that of somebody whose identity is protected.
fn number_in(connection: &mut DbConnection, add_on: &AddOn) -> Result<Option<Phone>, ServiceError> {
    let assignment = db::assignments::open_of_subscription(connection, add_on.subscription_id)?;
    if let Some(assignment) = assignment
        && let Some(employment) = db::employments::find(connection, assignment.employment_id)?
        && let Some(holder) = db::people::find(connection, employment.person_id)?
        && holder.is_protected
    {
        return Ok(None);
    }
    let subscription = db::subscriptions::find(connection, add_on.subscription_id)?;
    Ok(subscription.map(|subscription| Phone::of(&subscription.number)))
}

fn finished(
    app: &App,
    (add_on, to): (&AddOn, Mailbox),
    view: &EndedAddOn,
) -> Result<OutgoingMail, ServiceError> {
    let config = &app.config.mail;
    let rendered = render_add_on_ended(view)
        .map_err(|_| ServiceError::Internal("a mail cannot be rendered".to_owned()))?;
    let message = mime::Message {
        from: config.from.clone(),
        reply_to: config.reply_to.clone(),
        to: vec![to],
        cc: Vec::new(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        language: view.language,
        message_id: mime::message_id(add_on.id.into(), config.from.domain()),
        date: add_on.meta.updated_at,
        in_reply_to: None,
        attachments: Vec::new(),
    };
    mime::outgoing(&message)
        .map_err(|error| ServiceError::Internal(format!("a mail cannot be written: {error}")))
}
