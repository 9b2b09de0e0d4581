//! Facts about wipes. Rows are added and never changed; the database refuses anything else.

use super::keyset::{keyset_rows, page_of};
use super::schema::{evidence as table, mdm_report};
use super::types::{parse, parse_json, parse_optional, to_json, utc, utc_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::{DeviceId, EvidenceId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::wipe::{
    Binding, Evidence, EvidenceKind, EvidenceMatch, EvidenceRecord, PlacedEvidence, WipeScope,
};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    kind: String,
    reporter: String,
    matched: String,
    match_reason: Option<String>,
    device_id: Option<String>,
    custody_epoch: Option<i64>,
    item_id: Option<String>,
    scope: Option<String>,
    enrolment: Option<String>,
    command_ref: Option<String>,
    claimed_at: Option<NaiveDateTime>,
    received_at: NaiveDateTime,
    details: String,
}

const CORRUPT: DbError = DbError::Corrupt {
    table: "evidence",
    column: "matched",
};

impl TryFrom<&EvidenceRecord> for Row {
    type Error = DbError;

    fn try_from(record: &EvidenceRecord) -> Result<Self, DbError> {
        let fact = &record.fact;
        let (device_id, custody_epoch, item_id) = match record.binding {
            Binding::Bound { device, epoch, item } => (
                Some(device.to_string()),
                Some(epoch),
                item.map(|item| item.to_string()),
            ),
            Binding::Quarantined(_) => (None, None, None),
        };
        Ok(Self {
            id: record.id.to_string(),
            kind: fact.kind.as_str().to_owned(),
            reporter: record.reporter.clone(),
            matched: record.binding.matched().as_str().to_owned(),
            match_reason: record.binding.reason().map(|reason| reason.as_str().to_owned()),
            device_id,
            custody_epoch,
            item_id,
            scope: Some(fact.scope.as_str().to_owned()),
            enrolment: fact.enrolment.clone(),
            command_ref: fact.command_ref.clone(),
            claimed_at: fact.claimed_at.map(|at| at.naive_utc()),
            received_at: fact.received_at.naive_utc(),
            details: to_json(&record.details)?,
        })
    }
}

impl TryFrom<Row> for EvidenceRecord {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: parse("evidence", "id", &row.id)?,
            binding: to_binding(&row)?,
            details: parse_json("evidence", "details", &row.details)?,
            reporter: row.reporter.clone(),
            fact: to_fact(row)?,
        })
    }
}

fn to_binding(row: &Row) -> Result<Binding, DbError> {
    match parse("evidence", "matched", &row.matched)? {
        EvidenceMatch::Bound => Ok(Binding::Bound {
            device: parse_optional("evidence", "device_id", row.device_id.as_deref())?.ok_or(CORRUPT)?,
            epoch: row.custody_epoch.ok_or(CORRUPT)?,
            item: parse_optional("evidence", "item_id", row.item_id.as_deref())?,
        }),
        EvidenceMatch::Quarantined => {
            let reason = parse_optional("evidence", "match_reason", row.match_reason.as_deref())?;
            Ok(Binding::Quarantined(reason.ok_or(CORRUPT)?))
        }
    }
}

fn to_fact(row: Row) -> Result<Evidence, DbError> {
    let scope: Option<WipeScope> = parse_optional("evidence", "scope", row.scope.as_deref())?;
    Ok(Evidence {
        kind: parse("evidence", "kind", &row.kind)?,
        scope: scope.ok_or(DbError::Corrupt {
            table: "evidence",
            column: "scope",
        })?,
        claimed_at: utc_optional(row.claimed_at),
        received_at: utc(row.received_at),
        enrolment: row.enrolment,
        command_ref: row.command_ref,
    })
}

/// The fact with this id.
pub fn find(connection: &mut DbConnection, id: EvidenceId) -> Result<Option<EvidenceRecord>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(EvidenceRecord::try_from).transpose()
}

