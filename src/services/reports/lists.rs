//! The two lists that go along with the handing in: what is to come back, to tick and sign, and what has come back.

use super::tree;
use crate::app::App;
use crate::db::hand_in::{HandInFact, Part};
use crate::db::{self, DbConnection};
use crate::domain::calendar::local_date;
use crate::domain::ids::{LegalEntityId, PersonId, TerminationId, UnitId};
use crate::domain::language::Language;
use crate::domain::policy::Action;
use crate::domain::report::{HandInRow, Period, ReceiptRow, Report, ReportScope, UnitPlace};
use crate::domain::termination::{CheckKind, TerminationKind, TerminationRecord};
use crate::services::case::Case;
use crate::services::messages::recipients::resolve_in;
use crate::services::receipts::{self, Received};
use crate::services::{Ctx, ServiceError};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The most rows of a list of what is to be handed in. One that is longer is to be asked for in parts.
const MAX_ROWS: usize = 10_000;
/// The most cases that are looked at for a list of receipts: each is read whole.
const MAX_CASES: usize = 5_000;

/// Which part of what is to be handed in.
#[derive(Clone, Copy, Debug)]
pub struct ListScope {
    /// Which part of the organisation.
    pub place: ReportScope,
    /// Only what this person takes back.
    pub receiver_id: Option<PersonId>,
}

/// What is to be handed in by those whose last day is in a period, by unit and holder. What was withdrawn, such as the end
/// of a mandate of somebody who was re-elected, is not in it. None if it is too long to be made at once.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn hand_in_list(
    ctx: &Ctx,
    scope: ListScope,
    period: Period,
    kind: Option<TerminationKind>,
) -> Result<Option<Report<HandInRow>>, ServiceError> {
    let (app, as_of) = (ctx.app.clone(), ctx.app.clock.now());
    ctx.read(Action::ReadTermination, move |connection| {
        let tree = tree(connection)?;
        let within = tree.within(&scope.place);
        let part = part(&within, MAX_ROWS);
        let mut facts = db::hand_in::due(connection, (period.from, period.to), kind, &part)?;
        if facts.len() > MAX_ROWS {
            return Ok(None);
        }
        if let Some(receiver) = scope.receiver_id {
            let theirs = asked_of(connection, &app, &facts, (receiver, local_date(as_of)))?;
            facts.retain(|fact| theirs.contains(&fact.termination));
        }
        let entities = entity_names(connection)?;
        let mut rows: Vec<HandInRow> = facts
            .into_iter()
            .filter_map(|fact| row_of(fact, &within, &entities))
            .collect();
        rows.sort_by(|one, other| {
            let key = |row: &HandInRow| (row.unit.clone(), row.holder.clone(), row.case_number.clone(), row.kind);
            key(one).cmp(&key(other))
        });
        Ok(Some(Report {
            as_of,
            period: Some(period),
            counted: "What cases under way ask for whose last day is in the period, by unit and holder. Protected \
                      identities are not named.",
            rows,
            total: None,
        }))
    })
    .await
}

/// The cases of these units, and one more than there may be, to notice.
fn part<U>(units: &BTreeMap<UnitId, U>, limit: usize) -> Part<'_, U> {
    Part {
        units,
        limit: i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1),
    }
}

fn row_of(
    fact: HandInFact,
    within: &BTreeMap<UnitId, &UnitPlace>,
    entities: &BTreeMap<LegalEntityId, String>,
) -> Option<HandInRow> {
    let unit = within.get(&fact.unit)?;
    let (model, serial) = fact.device.unzip();
    Some(HandInRow {
        termination_id: fact.termination,
        case_number: fact.number,
        legal_entity: entities.get(&fact.legal_entity).cloned().unwrap_or_default(),
        unit_id: unit.id,
        unit: unit.name.clone(),
        holder: fact.holder,
        end_on: fact.end_on,
        return_by: fact.return_by,
        kind: fact.kind,
        model,
        serial_last4: serial.map(|serial| serial.last_four().to_owned()),
        accessories: fact.accessories,
        number: fact.subscription.map(|number| number.national()),
        is_held: fact.is_held,
        state: fact.state,
    })
}

