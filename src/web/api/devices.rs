//! `/v1/devices`.

use crate::domain::device::{Device, DeviceStatus};
use crate::domain::ids::{DeviceId, LegalEntityId};
use crate::domain::termination::DataClass;
use crate::domain::text::{Imei, ImeiBody, SerialNumber, clean_line};
use crate::services::devices::{self, DeviceFilter, DevicePatch, NewDevice};
use crate::services::{ServiceError, Violations};
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{
    Body, IdempotencyKey, IfMatch, IfNoneMatch, ListQuery, PathId, not_null, nullable,
};
use crate::web::once::{Once, created};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A new device. It begins in stock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "serial": "F2LXK0EXMPL1",
    "manufacturer": "Apple",
    "model": "iPhone 15",
    "imeis": ["490154203237518"],
    "data_class": "standard"
})))]
pub struct DeviceIn {
    /// The owner, for good.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The manufacturer's serial number, unique in the group. Letter case does not count.
    #[schema(min_length = 3, max_length = 40)]
    serial: String,
    /// Who made it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    manufacturer: Option<String>,
    /// The model as people know it.
    #[schema(min_length = 1, max_length = 100)]
    model: String,
    /// Its IMEIs of 15 digits, one for each radio, in the order of their slots.
    #[serde(default)]
    #[schema(max_items = 2)]
    imeis: Vec<String>,
    /// How sensitive the data is that it may hold: decides which proof of a wipe is enough.
    data_class: DataClass,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"model": "iPhone 15 Pro", "status": "retired"})))]
pub struct DeviceChange {
    /// The serial number, to mend a wrong one.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 3, max_length = 40)]
    serial: Option<String>,
    /// Who made it; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    manufacturer: Option<Option<String>>,
    /// The model as people know it.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    model: Option<String>,
    /// Its IMEIs, all of them, in the order of their slots.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_items = 2)]
    imeis: Option<Vec<String>>,
    /// How sensitive the data is that it may hold.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    data_class: Option<DataClass>,
    /// Where it is in its life. `assigned` comes and goes with assignments alone.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    status: Option<DeviceStatus>,
}

/// A handset.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120007",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "serial": "F2LXK0EXMPL1",
    "manufacturer": "Apple",
    "model": "iPhone 15",
    "imeis": ["490154203237518"],
    "data_class": "standard",
    "status": "in_stock",
    "custody_epoch": 0,
    "version": 1,
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z"
})))]
pub struct DeviceOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: DeviceId,
    /// The owner.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The manufacturer's serial number.
    #[schema(max_length = 40)]
    serial: String,
    /// Who made it.
    #[schema(max_length = 100)]
    manufacturer: Option<String>,
    /// The model as people know it.
    #[schema(max_length = 100)]
    model: String,
    /// Its IMEIs, in the order of their slots.
    #[schema(max_items = 2)]
    imeis: Vec<String>,
    /// How sensitive the data is that it may hold.
    data_class: DataClass,
    /// Where it is in its life.
    status: DeviceStatus,
    /// Rises with every hand-out and every return.
    #[schema(minimum = 0)]
    custody_epoch: i64,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was registered.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which devices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeviceParams {
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only in this state.
    status: Option<DeviceStatus>,
    /// Only the one with this serial number.
    #[param(value_type = Option<String>, format = "serial-number", min_length = 3, max_length = 40)]
    serial: Option<SerialNumber>,
    /// Only the one with this IMEI in either slot: 14, 15 or 16 digits, as systems report it.
    #[param(value_type = Option<String>, format = "imei", min_length = 14, max_length = 20)]
    imei: Option<ImeiBody>,
}

impl TryFrom<DeviceIn> for NewDevice {
    type Error = ServiceError;

    fn try_from(body: DeviceIn) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let serial = violations.take("/serial", SerialNumber::parse(&body.serial));
        let manufacturer =
            violations.take_optional("/manufacturer", body.manufacturer, |text| clean_line(text, 100));
        let model = violations.take("/model", clean_line(&body.model, 100));
        let imeis = violations.take_all("/imeis", &body.imeis, Imei::parse);
        devices::check_imeis(&imeis, &mut violations);
        let made = serial.zip(model).map(|(serial, model)| Self {
            legal_entity_id: body.legal_entity_id,
            serial,
            manufacturer,
            model,
            imeis,
            data_class: body.data_class,
        });
        violations.finish_with(made)
    }
}

