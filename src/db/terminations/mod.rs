//! Terminations with their items, checks and answers, loaded and stored as one.

mod held;
mod rows;
pub mod worklist;

use super::keyset::keyset_rows;
use super::prepared::Together;
use super::schema::{termination as table, termination_item};
use super::types::parse;
use super::words::{Open, Scheduled};
use super::{DbConnection, DbError, Tx};
use crate::domain::calendar::local_date;
use crate::domain::employment::EmploymentState;
use crate::domain::ids::{DeviceId, EmploymentId, ItemId, LegalEntityId, PersonId, TerminationId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::termination::{TerminationKind, TerminationRecord, TerminationState};
use crate::on_both;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
pub use held::held;
use rows::{ItemRow, ItemStateRow, OwnerRow, ProgressRow, Row, StageRow, to_item_row, to_record, to_row};

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
    /// With a breach of personal data that nobody has decided about, or without.
    pub is_breach_undecided: Option<bool>,
    /// Of this kind.
    pub kind: Option<TerminationKind>,
    /// Being worked with, or closed.
    pub is_active: Option<bool>,
    /// Whose devices are due back on this day or later.
    pub return_from: Option<NaiveDate>,
    /// Whose devices were due back before this day.
    pub return_before: Option<NaiveDate>,
}

/// The termination with this id.
pub fn find(connection: &mut DbConnection, id: TerminationId) -> Result<Option<TerminationRecord>, DbError> {
    let found = on_both!(connection, |inner| table::table
        .left_join(termination_item::table.on(termination_item::termination_id.eq(table::id)))
        .filter(table::id.eq(id.to_string()))
        .order(termination_item::position)
        .select((Row::as_select(), Option::<ItemRow>::as_select()))
        .load(inner))?;
    one(found)
}

/// The termination of an employment that is being worked with.
pub fn find_active(
    connection: &mut DbConnection,
    id: EmploymentId,
) -> Result<Option<TerminationRecord>, DbError> {
    let found = on_both!(connection, |inner| table::table
        .left_join(termination_item::table.on(termination_item::termination_id.eq(table::id)))
        .filter(table::employment_id.eq(id.to_string()))
        .filter(table::state.eq(Scheduled).or(table::state.eq(Open)))
        .order(termination_item::position)
        .select((Row::as_select(), Option::<ItemRow>::as_select()))
        .load(inner))?;
    one(found)
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
        .filter(table::state.eq(Scheduled).or(table::state.eq(Open)))
        .order(table::id)
        .select(table::id)
        .load(connection)?;
    ids.iter().map(|id| parse("termination", "id", id)).collect()
}

/// The terminations under way of those who work in a unit or in one below it.
pub fn active_within(connection: &mut DbConnection, unit: UnitId) -> Result<Vec<TerminationRecord>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::state.eq(Scheduled).or(table::state.eq(Open)))
        .filter(
            sql::<Bool>(
                "termination.employment_id IN (SELECT employment.id FROM employment WHERE employment.unit_id IN \
                 (WITH RECURSIVE below (id) AS (SELECT unit.id FROM unit WHERE unit.id = ",
            )
            .bind::<Text, _>(unit.to_string())
            .sql(
                " UNION SELECT unit.id FROM unit JOIN below ON unit.parent_id = below.id) \
                 SELECT below.id FROM below))",
            ),
        )
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    load_all(connection, rows)
}

/// The terminations under way that are handed over to this person.
pub fn delegated_to(connection: &mut DbConnection, person: PersonId) -> Result<Vec<TerminationId>, DbError> {
    let ids: Vec<String> = table::table
        .filter(table::delegate_id.eq(person.to_string()))
        .filter(table::state.eq("scheduled").or(table::state.eq("open")))
        .order(table::id)
        .select(table::id)
        .load(connection)?;
    ids.iter().map(|id| parse("termination", "id", id)).collect()
}

