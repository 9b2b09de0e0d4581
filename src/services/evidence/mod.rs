//! Facts about wipes: kept as they are, and folded into what the cases say.
//!
//! Nobody sets the state of a wipe. Whoever knows something adds a fact; from all facts about the custody the domain
//! derives the assessment, and the case follows it, forwards and backwards.

mod verify;

pub use verify::{Finding, Verification, Verified, verify};

use super::{Ctx, ServiceError, codes, terminations};
use crate::app::App;
use crate::db::{self, Stamp, Tx, audit};
use crate::domain::assignment::Assigned;
use crate::domain::error::DomainError;
use crate::domain::ids::{DeviceId, EvidenceId, ItemId, TerminationId};
use crate::domain::policy::Action;
use crate::domain::termination::{TerminationRecord, TerminationState};
use crate::domain::wipe::{
    Binding, Evidence, EvidenceDetails, EvidenceKind, EvidenceRecord, WipeAssessment, WipeLevel, WipeScope,
    WipeState, about_case, assess, stalls_at,
};
use chrono::{DateTime, Utc};
use serde_json::json;

/// The receiver saw the set-up screen of the device of this item. Keeps the fact and says what is then known of the
/// wipe: the caller applies it together with the receiver's other answers, so that the case names a person and not a
/// rule. Whether the one who says so is the receiver is for the caller to know.
///
/// # Errors
/// [`DomainError::UnknownItem`], [`DomainError::UnknownCheck`] for a subscription; `InvalidTransition` for a
/// cancelled case.
pub(super) fn attest_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    item: ItemId,
) -> Result<WipeAssessment, ServiceError> {
    let reference: EvidenceId = tx.new_id();
    let attested = (EvidenceKind::Attested, Some(reference.to_string()));
    keep_observation_in(tx, (record, item), attested, EvidenceDetails::default())?;
    Ok(assessment_in(tx, record, item)?.0)
}

/// The receiver takes back what they attested of the device of this item with the answer they gave at `attested_at`.
/// The fact stays; another one says that it was a mistake. Says what is then known of the wipe, for the caller to
/// apply; nothing if there is nothing to take back.
///
/// # Errors
/// As [`attest_in`].
pub(super) fn withdraw_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    item: ItemId,
    attested_at: DateTime<Utc>,
) -> Result<Option<WipeAssessment>, ServiceError> {
    let (device, epoch) = device_of(record, item)?;
    let own = reporter(tx.stamp());
    let attested = db::evidence::attested_by(tx, (device, epoch), (&own, attested_at))?;
    if attested.is_empty() {
        return Ok(None);
    }
    for reference in attested {
        let withdrawn = (EvidenceKind::AttestationWithdrawn, Some(reference));
        keep_observation_in(tx, (record, item), withdrawn, EvidenceDetails::default())?;
    }
    Ok(Some(assessment_in(tx, record, item)?.0))
}

/// The device of this item was destroyed. Keeps the fact and says what is then known of the wipe, for the caller to
/// apply together with the decision.
///
/// # Errors
/// As [`attest_in`].
pub(super) fn destroyed_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    item: ItemId,
) -> Result<(EvidenceId, WipeAssessment), ServiceError> {
    let reference: EvidenceId = tx.new_id();
    let destroyed = (EvidenceKind::Destroyed, Some(reference.to_string()));
    keep_observation_in(tx, (record, item), destroyed, EvidenceDetails::default())?;
    Ok((reference, assessment_in(tx, record, item)?.0))
}

/// The device of this item was not destroyed after all. The fact stays; another one says that it was a mistake.
///
/// # Errors
/// As [`attest_in`].
pub(super) fn not_destroyed_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (item, fact): (ItemId, EvidenceId),
) -> Result<WipeAssessment, ServiceError> {
    let withdrawn = (EvidenceKind::DestructionWithdrawn, Some(fact.to_string()));
    keep_observation_in(tx, (record, item), withdrawn, EvidenceDetails::default())?;
    Ok(assessment_in(tx, record, item)?.0)
}

/// Whether an item is a device.
pub(super) fn is_device(record: &TerminationRecord, item: ItemId) -> bool {
    device_of(record, item).is_ok()
}

/// The most devices that one sweep looks at in one read.
const DUE_BATCH: i64 = 200;

