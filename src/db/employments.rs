//! Employments, their versions, and the receipts of what was delivered.

use super::prepared::{ExecutePrepared, Together};
use super::schema::{
    employment as table, employment_receipt as receipt, employment_version as version, source, unit,
};
use super::types::{guarded, meta, parse, parse_json, parse_optional, to_json, utc};
use super::{Constraint, DbConnection, DbError, Tx, sources, units};
use crate::domain::employment::{DeliveryOutcome, Employment, EmploymentState, EmploymentVersion};
use crate::domain::ids::{EmploymentId, PersonId, UnitId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::source::Source;
use crate::domain::text::{ExternalId, SourceName};
use crate::domain::unit::Unit;
use crate::on_both;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    source: String,
    external_id: String,
    created_at: NaiveDateTime,
    #[diesel(embed)]
    place: PlaceRow,
    #[diesel(embed)]
    content: ContentRow,
}

/// Whose employment it is, and where. It seldom changes, and is written only when it does: these columns have indexes and
/// references to look after.
#[derive(PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct PlaceRow {
    person_id: String,
    unit_id: String,
    legal_entity_id: String,
    manager_id: Option<String>,
}

/// What the document says.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct ContentRow {
    kind: String,
    state: String,
    start_on: NaiveDate,
    end_on: Option<NaiveDate>,
    last_working_on: Option<NaiveDate>,
    sequence: i64,
    document: String,
    content_hash: String,
    version: i64,
    updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = version, treat_none_as_default_value = false)]
struct VersionRow {
    employment_id: String,
    version: i64,
    sequence: i64,
    occurred_at: Option<NaiveDateTime>,
    recorded_at: NaiveDateTime,
    content_hash: String,
    document: String,
}

#[derive(Insertable)]
#[diesel(table_name = receipt, treat_none_as_default_value = false)]
struct ReceiptRow {
    id: String,
    source: String,
    external_id: String,
    sequence: i64,
    outcome: String,
    content_hash: String,
    received_at: NaiveDateTime,
}

impl TryFrom<&Employment> for Row {
    type Error = DbError;

    fn try_from(employment: &Employment) -> Result<Self, DbError> {
        Ok(Self {
            id: employment.id.to_string(),
            source: employment.source.as_str().to_owned(),
            external_id: employment.external_id.as_str().to_owned(),
            created_at: employment.meta.created_at.naive_utc(),
            place: employment.into(),
            content: employment.try_into()?,
        })
    }
}

impl From<&Employment> for PlaceRow {
    fn from(employment: &Employment) -> Self {
        Self {
            person_id: employment.person_id.to_string(),
            unit_id: employment.unit_id.to_string(),
            legal_entity_id: employment.legal_entity_id.to_string(),
            manager_id: employment.manager_id.map(|id| id.to_string()),
        }
    }
}

impl TryFrom<&Employment> for ContentRow {
    type Error = DbError;

    fn try_from(employment: &Employment) -> Result<Self, DbError> {
        let document = &employment.document;
        Ok(Self {
            kind: document.kind.as_str().to_owned(),
            state: document.state.as_str().to_owned(),
            start_on: document.start_date,
            end_on: document.end_date,
            last_working_on: document.last_working_day,
            sequence: document.sequence,
            document: to_json(document)?,
            content_hash: employment.content_hash.clone(),
            version: employment.meta.version,
            updated_at: employment.meta.updated_at.naive_utc(),
        })
    }
}

impl TryFrom<Row> for Employment {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (place, content) = (row.place, row.content);
        Ok(Self {
            id: parse("employment", "id", &row.id)?,
            source: parse("employment", "source", &row.source)?,
            external_id: parse("employment", "external_id", &row.external_id)?,
            person_id: parse("employment", "person_id", &place.person_id)?,
            unit_id: parse("employment", "unit_id", &place.unit_id)?,
            legal_entity_id: parse("employment", "legal_entity_id", &place.legal_entity_id)?,
            manager_id: parse_optional("employment", "manager_id", place.manager_id.as_deref())?,
            document: parse_json("employment", "document", &content.document)?,
            content_hash: content.content_hash,
            meta: meta(content.version, row.created_at, content.updated_at),
        })
    }
}

