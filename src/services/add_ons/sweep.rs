//! What happens to add-ons because time passes: those with a last day end, and of those without it is asked once a year
//! whether they are needed.

use super::end_in;
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::add_on::{AddOn, AddOnEnd};
use crate::domain::calendar::local_date;
use crate::domain::ids::{AddOnId, UnitId};
use crate::domain::job::Job;
use crate::domain::policy::Action;
use crate::domain::task::{TaskFacts, TaskKind};
use crate::services::messages::next_departure;
use crate::services::tasks::{self, NewTask};
use crate::services::{Ctx, ServiceError, units};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The most add-ons that one sweep looks at in one read.
const BATCH: i64 = 200;

/// Which add-ons are due on a day.
type Due = fn(&mut db::DbConnection, NaiveDate, i64) -> Result<Vec<AddOnId>, db::DbError>;
/// What is done about one of them; whether anything was.
type Work = fn(&mut Tx<'_>, &App, AddOn) -> Result<bool, ServiceError>;

/// Ends every add-on whose last day has passed, and has who ordered it told. Says how many; safe to repeat.
///
/// # Errors
/// What is due cannot be read. An add-on that fails is logged and left to the next time.
pub async fn end_over(ctx: &Ctx) -> Result<usize, ServiceError> {
    sweep(ctx, db::add_ons::over, end_one_in).await
}

/// Asks about every add-on without an end whether it is still needed. Says how many; safe to repeat.
///
/// # Errors
/// As [`end_over`].
pub async fn review_due(ctx: &Ctx) -> Result<usize, ServiceError> {
    sweep(ctx, db::add_ons::to_review, ask_one_in).await
}

async fn sweep(ctx: &Ctx, due: Due, work: Work) -> Result<usize, ServiceError> {
    let today = local_date(ctx.app.clock.now());
    let (mut done, mut seen) = (0, BTreeSet::new());
    loop {
        let found = ctx
            .read(Action::Operate, move |connection| {
                Ok(due(connection, today, BATCH)?)
            })
            .await?;
        let fresh: Vec<AddOnId> = found.into_iter().filter(|id| seen.insert(*id)).collect();
        // What failed is due still; it waits for the next sweep, and so does what is behind it.
        if fresh.is_empty() {
            return Ok(done);
        }
        for id in fresh {
            let app = ctx.app.clone();
            let one = move |tx: &mut Tx<'_>| match db::add_ons::find(tx, id)? {
                Some(add_on) => work(tx, &app, add_on),
                None => Ok(false),
            };
            match ctx.write(Action::Operate, one).await {
                Ok(is_done) => done += usize::from(is_done),
                Err(error) => tracing::warn!(add_on = %id, %error, "an add-on was not seen to"),
            }
        }
    }
}

fn end_one_in(tx: &mut Tx<'_>, app: &App, add_on: AddOn) -> Result<bool, ServiceError> {
    let today = local_date(tx.now());
    let Some(last_day) = add_on.to.filter(|_| add_on.is_over(today)) else {
        return Ok(false);
    };
    let ended = end_in(tx, add_on, (last_day, AddOnEnd::Date))?;
    let entity = db::legal_entities::get(tx, ended.legal_entity_id)?;
    if entity.schedule.sends_mail {
        let at = next_departure(app, &entity.schedule.calendar(), tx.now());
        db::jobs::enqueue(tx, &Job::TellAddOnEnded { add_on_id: ended.id }, at)?;
    }
    Ok(true)
}

fn ask_one_in(tx: &mut Tx<'_>, app: &App, add_on: AddOn) -> Result<bool, ServiceError> {
    let today = local_date(tx.now());
    if !add_on.needs_review(today) {
        return Ok(false);
    }
    let Some(unit) = unit_in(tx, &add_on)? else {
        tracing::warn!(add_on = %add_on.id, "no unit is known that an add-on could be asked about for");
        return Ok(false);
    };
    let unit = units::standing_in(tx, unit)?;
    let task = NewTask {
        kind: TaskKind::AddOnReview,
        legal_entity_id: unit.legal_entity_id,
        unit_id: unit.id,
        termination: None,
        item: None,
        person: None,
        subject: add_on.id.to_string(),
        owner: Some(add_on.orderer_id),
        day: None,
        facts: TaskFacts::AddOn {
            add_on: add_on.id,
            subscription: add_on.subscription_id,
        },
        text: None,
    };
    tasks::open_in(tx, app, task)?;
    let asked = AddOn {
        asked_on: Some(today),
        meta: add_on.meta.changed(tx.now()),
        ..add_on
    };
    db::add_ons::update(tx, &asked)?;
    Ok(true)
}

/// The unit of whoever has the subscription, that which it was moved to, or that of who ordered the add-on.
fn unit_in(tx: &mut Tx<'_>, add_on: &AddOn) -> Result<Option<UnitId>, ServiceError> {
    let assignment = db::assignments::open_of_subscription(tx, add_on.subscription_id)?;
    if let Some(assignment) = assignment {
        let employment = db::employments::find(tx, assignment.employment_id)?;
        return Ok(employment.map(|employment| employment.unit_id));
    }
    let subscription = db::subscriptions::find(tx, add_on.subscription_id)?;
    if let Some(unit) = subscription.and_then(|subscription| subscription.unit_id) {
        return Ok(Some(unit));
    }
    let own = db::employments::of_person(tx, add_on.orderer_id)?;
    Ok(own.last().map(|employment| employment.unit_id))
}
