//! Assignments.

use super::keyset::{keyset_rows, page_of};
use super::prepared::{ExecutePrepared, Together, Write};
use super::schema::{assignment as table, termination, termination_item};
use super::types::{guarded, meta, parse, parse_json, parse_optional, to_json, utc};
use super::{DbConnection, DbError, Tx, devices, subscriptions};
use crate::domain::assignment::{Assigned, Assignment, AssignmentEnd};
use crate::domain::device::Device;
use crate::domain::ids::{AssignmentId, DeviceId, EmploymentId, SubscriptionId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::subscription::Subscription;
use crate::domain::termination::TerminationState;
use crate::domain::wipe::Custody;
use crate::on_both;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    legal_entity_id: String,
    employment_id: String,
    device_id: Option<String>,
    subscription_id: Option<String>,
    custody_epoch: i64,
    accessories: String,
    assigned_at: NaiveDateTime,
    created_at: NaiveDateTime,
    quarantine_override: Option<String>,
    #[diesel(embed)]
    end: EndRow,
}

/// All that ever changes: who got what stands.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct EndRow {
    ended_at: Option<NaiveDateTime>,
    end_reason: Option<String>,
    version: i64,
    updated_at: NaiveDateTime,
    loan_until: Option<NaiveDate>,
}

impl From<&Assignment> for EndRow {
    fn from(assignment: &Assignment) -> Self {
        Self {
            ended_at: assignment.ended.map(|(at, _)| at.naive_utc()),
            end_reason: assignment.ended.map(|(_, reason)| reason.as_str().to_owned()),
            version: assignment.meta.version,
            updated_at: assignment.meta.updated_at.naive_utc(),
            loan_until: assignment.loan_until,
        }
    }
}

impl TryFrom<&Assignment> for Row {
    type Error = DbError;

    fn try_from(assignment: &Assignment) -> Result<Self, DbError> {
        let (device_id, subscription_id) = match assignment.assigned {
            Assigned::Device(id) => (Some(id.to_string()), None),
            Assigned::Subscription(id) => (None, Some(id.to_string())),
        };
        Ok(Self {
            id: assignment.id.to_string(),
            legal_entity_id: assignment.legal_entity_id.to_string(),
            employment_id: assignment.employment_id.to_string(),
            device_id,
            subscription_id,
            custody_epoch: assignment.custody_epoch,
            accessories: to_json(&assignment.accessories)?,
            assigned_at: assignment.assigned_at.naive_utc(),
            created_at: assignment.meta.created_at.naive_utc(),
            quarantine_override: assignment.quarantine_override.as_ref().map(to_json).transpose()?,
            end: assignment.into(),
        })
    }
}

impl TryFrom<Row> for Assignment {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let device: Option<DeviceId> = parse_optional("assignment", "device_id", row.device_id.as_deref())?;
        let subscription: Option<SubscriptionId> =
            parse_optional("assignment", "subscription_id", row.subscription_id.as_deref())?;
        let assigned = match (device, subscription) {
            (Some(id), None) => Assigned::Device(id),
            (None, Some(id)) => Assigned::Subscription(id),
            (Some(_), Some(_)) | (None, None) => {
                return Err(DbError::Corrupt {
                    table: "assignment",
                    column: "device_id",
                });
            }
        };
        let end_reason = parse_optional("assignment", "end_reason", row.end.end_reason.as_deref())?;
        Ok(Self {
            id: parse("assignment", "id", &row.id)?,
            legal_entity_id: parse("assignment", "legal_entity_id", &row.legal_entity_id)?,
            employment_id: parse("assignment", "employment_id", &row.employment_id)?,
            assigned,
            custody_epoch: row.custody_epoch,
            accessories: parse_json("assignment", "accessories", &row.accessories)?,
            assigned_at: utc(row.assigned_at),
            ended: row.end.ended_at.map(utc).zip(end_reason),
            loan_until: row.end.loan_until,
            quarantine_override: row
                .quarantine_override
                .as_deref()
                .map(|text| parse_json("assignment", "quarantine_override", text))
                .transpose()?,
            meta: meta(row.end.version, row.created_at, row.end.updated_at),
        })
    }
}

/// Which assignments are asked for.
#[derive(Clone, Debug, Default)]
pub struct AssignmentFilter {
    /// Of this employment.
    pub employment_id: Option<EmploymentId>,
    /// Of this device.
    pub device_id: Option<DeviceId>,
    /// Of this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Going on, or ended.
    pub is_open: Option<bool>,
}

/// The assignment with this id.
pub fn find(connection: &mut DbConnection, id: AssignmentId) -> Result<Option<Assignment>, DbError> {
    let row: Option<Row> = on_both!(connection, |inner| table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(inner)
        .optional())?;
    row.map(Assignment::try_from).transpose()
}

/// What an employment has now, in the order in which it was handed out.
pub fn open_of_employment(
    connection: &mut DbConnection,
    id: EmploymentId,
) -> Result<Vec<Assignment>, DbError> {
    let rows: Vec<Row> = on_both!(connection, |inner| table::table
        .filter(
            table::employment_id
                .eq(id.to_string())
                .and(table::ended_at.is_null()),
        )
        .order(table::id)
        .select(Row::as_select())
        .load(inner))?;
    rows.into_iter().map(Assignment::try_from).collect()
}