/// Those to whom a case under way is handed over and whose employments have all ended by today, as far as any is known.
pub fn delegates_gone(
    connection: &mut DbConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<PersonId>, DbError> {
    use super::schema::employment;
    use diesel::dsl::{exists, not};
    let today = local_date(now);
    let own = || employment::table.filter(employment::person_id.nullable().eq(table::delegate_id));
    let goes_on = own()
        .filter(employment::state.eq(EmploymentState::Active.as_str()))
        .filter(employment::end_on.is_null().or(employment::end_on.ge(today)));
    let ids: Vec<Option<String>> = table::table
        .filter(table::delegate_id.is_not_null())
        .filter(table::state.eq("scheduled").or(table::state.eq("open")))
        .filter(exists(own()))
        .filter(not(exists(goes_on)))
        .select(table::delegate_id)
        .distinct()
        .limit(limit)
        .load(connection)?;
    ids.iter()
        .flatten()
        .map(|id| parse("termination", "delegate_id", id))
        .collect()
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
    if let Some(active) = filter.is_active {
        let words = |all: [TerminationState; 2]| all.map(TerminationState::as_str);
        query = query.filter(table::state.eq_any(if active {
            words([TerminationState::Scheduled, TerminationState::Open])
        } else {
            words([TerminationState::Completed, TerminationState::Cancelled])
        }));
    }
    if let Some(day) = filter.return_from {
        query = query.filter(table::return_by.ge(day));
    }
    if let Some(day) = filter.return_before {
        query = query.filter(table::return_by.lt(day));
    }
    match filter.is_breach_undecided {
        Some(true) => query = query.filter(table::breach_notify_by.is_not_null()),
        Some(false) => query = query.filter(table::breach_notify_by.is_null()),
        None => {}
    }
    match filter.is_held {
        Some(true) => query.filter(table::hold.is_not_null()),
        Some(false) => query.filter(table::hold.is_null()),
        None => query,
    }
}

/// The cases under way that ended by a day, with a number that is to go to its holder and about which the desk has not been
/// asked; the next after the one that was looked at last.
pub fn transfers_due(
    connection: &mut DbConnection,
    ended_by: NaiveDate,
    after: Option<TerminationId>,
    limit: i64,
) -> Result<Vec<TerminationId>, DbError> {
    let mut query = table::table
        .filter(sql::<Bool>(worklist::HAS_TRANSFER))
        .filter(sql::<Bool>(
            "NOT EXISTS (SELECT 1 FROM task WHERE task.termination_id = termination.id \
             AND task.kind = 'transfer_overdue' AND task.state <> 'withdrawn')",
        ))
        .filter(table::end_on.le(ended_by))
        .order(table::id)
        .limit(limit)
        .select(table::id)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(table::id.gt(after.to_string()));
    }
    let ids: Vec<String> = query.load(connection)?;
    ids.iter().map(|id| parse("termination", "id", id)).collect()
}

/// Stores a new termination.
pub fn insert(tx: &mut Tx<'_>, record: &TerminationRecord) -> Result<(), DbError> {
    let mut writes = Together::default().and(diesel::insert_into(table::table).values(to_row(record)?));
    for (position, item) in (0..).zip(&record.termination.items) {
        writes = writes
            .and(diesel::insert_into(termination_item::table).values(to_item_row(record, position, item)?));
    }
    writes.execute_guarded(tx)
}

/// Stores a changed termination, if nobody changed it meanwhile. Only what differs is written.
pub fn update(tx: &mut Tx<'_>, before: &TerminationRecord, after: &TerminationRecord) -> Result<(), DbError> {
    let own = table::table
        .find(after.termination.id.to_string())
        .filter(table::version.eq(before.meta.version));
    let progress = ProgressRow::try_from(after)?;
    let (owner, stage) = (OwnerRow::from(after), StageRow::from(&after.termination));
    let mut writes = Together::default();
    writes = if owner != OwnerRow::from(before) {
        writes.and(diesel::update(own).set((owner, stage, progress)))
    } else if stage != StageRow::from(&before.termination) {
        writes.and(diesel::update(own).set((stage, progress)))
    } else {
        writes.and(diesel::update(own).set(progress))
    };
    for (position, item) in (0..).zip(&after.termination.items) {
        writes = match before.termination.items.iter().find(|old| old.id == item.id) {
            Some(old) if old == item => writes,
            Some(_) => writes.and(
                diesel::update(termination_item::table.find(item.id.to_string()))
                    .set(ItemStateRow::try_from(item)?),
            ),
            None => writes.and(
                diesel::insert_into(termination_item::table).values(to_item_row(after, position, item)?),
            ),
        };
    }
    writes.execute_guarded(tx)
}

/// The termination that came back once for each of its items. One query brings both: most use cases begin with it.
fn one(found: Vec<(Row, Option<ItemRow>)>) -> Result<Option<TerminationRecord>, DbError> {
    let (rows, items): (Vec<Row>, Vec<Option<ItemRow>>) = found.into_iter().unzip();
    let items: Vec<ItemRow> = items.into_iter().flatten().collect();
    let row = rows.into_iter().next();
    row.map(|row| to_record(row, &items)).transpose()
}

/// One query for any number of terminations.
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
    rows.into_iter().map(|row| to_record(row, &items)).collect()
}
