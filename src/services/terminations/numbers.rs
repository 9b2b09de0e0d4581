//! What is decided about numbers, and how it is carried out.

use super::disposals::employment_fault;
use super::outcomes::{line, text};
use super::read::view;
use super::work::desk_act;
use super::{TerminationView, change_in, get_in, today};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::assignment::Assigned;
use crate::domain::calendar::local_date;
use crate::domain::ids::{EmploymentId, ItemId, LegalEntityId, SubscriptionId, TerminationId, UnitId};
use crate::domain::policy::Action;
use crate::domain::subscription::{Subscription, SubscriptionStatus};
use crate::domain::termination::{
    CheckKind, CheckState, DecidedBy, Event, Holding, Item, MoveTo, NumberDecision, NumberTerms,
    TerminationRecord, TerminationState,
};
use crate::services::{
    Ctx, Recorded, Recorder, ServiceError, Violations, add_ons, assignments, numbers, references, tasks,
    units,
};
use chrono::{Days, NaiveDate};

/// The most days from today to the last day of a subscription. What is farther away is a slip of the pen.
const LAST_DAY_WITHIN: Days = Days::new(3_653);
/// The most numbers that one sweep looks at in one read.
const DUE_BATCH: i64 = 200;

const NO_SUBSCRIPTION: ServiceError = ServiceError::NotFound("subscription");

/// What is to happen to a number, as it was sent.
#[derive(Clone, Debug)]
pub struct NumberSaid {
    /// The decision.
    pub decision: NumberDecision,
    /// For a termination: the last day with the operator.
    pub last_day: Option<NaiveDate>,
    /// For a move: where to.
    pub move_to: Option<MoveSaid>,
    /// Who decided, if that is another than who says so.
    pub decided_by: Option<String>,
    /// Why they did.
    pub reason: Option<String>,
}

/// Where a number moves to, as it was sent: exactly one.
#[derive(Clone, Copy, Debug, Default)]
pub struct MoveSaid {
    /// An employment with the same legal entity.
    pub employment: Option<EmploymentId>,
    /// A unit of the same legal entity.
    pub unit: Option<UnitId>,
    /// Another legal entity.
    pub legal_entity: Option<LegalEntityId>,
}

/// Decides what happens to the number of a subscription. A transfer, and another decision instead of a transfer that is
/// under way, need somebody who is named.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for members that the decision lacks or does not have, texts that
/// break rules and references that do not fit; [`ServiceError::Domain`] for what the case refuses.
pub async fn decide_number(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    said: NumberSaid,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let record = get_in(tx, termination)?;
        let (terms, decided) = checked_in(tx, &record, &said)?;
        let act = desk_act(tx, &actor);
        let after = change_in(tx, &app, record, |record| {
            Ok(record.termination.decide_number(item, (terms, decided), act)?)
        })?;
        view(tx, &actor, after)
    })
    .await
}

/// Records that the holder asks to take the number over privately. The receiver is told, and decides. To ask again changes
/// nothing.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Domain`] for what the case refuses.
pub async fn request_number(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
) -> Result<TerminationView, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write(Action::WorkTermination, move |tx| {
        let record = get_in(tx, termination)?;
        let act = desk_act(tx, &actor);
        let after = change_in(tx, &app, record, |record| {
            Ok(record.termination.request_number(item, act)?)
        })?;
        view(tx, &actor, after)
    })
    .await
}

fn checked_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    said: &NumberSaid,
) -> Result<(NumberTerms, Option<DecidedBy>), ServiceError> {
    let mut violations = Violations::default();
    let decided = decided(&mut violations, said);
    for (pointer, is_given, decision) in [
        ("/last_day", said.last_day.is_some(), NumberDecision::Terminate),
        ("/move_to", said.move_to.is_some(), NumberDecision::Move),
    ] {
        if is_given && decision != said.decision {
            violations.add(pointer, "other_kind", "This decision does not have this member.");
        }
    }
    let terms = match said.decision {
        NumberDecision::Terminate => {
            check_last_day(&mut violations, "/last_day", said.last_day, today(tx));
            NumberTerms::Terminate {
                last_day: said.last_day,
            }
        }
        NumberDecision::Move => NumberTerms::Move {
            to: match said.move_to {
                Some(to) => move_in(tx, record, to, &mut violations)?,
                None => None,
            },
        },
        NumberDecision::Reuse | NumberDecision::TransferToPrivate => said.decision.into(),
    };
    violations.finish()?;
    Ok((terms, decided))
}

