//! The rows of terminations, and how they become what they tell of.

use crate::db::DbError;
use crate::db::schema::{code_answer, termination as table, termination_check, termination_item};
use crate::db::types::{meta, parse, parse_json, parse_optional, to_json, utc_optional};
use crate::domain::assignment::Assigned;
use crate::domain::delegation::Delegate;
use crate::domain::ids::{AssignmentId, ItemId};
use crate::domain::termination::{
    Check, CodeAnswer, CodeKind, Holding, Item, Termination, TerminationRecord,
};
use crate::domain::wipe::WipeAssessment;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) employment_id: String,
    pub(super) person_id: String,
    pub(super) unit_id: String,
    pub(super) legal_entity_id: String,
    pub(super) end_on: NaiveDate,
    pub(super) return_by: NaiveDate,
    pub(super) hold: Option<String>,
    pub(super) released: Option<String>,
    pub(super) completed_at: Option<NaiveDateTime>,
    pub(super) cancelled: Option<String>,
    pub(super) reopened: Option<String>,
    pub(super) is_contradicted: bool,
    pub(super) version: i64,
    pub(super) created_at: NaiveDateTime,
    pub(super) updated_at: NaiveDateTime,
    pub(super) breach_notify_by: Option<NaiveDateTime>,
    pub(super) delegate_to: Option<String>,
    pub(super) delegate_id: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = termination_item, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct ItemRow {
    pub(super) id: String,
    pub(super) termination_id: String,
    pub(super) position: i32,
    pub(super) kind: String,
    pub(super) assignment_id: String,
    pub(super) device_id: Option<String>,
    pub(super) subscription_id: Option<String>,
    pub(super) custody_epoch: i64,
    pub(super) data_class: String,
    pub(super) required_wipe_level: String,
    pub(super) outcome: Option<String>,
    pub(super) is_identity_confirmed: bool,
    pub(super) number_decision: Option<String>,
    pub(super) wipe_state: String,
    pub(super) wipe_level: String,
    pub(super) is_wipe_contradicted: bool,
    pub(super) contradiction: Option<String>,
    pub(super) loss: Option<String>,
    pub(super) disposal: Option<String>,
    pub(super) damage: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = termination_check, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct CheckRow {
    pub(super) item_id: String,
    pub(super) kind: String,
    pub(super) position: i32,
    pub(super) is_mandatory: bool,
    pub(super) state: String,
    pub(super) act: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) note: String,
}

#[derive(Queryable, Selectable, Insertable, PartialEq)]
#[diesel(table_name = code_answer, treat_none_as_default_value = false)]
pub(super) struct CodeRow {
    pub(super) item_id: String,
    pub(super) kind: String,
    pub(super) answer: String,
}

pub(super) fn to_row(record: &TerminationRecord) -> Result<Row, DbError> {
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
        breach_notify_by: termination.breach_notify_by().map(|at| at.naive_utc()),
        delegate_to: record
            .delegate
            .map(|delegate| delegate.word().as_str().to_owned()),
        delegate_id: record
            .delegate
            .and_then(Delegate::person)
            .map(|id| id.to_string()),
    })
}

pub(super) fn to_item_row(
    record: &TerminationRecord,
    position: i32,
    item: &Item,
) -> Result<ItemRow, DbError> {
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
        loss: item.loss.as_ref().map(to_json).transpose()?,
        disposal: item.disposal.as_ref().map(to_json).transpose()?,
        damage: item.damage.as_ref().map(to_json).transpose()?,
    })
}

pub(super) fn to_check_row(item: ItemId, position: i32, check: &Check) -> Result<CheckRow, DbError> {
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

pub(super) fn to_record(
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
    let delegate = to_delegate(row.delegate_to.as_deref(), row.delegate_id.as_deref())?;
    Ok(TerminationRecord {
        termination,
        delegate,
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

fn to_delegate(word: Option<&str>, person: Option<&str>) -> Result<Option<Delegate>, DbError> {
    let Some(word) = parse_optional("termination", "delegate_to", word)? else {
        return Ok(None);
    };
    let person = parse_optional("termination", "delegate_id", person)?;
    let delegate = Delegate::of(word, person).ok_or(DbError::Corrupt {
        table: "termination",
        column: "delegate_id",
    })?;
    Ok(Some(delegate))
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
        contradiction: document("contradiction", row.contradiction.as_deref())?,
        loss: document("loss", row.loss.as_deref())?,
        disposal: document("disposal", row.disposal.as_deref())?,
        damage: document("damage", row.damage.as_deref())?,
    })
}

/// A JSON document of an item, if it is there.
fn document<T: serde::de::DeserializeOwned>(
    column: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, DbError> {
    text.map(|text| parse_json("termination_item", column, text))
        .transpose()
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
