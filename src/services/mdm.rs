//! What MDM systems report, in words that no vendor owns.
//!
//! A report is kept whatever it says. It counts only if it is certain which handset it is about and in whose custody
//! it happened; otherwise it is in quarantine, where people can see it. What a person must have seen cannot be
//! reported here at all.

use super::evidence::{follow_in, keep_in, reporter};
use super::{Ctx, ServiceError, Violation};
use crate::app::App;
use crate::crypto::digest::{Digest, same_bytes, sha256};
use crate::db::types::to_json;
use crate::db::{self, DbConnection, DbError, Tx};
use crate::domain::ids::{DeviceId, EvidenceId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::text::{ImeiBody, SerialNumber, clean_text};
use crate::domain::wipe::{
    Binding, Evidence, EvidenceDetails, EvidenceKind, EvidenceMatch, EvidenceRecord, Inventory,
    QuarantineReason, WipeScope, custody_at,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeSet;

/// The longest word of a report, in characters.
pub const MAX_WORD: usize = 200;
/// The most IMEIs of one report: two SIM slots, and room for what systems repeat.
pub const MAX_IMEIS: usize = 4;

/// One thing that an MDM says happened.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The sender's name for this report, the same whenever it is sent again.
    pub event_id: String,
    /// What happened.
    pub kind: EvidenceKind,
    /// When, by the sender's clock.
    pub occurred_at: Option<DateTime<Utc>>,
    /// To which handset.
    pub device: ReportedDevice,
    /// How much of the handset it is about. A report about a command has to say so.
    pub scope: Option<WipeScope>,
    /// Which enrolment of the handset: a word that is new each time it enrols.
    pub enrolment: Option<String>,
    /// Which command.
    pub command_ref: Option<String>,
    /// What the MDM knows about the handset.
    pub inventory: Option<Inventory>,
}

/// The handset as the sender names it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReportedDevice {
    /// The serial number, in any spelling.
    pub serial: Option<String>,
    /// The IMEIs, in any spelling.
    pub imeis: Vec<String>,
    /// The id of the handset in the MDM. Kept, and never compared with anything.
    pub udid: Option<String>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The fact that was made of it.
    pub evidence: EvidenceId,
    /// What it is bound to.
    pub binding: Binding,
    /// Whether it was delivered before.
    pub duplicate: bool,
}

/// Keeps a report and lets the cases follow it. Safe to repeat.
///
/// # Errors
/// [`ServiceError::Invalid`]: `not_for_integrations` for what a person must have seen, `blank`, `too_long`,
/// `characters`, `too_many`; [`ServiceError::Conflict`] `event_id_reused` when the event id came with another
/// content.
pub async fn report(ctx: &Ctx, report: Report) -> Result<Delivered, ServiceError> {
    validate(&report)?;
    let app = ctx.app.clone();
    let hash = sha256(to_json(&report)?.as_bytes());
    ctx.write(Action::DeliverMdmReport, move |tx| {
        report_in(tx, &app, &report, &hash)
    })
    .await
}

/// One page of what was reported, the oldest first.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    matched: Option<EvidenceMatch>,
    page: PageRequest,
) -> Result<Page<EvidenceRecord>, ServiceError> {
    ctx.read(Action::ReadMdmReports, move |connection| {
        Ok(db::evidence::list(connection, matched, page)?)
    })
    .await
}

fn report_in(tx: &mut Tx<'_>, app: &App, report: &Report, hash: &Digest) -> Result<Delivered, ServiceError> {
    let reporter = reporter(tx.stamp());
    if let Some((known, evidence)) = db::evidence::find_report(tx, &reporter, &report.event_id)? {
        if !same_bytes(&known, hash) {
            return Err(ServiceError::Conflict {
                code: "event_id_reused",
                detail: "This event id was delivered before with another content. Nothing has changed. Give each event an id of its own.",
            });
        }
        let kept = db::evidence::find(tx, evidence)?.ok_or(ServiceError::NotFound("report"))?;
        return Ok(delivered(&kept, true));
    }
    let fact = Evidence {
        kind: report.kind,
        // Means nothing for the kinds that may leave it out.
        scope: report.scope.unwrap_or(WipeScope::FullDevice),
        claimed_at: report.occurred_at,
        received_at: tx.now(),
        enrolment: word(report.enrolment.as_deref()),
        command_ref: word(report.command_ref.as_deref()),
    };
    let binding = bind_in(tx, &report.device, fact.occurred_at())?;
    let details = EvidenceDetails {
        serial: report.device.serial.clone(),
        imeis: report.device.imeis.clone(),
        udid: report.device.udid.clone(),
        inventory: report.inventory.clone(),
        ..EvidenceDetails::default()
    };
    let kept = keep_in(tx, fact, binding, details)?;
    db::evidence::insert_report(tx, &report.event_id, hash, &kept)?;
    follow_in(tx, app, &kept)?;
    Ok(delivered(&kept, false))
}

/// A word, unless it is blank: many systems write what they do not know as an empty text.
fn word(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    Some(text.to_owned())
}

const fn delivered(kept: &EvidenceRecord, duplicate: bool) -> Delivered {
    Delivered {
        evidence: kept.id,
        binding: kept.binding,
        duplicate,
    }
}

