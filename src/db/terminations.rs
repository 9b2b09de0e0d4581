//! Terminations with their items, checks and answers, loaded and stored as one.

use super::keyset::keyset_rows;
use super::prepared::{ExecutePrepared, insert_rows};
use super::schema::{code_answer, termination as table, termination_check, termination_item};
use super::types::{guarded, meta, parse, parse_json, parse_optional, to_json, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::assignment::Assigned;
use crate::domain::ids::{
    AssignmentId, DeviceId, EmploymentId, ItemId, LegalEntityId, PersonId, TerminationId,
};
use crate::domain::page::{Page, PageRequest};
use crate::domain::termination::{
    Check, CodeAnswer, CodeKind, Holding, Item, Termination, TerminationKind, TerminationRecord,
    TerminationState,
};
use crate::domain::wipe::WipeAssessment;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    number: String,
    kind: String,
    state: String,
    employment_id: String,
    person_id: String,
    unit_id: String,
    legal_entity_id: String,
    end_on: NaiveDate,
    return_by: NaiveDate,
    hold: Option<String>,
    released: Option<String>,
    completed_at: Option<NaiveDateTime>,
    cancelled: Option<String>,
    reopened: Option<String>,
    is_contradicted: bool,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = termination_item, treat_none_as_null = true, treat_none_as_default_value = false)]
struct ItemRow {
    id: String,
    termination_id: String,
    position: i32,
    kind: String,
    assignment_id: String,
    device_id: Option<String>,
    subscription_id: Option<String>,
    custody_epoch: i64,
    data_class: String,
    required_wipe_level: String,
    outcome: Option<String>,
    is_identity_confirmed: bool,
    number_decision: Option<String>,
    wipe_state: String,
    wipe_level: String,
    is_wipe_contradicted: bool,
    contradiction: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = termination_check, treat_none_as_null = true, treat_none_as_default_value = false)]
struct CheckRow {
    item_id: String,
    kind: String,
    position: i32,
    is_mandatory: bool,
    state: String,
    act: Option<String>,
    reason: Option<String>,
    note: String,
}

#[derive(Queryable, Selectable, Insertable, PartialEq)]
#[diesel(table_name = code_answer, treat_none_as_default_value = false)]
struct CodeRow {
    item_id: String,
    kind: String,
    answer: String,
}

/// Which terminations are asked for.
#[derive(Clone, Debug, Default)]
pub struct TerminationFilter {
    /// In this state.
    pub state: Option<TerminationState>,
    /// Of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// Of this employment.
    pub employment_id: Option<EmploymentId>,
    /// Of this person.
    pub person_id: Option<PersonId>,
    /// With this case number.
    pub number: Option<String>,
    /// With a contradicted wipe, or without.
    pub is_contradicted: Option<bool>,
    /// Under a preservation hold, or not.
    pub is_held: Option<bool>,
    /// Of this kind.
    pub kind: Option<TerminationKind>,
    /// Whose devices were due back before this day.
    pub return_before: Option<NaiveDate>,
}

/// The termination with this id.
pub fn find(connection: &mut DbConnection, id: TerminationId) -> Result<Option<TerminationRecord>, DbError> {
    let row = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    load(connection, row)
}

/// The termination of an employment that is being worked with.
pub fn find_active(
    connection: &mut DbConnection,
    id: EmploymentId,
) -> Result<Option<TerminationRecord>, DbError> {
    let row = table::table
        .filter(table::employment_id.eq(id.to_string()))
        .filter(table::state.eq("scheduled").or(table::state.eq("open")))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    load(connection, row)
}

/// The termination, and the item in it, that is about this custody of this device. The newest one counts.
pub fn find_by_custody(
    connection: &mut DbConnection,
    device: DeviceId,
    custody_epoch: i64,
) -> Result<Option<(TerminationRecord, ItemId)>, DbError> {
    let found: Option<(String, String)> = termination_item::table
        .inner_join(table::table.on(table::id.eq(termination_item::termination_id)))
        .filter(termination_item::device_id.eq(device.to_string()))
        .filter(termination_item::custody_epoch.eq(custody_epoch))
        .filter(table::state.ne("cancelled"))
        .order(table::id.desc())
        .select((table::id, termination_item::id))
        .first(connection)
        .optional()?;
    let Some((id, item)) = found else { return Ok(None) };
    let record = find(connection, parse("termination", "id", &id)?)?.ok_or(DbError::NotFound)?;
    Ok(Some((record, parse("termination_item", "id", &item)?)))
}

