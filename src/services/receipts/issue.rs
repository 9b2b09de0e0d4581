//! The code of a receipt: given when the case completes, taken away when it opens again, and looked up by anybody.

use crate::app::App;
use crate::crypto::random::random_bytes;
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::TerminationId;
use crate::domain::policy::Action;
use crate::domain::verification_code::VerificationCode;
use crate::services::{Ctx, ServiceError};
use chrono::NaiveDate;

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

/// The completed case gets its receipt, in place of an earlier one.
pub(in crate::services) fn issue_in(tx: &mut Tx<'_>, id: TerminationId) -> Result<(), ServiceError> {
    db::receipts::replace(tx, id)?;
    let code = VerificationCode::from_random(random_bytes());
    Ok(db::receipts::insert(tx, &code, id)?)
}

/// The case is not completed any more, so its receipt counts no more.
pub(in crate::services) fn withdraw_in(tx: &mut Tx<'_>, id: TerminationId) -> Result<(), ServiceError> {
    db::receipts::replace(tx, id)?;
    Ok(())
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
