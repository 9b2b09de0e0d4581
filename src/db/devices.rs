//! Devices and their IMEIs.

use super::keyset::keyset_rows;
use super::prepared::{ExecutePrepared, Write};
use super::schema::{device as table, device_imei as imei};
use super::types::{guarded, meta, parse};
use super::{DbConnection, DbError, Tx};
use crate::domain::device::{Device, DeviceStatus};
use crate::domain::ids::{DeviceId, LegalEntityId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::{Imei, ImeiBody, SerialNumber};
use crate::on_both;
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub(super) id: String,
    legal_entity_id: String,
    created_at: NaiveDateTime,
    #[diesel(embed)]
    record: RecordRow,
    #[diesel(embed)]
    custody: CustodyRow,
}

/// What the register says of a device.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct RecordRow {
    serial: String,
    manufacturer: Option<String>,
    model: String,
    data_class: String,
}

/// What handing it out and taking it back changes. Written without the rest: a database looks after every index and
/// every reference of the columns that an update names, changed or not.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub(super) struct CustodyRow {
    status: String,
    custody_epoch: i64,
    version: i64,
    updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = imei, treat_none_as_default_value = false)]
pub(super) struct ImeiRow {
    imei_body: String,
    imei: String,
    slot: i32,
    device_id: String,
}

impl From<&Device> for Row {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id.to_string(),
            legal_entity_id: device.legal_entity_id.to_string(),
            created_at: device.meta.created_at.naive_utc(),
            record: device.into(),
            custody: device.into(),
        }
    }
}

impl From<&Device> for RecordRow {
    fn from(device: &Device) -> Self {
        Self {
            serial: device.serial.as_str().to_owned(),
            manufacturer: device.manufacturer.clone(),
            model: device.model.clone(),
            data_class: device.data_class.as_str().to_owned(),
        }
    }
}

impl From<&Device> for CustodyRow {
    fn from(device: &Device) -> Self {
        Self {
            status: device.status.as_str().to_owned(),
            custody_epoch: device.custody_epoch,
            version: device.meta.version,
            updated_at: device.meta.updated_at.naive_utc(),
        }
    }
}

pub(super) fn to_device(row: Row, imeis: &[ImeiRow]) -> Result<Device, DbError> {
    let own = imeis.iter().filter(|found| found.device_id == row.id);
    let (record, custody) = (row.record, row.custody);
    Ok(Device {
        id: parse("device", "id", &row.id)?,
        legal_entity_id: parse("device", "legal_entity_id", &row.legal_entity_id)?,
        serial: parse("device", "serial", &record.serial)?,
        manufacturer: record.manufacturer,
        model: record.model,
        imeis: own
            .map(|found| parse("device_imei", "imei", &found.imei))
            .collect::<Result<_, _>>()?,
        data_class: parse("device", "data_class", &record.data_class)?,
        status: parse("device", "status", &custody.status)?,
        custody_epoch: custody.custody_epoch,
        meta: meta(custody.version, row.created_at, custody.updated_at),
    })
}

/// Which devices are asked for.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    /// Of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// In this state.
    pub status: Option<DeviceStatus>,
    /// With this serial number.
    pub serial: Option<SerialNumber>,
    /// With this IMEI, in either slot.
    pub imei: Option<ImeiBody>,
}

/// The device with this id.
pub fn find(connection: &mut DbConnection, id: DeviceId) -> Result<Option<Device>, DbError> {
    let found = on_both!(connection, |inner| table::table
        .left_join(imei::table.on(imei::device_id.eq(table::id)))
        .filter(table::id.eq(id.to_string()))
        .order(imei::slot)
        .select((Row::as_select(), Option::<ImeiRow>::as_select()))
        .load(inner))?;
    one(found)
}

/// The device with this serial number.
pub fn find_by_serial(
    connection: &mut DbConnection,
    serial: &SerialNumber,
) -> Result<Option<Device>, DbError> {
    let found = table::table
        .left_join(imei::table.on(imei::device_id.eq(table::id)))
        .filter(table::serial.eq(serial.as_str()))
        .order(imei::slot)
        .select((Row::as_select(), Option::<ImeiRow>::as_select()))
        .load(connection)?;
    one(found)
}

