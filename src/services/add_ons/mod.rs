//! Add-ons of subscriptions: ordered, changed and ended by people, and ended by their last day or by the end of their
//! subscription. Other use cases end those of a subscription inside their own transaction.

mod sweep;
mod tell;

pub use crate::db::add_ons::AddOnFilter;
pub use sweep::{end_over, review_due};
pub use tell::tell_ended;

use super::tasks;
use super::terminations::check_last_day;
use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, trail};
use crate::db::dialect::{self, Anchor};
use crate::db::{self, Tx};
use crate::domain::add_on::{AddOn, AddOnEnd, AddOnKind, MAX_ADD_ON_COST_ORE};
use crate::domain::calendar::local_date;
use crate::domain::ids::{AddOnId, PersonId, SubscriptionId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::subscription::SubscriptionStatus;
use crate::domain::task::{Task, TaskFacts, TaskKind, WithdrawReason};
use crate::domain::termination::Reason;
use crate::domain::text::{REASON_MAX_CHARS, clean_line, clean_text};
use chrono::NaiveDate;
use serde_json::json;

const NOT_FOUND: ServiceError = ServiceError::NotFound("add-on");
const NO_SUBSCRIPTION: ServiceError = ServiceError::NotFound("subscription");
/// The most characters that the name of an agreement has.
const AGREEMENT_MAX_CHARS: usize = 100;

/// What an add-on is made of, as it was sent.
#[derive(Clone)]
pub struct NewAddOn {
    /// What it is.
    pub kind: AddOnKind,
    /// What it is needed for.
    pub reason: String,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day, if it has one.
    pub to: Option<NaiveDate>,
    /// What it costs in a month, in öre.
    pub cost_ore: Option<i64>,
    /// Who ordered it.
    pub orderer_id: PersonId,
    /// What the agreement that it was ordered under is called.
    pub agreement: Option<String>,
}

/// What is to change. Nothing where nothing is said.
#[derive(Clone, Default)]
pub struct AddOnPatch {
    /// What it is needed for.
    pub reason: Option<String>,
    /// Its first day.
    pub from: Option<NaiveDate>,
    /// Its last day, or none any more.
    pub to: Option<Option<NaiveDate>>,
    /// What it costs, or nobody knows.
    pub cost_ore: Option<Option<i64>>,
    /// Who ordered it.
    pub orderer_id: Option<PersonId>,
    /// What the agreement is called, or nothing.
    pub agreement: Option<Option<String>>,
}

/// Registers an add-on of a subscription.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for texts, days, costs and references that break rules;
/// [`ServiceError::Conflict`] `subscription_terminated`; as [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<AddOn>,
    subscription: SubscriptionId,
    new: NewAddOn,
) -> Result<Recorded<AddOn>, ServiceError> {
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        create_in(tx, subscription, &new)
    })
    .await
}

fn create_in(tx: &mut Tx<'_>, subscription: SubscriptionId, new: &NewAddOn) -> Result<AddOn, ServiceError> {
    // Whoever terminates the subscription ends what it has then: nothing is added meanwhile.
    dialect::lock(tx, Anchor::Subscription(subscription))?;
    let found = db::subscriptions::find(tx, subscription)?.ok_or(NO_SUBSCRIPTION)?;
    let today = local_date(tx.now());
    let mut violations = Violations::default();
    let reason = reason_of(&mut violations, &new.reason);
    let agreement = violations.take_optional("/agreement", new.agreement.clone(), agreement_of);
    check_days(&mut violations, (new.from, new.to), today);
    check_cost(&mut violations, new.cost_ore);
    references::person(tx, new.orderer_id, "/orderer_id", &mut violations)?;
    let reason = violations.finish_with(reason)?;
    if found.status == SubscriptionStatus::Terminated {
        return Err(ServiceError::Conflict {
            code: "subscription_terminated",
            detail: "The subscription has ended. Nothing can be added to it.",
        });
    }
    let add_on = AddOn {
        id: tx.new_id(),
        subscription_id: subscription,
        legal_entity_id: found.legal_entity_id,
        kind: new.kind,
        reason,
        from: new.from,
        to: new.to,
        cost_ore: new.cost_ore,
        orderer_id: new.orderer_id,
        agreement,
        reviewed_on: new.from.max(today),
        asked_on: None,
        ended: None,
        meta: Meta::new(tx.now()),
    };
    db::add_ons::insert(tx, &add_on)?;
    note_in(tx, "add_on.created", &add_on)?;
    Ok(add_on)
}

