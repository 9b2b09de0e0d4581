//! Who received what, before and after a case is complete: the rows of a list of receipts.

use super::facts::{gather, link_person};
use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::calendar::local_date;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::language::Language;
use crate::domain::termination::CheckKind;
use crate::services::ServiceError;
use crate::services::case::Case;
use chrono::NaiveDate;

/// A device about which it is settled whether it came back.
pub(in crate::services) struct Received {
    pub item: ItemId,
    pub model: String,
    pub serial_last4: String,
    /// When it was settled.
    pub on: NaiveDate,
    /// The name or function of who settled it.
    pub by: Option<String>,
    /// The person whose link was used.
    pub person: Option<PersonId>,
    /// What is not as it should be in the case, in words.
    pub deviations: Vec<String>,
    /// The code of the receipt that counts.
    pub code: Option<String>,
}

/// The devices of a case about which it is settled whether they came back.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn received_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    language: Language,
) -> Result<Vec<Received>, ServiceError> {
    let facts = gather(connection, app, case)?;
    let current = db::receipts::current(connection, case.record.termination.id)?;
    let code = current
        .filter(|_| case.record.termination.completed_at.is_some())
        .map(|current| current.code.to_string());
    let mut received = Vec::new();
    for (found, told) in case.devices.iter().zip(&facts.devices) {
        let check = case
            .record
            .termination
            .item(found.item)?
            .check(CheckKind::Returned)?;
        let Some(act) = check.act.as_ref().filter(|_| check.state.is_settled()) else {
            continue;
        };
        received.push(Received {
            item: found.item,
            model: told.model.clone(),
            serial_last4: told.serial_last4.clone(),
            on: local_date(act.at),
            by: told.returned.by.clone(),
            person: link_person(connection, act)?,
            deviations: facts.deviation_texts(language),
            code: code.clone(),
        });
    }
    Ok(received)
}