/// The devices of cases whose wipe is to be assessed anew by now although nothing was reported, the longest due
/// first.
pub fn wipes_due(
    connection: &mut DbConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(TerminationId, ItemId)>, DbError> {
    let rows: Vec<(String, String)> = termination_item::table
        .filter(termination_item::wipe_due_at.le(now.naive_utc()))
        .order((termination_item::wipe_due_at, termination_item::id))
        .limit(limit)
        .select((termination_item::termination_id, termination_item::id))
        .load(connection)?;
    rows.iter()
        .map(|(termination, item)| {
            Ok((
                parse("termination_item", "termination_id", termination)?,
                parse("termination_item", "id", item)?,
            ))
        })
        .collect()
}

/// Notes when the wipe of a device is to be assessed anew although nothing was reported, or that it need not be.
pub fn set_wipe_due(tx: &mut Tx<'_>, item: ItemId, at: Option<DateTime<Utc>>) -> Result<(), DbError> {
    diesel::update(termination_item::table.find(item.to_string()))
        .set(termination_item::wipe_due_at.eq(at.map(|at| at.naive_utc())))
        .execute(&mut **tx)?;
    Ok(())
}

/// The ids of terminations under way that still wait for something from people of this manager.
pub fn active_of_manager(
    connection: &mut DbConnection,
    manager: PersonId,
) -> Result<Vec<TerminationId>, DbError> {
    use super::schema::employment;
    let ids: Vec<String> = table::table
        .inner_join(employment::table.on(employment::id.eq(table::employment_id)))
        .filter(employment::manager_id.eq(manager.to_string()))
        .filter(table::state.eq("scheduled").or(table::state.eq("open")))
        .order(table::id)
        .select(table::id)
        .load(connection)?;
    ids.iter().map(|id| parse("termination", "id", id)).collect()
}

/// One page of terminations.
pub fn list(
    connection: &mut DbConnection,
    filter: &TerminationFilter,
    page: PageRequest,
) -> Result<Page<TerminationRecord>, DbError> {
    let rows = keyset_rows!(connection, filtered(filter), table, page)?;
    let records = load_all(connection, rows)?;
    Ok(Page::from_rows(records, page, |record| {
        record.termination.id.into()
    }))
}

fn filtered(filter: &TerminationFilter) -> table::BoxedQuery<'static, super::connection::MultiBackend> {
    let mut query = table::table.into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(table::state.eq(state.as_str()));
    }
    if let Some(id) = filter.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    if let Some(id) = filter.employment_id {
        query = query.filter(table::employment_id.eq(id.to_string()));
    }
    if let Some(id) = filter.person_id {
        query = query.filter(table::person_id.eq(id.to_string()));
    }
    if let Some(number) = &filter.number {
        query = query.filter(table::number.eq(number.clone()));
    }
    if let Some(contradicted) = filter.is_contradicted {
        query = query.filter(table::is_contradicted.eq(contradicted));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(table::kind.eq(kind.as_str()));
    }
    if let Some(day) = filter.return_before {
        query = query.filter(table::return_by.lt(day));
    }
    match filter.is_held {
        Some(true) => query.filter(table::hold.is_not_null()),
        Some(false) => query.filter(table::hold.is_null()),
        None => query,
    }
}

/// Stores a new termination.
pub fn insert(tx: &mut Tx<'_>, record: &TerminationRecord) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(to_row(record)?)
        .execute(&mut **tx)?;
    for (position, item) in (0..).zip(&record.termination.items) {
        insert_item(tx, record, position, item)?;
    }
    Ok(())
}

