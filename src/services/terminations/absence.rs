//! Cases about a long leave: opened by the leave or by the desk, and what becomes of the devices while the holder is away.

use super::follow::{Wanted, carry_out};
use super::plan::{self, sooner};
use super::work::change;
use super::{TerminationView, change_in, get_in, today};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::calendar::{SEND_WINDOW_OPENS, instant_at, local_date};
use crate::domain::employment::{Employment, EmploymentDocument, EmploymentState, Leave};
use crate::domain::error::DomainError;
use crate::domain::ids::{EmploymentId, ItemId, TerminationId};
use crate::domain::job::Job;
use crate::domain::leave::leave_to_follow;
use crate::domain::message::{Message, MessageState};
use crate::domain::policy::Action;
use crate::domain::termination::{
    Absence, AbsenceChoice, AbsencePlan, Act, ActorRole, TerminationKind, TerminationRecord,
};
use crate::domain::timeline::MessageStep;
use crate::services::{
    Ctx, Recorded, Recorder, ServiceError, Violations, assignments, messages, tasks, trail,
};
use chrono::{NaiveDate, NaiveTime};
use serde_json::json;

/// What becomes of a device while its holder is away, as it was sent.
#[derive(Clone, Debug)]
pub struct ArrangementSaid {
    /// The choice.
    pub choice: AbsenceChoice,
    /// For a loan: to whom.
    pub employment: Option<EmploymentId>,
    /// For a loan: its last day.
    pub until: Option<NaiveDate>,
}

/// Says as the desk what becomes of a device while its holder is away.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for members that the choice lacks or does not have, and for a
/// borrower or a day that does not fit; [`DomainError`] for what the case refuses.
pub async fn arrange(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    said: ArrangementSaid,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let record = get_in(tx, termination)?;
        let plan = checked_in(tx, &record, &said)?;
        let act = Act::new(ActorRole::Desk, &actor, tx.now());
        let after = change_in(tx, &app, record, |record| {
            Ok(record.termination.arrange(item, plan, act)?)
        })?;
        super::read::view(tx, &actor, after)
    })
    .await
}

fn checked_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    said: &ArrangementSaid,
) -> Result<AbsencePlan, ServiceError> {
    let mut violations = Violations::default();
    let lends = said.choice == AbsenceChoice::Lend;
    for (pointer, is_given) in [
        ("/employment_id", said.employment.is_some()),
        ("/until", said.until.is_some()),
    ] {
        if lends && !is_given {
            violations.add(
                pointer,
                "missing",
                "A loan needs somebody who borrows, and a last day.",
            );
        } else if !lends && is_given {
            violations.add(pointer, "other_kind", "Only a loan has this member.");
        }
    }
    if let Some(employment) = said.employment.filter(|_| lends) {
        let found = db::employments::find(tx, employment)?;
        if let Some((code, detail)) = borrower_fault(record, found.as_ref(), today(tx)) {
            violations.add("/employment_id", code, detail);
        }
    }
    if said.until.is_some_and(|until| lends && until < today(tx)) {
        violations.add("/until", "in_the_past", "A loan ends today or later.");
    }
    let plan = match said.choice {
        AbsenceChoice::Keep => Some(AbsencePlan::Keep),
        AbsenceChoice::HandIn => Some(AbsencePlan::HandIn),
        AbsenceChoice::Restock => Some(AbsencePlan::Restock),
        AbsenceChoice::Lend => said
            .employment
            .zip(said.until)
            .map(|(employment, until)| AbsencePlan::Lend { employment, until }),
    };
    violations.finish_with(plan)
}

/// Why somebody cannot borrow a device of the case.
fn borrower_fault(
    record: &TerminationRecord,
    found: Option<&Employment>,
    today: NaiveDate,
) -> Option<(&'static str, &'static str)> {
    let Some(found) = found else {
        return Some(("unknown_employment", "There is no employment with this id."));
    };
    if found.person_id == record.person_id {
        return Some(("own_employment", "The holder is the one who is away."));
    }
    if found.legal_entity_id != record.legal_entity_id {
        let detail = "The employment is with another legal entity than the one that owns the device.";
        return Some(("legal_entity_mismatch", detail));
    }
    found
        .has_ended(today)
        .then_some(("employment_ended", "The employment is over."))
}

