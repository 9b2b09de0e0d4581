//! What an employment's current state asks of its termination, carried out in the same transaction.

use super::{absence, change_in, consequences, plan, record_in, today};
use crate::app::App;
use crate::crypto::token::random_case_number;
use crate::db::{self, Tx};
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assigned, Assignment};
use crate::domain::employment::{Employment, Leave, TerminationNeed, termination_need};
use crate::domain::organisation::LegalEntity;
use crate::domain::record::Meta;
use crate::domain::termination::{
    Absence, Act, ActorRole, DataClass, Event, Holding, ItemKind, NewItem, NewTermination, Reason,
    Termination, TerminationKind, TerminationRecord,
};
use crate::domain::timeline;
use crate::domain::wipe::{WipeLevel, WipePolicy};
use crate::services::{ServiceError, end_questions, evidence, tasks};
use chrono::NaiveDate;

/// Brings the termination of an employment in line with it: opens one, moves it, takes in what was handed out
/// since, or cancels it. Somebody who holds nothing gets no termination.
///
/// # Errors
/// Only what the database reports.
pub fn follow_employment_in(
    tx: &mut Tx<'_>,
    app: &App,
    employment: &Employment,
) -> Result<Option<TerminationRecord>, ServiceError> {
    let active = db::terminations::find_active(tx, employment.id)?;
    let need = termination_need(&employment.document);
    let is_at_rest = need == TerminationNeed::None && employment.document.leave.is_empty();
    if is_at_rest && active.is_none() {
        return Ok(None);
    }
    let held = db::assignments::open_of_employment(tx, employment.id)?;
    if held.is_empty() && active.is_none() {
        return Ok(None);
    }
    let entity = db::legal_entities::get(tx, employment.legal_entity_id)?;
    let known = active.as_ref().and_then(|active| active.termination.absence);
    let leave = absence::wanted_leave(
        &employment.document,
        known,
        entity.absence_case_after_days,
        today(tx),
    );
    let wanted = wanted_in(tx, employment, &entity, (need, leave))?;
    match (wanted, active) {
        (None, None) => Ok(None),
        (None, Some(active)) => cancel(tx, app, active).map(Some),
        (Some(wanted), active) => carry_out(tx, app, employment, (wanted, active, &held)),
    }
}

/// Opens a case as it is wanted, or makes the one under way so.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    app: &App,
    employment: &Employment,
    (wanted, active, held): (Wanted, Option<TerminationRecord>, &[Assignment]),
) -> Result<Option<TerminationRecord>, ServiceError> {
    match active {
        Some(active) => adjust(tx, app, active, wanted, held).map(Some),
        None if held.is_empty() => Ok(None),
        None => open(tx, app, employment, wanted, held).map(Some),
    }
}

/// What the case shall be: about the end of the employment, if that is known, unless a leave ends long before.
fn wanted_in(
    tx: &mut Tx<'_>,
    employment: &Employment,
    entity: &LegalEntity,
    (need, leave): (TerminationNeed, Option<Absence>),
) -> Result<Option<Wanted>, ServiceError> {
    let of_leave = leave.map(|leave| Wanted::of_leave(leave, entity));
    let TerminationNeed::Ends {
        end_on,
        last_working_on,
        kind,
    } = need
    else {
        return Ok(of_leave);
    };
    let return_by = timeline::return_by(end_on, last_working_on, &entity.schedule.calendar());
    let is_known_in_time = !matches!(kind, TerminationKind::Immediate | TerminationKind::Deceased);
    let comes_before = |leave: Absence| Leave::of(&leave).comes_long_before(return_by);
    if is_known_in_time && leave.is_some_and(comes_before) {
        return Ok(of_leave);
    }
    Ok(Some(Wanted {
        kind: moved_or(tx, employment, (end_on, kind))?,
        end_on,
        return_by,
        policy: entity.wipe_policy,
        absence: None,
    }))
}

/// Brings a case in line with a changed calendar or timeline of its legal entity: its day of return first, and then its
/// mails, if that day stays as it was.
///
/// # Errors
/// Only what the database reports.
pub fn replan_in(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    let employment =
        db::employments::find(tx, record.employment_id)?.ok_or(ServiceError::NotFound("employment"))?;
    match follow_employment_in(tx, app, &employment)? {
        Some(after) if after.meta.version == record.meta.version => {
            plan::replan_on_the_way_in(tx, app, record)
        }
        // Moved with the day of return, or closed since it was looked up.
        Some(_) | None => Ok(()),
    }
}

/// What the case shall be.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    kind: TerminationKind,
    end_on: NaiveDate,
    return_by: NaiveDate,
    policy: WipePolicy,
    absence: Option<Absence>,
}

impl Wanted {
    /// A case about a leave: what is handed in is handed in on the last business day before it.
    pub(super) fn of_leave(leave: Absence, entity: &LegalEntity) -> Self {
        let end_on = leave.from.pred_opt().unwrap_or(leave.from);
        Self {
            kind: TerminationKind::Absence,
            end_on,
            return_by: timeline::return_by(end_on, None, &entity.schedule.calendar()),
            policy: entity.wipe_policy,
            absence: Some(leave),
        }
    }
}