/// Stores a changed termination, if nobody changed it meanwhile. Only what differs is written.
pub fn update(tx: &mut Tx<'_>, before: &TerminationRecord, after: &TerminationRecord) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(after.termination.id.to_string()))
        .filter(table::version.eq(before.meta.version))
        .set(to_row(after)?)
        .execute_prepared(tx)?;
    guarded(changed)?;
    for (position, item) in (0..).zip(&after.termination.items) {
        match before.termination.items.iter().find(|old| old.id == item.id) {
            Some(old) if old == item => {}
            Some(old) => update_item(tx, after, position, (old, item))?,
            None => insert_item(tx, after, position, item)?,
        }
    }
    Ok(())
}

fn insert_item(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    position: i32,
    item: &Item,
) -> Result<(), DbError> {
    diesel::insert_into(termination_item::table)
        .values(to_item_row(record, position, item)?)
        .execute(&mut **tx)?;
    let checks = (0..)
        .zip(&item.checks)
        .map(|(at, check)| to_check_row(item.id, at, check));
    let checks = checks.collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, termination_check::table, &checks)?;
    insert_codes(tx, item)
}

fn update_item(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    position: i32,
    (old, item): (&Item, &Item),
) -> Result<(), DbError> {
    diesel::update(termination_item::table.find(item.id.to_string()))
        .set(to_item_row(record, position, item)?)
        .execute_prepared(tx)?;
    for (at, check) in (0..).zip(&item.checks) {
        if !old.checks.contains(check) {
            let key = (item.id.to_string(), check.kind.as_str());
            diesel::update(termination_check::table.find(key))
                .set(to_check_row(item.id, at, check)?)
                .execute_prepared(tx)?;
        }
    }
    if old.code_answers != item.code_answers {
        diesel::delete(code_answer::table.filter(code_answer::item_id.eq(item.id.to_string())))
            .execute(&mut **tx)?;
        insert_codes(tx, item)?;
    }
    Ok(())
}

fn insert_codes(tx: &mut Tx<'_>, item: &Item) -> Result<(), DbError> {
    for (kind, answer) in &item.code_answers {
        let row = CodeRow {
            item_id: item.id.to_string(),
            kind: kind.as_str().to_owned(),
            answer: answer.as_str().to_owned(),
        };
        diesel::insert_into(code_answer::table)
            .values(&row)
            .execute(&mut **tx)?;
    }
    Ok(())
}

fn to_row(record: &TerminationRecord) -> Result<Row, DbError> {
    let termination = &record.termination;
    Ok(Row {
        id: termination.id.to_string(),
        number: termination.number.clone(),
        kind: termination.kind.as_str().to_owned(),
        state: termination.state.as_str().to_owned(),
        employment_id: record.employment_id.to_string(),
        person_id: record.person_id.to_string(),
        unit_id: record.unit_id.to_string(),
        legal_entity_id: record.legal_entity_id.to_string(),
        end_on: termination.end_on,
        return_by: termination.return_by,
        hold: termination.hold.as_ref().map(to_json).transpose()?,
        released: termination.released.as_ref().map(to_json).transpose()?,
        completed_at: termination.completed_at.map(|at| at.naive_utc()),
        cancelled: termination.cancelled.as_ref().map(to_json).transpose()?,
        reopened: termination.reopened.as_ref().map(to_json).transpose()?,
        is_contradicted: termination.items.iter().any(|item| item.wipe.contradicted),
        version: record.meta.version,
        created_at: record.meta.created_at.naive_utc(),
        updated_at: record.meta.updated_at.naive_utc(),
    })
}

