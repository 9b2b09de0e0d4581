//! The rows of terminations, and how they become what they tell of.

use crate::db::DbError;
use crate::db::schema::{termination as table, termination_item};
use crate::db::types::{meta, parse, parse_json, parse_optional, to_json, utc_optional};
use crate::domain::assignment::Assigned;
use crate::domain::delegation::Delegate;
use crate::domain::ids::AssignmentId;
use crate::domain::termination::{
    CheckKind, Holding, Item, NumberDecision, NumberRuling, Termination, TerminationRecord,
};
use crate::domain::wipe::WipeAssessment;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

/// A case. What never changes stands apart from what does: an update looks after every index and every reference of the
/// columns that it names, changed or not.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub(super) id: String,
    number: String,
    employment_id: String,
    created_at: NaiveDateTime,
    #[diesel(embed)]
    owner: OwnerRow,
    #[diesel(embed)]
    stage: StageRow,
    #[diesel(embed)]
    progress: ProgressRow,
}

/// Whose case it is.
#[derive(PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table)]
pub(super) struct OwnerRow {
    person_id: String,
    unit_id: String,
    legal_entity_id: String,
}

/// Where the case stands: the columns that the lists of cases are made by.
#[derive(PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct StageRow {
    state: String,
    return_by: NaiveDate,
    completed_at: Option<NaiveDateTime>,
    breach_notify_by: Option<NaiveDateTime>,
}

/// What else is known of it.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct ProgressRow {
    kind: String,
    end_on: NaiveDate,
    hold: Option<String>,
    released: Option<String>,
    cancelled: Option<String>,
    reopened: Option<String>,
    is_contradicted: bool,
    absence: Option<String>,
    is_paused: bool,
    delegate_to: Option<String>,
    delegate_id: Option<String>,
    version: i64,
    updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = termination_item, treat_none_as_default_value = false)]
pub(super) struct ItemRow {
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
    #[diesel(embed)]
    state: ItemStateRow,
}

/// What changes of an item.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = termination_item, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct ItemStateRow {
    outcome: Option<String>,
    is_identity_confirmed: bool,
    number_decision: Option<String>,
    wipe_state: String,
    wipe_level: String,
    is_wipe_contradicted: bool,
    contradiction: Option<String>,
    loss: Option<String>,
    disposal: Option<String>,
    damage: Option<String>,
    arrangement: Option<String>,
    proposal: Option<String>,
    number_ruling: Option<String>,
    number_request: Option<String>,
    /// Checks and answers are read and written with their item alone, so they are documents of it.
    checks: String,
    code_answers: String,
    is_return_settled: bool,
    is_to_be_transferred: bool,
    awaits_mdm: bool,
}

pub(super) fn to_row(record: &TerminationRecord) -> Result<Row, DbError> {
    let termination = &record.termination;
    Ok(Row {
        id: termination.id.to_string(),
        number: termination.number.clone(),
        employment_id: record.employment_id.to_string(),
        created_at: record.meta.created_at.naive_utc(),
        owner: record.into(),
        stage: termination.into(),
        progress: record.try_into()?,
    })
}

impl From<&TerminationRecord> for OwnerRow {
    fn from(record: &TerminationRecord) -> Self {
        Self {
            person_id: record.person_id.to_string(),
            unit_id: record.unit_id.to_string(),
            legal_entity_id: record.legal_entity_id.to_string(),
        }
    }
}

impl From<&Termination> for StageRow {
    fn from(termination: &Termination) -> Self {
        Self {
            state: termination.state.as_str().to_owned(),
            return_by: termination.return_by,
            completed_at: termination.completed_at.map(|at| at.naive_utc()),
            breach_notify_by: termination.breach_notify_by().map(|at| at.naive_utc()),
        }
    }
}

impl TryFrom<&TerminationRecord> for ProgressRow {
    type Error = DbError;

    fn try_from(record: &TerminationRecord) -> Result<Self, DbError> {
        let termination = &record.termination;
        Ok(Self {
            kind: termination.kind.as_str().to_owned(),
            end_on: termination.end_on,
            hold: termination.hold.as_ref().map(to_json).transpose()?,
            released: termination.released.as_ref().map(to_json).transpose()?,
            cancelled: termination.cancelled.as_ref().map(to_json).transpose()?,
            reopened: termination.reopened.as_ref().map(to_json).transpose()?,
            is_contradicted: termination.items.iter().any(|item| item.wipe.contradicted),
            absence: termination.absence.as_ref().map(to_json).transpose()?,
            is_paused: termination.is_paused(),
            delegate_to: record
                .delegate
                .map(|delegate| delegate.word().as_str().to_owned()),
            delegate_id: record
                .delegate
                .and_then(Delegate::person)
                .map(|id| id.to_string()),
            version: record.meta.version,
            updated_at: record.meta.updated_at.naive_utc(),
        })
    }
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
        state: item.try_into()?,
    })
}

impl TryFrom<&Item> for ItemStateRow {
    type Error = DbError;

