//! A technician looks at a handset.

use super::{device_of, observe_in};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::error::DomainError;
use crate::domain::ids::{EvidenceId, ItemId, TerminationId};
use crate::domain::policy::Action;
use crate::domain::termination::{Act, ActorRole, CheckKind, CheckState, Settlement, TerminationRecord};
use crate::domain::wipe::{EvidenceDetails, EvidenceKind, IdentityReading};
use crate::services::terminations::{self, IdentityRead};
use crate::services::{Ctx, Recorded, Recorder, ServiceError};
use crate::text_enum;

text_enum! {
    /// What a technician found.
    pub enum Finding {
        /// The handset is erased.
        Erased = "erased",
        /// It is not.
        NotErased = "not_erased",
    }
}

/// What a technician saw, and on which handset.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The serial number or IMEI, read off the handset itself.
    pub identity: IdentityRead,
    /// How it was read.
    pub reading: IdentityReading,
    /// What was found.
    pub finding: Finding,
    /// Whether no activation lock and no factory reset protection is left.
    pub locks_absent: bool,
}

/// A verification as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The fact.
    pub evidence: EvidenceId,
    /// The case as it is now.
    pub record: TerminationRecord,
}

/// Keeps what a technician saw. That no locks are left settles the check `locks_cleared` too, if it is open.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`DomainError::WrongDevice`] when the identity is not that of the device of the item;
/// [`ServiceError::Invalid`] for an identity that is none; [`DomainError::InvalidTransition`] for a cancelled case.
pub async fn verify(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    verification: Verification,
    recorder: Recorder<Verified>,
) -> Result<Recorded<Verified>, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    let identity = verification.identity.parse()?;
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let record = terminations::get_in(tx, termination)?;
        let (device, _) = device_of(&record, item)?;
        let device = db::devices::find(tx, device)?.ok_or(ServiceError::NotFound("device"))?;
        if !identity.is_of(&device) {
            return Err(DomainError::WrongDevice.into());
        }
        let kind = match verification.finding {
            Finding::Erased => EvidenceKind::Verified,
            Finding::NotErased => EvidenceKind::VerificationFailed,
        };
        let details = EvidenceDetails {
            serial: verification.identity.serial.clone(),
            imeis: verification.identity.imei.clone().into_iter().collect(),
            identity_reading: Some(verification.reading),
            locks_absent: Some(verification.locks_absent),
            ..EvidenceDetails::default()
        };
        let (evidence, after) = observe_in(tx, &app, (&record, item), (kind, details))?;
        let act = Act::new(ActorRole::Technician, &actor, tx.now());
        let record = if verification.locks_absent {
            clear_locks_in(tx, &app, (after, item), act)?
        } else {
            after
        };
        Ok(Verified { evidence, record })
    })
    .await
}

fn clear_locks_in(
    tx: &mut Tx<'_>,
    app: &App,
    (record, item): (TerminationRecord, ItemId),
    act: Act,
) -> Result<TerminationRecord, ServiceError> {
    let check = record
        .termination
        .item(item)?
        .check(CheckKind::LocksCleared)?
        .state;
    let is_open = matches!(check, CheckState::Open | CheckState::Declared);
    if !is_open || !record.termination.is_active() {
        return Ok(record);
    }
    terminations::change_in(tx, app, record, |record| {
        let done = Settlement::done();
        Ok(record
            .termination
            .settle(item, CheckKind::LocksCleared, done, act)?)
    })
}