/// Assesses anew the wipes of which time alone changes what is known: a command that has long been silent. Says how
/// many. Costs what is due.
///
/// # Errors
/// What is due cannot be read. A device that fails is logged and left to the next time.
pub async fn reassess_due(ctx: &Ctx) -> Result<usize, ServiceError> {
    let now = ctx.app.clock.now();
    let mut done = 0;
    loop {
        let due = ctx
            .read(Action::Operate, move |connection| {
                Ok(db::terminations::wipes_due(connection, now, DUE_BATCH)?)
            })
            .await?;
        let before = done;
        for (termination, item) in due {
            let app = ctx.app.clone();
            let assessed = ctx
                .write(Action::Operate, move |tx| {
                    reassess_in(tx, &app, (termination, item))
                })
                .await;
            match assessed {
                Ok(()) => done += 1,
                Err(error) => tracing::warn!(%termination, %error, "a wipe was not assessed anew"),
            }
        }
        // What failed is due still; it waits for the next sweep, and so does what is behind it.
        if done == before {
            return Ok(done);
        }
    }
}

fn reassess_in(
    tx: &mut Tx<'_>,
    app: &App,
    (termination, item): (TerminationId, ItemId),
) -> Result<(), ServiceError> {
    let record = terminations::get_in(tx, termination)?;
    if record.termination.state == TerminationState::Cancelled {
        return Ok(db::terminations::set_wipe_due(tx, item, None)?);
    }
    assess_in(tx, app, record, item)?;
    Ok(())
}

/// Somebody looked at the device of an item, now.
fn observe_in(
    tx: &mut Tx<'_>,
    app: &App,
    (record, item): (&TerminationRecord, ItemId),
    observed: (EvidenceKind, EvidenceDetails),
) -> Result<(EvidenceId, TerminationRecord), ServiceError> {
    let (kind, details) = observed;
    let kept = keep_observation_in(tx, (record, item), (kind, None), details)?;
    follow_in(tx, app, &kept)?;
    let after = terminations::get_in(tx, record.termination.id)?;
    Ok((kept.id, after))
}

fn keep_observation_in(
    tx: &mut Tx<'_>,
    (record, item): (&TerminationRecord, ItemId),
    (kind, command_ref): (EvidenceKind, Option<String>),
    details: EvidenceDetails,
) -> Result<EvidenceRecord, ServiceError> {
    let (device, epoch) = device_of(record, item)?;
    if record.termination.state == TerminationState::Cancelled {
        return Err(DomainError::InvalidTransition {
            entity: "termination",
            from: record.termination.state.as_str(),
            command: "observe",
        }
        .into());
    }
    db::devices::lock(tx, device)?;
    let now = tx.now();
    let fact = Evidence {
        kind,
        scope: WipeScope::FullDevice,
        claimed_at: Some(now),
        received_at: now,
        enrolment: None,
        command_ref,
    };
    let binding = Binding::Bound {
        device,
        epoch,
        item: Some(item),
    };
    keep_in(tx, fact, binding, details)
}

/// The device that an item is about, and the epoch of the custody that ends.
pub(super) fn device_of(record: &TerminationRecord, item: ItemId) -> Result<(DeviceId, i64), DomainError> {
    let holding = record.holding(item).ok_or(DomainError::UnknownItem)?;
    match holding.assigned {
        Assigned::Device(id) => Ok((id, holding.custody_epoch)),
        Assigned::Subscription(_) => Err(DomainError::UnknownCheck),
    }
}

/// The name under which a fact is kept of whoever reports it: pseudonymous, and the same every time.
pub(super) fn reporter(stamp: &Stamp) -> String {
    format!("{}:{}", stamp.actor.kind(), stamp.actor.id())
}

/// Keeps a fact, with an audit entry. What follows from it is for [`follow_in`].
pub(super) fn keep_in(
    tx: &mut Tx<'_>,
    fact: Evidence,
    binding: Binding,
    details: EvidenceDetails,
) -> Result<EvidenceRecord, ServiceError> {
    let kept = EvidenceRecord {
        id: tx.new_id(),
        fact,
        reporter: reporter(tx.stamp()),
        binding,
        details,
    };
    db::evidence::insert(tx, &kept)?;
    let (device, epoch, item) = match kept.binding {
        Binding::Bound { device, epoch, item } => (Some(device), Some(epoch), item),
        Binding::Quarantined(_) => (None, None, None),
    };
    let entry = audit::Entry {
        action: "evidence.recorded",
        object_type: "evidence",
        object_id: kept.id.to_string(),
        termination: None,
        details: json!({
            "kind": kept.fact.kind,
            "match": kept.binding.matched(),
            "match_reason": kept.binding.reason(),
            "device": device,
            "custody_epoch": epoch,
            "item": item,
        }),
    };
    audit::append(tx, entry)?;
    Ok(kept)
}

