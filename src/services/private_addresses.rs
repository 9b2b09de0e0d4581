//! The private address that a leaver gets the receipt at, given by HR or the desk: the address at work may be gone by
//! then.
//!
//! It is sealed while it waits, and forgotten as soon as the receipt has left, the case is called off, or the time is
//! over for which codes are kept. No answer, audit entry or log line holds it; a server that repeats it is not quoted.

use super::{Ctx, ServiceError, case::Case, terminations};
use crate::app::App;
use crate::config::Mailbox;
use crate::crypto::envelope;
use crate::crypto::keyring::Purpose;
use crate::db::{self, DbConnection, Tx, audit};
use crate::domain::ids::TerminationId;
use crate::domain::job::Job;
use crate::domain::message::MessageState;
use crate::domain::policy::Action;
use crate::domain::termination::{TerminationKind, TerminationState};
use crate::domain::text::EmailAddress;
use crate::domain::timeline::MessageStep;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

const LABEL: &[u8] = b"handback/private-address/v1";

/// Keeps the address for the receipt of a case, in place of an earlier one. If the case is completed, the receipt is
/// sent there.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `case_cancelled`, `holder_deceased`; as [`Ctx::write`].
pub async fn give(ctx: &Ctx, id: TerminationId, address: EmailAddress) -> Result<(), ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::GivePrivateAddress, move |tx| {
        let record = terminations::get_in(tx, id)?;
        let termination = &record.termination;
        if termination.kind == TerminationKind::Deceased {
            return Err(ServiceError::Conflict {
                code: "holder_deceased",
                detail: "Nobody writes to somebody who has died.",
            });
        }
        if termination.state == TerminationState::Cancelled {
            return Err(ServiceError::Conflict {
                code: "case_cancelled",
                detail: "The case was called off, so there will be no receipt.",
            });
        }
        let case_id = Uuid::from(id);
        let text = address.as_str().as_bytes();
        let sealed = envelope::seal_with(
            &app.keyring,
            Purpose::PrivateAddress,
            &[LABEL, case_id.as_bytes()],
            text,
        );
        db::private_addresses::store(tx, id, &sealed)?;
        note(tx, "private_address.given", id)?;
        if termination.state != TerminationState::Completed {
            return Ok(());
        }
        // What forgets it at the latest may have run already.
        let wait = TimeDelta::days(app.config.codes.retention_days.into());
        let at = tx.now() + wait;
        db::jobs::enqueue(tx, &Job::DestroyCodes { termination_id: id }, at)?;
        let waits = |state| matches!(state, MessageState::Planned | MessageState::Queued);
        let all = db::messages::of_termination(tx, id)?;
        let is_on_its_way = all
            .iter()
            .any(|message| message.step == MessageStep::ReceiptHolder && waits(message.state));
        if is_on_its_way {
            return Ok(());
        }
        terminations::plan_holders_receipt_in(tx, &app, &record)
    })
    .await
}

/// Forgets the address of a case. Without one, nothing happens.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::write`].
pub async fn withdraw(ctx: &Ctx, id: TerminationId) -> Result<(), ServiceError> {
    ctx.write(Action::GivePrivateAddress, move |tx| {
        terminations::get_in(tx, id)?;
        forget_in(tx, id)
    })
    .await
}

/// Since when a case has an address. The address itself is shown to nobody.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn given_at(ctx: &Ctx, id: TerminationId) -> Result<Option<DateTime<Utc>>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        terminations::get_in(connection, id)?;
        Ok(db::private_addresses::given_at(connection, id)?)
    })
    .await
}

/// The address of a case needs to be known no more.
///
/// # Errors
/// Only what the database reports.
pub(super) fn forget_in(tx: &mut Tx<'_>, id: TerminationId) -> Result<(), ServiceError> {
    if db::private_addresses::delete(tx, id)? > 0 {
        note(tx, "private_address.forgotten", id)?;
    }
    Ok(())
}

/// Where the holder of a case wants the receipt, if that is not at work.
///
/// # Errors
/// What the database reports, or the address does not open.
pub(super) fn mailbox_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
) -> Result<Option<Mailbox>, ServiceError> {
    let id = case.record.termination.id;
    let Some(sealed) = db::private_addresses::find(connection, id)? else {
        return Ok(None);
    };
    let case_id = Uuid::from(id);
    let parts: [&[u8]; 2] = [LABEL, case_id.as_bytes()];
    let text = envelope::open_with(&app.keyring, Purpose::PrivateAddress, &parts, &sealed)
        .map_err(|error| ServiceError::Internal(format!("a private address does not open: {error}")))?;
    let unreadable = || ServiceError::Internal("a private address cannot be read".to_owned());
    let text = std::str::from_utf8(&text).map_err(|_| unreadable())?;
    let name = case.holder.name.as_ref().map(|name| name.as_str());
    Mailbox::new(name, text).map(Some).map_err(|_| unreadable())
}

fn note(tx: &mut Tx<'_>, action: &'static str, id: TerminationId) -> Result<(), ServiceError> {
    let entry = audit::Entry {
        action,
        object_type: "termination",
        object_id: id.to_string(),
        termination: Some(id),
        details: json!({}),
    };
    audit::append(tx, entry)?;
    Ok(())
}
