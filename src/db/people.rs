//! People and what the sources call them.

use super::keyset::keyset_rows;
use super::prepared::ExecutePrepared;
use super::schema::{employment, person as table, person_identifier as identifier};
use super::types::{guarded, meta, parse, parse_optional};
use super::{DbConnection, DbError, Tx};
use crate::domain::ids::PersonId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::person::Person;
use crate::domain::text::{EmailAddress, ExternalId, SourceName};
use crate::on_both;
use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    name: Option<String>,
    email: Option<String>,
    language: String,
    is_incomplete: bool,
    name_search: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    is_protected: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = identifier, treat_none_as_default_value = false)]
struct IdentifierRow {
    source: String,
    external_id: String,
    person_id: String,
}

impl From<&Person> for Row {
    fn from(person: &Person) -> Self {
        let name = person.name.as_ref().map(|name| name.as_str().to_owned());
        Self {
            id: person.id.to_string(),
            email: person.email.as_ref().map(|email| email.as_str().to_owned()),
            language: person.language.as_str().to_owned(),
            is_incomplete: person.is_incomplete(),
            // Folded here because the databases do not agree on the lower case of Å, Ä and Ö.
            name_search: name.as_deref().map(str::to_lowercase).unwrap_or_default(),
            name,
            version: person.meta.version,
            created_at: person.meta.created_at.naive_utc(),
            updated_at: person.meta.updated_at.naive_utc(),
            is_protected: person.is_protected,
        }
    }
}

fn to_person(row: Row, mut identifiers: Vec<(SourceName, ExternalId)>) -> Result<Person, DbError> {
    // In one order, whatever the collation of the database is.
    identifiers.sort();
    Ok(Person {
        id: parse("person", "id", &row.id)?,
        name: parse_optional("person", "name", row.name.as_deref())?,
        email: parse_optional("person", "email", row.email.as_deref())?,
        language: parse("person", "language", &row.language)?,
        identifiers,
        is_protected: row.is_protected,
        meta: meta(row.version, row.created_at, row.updated_at),
    })
}

fn to_identifier(row: &IdentifierRow) -> Result<(SourceName, ExternalId), DbError> {
    Ok((
        parse("person_identifier", "source", &row.source)?,
        parse("person_identifier", "external_id", &row.external_id)?,
    ))
}

/// Which people are asked for.
#[derive(Clone, Debug, Default)]
pub struct PersonFilter {
    /// Whose name begins like this, in any case.
    pub name_prefix: Option<String>,
    /// Who lack a name or an address, or do not.
    pub is_incomplete: Option<bool>,
    /// Without those whose identity is protected: whoever may not see a name must not find it either.
    pub hides_protected: bool,
}

/// The person with this id.
pub fn find(connection: &mut DbConnection, id: PersonId) -> Result<Option<Person>, DbError> {
    let found: Vec<(Row, Option<IdentifierRow>)> = on_both!(connection, |inner| table::table
        .left_join(identifier::table.on(identifier::person_id.eq(table::id)))
        .filter(table::id.eq(id.to_string()))
        .select((Row::as_select(), Option::<IdentifierRow>::as_select()))
        .load(inner))?;
    // The person came back once for each identifier.
    let (rows, identifiers): (Vec<Row>, Vec<Option<IdentifierRow>>) = found.into_iter().unzip();
    let identifiers = identifiers.iter().flatten().map(to_identifier);
    let identifiers = identifiers.collect::<Result<_, _>>()?;
    let row = rows.into_iter().next();
    row.map(|row| to_person(row, identifiers)).transpose()
}

/// The person that a source calls this.
pub fn find_external(
    connection: &mut DbConnection,
    source: &SourceName,
    external_id: &ExternalId,
) -> Result<Option<Person>, DbError> {
    match id_of(connection, source, external_id)? {
        Some(id) => find(connection, id),
        None => Ok(None),
    }
}

/// The ids of the people that a source calls these: at most two are asked for at a time, so that the text of the query is
/// one of two.
pub fn ids_of(
    connection: &mut DbConnection,
    source: &SourceName,
    external_ids: &[&ExternalId],
) -> Result<Vec<(ExternalId, PersonId)>, DbError> {
    let (first, second) = match external_ids {
        [] => return Ok(Vec::new()),
        [one] => {
            let id = id_of(connection, source, one)?;
            return Ok(id.map(|id| ((*one).clone(), id)).into_iter().collect());
        }
        [first, second, ..] => (first.as_str(), second.as_str()),
    };
    let rows: Vec<IdentifierRow> = on_both!(connection, |inner| identifier::table
        .filter(identifier::source.eq(source.as_str()))
        .filter(
            identifier::external_id
                .eq(first)
                .or(identifier::external_id.eq(second)),
        )
        .select(IdentifierRow::as_select())
        .load(inner))?;
    rows.iter()
        .map(|row| {
            let person = parse("person_identifier", "person_id", &row.person_id)?;
            Ok((
                parse("person_identifier", "external_id", &row.external_id)?,
                person,
            ))
        })
        .collect()
}