fn decided(violations: &mut Violations, said: &NumberSaid) -> Option<DecidedBy> {
    let is_named = said.decided_by.is_some() || said.reason.is_some();
    let is_needed = said.decision == NumberDecision::TransferToPrivate;
    let by = said.decided_by.as_deref();
    let by = by.and_then(|by| line(violations, "/decided_by", by));
    let reason = said.reason.as_deref();
    let reason = reason.and_then(|reason| text(violations, "/reason", reason));
    for (pointer, is_given) in [
        ("/decided_by", said.decided_by.is_some()),
        ("/reason", said.reason.is_some()),
    ] {
        if !is_given && (is_named || is_needed) {
            let detail = "Say who decided, and why.";
            violations.add(pointer, "missing", detail);
        }
    }
    by.zip(reason).map(|(by, reason)| DecidedBy { by, reason })
}

/// Days in another decade are slips of the pen.
pub(in crate::services) fn check_last_day(
    violations: &mut Violations,
    pointer: &str,
    day: Option<NaiveDate>,
    today: NaiveDate,
) {
    let range = (today - LAST_DAY_WITHIN)..=(today + LAST_DAY_WITHIN);
    if day.is_some_and(|day| !range.contains(&day)) {
        violations.add(pointer, "day_range", "Give a day within ten years of today.");
    }
}

fn move_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    said: MoveSaid,
    violations: &mut Violations,
) -> Result<Option<MoveTo>, ServiceError> {
    match (said.employment, said.unit, said.legal_entity) {
        (Some(employment), None, None) => {
            let found = db::employments::find(tx, employment)?;
            if let Some((code, detail)) = employment_fault(record, found.as_ref(), today(tx)) {
                violations.add("/move_to/employment_id", code, detail);
            }
            Ok(Some(MoveTo::Employment { employment }))
        }
        (None, Some(unit), None) => {
            let detail = "There is no unit with this id in the legal entity that owns the subscription.";
            let place = ("/move_to/unit_id", detail);
            references::unit_of(tx, (unit, record.legal_entity_id), place, violations)?;
            Ok(Some(MoveTo::Unit { unit }))
        }
        (None, None, Some(legal_entity)) => {
            references::legal_entity(tx, legal_entity, "/move_to/legal_entity_id", violations)?;
            if legal_entity == record.legal_entity_id {
                let detail = "This legal entity owns the subscription. Name one of its employments or units.";
                violations.add("/move_to/legal_entity_id", "own_legal_entity", detail);
            }
            Ok(Some(MoveTo::LegalEntity { legal_entity }))
        }
        _ => {
            let detail = "Name one: an employment, a unit or a legal entity.";
            violations.add("/move_to", "one_recipient", detail);
            Ok(None)
        }
    }
}

/// Brings the subscriptions in line with what happened to their numbers: one that is to go to its holder says so, and one
/// that has moved is handed out where it moved to.
///
/// # Errors
/// [`ServiceError::Conflict`] as handing out does, for a number that cannot move any more.
pub(super) fn follow_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    events: &[Event],
) -> Result<(), ServiceError> {
    if !events.iter().any(is_about_a_number) {
        return Ok(());
    }
    for holding in &record.holdings {
        let item = record.termination.item(holding.item)?;
        let Assigned::Subscription(id) = holding.assigned else {
            continue;
        };
        let moved = events.iter().any(|event| has_settled(event, item.id)) && item.has_moved();
        match item.number_carried_out() {
            Some(NumberTerms::Move {
                to: Some(MoveTo::Employment { employment }),
            }) if moved => {
                assignments::move_in(tx, app, holding.assignment, employment)?;
            }
            _ => sync_in(tx, record, (item, holding, id))?,
        }
    }
    Ok(())
}

const fn is_about_a_number(event: &Event) -> bool {
    match event {
        Event::NumberDecided { .. } | Event::AnswerUndone { .. } | Event::Cancelled { .. } => true,
        Event::CheckSettled { check, .. }
        | Event::CheckCorrected { check, .. }
        | Event::CheckReopened { check, .. } => matches!(check, CheckKind::Number),
        _ => false,
    }
}

fn has_settled(event: &Event, about: ItemId) -> bool {
    match event {
        Event::CheckSettled { item, check, .. } | Event::CheckCorrected { item, check, .. } => {
            *item == about && *check == CheckKind::Number
        }
        _ => false,
    }
}

/// What its holder still has is assigned, or is to be transferred to them.
pub(super) fn sync_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (item, holding, id): (&Item, &Holding, SubscriptionId),
) -> Result<(), ServiceError> {
    let assignment = db::assignments::find(tx, holding.assignment)?;
    if assignment.is_none_or(|assignment| assignment.ended.is_some()) {
        return Ok(());
    }
    let subscription = db::subscriptions::find(tx, id)?.ok_or(NO_SUBSCRIPTION)?;
    let was_refused = item
        .check(CheckKind::Number)
        .is_ok_and(|check| matches!(check.state, CheckState::NotApplicable | CheckState::Deviation));
    let is_theirs = item.number_decision() == Some(NumberDecision::TransferToPrivate) && !was_refused;
    let status = if is_theirs && record.termination.state != TerminationState::Cancelled {
        SubscriptionStatus::ToBeTransferred
    } else {
        SubscriptionStatus::Assigned
    };
    if subscription.status != status {
        let changed = Subscription {
            status,
            meta: subscription.meta.changed(tx.now()),
            ..subscription
        };
        db::subscriptions::update(tx, &changed)?;
    }
    Ok(())
}

