//! What somebody has to look at, whoever that is.

use super::case::Case;
use super::messages::recipients::resolve_in;
use super::{Ctx, ServiceError};
use crate::app::App;
use crate::db::terminations::TerminationFilter;
use crate::db::{self, DbConnection};
use crate::domain::calendar::local_date;
use crate::domain::page::{MAX_LIMIT, Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::termination::TerminationRecord;
use crate::domain::timeline::RecipientRole;
use crate::domain::worklist::{DUE_SOON_DAYS, Worklist};
use chrono::Days;

/// One page of the cases under way that need this kind of look.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    work: Worklist,
    page: PageRequest,
) -> Result<Page<TerminationRecord>, ServiceError> {
    let app = ctx.app.clone();
    ctx.read(Action::ReadTermination, move |connection| {
        let active = TerminationFilter {
            is_active: Some(true),
            ..TerminationFilter::default()
        };
        let today = local_date(app.clock.now());
        let filter = match work {
            Worklist::Unowned => return unowned_in(connection, &app, page),
            Worklist::Overdue => TerminationFilter {
                return_before: Some(today),
                ..active
            },
            Worklist::DueSoon => TerminationFilter {
                return_from: Some(today),
                return_before: Some(today + Days::new(DUE_SOON_DAYS + 1)),
                ..active
            },
            Worklist::Contradicted => TerminationFilter {
                is_contradicted: Some(true),
                ..active
            },
            Worklist::Held => TerminationFilter {
                is_held: Some(true),
                ..active
            },
        };
        Ok(db::terminations::list(connection, &filter, page)?)
    })
    .await
}

/// The cases that nobody in particular answers for, so that the service desk gets every mail.
///
/// The database knows whose manager is missing, has no address or has left; whether the next level is there is asked
/// of those alone.
fn unowned_in(
    connection: &mut DbConnection,
    app: &App,
    page: PageRequest,
) -> Result<Page<TerminationRecord>, ServiceError> {
    let today = local_date(app.clock.now());
    let mut found = Vec::new();
    let mut look = PageRequest {
        limit: MAX_LIMIT,
        after: page.after,
    };
    loop {
        let candidates = db::terminations::without_manager(connection, today, look)?;
        for record in candidates.items {
            let case = Case::of(connection, record)?;
            let receiver = resolve_in(connection, app, &case, (RecipientRole::Receiver, today))?;
            if receiver.is_none_or(|receiver| receiver.person.is_none()) {
                found.push(case.record);
            }
            // One more than asked for tells that there is a next page.
            if found.len() > page.limit as usize {
                return Ok(Page::from_rows(found, page, |record| {
                    record.termination.id.into()
                }));
            }
        }
        match candidates.next {
            Some(next) => look.after = Some(next),
            None => {
                return Ok(Page::from_rows(found, page, |record| {
                    record.termination.id.into()
                }));
            }
        }
    }
}
