//! What a case is about, out of the register.

use super::super::devices::{self, ImeiRow, to_device};
use super::super::schema::{device, device_imei, subscription, termination_item as item};
use super::super::{DbConnection, DbError, subscriptions};
use crate::domain::device::Device;
use crate::domain::ids::TerminationId;
use crate::domain::subscription::Subscription;
use crate::on_both;
use diesel::prelude::*;

/// One item, once for each IMEI of its device.
type Found = (Option<devices::Row>, Option<ImeiRow>, Option<subscriptions::Row>);

/// The devices and the subscriptions of a case, in the order of its items. One query, however many there are.
pub fn held(
    connection: &mut DbConnection,
    id: TerminationId,
) -> Result<(Vec<Device>, Vec<Subscription>), DbError> {
    let found: Vec<Found> = on_both!(connection, |inner| item::table
        .left_join(device::table.on(item::device_id.eq(device::id.nullable())))
        .left_join(device_imei::table.on(device_imei::device_id.eq(device::id)))
        .left_join(subscription::table.on(item::subscription_id.eq(subscription::id.nullable())))
        .filter(item::termination_id.eq(id.to_string()))
        .order((item::position, device_imei::slot))
        .select((
            Option::<devices::Row>::as_select(),
            Option::<ImeiRow>::as_select(),
            Option::<subscriptions::Row>::as_select(),
        ))
        .load(inner))?;
    let (mut rows, mut imeis, mut subscriptions) = (Vec::<devices::Row>::new(), Vec::new(), Vec::new());
    for (device, imei, subscription) in found {
        let is_next = |row: &devices::Row| rows.last().is_none_or(|last| last.id != row.id);
        let device = device.filter(is_next);
        rows.extend(device);
        imeis.extend(imei);
        if let Some(row) = subscription {
            subscriptions.push(Subscription::try_from(row)?);
        }
    }
    let devices = rows.into_iter().map(|row| to_device(row, &imeis));
    Ok((devices.collect::<Result<_, _>>()?, subscriptions))
}
