//! Assignments: handing out devices and subscriptions, and taking them back outside of any termination.

mod custody;

use super::{
    Ctx, Recorded, Recorder, ServiceError, Violations, numbers, references, tasks, terminations, trail,
};
use crate::app::App;
use crate::db::dialect::{self, Anchor};
use crate::db::{self, Tx};
use crate::domain::assignment::{Assigned, Assignment, AssignmentEnd, HandBack, QuarantineOverride};
use crate::domain::calendar::local_date;
use crate::domain::employment::Employment;
use crate::domain::ids::{AssignmentId, EmploymentId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::termination::DecidedBy;
use chrono::NaiveDate;
use custody::Asset;
use serde_json::json;

pub use crate::db::assignments::AssignmentFilter;

/// Who is to have what.
#[derive(Clone, Debug)]
pub struct NewAssignment {
    /// Who.
    pub employment_id: EmploymentId,
    /// What.
    pub assigned: Assigned,
    /// What is handed out with it.
    pub accessories: Vec<String>,
    /// Who decided, and why, that a number is handed out although it is in quarantine.
    pub override_quarantine: Option<DecidedBy>,
}

const ENDED: &str = "employment_ended";
const NOT_FOUND: ServiceError = ServiceError::NotFound("assignment");

/// Hands out a device or a subscription.
///
/// # Errors
/// [`ServiceError::Invalid`] `unknown_employment`, `unknown_device`, `unknown_subscription`,
/// `legal_entity_mismatch`; [`ServiceError::Conflict`] `employment_ended`, `device_not_available`,
/// `device_assigned`, `subscription_not_available`, `subscription_assigned`; [`ServiceError::Quarantined`]; as
/// [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<Assignment>,
    new: NewAssignment,
) -> Result<Recorded<Assignment>, ServiceError> {
    let (app, wanted) = (ctx.app.clone(), new.clone());
    let made = ctx
        .write_once(Action::EditRegister, recorder, move |tx| {
            create_in(tx, &app, &new)
        })
        .await;
    if let Err(ServiceError::Conflict { code: ENDED, .. })
    | Ok(Recorded::Refused(ServiceError::Conflict { code: ENDED, .. })) = made
    {
        alarm(ctx, wanted).await?;
    }
    made
}

/// Somebody wanted to hand something out to a person who has left: it may already be in the wrong hands, so it is
/// remembered, counted and logged though nothing was registered.
async fn alarm(ctx: &Ctx, wanted: NewAssignment) -> Result<(), ServiceError> {
    metrics::counter!("handback_refused_handouts_total").increment(1);
    tracing::warn!(employment = %wanted.employment_id, "a hand-out to somebody who has left was refused");
    ctx.write(Action::EditRegister, move |tx| {
        let details = match wanted.assigned {
            Assigned::Device(id) => json!({ "device": id }),
            Assigned::Subscription(id) => json!({ "subscription": id }),
        };
        trail::note(tx, "employment.handout_refused", wanted.employment_id, details)
    })
    .await
}

fn create_in(tx: &mut Tx<'_>, app: &App, new: &NewAssignment) -> Result<Assignment, ServiceError> {
    let (employment, asset) = find_both(tx, new)?;
    let kept = match &asset {
        Asset::Subscription(subscription) => {
            let who = (employment.person_id, local_date(tx.now()));
            numbers::kept_from(tx, subscription, who)?
        }
        Asset::Device(_) => None,
    };
    let overridden = kept.map(|until| {
        let decided = new.override_quarantine.clone();
        let decided = decided.ok_or(ServiceError::Quarantined { until })?;
        Ok(QuarantineOverride { decided, until })
    });
    hand_out_in(tx, app, (employment, asset), (new, None, overridden))
}