/// Decides which custody of which device a report is about.
///
/// The custody is the one that its time lies in ([`custody_at`]). The present custody takes every fact; an earlier
/// one only if there is a case about it, so that nothing is bound to what nobody follows.
fn bind_in(tx: &mut Tx<'_>, named: &ReportedDevice, at: DateTime<Utc>) -> Result<Binding, ServiceError> {
    let device = match identify(tx, named)? {
        Ok(device) => device,
        Err(reason) => return Ok(Binding::Quarantined(reason)),
    };
    db::devices::lock(tx, device)?;
    let custodies = db::assignments::custodies_of_device(tx, device)?;
    let Some(newest) = custodies.iter().max() else {
        let found = db::devices::find(tx, device)?.ok_or(ServiceError::NotFound("device"))?;
        return Ok(Binding::Bound {
            device,
            epoch: found.custody_epoch,
            item: None,
        });
    };
    let Some(custody) = custody_at(&custodies, at) else {
        return Ok(Binding::Quarantined(QuarantineReason::EarlierCustody));
    };
    let case = db::terminations::find_by_custody(tx, device, custody.epoch)?;
    if case.is_none() && custody.epoch != newest.epoch {
        return Ok(Binding::Quarantined(QuarantineReason::EarlierCustody));
    }
    Ok(Binding::Bound {
        device,
        epoch: custody.epoch,
        item: case.map(|(_, item)| item),
    })
}

/// The one device that everything usable in a report points to. What is no identity, such as a placeholder that
/// unprogrammed hardware reports, points to nothing.
fn identify(
    connection: &mut DbConnection,
    named: &ReportedDevice,
) -> Result<Result<DeviceId, QuarantineReason>, DbError> {
    let serial = named
        .serial
        .as_deref()
        .and_then(|text| SerialNumber::parse(text).ok());
    let imeis: BTreeSet<ImeiBody> = named
        .imeis
        .iter()
        .filter_map(|text| ImeiBody::parse(text).ok())
        .collect();
    if serial.is_none() && imeis.is_empty() {
        return Ok(Err(QuarantineReason::NoIdentity));
    }
    let mut found = BTreeSet::new();
    if let Some(serial) = &serial {
        found.extend(db::devices::find_by_serial(connection, serial)?.map(|device| device.id));
    }
    for imei in &imeis {
        found.extend(db::devices::find_id_by_imei(connection, imei)?);
    }
    let mut found = found.into_iter();
    Ok(match (found.next(), found.next()) {
        (None, _) => Err(QuarantineReason::UnknownDevice),
        (Some(device), None) => Ok(device),
        (Some(_), Some(_)) => Err(QuarantineReason::AmbiguousIdentity),
    })
}

fn validate(report: &Report) -> Result<(), ServiceError> {
    let mut violations = Vec::new();
    let mut wrong = |pointer: String, code, detail| {
        violations.push(Violation {
            pointer,
            code,
            detail,
        })
    };
    if !report.kind.may_come_from_integration() {
        wrong(
            "/kind".to_owned(),
            "not_for_integrations",
            "What a person must have seen cannot be reported by an integration.",
        );
    }
    if report.scope.is_none() && is_about_command(report.kind) {
        wrong(
            "/scope".to_owned(),
            "missing",
            "Say how much of the handset the command is about.",
        );
    }
    let is_event_id = (1..=MAX_WORD).contains(&report.event_id.len())
        && report.event_id.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_event_id {
        wrong(
            "/event_id".to_owned(),
            "characters",
            "An event id has 1 to 200 visible ASCII characters.",
        );
    }
    if report.device.imeis.len() > MAX_IMEIS {
        wrong(
            "/device/imeis".to_owned(),
            "too_many",
            "A report names at most 4 IMEIs.",
        );
    }
    for (pointer, word) in words(report) {
        let is_blank = word.trim().is_empty();
        if !is_blank && clean_text(word, MAX_WORD).is_err() {
            let detail = "A text of a report has at most 200 characters and no control characters.";
            wrong(pointer, "characters", detail);
        }
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(ServiceError::Invalid(violations))
    }
}

const fn is_about_command(kind: EvidenceKind) -> bool {
    match kind {
        EvidenceKind::CommandQueued
        | EvidenceKind::CommandDeferred
        | EvidenceKind::CommandAcknowledged
        | EvidenceKind::CommandRefused
        | EvidenceKind::CommandExpired => true,
        EvidenceKind::Contact
        | EvidenceKind::Enrolled
        | EvidenceKind::Unenrolled
        | EvidenceKind::RecordRemoved
        | EvidenceKind::Inventory
        | EvidenceKind::Attested
        | EvidenceKind::AttestationWithdrawn
        | EvidenceKind::DestructionWithdrawn
        | EvidenceKind::Verified
        | EvidenceKind::VerificationFailed
        | EvidenceKind::Destroyed => false,
    }
}

/// Every free text of a report, with its place.
fn words(report: &Report) -> Vec<(String, &str)> {
    let inventory = report.inventory.as_ref();
    let named = [
        ("/enrolment", report.enrolment.as_deref()),
        ("/command_ref", report.command_ref.as_deref()),
        ("/device/serial", report.device.serial.as_deref()),
        ("/device/udid", report.device.udid.as_deref()),
        (
            "/inventory/os_version",
            inventory.and_then(|known| known.os_version.as_deref()),
        ),
        (
            "/inventory/security_patch",
            inventory.and_then(|known| known.security_patch.as_deref()),
        ),
    ];
    let named = named
        .into_iter()
        .filter_map(|(pointer, word)| Some((pointer.to_owned(), word?)));
    let imeis = report.device.imeis.iter().enumerate();
    named
        .chain(imeis.map(|(at, word)| (format!("/device/imeis/{at}"), word.as_str())))
        .collect()
}
