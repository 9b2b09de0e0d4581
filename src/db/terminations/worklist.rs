//! The cases that somebody has to look at. What a list shows and what a count counts is the same query.

use super::rows::Row;
use super::{DbConnection, load_all, table};
use crate::db::DbError;
use crate::db::connection::MultiBackend;
use crate::db::schema::termination::BoxedQuery;
use crate::domain::employment::{EmploymentKind, EmploymentState};
use crate::domain::ids::{LegalEntityId, PersonId};
use crate::domain::message::MessageState;
use crate::domain::page::{Page, PageRequest};
use crate::domain::termination::{TerminationKind, TerminationRecord};
use crate::domain::timeline::MessageStep;
use crate::domain::worklist::{DUE_SOON_DAYS, WorkScope, Worklist};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::BoxableExpression;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Text};

/// A condition on terminations.
type Condition = Box<dyn BoxableExpression<table::table, MultiBackend, SqlType = Bool>>;

/// Cases under way. The words stand in the query, not beside it: only so the databases see that the index of the cases
/// under way will do.
const ACTIVE: &str = "termination.state IN ('scheduled', 'open')";

/// Cases under way with a number that is to go to its holder, and has not gone.
pub(super) const HAS_TRANSFER: &str = "termination.state IN ('scheduled', 'open') AND termination.id IN \
    (SELECT termination_item.termination_id FROM termination_item \
    WHERE termination_item.is_to_be_transferred)";

/// Which cases are asked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// What kind of look they need.
    pub work: Worklist,
    /// Whose they are. Who answers for a case is not for the database to say: see [`Search::managers`].
    pub scope: WorkScope,
    /// The day on which is asked.
    pub today: NaiveDate,
    /// Since when a written mail waits for too long. Each legal entity is in one of them.
    pub late_since: Vec<LateSince>,
    /// Only what one of these can be asked about.
    pub managers: Managers,
}

/// Since when a written mail waits for too long.
#[derive(Clone, Debug)]
pub struct LateSince {
    /// The instant.
    pub since: DateTime<Utc>,
    /// The legal entities for which it is that one: those that write at the same times.
    pub of: Vec<LegalEntityId>,
}

/// Which managers the cases have, as far as the database knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Managers {
    /// Whichever.
    Any,
    /// Somebody else may have to answer than the one who is asked first: there is nobody, or they cannot be written to, are
    /// the holder, have left or have leave. Of moves another manager is asked first, and what is handed over is asked of
    /// somebody else, so all of them are among these.
    Unsure,
    /// The same, and the cases about which this person is asked first.
    UnsureOr(PersonId),
}

/// One page of them, in the order of their ids.
pub fn list(
    connection: &mut DbConnection,
    search: &Search,
    page: PageRequest,
) -> Result<Page<TerminationRecord>, DbError> {
    let rows: Vec<Row> = filtered(search)
        .filter(table::id.gt(page.lower_bound()))
        .order(table::id)
        .limit(page.rows_to_read())
        .select(Row::as_select())
        .load(connection)?;
    let records = load_all(connection, rows)?;
    Ok(Page::from_rows(records, page, |record| {
        record.termination.id.into()
    }))
}

/// How many there are.
pub fn count(connection: &mut DbConnection, search: &Search) -> Result<i64, DbError> {
    Ok(filtered(search).count().get_result(connection)?)
}

fn filtered(search: &Search) -> BoxedQuery<'static, MultiBackend> {
    let scoped = in_scope(table::table.into_boxed(), &search.scope).filter(needs_look(search));
    match search.managers {
        Managers::Any => scoped,
        Managers::Unsure => scoped.filter(is_unsure(search.today)),
        Managers::UnsureOr(person) => scoped.filter(is_asked_first(person).or(is_unsure(search.today))),
    }
}

fn in_scope(
    mut query: BoxedQuery<'static, MultiBackend>,
    scope: &WorkScope,
) -> BoxedQuery<'static, MultiBackend> {
    if let Some(id) = scope.legal_entity_id {
        query = query.filter(table::legal_entity_id.eq(id.to_string()));
    }
    // The unit of today, as mails have it, not the one in which the case was opened.
    if let Some(id) = scope.unit_id {
        query = query.filter(
            sql::<Bool>(
                "termination.employment_id IN (SELECT employment.id FROM employment WHERE employment.unit_id IN \
                 (WITH RECURSIVE below (id) AS (SELECT unit.id FROM unit WHERE unit.id = ",
            )
            .bind::<Text, _>(id.to_string())
            .sql(
                " UNION SELECT unit.id FROM unit JOIN below ON unit.parent_id = below.id) \
                 SELECT below.id FROM below))",
            ),
        );
    }
    if let Some(id) = scope.coordinator_id {
        query = query.filter(
            sql::<Bool>(
                "termination.employment_id IN (SELECT employment.id FROM employment WHERE employment.unit_id IN \
                 (WITH RECURSIVE own (id) AS (SELECT unit.id FROM unit WHERE unit.coordinator_id = ",
            )
            .bind::<Text, _>(id.to_string())
            .sql(
                " UNION SELECT unit.id FROM unit JOIN own ON unit.parent_id = own.id \
                 WHERE unit.coordinator_id IS NULL) SELECT own.id FROM own))",
            ),
        );
    }
    query
}

