//! Telling whoever ordered an add-on that it has ended.

use super::NOT_FOUND;
use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::add_on::{AddOn, AddOnEnd};
use crate::domain::calendar::local_date;
use crate::domain::ids::AddOnId;
use crate::domain::person::Person;
use crate::integrations::mail::OutgoingMail;
use crate::mail::{EndedAddOn, Phone, render_add_on_ended};
use crate::services::messages::recipients::{Recipient, desk, is_away, recipient};
use crate::services::notices::{self, Notice, Told};
use crate::services::{Ctx, ServiceError, messages};
use chrono::NaiveDate;

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
    notices::tell(ctx, may_act, move |connection, app| mail_in(connection, app, id)).await
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
    let notice = Notice {
        about: add_on.id.into(),
        date: add_on.meta.updated_at,
        to: to.address,
        language: view.language,
    };
    notice.mail(app, render_add_on_ended(&view)).map(Some)
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
