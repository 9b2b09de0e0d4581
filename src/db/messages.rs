//! Messages: what will be mailed, what was, and the written mail until it is delivered.

use super::keyset::{keyset_rows, page_of};
use super::prepared::{ExecutePrepared, insert_rows, run_on_postgres, run_on_sqlite};
use super::schema::message as table;
use super::types::{guarded, meta, parse, parse_json, parse_optional, to_json, utc, utc_optional};
use super::words::Planned;
use super::{DbConnection, DbError, Tx};
use crate::crypto::envelope::Sealed;
use crate::domain::ids::{MessageId, TerminationId};
use crate::domain::message::{Message, MessageState};
use crate::domain::page::{Page, PageRequest};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::on_each;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Nullable, Text, Timestamp};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    termination_id: String,
    step: String,
    created_at: NaiveDateTime,
    #[diesel(embed)]
    way: WayRow,
}

/// How far it has come, and to whom. What mail it is stands.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct WayRow {
    recipient_role: String,
    copy_roles: String,
    state: String,
    state_reason: Option<String>,
    due_at: NaiveDateTime,
    recipient_id: Option<String>,
    language: Option<String>,
    subject: Option<String>,
    queued_at: Option<NaiveDateTime>,
    sent_at: Option<NaiveDateTime>,
    server_reply: Option<String>,
    planned_from: Option<NaiveDate>,
    carried_by: Option<String>,
    copy_of: Option<String>,
    deferred_since: Option<NaiveDateTime>,
    version: i64,
    updated_at: NaiveDateTime,
}

impl TryFrom<&Message> for Row {
    type Error = DbError;

    fn try_from(message: &Message) -> Result<Self, DbError> {
        Ok(Self {
            id: message.id.to_string(),
            termination_id: message.termination_id.to_string(),
            step: message.step.as_str().to_owned(),
            created_at: message.meta.created_at.naive_utc(),
            way: message.try_into()?,
        })
    }
}

impl TryFrom<&Message> for WayRow {
    type Error = DbError;

    fn try_from(message: &Message) -> Result<Self, DbError> {
        Ok(Self {
            recipient_role: message.to.as_str().to_owned(),
            copy_roles: to_json(&message.copy_to)?,
            state: message.state.as_str().to_owned(),
            state_reason: message.state_reason.clone(),
            due_at: message.due_at.naive_utc(),
            recipient_id: message.recipient_id.map(|id| id.to_string()),
            language: message.language.map(|language| language.as_str().to_owned()),
            subject: message.subject.clone(),
            queued_at: message.queued_at.map(|at| at.naive_utc()),
            sent_at: message.sent_at.map(|at| at.naive_utc()),
            server_reply: message.server_reply.clone(),
            planned_from: message.planned_from,
            carried_by: message.carried_by.map(|id| id.to_string()),
            copy_of: message.copy_of.map(|id| id.to_string()),
            deferred_since: message.deferred_since.map(|at| at.naive_utc()),
            version: message.meta.version,
            updated_at: message.meta.updated_at.naive_utc(),
        })
    }
}

/// What a new plan changes in a message that is not written yet.
#[derive(AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct Move {
    id: String,
    copy_roles: String,
    state_reason: Option<String>,
    due_at: NaiveDateTime,
    planned_from: Option<NaiveDate>,
    copy_of: Option<String>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl TryFrom<&Message> for Move {
    type Error = DbError;

    fn try_from(message: &Message) -> Result<Self, DbError> {
        Ok(Self {
            id: message.id.to_string(),
            copy_roles: to_json(&message.copy_to)?,
            state_reason: None,
            due_at: message.due_at.naive_utc(),
            planned_from: message.planned_from,
            copy_of: None,
            version: message.meta.version,
            created_at: message.meta.created_at.naive_utc(),
            updated_at: message.meta.updated_at.naive_utc(),
        })
    }
}

impl TryFrom<Row> for Message {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let way = row.way;
        Ok(Self {
            id: parse("message", "id", &row.id)?,
            termination_id: parse("message", "termination_id", &row.termination_id)?,
            step: parse("message", "step", &row.step)?,
            to: parse("message", "recipient_role", &way.recipient_role)?,
            copy_to: parse_json("message", "copy_roles", &way.copy_roles)?,
            state: parse("message", "state", &way.state)?,
            state_reason: way.state_reason,
            due_at: utc(way.due_at),
            recipient_id: parse_optional("message", "recipient_id", way.recipient_id.as_deref())?,
            language: parse_optional("message", "language", way.language.as_deref())?,
            subject: way.subject,
            queued_at: utc_optional(way.queued_at),
            sent_at: utc_optional(way.sent_at),
            server_reply: way.server_reply,
            planned_from: way.planned_from,
            carried_by: parse_optional("message", "carried_by", way.carried_by.as_deref())?,
            copy_of: parse_optional("message", "copy_of", way.copy_of.as_deref())?,
            deferred_since: utc_optional(way.deferred_since),
            meta: meta(way.version, row.created_at, way.updated_at),
        })
    }
}