/// Says as the desk that the holder has a device again that was put away.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`DomainError`] for what the case refuses.
pub async fn hand_back(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    change(ctx, termination, recorder, move |record, act| {
        Ok(record.termination.hand_back(item, act)?)
    })
    .await
}

/// Opens a case about a leave as the desk: one that HR knows and that opens none by itself, or one that HR has not told
/// of, with the days that are given.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] `end_before_start`, `leave_over`; [`ServiceError::Conflict`]
/// `employment_ended`, `termination_under_way`, `nothing_assigned`.
pub async fn open_absence(
    ctx: &Ctx,
    id: EmploymentId,
    leave: Leave,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let employment = db::employments::find(tx, id)?.ok_or(ServiceError::NotFound("employment"))?;
        check_leave(leave, today(tx))?;
        let opened = open_in(tx, &app, &employment, leave)?;
        super::read::view(tx, &actor, opened)
    })
    .await
}

fn check_leave(leave: Leave, today: NaiveDate) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    if leave.to.is_some_and(|to| to < leave.from) {
        let detail = "The last day of the leave is before its first day.";
        violations.add("/to", "end_before_start", detail);
    } else if leave.to.is_some_and(|to| to < today) {
        violations.add("/to", "leave_over", "The leave is over: the holder is back.");
    }
    violations.finish()
}

fn open_in(
    tx: &mut Tx<'_>,
    app: &App,
    employment: &Employment,
    leave: Leave,
) -> Result<TerminationRecord, ServiceError> {
    let refused = |code, detail| Err(ServiceError::Conflict { code, detail });
    if employment.has_ended(today(tx)) {
        return refused(
            "employment_ended",
            "The employment is over. Nobody is on leave from it.",
        );
    }
    let told = Absence {
        from: leave.from,
        back_on: leave.back_on(),
        back_since: None,
        is_by_desk: true,
    };
    // HR may know the leave with other days.
    let absence = wanted_leave(&employment.document, Some(told), None, today(tx)).unwrap_or(told);
    let active = db::terminations::find_active(tx, employment.id)?;
    if active.as_ref().is_some_and(|active| !gives_way(active, absence)) {
        let detail = "The employment has a case under way. Work with that one.";
        return refused("termination_under_way", detail);
    }
    let entity = db::legal_entities::get(tx, employment.legal_entity_id)?;
    let wanted = Wanted::of_leave(absence, &entity);
    let held = db::assignments::open_of_employment(tx, employment.id)?;
    match carry_out(tx, app, employment, (wanted, active, &held))? {
        Some(opened) => Ok(opened),
        None => refused(
            "nothing_assigned",
            "The employment has no device and no subscription.",
        ),
    }
}

/// Whether a case under way, about an end that lies far ahead, becomes one about a leave before that.
fn gives_way(active: &TerminationRecord, leave: Absence) -> bool {
    let termination = &active.termination;
    let is_far_ahead = match termination.kind {
        TerminationKind::Ordinary | TerminationKind::MandateEnd | TerminationKind::Transfer => true,
        TerminationKind::Immediate | TerminationKind::Deceased | TerminationKind::Absence => false,
    };
    is_far_ahead && Leave::of(&leave).comes_long_before(termination.return_by)
}

/// The leave that the case of an employment shall follow, if there is to be one about a leave.
pub(super) fn wanted_leave(
    document: &EmploymentDocument,
    known: Option<Absence>,
    long_from: Option<u16>,
    today: NaiveDate,
) -> Option<Absence> {
    if document.state == EmploymentState::Void {
        return None;
    }
    match leave_to_follow(&document.leave, known.as_ref(), long_from, today) {
        Some(leave) => Some(Absence {
            from: leave.from,
            back_on: leave.back_on(),
            back_since: None,
            is_by_desk: false,
        }),
        // Of this one HR has not told.
        None => known.filter(|known| known.is_by_desk),
    }
}

/// Notes that a leave is over, if its last day has passed. On any other day nothing changes: the leave may have moved
/// since somebody noted to come back.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::write`].
pub async fn note_back(ctx: &Ctx, id: TerminationId) -> Result<(), ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| {
        let record = get_in(tx, id)?;
        if !record.termination.is_active() {
            return Ok(());
        }
        let (today, now) = (today(tx), tx.now());
        change_in(tx, &app, record, |record| {
            Ok(record.termination.note_back(today, now)?)
        })?;
        Ok(())
    })
    .await
}