/// The id of the person that a source calls this.
pub fn id_of(
    connection: &mut DbConnection,
    source: &SourceName,
    external_id: &ExternalId,
) -> Result<Option<PersonId>, DbError> {
    let id: Option<String> = on_both!(connection, |inner| identifier::table
        .find((source.as_str(), external_id.as_str()))
        .select(identifier::person_id)
        .first(inner)
        .optional())?;
    id.map(|id| parse("person_identifier", "person_id", &id))
        .transpose()
}

/// The people whose address this is; letter case does not count.
pub fn with_address(connection: &mut DbConnection, address: &EmailAddress) -> Result<Vec<PersonId>, DbError> {
    let ids: Vec<String> = table::table
        .filter(sql::<Bool>("lower(person.email) = ").bind::<Text, _>(address.as_str().to_lowercase()))
        .order(table::id)
        .select(table::id)
        .load(connection)?;
    ids.iter().map(|id| parse("person", "id", id)).collect()
}

/// One page of people.
pub fn list(
    connection: &mut DbConnection,
    filter: &PersonFilter,
    page: PageRequest,
) -> Result<Page<Person>, DbError> {
    let mut query = table::table.into_boxed();
    if let Some(prefix) = &filter.name_prefix {
        let from = prefix.to_lowercase();
        // The greatest character ends the range, so that the index on the folded name is used.
        let to = format!("{from}\u{10FFFF}");
        query = query
            .filter(table::name_search.ge(from))
            .filter(table::name_search.lt(to));
    }
    match filter.is_incomplete {
        // As the condition of the index says it.
        Some(true) => query = query.filter(table::is_incomplete),
        Some(false) => query = query.filter(table::is_incomplete.eq(false)),
        None => {}
    }
    if filter.hides_protected {
        query = query.filter(table::is_protected.eq(false));
    }
    let rows = keyset_rows!(connection, query, table, page)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let identifiers: Vec<IdentifierRow> = identifier::table
        .filter(identifier::person_id.eq_any(ids))
        .select(IdentifierRow::as_select())
        .load(connection)?;
    let people = rows
        .into_iter()
        .map(|row| {
            let own = identifiers
                .iter()
                .filter(|found| found.person_id == row.id)
                .map(to_identifier);
            let own = own.collect::<Result<_, _>>()?;
            to_person(row, own)
        })
        .collect::<Result<Vec<_>, DbError>>()?;
    Ok(Page::from_rows(people, page, |person| person.id.into()))
}

/// Stores a new person.
pub fn insert(tx: &mut Tx<'_>, person: &Person) -> Result<(), DbError> {
    diesel::insert_into(table::table)
        .values(Row::from(person))
        .execute(&mut **tx)?;
    insert_identifiers(tx, person.id, &person.identifiers)
}

/// Adds what sources call a person.
pub fn insert_identifiers(
    tx: &mut Tx<'_>,
    person: PersonId,
    added: &[(SourceName, ExternalId)],
) -> Result<(), DbError> {
    for (source, external_id) in added {
        let row = IdentifierRow {
            source: source.as_str().to_owned(),
            external_id: external_id.as_str().to_owned(),
            person_id: person.to_string(),
        };
        diesel::insert_into(identifier::table)
            .values(&row)
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Takes away what sources call a person.
pub fn delete_identifiers(
    tx: &mut Tx<'_>,
    person: PersonId,
    removed: &[(SourceName, ExternalId)],
) -> Result<(), DbError> {
    for (source, external_id) in removed {
        let row = identifier::table.find((source.as_str(), external_id.as_str()));
        diesel::delete(row.filter(identifier::person_id.eq(person.to_string()))).execute(&mut **tx)?;
    }
    Ok(())
}

/// Gives what sources call one person to another.
pub fn move_identifiers(
    tx: &mut Tx<'_>,
    (from, to): (PersonId, PersonId),
    moved: &[(SourceName, ExternalId)],
) -> Result<(), DbError> {
    for (source, external_id) in moved {
        let row = identifier::table.find((source.as_str(), external_id.as_str()));
        diesel::update(row.filter(identifier::person_id.eq(from.to_string())))
            .set(identifier::person_id.eq(to.to_string()))
            .execute_prepared(tx)?;
    }
    Ok(())
}

/// The sources whose employments name this person, as the one employed or as a manager.
pub fn referring_sources(connection: &mut DbConnection, id: PersonId) -> Result<Vec<SourceName>, DbError> {
    let id = id.to_string();
    let names: Vec<String> = employment::table
        .filter(employment::person_id.eq(&id).or(employment::manager_id.eq(&id)))
        .select(employment::source)
        .distinct()
        .load(connection)?;
    names
        .iter()
        .map(|name| parse("employment", "source", name))
        .collect()
}

/// Stores a changed person, if nobody changed them meanwhile. Identifiers do not change here.
pub fn update(tx: &mut Tx<'_>, person: &Person) -> Result<(), DbError> {
    let changed = diesel::update(table::table.find(person.id.to_string()))
        .filter(table::version.eq(person.meta.version - 1))
        .set(Row::from(person))
        .execute_prepared(tx)?;
    guarded(changed)
}