    fn try_from(item: &Item) -> Result<Self, DbError> {
        Ok(Self {
            outcome: item.outcome.map(|outcome| outcome.as_str().to_owned()),
            is_identity_confirmed: item.identity_confirmed,
            number_decision: item
                .number_decision()
                .map(|decision| decision.as_str().to_owned()),
            wipe_state: item.wipe.state.as_str().to_owned(),
            wipe_level: item.wipe.level.as_str().to_owned(),
            is_wipe_contradicted: item.wipe.contradicted,
            contradiction: item.contradiction.as_ref().map(to_json).transpose()?,
            loss: item.loss.as_ref().map(to_json).transpose()?,
            disposal: item.disposal.as_ref().map(to_json).transpose()?,
            damage: item.damage.as_ref().map(to_json).transpose()?,
            arrangement: item.arrangement.as_ref().map(to_json).transpose()?,
            proposal: item.proposal.as_ref().map(to_json).transpose()?,
            number_ruling: item.number.as_ref().map(to_json).transpose()?,
            number_request: item.number_request.as_ref().map(to_json).transpose()?,
            checks: to_json(&item.checks)?,
            code_answers: to_json(&item.code_answers)?,
            is_return_settled: item.is_settled(CheckKind::Returned),
            is_to_be_transferred: item.is_to_be_transferred(),
            awaits_mdm: item.awaits_mdm(),
        })
    }
}

pub(super) fn to_record(row: Row, items: &[ItemRow]) -> Result<TerminationRecord, DbError> {
    let Row {
        owner,
        stage,
        progress,
        ..
    } = row;
    let own: Vec<&ItemRow> = items
        .iter()
        .filter(|item| item.termination_id == row.id)
        .collect();
    let decision = |column, text: Option<&str>| {
        text.map(|text| parse_json("termination", column, text))
            .transpose()
    };
    let absence = progress.absence.as_deref();
    let termination = Termination {
        absence: absence
            .map(|text| parse_json("termination", "absence", text))
            .transpose()?,
        id: parse("termination", "id", &row.id)?,
        kind: parse("termination", "kind", &progress.kind)?,
        state: parse("termination", "state", &stage.state)?,
        end_on: progress.end_on,
        return_by: stage.return_by,
        hold: decision("hold", progress.hold.as_deref())?,
        released: decision("released", progress.released.as_deref())?,
        items: own.iter().map(|item| to_item(item)).collect::<Result<_, _>>()?,
        completed_at: utc_optional(stage.completed_at),
        cancelled: decision("cancelled", progress.cancelled.as_deref())?,
        reopened: decision("reopened", progress.reopened.as_deref())?,
        number: row.number,
    };
    let delegate = to_delegate(progress.delegate_to.as_deref(), progress.delegate_id.as_deref())?;
    Ok(TerminationRecord {
        termination,
        delegate,
        employment_id: parse("termination", "employment_id", &row.employment_id)?,
        person_id: parse("termination", "person_id", &owner.person_id)?,
        unit_id: parse("termination", "unit_id", &owner.unit_id)?,
        legal_entity_id: parse("termination", "legal_entity_id", &owner.legal_entity_id)?,
        holdings: own
            .iter()
            .map(|item| to_holding(item))
            .collect::<Result<_, _>>()?,
        meta: meta(progress.version, row.created_at, progress.updated_at),
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

fn to_item(row: &ItemRow) -> Result<Item, DbError> {
    let state = &row.state;
    let wipe = WipeAssessment {
        state: parse("termination_item", "wipe_state", &state.wipe_state)?,
        level: parse("termination_item", "wipe_level", &state.wipe_level)?,
        contradicted: state.is_wipe_contradicted,
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
        outcome: parse_optional("termination_item", "outcome", state.outcome.as_deref())?,
        identity_confirmed: state.is_identity_confirmed,
        checks: parse_json("termination_item", "checks", &state.checks)?,
        code_answers: parse_json("termination_item", "code_answers", &state.code_answers)?,
        number: to_ruling(state)?,
        number_request: document("number_request", state.number_request.as_deref())?,
        wipe,
        contradiction: document("contradiction", state.contradiction.as_deref())?,
        loss: document("loss", state.loss.as_deref())?,
        disposal: document("disposal", state.disposal.as_deref())?,
        damage: document("damage", state.damage.as_deref())?,
        arrangement: document("arrangement", state.arrangement.as_deref())?,
        proposal: document("proposal", state.proposal.as_deref())?,
    })
}

/// What was decided about the number. Of an old decision the row has no more than the word.
fn to_ruling(row: &ItemStateRow) -> Result<Option<NumberRuling>, DbError> {
    if let Some(ruling) = document("number_ruling", row.number_ruling.as_deref())? {
        return Ok(Some(ruling));
    }
    let word: Option<NumberDecision> = parse_optional(
        "termination_item",
        "number_decision",
        row.number_decision.as_deref(),
    )?;
    Ok(word.map(|decision| NumberRuling::bare(decision.into())))
}

/// A JSON document of an item, if it is there.
fn document<T: serde::de::DeserializeOwned>(
    column: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, DbError> {
    text.map(|text| parse_json("termination_item", column, text))
        .transpose()
}
