//! Terminations: opened, moved and cancelled as employments change, worked with by people and reports,
//! completed by rule alone.
//!
//! Every change goes through `change_in`: load, command, store, audit, consequences, in one transaction.

mod absence;
mod begin;
mod completion;
mod consequences;
mod delegate;
mod disposals;
mod follow;
mod identity;
mod numbers;
mod outcomes;
mod plan;
mod read;
mod repoint;
mod work;

pub use crate::db::terminations::TerminationFilter;
pub use absence::{ArrangementSaid, arrange, hand_back, note_back, open_absence};
pub use begin::begin;
pub(super) use completion::{can_take_completion_back, plan_holders_receipt_in, take_completion_back_in};
pub use delegate::{DelegateSaid, delegate, end_delegation};
pub(super) use delegate::{colleague_in, hand_over_in};
pub use disposals::{
    DestructionSaid, DisposalSaid, SaleSaid, TransferSaid, approve_transfer, dispose, withdraw_disposal,
};
pub use follow::{follow_employment_in, follow_others_in, replan_in};
pub use identity::{Identity, IdentityRead};
pub(super) use numbers::check_last_day;
pub use numbers::{MoveSaid, NumberSaid, decide_number, request_number, transfers_overdue};
pub use outcomes::{
    BreachSaid, DamageSaid, LossSaid, RulingSaid, assess_breach, note_police_report, record_damage,
    report_outcome,
};
pub(super) use plan::{message, tell_desk_in};
pub use read::{TerminationView, get, list};
pub(super) use repoint::{asked_first_changed_in, asked_within_in, unit_merged_in};
pub use repoint::{chancery_changed_in, manager_changed_in, repoint_due, repoint_in};
pub use work::{CheckAnswer, accept_contradiction, hold, release, reopen, settle};

use super::ServiceError;
use crate::app::App;
use crate::db::{self, Tx, audit};
use crate::domain::calendar::local_date;
use crate::domain::ids::TerminationId;
use crate::domain::termination::{Event, TerminationRecord};

/// Loads a termination.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub(super) fn get_in(
    connection: &mut db::DbConnection,
    id: TerminationId,
) -> Result<TerminationRecord, ServiceError> {
    db::terminations::find(connection, id)?.ok_or(ServiceError::NotFound("termination"))
}

/// Does something to a termination and stores what came of it: the new state, an audit entry for each event,
/// and what follows from the events. Completes the case if nothing is left to do. What changes nothing has no
/// consequences: a case that was opened again by a decision may have nothing open, and waits for somebody's work.
///
/// # Errors
/// What the command refuses; nothing has then changed.
pub(super) fn change_in(
    tx: &mut Tx<'_>,
    app: &App,
    before: TerminationRecord,
    command: impl FnOnce(&mut TerminationRecord) -> Result<Vec<Event>, ServiceError>,
) -> Result<TerminationRecord, ServiceError> {
    let mut after = before.clone();
    let events = command(&mut after)?;
    if events.is_empty() {
        return Ok(before);
    }
    store_in(tx, app, (&before, after), events)
}

/// The same for the answer of a person, which may close a case also when it only confirms what was said before:
/// otherwise a case that was opened again by mistake could not be closed.
///
/// # Errors
/// What the command refuses; nothing has then changed.
pub(super) fn answer_in(
    tx: &mut Tx<'_>,
    app: &App,
    before: TerminationRecord,
    command: impl FnOnce(&mut TerminationRecord) -> Result<Vec<Event>, ServiceError>,
) -> Result<TerminationRecord, ServiceError> {
    let mut after = before.clone();
    let events = command(&mut after)?;
    store_in(tx, app, (&before, after), events)
}

fn store_in(
    tx: &mut Tx<'_>,
    app: &App,
    (before, mut after): (&TerminationRecord, TerminationRecord),
    mut events: Vec<Event>,
) -> Result<TerminationRecord, ServiceError> {
    if !events.iter().any(|event| matches!(event, Event::Reopened { .. })) {
        events.extend(after.termination.let_go_if_ready(tx.now()));
        events.extend(after.termination.complete_if_ready(tx.now()));
    }
    if events.is_empty() {
        return Ok(after);
    }
    after.meta = before.meta.changed(tx.now());
    db::terminations::update(tx, before, &after)?;
    record_in(tx, &events)?;
    consequences::follow_in(tx, app, &after, &events)?;
    Ok(after)
}

/// Writes an audit entry for each event.
fn record_in(tx: &mut Tx<'_>, events: &[Event]) -> Result<(), ServiceError> {
    for event in events {
        let details =
            serde_json::to_value(event).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let entry = audit::Entry {
            action: event.name(),
            object_type: "termination",
            object_id: event.termination().to_string(),
            termination: Some(event.termination()),
            details,
        };
        audit::append(tx, entry)?;
    }
    Ok(())
}

/// The local date of the transaction.
fn today(tx: &Tx<'_>) -> chrono::NaiveDate {
    local_date(tx.now())
}
