//! The chain of seals: each binds a batch of entries to the seal before it.

use super::{EntryRow, PayloadRow};
use crate::crypto::digest::{Digest, merkle_root, seal_hash};
use crate::db::prepared::run_on_postgres;
use crate::db::schema::{
    audit_entry as entry, audit_payload as payload, audit_pending as pending, audit_seal as seal,
    audit_seal_entry as seal_entry,
};
use crate::db::types::{guarded, utc};
use crate::db::{DbConnection, DbError, Tx};
use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Array, BigInt, Text};

/// The most entries of one seal.
pub const BATCH: i64 = 500;
/// What the first seal holds in place of the hash of the one before it.
pub const NO_SEAL: Digest = [0; 32];

/// The last seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 for a chain without a seal.
    pub seq: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// One seal as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = seal, treat_none_as_default_value = false)]
pub(crate) struct SealRow {
    pub(crate) seq: i64,
    pub(crate) previous: Vec<u8>,
    pub(crate) merkle_root: Vec<u8>,
    pub(crate) entry_count: i32,
    sealed_at: NaiveDateTime,
    pub(crate) hash: Vec<u8>,
}

impl SealRow {
    /// The hash over all other columns. None when a digest among them has not the length of one.
    pub(crate) fn compute_hash(&self) -> Option<Digest> {
        Some(seal_hash(
            &self.previous.as_slice().try_into().ok()?,
            self.seq,
            &self.merkle_root.as_slice().try_into().ok()?,
            i64::from(self.entry_count),
            utc(self.sealed_at).timestamp_micros(),
        ))
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = seal_entry, treat_none_as_default_value = false)]
pub(crate) struct SealEntryRow {
    pub(crate) seq: i64,
    pub(crate) position: i32,
    entry_id: String,
}

/// One place in a seal with what stands there: the entry, if it is still there, and its details, if they
/// were not erased.
pub(crate) type SealedRow = (SealEntryRow, Option<EntryRow>, Option<PayloadRow>);

/// The last seal.
pub fn head(connection: &mut DbConnection) -> Result<Head, DbError> {
    let last: Option<(i64, Vec<u8>)> = seal::table
        .order(seal::seq.desc())
        .select((seal::seq, seal::hash))
        .first(connection)
        .optional()?;
    let (seq, hash) = last.unwrap_or((0, NO_SEAL.to_vec()));
    Ok(Head { seq, hash })
}

/// Seals what waits, at most [`BATCH`] entries, and says how many.
///
/// # Errors
/// [`DbError::Busy`] when another instance was first; what it left is there for the next attempt.
pub fn seal(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    // The head first: should another instance seal between the two statements, its number is then taken.
    let last = head(tx)?;
    let (ids, digests) = take_waiting(tx)?;
    if ids.is_empty() {
        return Ok(0);
    }
    insert(tx, &last, &ids, &digests)?;
    Ok(ids.len())
}

/// Takes what has waited longest out of the queue: ids and digests, in the order in which they are sealed.
fn take_waiting(tx: &mut Tx<'_>) -> Result<(Vec<String>, Vec<Vec<u8>>), DbError> {
    let queue = diesel::alias!(pending as queue);
    let first = queue
        .order(queue.field(pending::entry_id))
        .limit(BATCH)
        .select(queue.field(pending::entry_id));
    let mut taken: Vec<(String, Vec<u8>)> =
        diesel::delete(pending::table.filter(pending::entry_id.eq_any(first)))
            .returning((pending::entry_id, pending::digest))
            .get_results(&mut **tx)?;
    taken.sort_unstable();
    Ok(taken.into_iter().unzip())
}

fn insert(tx: &mut Tx<'_>, last: &Head, ids: &[String], digests: &[Vec<u8>]) -> Result<(), DbError> {
    let mut row = SealRow {
        seq: last.seq + 1,
        previous: last.hash.clone(),
        merkle_root: merkle_root(digests).to_vec(),
        entry_count: i32::try_from(ids.len()).unwrap_or(i32::MAX),
        sealed_at: tx.now().naive_utc(),
        hash: Vec::new(),
    };
    row.hash = row
        .compute_hash()
        .ok_or(DbError::Corrupt {
            table: "audit_seal",
            column: "hash",
        })?
        .to_vec();
    match diesel::insert_into(seal::table)
        .values(&row)
        .execute(&mut **tx)
        .map_err(DbError::from)
    {
        // Another instance has sealed with this number.
        Err(DbError::Unique(_)) => return Err(DbError::Busy),
        result => result?,
    };
    let placed = match &mut **tx {
        DbConnection::Postgres(inner) => run_on_postgres(Places { seq: row.seq, ids }, inner)?,
        DbConnection::Sqlite(inner) => {
            let places = (0..).zip(ids).map(|(position, id)| SealEntryRow {
                seq: row.seq,
                position,
                entry_id: id.clone(),
            });
            let places: Vec<SealEntryRow> = places.collect();
            diesel::insert_into(seal_entry::table)
                .values(&places)
                .execute(inner)?
        }
    };
    guarded(usize::from(placed == ids.len()))
}

/// The places of entries in a seal: one statement of PostgreSQL, whose text is the same however many there are.
struct Places<'s> {
    seq: i64,
    ids: &'s [String],
}

impl QueryFragment<Pg> for Places<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("INSERT INTO audit_seal_entry (seq, position, entry_id) SELECT ");
        pass.push_bind_param::<BigInt, _>(&self.seq)?;
        pass.push_sql(", place - 1, id FROM unnest(");
        pass.push_bind_param::<Array<Text>, _>(self.ids)?;
        pass.push_sql(") WITH ORDINALITY AS entry (id, place)");
        Ok(())
    }
}

/// The next seals after this one.
pub(crate) fn seals_after(
    connection: &mut DbConnection,
    seq: i64,
    limit: i64,
) -> Result<Vec<SealRow>, DbError> {
    Ok(seal::table
        .filter(seal::seq.gt(seq))
        .order(seal::seq)
        .limit(limit)
        .select(SealRow::as_select())
        .load(connection)?)
}

/// What stands in the seals `first` to `last`, in order.
pub(crate) fn sealed(
    connection: &mut DbConnection,
    first: i64,
    last: i64,
    limit: i64,
) -> Result<Vec<SealedRow>, DbError> {
    Ok(seal_entry::table
        .left_join(entry::table.on(entry::id.eq(seal_entry::entry_id)))
        .left_join(payload::table.on(payload::entry_id.eq(seal_entry::entry_id)))
        .filter(seal_entry::seq.between(first, last))
        .order((seal_entry::seq, seal_entry::position))
        .limit(limit)
        .select((
            SealEntryRow::as_select(),
            Option::<EntryRow>::as_select(),
            Option::<PayloadRow>::as_select(),
        ))
        .load(connection)?)
}

/// An entry's id, the seal it stands in, and whether it waits for one.
pub(crate) type Place = (String, Option<i64>, Option<String>);

/// Where the next entries after this id stand.
pub(crate) fn places_after(
    connection: &mut DbConnection,
    id: &str,
    limit: i64,
) -> Result<Vec<Place>, DbError> {
    Ok(entry::table
        .left_join(seal_entry::table.on(seal_entry::entry_id.eq(entry::id)))
        .left_join(pending::table.on(pending::entry_id.eq(entry::id)))
        .filter(entry::id.gt(id))
        .order(entry::id)
        .limit(limit)
        .select((
            entry::id,
            seal_entry::seq.nullable(),
            pending::entry_id.nullable(),
        ))
        .load(connection)?)
}
