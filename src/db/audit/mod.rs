//! The audit: what happened, once, for ever.
//!
//! An entry is written in the transaction of the change that it tells of, with a digest over its own
//! columns. A trigger puts it into `audit_pending`, where it waits until the sealer binds it into the chain
//! ([`chain`]): a chain that every transaction had to extend would let PostgreSQL write one transaction at a time.
//!
//! The details stand in a table of their own and the entry holds only their salted digest, so that details
//! can be erased and the chain still verified, and an erased value cannot be guessed from its digest.

pub mod chain;

use super::schema::{audit_entry as entry, audit_payload as payload, audit_pending as pending};
use super::types::{parse, parse_json, parse_optional, to_json, utc};
use super::{DbConnection, DbError, Tx};
use crate::crypto::digest::{Digest, digest, sha256};
use crate::crypto::random::random_bytes;
use crate::domain::ids::{AuditEntryId, TerminationId};
use crate::domain::page::{Page, PageRequest};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Array, Binary, Nullable, Text, Timestamp};

/// What is to be remembered of a change.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What happened: a stable, dotted word in the past tense.
    pub action: &'static str,
    /// What kind of thing it happened to.
    pub object_type: &'static str,
    /// Which one.
    pub object_id: String,
    /// The termination that it belongs to.
    pub termination: Option<TerminationId>,
    /// Ids, words and numbers; never names, addresses, codes or tokens.
    pub details: serde_json::Value,
}

/// An entry as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// When.
    pub at: DateTime<Utc>,
    /// The kind of actor; see [`crate::domain::actor::Actor::kind`].
    pub actor_kind: String,
    /// The pseudonymous id of the actor.
    pub actor_id: String,
    /// What happened.
    pub action: String,
    /// What kind of thing it happened to.
    pub object_type: String,
    /// Which one.
    pub object_id: String,
    /// The termination that it belongs to.
    pub termination_id: Option<TerminationId>,
    /// The request or the job run.
    pub request_id: String,
    /// The details; none when they were erased.
    pub details: Option<serde_json::Value>,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// About things of this kind.
    pub object_type: Option<String>,
    /// About the thing with this id.
    pub object_id: Option<String>,
    /// Of this termination.
    pub termination_id: Option<TerminationId>,
    /// With this action.
    pub action: Option<String>,
}

/// What waits for the sealer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// How many entries.
    pub count: i64,
    /// When the oldest of them was written.
    pub oldest: Option<DateTime<Utc>>,
}

/// The columns of an entry, as they are stored: verifying must not stumble over what it looks for.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = entry, treat_none_as_default_value = false)]
pub(crate) struct EntryRow {
    pub(crate) id: String,
    at: NaiveDateTime,
    actor_kind: String,
    actor_id: String,
    action: String,
    object_type: String,
    object_id: String,
    termination_id: Option<String>,
    request_id: String,
    pub(crate) payload_digest: Vec<u8>,
    pub(crate) digest: Vec<u8>,
}

impl EntryRow {
    /// The digest over all other columns.
    pub(crate) fn compute_digest(&self) -> Digest {
        digest(&[
            b"handback/audit/v1",
            self.id.as_bytes(),
            &utc(self.at).timestamp_micros().to_be_bytes(),
            self.actor_kind.as_bytes(),
            self.actor_id.as_bytes(),
            self.action.as_bytes(),
            self.object_type.as_bytes(),
            self.object_id.as_bytes(),
            self.termination_id.as_deref().unwrap_or_default().as_bytes(),
            self.request_id.as_bytes(),
            &self.payload_digest,
        ])
    }

