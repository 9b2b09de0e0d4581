//! What became of accounts, and the questions about it.

use super::keyset::{keyset_rows, page_of};
use super::prepared::ExecutePrepared;
use super::schema::{account_review as table, account_signal as signal};
use super::types::{guarded, meta, parse, parse_optional, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{AccountReviewId, PersonId, ScimUserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::scim::{AccountReview, AccountSignal, ReviewState};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    connection_id: String,
    user_id: String,
    person_id: Option<String>,
    reason: String,
    state: String,
    due_at: NaiveDateTime,
    employment_id: Option<String>,
    resolution: Option<String>,
    closed_at: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = signal, treat_none_as_default_value = false)]
struct SignalRow {
    id: String,
    connection_id: String,
    user_id: String,
    person_id: Option<String>,
    kind: String,
    at: NaiveDateTime,
}

impl From<&AccountReview> for Row {
    fn from(review: &AccountReview) -> Self {
        Self {
            id: review.id.to_string(),
            connection_id: review.connection_id.to_string(),
            user_id: review.user_id.to_string(),
            person_id: review.person_id.map(|id| id.to_string()),
            reason: review.reason.as_str().to_owned(),
            state: review.state.as_str().to_owned(),
            due_at: review.due_at.naive_utc(),
            employment_id: review.employment_id.map(|id| id.to_string()),
            resolution: review.resolution.map(|found| found.as_str().to_owned()),
            closed_at: review.closed_at.map(|at| at.naive_utc()),
            version: review.meta.version,
            created_at: review.meta.created_at.naive_utc(),
            updated_at: review.meta.updated_at.naive_utc(),
        }
    }
}

impl TryFrom<Row> for AccountReview {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("account_review", "id", &row.id)?,
            connection_id: parse("account_review", "connection_id", &row.connection_id)?,
            user_id: parse("account_review", "user_id", &row.user_id)?,
            person_id: parse_optional("account_review", "person_id", row.person_id.as_deref())?,
            reason: parse("account_review", "reason", &row.reason)?,
            state: parse("account_review", "state", &row.state)?,
            due_at: utc(row.due_at),
            employment_id: parse_optional("account_review", "employment_id", row.employment_id.as_deref())?,
            resolution: parse_optional("account_review", "resolution", row.resolution.as_deref())?,
            closed_at: utc_optional(row.closed_at),
            meta: meta(row.version, row.created_at, row.updated_at),
        })
    }
}

/// Which reviews are asked for.
#[derive(Clone, Debug, Default)]
pub struct ReviewFilter {
    /// In this state.
    pub state: Option<ReviewState>,
    /// About this person.
    pub person_id: Option<PersonId>,
}

// A literal and not parameters: the condition is that of the partial indexes, word for word.
fn is_pending() -> SqlLiteral<Bool> {
    sql("state IN ('waiting', 'open')")
}

/// The review with this id.
pub fn find(connection: &mut DbConnection, id: AccountReviewId) -> Result<Option<AccountReview>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(AccountReview::try_from).transpose()
}

/// The question about an account that still stands.
pub fn find_pending(
    connection: &mut DbConnection,
    user: ScimUserId,
) -> Result<Option<AccountReview>, DbError> {
    let row: Option<Row> = table::table
        .filter(is_pending())
        .filter(table::user_id.eq(user.to_string()))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(AccountReview::try_from).transpose()
}

/// Those that are to be looked at again, the longest due first.
pub fn due(
    connection: &mut DbConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<AccountReview>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(is_pending())
        .filter(table::due_at.le(now.naive_utc()))
        .order((table::due_at, table::id))
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(AccountReview::try_from).collect()
}

/// One page of reviews.
pub fn list(
    connection: &mut DbConnection,
    filter: &ReviewFilter,
    page: PageRequest,
) -> Result<Page<AccountReview>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(table::state.eq(state.as_str()));
    }
    if let Some(id) = filter.person_id {
        query = query.filter(table::person_id.eq(id.to_string()));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |review: &AccountReview| review.id.into())
}

/// Stores a new review.
pub fn insert(tx: &mut Tx<'_>, review: &AccountReview) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(review))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a changed review, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, review: &AccountReview) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(review.id.to_string()))
        .filter(table::version.eq(review.meta.version - 1))
        .set(Row::from(review))
        .execute_prepared(tx)?;
    guarded(changed)
}

/// The question about an account that still stands is about another person now.
pub fn give(tx: &mut Tx<'_>, user: ScimUserId, (from, to): (PersonId, PersonId)) -> Result<(), DbError> {
    diesel::update(table::table)
        .filter(is_pending())
        .filter(table::user_id.eq(user.to_string()))
        .filter(table::person_id.eq(from.to_string()))
        .set((
            table::person_id.eq(Some(to.to_string())),
            table::version.eq(table::version + 1),
        ))
        .execute_prepared(tx)?;
    Ok(())
}

/// Keeps what became of an account.
pub fn insert_signal(tx: &mut Tx<'_>, new: &AccountSignal) -> Result<(), DbError> {
    let row = SignalRow {
        id: new.id.to_string(),
        connection_id: new.connection_id.to_string(),
        user_id: new.user_id.to_string(),
        person_id: new.person_id.map(|id| id.to_string()),
        kind: new.kind.as_str().to_owned(),
        at: new.at.naive_utc(),
    };
    diesel::insert_into(signal::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}