fn to_item_row(record: &TerminationRecord, position: i32, item: &Item) -> Result<ItemRow, DbError> {
    let holding = record
        .holding(item.id)
        .ok_or_else(|| DbError::Other("an item of a termination is about nothing".to_owned()))?;
    let (device_id, subscription_id) = match holding.assigned {
        Assigned::Device(id) => (Some(id.to_string()), None),
        Assigned::Subscription(id) => (None, Some(id.to_string())),
    };
    Ok(ItemRow {
        id: item.id.to_string(),
        termination_id: record.termination.id.to_string(),
        position,
        kind: item.kind.as_str().to_owned(),
        assignment_id: holding.assignment.to_string(),
        device_id,
        subscription_id,
        custody_epoch: holding.custody_epoch,
        data_class: item.data_class.as_str().to_owned(),
        required_wipe_level: item.required_wipe.as_str().to_owned(),
        outcome: item.outcome.map(|outcome| outcome.as_str().to_owned()),
        is_identity_confirmed: item.identity_confirmed,
        number_decision: item.number_decision.map(|decision| decision.as_str().to_owned()),
        wipe_state: item.wipe.state.as_str().to_owned(),
        wipe_level: item.wipe.level.as_str().to_owned(),
        is_wipe_contradicted: item.wipe.contradicted,
        contradiction: item.contradiction.as_ref().map(to_json).transpose()?,
    })
}

fn to_check_row(item: ItemId, position: i32, check: &Check) -> Result<CheckRow, DbError> {
    Ok(CheckRow {
        item_id: item.to_string(),
        kind: check.kind.as_str().to_owned(),
        position,
        is_mandatory: check.mandatory,
        state: check.state.as_str().to_owned(),
        act: check.act.as_ref().map(to_json).transpose()?,
        reason: check.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        note: to_json(&check.note)?,
    })
}

/// Three queries whose text is always the same, so that they are prepared once.
fn load(connection: &mut DbConnection, row: Option<Row>) -> Result<Option<TerminationRecord>, DbError> {
    let Some(row) = row else { return Ok(None) };
    let items: Vec<ItemRow> = termination_item::table
        .filter(termination_item::termination_id.eq(&row.id))
        .order(termination_item::position)
        .select(ItemRow::as_select())
        .load(connection)?;
    let checks: Vec<CheckRow> = termination_check::table
        .inner_join(termination_item::table.on(termination_item::id.eq(termination_check::item_id)))
        .filter(termination_item::termination_id.eq(&row.id))
        .order((termination_check::item_id, termination_check::position))
        .select(CheckRow::as_select())
        .load(connection)?;
    let codes: Vec<CodeRow> = code_answer::table
        .inner_join(termination_item::table.on(termination_item::id.eq(code_answer::item_id)))
        .filter(termination_item::termination_id.eq(&row.id))
        .select(CodeRow::as_select())
        .load(connection)?;
    to_record(row, &items, (&checks, &codes)).map(Some)
}

/// Three queries for any number of terminations.
fn load_all(connection: &mut DbConnection, rows: Vec<Row>) -> Result<Vec<TerminationRecord>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let items: Vec<ItemRow> = termination_item::table
        .filter(termination_item::termination_id.eq_any(ids))
        .order((termination_item::termination_id, termination_item::position))
        .select(ItemRow::as_select())
        .load(connection)?;
    let item_ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    let checks: Vec<CheckRow> = termination_check::table
        .filter(termination_check::item_id.eq_any(&item_ids))
        .order((termination_check::item_id, termination_check::position))
        .select(CheckRow::as_select())
        .load(connection)?;
    let codes: Vec<CodeRow> = code_answer::table
        .filter(code_answer::item_id.eq_any(&item_ids))
        .select(CodeRow::as_select())
        .load(connection)?;
    rows.into_iter()
        .map(|row| to_record(row, &items, (&checks, &codes)))
        .collect()
}

fn to_record(
    row: Row,
    items: &[ItemRow],
    (checks, codes): (&[CheckRow], &[CodeRow]),
) -> Result<TerminationRecord, DbError> {
    let own: Vec<&ItemRow> = items
        .iter()
        .filter(|item| item.termination_id == row.id)
        .collect();
    let decision = |column, text: Option<&str>| {
        text.map(|text| parse_json("termination", column, text))
            .transpose()
    };
    let termination = Termination {
        id: parse("termination", "id", &row.id)?,
        kind: parse("termination", "kind", &row.kind)?,
        state: parse("termination", "state", &row.state)?,
        end_on: row.end_on,
        return_by: row.return_by,
        hold: decision("hold", row.hold.as_deref())?,
        released: decision("released", row.released.as_deref())?,
        items: own
            .iter()
            .map(|item| to_item(item, checks, codes))
            .collect::<Result<_, _>>()?,
        completed_at: utc_optional(row.completed_at),
        cancelled: decision("cancelled", row.cancelled.as_deref())?,
        reopened: decision("reopened", row.reopened.as_deref())?,
        number: row.number,
    };
    Ok(TerminationRecord {
        termination,
        employment_id: parse("termination", "employment_id", &row.employment_id)?,
        person_id: parse("termination", "person_id", &row.person_id)?,
        unit_id: parse("termination", "unit_id", &row.unit_id)?,
        legal_entity_id: parse("termination", "legal_entity_id", &row.legal_entity_id)?,
        holdings: own
            .iter()
            .map(|item| to_holding(item))
            .collect::<Result<_, _>>()?,
        meta: meta(row.version, row.created_at, row.updated_at),
    })
}