/// One add-on.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: AddOnId) -> Result<AddOn, ServiceError> {
    ctx.look_up(Action::ReadRegister, move |connection| {
        db::add_ons::find(connection, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// One page of add-ons.
///
/// # Errors
/// [`ServiceError::NotFound`] for those of a subscription that does not exist; as [`Ctx::read`].
pub async fn list(ctx: &Ctx, filter: AddOnFilter, page: PageRequest) -> Result<Page<AddOn>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        if let Some(id) = filter.subscription_id {
            db::subscriptions::find(connection, id)?.ok_or(NO_SUBSCRIPTION)?;
        }
        Ok(db::add_ons::list(connection, filter, page)?)
    })
    .await
}

/// Changes an add-on. A change to what it already is leaves the version as it was.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Domain`] if it has ended; as [`create`].
pub async fn update(
    ctx: &Ctx,
    id: AddOnId,
    expected: ExpectedVersion,
    patch: AddOnPatch,
) -> Result<AddOn, ServiceError> {
    ctx.write(Action::EditRegister, move |tx| {
        let current = db::add_ons::find(tx, id)?.ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        let mut changed = patched_in(tx, &current, &patch)?;
        if changed == current {
            return Ok(current);
        }
        current.require_going_on("change")?;
        changed.meta = current.meta.changed(tx.now());
        db::add_ons::update(tx, &changed)?;
        if changed.to.is_some() {
            withdraw_review_in(tx, &changed)?;
        }
        let fields = trail::changed([
            ("reason", changed.reason != current.reason),
            ("from", changed.from != current.from),
            ("to", changed.to != current.to),
            ("cost_ore", changed.cost_ore != current.cost_ore),
            ("orderer_id", changed.orderer_id != current.orderer_id),
            ("agreement", changed.agreement != current.agreement),
        ]);
        trail::note(tx, "add_on.changed", id, json!({ "changed": fields }))?;
        Ok(changed)
    })
    .await
}

fn patched_in(tx: &mut Tx<'_>, current: &AddOn, patch: &AddOnPatch) -> Result<AddOn, ServiceError> {
    let today = local_date(tx.now());
    let mut violations = Violations::default();
    let mut changed = current.clone();
    if let Some(text) = &patch.reason {
        let reason = reason_of(&mut violations, text);
        changed.reason = reason.unwrap_or(changed.reason);
    }
    if let Some(agreement) = &patch.agreement {
        changed.agreement = violations.take_optional("/agreement", agreement.clone(), agreement_of);
    }
    changed.from = patch.from.unwrap_or(changed.from);
    changed.to = patch.to.unwrap_or(changed.to);
    if (changed.from, changed.to) != (current.from, current.to) {
        check_days(&mut violations, (changed.from, changed.to), today);
    }
    changed.cost_ore = patch.cost_ore.unwrap_or(changed.cost_ore);
    check_cost(&mut violations, changed.cost_ore);
    if let Some(orderer) = patch.orderer_id {
        references::person(tx, orderer, "/orderer_id", &mut violations)?;
        changed.orderer_id = orderer;
    }
    violations.finish()?;
    Ok(changed)
}

/// Ends an add-on today.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Domain`] if it has ended; as [`Ctx::write_once`].
pub async fn end(ctx: &Ctx, recorder: Recorder<AddOn>, id: AddOnId) -> Result<Recorded<AddOn>, ServiceError> {
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        let add_on = db::add_ons::find(tx, id)?.ok_or(NOT_FOUND)?;
        let today = local_date(tx.now());
        end_in(tx, add_on, (today, AddOnEnd::Decision))
    })
    .await
}

/// Ends an add-on, and what was asked about it.
fn end_in(
    tx: &mut Tx<'_>,
    mut add_on: AddOn,
    (last_day, why): (NaiveDate, AddOnEnd),
) -> Result<AddOn, ServiceError> {
    add_on.end(last_day, why, tx.now())?;
    db::add_ons::update(tx, &add_on)?;
    withdraw_review_in(tx, &add_on)?;
    note_in(tx, "add_on.ended", &add_on)?;
    Ok(add_on)
}

