//! Numbers that were freed are nobody else's for a time: callers, and codes for signing in, still go to them.

use super::{Ctx, ServiceError, trail};
use crate::db::{self, DbConnection, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::{EmploymentId, PersonId};
use crate::domain::policy::Action;
use crate::domain::subscription::{Quarantine, Subscription};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::BTreeMap;

/// A subscription, and until when its number is nobody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionView {
    /// The subscription.
    pub subscription: Subscription,
    /// The last day of its number's quarantine; none while somebody uses it.
    pub quarantined_until: Option<NaiveDate>,
}

/// Adds until when the numbers are kept.
///
/// # Errors
/// Only what the database reports.
pub(super) fn views(
    connection: &mut DbConnection,
    subscriptions: Vec<Subscription>,
    today: NaiveDate,
) -> Result<Vec<SubscriptionView>, ServiceError> {
    let is_out_of_use = |subscription: &&Subscription| !subscription.status.is_in_use();
    let numbers: Vec<_> = subscriptions
        .iter()
        .filter(is_out_of_use)
        .map(|subscription| subscription.number.clone())
        .collect();
    let mut kept = BTreeMap::new();
    if !numbers.is_empty() {
        for quarantine in db::number_quarantines::kept_of(connection, &numbers, today)? {
            kept.insert(quarantine.number.as_str().to_owned(), quarantine.until);
        }
    }
    let view = |subscription: Subscription| {
        let until = kept.get(subscription.number.as_str()).copied();
        SubscriptionView {
            quarantined_until: until.filter(|_| !subscription.status.is_in_use()),
            subscription,
        }
    };
    Ok(subscriptions.into_iter().map(view).collect())
}

/// Adds until when the number is kept.
///
/// # Errors
/// Only what the database reports.
pub(super) fn view(
    connection: &mut DbConnection,
    subscription: Subscription,
    today: NaiveDate,
) -> Result<SubscriptionView, ServiceError> {
    let kept = db::number_quarantines::find(connection, &subscription.number)?;
    let is_kept = |kept: &Quarantine| kept.is_kept(today) && !subscription.status.is_in_use();
    Ok(SubscriptionView {
        quarantined_until: kept.filter(is_kept).map(|kept| kept.until),
        subscription,
    })
}

/// The number of the subscription is freed: somebody does not have it after that day.
///
/// # Errors
/// Only what the database reports.
pub(super) fn free_in(
    tx: &mut Tx<'_>,
    subscription: &Subscription,
    (person, freed_on): (PersonId, NaiveDate),
) -> Result<(), ServiceError> {
    let entity = db::legal_entities::get(tx, subscription.legal_entity_id)?;
    let number = subscription.number.clone();
    let kept = Quarantine::begin(number, person, freed_on, entity.number_quarantine_days);
    if let Some(kept) = kept {
        db::number_quarantines::store(tx, &kept)?;
        let details = json!({ "freed_on": kept.freed_on, "until": kept.until });
        trail::note(tx, "subscription.number_freed", subscription.id, details)?;
    }
    Ok(())
}

/// The same in the course of an employment.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub(super) fn free_of_employment_in(
    tx: &mut Tx<'_>,
    subscription: &Subscription,
    employment: EmploymentId,
) -> Result<(), ServiceError> {
    let found = db::employments::find(tx, employment)?.ok_or(ServiceError::NotFound("employment"))?;
    let today = local_date(tx.now());
    free_in(tx, subscription, (found.person_id, today))
}

/// Until when the number is kept from this person, if it is.
///
/// # Errors
/// Only what the database reports.
pub(super) fn kept_from(
    connection: &mut DbConnection,
    subscription: &Subscription,
    (person, today): (PersonId, NaiveDate),
) -> Result<Option<NaiveDate>, ServiceError> {
    let found = db::number_quarantines::find(connection, &subscription.number)?;
    let kept = found.filter(|kept| kept.is_kept_from(person, today));
    Ok(kept.map(|kept| kept.until))
}

/// Forgets who had the numbers whose quarantine is over. Says how many there were.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn purge(ctx: &Ctx) -> Result<usize, ServiceError> {
    let today = local_date(ctx.app.clock.now());
    ctx.write(Action::Operate, move |tx| {
        Ok(db::number_quarantines::purge(tx, today)?)
    })
    .await
}