/// The kind of case, which is a transfer if the holder goes on in another employment. Somebody who was sent home or has
/// died goes nowhere.
fn moved_or(
    tx: &mut Tx<'_>,
    employment: &Employment,
    (end_on, kind): (NaiveDate, TerminationKind),
) -> Result<TerminationKind, ServiceError> {
    if matches!(kind, TerminationKind::Immediate | TerminationKind::Deceased) {
        return Ok(kind);
    }
    let own = db::employments::of_person(tx, employment.person_id)?;
    Ok(match employment.continued_by(end_on, &own) {
        Some(_) => TerminationKind::Transfer,
        None => kind,
    })
}

/// Brings the terminations of the person's other employments in line: one that ends is a transfer when another goes
/// on, and no longer one when that is withdrawn.
///
/// # Errors
/// Only what the database reports.
pub fn follow_others_in(tx: &mut Tx<'_>, app: &App, employment: &Employment) -> Result<(), ServiceError> {
    for other in db::employments::of_person(tx, employment.person_id)? {
        if other.id != employment.id && db::terminations::find_active(tx, other.id)?.is_some() {
            follow_employment_in(tx, app, &other)?;
        }
    }
    Ok(())
}

fn cancel(tx: &mut Tx<'_>, app: &App, active: TerminationRecord) -> Result<TerminationRecord, ServiceError> {
    let act = Act::new(ActorRole::System, &Actor::System, tx.now());
    let reason = match active.termination.kind {
        TerminationKind::Absence => "leave_withdrawn",
        _ => "end_withdrawn",
    };
    let reason = Reason::parse(reason)?;
    change_in(tx, app, active, |record| {
        Ok(record.termination.cancel(reason, act)?)
    })
}

fn adjust(
    tx: &mut Tx<'_>,
    app: &App,
    active: TerminationRecord,
    wanted: Wanted,
    held: &[Assignment],
) -> Result<TerminationRecord, ServiceError> {
    let (now, today) = (tx.now(), today(tx));
    let mut added = Vec::new();
    for assignment in held {
        if active
            .holdings
            .iter()
            .all(|holding| holding.assignment != assignment.id)
        {
            added.push(new_item(tx, assignment, wanted.policy)?);
        }
    }
    let grown = !added.is_empty();
    let moved = active.termination.end_on != wanted.end_on;
    let goes_on = active.termination.kind != wanted.kind && wanted.kind == TerminationKind::Transfer;
    let after = change_in(tx, app, active, |record| {
        let mut events = record.termination.reclassify(wanted.kind, now)?;
        events.extend(
            record
                .termination
                .reschedule(wanted.end_on, wanted.return_by, today)?,
        );
        if let Some(leave) = wanted.absence {
            events.extend(record.termination.follow_leave(leave, today)?);
        }
        for (item, holding) in added {
            events.extend(record.termination.add_item(item, now)?);
            record.holdings.push(holding);
        }
        events.extend(record.termination.note_back(today, now)?);
        Ok(events)
    })?;
    if moved || goes_on {
        end_questions::answered_in(tx, &after)?;
    }
    if grown {
        evidence::take_in(tx, app, after)
    } else {
        Ok(after)
    }
}

fn open(
    tx: &mut Tx<'_>,
    app: &App,
    employment: &Employment,
    wanted: Wanted,
    held: &[Assignment],
) -> Result<TerminationRecord, ServiceError> {
    let mut items = Vec::with_capacity(held.len());
    let mut holdings = Vec::with_capacity(held.len());
    for assignment in held {
        let (item, holding) = new_item(tx, assignment, wanted.policy)?;
        items.push(item);
        holdings.push(holding);
    }
    let new = NewTermination {
        id: tx.new_id(),
        number: random_case_number(),
        kind: wanted.kind,
        end_on: wanted.end_on,
        return_by: wanted.return_by,
        items,
        absence: wanted.absence,
    };
    let (termination, events): (Termination, Vec<Event>) = Termination::open(new, tx.now());
    let record = TerminationRecord {
        termination,
        employment_id: employment.id,
        person_id: employment.person_id,
        unit_id: employment.unit_id,
        legal_entity_id: employment.legal_entity_id,
        holdings,
        delegate: None,
        meta: Meta::new(tx.now()),
    };
    db::terminations::insert(tx, &record)?;
    record_in(tx, &events)?;
    tasks::case_changed_in(tx, app, &record)?;
    plan::replan_in(tx, app, &record)?;
    consequences::tell_desk_at_once_in(tx, app, &record)?;
    consequences::schedule_begin_in(tx, &record)?;
    absence::schedule_back_in(tx, &record)?;
    evidence::take_in(tx, app, record)
}

/// The item for an assignment. Reads the data class of the device as it is now, and asks for the proof that the
/// policy asks for now.
fn new_item(
    tx: &mut Tx<'_>,
    assignment: &Assignment,
    policy: WipePolicy,
) -> Result<(NewItem, Holding), ServiceError> {
    let (kind, data_class, required_wipe) = match assignment.assigned {
        Assigned::Device(id) => {
            let device = db::devices::find(tx, id)?.ok_or(ServiceError::NotFound("device"))?;
            let class = device.data_class;
            (ItemKind::Device, class, policy.required(class))
        }
        Assigned::Subscription(_) => (ItemKind::Subscription, DataClass::Standard, WipeLevel::None),
    };
    let item = NewItem {
        id: tx.new_id(),
        kind,
        data_class,
        required_wipe,
    };
    let holding = Holding {
        item: item.id,
        assignment: assignment.id,
        assigned: assignment.assigned,
        custody_epoch: assignment.custody_epoch,
    };
    Ok((item, holding))
}