fn needs_look(search: &Search) -> Condition {
    let today = search.today;
    let active = || sql::<Bool>(ACTIVE);
    match search.work {
        Worklist::Unowned => Box::new(active()),
        // While somebody is on leave and everything is settled until they are back, nothing is due.
        Worklist::Overdue => Box::new(
            active()
                .and(table::return_by.lt(today))
                .and(table::is_paused.eq(false)),
        ),
        Worklist::DueSoon => Box::new(
            active()
                .and(table::is_paused.eq(false))
                .and(table::return_by.ge(today))
                .and(table::return_by.lt(today + Days::new(DUE_SOON_DAYS + 1))),
        ),
        Worklist::Contradicted => Box::new(active().and(table::is_contradicted.eq(true))),
        Worklist::BreachDue => Box::new(table::breach_notify_by.is_not_null()),
        Worklist::Held => Box::new(active().and(table::hold.is_not_null())),
        Worklist::WaitingForMdm => Box::new(active().and(sql::<Bool>(
            "termination.id IN (SELECT termination_item.termination_id FROM termination_item \
             WHERE termination_item.awaits_mdm)",
        ))),
        Worklist::NumberTransfer => Box::new(sql::<Bool>(HAS_TRANSFER)),
        Worklist::UndeliveredMail => has_undelivered(&search.late_since),
    }
}

/// A mail was given up and not written again since, or waits for too long. Of a completed case, only its receipts are
/// still of interest.
///
/// The inner query does not look at the case of the outer one, so that the databases begin with the few messages. What
/// stands in its text is never anybody's text: words of ours, ids and instants.
fn has_undelivered(late_since: &[LateSince]) -> Condition {
    let receipts = words(
        [MessageStep::ReceiptHolder, MessageStep::ReceiptReceiver].iter(),
        |step| step.as_str(),
    );
    let given_up = words(
        MessageState::ALL.iter().filter(|state| state.is_undelivered()),
        |state| state.as_str(),
    );
    let waits: Vec<String> = late_since
        .iter()
        .map(|late| {
            let since = late.since.naive_utc().format("%F %T%.f");
            let ids: Vec<String> = late.of.iter().map(|id| format!("'{id}'")).collect();
            format!(
                "late.queued_at < '{since}' AND own.legal_entity_id IN ({})",
                ids.join(", ")
            )
        })
        .collect();
    // Without a legal entity there is no case.
    let waits = if waits.is_empty() {
        "1 = 0".to_owned()
    } else {
        waits.join(" OR ")
    };
    Box::new(sql::<Bool>(&format!(
        "termination.id IN (SELECT late.termination_id FROM message AS late \
         JOIN termination AS own ON own.id = late.termination_id WHERE late.state IN ({given_up}, 'queued') \
         AND (own.state IN ('scheduled', 'open') OR own.state = 'completed' AND late.step IN ({receipts})) \
         AND (late.state = 'queued' AND ({waits}) OR late.state <> 'queued' AND NOT EXISTS (\
         SELECT 1 FROM message AS again WHERE again.termination_id = late.termination_id \
         AND again.step = late.step AND again.recipient_role = late.recipient_role AND again.id > late.id \
         AND again.state IN ('planned', 'queued', 'sent'))))"
    )))
}

/// Cases of people whom this person leads, and of the elected representatives of whose legal entity they are the chancery.
fn is_asked_first(person: PersonId) -> Condition {
    let elected = EmploymentKind::Elected;
    let led = sql::<Bool>(
        "termination.employment_id IN (SELECT employment.id FROM employment WHERE employment.manager_id = ",
    )
    .bind::<Text, _>(person.to_string())
    .sql(")");
    let chancery = sql::<Bool>(&format!(
        "termination.employment_id IN (SELECT employment.id FROM employment \
         JOIN legal_entity ON legal_entity.id = employment.legal_entity_id \
         WHERE employment.kind = '{elected}' AND legal_entity.chancery_id = "
    ))
    .bind::<Text, _>(person.to_string())
    .sql(")");
    Box::new(led.or(chancery))
}

/// Somebody else may have to answer than the one who is asked first: the chancery of the legal entity for elected
/// representatives, the manager for everybody else.
fn is_unsure(today: NaiveDate) -> Condition {
    let (elected, transfer) = (EmploymentKind::Elected, TerminationKind::Transfer);
    let active = EmploymentState::Active;
    Box::new(
        sql::<Bool>(&format!(
            "EXISTS (SELECT 1 FROM employment \
             JOIN legal_entity ON legal_entity.id = termination.legal_entity_id \
             LEFT JOIN person ON person.id = COALESCE(CASE WHEN employment.kind = '{elected}' \
             THEN legal_entity.chancery_id END, employment.manager_id) \
             WHERE employment.id = termination.employment_id AND (person.email IS NULL \
             OR termination.delegate_to IS NOT NULL OR person.id = termination.person_id OR termination.kind = '{transfer}' \
             OR EXISTS (SELECT 1 FROM unreachable_address WHERE unreachable_address.person_id = person.id) \
             OR EXISTS (SELECT 1 FROM employment AS led WHERE led.person_id = person.id) \
             AND NOT EXISTS (SELECT 1 FROM employment AS led WHERE led.person_id = person.id \
             AND led.state = '{active}' AND led.document NOT LIKE '%\"leave\":[{{%' AND led.start_on <= "
        ))
        .bind::<Date, _>(today)
        .sql(" AND (led.end_on IS NULL OR led.end_on >= ")
        .bind::<Date, _>(today)
        .sql("))))"),
    )
}

/// The words of an enum for a list in a query.
fn words<'a, T: 'a + Copy>(of: impl Iterator<Item = &'a T>, word: impl Fn(T) -> &'static str) -> String {
    let quoted: Vec<String> = of.map(|value| format!("'{}'", word(*value))).collect();
    quoted.join(", ")
}
