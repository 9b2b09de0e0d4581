//! When a legal entity writes to people: its closed days, quiet periods and timelines. A change counts for the cases
//! under way as well: their mails are planned anew, but nobody is told again what they have been told.

use super::{Ctx, ServiceError, Violation, terminations};
pub use crate::db::legal_entities::ScheduleVersion;
use crate::db::terminations::TerminationFilter;
use crate::db::{self, Tx, audit};
use crate::domain::ids::LegalEntityId;
use crate::domain::job::Job;
use crate::domain::organisation::LegalEntity;
use crate::domain::page::PageRequest;
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::schedule::{
    ClosedDay, QuietPeriod, Schedule, ScheduleFault, checked_days, checked_timeline,
};
use crate::domain::termination::{TerminationKind, TerminationState};
use crate::domain::timeline::Timeline;

/// The most versions that are shown.
pub const MAX_VERSIONS: i64 = 200;
/// How many cases are planned anew in one transaction.
const BATCH: u32 = 50;

/// On which days a legal entity writes to people, and whether it does at all.
#[derive(Clone, Debug)]
pub struct Days {
    /// Whether mails about its cases leave at all.
    pub sends_mail: bool,
    /// Its closed days beside those of the law.
    pub closed_days: Vec<ClosedDay>,
    /// Its quiet periods.
    pub quiet_periods: Vec<QuietPeriod>,
}

/// Sets the days. Days on which nobody is at work move days of return, too.
///
/// # Errors
/// [`ServiceError::Invalid`] with every fault; [`ServiceError::NotFound`]; [`ServiceError::Stale`]; as [`Ctx::write`].
pub async fn set_days(
    ctx: &Ctx,
    id: LegalEntityId,
    expected: ExpectedVersion,
    days: Days,
) -> Result<LegalEntity, ServiceError> {
    let (closed_days, quiet_periods) = checked_days(days.closed_days, days.quiet_periods).map_err(invalid)?;
    change(ctx, id, expected, "days", move |schedule| {
        schedule.sends_mail = days.sends_mail;
        schedule.closed_days.clone_from(&closed_days);
        schedule.quiet_periods.clone_from(&quiet_periods);
    })
    .await
}

/// Sets the timeline of a kind of case; without one, the standard timeline counts again.
///
/// # Errors
/// As [`set_days`].
pub async fn set_timeline(
    ctx: &Ctx,
    id: LegalEntityId,
    expected: ExpectedVersion,
    (kind, timeline): (TerminationKind, Option<Timeline>),
) -> Result<LegalEntity, ServiceError> {
    if let Some(timeline) = &timeline {
        checked_timeline(kind, timeline).map_err(invalid)?;
    }
    change(ctx, id, expected, kind.as_str(), move |schedule| {
        match &timeline {
            Some(timeline) => schedule.timelines.insert(kind, timeline.clone()),
            None => schedule.timelines.remove(&kind),
        };
    })
    .await
}

/// The schedules that a legal entity has had, the newest first. None before the first change: the standard counted.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn versions(ctx: &Ctx, id: LegalEntityId) -> Result<Vec<ScheduleVersion>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        db::legal_entities::find(connection, id)?.ok_or(NOT_FOUND)?;
        Ok(db::legal_entities::schedules(connection, id, MAX_VERSIONS)?)
    })
    .await
}

/// Plans the mails of the cases under way anew. Says how many cases that were.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn replan(ctx: &Ctx, id: LegalEntityId) -> Result<usize, ServiceError> {
    let mut done = 0;
    for state in [TerminationState::Scheduled, TerminationState::Open] {
        let filter = TerminationFilter {
            legal_entity_id: Some(id),
            state: Some(state),
            ..TerminationFilter::default()
        };
        let mut page = PageRequest {
            limit: BATCH,
            after: None,
        };
        loop {
            let (app, filter) = (ctx.app.clone(), filter.clone());
            let (count, next) = ctx
                .write(Action::Operate, move |tx| {
                    let found = db::terminations::list(tx, &filter, page)?;
                    for record in &found.items {
                        terminations::replan_in(tx, &app, record)?;
                    }
                    Ok((found.items.len(), found.next))
                })
                .await?;
            done += count;
            match next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
    }
    Ok(done)
}

const NOT_FOUND: ServiceError = ServiceError::NotFound("legal entity");

async fn change(
    ctx: &Ctx,
    id: LegalEntityId,
    expected: ExpectedVersion,
    what: &'static str,
    command: impl Fn(&mut Schedule) + Send + 'static,
) -> Result<LegalEntity, ServiceError> {
    ctx.write(Action::EditOrganisation, move |tx| {
        let current = db::legal_entities::find(tx, id)?.ok_or(NOT_FOUND)?;
        if !expected.admits(current.meta.version) {
            return Err(ServiceError::Stale {
                current: current.meta.version,
            });
        }
        let mut changed = current.clone();
        command(&mut changed.schedule);
        if changed == current {
            return Ok(current);
        }
        store_in(tx, changed, what)
    })
    .await
}

fn store_in(
    tx: &mut Tx<'_>,
    mut changed: LegalEntity,
    what: &'static str,
) -> Result<LegalEntity, ServiceError> {
    changed.meta = changed.meta.changed(tx.now());
    db::legal_entities::update(tx, &changed)?;
    db::legal_entities::keep_schedule(tx, &changed)?;
    let entry = audit::Entry {
        action: "legal_entity.schedule_changed",
        object_type: "legal_entity",
        object_id: changed.id.to_string(),
        termination: None,
        details: serde_json::json!({ "version": changed.meta.version, "changed": what }),
    };
    audit::append(tx, entry)?;
    let job = Job::ReplanTerminations {
        legal_entity_id: changed.id,
        version: changed.meta.version,
    };
    let now = tx.now();
    db::jobs::enqueue(tx, &job, now)?;
    Ok(changed)
}

fn invalid(faults: Vec<ScheduleFault>) -> ServiceError {
    let violation = |fault: ScheduleFault| Violation {
        pointer: fault.pointer,
        code: fault.code,
        detail: fault.detail,
    };
    ServiceError::Invalid(faults.into_iter().map(violation).collect())
}