/// Which employments are asked for.
#[derive(Clone, Debug, Default)]
pub struct EmploymentFilter {
    /// Of this person.
    pub person_id: Option<PersonId>,
    /// In this unit itself.
    pub unit_id: Option<UnitId>,
    /// Led by this person.
    pub manager_id: Option<PersonId>,
    /// Delivered by this source.
    pub source: Option<SourceName>,
    /// Ending on this day or later.
    pub ends_from: Option<NaiveDate>,
    /// Ending on this day or earlier.
    pub ends_to: Option<NaiveDate>,
}

/// The employment with this id.
pub fn find(connection: &mut DbConnection, id: EmploymentId) -> Result<Option<Employment>, DbError> {
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Employment::try_from).transpose()
}

/// The employment with this id, read as the anchor that it is: as [`super::dialect::lock`] does, this keeps others from
/// deciding about what it has.
pub fn find_and_lock(tx: &mut Tx<'_>, id: EmploymentId) -> Result<Option<Employment>, DbError> {
    let DbConnection::Postgres(connection) = &mut **tx else {
        return find(tx, id);
    };
    let row: Option<Row> = table::table
        .find(id.to_string())
        .select(Row::as_select())
        .for_no_key_update()
        .first(connection)
        .optional()?;
    row.map(Employment::try_from).transpose()
}

/// What a delivery begins with.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Where the document comes from.
    pub source: Source,
    /// The employment that the source calls this, and the unit that it is in.
    pub known: Option<(Employment, Unit)>,
}

/// The source of this name, and the employment that it calls this.
pub fn find_delivered(
    connection: &mut DbConnection,
    source: &SourceName,
    external_id: &ExternalId,
) -> Result<Option<Delivered>, DbError> {
    let found: Option<(sources::Row, Option<Row>, Option<units::Row>)> =
        on_both!(connection, |inner| source::table
            .left_join(
                table::table.on(table::source
                    .eq(source::name)
                    .and(table::external_id.eq(external_id.as_str().to_owned()))),
            )
            .left_join(unit::table.on(unit::id.eq(table::unit_id)))
            .filter(source::name.eq(source.as_str()))
            .select((
                sources::Row::as_select(),
                Option::<Row>::as_select(),
                Option::<units::Row>::as_select(),
            ))
            .first(inner)
            .optional())?;
    let Some((source, employment, unit)) = found else {
        return Ok(None);
    };
    let known = match employment.zip(unit) {
        Some((employment, unit)) => Some((employment.try_into()?, unit.try_into()?)),
        None => None,
    };
    let source = source.try_into()?;
    Ok(Some(Delivered { source, known }))
}

/// Every employment of a person, void ones too, the first delivered first.
pub fn of_person(connection: &mut DbConnection, person: PersonId) -> Result<Vec<Employment>, DbError> {
    let rows: Vec<Row> = on_both!(connection, |inner| table::table
        .filter(table::person_id.eq(person.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(inner))?;
    rows.into_iter().map(Employment::try_from).collect()
}

/// The employments in a unit, the newest first, at most so many.
pub fn of_unit(
    connection: &mut DbConnection,
    unit: UnitId,
    limit: usize,
) -> Result<Vec<Employment>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::unit_id.eq(unit.to_string()))
        .order(table::id.desc())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Employment::try_from).collect()
}

/// The employments in a unit that are not over on a day, the first delivered first, at most so many.
pub fn going_on_in_unit(
    connection: &mut DbConnection,
    unit: UnitId,
    (day, limit): (NaiveDate, i64),
) -> Result<Vec<Employment>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::unit_id.eq(unit.to_string()))
        .filter(table::state.eq(EmploymentState::Active.as_str()))
        .filter(table::end_on.is_null().or(table::end_on.ge(day)))
        .order(table::id)
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Employment::try_from).collect()
}

/// Every employment that a person leads.
pub fn led_by(connection: &mut DbConnection, person: PersonId) -> Result<Vec<Employment>, DbError> {
    let rows: Vec<Row> = table::table
        .filter(table::manager_id.eq(person.to_string()))
        .order(table::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Employment::try_from).collect()
}

/// The newest versions of an employment, the newest first.
pub fn versions(
    connection: &mut DbConnection,
    id: EmploymentId,
    limit: i64,
) -> Result<Vec<EmploymentVersion>, DbError> {
    let rows: Vec<VersionRow> = version::table
        .filter(version::employment_id.eq(id.to_string()))
        .order(version::version.desc())
        .limit(limit)
        .select(VersionRow::as_select())
        .load(connection)?;
    rows.into_iter()
        .map(|row| {
            Ok(EmploymentVersion {
                version: row.version,
                recorded_at: utc(row.recorded_at),
                document: parse_json("employment_version", "document", &row.document)?,
            })
        })
        .collect()
}

