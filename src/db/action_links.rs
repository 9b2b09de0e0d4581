//! Action links.

use super::prepared::ExecutePrepared;
use super::schema::{action_link as table, employment};
use super::types::{parse, parse_json, parse_optional, to_json, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::action_link::{ActionLink, LinkAnswer, LinkPurpose, LinkUse, RevokeReason};
use crate::domain::calendar::local_date;
use crate::domain::employment::EmploymentState;
use crate::domain::ids::{ActionLinkId, MessageId, PersonId, TerminationId};
use crate::domain::termination::Undo;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    termination_id: String,
    purpose: String,
    person_id: String,
    message_id: String,
    token_hash: Vec<u8>,
    issued_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    used_at: Option<NaiveDateTime>,
    answer: Option<String>,
    answer_hash: Option<Vec<u8>>,
    revoked_at: Option<NaiveDateTime>,
    revoke_reason: Option<String>,
    undone_at: Option<NaiveDateTime>,
}

impl TryFrom<Row> for ActionLink {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let answer: Option<LinkAnswer> = parse_optional("action_link", "answer", row.answer.as_deref())?;
        let used = row.used_at.zip(answer).zip(row.answer_hash);
        let reason: Option<RevokeReason> =
            parse_optional("action_link", "revoke_reason", row.revoke_reason.as_deref())?;
        Ok(Self {
            id: parse("action_link", "id", &row.id)?,
            termination_id: parse("action_link", "termination_id", &row.termination_id)?,
            purpose: parse("action_link", "purpose", &row.purpose)?,
            person_id: parse("action_link", "person_id", &row.person_id)?,
            message_id: parse("action_link", "message_id", &row.message_id)?,
            token_hash: row.token_hash,
            issued_at: utc(row.issued_at),
            expires_at: utc(row.expires_at),
            used: used.map(|((at, answer), answer_hash)| LinkUse {
                at: utc(at),
                answer,
                answer_hash,
            }),
            revoked: row.revoked_at.map(utc).zip(reason),
            undone_at: utc_optional(row.undone_at),
        })
    }
}

/// The link with this id.
pub fn find(connection: &mut DbConnection, id: ActionLinkId) -> Result<Option<ActionLink>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(ActionLink::try_from).transpose()
}

/// The link whose token has this hash.
pub fn find_by_token(
    connection: &mut DbConnection,
    token_hash: &[u8],
) -> Result<Option<ActionLink>, DbError> {
    let row: Option<Row> = table::table
        .filter(table::token_hash.eq(token_hash))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(ActionLink::try_from).transpose()
}

/// Stores a new link.
pub fn insert(tx: &mut Tx<'_>, link: &ActionLink) -> Result<(), DbError> {
    let row = Row {
        id: link.id.to_string(),
        termination_id: link.termination_id.to_string(),
        purpose: link.purpose.as_str().to_owned(),
        person_id: link.person_id.to_string(),
        message_id: link.message_id.to_string(),
        token_hash: link.token_hash.clone(),
        issued_at: link.issued_at.naive_utc(),
        expires_at: link.expires_at.naive_utc(),
        used_at: None,
        answer: None,
        answer_hash: None,
        revoked_at: None,
        revoke_reason: None,
        undone_at: None,
    };
    diesel::insert_into(table::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}

/// Keeps others from using the link until the transaction ends.
pub fn lock(tx: &mut Tx<'_>, id: ActionLinkId) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .set(table::purpose.eq(table::purpose))
        .execute_prepared(tx)?;
    Ok(())
}

/// Marks the link as used, if it is live. Check and change are one statement: of two that press at the same
/// moment, one finds it used.
pub fn consume(tx: &mut Tx<'_>, id: ActionLinkId, used: &LinkUse) -> Result<(), DbError> {
    let live = table::table
        .find(id.to_string())
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null())
        .filter(table::expires_at.gt(used.at.naive_utc()));
    let changed = diesel::update(live)
        .set((
            table::used_at.eq(Some(used.at.naive_utc())),
            table::answer.eq(Some(used.answer.as_str())),
            table::answer_hash.eq(Some(&used.answer_hash)),
        ))
        .execute_prepared(tx)?;
    if changed == 1 { Ok(()) } else { Err(DbError::Stale) }
}

/// The links of a termination, in the order in which they were made.
pub fn of_termination(connection: &mut DbConnection, id: TerminationId) -> Result<Vec<ActionLink>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(ActionLink::try_from).collect()
}

/// The terminations that somebody is asked to confirm by a link that is neither used nor revoked.
pub fn live_terminations_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<TerminationId>, DbError> {
    let ids: Vec<String> = table::table
        .filter(table::person_id.eq(person.to_string()))
        .filter(table::purpose.eq(LinkPurpose::Confirm.as_str()))
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null())
        .filter(table::expires_at.gt(tx.now().naive_utc()))
        .select(table::termination_id)
        .distinct()
        .load(&mut **tx)?;
    ids.iter()
        .map(|id| parse("action_link", "termination_id", id))
        .collect()
}

/// The links of somebody that are neither used nor revoked nor expired.
pub fn live_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<ActionLinkId>, DbError> {
    let ids: Vec<String> = table::table
        .filter(table::person_id.eq(person.to_string()))
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null())
        .filter(table::expires_at.gt(tx.now().naive_utc()))
        .order(table::id)
        .select(table::id)
        .load(&mut **tx)?;
    ids.iter().map(|id| parse("action_link", "id", id)).collect()
}

