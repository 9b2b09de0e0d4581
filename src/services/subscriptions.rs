//! Subscriptions and their numbers. Who uses one is told by its assignments, not here.

use super::numbers::{self, SubscriptionView};
use super::{Ctx, Recorded, Recorder, ServiceError, Violations, add_ons, references, trail};
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::{LegalEntityId, SubscriptionId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::subscription::{MAX_MONTHLY_COST_ORE, Subscription, SubscriptionStatus};
use crate::domain::text::PhoneNumber;
use chrono::NaiveDate;
use serde_json::json;

pub use crate::db::subscriptions::SubscriptionFilter;

/// What a new subscription is made of.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    /// The owner, for good.
    pub legal_entity_id: LegalEntityId,
    /// The number.
    pub number: PhoneNumber,
    /// The operator.
    pub operator: Option<String>,
    /// What it costs in a month, in öre, without value added tax.
    pub monthly_cost_ore: Option<i64>,
    /// Whether somebody signs in or recovers an account with the number.
    pub is_recovery_number: bool,
}

/// What is to change. Nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionPatch {
    /// A number.
    pub number: Option<PhoneNumber>,
    /// An operator, or none known.
    pub operator: Option<Option<String>>,
    /// A monthly cost in öre, or none known.
    pub monthly_cost_ore: Option<Option<i64>>,
    /// A state, among those that people decide on. Being in use is not one of them.
    pub status: Option<SubscriptionStatus>,
    /// Whether somebody signs in or recovers an account with the number.
    pub is_recovery_number: Option<bool>,
}

const NOT_FOUND: ServiceError = ServiceError::NotFound("subscription");

/// Registers a subscription that nobody uses yet.
///
/// # Errors
/// [`ServiceError::Invalid`] `unknown_legal_entity`; [`ServiceError::Conflict`] `number_taken`; as
/// [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<SubscriptionView>,
    new: NewSubscription,
) -> Result<Recorded<SubscriptionView>, ServiceError> {
    ctx.write_once(Action::EditRegister, recorder, move |tx| {
        let mut violations = Violations::default();
        references::legal_entity(tx, new.legal_entity_id, "/legal_entity_id", &mut violations)?;
        check_cost(new.monthly_cost_ore, &mut violations);
        violations.finish()?;
        let subscription = Subscription {
            id: tx.new_id(),
            legal_entity_id: new.legal_entity_id,
            number: new.number.clone(),
            operator: new.operator.clone(),
            monthly_cost_ore: new.monthly_cost_ore,
            status: SubscriptionStatus::Available,
            is_recovery_number: new.is_recovery_number,
            ends_on: None,
            unit_id: None,
            meta: Meta::new(tx.now()),
        };
        db::subscriptions::insert(tx, &subscription)?;
        let details = json!({ "legal_entity_id": subscription.legal_entity_id });
        trail::note(tx, "subscription.created", subscription.id, details)?;
        let today = local_date(tx.now());
        numbers::view(tx, subscription, today)
    })
    .await
}

/// One subscription.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: SubscriptionId) -> Result<SubscriptionView, ServiceError> {
    let today = local_date(ctx.app.clock.now());
    ctx.look_up(Action::ReadRegister, move |connection| {
        let found = db::subscriptions::find(connection, id)?.ok_or(NOT_FOUND)?;
        numbers::view(connection, found, today)
    })
    .await
}

/// One page of subscriptions.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: SubscriptionFilter,
    page: PageRequest,
) -> Result<Page<SubscriptionView>, ServiceError> {
    let today = local_date(ctx.app.clock.now());
    ctx.read(Action::ReadRegister, move |connection| {
        let found = db::subscriptions::list(connection, &filter, page)?;
        Ok(Page {
            items: numbers::views(connection, found.items, today)?,
            next: found.next,
        })
    })
    .await
}