/// Hands out what nothing keeps from this person, unless it is kept for a reason of its own. The refusals come in the order
/// in which somebody can do something about them.
fn hand_out_in(
    tx: &mut Tx<'_>,
    app: &App,
    (employment, asset): (Employment, Asset),
    (new, loan_until, overridden): (
        &NewAssignment,
        Option<NaiveDate>,
        Option<Result<QuarantineOverride, ServiceError>>,
    ),
) -> Result<Assignment, ServiceError> {
    if employment.has_ended(local_date(tx.now())) {
        return Err(ServiceError::Conflict {
            code: ENDED,
            detail: "The employment is over. Nothing can be handed out on it.",
        });
    }
    asset.check_available()?;
    let quarantine_override = overridden.transpose()?;
    let now = tx.now();
    let asset = asset.handed_out(now);
    let assignment = Assignment {
        id: tx.new_id(),
        legal_entity_id: employment.legal_entity_id,
        employment_id: employment.id,
        assigned: new.assigned,
        custody_epoch: asset.custody_epoch(),
        accessories: new.accessories.clone(),
        assigned_at: now,
        ended: None,
        loan_until,
        quarantine_override,
        meta: Meta::new(now),
    };
    db::assignments::begin(tx, &assignment, asset.to_store())?;
    note(tx, "assignment.created", &assignment, None)?;
    // What is handed out after the end became known has to come back too.
    terminations::follow_employment_in(tx, app, &employment)?;
    Ok(assignment)
}

/// Who is to have what. The employment is kept as it is meanwhile.
fn find_both(tx: &mut Tx<'_>, new: &NewAssignment) -> Result<(Employment, Asset), ServiceError> {
    let mut violations = Violations::default();
    let employment = db::employments::find_and_lock(tx, new.employment_id)?;
    if employment.is_none() {
        violations.add(
            "/employment_id",
            "unknown_employment",
            "There is no employment with this id.",
        );
    }
    let asset = custody::find(tx, new.assigned)?;
    if asset.is_none() {
        let code = match new.assigned {
            Assigned::Device(_) => "unknown_device",
            Assigned::Subscription(_) => "unknown_subscription",
        };
        violations.add(pointer(new.assigned), code, "There is nothing with this id.");
    }
    let both = employment.zip(asset);
    let is_foreign =
        |(employment, asset): &(Employment, Asset)| employment.legal_entity_id != asset.legal_entity_id();
    if both.as_ref().is_some_and(is_foreign) {
        violations.add(
            pointer(new.assigned),
            "legal_entity_mismatch",
            "It belongs to another legal entity than the one that the employment is with.",
        );
    }
    violations.finish()?;
    both.ok_or(NOT_FOUND)
}

const fn pointer(assigned: Assigned) -> &'static str {
    match assigned {
        Assigned::Device(_) => "/device_id",
        Assigned::Subscription(_) => "/subscription_id",
    }
}

/// One assignment.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: AssignmentId) -> Result<Assignment, ServiceError> {
    ctx.look_up(Action::ReadRegister, move |connection| {
        db::assignments::find(connection, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// One page of assignments.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: AssignmentFilter,
    page: PageRequest,
) -> Result<Page<Assignment>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        Ok(db::assignments::list(connection, &filter, page)?)
    })
    .await
}

/// Ends an assignment while the employment goes on, and puts the device or the subscription back in stock.
/// What a termination asks for is ended by the termination, whose proof would otherwise have no object.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Conflict`] `assignment_ended`,
/// `termination_under_way`; as [`Ctx::write_once`].
pub async fn end(
    ctx: &Ctx,
    recorder: Recorder<Assignment>,
    id: AssignmentId,
    expected: ExpectedVersion,
    why: HandBack,
) -> Result<Recorded<Assignment>, ServiceError> {
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        end_in(tx, id, &expected, why)
    })
    .await
}

fn end_in(
    tx: &mut Tx<'_>,
    id: AssignmentId,
    expected: &ExpectedVersion,
    why: HandBack,
) -> Result<Assignment, ServiceError> {
    let current = db::assignments::find(tx, id)?.ok_or(NOT_FOUND)?;
    references::check_version(expected, current.meta)?;
    if current.ended.is_some() {
        return Err(ServiceError::Conflict {
            code: "assignment_ended",
            detail: "The assignment has ended already.",
        });
    }
    dialect::lock(tx, Anchor::Employment(current.employment_id))?;
    if db::assignments::is_in_termination(tx, id)? {
        return Err(ServiceError::Conflict {
            code: "termination_under_way",
            detail: "A termination asks for this. Answer its checks instead; it ends the assignment.",
        });
    }
    close_in(tx, current, why.into())
}

