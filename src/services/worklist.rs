//! What somebody has to look at, whoever that is.

use super::case::Case;
use super::messages::recipients::resolve_in;
use super::{Ctx, ServiceError};
use crate::app::App;
use crate::db::{self, DbConnection};
use crate::domain::calendar::local_date;
use crate::domain::page::{MAX_LIMIT, Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::termination::TerminationRecord;
use crate::domain::timeline::RecipientRole;

/// The cases under way that nobody in particular answers for: no manager, next level or coordinator can be written to,
/// so that the service desk gets every mail.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn unowned(ctx: &Ctx, page: PageRequest) -> Result<Page<TerminationRecord>, ServiceError> {
    let app = ctx.app.clone();
    ctx.read(Action::ReadTermination, move |connection| {
        unowned_in(connection, &app, page)
    })
    .await
}

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