/// The case looks again on the day on which the holder is back.
pub(super) fn schedule_back_in(tx: &mut Tx<'_>, record: &TerminationRecord) -> Result<(), ServiceError> {
    let absence = record
        .termination
        .absence
        .filter(|absence| absence.back_since.is_none());
    let Some(day) = absence.and_then(|absence| absence.back_on) else {
        return Ok(());
    };
    let at = instant_at(day, NaiveTime::MIN);
    if at > tx.now() {
        let job = Job::NoteBack {
            termination_id: record.termination.id,
            day,
        };
        db::jobs::enqueue(tx, &job, at)?;
    }
    Ok(())
}

/// Plans the mail about what was put away, counted from the day on which the holder is back, in place of what was planned
/// for another day. Told for one day, it is not told for that day again.
pub(super) fn plan_hand_back_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let termination = &record.termination;
    let back_on = termination.absence.and_then(|absence| absence.back_on);
    let all = db::messages::of_termination(tx, termination.id)?;
    let of_step = |message: &&Message| message.step == MessageStep::HandBack;
    let is_told = |message: &Message| match message.state {
        MessageState::Sent | MessageState::Failed | MessageState::Bounced => true,
        // What waits to be delivered names a day, too.
        MessageState::Planned | MessageState::Queued => message.planned_from == back_on,
        MessageState::Superseded | MessageState::Cancelled => false,
    };
    for waiting in all.iter().filter(of_step) {
        let waits = matches!(waiting.state, MessageState::Planned | MessageState::Queued);
        if waits && waiting.planned_from != back_on {
            messages::cancel_in(tx, waiting, "replanned")?;
        }
    }
    let entity = db::legal_entities::get(tx, record.legal_entity_id)?;
    let timeline = entity.schedule.timeline(termination.kind);
    let (Some(day), Some(rule)) = (back_on, timeline.hand_back()) else {
        return Ok(());
    };
    let is_known = all
        .iter()
        .filter(of_step)
        .any(|message| message.planned_from == back_on && is_told(message));
    if is_known || !entity.schedule.sends_mail || termination.kind != TerminationKind::Absence {
        return Ok(());
    }
    let (calendar, now) = (entity.schedule.calendar(), tx.now());
    let due_at = instant_at(rule.day(day, &calendar), SEND_WINDOW_OPENS);
    let due_at = due_at.max(messages::next_departure(app, &calendar, now));
    let due_at = if app.config.mail.send_window {
        due_at
    } else {
        sooner(&calendar, due_at, now)
    };
    let step = (rule.step, rule.to, rule.copy_to.clone());
    let message = Message {
        planned_from: back_on,
        ..plan::message(tx, record, step, due_at)
    };
    Ok(db::messages::insert(tx, &[message])?)
}

/// Carries out that a device is for others: it is in stock, or with whoever borrows it. A borrower who has left meanwhile
/// gets nothing; the device waits in stock.
pub(super) fn let_go_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    item: ItemId,
) -> Result<(), ServiceError> {
    let holding = record.holding(item).ok_or(DomainError::UnknownItem)?;
    let ended = assignments::let_go_in(tx, holding.assignment)?;
    let Some(AbsencePlan::Lend { employment, until }) = record.termination.item(item)?.plan() else {
        return Ok(());
    };
    let borrower = db::employments::find(tx, employment)?;
    let fault = borrower_fault(record, borrower.as_ref(), local_date(tx.now()));
    if let Some((why, _)) = fault {
        return trail::note(
            tx,
            "termination.loan_not_made",
            record.termination.id,
            json!({ "item": item, "why": why }),
        );
    }
    let loan = assignments::lend_in(tx, app, ended, (employment, until))?;
    tasks::loan_made_in(tx, app, record, &loan)
}

/// A case about a leave is closed: the employment goes on, and may ask for another, such as about its end.
pub(super) fn go_on_in(tx: &mut Tx<'_>, app: &App, record: &TerminationRecord) -> Result<(), ServiceError> {
    let employment =
        db::employments::find(tx, record.employment_id)?.ok_or(ServiceError::NotFound("employment"))?;
    super::follow_employment_in(tx, app, &employment)?;
    Ok(())
}