/// Who has the device now.
pub fn open_of_device(connection: &mut DbConnection, id: DeviceId) -> Result<Option<Assignment>, DbError> {
    let row: Option<Row> = table::table
        .filter(table::device_id.eq(id.to_string()).and(table::ended_at.is_null()))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Assignment::try_from).transpose()
}

/// Who has the subscription now.
pub fn open_of_subscription(
    connection: &mut DbConnection,
    id: SubscriptionId,
) -> Result<Option<Assignment>, DbError> {
    let row: Option<Row> = table::table
        .filter(
            table::subscription_id
                .eq(id.to_string())
                .and(table::ended_at.is_null()),
        )
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Assignment::try_from).transpose()
}

/// Whether a subscription was handed out to anybody after this assignment of it.
pub fn was_handed_out_after(
    connection: &mut DbConnection,
    subscription: SubscriptionId,
    assignment: AssignmentId,
) -> Result<bool, DbError> {
    let later = table::table
        .filter(table::subscription_id.eq(subscription.to_string()))
        .filter(table::id.gt(assignment.to_string()));
    Ok(diesel::select(diesel::dsl::exists(later)).get_result(connection)?)
}

/// Whether a termination under way asks for what the assignment is about.
pub fn is_in_termination(connection: &mut DbConnection, id: AssignmentId) -> Result<bool, DbError> {
    let asked_for = termination_item::table
        .inner_join(termination::table.on(termination::id.eq(termination_item::termination_id)))
        .filter(termination_item::assignment_id.eq(id.to_string()))
        // Said by what it is not: by what it is, SQLite would begin with the index of states and walk through every case
        // under way.
        .filter(termination::state.ne(TerminationState::Completed.as_str()))
        .filter(termination::state.ne(TerminationState::Cancelled.as_str()));
    Ok(diesel::select(diesel::dsl::exists(asked_for)).get_result(connection)?)
}

/// One page of assignments.
pub fn list(
    connection: &mut DbConnection,
    filter: &AssignmentFilter,
    page: PageRequest,
) -> Result<Page<Assignment>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(id) = filter.employment_id {
        query = query.filter(table::employment_id.eq(id.to_string()));
    }
    if let Some(id) = filter.device_id {
        query = query.filter(table::device_id.eq(id.to_string()));
    }
    if let Some(id) = filter.subscription_id {
        query = query.filter(table::subscription_id.eq(id.to_string()));
    }
    query = match filter.is_open {
        Some(true) => query.filter(table::ended_at.is_null()),
        Some(false) => query.filter(table::ended_at.is_not_null()),
        None => query,
    };
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |assignment: &Assignment| assignment.id.into())
}

/// What is assigned, as handing it out or taking it back leaves it.
#[derive(Clone, Copy, Debug)]
pub enum Asset<'a> {
    /// A device.
    Device(&'a Device),
    /// A subscription.
    Subscription(&'a Subscription),
}

impl<'a> Asset<'a> {
    /// Adds what is to be stored of it, if nobody changed it meanwhile.
    fn stored_with(self, writes: Together<'a>) -> Together<'a> {
        match self {
            Self::Device(device) => writes.and(devices::custody_write(device)),
            Self::Subscription(subscription) => writes.and(subscriptions::write(subscription)),
        }
    }
}

/// Stores a new assignment, and what is assigned.
///
/// # Errors
/// [`DbError::Unique`] for what somebody has already; [`DbError::Stale`] when it was changed meanwhile.
pub fn begin(tx: &mut Tx<'_>, assignment: &Assignment, asset: Asset<'_>) -> Result<(), DbError> {
    // First, because two hand-outs of one device meet here: the loser is told so at once.
    let writes =
        Together::default().and(diesel::insert_into(table::table).values(Row::try_from(assignment)?));
    asset.stored_with(writes).execute_guarded(tx)
}

/// Stores an assignment that ended, and what was assigned, if nobody changed either meanwhile.
pub fn end(tx: &mut Tx<'_>, assignment: &Assignment, asset: Asset<'_>) -> Result<(), DbError> {
    asset
        .stored_with(Together::default().and(end_write(assignment)))
        .execute_guarded(tx)
}

/// Stores that an assignment ended, or that it goes on after all, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, assignment: &Assignment) -> Result<(), DbError> {
    guarded(end_write(assignment).execute_prepared(tx)?)
}

fn end_write(assignment: &Assignment) -> impl Write + use<> {
    diesel::update(table::table.find(assignment.id.to_string()))
        .filter(table::version.eq(assignment.meta.version - 1))
        .set(EndRow::from(assignment))
}

/// When each custody of a device began. What was registered by mistake was none.
pub fn custodies_of_device(connection: &mut DbConnection, id: DeviceId) -> Result<Vec<Custody>, DbError> {
    let rows: Vec<(NaiveDateTime, i64)> = table::table
        .filter(table::device_id.eq(id.to_string()))
        .filter(
            table::end_reason
                .is_null()
                .or(table::end_reason.ne(AssignmentEnd::Mistake.as_str())),
        )
        .order(table::id)
        .select((table::assigned_at, table::custody_epoch))
        .load(connection)?;
    let custody = |(began_at, epoch)| Custody {
        began_at: utc(began_at),
        epoch,
    };
    Ok(rows.into_iter().map(custody).collect())
}