fn to_holding(row: &ItemRow) -> Result<Holding, DbError> {
    let device = parse_optional("termination_item", "device_id", row.device_id.as_deref())?;
    let subscription = parse_optional(
        "termination_item",
        "subscription_id",
        row.subscription_id.as_deref(),
    )?;
    let assigned = match (device, subscription) {
        (Some(id), None) => Assigned::Device(id),
        (None, Some(id)) => Assigned::Subscription(id),
        (Some(_), Some(_)) | (None, None) => {
            return Err(DbError::Corrupt {
                table: "termination_item",
                column: "device_id",
            });
        }
    };
    let assignment: AssignmentId = parse("termination_item", "assignment_id", &row.assignment_id)?;
    let item = parse("termination_item", "id", &row.id)?;
    Ok(Holding {
        item,
        assignment,
        assigned,
        custody_epoch: row.custody_epoch,
    })
}

fn to_item(row: &ItemRow, checks: &[CheckRow], codes: &[CodeRow]) -> Result<Item, DbError> {
    let own_checks = checks
        .iter()
        .filter(|check| check.item_id == row.id)
        .map(to_check);
    let own_codes = codes.iter().filter(|code| code.item_id == row.id).map(to_code);
    let wipe = WipeAssessment {
        state: parse("termination_item", "wipe_state", &row.wipe_state)?,
        level: parse("termination_item", "wipe_level", &row.wipe_level)?,
        contradicted: row.is_wipe_contradicted,
    };
    Ok(Item {
        id: parse("termination_item", "id", &row.id)?,
        kind: parse("termination_item", "kind", &row.kind)?,
        data_class: parse("termination_item", "data_class", &row.data_class)?,
        required_wipe: parse(
            "termination_item",
            "required_wipe_level",
            &row.required_wipe_level,
        )?,
        outcome: parse_optional("termination_item", "outcome", row.outcome.as_deref())?,
        identity_confirmed: row.is_identity_confirmed,
        checks: own_checks.collect::<Result<_, _>>()?,
        code_answers: own_codes.collect::<Result<BTreeMap<_, _>, _>>()?,
        number_decision: parse_optional(
            "termination_item",
            "number_decision",
            row.number_decision.as_deref(),
        )?,
        wipe,
        contradiction: row
            .contradiction
            .as_deref()
            .map(|text| parse_json("termination_item", "contradiction", text))
            .transpose()?,
    })
}

fn to_check(row: &CheckRow) -> Result<Check, DbError> {
    let act = row
        .act
        .as_deref()
        .map(|text| parse_json("termination_check", "act", text))
        .transpose()?;
    let reason = row.reason.clone().map(|text| text.try_into()).transpose();
    Ok(Check {
        kind: parse("termination_check", "kind", &row.kind)?,
        state: parse("termination_check", "state", &row.state)?,
        mandatory: row.is_mandatory,
        act,
        reason: reason.map_err(|_| DbError::Corrupt {
            table: "termination_check",
            column: "reason",
        })?,
        note: parse_json("termination_check", "note", &row.note)?,
    })
}

fn to_code(row: &CodeRow) -> Result<(CodeKind, CodeAnswer), DbError> {
    Ok((
        parse("code_answer", "kind", &row.kind)?,
        parse("code_answer", "answer", &row.answer)?,
    ))
}
