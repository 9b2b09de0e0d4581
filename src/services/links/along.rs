//! Whether a device goes along with a holder who moves: the manager whom it leaves says so, the one whom it comes to accepts.

use super::{Confirmation, DeviceAnswer};
use crate::app::App;
use crate::db::{self, DbConnection, Tx};
use crate::domain::action_link::ActionLink;
use crate::domain::employment::Employment;
use crate::domain::error::DomainError;
use crate::domain::termination::{
    Act, CheckKind, CheckState, Decision, Event, Item, NamedDecision, Proposal, Reason, Termination,
    TerminationKind,
};
use crate::services::case::Case;
use crate::services::{ServiceError, assignments};

/// The reason that is kept when nobody gave one in own words.
const GOES_ALONG: &str = "goes_along";

/// What is asked about a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlongAsked {
    /// Whether the device goes along or is handed back.
    Propose,
    /// Whether it is accepted.
    Accept,
    /// Nothing: it would go to another legal entity, which both decide with the service desk.
    Elsewhere,
}

/// The employment in which the holder goes on.
fn next_of(connection: &mut DbConnection, case: &Case) -> Result<Option<Employment>, ServiceError> {
    let employment = &case.employment;
    let own = db::employments::of_person(connection, employment.person_id)?;
    let next = employment.continued_by(case.record.termination.end_on, &own);
    Ok(next.cloned())
}

/// What is asked about the devices of a move; nothing in other cases.
pub(super) fn asked_in(
    connection: &mut DbConnection,
    case: &Case,
    item: &Item,
) -> Result<Option<AlongAsked>, ServiceError> {
    let returned = item.check(CheckKind::Returned)?.state;
    let is_open = matches!(returned, CheckState::Open | CheckState::Declared);
    if case.record.termination.kind != TerminationKind::Transfer || !is_open {
        return Ok(None);
    }
    if item.proposal.is_some() {
        return Ok(Some(AlongAsked::Accept));
    }
    Ok(next_of(connection, case)?.map(|next| {
        if next.legal_entity_id == case.record.legal_entity_id {
            AlongAsked::Propose
        } else {
            AlongAsked::Elsewhere
        }
    }))
}

/// What the answers say about devices that go along, ready to be given to the case.
pub(super) struct Along {
    next: Option<Employment>,
    by: NamedDecision,
    /// Whether the one who answers leads the holder on the other side, too.
    is_both: bool,
}

/// Hands out on the other employment what is accepted now, and looks up who says so.
pub(super) fn prepare_in(
    tx: &mut Tx<'_>,
    app: &App,
    (case, link, act): (&Case, &ActionLink, &Act),
    (confirmation, message): (&Confirmation, Option<&str>),
) -> Result<Option<Along>, ServiceError> {
    if confirmation.devices.iter().all(|answer| answer.along.is_none()) {
        return Ok(None);
    }
    let person = db::people::find(tx, link.person_id)?;
    let name = person.as_ref().and_then(|person| person.open_name());
    let by = Reason::parse(name.map_or("receiver", |name| name.as_str()))?;
    let reason = Reason::parse(message.unwrap_or(GOES_ALONG))?;
    let next = next_of(tx, case)?;
    let along = Along {
        is_both: next
            .as_ref()
            .is_some_and(|next| next.manager_id == Some(link.person_id)),
        next,
        by: NamedDecision {
            by,
            decision: Decision {
                reason,
                act: act.clone(),
            },
        },
    };
    for answer in confirmation
        .devices
        .iter()
        .filter(|answer| answer.along == Some(true))
    {
        let proposed = case.record.termination.item(answer.item)?.proposal.as_ref();
        let own = along.next.as_ref().filter(|_| along.is_both);
        let accepted = proposed
            .map(|proposal| proposal.employment)
            .or(own.map(|next| next.id));
        if let Some(employment) = accepted {
            let holding = case.record.holding(answer.item).ok_or(DomainError::UnknownItem)?;
            assignments::hand_on_in(tx, app, holding.assignment, employment)?;
        }
    }
    Ok(Some(along))
}

/// Gives one answer to the case.
pub(super) fn apply(
    termination: &mut Termination,
    answer: &DeviceAnswer,
    (along, act): (&Along, &Act),
) -> Result<Vec<Event>, DomainError> {
    let item = answer.item;
    let is_proposed = termination.item(item)?.proposal.is_some();
    match answer.along {
        None => Ok(Vec::new()),
        Some(true) if is_proposed => termination.accept_along(item, along.by.clone()),
        Some(false) if is_proposed => termination.decline_along(item, act),
        Some(false) => Ok(Vec::new()),
        Some(true) => {
            let next = along.next.as_ref().ok_or(DomainError::Conflict)?;
            let proposal = Proposal {
                employment: next.id,
                decided: along.by.clone(),
            };
            let mut events = termination.propose_along(item, proposal)?;
            if along.is_both {
                events.extend(termination.accept_along(item, along.by.clone())?);
            }
            Ok(events)
        }
    }
}
