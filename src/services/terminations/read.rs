//! Reading cases.

use super::get_in;
use crate::db::terminations::TerminationFilter;
use crate::db::{self, DbConnection};
use crate::domain::actor::Actor;
use crate::domain::assignment::Assigned;
use crate::domain::device::Device;
use crate::domain::ids::{DeviceId, ItemId, SubscriptionId, TerminationId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::person::Person;
use crate::domain::policy::Action;
use crate::domain::subscription::Subscription;
use crate::domain::termination::TerminationRecord;
use crate::services::{Ctx, ServiceError};

/// A case with the names of what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct TerminationView {
    /// The case.
    pub record: TerminationRecord,
    /// Whose employment ends.
    pub holder: Person,
    /// The devices, in the order of the items.
    pub devices: Vec<Device>,
    /// The subscriptions, in the order of the items.
    pub subscriptions: Vec<Subscription>,
}

impl TerminationView {
    /// The device of an item.
    pub fn device(&self, item: ItemId) -> Option<&Device> {
        let id: DeviceId = match self.record.holding(item)?.assigned {
            Assigned::Device(id) => id,
            Assigned::Subscription(_) => return None,
        };
        self.devices.iter().find(|device| device.id == id)
    }

    /// The subscription of an item.
    pub fn subscription(&self, item: ItemId) -> Option<&Subscription> {
        let id: SubscriptionId = match self.record.holding(item)?.assigned {
            Assigned::Subscription(id) => id,
            Assigned::Device(_) => return None,
        };
        self.subscriptions
            .iter()
            .find(|subscription| subscription.id == id)
    }
}

/// One case.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: TerminationId) -> Result<TerminationView, ServiceError> {
    let actor = ctx.actor.clone();
    ctx.read(Action::ReadTermination, move |connection| {
        let record = get_in(connection, id)?;
        view(connection, &actor, record)
    })
    .await
}

/// One page of cases.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: TerminationFilter,
    page: PageRequest,
) -> Result<Page<TerminationRecord>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        Ok(db::terminations::list(connection, &filter, page)?)
    })
    .await
}

/// Adds the names of what a case is about, as far as the actor may see them.
pub(super) fn view(
    connection: &mut DbConnection,
    actor: &Actor,
    record: TerminationRecord,
) -> Result<TerminationView, ServiceError> {
    let holder = db::people::find(connection, record.person_id)?.ok_or(ServiceError::NotFound("person"))?;
    let (devices, subscriptions) = db::terminations::held(connection, record.termination.id)?;
    Ok(TerminationView {
        record,
        holder: holder.seen_by(actor),
        devices,
        subscriptions,
    })
}
