//! The life of a receipt: given when the case completes, taken away when it opens again, and looked up by anybody.

use super::facts;
use crate::app::App;
use crate::crypto::random::random_bytes;
use crate::db::{self, DbConnection, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::TerminationId;
use crate::domain::policy::Action;
use crate::domain::termination::TerminationRecord;
use crate::domain::verification_code::VerificationCode;
use crate::services::case::Case;
use crate::services::{Ctx, ServiceError};
use chrono::NaiveDate;

/// The most receipts of earlier versions whose facts are frozen in one transaction.
const FREEZE_BATCH: i64 = 100;

/// What a code says to whoever has it, and no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Genuineness {
    /// The receipt is genuine, and was issued on this day.
    Genuine(NaiveDate),
    /// It was genuine, and a newer one takes its place.
    Replaced,
    /// There is no such receipt.
    Unknown,
}

/// The completed case gets its receipt, in place of an earlier one, with the facts as they are now.
pub(in crate::services) fn issue_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let id = record.termination.id;
    let facts = frozen(tx, app, record.clone())?;
    db::receipts::replace(tx, id)?;
    let code = VerificationCode::from_random(random_bytes());
    Ok(db::receipts::insert(tx, &code, id, &facts)?)
}

/// The case is not completed any more, so its receipt counts no more.
pub(in crate::services) fn withdraw_in(tx: &mut Tx<'_>, id: TerminationId) -> Result<(), ServiceError> {
    db::receipts::replace(tx, id)?;
    Ok(())
}

/// Freezes the facts of receipts that an earlier version issued without keeping them; says how many. To be called when
/// the service starts.
///
/// # Errors
/// Only what the database reports.
pub async fn freeze_missing(app: &App) -> Result<usize, ServiceError> {
    let mut total = 0;
    loop {
        let done = {
            let app = app.clone();
            Ctx::system(&app)
                .write(Action::Operate, move |tx| freeze_some_in(tx, &app))
                .await?
        };
        if done == 0 {
            return Ok(total);
        }
        total += done;
    }
}

fn freeze_some_in(tx: &mut Tx<'_>, app: &App) -> Result<usize, ServiceError> {
    let ids = db::receipts::without_facts(tx, FREEZE_BATCH)?;
    for id in &ids {
        let record = crate::services::terminations::get_in(tx, *id)?;
        let facts = frozen(tx, app, record)?;
        db::receipts::set_facts(tx, *id, &facts)?;
    }
    Ok(ids.len())
}

fn frozen(
    connection: &mut DbConnection,
    app: &App,
    record: TerminationRecord,
) -> Result<String, ServiceError> {
    let case = Case::of(connection, record)?;
    let facts = facts::gather(connection, app, &case)?;
    serde_json::to_string(&facts)
        .map_err(|_| ServiceError::Internal("the facts of a receipt cannot be written".to_owned()))
}

/// Whether the receipt with this code is genuine. Anybody may ask.
///
/// # Errors
/// Only what the database reports.
pub async fn verify(app: &App, code: VerificationCode) -> Result<Genuineness, ServiceError> {
    let found = Ctx::system(app)
        .look_up(Action::VerifyReceipt, move |connection| {
            Ok(db::receipts::find(connection, &code)?)
        })
        .await?;
    Ok(match found {
        None => Genuineness::Unknown,
        Some(issued) if issued.replaced_at.is_some() => Genuineness::Replaced,
        Some(issued) => Genuineness::Genuine(local_date(issued.at)),
    })
}
