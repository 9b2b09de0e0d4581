//! `/v1/mdm/reports`.

use crate::domain::ids::{DeviceId, EvidenceId, ItemId};
use crate::domain::wipe::{
    Binding, EvidenceKind, EvidenceMatch, EvidenceRecord, Inventory, QuarantineReason, WipeScope,
};
use crate::services::mdm::{self, Delivered, Report, ReportedDevice};
use crate::web::auth::Caller;
use crate::web::extract::{Body, ListQuery};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One thing that an MDM says happened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "event_id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
    "kind": "command_acknowledged",
    "occurred_at": "2027-01-15T09:12:00Z",
    "device": {"serial": "F2LX4K1MQ6LR", "imeis": ["490154203237518"]},
    "scope": "full_device",
    "enrolment": "7c1e8f00",
    "command_ref": "0242ac12"
})))]
pub struct MdmReportIn {
    /// Your name for this event: the same whenever you send it again, another for every other event.
    #[schema(min_length = 1, max_length = 200, pattern = "^[!-~]+$")]
    event_id: String,
    /// What happened. What a person must have seen is refused here: `attested`, `verified`,
    /// `verification_failed`, `destroyed`.
    kind: EvidenceKind,
    /// When, by your clock. Without it, the time of receipt counts.
    #[serde(default)]
    occurred_at: Option<DateTime<Utc>>,
    /// To which handset.
    device: ReportedDeviceIn,
    /// How much of the handset. Mandatory for what is about a command.
    #[serde(default)]
    scope: Option<WipeScope>,
    /// Which enrolment of the handset: a word that is new each time it enrols.
    #[serde(default)]
    #[schema(max_length = 200)]
    enrolment: Option<String>,
    /// Which command.
    #[serde(default)]
    #[schema(max_length = 200)]
    command_ref: Option<String>,
    /// What you know about the handset.
    #[serde(default)]
    inventory: Option<InventoryIn>,
}

/// The handset as you know it. Give what you have: placeholders are recognised and count for nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportedDeviceIn {
    /// The serial number.
    #[serde(default)]
    #[schema(max_length = 200)]
    serial: Option<String>,
    /// The IMEIs, with 14, 15 or 16 digits.
    #[serde(default)]
    #[schema(max_items = 4)]
    imeis: Vec<String>,
    /// Your own id of it.
    #[serde(default)]
    #[schema(max_length = 200)]
    udid: Option<String>,
}

/// What an MDM knows about a handset.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryIn {
    /// The version of the operating system.
    #[serde(default)]
    #[schema(max_length = 200)]
    os_version: Option<String>,
    /// The level of the security patches.
    #[serde(default)]
    #[schema(max_length = 200)]
    security_patch: Option<String>,
    /// When it was last backed up.
    #[serde(default)]
    last_backup_at: Option<DateTime<Utc>>,
    /// Whether an activation lock is on.
    #[serde(default)]
    activation_lock: Option<bool>,
}

/// What became of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "evidence_id": "01939e5c-5b6a-7c1e-8f00-0242ac120011",
    "match": "bound",
    "duplicate": false
})))]
pub struct MdmReceiptOut {
    /// The fact that was made of it.
    #[schema(value_type = uuid::Uuid)]
    evidence_id: EvidenceId,
    /// Whether it counts for a handset.
    #[serde(rename = "match")]
    matched: EvidenceMatch,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    match_reason: Option<QuarantineReason>,
    /// Whether it was delivered before.
    duplicate: bool,
}