/// Ends an assignment and hands the same out on another employment of the holder: it goes along.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `assignment_ended`; as handing out does.
pub(super) fn hand_on_in(
    tx: &mut Tx<'_>,
    app: &App,
    id: AssignmentId,
    to: EmploymentId,
) -> Result<Assignment, ServiceError> {
    let current = db::assignments::find(tx, id)?.ok_or(NOT_FOUND)?;
    dialect::lock(tx, Anchor::Employment(current.employment_id))?;
    let ended = close_in(tx, current, AssignmentEnd::Transferred)?;
    let new = NewAssignment {
        employment_id: to,
        assigned: ended.assigned,
        accessories: ended.accessories,
        override_quarantine: None,
    };
    create_in(tx, app, &new)
}

/// Ends an assignment because its holder is on leave and somebody else may have what was assigned.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `assignment_ended`.
pub(super) fn let_go_in(tx: &mut Tx<'_>, id: AssignmentId) -> Result<Assignment, ServiceError> {
    let current = db::assignments::find(tx, id)?.ok_or(NOT_FOUND)?;
    close_in(tx, current, AssignmentEnd::Returned)
}

/// Lends what was let go, until a day.
///
/// # Errors
/// As handing out.
pub(super) fn lend_in(
    tx: &mut Tx<'_>,
    app: &App,
    before: Assignment,
    (employment_id, until): (EmploymentId, NaiveDate),
) -> Result<Assignment, ServiceError> {
    let new = NewAssignment {
        employment_id,
        assigned: before.assigned,
        accessories: before.accessories,
        override_quarantine: None,
    };
    let both = find_both(tx, &new)?;
    hand_out_in(tx, app, both, (&new, Some(until), None))
}

/// Ends the assignment of a number, if it goes on, and hands the number out on another employment: a decision that it moves
/// is one that callers go with it, so that nothing keeps it.
///
/// # Errors
/// [`ServiceError::NotFound`]; as handing out does.
pub(super) fn move_in(
    tx: &mut Tx<'_>,
    app: &App,
    id: AssignmentId,
    to: EmploymentId,
) -> Result<Assignment, ServiceError> {
    let current = db::assignments::find(tx, id)?.ok_or(NOT_FOUND)?;
    dialect::lock(tx, Anchor::Employment(current.employment_id))?;
    let ended = match current.ended {
        None => close_in(tx, current, AssignmentEnd::Transferred)?,
        Some(_) => current,
    };
    let new = NewAssignment {
        employment_id: to,
        assigned: ended.assigned,
        accessories: Vec::new(),
        override_quarantine: None,
    };
    let both = find_both(tx, &new)?;
    hand_out_in(tx, app, both, (&new, None, None))
}

/// Ends an assignment, and puts what was assigned back in stock.
fn close_in(tx: &mut Tx<'_>, current: Assignment, reason: AssignmentEnd) -> Result<Assignment, ServiceError> {
    if current.ended.is_some() {
        return Err(ServiceError::Conflict {
            code: "assignment_ended",
            detail: "The assignment has ended already.",
        });
    }
    let now = tx.now();
    let assignment = Assignment {
        ended: Some((now, reason)),
        meta: current.meta.changed(now),
        ..current
    };
    let asset = custody::find(tx, assignment.assigned)?.ok_or(NOT_FOUND)?;
    let asset = asset.taken_back(now);
    db::assignments::end(tx, &assignment, asset.to_store())?;
    if let (Asset::Subscription(subscription), AssignmentEnd::Returned) = (&asset, reason) {
        numbers::free_of_employment_in(tx, subscription, assignment.employment_id)?;
    }
    note(tx, "assignment.ended", &assignment, Some(reason))?;
    if assignment.loan_until.is_some() {
        tasks::loan_ended_in(tx, assignment.id)?;
    }
    Ok(assignment)
}

fn note(
    tx: &mut Tx<'_>,
    action: &'static str,
    assignment: &Assignment,
    reason: Option<AssignmentEnd>,
) -> Result<(), ServiceError> {
    let (kind, id) = match assignment.assigned {
        Assigned::Device(id) => ("device_id", id.to_string()),
        Assigned::Subscription(id) => ("subscription_id", id.to_string()),
    };
    let details = json!({
        "employment_id": assignment.employment_id,
        kind: id,
        "custody_epoch": assignment.custody_epoch,
        "reason": reason,
        "in_quarantine_until": assignment.quarantine_override.as_ref().map(|found| found.until),
    });
    trail::note(tx, action, assignment.id, details)
}