/// The device that came back once for each of its IMEIs.
fn one(found: Vec<(Row, Option<ImeiRow>)>) -> Result<Option<Device>, DbError> {
    let (rows, imeis): (Vec<Row>, Vec<Option<ImeiRow>>) = found.into_iter().unzip();
    let imeis: Vec<ImeiRow> = imeis.into_iter().flatten().collect();
    rows.into_iter()
        .next()
        .map(|row| to_device(row, &imeis))
        .transpose()
}

/// The device that has this IMEI in either slot.
pub fn find_id_by_imei(connection: &mut DbConnection, body: &ImeiBody) -> Result<Option<DeviceId>, DbError> {
    let id: Option<String> = imei::table
        .find(body.as_str())
        .select(imei::device_id)
        .first(connection)
        .optional()?;
    id.map(|id| parse("device_imei", "device_id", &id)).transpose()
}

fn with_imeis(connection: &mut DbConnection, rows: Vec<Row>) -> Result<Vec<Device>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let imeis: Vec<ImeiRow> = imei::table
        .filter(imei::device_id.eq_any(ids))
        .order((imei::device_id, imei::slot))
        .select(ImeiRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| to_device(row, &imeis)).collect()
}

/// One page of devices.
pub fn list(
    connection: &mut DbConnection,
    filter: &DeviceFilter,
    page: PageRequest,
) -> Result<Page<Device>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(id) = filter.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    if let Some(status) = filter.status {
        query = query.filter(table::status.eq(status.as_str()));
    }
    if let Some(serial) = &filter.serial {
        query = query.filter(table::serial.eq(serial.as_str().to_owned()));
    }
    if let Some(body) = &filter.imei {
        let with_imei = imei::table
            .filter(imei::imei_body.eq(body.as_str().to_owned()))
            .select(imei::device_id);
        query = query.filter(table::id.eq_any(with_imei));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    Ok(Page::from_rows(with_imeis(connection, rows)?, page, |device| {
        device.id.into()
    }))
}

/// Stores a new device.
pub fn insert(tx: &mut Tx<'_>, device: &Device) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(device))
        .execute(&mut **tx)?;
    insert_imeis(tx, device)
}

/// Stores a changed device, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, device: &Device) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(device.id.to_string()))
        .filter(table::version.eq(device.meta.version - 1))
        .set((RecordRow::from(device), CustodyRow::from(device)))
        .execute_prepared(tx)?;
    guarded(changed)
}

/// Stores where a device is now, if nobody changed it meanwhile.
pub fn update_custody(tx: &mut Tx<'_>, device: &Device) -> Result<(), DbError> {
    guarded(custody_write(device).execute_prepared(tx)?)
}

pub(super) fn custody_write(device: &Device) -> impl Write + use<> {
    diesel::update(table::table.find(device.id.to_string()))
        .filter(table::version.eq(device.meta.version - 1))
        .set(CustodyRow::from(device))
}

/// Replaces the IMEIs of a device.
pub fn replace_imeis(tx: &mut Tx<'_>, device: &Device) -> Result<(), DbError> {
    diesel::delete(imei::table.filter(imei::device_id.eq(device.id.to_string()))).execute(&mut **tx)?;
    insert_imeis(tx, device)
}

fn insert_imeis(tx: &mut Tx<'_>, device: &Device) -> Result<(), DbError> {
    for (slot, number) in (1..).zip(&device.imeis) {
        let row = imei_row(device, slot, number);
        diesel::insert_into(imei::table).values(&row).execute(&mut **tx)?;
    }
    Ok(())
}

fn imei_row(device: &Device, slot: i32, number: &Imei) -> ImeiRow {
    ImeiRow {
        imei_body: number.body().as_str().to_owned(),
        imei: number.as_str().to_owned(),
        slot,
        device_id: device.id.to_string(),
    }
}

/// Keeps others from deciding about the device until the transaction ends. Of two facts that arrive together, the
/// second to be assessed sees the first.
pub fn lock(tx: &mut Tx<'_>, id: DeviceId) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .set(table::version.eq(table::version))
        .execute_prepared(tx)?;
    Ok(())
}