/// Lets every case follow that a new fact concerns: the one about its custody, and those about earlier custodies in
/// which the device was seen on the same enrolment.
pub(super) fn follow_in(tx: &mut Tx<'_>, app: &App, kept: &EvidenceRecord) -> Result<(), ServiceError> {
    let Binding::Bound { device, epoch, .. } = kept.binding else {
        return Ok(());
    };
    let mut epochs = vec![epoch];
    if let Some(enrolment) = &kept.fact.enrolment {
        let earlier = db::evidence::earlier_epochs_of_enrolment(tx, device, enrolment, epoch)?;
        epochs.extend(earlier);
    }
    for epoch in epochs {
        if let Some((record, item)) = db::terminations::find_by_custody(tx, device, epoch)? {
            assess_in(tx, app, record, item)?;
        }
    }
    Ok(())
}

/// Lets a case that was just opened, or just got new items, take in what is known of its devices already.
///
/// # Errors
/// Only what the database reports.
pub(super) fn take_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: TerminationRecord,
) -> Result<TerminationRecord, ServiceError> {
    let devices: Vec<ItemId> = record
        .holdings
        .iter()
        .filter(|holding| matches!(holding.assigned, Assigned::Device(_)))
        .map(|holding| holding.item)
        .collect();
    devices
        .into_iter()
        .try_fold(record, |record, item| assess_in(tx, app, record, item))
}

/// Folds all facts that count for an item, and lets the case follow if that is something else than it knows.
fn assess_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: TerminationRecord,
    item: ItemId,
) -> Result<TerminationRecord, ServiceError> {
    let (wipe, due_at) = assessment_in(tx, &record, item)?;
    // Nothing to note for the many that wait for nothing.
    if due_at.is_some() || waits(record.termination.item(item)?.wipe.state) {
        db::terminations::set_wipe_due(tx, item, due_at)?;
    }
    if record.termination.item(item)?.wipe == wipe {
        return Ok(record);
    }
    apply_in(tx, app, record, (item, wipe))
}

/// Whether the state may be another one later although nothing is reported.
const fn waits(state: WipeState) -> bool {
    match state {
        WipeState::Ordered | WipeState::Deferred | WipeState::Stalled => true,
        WipeState::Required
        | WipeState::Refused
        | WipeState::Attested
        | WipeState::Indeterminate
        | WipeState::Acknowledged
        | WipeState::Contradicted
        | WipeState::Verified
        | WipeState::VerificationFailed
        | WipeState::Destroyed => false,
    }
}

/// What is known of a wipe, and when to look again although nothing was reported.
fn assessment_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    item: ItemId,
) -> Result<(WipeAssessment, Option<DateTime<Utc>>), ServiceError> {
    let (device, epoch) = device_of(record, item)?;
    let placed = db::evidence::of_device_since(tx, device, epoch)?;
    let facts = about_case(&placed, epoch, record.meta.created_at);
    Ok((assess(&facts, tx.now()), stalls_at(&facts, tx.now())))
}

fn apply_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: TerminationRecord,
    (item, wipe): (ItemId, WipeAssessment),
) -> Result<TerminationRecord, ServiceError> {
    let now = tx.now();
    let mut trial = record.termination.clone();
    trial.apply_wipe(item, wipe, now)?;
    let reopens = record.termination.state == TerminationState::Completed && trial.is_active();
    if reopens && db::terminations::find_active(tx, record.employment_id)?.is_some() {
        // One employment has one case under way. The fact is kept, and people are told where they look.
        let entry = audit::Entry {
            action: "termination.reopening_blocked",
            object_type: "termination",
            object_id: record.termination.id.to_string(),
            termination: Some(record.termination.id),
            details: json!({ "item": item, "state": wipe.state, "contradicted": wipe.contradicted }),
        };
        audit::append(tx, entry)?;
        return Ok(record);
    }
    let after = terminations::change_in(tx, app, record, |record| {
        Ok(record.termination.apply_wipe(item, wipe, now)?)
    })?;
    if wipe.level >= WipeLevel::Verified && !wipe.contradicted {
        codes::destroy_of_item_in(tx, &after, item)?;
    }
    Ok(after)
}