/// The case is complete: what was decided and done about the number becomes of its subscription, which the holder had
/// until that day. What was settled in another way is free.
pub(super) fn settle_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (item, id, had_until): (&Item, SubscriptionId, NaiveDate),
) -> Result<(), ServiceError> {
    let before = db::subscriptions::find(tx, id)?.ok_or(NO_SUBSCRIPTION)?;
    let terms = item.number_carried_out();
    let mut after = before.settled(terms, had_until, tx.now());
    if let Some(unit) = after.unit_id {
        // It may have become part of another since that was decided.
        after.unit_id = Some(units::standing_in(tx, unit)?.id);
    }
    db::subscriptions::update(tx, &after)?;
    if let Some(day) = after.ends_on {
        add_ons::end_all_in(tx, id, day)?;
    }
    match terms {
        Some(NumberTerms::Terminate { .. } | NumberTerms::Reuse) | None => {
            let freed_on = after.ends_on.unwrap_or(had_until).max(had_until);
            numbers::free_in(tx, &after, (record.person_id, freed_on))
        }
        Some(NumberTerms::Move { .. } | NumberTerms::TransferToPrivate) => Ok(()),
    }
}

/// The completion is taken back: the holder has the number again, and what ended with it since that day goes on.
pub(super) fn give_back_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (holding, id): (&Holding, SubscriptionId),
    since: NaiveDate,
) -> Result<(), ServiceError> {
    let subscription = db::subscriptions::find(tx, id)?.ok_or(NO_SUBSCRIPTION)?;
    db::subscriptions::update(tx, &subscription.handed_out(tx.now()))?;
    add_ons::go_on_in(tx, id, since)?;
    let item = record.termination.item(holding.item)?;
    sync_in(tx, record, (item, holding, id))
}

/// Something else came of the number after the case was complete. Only where nobody was handed it since, and one that has
/// ended stays so.
pub(super) fn correct_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (item, holding, id): (&Item, &Holding, SubscriptionId),
    had_until: NaiveDate,
) -> Result<(), ServiceError> {
    let subscription = db::subscriptions::find(tx, id)?.ok_or(NO_SUBSCRIPTION)?;
    let is_terminated = subscription.status == SubscriptionStatus::Terminated;
    if is_terminated || db::assignments::was_handed_out_after(tx, id, holding.assignment)? {
        return Ok(());
    }
    settle_in(tx, record, (item, id, had_until))
}

/// Asks the desk about every number that was to be transferred and that the operator need not release any more. Nothing
/// is terminated. Says how many; safe to repeat.
///
/// # Errors
/// What is due cannot be read. A case that fails is logged and left to the next time.
pub async fn transfers_overdue(ctx: &Ctx) -> Result<usize, ServiceError> {
    let today = local_date(ctx.app.clock.now());
    let mut asked = 0;
    let mut after = None;
    loop {
        let due = ctx
            .read(Action::Operate, move |connection| {
                // The shortest month: the domain says of each which day it is.
                let ended_by = today - Days::new(28);
                Ok(db::terminations::transfers_due(
                    connection, ended_by, after, DUE_BATCH,
                )?)
            })
            .await?;
        let Some(last) = due.last() else {
            return Ok(asked);
        };
        after = Some(*last);
        for termination in due {
            match ctx.write(Action::Operate, overdue_in(ctx, termination)).await {
                Ok(is_asked) => asked += usize::from(is_asked),
                Err(error) => tracing::warn!(%termination, %error, "a late transfer was not asked about"),
            }
        }
    }
}

/// The tasks of the case follow it, and that a day has passed is one of the things that they follow.
fn overdue_in(
    ctx: &Ctx,
    termination: TerminationId,
) -> impl FnMut(&mut Tx<'_>) -> Result<bool, ServiceError> + Send + 'static {
    let app = ctx.app.clone();
    move |tx| {
        let record = get_in(tx, termination)?;
        let today = today(tx);
        let is_late = |item: &Item| record.termination.release_by(item).is_some_and(|day| day < today);
        let is_asked = record.termination.is_active() && record.termination.items.iter().any(is_late);
        if is_asked {
            tasks::case_changed_in(tx, &app, &record)?;
        }
        Ok(is_asked)
    }
}
