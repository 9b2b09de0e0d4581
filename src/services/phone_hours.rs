//! The hours at which units answer their telephones (telefontider). New hours are a change notice to the desk.

use super::tasks::{self, NewTask};
use super::terminations::check_last_day;
use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, trail};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::{TaskId, UnitId};
use crate::domain::policy::Action;
use crate::domain::task::{PHONE_HOURS_MAX_CHARS, TaskFacts, TaskKind};
use crate::domain::text::clean_text;
use crate::domain::unit::PhoneHours;
use chrono::NaiveDate;
use serde_json::json;

/// The most versions that are shown.
pub const MAX_VERSIONS: i64 = 200;

const NOT_FOUND: ServiceError = ServiceError::NotFound("unit");

/// Hours that were set, and what the desk was told of them: nothing, if they were those already.
#[derive(Clone)]
pub struct HoursSet {
    /// The hours.
    pub hours: PhoneHours,
    /// The change notice, and its number.
    pub notice: Option<(TaskId, String)>,
}

/// Sets the hours of a unit from a day on, and tells the desk in the same transaction.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the hours and the day; as [`Ctx::write_once`].
pub async fn set(
    ctx: &Ctx,
    recorder: Recorder<HoursSet>,
    (unit, valid_from): (UnitId, NaiveDate),
    hours: String,
) -> Result<Recorded<HoursSet>, ServiceError> {
    let app = ctx.app.clone();
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        set_in(tx, &app, (unit, valid_from), &hours)
    })
    .await
}

fn set_in(
    tx: &mut Tx<'_>,
    app: &App,
    (id, valid_from): (UnitId, NaiveDate),
    hours: &str,
) -> Result<HoursSet, ServiceError> {
    let unit = db::units::find(tx, id)?.ok_or(NOT_FOUND)?;
    let mut violations = Violations::default();
    references::not_merged(&unit, "", &mut violations);
    let hours = violations.take("/hours", clean_text(hours, PHONE_HOURS_MAX_CHARS));
    let today = local_date(tx.now());
    check_last_day(&mut violations, "/valid_from", Some(valid_from), today);
    let hours = violations.finish_with(hours)?;
    let known = db::phone_hours::find(tx, id, valid_from)?;
    if let Some(hours) = known.filter(|known| known.hours == hours) {
        return Ok(HoursSet { hours, notice: None });
    }
    let set = PhoneHours {
        unit_id: id,
        valid_from,
        hours,
        created_at: tx.now(),
    };
    db::phone_hours::store(tx, &set)?;
    let notice = NewTask {
        kind: TaskKind::PhoneHours,
        legal_entity_id: unit.legal_entity_id,
        unit_id: id,
        termination: None,
        item: None,
        person: None,
        subject: String::new(),
        owner: None,
        day: None,
        facts: TaskFacts::PhoneHours {
            hours: set.hours.clone(),
            effective_on: valid_from,
        },
        text: None,
    };
    let notice = tasks::open_in(tx, app, notice)?;
    let details = json!({ "valid_from": valid_from, "notice": notice.id });
    trail::note(tx, "unit.phone_hours_set", id, details)?;
    Ok(HoursSet {
        hours: set,
        notice: Some((notice.id, notice.number)),
    })
}

/// The hours that a unit has had and will have, the newest first.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn list(ctx: &Ctx, unit: UnitId) -> Result<Vec<PhoneHours>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        db::units::find(connection, unit)?.ok_or(NOT_FOUND)?;
        Ok(db::phone_hours::of_unit(connection, unit, MAX_VERSIONS)?)
    })
    .await
}