/// One page of employments.
pub fn list(
    connection: &mut DbConnection,
    filter: &EmploymentFilter,
    page: PageRequest,
) -> Result<Page<Employment>, DbError> {
    let mut query = table::table.filter(table::id.gt(page.lower_bound())).into_boxed();
    if let Some(id) = filter.person_id {
        query = query.filter(table::person_id.eq(id.to_string()));
    }
    if let Some(id) = filter.unit_id {
        query = query.filter(table::unit_id.eq(id.to_string()));
    }
    if let Some(id) = filter.manager_id {
        query = query.filter(table::manager_id.eq(id.to_string()));
    }
    if let Some(source) = &filter.source {
        query = query.filter(table::source.eq(source.as_str().to_owned()));
    }
    if let Some(day) = filter.ends_from {
        query = query.filter(table::end_on.ge(day));
    }
    if let Some(day) = filter.ends_to {
        query = query.filter(table::end_on.le(day));
    }
    let rows: Vec<Row> = query
        .order(table::id)
        .limit(page.rows_to_read())
        .select(Row::as_select())
        .load(connection)?;
    let employments = rows
        .into_iter()
        .map(Employment::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Page::from_rows(employments, page, |employment| {
        employment.id.into()
    }))
}

/// Stores a new employment and its first version.
pub fn insert(tx: &mut Tx<'_>, employment: &Employment) -> Result<(), DbError> {
    Together::default()
        .and(diesel::insert_into(table::table).values(Row::try_from(employment)?))
        .and(diesel::insert_into(version::table).values(version_of(tx, employment)?))
        .execute_guarded(tx)
}

/// Stores the next version of an employment, if nobody was first.
pub fn update(tx: &mut Tx<'_>, before: &Employment, after: &Employment) -> Result<(), DbError> {
    let content = ContentRow::try_from(after)?;
    let place = PlaceRow::from(after);
    let own = table::table
        .find(after.id.to_string())
        .filter(table::version.eq(before.meta.version));
    let writes = if place == PlaceRow::from(before) {
        Together::default().and(diesel::update(own).set(content))
    } else {
        Together::default().and(diesel::update(own).set((place, content)))
    };
    writes
        .and(diesel::insert_into(version::table).values(version_of(tx, after)?))
        .execute_guarded(tx)
        .map_err(|error| match error {
            // Somebody else stored the version that was to be the next.
            DbError::Unique(Constraint::Other) => DbError::Stale,
            other => other,
        })
}

/// Remembers a newer sequence that came with the content that is known.
pub fn update_sequence(tx: &mut Tx<'_>, employment: &Employment) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(employment.id.to_string()))
        .filter(table::version.eq(employment.meta.version))
        .filter(table::sequence.le(employment.document.sequence))
        .set((
            table::sequence.eq(employment.document.sequence),
            table::document.eq(to_json(&employment.document)?),
        ))
        .execute_prepared(tx)?;
    guarded(changed)
}

fn version_of(tx: &Tx<'_>, employment: &Employment) -> Result<VersionRow, DbError> {
    Ok(VersionRow {
        employment_id: employment.id.to_string(),
        version: employment.meta.version,
        sequence: employment.document.sequence,
        occurred_at: employment.document.occurred_at.map(|at| at.naive_utc()),
        recorded_at: tx.now().naive_utc(),
        content_hash: employment.content_hash.clone(),
        document: to_json(&employment.document)?,
    })
}

/// Records that a document was delivered and what became of it, whatever that was.
pub fn insert_receipt(
    tx: &mut Tx<'_>,
    key: (&SourceName, &ExternalId),
    sequence: i64,
    content_hash: &str,
    outcome: DeliveryOutcome,
) -> Result<(), DbError> {
    let row = ReceiptRow {
        id: tx.new_id::<Uuid>().to_string(),
        source: key.0.as_str().to_owned(),
        external_id: key.1.as_str().to_owned(),
        sequence,
        outcome: outcome.as_str().to_owned(),
        content_hash: content_hash.to_owned(),
        received_at: tx.now().naive_utc(),
    };
    diesel::insert_into(receipt::table)
        .values(&row)
        .execute(&mut **tx)?;
    Ok(())
}