/// The subscription has ended, and so has everything that it has.
///
/// # Errors
/// Only what the database reports.
pub(super) fn end_all_in(
    tx: &mut Tx<'_>,
    subscription: SubscriptionId,
    last_day: NaiveDate,
) -> Result<(), ServiceError> {
    for add_on in db::add_ons::of_subscription(tx, subscription)? {
        if add_on.ended.is_none() {
            end_in(tx, add_on, (last_day, AddOnEnd::Subscription))?;
        }
    }
    Ok(())
}

/// The end of the subscription is taken back, and so is that of what ended with it since that day.
///
/// # Errors
/// Only what the database reports.
pub(super) fn go_on_in(
    tx: &mut Tx<'_>,
    subscription: SubscriptionId,
    since: NaiveDate,
) -> Result<(), ServiceError> {
    for add_on in db::add_ons::of_subscription(tx, subscription)? {
        if matches!(add_on.ended, Some((day, AddOnEnd::Subscription)) if day >= since) {
            let going_on = AddOn {
                ended: None,
                meta: add_on.meta.changed(tx.now()),
                ..add_on
            };
            db::add_ons::update(tx, &going_on)?;
            note_in(tx, "add_on.resumed", &going_on)?;
        }
    }
    Ok(())
}

/// Somebody has answered whether an add-on is needed: it is asked again in a year, unless it ends.
///
/// # Errors
/// Only what the database reports.
pub(super) fn reviewed_in(tx: &mut Tx<'_>, task: &Task) -> Result<(), ServiceError> {
    let (TaskKind::AddOnReview, TaskFacts::AddOn { add_on, .. }) = (task.kind, &task.facts) else {
        return Ok(());
    };
    let Some(add_on) = db::add_ons::find(tx, *add_on)? else {
        return Ok(());
    };
    let reviewed = AddOn {
        reviewed_on: local_date(tx.now()),
        meta: add_on.meta.changed(tx.now()),
        ..add_on
    };
    db::add_ons::update(tx, &reviewed)?;
    note_in(tx, "add_on.reviewed", &reviewed)
}

fn withdraw_review_in(tx: &mut Tx<'_>, add_on: &AddOn) -> Result<(), ServiceError> {
    let about = (TaskKind::AddOnReview, add_on.id.to_string());
    tasks::withdraw_subject_in(tx, about, WithdrawReason::NotNeeded)
}

fn reason_of(violations: &mut Violations, text: &str) -> Option<Reason> {
    let clean = violations.take("/reason", clean_text(text, REASON_MAX_CHARS))?;
    Reason::parse(&clean).ok()
}

fn agreement_of(text: &str) -> Result<String, crate::domain::text::TextError> {
    clean_line(text, AGREEMENT_MAX_CHARS)
}

fn check_days(violations: &mut Violations, (from, to): (NaiveDate, Option<NaiveDate>), today: NaiveDate) {
    check_last_day(violations, "/from", Some(from), today);
    check_last_day(violations, "/to", to, today);
    if to.is_some_and(|to| to < from) {
        violations.add("/to", "dates_order", "The last day comes after the first.");
    }
}

fn check_cost(violations: &mut Violations, ore: Option<i64>) {
    if ore.is_some_and(|ore| !(0..=MAX_ADD_ON_COST_ORE).contains(&ore)) {
        let detail = "A cost is from 0 to 100000000 öre.";
        violations.add("/cost_ore", "cost_out_of_range", detail);
    }
}

/// An audit entry that says everything but people's words and costs.
fn note_in(tx: &mut Tx<'_>, action: &'static str, add_on: &AddOn) -> Result<(), ServiceError> {
    let details = json!({
        "subscription": add_on.subscription_id,
        "kind": add_on.kind,
        "from": add_on.from,
        "to": add_on.to,
        "orderer": add_on.orderer_id,
        "reviewed_on": add_on.reviewed_on,
        "ended_on": add_on.ended.map(|(day, _)| day),
        "end_cause": add_on.ended.map(|(_, why)| why),
    });
    trail::note(tx, action, add_on.id, details)
}