fn entity_names(connection: &mut DbConnection) -> Result<BTreeMap<LegalEntityId, String>, ServiceError> {
    let all = db::legal_entities::all(connection)?;
    Ok(all.into_iter().map(|entity| (entity.id, entity.name)).collect())
}

/// The cases among these that are asked of one person.
fn asked_of(
    connection: &mut DbConnection,
    app: &App,
    facts: &[HandInFact],
    (receiver, today): (PersonId, NaiveDate),
) -> Result<BTreeSet<TerminationId>, ServiceError> {
    let cases: BTreeSet<TerminationId> = facts.iter().map(|fact| fact.termination).collect();
    let mut theirs = BTreeSet::new();
    for id in cases {
        let Some(record) = db::terminations::find(connection, id)? else {
            continue;
        };
        let role = (record.asked_role(), today);
        // Who is asked does not depend on what there is to hand in.
        let bare = TerminationRecord {
            holdings: Vec::new(),
            ..record
        };
        let case = Case::of(connection, bare)?;
        let asked = resolve_in(connection, app, &case, role)?;
        if asked.and_then(|asked| asked.person) == Some(receiver) {
            theirs.insert(id);
        }
    }
    Ok(theirs)
}

/// The devices about which it was settled in a period whether they came back, by unit and holder, with who settled it.
/// None if it is too long to be made at once.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn receipt_list(
    ctx: &Ctx,
    scope: ListScope,
    period: Period,
    language: Language,
) -> Result<Option<Report<ReceiptRow>>, ServiceError> {
    let (app, as_of) = (ctx.app.clone(), ctx.app.clock.now());
    ctx.read(Action::ReadTermination, move |connection| {
        let tree = tree(connection)?;
        let within = tree.within(&scope.place);
        let cases = db::hand_in::settled_between(connection, period.bounds(), &part(&within, MAX_CASES))?;
        if cases.len() > MAX_CASES {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for id in cases {
            let case = Case::load(connection, id)?;
            let Some(unit) = within.get(&case.employment.unit_id) else {
                continue;
            };
            for received in receipts::received_in(connection, &app, &case, language)? {
                let is_theirs = scope
                    .receiver_id
                    .is_none_or(|receiver| received.person == Some(receiver));
                let is_then = (period.from..=period.to).contains(&received.on);
                if is_theirs && is_then {
                    rows.push(receipt_row(&case, unit, received)?);
                }
            }
        }
        rows.sort_by(|one: &ReceiptRow, other| {
            let key = |row: &ReceiptRow| (row.unit.clone(), row.holder.clone(), row.case_number.clone());
            key(one).cmp(&key(other))
        });
        Ok(Some(Report {
            as_of,
            period: Some(period),
            counted: "Devices about which it was settled in the period whether they came back, by unit and holder. \
                      Deviations are those of the whole case. Protected identities are not named.",
            rows,
            total: None,
        }))
    })
    .await
}

fn receipt_row(case: &Case, unit: &UnitPlace, received: Received) -> Result<ReceiptRow, ServiceError> {
    let termination = &case.record.termination;
    let item = termination.item(received.item)?;
    Ok(ReceiptRow {
        termination_id: termination.id,
        case_number: termination.number.clone(),
        legal_entity: case.legal_entity.name.clone(),
        unit_id: unit.id,
        unit: unit.name.clone(),
        holder: case.holder.name.as_ref().map(|name| name.as_str().to_owned()),
        model: received.model,
        serial_last4: received.serial_last4,
        settled_on: received.on,
        received_by: received.by,
        outcome: item.outcome,
        condition: item.check(CheckKind::Returned)?.note.condition.clone(),
        deviations: received.deviations,
        state: termination.state,
        receipt_code: received.code,
    })
}