impl TryFrom<DeviceChange> for DevicePatch {
    type Error = ServiceError;

    fn try_from(body: DeviceChange) -> Result<Self, ServiceError> {
        let mut violations = Violations::default();
        let serial = violations.take_optional("/serial", body.serial, SerialNumber::parse);
        let manufacturer =
            violations.take_nullable("/manufacturer", body.manufacturer, |text| clean_line(text, 100));
        let model = violations.take_optional("/model", body.model, |text| clean_line(text, 100));
        let imeis = body
            .imeis
            .map(|imeis| violations.take_all("/imeis", &imeis, Imei::parse));
        if let Some(imeis) = &imeis {
            devices::check_imeis(imeis, &mut violations);
        }
        violations.finish()?;
        Ok(Self {
            serial,
            manufacturer,
            model,
            imeis,
            data_class: body.data_class,
            status: body.status,
        })
    }
}

impl From<&DeviceParams> for DeviceFilter {
    fn from(params: &DeviceParams) -> Self {
        Self {
            legal_entity_id: params.legal_entity_id,
            status: params.status,
            serial: params.serial.clone(),
            imei: params.imei.clone(),
        }
    }
}

impl From<&Device> for DeviceOut {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id,
            legal_entity_id: device.legal_entity_id,
            serial: device.serial.to_string(),
            manufacturer: device.manufacturer.clone(),
            model: device.model.clone(),
            imeis: device.imeis.iter().map(|imei| imei.as_str().to_owned()).collect(),
            data_class: device.data_class,
            status: device.status,
            custody_epoch: device.custody_epoch,
            version: device.meta.version,
            created_at: device.meta.created_at,
            updated_at: device.meta.updated_at,
        }
    }
}

/// Register a device
#[utoipa::path(
    post,
    path = "/v1/devices",
    tag = "Devices",
    operation_id = "devices_create",
    params(IdempotencyKey),
    request_body = DeviceIn,
    responses((status = 201, description = "Registered", body = DeviceOut, headers(
        ("Location" = String, description = "Its address"),
        ("ETag" = String, description = "Its version"),
        ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
    )))
)]
pub async fn create(
    request: HttpRequest,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<DeviceIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |device: &Device| {
        let location = format!("/v1/devices/{}", device.id);
        created(location, device.meta.version, &DeviceOut::from(device))
    });
    once.respond(devices::create(&caller, once.recorder(), body.value.try_into()?).await)
}

/// List devices
#[utoipa::path(
    get,
    path = "/v1/devices",
    tag = "Devices",
    operation_id = "devices_list",
    params(DeviceParams, PageParams),
    responses((status = 200, description = "One page, the first registered first", body = PageOut<DeviceOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<DeviceParams>,
) -> Result<HttpResponse, Problem> {
    let page = devices::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(|device| DeviceOut::from(&device)))
}

/// Read a device
#[utoipa::path(
    get,
    path = "/v1/devices/{id}",
    tag = "Devices",
    operation_id = "devices_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The device", body = DeviceOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<DeviceId>,
) -> Result<HttpResponse, Problem> {
    let device = devices::get(&caller, id.0).await?;
    respond_with_etag(&request, device.meta.version, &DeviceOut::from(&device))
}

/// Change a device
#[utoipa::path(
    patch,
    path = "/v1/devices/{id}",
    tag = "Devices",
    operation_id = "devices_update",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfMatch),
    request_body = DeviceChange,
    responses((status = 200, description = "As it is now", body = DeviceOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn update(
    caller: Caller,
    id: PathId<DeviceId>,
    if_match: IfMatch,
    body: Body<DeviceChange>,
) -> Result<HttpResponse, Problem> {
    let device = devices::update(&caller, id.0, if_match.0, body.value.try_into()?).await?;
    Ok(respond_with_record(
        device.meta.version,
        &DeviceOut::from(&device),
    ))
}