/// Which messages are asked for.
#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    /// Of this termination.
    pub termination_id: Option<TerminationId>,
    /// In this state.
    pub state: Option<MessageState>,
    /// Of this step.
    pub step: Option<MessageStep>,
    /// To this role.
    pub to: Option<RecipientRole>,
    /// Only those that the mail server does not take, or the others.
    pub is_deferred: Option<bool>,
}

/// The message with this id.
pub fn find(connection: &mut DbConnection, id: MessageId) -> Result<Option<Message>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Message::try_from).transpose()
}

/// All messages of a termination, in the order in which they are due.
pub fn of_termination(connection: &mut DbConnection, id: TerminationId) -> Result<Vec<Message>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .order((table::due_at, table::id))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Message::try_from).collect()
}

/// A place in the order of what is due.
pub type DueKey = (DateTime<Utc>, MessageId);

/// What is due, the longest due first, after that place; only of these steps, if any are named.
pub fn due(
    connection: &mut DbConnection,
    (now, only): (DateTime<Utc>, Option<&[MessageStep]>),
    after: Option<DueKey>,
    limit: i64,
) -> Result<Vec<(DueKey, TerminationId)>, DbError> {
    let mut due = table::table
        .filter(table::state.eq(Planned))
        .filter(table::due_at.le(now.naive_utc()))
        .into_boxed();
    if let Some(steps) = only {
        let steps: Vec<&str> = steps.iter().map(|step| step.as_str()).collect();
        due = due.filter(table::step.eq_any(steps));
    }
    if let Some((at, id)) = after {
        let (at, id) = (at.naive_utc(), id.to_string());
        due = due
            .filter(table::due_at.ge(at))
            .filter(table::due_at.gt(at).or(table::id.gt(id)));
    }
    let rows: Vec<(NaiveDateTime, String, String)> = due
        .order((table::due_at, table::id))
        .limit(limit)
        .select((table::due_at, table::id, table::termination_id))
        .load(connection)?;
    rows.into_iter()
        .map(|(at, id, termination)| {
            Ok((
                (utc(at), parse("message", "id", &id)?),
                parse("message", "termination_id", &termination)?,
            ))
        })
        .collect()
}

/// What is planned to be due until then, in order.
pub fn planned_until(connection: &mut DbConnection, until: DateTime<Utc>) -> Result<Vec<Message>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::state.eq(Planned))
        .filter(table::due_at.le(until.naive_utc()))
        .order((table::due_at, table::id))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Message::try_from).collect()
}

/// The messages whose mails are told in the mail of this one, in the order of their ids.
pub fn carried_by(connection: &mut DbConnection, id: MessageId) -> Result<Vec<Message>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::carried_by.eq(id.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Message::try_from).collect()
}

/// How many mails are written and not delivered. A digest is one.
pub fn waiting(connection: &mut DbConnection) -> Result<i64, DbError> {
    Ok(table::table
        .filter(table::state.eq("queued"))
        .filter(table::carried_by.is_null())
        .count()
        .get_result(connection)?)
}

/// How many mails the mail server has not taken when they were tried, and since when the first of them.
pub fn deferred(connection: &mut DbConnection) -> Result<(i64, Option<DateTime<Utc>>), DbError> {
    let deferred = table::table
        .filter(table::deferred_since.is_not_null())
        .filter(table::state.eq("queued"));
    let (count, since): (i64, Option<NaiveDateTime>) = deferred
        .select((diesel::dsl::count_star(), diesel::dsl::min(table::deferred_since)))
        .first(connection)?;
    Ok((count, utc_optional(since)))
}

/// One page of messages.
pub fn list(
    connection: &mut DbConnection,
    filter: &MessageFilter,
    page: PageRequest,
) -> Result<Page<Message>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(id) = filter.termination_id {
        query = query.filter(table::termination_id.eq(id.to_string()));
    }
    if let Some(state) = filter.state {
        query = query.filter(table::state.eq(state.as_str()));
    }
    if let Some(step) = filter.step {
        query = query.filter(table::step.eq(step.as_str()));
    }
    if let Some(to) = filter.to {
        query = query.filter(table::recipient_role.eq(to.as_str()));
    }
    match filter.is_deferred {
        Some(true) => {
            query = query
                .filter(table::deferred_since.is_not_null())
                .filter(table::state.eq("queued"));
        }
        Some(false) => {
            query = query.filter(table::deferred_since.is_null().or(table::state.ne("queued")));
        }
        None => {}
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |message: &Message| message.id.into())
}