/// Changes a subscription. A change to what it already is leaves the version as it was.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Conflict`] `subscription_assigned`
/// or `number_transfer_under_way` when somebody uses it and its state is to change; as [`create`].
pub async fn update(
    ctx: &Ctx,
    id: SubscriptionId,
    expected: ExpectedVersion,
    patch: SubscriptionPatch,
) -> Result<SubscriptionView, ServiceError> {
    ctx.write(Action::EditRegister, move |tx| {
        let current = db::subscriptions::find(tx, id)?.ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        let today = local_date(tx.now());
        let mut subscription = patched(&current, &patch, today);
        let mut violations = Violations::default();
        check_cost(subscription.monthly_cost_ore, &mut violations);
        violations.finish()?;
        check_status(current.status, subscription.status)?;
        if subscription == current {
            return numbers::view(tx, current, today);
        }
        subscription.meta = current.meta.changed(tx.now());
        db::subscriptions::update(tx, &subscription)?;
        let changed = trail::changed([
            ("number", subscription.number != current.number),
            ("operator", subscription.operator != current.operator),
            (
                "monthly_cost_ore",
                subscription.monthly_cost_ore != current.monthly_cost_ore,
            ),
            ("status", subscription.status != current.status),
            (
                "is_recovery_number",
                subscription.is_recovery_number != current.is_recovery_number,
            ),
        ]);
        let details = json!({ "changed": changed, "status": subscription.status });
        trail::note(tx, "subscription.changed", id, details)?;
        if subscription.status == SubscriptionStatus::Terminated {
            add_ons::end_all_in(tx, id, today)?;
        }
        numbers::view(tx, subscription, today)
    })
    .await
}

/// The unit has become part of another: the next holder of what waits in the one is in the other. Says how many
/// subscriptions went over.
///
/// # Errors
/// Only what the database reports.
pub(super) fn unit_merged_in(tx: &mut Tx<'_>, (from, into): (UnitId, UnitId)) -> Result<usize, ServiceError> {
    let waiting = db::subscriptions::of_unit(tx, from)?;
    for subscription in &waiting {
        let changed = Subscription {
            unit_id: Some(into),
            meta: subscription.meta.changed(tx.now()),
            ..subscription.clone()
        };
        db::subscriptions::update(tx, &changed)?;
        let details = json!({ "changed": ["unit_id"], "status": changed.status });
        trail::note(tx, "subscription.changed", changed.id, details)?;
    }
    Ok(waiting.len())
}

fn patched(current: &Subscription, patch: &SubscriptionPatch, today: NaiveDate) -> Subscription {
    let kept = current.clone();
    let status = patch.status.unwrap_or(kept.status);
    Subscription {
        number: patch.number.clone().unwrap_or(kept.number),
        operator: patch.operator.clone().unwrap_or(kept.operator),
        monthly_cost_ore: patch.monthly_cost_ore.unwrap_or(kept.monthly_cost_ore),
        status,
        is_recovery_number: patch.is_recovery_number.unwrap_or(kept.is_recovery_number),
        ends_on: match status {
            SubscriptionStatus::Terminated => kept.ends_on.or(Some(today)),
            SubscriptionStatus::Available
            | SubscriptionStatus::Assigned
            | SubscriptionStatus::ToBeTransferred => None,
        },
        ..kept
    }
}

fn check_cost(ore: Option<i64>, violations: &mut Violations) {
    if ore.is_some_and(|ore| !(0..=MAX_MONTHLY_COST_ORE).contains(&ore)) {
        let detail = "A monthly cost is from 0 to 100000000 öre.";
        violations.add("/monthly_cost_ore", "cost_out_of_range", detail);
    }
}

fn check_status(current: SubscriptionStatus, wanted: SubscriptionStatus) -> Result<(), ServiceError> {
    if wanted == current {
        return Ok(());
    }
    if wanted == SubscriptionStatus::ToBeTransferred {
        return Err(ServiceError::invalid(
            "/status",
            "status_by_decision",
            "A number is to be transferred by a decision in the case of its holder. Make it there.",
        ));
    }
    if wanted == SubscriptionStatus::Assigned {
        return Err(ServiceError::invalid(
            "/status",
            "status_by_assignment",
            "A subscription becomes assigned by an assignment. Make one instead.",
        ));
    }
    if current == SubscriptionStatus::ToBeTransferred {
        return Err(ServiceError::Conflict {
            code: "number_transfer_under_way",
            detail: "The number is to be transferred to its holder, and the subscription is not terminated first. Settle \
                     the check number of the case, or decide otherwise there.",
        });
    }
    if current == SubscriptionStatus::Assigned {
        return Err(ServiceError::Conflict {
            code: "subscription_assigned",
            detail: "Somebody uses the subscription. End the assignment before it changes state.",
        });
    }
    Ok(())
}
