//! Open cases follow who is there to answer for them: nobody is asked who has left.

use super::plan::receiver_changed_in;
use super::{get_in, hand_over_in, today};
use crate::app::App;
use crate::db::terminations::TerminationFilter;
use crate::db::{self, Tx, audit};
use crate::domain::delegation::Delegate;
use crate::domain::employment::Employment;
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::page::{MAX_LIMIT, PageRequest};
use crate::domain::policy::Action;
use crate::domain::termination::{TerminationKind, TerminationRecord};
use crate::services::case::Case;
use crate::services::messages::recipients::{is_away, resolve_in};
use crate::services::{Ctx, ServiceError};
use serde_json::json;

/// The most people that are looked at in one read.
const BATCH: i64 = 200;

/// Somebody else leads the employment: its case, and that of an employment which goes on in this one, is asked of the
/// new manager.
///
/// # Errors
/// Only what the database reports.
pub fn manager_changed_in(tx: &mut Tx<'_>, app: &App, employment: &Employment) -> Result<(), ServiceError> {
    if let Some(record) = db::terminations::find_active(tx, employment.id)? {
        asked_first_changed_in(tx, app, &record)?;
    }
    for other in db::employments::of_person(tx, employment.person_id)? {
        if other.id == employment.id {
            continue;
        }
        let moves = |record: &TerminationRecord| record.termination.has_proposal();
        if let Some(record) = db::terminations::find_active(tx, other.id)?.filter(moves) {
            asked_first_changed_in(tx, app, &record)?;
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
            asked_first_changed_in(tx, app, record)?;
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Somebody else would be asked first about a case now. Where it is handed over, nobody is asked anew: whoever it was
/// handed over to goes on with it.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn asked_first_changed_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    match record.delegate {
        None => receiver_changed_in(tx, app, record),
        Some(_) => Ok(()),
    }
}

/// A case under way, and who is asked about it: a person, the service desk, or nobody.
pub(in crate::services) struct Asked {
    record: TerminationRecord,
    who: Option<Option<PersonId>>,
}

/// The cases under way of those who work in a unit or below it, and who is asked about each.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn asked_within_in(
    tx: &mut Tx<'_>,
    app: &App,
    unit: UnitId,
) -> Result<Vec<Asked>, ServiceError> {
    let found = db::terminations::active_within(tx, unit)?;
    let asked = found.into_iter().map(|record| {
        let who = who_is_asked_in(tx, app, &record)?;
        Ok(Asked { record, who })
    });
    asked.collect()
}

/// The unit has become part of another: its cases are that unit's from now on, and where somebody else answers for one
/// than did before, they are asked. Says how many cases went over.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn unit_merged_in(
    tx: &mut Tx<'_>,
    app: &App,
    asked: Vec<Asked>,
    (from, into): (UnitId, UnitId),
) -> Result<usize, ServiceError> {
    let mut moved = 0;
    for Asked { mut record, who } in asked {
        if record.unit_id == from {
            record = go_over_in(tx, record, into)?;
            moved += 1;
        }
        if who_is_asked_in(tx, app, &record)? != who {
            receiver_changed_in(tx, app, &record)?;
        }
    }
    Ok(moved)
}

fn go_over_in(
    tx: &mut Tx<'_>,
    before: TerminationRecord,
    into: UnitId,
) -> Result<TerminationRecord, ServiceError> {
    let after = TerminationRecord {
        unit_id: into,
        meta: before.meta.changed(tx.now()),
        ..before.clone()
    };
    db::terminations::update(tx, &before, &after)?;
    let entry = audit::Entry {
        action: "termination.unit_merged",
        object_type: "termination",
        object_id: after.termination.id.to_string(),
        termination: Some(after.termination.id),
        details: json!({ "from": before.unit_id, "into": into }),
    };
    audit::append(tx, entry)?;
    Ok(after)
}

fn who_is_asked_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<Option<Option<PersonId>>, ServiceError> {
    let today = today(tx);
    let case = Case::of(tx, record.clone())?;
    let found = resolve_in(tx, app, &case, (record.asked_role(), today))?;
    Ok(found.map(|recipient| recipient.person))
}

/// Asks somebody else where a person was asked who is no longer at work; what was handed over to them goes back. Says in
/// how many cases.
///
/// # Errors
/// Only what the database reports.
pub fn repoint_in(tx: &mut Tx<'_>, app: &App, person: PersonId) -> Result<usize, ServiceError> {
    let mut asked = db::action_links::live_terminations_of(tx, person)?;
    asked.extend(db::terminations::delegated_to(tx, person)?);
    asked.sort_unstable();
    asked.dedup();
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
        if !record.termination.is_active() {
            continue;
        }
        if record.delegate == Some(Delegate::Person(person)) {
            hand_over_in(tx, app, record, (None, "not_at_work"))?;
        } else {
            receiver_changed_in(tx, app, &record)?;
        }
        moved += 1;
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
            let mut gone = db::action_links::asked_but_gone(connection, now, BATCH)?;
            gone.extend(db::terminations::delegates_gone(connection, now, BATCH)?);
            gone.sort_unstable();
            gone.dedup();
            Ok(gone)
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