/// A fact as it was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: EvidenceId,
    /// What happened.
    kind: EvidenceKind,
    /// Whether it counts for a handset.
    #[serde(rename = "match")]
    matched: EvidenceMatch,
    /// Why it does not; null if it does.
    match_reason: Option<QuarantineReason>,
    /// The device; null in quarantine.
    #[schema(value_type = Option<uuid::Uuid>)]
    device_id: Option<DeviceId>,
    /// The custody that it happened in; null in quarantine.
    custody_epoch: Option<i64>,
    /// The item of the case about that custody, if there was one.
    #[schema(value_type = Option<uuid::Uuid>)]
    item_id: Option<ItemId>,
    /// How much of the handset it is about.
    scope: WipeScope,
    /// Which enrolment.
    #[schema(max_length = 200)]
    enrolment: Option<String>,
    /// Which command.
    #[schema(max_length = 200)]
    command_ref: Option<String>,
    /// When it happened, by the sender's clock.
    occurred_at: Option<DateTime<Utc>>,
    /// When it was received.
    received_at: DateTime<Utc>,
    /// Who said so: the kind of the actor and its id.
    #[schema(max_length = 100)]
    reporter: String,
    /// The serial number as it was written.
    #[schema(max_length = 200)]
    serial: Option<String>,
    /// The IMEIs as they were written.
    #[schema(max_items = 4)]
    imeis: Vec<String>,
    /// The sender's own id of the handset.
    #[schema(max_length = 200)]
    udid: Option<String>,
}

/// Which reports.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MdmReportParams {
    /// Only those that count for a handset, or only those in quarantine.
    #[serde(rename = "match")]
    matched: Option<EvidenceMatch>,
}

impl From<MdmReportIn> for Report {
    fn from(body: MdmReportIn) -> Self {
        Self {
            event_id: body.event_id,
            kind: body.kind,
            occurred_at: body.occurred_at,
            device: ReportedDevice {
                serial: body.device.serial,
                imeis: body.device.imeis,
                udid: body.device.udid,
            },
            scope: body.scope,
            enrolment: body.enrolment,
            command_ref: body.command_ref,
            inventory: body.inventory.map(|known| Inventory {
                os_version: known.os_version,
                security_patch: known.security_patch,
                last_backup_at: known.last_backup_at,
                activation_lock: known.activation_lock,
            }),
        }
    }
}

impl From<&EvidenceRecord> for EvidenceOut {
    fn from(record: &EvidenceRecord) -> Self {
        let (device_id, custody_epoch, item_id) = match record.binding {
            Binding::Bound { device, epoch, item } => (Some(device), Some(epoch), item),
            Binding::Quarantined(_) => (None, None, None),
        };
        Self {
            id: record.id,
            kind: record.fact.kind,
            matched: record.binding.matched(),
            match_reason: record.binding.reason(),
            device_id,
            custody_epoch,
            item_id,
            scope: record.fact.scope,
            enrolment: record.fact.enrolment.clone(),
            command_ref: record.fact.command_ref.clone(),
            occurred_at: record.fact.claimed_at,
            received_at: record.fact.received_at,
            reporter: record.reporter.clone(),
            serial: record.details.serial.clone(),
            imeis: record.details.imeis.clone(),
            udid: record.details.udid.clone(),
        }
    }
}

/// Deliver a report
#[utoipa::path(
    post,
    path = "/v1/mdm/reports",
    tag = "MDM",
    operation_id = "mdm_reports_deliver",
    request_body = MdmReportIn,
    responses(
        (status = 202, description = "Kept", body = MdmReceiptOut),
        (status = 200, description = "Delivered before; nothing has changed", body = MdmReceiptOut),
        (status = 409, description = "The event id came with another content", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub async fn deliver(caller: Caller, body: Body<MdmReportIn>) -> Result<HttpResponse, Problem> {
    let Delivered {
        evidence,
        binding,
        duplicate,
    } = mdm::report(&caller, body.value.into()).await?;
    let receipt = MdmReceiptOut {
        evidence_id: evidence,
        matched: binding.matched(),
        match_reason: binding.reason(),
        duplicate,
    };
    Ok(if duplicate {
        HttpResponse::Ok().json(receipt)
    } else {
        HttpResponse::Accepted().json(receipt)
    })
}

/// List reports and other facts about wipes
#[utoipa::path(
    get,
    path = "/v1/mdm/reports",
    tag = "MDM",
    operation_id = "mdm_reports_list",
    params(MdmReportParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<EvidenceOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<MdmReportParams>,
) -> Result<HttpResponse, Problem> {
    let page = mdm::list(&caller, query.filter.matched, query.page(&request)?).await?;
    query.respond(&request, page.map(|record| EvidenceOut::from(&record)))
}