/// Everything that is known about a device from this custody on.
pub fn of_device_since(
    connection: &mut DbConnection,
    device: DeviceId,
    epoch: i64,
) -> Result<Vec<PlacedEvidence>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::device_id.eq(device.to_string()))
        .filter(table::custody_epoch.ge(epoch))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter()
        .map(|row| {
            Ok(PlacedEvidence {
                epoch: row.custody_epoch.ok_or(CORRUPT)?,
                fact: to_fact(row)?,
            })
        })
        .collect()
}

/// The references of what a reporter attested of a device in this custody at that moment, and has not withdrawn.
pub fn attested_by(
    connection: &mut DbConnection,
    (device, epoch): (DeviceId, i64),
    (reporter, at): (&str, DateTime<Utc>),
) -> Result<Vec<String>, DbError> {
    let of_reporter = |kind: EvidenceKind| {
        table::table
            .filter(table::device_id.eq(device.to_string()))
            .filter(table::custody_epoch.eq(epoch))
            .filter(table::reporter.eq(reporter.to_owned()))
            .filter(table::kind.eq(kind.as_str()))
            .filter(table::command_ref.is_not_null())
            .select(table::command_ref.assume_not_null())
    };
    let withdrawn: Vec<String> = of_reporter(EvidenceKind::AttestationWithdrawn).load(connection)?;
    let mut attested: Vec<String> = of_reporter(EvidenceKind::Attested)
        .filter(table::received_at.eq(at.naive_utc()))
        .load(connection)?;
    attested.retain(|reference| !withdrawn.contains(reference));
    Ok(attested)
}

/// One page of facts, the oldest first: all, or those that are bound or not.
pub fn list(
    connection: &mut DbConnection,
    matched: Option<EvidenceMatch>,
    page: PageRequest,
) -> Result<Page<EvidenceRecord>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(matched) = matched {
        query = query.filter(table::matched.eq(matched.as_str()));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    page_of(rows, page, |record: &EvidenceRecord| record.id.into())
}

/// Keeps a fact.
pub fn insert(tx: &mut Tx<'_>, record: &EvidenceRecord) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::try_from(record)?)
        .execute(&mut **tx)?;
    Ok(())
}

/// What a reporter delivered under an event id: the digest of it, and the fact that was made of it.
pub fn find_report(
    connection: &mut DbConnection,
    reporter: &str,
    event_id: &str,
) -> Result<Option<(Vec<u8>, EvidenceId)>, DbError> {
    let found: Option<(Vec<u8>, String)> = mdm_report::table
        .find((reporter, event_id))
        .select((mdm_report::body_hash, mdm_report::evidence_id))
        .first(connection)
        .optional()?;
    found
        .map(|(hash, id)| Ok((hash, parse("mdm_report", "evidence_id", &id)?)))
        .transpose()
}

/// Remembers that a reporter delivered this under that event id.
pub fn insert_report(
    tx: &mut Tx<'_>,
    event_id: &str,
    body_hash: &[u8],
    record: &EvidenceRecord,
) -> Result<(), DbError> {
    diesel::insert_into(mdm_report::table)
        .values((
            mdm_report::reporter.eq(&record.reporter),
            mdm_report::event_id.eq(event_id),
            mdm_report::body_hash.eq(body_hash),
            mdm_report::evidence_id.eq(record.id.to_string()),
            mdm_report::received_at.eq(record.fact.received_at.naive_utc()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The earlier custodies in which the device was seen on this enrolment.
pub fn earlier_epochs_of_enrolment(
    connection: &mut DbConnection,
    device: DeviceId,
    enrolment: &str,
    before: i64,
) -> Result<Vec<i64>, DbError> {
    let epochs: Vec<Option<i64>> = table::table
        .filter(table::device_id.eq(device.to_string()))
        .filter(table::custody_epoch.lt(before))
        .filter(table::enrolment.eq(enrolment))
        .select(table::custody_epoch)
        .distinct()
        .order(table::custody_epoch)
        .load(connection)?;
    Ok(epochs.into_iter().flatten().collect())
}