    fn with_details(self, details: Option<&str>) -> Result<AuditEntry, DbError> {
        Ok(AuditEntry {
            id: parse("audit_entry", "id", &self.id)?,
            at: utc(self.at),
            actor_kind: self.actor_kind,
            actor_id: self.actor_id,
            action: self.action,
            object_type: self.object_type,
            object_id: self.object_id,
            termination_id: parse_optional("audit_entry", "termination_id", self.termination_id.as_deref())?,
            request_id: self.request_id,
            details: details
                .map(|text| parse_json("audit_payload", "details", text))
                .transpose()?,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = payload, treat_none_as_default_value = false)]
pub(crate) struct PayloadRow {
    entry_id: String,
    salt: Vec<u8>,
    details: String,
}

impl PayloadRow {
    /// What the entry holds in place of the details.
    pub(crate) fn compute_digest(&self) -> Digest {
        sha256(&[self.salt.as_slice(), self.details.as_bytes()].concat())
    }
}

/// The entries of a transaction on their way: they are written when it ends.
#[derive(Default)]
pub(super) struct Drafts {
    entries: Vec<EntryRow>,
    payloads: Vec<PayloadRow>,
}

impl Drafts {
    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds those of a part that succeeded.
    pub(super) fn extend(&mut self, part: Self) {
        self.entries.extend(part.entries);
        self.payloads.extend(part.payloads);
    }
}

/// Adds an entry to the caller's transaction: who, when and on which request come from the transaction. It is written
/// with the others of the transaction as the last thing before the commit.
pub fn append(tx: &mut Tx<'_>, new: Entry) -> Result<AuditEntryId, DbError> {
    let id: AuditEntryId = tx.new_id();
    let details = PayloadRow {
        entry_id: id.to_string(),
        salt: random_bytes::<32>().to_vec(),
        details: to_json(&new.details)?,
    };
    let stamp = tx.stamp();
    let mut row = EntryRow {
        id: id.to_string(),
        at: stamp.now.naive_utc(),
        actor_kind: stamp.actor.kind().to_owned(),
        actor_id: stamp.actor.id(),
        action: new.action.to_owned(),
        object_type: new.object_type.to_owned(),
        object_id: new.object_id,
        termination_id: new.termination.map(|id| id.to_string()),
        request_id: stamp.request_id.clone(),
        payload_digest: details.compute_digest().to_vec(),
        digest: Vec::new(),
    };
    row.digest = row.compute_digest().to_vec();
    let drafts = &mut tx.ending().trail;
    drafts.entries.push(row);
    drafts.payloads.push(details);
    Ok(id)
}

/// Writes the entries of a transaction.
pub(super) fn write_each(connection: &mut SqliteConnection, drafts: &Drafts) -> Result<(), DbError> {
    for (row, details) in drafts.entries.iter().zip(&drafts.payloads) {
        diesel::insert_into(entry::table)
            .values(row)
            .execute(connection)?;
        diesel::insert_into(payload::table)
            .values(details)
            .execute(connection)?;
    }
    Ok(())
}

/// The entries and details of a transaction, column by column: part of a larger statement of PostgreSQL, whose text is the
/// same however many there are.
pub(super) struct Columns<'d> {
    ids: Vec<&'d str>,
    at: Vec<NaiveDateTime>,
    actor_kinds: Vec<&'d str>,
    actor_ids: Vec<&'d str>,
    actions: Vec<&'d str>,
    object_types: Vec<&'d str>,
    object_ids: Vec<&'d str>,
    terminations: Vec<Option<&'d str>>,
    request_ids: Vec<&'d str>,
    payload_digests: Vec<&'d [u8]>,
    digests: Vec<&'d [u8]>,
    salts: Vec<&'d [u8]>,
    details: Vec<&'d str>,
}

impl<'d> Columns<'d> {
    pub(super) fn of(drafts: &'d Drafts) -> Self {
        let (entries, payloads) = (&drafts.entries, &drafts.payloads);
        let text = |column: fn(&EntryRow) -> &str| entries.iter().map(column).collect();
        let bytes = |column: fn(&EntryRow) -> &[u8]| entries.iter().map(column).collect();
        Self {
            ids: text(|row| &row.id),
            at: entries.iter().map(|row| row.at).collect(),
            actor_kinds: text(|row| &row.actor_kind),
            actor_ids: text(|row| &row.actor_id),
            actions: text(|row| &row.action),
            object_types: text(|row| &row.object_type),
            object_ids: text(|row| &row.object_id),
            terminations: entries.iter().map(|row| row.termination_id.as_deref()).collect(),
            request_ids: text(|row| &row.request_id),
            payload_digests: bytes(|row| &row.payload_digest),
            digests: bytes(|row| &row.digest),
            salts: payloads.iter().map(|row| row.salt.as_slice()).collect(),
            details: payloads.iter().map(|row| row.details.as_str()).collect(),
        }
    }
}

impl QueryFragment<Pg> for Columns<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("draft AS (SELECT * FROM unnest(");
        pass.push_bind_param::<Array<Text>, _>(&self.ids)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Timestamp>, _>(&self.at)?;
        for texts in [
            &self.actor_kinds,
            &self.actor_ids,
            &self.actions,
            &self.object_types,
            &self.object_ids,
        ] {
            pass.push_sql(", ");
            pass.push_bind_param::<Array<Text>, _>(texts)?;
        }
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Nullable<Text>>, _>(&self.terminations)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Text>, _>(&self.request_ids)?;
        for bytes in [&self.payload_digests, &self.digests, &self.salts] {
            pass.push_sql(", ");
            pass.push_bind_param::<Array<Binary>, _>(bytes)?;
        }
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Text>, _>(&self.details)?;
        pass.push_sql(
            ") AS draft (id, at, actor_kind, actor_id, action, object_type, object_id, termination_id, request_id, \
             payload_digest, digest, salt, details)), \
             written AS (INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, object_type, object_id, \
             termination_id, request_id, payload_digest, digest) SELECT id, at, actor_kind, actor_id, action, \
             object_type, object_id, termination_id, request_id, payload_digest, digest FROM draft), \
             told AS (INSERT INTO audit_payload (entry_id, salt, details) SELECT id, salt, details FROM draft)",
        );
        Ok(())
    }
}