/// Stores planned messages.
pub fn insert(tx: &mut Tx<'_>, messages: &[Message]) -> Result<(), DbError> {
    let rows = messages
        .iter()
        .map(Row::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(insert_rows!(tx, table::table, &rows)?)
}

/// Stores a changed message, if nobody changed it meanwhile.
pub fn update(tx: &mut Tx<'_>, message: &Message) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(message.id.to_string()))
        .filter(table::version.eq(message.meta.version - 1))
        .set(WayRow::try_from(message)?)
        .execute_prepared(tx)?;
    guarded(changed)
}

/// Stores messages that are planned for another time than they were.
///
/// # Errors
/// [`DbError::Busy`] when one of them has been written meanwhile: what to do about it is decided anew.
pub fn move_planned(tx: &mut Tx<'_>, messages: &[Message]) -> Result<(), DbError> {
    if messages.is_empty() {
        return Ok(());
    }
    let moves = messages
        .iter()
        .map(Move::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let changed = on_each!(
        tx,
        postgres: |inner| move_together(inner, &moves)?,
        sqlite: |inner| move_each(inner, &moves)?,
    );
    if changed == moves.len() {
        Ok(())
    } else {
        Err(DbError::Busy)
    }
}

fn move_each(connection: &mut SqliteConnection, moves: &[Move]) -> Result<usize, DbError> {
    let mut changed = 0;
    for planned in moves {
        let own = diesel::update(table::table.find(&planned.id))
            .filter(table::state.eq(Planned))
            .set(planned);
        changed += run_on_sqlite(own, connection)?;
    }
    Ok(changed)
}

/// One way to PostgreSQL and back, and one text however many there are.
fn move_together(connection: &mut PgConnection, moves: &[Move]) -> Result<usize, DbError> {
    let all = |column: fn(&Move) -> &str| moves.iter().map(column).collect::<Vec<_>>();
    let at = |column: fn(&Move) -> NaiveDateTime| moves.iter().map(column).collect::<Vec<_>>();
    let statement = diesel::sql_query(
        "UPDATE message SET copy_roles = new.copy_roles, state_reason = NULL, copy_of = NULL, due_at = new.due_at, \
         planned_from = new.planned_from, version = new.version, created_at = new.created_at, \
         updated_at = new.updated_at \
         FROM unnest($1, $2, $3, $4, $5, $6, $7) \
         AS new (id, copy_roles, due_at, planned_from, version, created_at, updated_at) \
         WHERE message.id = new.id AND message.state = 'planned'",
    )
    .bind::<Array<Text>, _>(all(|planned| &planned.id))
    .bind::<Array<Text>, _>(all(|planned| &planned.copy_roles))
    .bind::<Array<Timestamp>, _>(at(|planned| planned.due_at))
    .bind::<Array<Nullable<Date>>, _>(moves.iter().map(|planned| planned.planned_from).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(moves.iter().map(|planned| planned.version).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(at(|planned| planned.created_at))
    .bind::<Array<Timestamp>, _>(at(|planned| planned.updated_at));
    Ok(run_on_postgres(statement, connection)?)
}

/// Calls off messages that are not written yet.
pub fn cancel(tx: &mut Tx<'_>, ids: &[MessageId], reason: &str) -> Result<(), DbError> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    diesel::update(table::table)
        .filter(table::id.eq_any(ids))
        .filter(table::state.eq(Planned))
        .set((
            table::state.eq("cancelled"),
            table::state_reason.eq(reason),
            table::version.eq(table::version + 1),
            table::updated_at.eq(tx.now().naive_utc()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes back what is planned for a termination; says how many. What the desk is to know at once is left: whether it
/// is still true is asked when it is written.
pub fn cancel_planned(tx: &mut Tx<'_>, id: TerminationId, reason: &str) -> Result<usize, DbError> {
    let planned = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::state.eq(Planned))
        .filter(table::step.ne(MessageStep::LossReported.as_str()))
        .filter(table::step.ne(MessageStep::ActAtOnce.as_str()));
    diesel::update(planned)
        .set((
            table::state.eq("cancelled"),
            table::state_reason.eq(reason),
            table::version.eq(table::version + 1),
            table::updated_at.eq(tx.now().naive_utc()),
        ))
        .execute_prepared(tx)
}

/// Keeps the written mail, sealed: it holds an action link, and a copy of the database must not hold usable
/// ones.
pub fn store_sealed(tx: &mut Tx<'_>, id: MessageId, sealed: &Sealed) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .set((table::sealed_kid.eq(&sealed.kid), table::sealed.eq(&sealed.bytes)))
        .execute_prepared(tx)?;
    Ok(())
}

/// The written mail.
pub fn sealed(connection: &mut DbConnection, id: MessageId) -> Result<Option<Sealed>, DbError> {
    let (kid, bytes): (Option<String>, Option<Vec<u8>>) = table::table
        .find(id.to_string())
        .select((table::sealed_kid, table::sealed))
        .first(connection)?;
    Ok(kid.zip(bytes).map(|(kid, bytes)| Sealed { kid, bytes }))
}

/// Forgets the written mail once it is delivered or given up.
pub fn forget_sealed(tx: &mut Tx<'_>, id: MessageId) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .set((
            table::sealed_kid.eq(None::<String>),
            table::sealed.eq(None::<Vec<u8>>),
        ))
        .execute_prepared(tx)?;
    Ok(())
}
