//! Devices: what the group owns. Who has one is told by its assignments, not here.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, trail};
use crate::db::{self, Tx};
use crate::domain::device::{Device, DeviceStatus};
use crate::domain::ids::{DeviceId, LegalEntityId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::termination::DataClass;
use crate::domain::text::{Imei, SerialNumber};
use serde_json::json;

pub use crate::db::devices::DeviceFilter;

/// How many IMEIs a device can have: one for each radio.
pub const MAX_IMEIS: usize = 2;

/// What a new device is made of.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// The owner, for good.
    pub legal_entity_id: LegalEntityId,
    /// The manufacturer's serial number.
    pub serial: SerialNumber,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// The model as people know it.
    pub model: String,
    /// Its IMEIs, in the order of their slots.
    pub imeis: Vec<Imei>,
    /// How sensitive the data is that it may hold.
    pub data_class: DataClass,
}

/// What is to change. Nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct DevicePatch {
    /// A serial number, to mend a wrong one.
    pub serial: Option<SerialNumber>,
    /// A manufacturer, or none known.
    pub manufacturer: Option<Option<String>>,
    /// A model.
    pub model: Option<String>,
    /// Its IMEIs, all of them.
    pub imeis: Option<Vec<Imei>>,
    /// A data class.
    pub data_class: Option<DataClass>,
    /// A state, among those that people decide on. Being assigned is not one of them.
    pub status: Option<DeviceStatus>,
}

const NOT_FOUND: ServiceError = ServiceError::NotFound("device");

/// Registers a device, in stock.
///
/// # Errors
/// [`ServiceError::Invalid`] for its IMEIs or `unknown_legal_entity`; [`ServiceError::Conflict`]
/// `serial_taken` or `imei_taken`; as [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<Device>,
    new: NewDevice,
) -> Result<Recorded<Device>, ServiceError> {
    ctx.write_once(Action::EditRegister, recorder, move |tx| create_in(tx, &new))
        .await
}

fn create_in(tx: &mut Tx<'_>, new: &NewDevice) -> Result<Device, ServiceError> {
    let mut violations = Violations::default();
    references::legal_entity(tx, new.legal_entity_id, "/legal_entity_id", &mut violations)?;
    check_imeis(&new.imeis, &mut violations);
    violations.finish()?;
    let device = Device {
        id: tx.new_id(),
        legal_entity_id: new.legal_entity_id,
        serial: new.serial.clone(),
        manufacturer: new.manufacturer.clone(),
        model: new.model.clone(),
        imeis: new.imeis.clone(),
        data_class: new.data_class,
        status: DeviceStatus::InStock,
        custody_epoch: 0,
        meta: Meta::new(tx.now()),
    };
    db::devices::insert(tx, &device)?;
    let details = json!({ "legal_entity_id": device.legal_entity_id, "data_class": device.data_class });
    trail::note(tx, "device.created", device.id, details)?;
    Ok(device)
}

/// Notes what is wrong with the IMEIs of one device taken together.
pub fn check_imeis(imeis: &[Imei], violations: &mut Violations) {
    if imeis.len() > MAX_IMEIS {
        violations.add("/imeis", "too_many_imeis", "A device has at most two IMEIs.");
    }
    for (index, imei) in imeis.iter().enumerate() {
        let earlier = imeis.iter().take(index);
        if earlier.into_iter().any(|other| other.body() == imei.body()) {
            violations.add(
                format!("/imeis/{index}"),
                "imei_repeated",
                "This IMEI is given twice. Each slot of a device has an IMEI of its own.",
            );
        }
    }
}

/// One device.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: DeviceId) -> Result<Device, ServiceError> {
    ctx.look_up(Action::ReadRegister, move |connection| {
        db::devices::find(connection, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// One page of devices.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(ctx: &Ctx, filter: DeviceFilter, page: PageRequest) -> Result<Page<Device>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        Ok(db::devices::list(connection, &filter, page)?)
    })
    .await
}

/// Changes a device. A change to what it already is leaves the version as it was.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Conflict`] `device_assigned` when
/// somebody has the device and its state is to change; as [`create`].
pub async fn update(
    ctx: &Ctx,
    id: DeviceId,
    expected: ExpectedVersion,
    patch: DevicePatch,
) -> Result<Device, ServiceError> {
    ctx.write(Action::EditRegister, move |tx| {
        let current = db::devices::find(tx, id)?.ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        let mut device = patched(&current, &patch);
        check_change(&current, &device)?;
        if device == current {
            return Ok(current);
        }
        device.meta = current.meta.changed(tx.now());
        db::devices::update(tx, &device)?;
        if device.imeis != current.imeis {
            db::devices::replace_imeis(tx, &device)?;
        }
        let changed = changed_fields(&current, &device);
        trail::note(
            tx,
            "device.changed",
            id,
            json!({ "changed": changed, "status": device.status }),
        )?;
        Ok(device)
    })
    .await
}

fn patched(current: &Device, patch: &DevicePatch) -> Device {
    let kept = current.clone();
    Device {
        serial: patch.serial.clone().unwrap_or(kept.serial),
        manufacturer: patch.manufacturer.clone().unwrap_or(kept.manufacturer),
        model: patch.model.clone().unwrap_or(kept.model),
        imeis: patch.imeis.clone().unwrap_or(kept.imeis),
        data_class: patch.data_class.unwrap_or(kept.data_class),
        status: patch.status.unwrap_or(kept.status),
        ..kept
    }
}

fn check_change(current: &Device, device: &Device) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    check_imeis(&device.imeis, &mut violations);
    let is_moved = device.status != current.status;
    if is_moved && device.status == DeviceStatus::Assigned {
        violations.add(
            "/status",
            "status_by_assignment",
            "A device becomes assigned by an assignment. Make one instead.",
        );
    }
    violations.finish()?;
    if is_moved && current.status == DeviceStatus::Assigned {
        return Err(ServiceError::Conflict {
            code: "device_assigned",
            detail: "Somebody has the device. End the assignment before the device changes state.",
        });
    }
    Ok(())
}

fn changed_fields(before: &Device, after: &Device) -> Vec<&'static str> {
    trail::changed([
        ("serial", before.serial != after.serial),
        ("manufacturer", before.manufacturer != after.manufacturer),
        ("model", before.model != after.model),
        ("imeis", before.imeis != after.imeis),
        ("data_class", before.data_class != after.data_class),
        ("status", before.status != after.status),
    ])
}