/// One page of entries, oldest first.
pub fn list(
    connection: &mut DbConnection,
    filter: &AuditFilter,
    request: PageRequest,
) -> Result<Page<AuditEntry>, DbError> {
    let mut query = entry::table
        .left_join(payload::table.on(payload::entry_id.eq(entry::id)))
        .filter(entry::id.gt(request.lower_bound()))
        .order(entry::id)
        .limit(request.rows_to_read())
        .select((EntryRow::as_select(), payload::details.nullable()))
        .into_boxed();
    if let Some(object_type) = &filter.object_type {
        query = query.filter(entry::object_type.eq(object_type));
    }
    if let Some(object_id) = &filter.object_id {
        query = query.filter(entry::object_id.eq(object_id));
    }
    if let Some(termination) = filter.termination_id {
        query = query.filter(entry::termination_id.eq(termination.to_string()));
    }
    if let Some(action) = &filter.action {
        query = query.filter(entry::action.eq(action));
    }
    let rows: Vec<(EntryRow, Option<String>)> = query.load(connection)?;
    let entries: Vec<AuditEntry> = rows
        .into_iter()
        .map(|(row, details)| row.with_details(details.as_deref()))
        .collect::<Result<_, _>>()?;
    Ok(Page::from_rows(entries, request, |entry| entry.id.into()))
}

/// What waits for the sealer.
pub fn pending(connection: &mut DbConnection) -> Result<Pending, DbError> {
    let count = pending::table.count().get_result(connection)?;
    let oldest = oldest_pending(connection)?;
    Ok(Pending { count, oldest })
}

/// When the oldest entry was written that waits for the sealer.
pub fn oldest_pending(connection: &mut DbConnection) -> Result<Option<DateTime<Utc>>, DbError> {
    let oldest: Option<NaiveDateTime> = pending::table
        .inner_join(entry::table.on(entry::id.eq(pending::entry_id)))
        .order(pending::entry_id)
        .select(entry::at)
        .first(connection)
        .optional()?;
    Ok(oldest.map(utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// If this fails, a change has made every stored entry look altered.
    #[test]
    fn the_digest_of_an_entry_never_changes() {
        let details = PayloadRow {
            entry_id: String::new(),
            salt: vec![7; 32],
            details: r#"{"a":1}"#.to_owned(),
        };
        let row = EntryRow {
            id: "01890000-0000-7000-8000-000000000001".to_owned(),
            at: DateTime::from_timestamp_micros(1_799_654_400_000_001)
                .unwrap()
                .naive_utc(),
            actor_kind: "system".to_owned(),
            actor_id: String::new(),
            action: "job.resumed".to_owned(),
            object_type: "job".to_owned(),
            object_id: "01890000-0000-7000-8000-000000000002".to_owned(),
            termination_id: None,
            request_id: "r-1".to_owned(),
            payload_digest: details.compute_digest().to_vec(),
            digest: Vec::new(),
        };
        assert_eq!(
            hex(&row.payload_digest),
            "26cb98d387c15ef022c0fb25ff1daaa23cc0c7c5d5f16768c22d6c42da7ea567"
        );
        assert_eq!(
            hex(&row.compute_digest()),
            "d6df09ea915857840afd955577dde8ad08f041db3b497793f7f76f0cbda9287c"
        );
    }
}
