//! Open cases follow who is there to answer for them: nobody is asked who has left.

use super::{get_in, receiver_changed_in, today};
use crate::app::App;
use crate::db::terminations::TerminationFilter;
use crate::db::{self, Tx};
use crate::domain::employment::Employment;
use crate::domain::ids::{LegalEntityId, PersonId};
use crate::domain::page::{MAX_LIMIT, PageRequest};
use crate::domain::policy::Action;
use crate::domain::termination::{TerminationKind, TerminationRecord};
use crate::services::messages::recipients::is_away;
use crate::services::{Ctx, ServiceError};

/// The most people that are looked at in one read.
const BATCH: i64 = 200;

/// Somebody else leads the employment: its case, and that of an employment which goes on in this one, is asked of the
/// new manager.
///
/// # Errors
/// Only what the database reports.
pub fn manager_changed_in(tx: &mut Tx<'_>, app: &App, employment: &Employment) -> Result<(), ServiceError> {
    if let Some(record) = db::terminations::find_active(tx, employment.id)? {
        receiver_changed_in(tx, app, &record)?;
    }
    for other in db::employments::of_person(tx, employment.person_id)? {
        if other.id == employment.id {
            continue;
        }
        let moves = |record: &TerminationRecord| record.termination.has_proposal();
        if let Some(record) = db::terminations::find_active(tx, other.id)?.filter(moves) {
            receiver_changed_in(tx, app, &record)?;
        }
    }
    Ok(())
}

/// Somebody else takes devices back from the elected representatives of a legal entity.
///
/// # Errors
/// Only what the database reports.
pub fn chancery_changed_in(tx: &mut Tx<'_>, app: &App, entity: LegalEntityId) -> Result<(), ServiceError> {
    let filter = TerminationFilter {
        legal_entity_id: Some(entity),
        kind: Some(TerminationKind::MandateEnd),
        ..TerminationFilter::default()
    };
    let mut page = PageRequest {
        limit: MAX_LIMIT,
        after: None,
    };
    loop {
        let found = db::terminations::list(tx, &filter, page)?;
        for record in found.items.iter().filter(|record| record.termination.is_active()) {
            receiver_changed_in(tx, app, record)?;
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Asks somebody else where a person was asked who is no longer at work. Says in how many cases.
///
/// # Errors
/// Only what the database reports.
pub fn repoint_in(tx: &mut Tx<'_>, app: &App, person: PersonId) -> Result<usize, ServiceError> {
    let asked = db::action_links::live_terminations_of(tx, person)?;
    if asked.is_empty() {
        return Ok(0);
    }
    let own = db::employments::of_person(tx, person)?;
    if !is_away(&own, today(tx)) {
        return Ok(0);
    }
    let mut moved = 0;
    for id in asked {
        let record = get_in(tx, id)?;
        if record.termination.is_active() {
            receiver_changed_in(tx, app, &record)?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// Asks somebody else where people were asked whose last day has passed since. HR's document of a leave or an end moves
/// the cases at once where it counts from that day; this is for the days that come later.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn repoint_due(ctx: &Ctx) -> Result<usize, ServiceError> {
    let now = ctx.app.clock.now();
    let people = ctx
        .read(Action::Operate, move |connection| {
            Ok(db::action_links::asked_but_gone(connection, now, BATCH)?)
        })
        .await?;
    let mut moved = 0;
    for person in people {
        let app = ctx.app.clone();
        moved += ctx
            .write(Action::Operate, move |tx| repoint_in(tx, &app, person))
            .await?;
    }
    Ok(moved)
}
