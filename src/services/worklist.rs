//! What somebody has to look at, whoever that is.

use super::case::Case;
use super::messages::recipients::resolve_in;
use super::{Ctx, ServiceError};
use crate::app::App;
use crate::db::terminations::worklist::{self, LateSince, Managers, Search};
use crate::db::{self, DbConnection};
use crate::domain::calendar::local_date;
use crate::domain::ids::{LegalEntityId, PersonId, TerminationId};
use crate::domain::page::{MAX_LIMIT, Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::termination::TerminationRecord;
use crate::domain::worklist::{UNDELIVERED_AFTER, WorkScope, Worklist};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};

/// One page of the cases that need this kind of look.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    work: Worklist,
    scope: WorkScope,
    page: PageRequest,
) -> Result<Page<TerminationRecord>, ServiceError> {
    let app = ctx.app.clone();
    ctx.read(Action::ReadTermination, move |connection| {
        let mut look = Look::begin(connection, app, scope)?;
        let search = look.search(work);
        let Some(answer) = look.answer(work) else {
            return Ok(worklist::list(connection, &search, page)?);
        };
        // One more than asked for tells that there is a next page.
        let most = page.limit as usize + 1;
        let found = look.answered(connection, &search, answer, (page.after, most))?;
        Ok(Page::from_rows(found, page, |record| {
            record.termination.id.into()
        }))
    })
    .await
}

/// How many cases need each kind of look.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn counts(ctx: &Ctx, scope: WorkScope) -> Result<BTreeMap<Worklist, u64>, ServiceError> {
    let app = ctx.app.clone();
    ctx.read(Action::ReadTermination, move |connection| {
        let mut look = Look::begin(connection, app, scope)?;
        let mut counts = BTreeMap::new();
        for work in Worklist::ALL.iter().copied() {
            let search = look.search(work);
            let count = match look.answer(work) {
                None => worklist::count(connection, &search)?.unsigned_abs(),
                Some(answer) => {
                    let found = look.answered(connection, &search, answer, (None, usize::MAX))?;
                    found.len() as u64
                }
            };
            counts.insert(work, count);
        }
        Ok(counts)
    })
    .await
}

/// Who must answer for a case for it to be meant.
#[derive(Clone, Copy)]
enum Answer {
    /// Nobody in particular, so that the service desk gets every mail.
    Nobody,
    /// This person.
    By(PersonId),
    /// Nobody in particular and somebody at once, which no case is.
    Never,
}

/// One look at the work in a scope.
struct Look {
    app: App,
    scope: WorkScope,
    now: DateTime<Utc>,
    late_since: Vec<LateSince>,
    /// Who answers for the cases that were asked about so far.
    known: HashMap<TerminationId, Option<PersonId>>,
}

impl Look {
    fn begin(connection: &mut DbConnection, app: App, scope: WorkScope) -> Result<Self, ServiceError> {
        let now = app.clock.now();
        let late_since = late_since(connection, &app, now)?;
        Ok(Self {
            app,
            scope,
            now,
            late_since,
            known: HashMap::new(),
        })
    }

    fn search(&self, work: Worklist) -> Search {
        let managers = match (work, self.scope.receiver_id) {
            (_, Some(receiver)) => Managers::UnsureOr(receiver),
            (Worklist::Unowned, None) => Managers::Unsure,
            (_, None) => Managers::Any,
        };
        Search {
            work,
            scope: self.scope,
            today: local_date(self.now),
            late_since: self.late_since.clone(),
            managers,
        }
    }

    /// Who must answer, where the database alone cannot tell.
    const fn answer(&self, work: Worklist) -> Option<Answer> {
        match (work, self.scope.receiver_id) {
            (Worklist::Unowned, Some(_)) => Some(Answer::Never),
            (Worklist::Unowned, None) => Some(Answer::Nobody),
            (_, Some(receiver)) => Some(Answer::By(receiver)),
            (_, None) => None,
        }
    }

    /// The first of the cases of a search that have the right one to answer for them. The database knows whose manager
    /// is missing, has no address, is away or has left; whether somebody stands in is asked of those alone.
    fn answered(
        &mut self,
        connection: &mut DbConnection,
        search: &Search,
        answer: Answer,
        (after, most): (Option<uuid::Uuid>, usize),
    ) -> Result<Vec<TerminationRecord>, ServiceError> {
        let wanted = match answer {
            Answer::Nobody => None,
            Answer::By(person) => Some(person),
            Answer::Never => return Ok(Vec::new()),
        };
        let mut found = Vec::new();
        let mut look = PageRequest {
            limit: MAX_LIMIT,
            after,
        };
        loop {
            let candidates = worklist::list(connection, search, look)?;
            for record in candidates.items {
                if self.receiver(connection, &record)? == wanted {
                    found.push(record);
                }
                if found.len() >= most {
                    return Ok(found);
                }
            }
            match candidates.next {
                Some(next) => look.after = Some(next),
                None => return Ok(found),
            }
        }
    }

    fn receiver(
        &mut self,
        connection: &mut DbConnection,
        record: &TerminationRecord,
    ) -> Result<Option<PersonId>, ServiceError> {
        let id = record.termination.id;
        if let Some(known) = self.known.get(&id) {
            return Ok(*known);
        }
        // Who answers does not depend on what there is to hand in.
        let bare = TerminationRecord {
            holdings: Vec::new(),
            ..record.clone()
        };
        let case = Case::of(connection, bare)?;
        let role = (record.asked_role(), local_date(self.now));
        let receiver = resolve_in(connection, &self.app, &case, role)?;
        let person = receiver.and_then(|receiver| receiver.person);
        self.known.insert(id, person);
        Ok(person)
    }
}

/// Since when a written mail has waited for too long, by legal entities that write at the same times.
fn late_since(
    connection: &mut DbConnection,
    app: &App,
    now: DateTime<Utc>,
) -> Result<Vec<LateSince>, ServiceError> {
    let mut groups: BTreeMap<DateTime<Utc>, Vec<LegalEntityId>> = BTreeMap::new();
    for entity in db::legal_entities::all(connection)? {
        let since = if app.config.mail.send_window {
            entity.schedule.calendar().send_time_ago(now, UNDELIVERED_AFTER)
        } else {
            now - UNDELIVERED_AFTER
        };
        groups.entry(since).or_default().push(entity.id);
    }
    Ok(groups
        .into_iter()
        .map(|(since, of)| LateSince { since, of })
        .collect())
}