/// Makes a link one of another person, if it still is of the first one: the two turned out to be one, or not.
pub fn give(tx: &mut Tx<'_>, id: ActionLinkId, (from, to): (PersonId, PersonId)) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .filter(table::person_id.eq(from.to_string()))
        .set(table::person_id.eq(to.to_string()))
        .execute_prepared(tx)?;
    Ok(())
}

/// Those who are asked to confirm by a live link and whose employments have all ended by today, as far as any is known.
pub fn asked_but_gone(
    connection: &mut DbConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<PersonId>, DbError> {
    let today = local_date(now);
    let own = || employment::table.filter(employment::person_id.eq(table::person_id));
    let goes_on = own()
        .filter(employment::state.eq(EmploymentState::Active.as_str()))
        .filter(employment::end_on.is_null().or(employment::end_on.ge(today)));
    let ids: Vec<String> = table::table
        .filter(table::purpose.eq(LinkPurpose::Confirm.as_str()))
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null())
        .filter(table::expires_at.gt(now.naive_utc()))
        .filter(diesel::dsl::exists(own()))
        .filter(diesel::dsl::not(diesel::dsl::exists(goes_on)))
        .select(table::person_id)
        .distinct()
        .limit(limit)
        .load(connection)?;
    ids.iter()
        .map(|id| parse("action_link", "person_id", id))
        .collect()
}

/// Keeps what takes the answer of a used link back.
pub fn keep_undo(tx: &mut Tx<'_>, id: ActionLinkId, undo: &Undo) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .set(table::undo.eq(Some(to_json(undo)?)))
        .execute(&mut **tx)?;
    Ok(())
}

/// What takes the answer of a used link back; none where there is nothing to take back, or not any more.
pub fn undo(connection: &mut DbConnection, id: ActionLinkId) -> Result<Option<Undo>, DbError> {
    let text: Option<String> = table::table
        .find(id.to_string())
        .select(table::undo)
        .first(connection)?;
    text.map(|text| parse_json("action_link", "undo", &text))
        .transpose()
}

/// Gives a used link back to its holder: its answer was taken back.
pub fn give_back(tx: &mut Tx<'_>, id: ActionLinkId) -> Result<(), DbError> {
    diesel::update(table::table.find(id.to_string()))
        .set((
            table::used_at.eq(None::<NaiveDateTime>),
            table::answer.eq(None::<String>),
            table::answer_hash.eq(None::<Vec<u8>>),
            table::undo.eq(None::<String>),
            table::undone_at.eq(Some(tx.now().naive_utc())),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets what would take answers back that were given by then; says of how many.
pub fn forget_undos(tx: &mut Tx<'_>, until: DateTime<Utc>) -> Result<usize, DbError> {
    let old = table::table
        .filter(table::undo.is_not_null())
        .filter(table::used_at.le(until.naive_utc()));
    Ok(diesel::update(old)
        .set(table::undo.eq(None::<String>))
        .execute(&mut **tx)?)
}

/// Revokes what asks somebody to confirm and is not used yet of a termination; says how many. The holder's page stays.
pub fn revoke_asking(tx: &mut Tx<'_>, id: TerminationId, reason: RevokeReason) -> Result<usize, DbError> {
    let unused = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::purpose.eq(LinkPurpose::Confirm.as_str()))
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null());
    diesel::update(unused)
        .set((
            table::revoked_at.eq(Some(tx.now().naive_utc())),
            table::revoke_reason.eq(Some(reason.as_str())),
        ))
        .execute_prepared(tx)
}

/// Revokes every link of a termination that is not used yet, the holder's too; says how many.
pub fn revoke(tx: &mut Tx<'_>, id: TerminationId, reason: RevokeReason) -> Result<usize, DbError> {
    let unused = table::table
        .filter(table::termination_id.eq(id.to_string()))
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null());
    diesel::update(unused)
        .set((
            table::revoked_at.eq(Some(tx.now().naive_utc())),
            table::revoke_reason.eq(Some(reason.as_str())),
        ))
        .execute_prepared(tx)
}

/// Revokes the links that were mailed to a person and would still work, and says which.
pub fn revoke_live_of(
    tx: &mut Tx<'_>,
    person: PersonId,
    reason: RevokeReason,
) -> Result<Vec<ActionLink>, DbError> {
    let now = tx.now().naive_utc();
    let rows: Vec<Row> = table::table
        .filter(table::person_id.eq(person.to_string()))
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null())
        .filter(table::expires_at.gt(now))
        .order(table::id)
        .select(Row::as_select())
        .load(&mut **tx)?;
    for row in &rows {
        diesel::update(table::table.find(row.id.clone()))
            .filter(table::used_at.is_null())
            .set((
                table::revoked_at.eq(Some(now)),
                table::revoke_reason.eq(Some(reason.as_str())),
            ))
            .execute_prepared(tx)?;
    }
    rows.into_iter().map(ActionLink::try_from).collect()
}

/// Revokes what is not used yet of the links in one mail; says how many.
pub fn revoke_of_message(tx: &mut Tx<'_>, id: MessageId, reason: RevokeReason) -> Result<usize, DbError> {
    let unused = table::table
        .filter(table::message_id.eq(id.to_string()))
        .filter(table::used_at.is_null())
        .filter(table::revoked_at.is_null());
    diesel::update(unused)
        .set((
            table::revoked_at.eq(Some(tx.now().naive_utc())),
            table::revoke_reason.eq(Some(reason.as_str())),
        ))
        .execute_prepared(tx)
}
