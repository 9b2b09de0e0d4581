//! Receipts. What one says is gathered from the case when it completes, and kept: whatever becomes of the case, of its
//! people and of its devices afterwards, the receipt says what it said. Only its language and its form are chosen when
//! it is read.

mod facts;
mod issue;
mod outcome;
mod received;
mod sign;

pub(super) use facts::{NO_SIM, REPORTED_BY_RECEIVER, code_answer, code_kind, link_owner, number_decision};
pub use issue::{Genuineness, freeze_missing, verify};
pub(super) use issue::{issue_in, withdraw_in};
pub(super) use received::{Received, received_in};
pub use sign::{PublishedKey, published_keys, sign};

use super::case::Case;
use super::{Ctx, ServiceError};
use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::ids::TerminationId;
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::mail::receipt::Receipt;

/// The receipt of a completed case, and the language that it is read in: the one asked for, or that of the legal entity.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `not_completed`; as [`Ctx::read`].
pub async fn get(
    ctx: &Ctx,
    id: TerminationId,
    language: Option<Language>,
) -> Result<(Receipt, Language), ServiceError> {
    let app = ctx.app.clone();
    ctx.read(Action::ReadTermination, move |connection| {
        let case = Case::load(connection, id)?;
        if case.record.termination.completed_at.is_none() {
            return Err(ServiceError::Conflict {
                code: "not_completed",
                detail: "There is a receipt when the case is completed.",
            });
        }
        let language = language.unwrap_or(case.legal_entity.language);
        Ok((receipt_in(connection, &app, &case)?, language))
    })
    .await
}

/// The receipt of a completed case, with the facts that it was issued with.
///
/// Somebody whose name the register has no more, such as one whose identity is protected by now, is not named by an old
/// receipt either.
///
/// # Errors
/// Only what the database reports.
pub(super) fn receipt_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
) -> Result<Receipt, ServiceError> {
    let current = db::receipts::current(connection, case.record.termination.id)?.ok_or_else(|| {
        ServiceError::Internal("a completed case without a code for its receipt".to_owned())
    })?;
    let mut receipt: Receipt = match &current.facts {
        // The error of the library could quote what it stumbled over.
        Some(facts) => serde_json::from_str(facts)
            .map_err(|_| ServiceError::Internal("the facts of a receipt cannot be read".to_owned()))?,
        // Issued by an earlier version, and not frozen yet.
        None => facts::gather(connection, app, case)?,
    };
    receipt.holder_name = receipt.holder_name.filter(|_| case.holder.name.is_some());
    receipt.verify_url = Some(format!("{}/verify/{}", app.config.public_url, current.code));
    receipt.verification_code = current.code.to_string();
    Ok(receipt)
}
