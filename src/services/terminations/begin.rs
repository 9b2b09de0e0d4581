//! The day on which the devices are due back.

use super::{change_in, get_in, today};
use crate::domain::ids::TerminationId;
use crate::domain::policy::Action;
use crate::services::{Ctx, ServiceError};

/// Opens a scheduled case if its day has come. On any other day, and for a case that is open or closed, nothing
/// changes: the day may have moved since somebody noted to come back.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::write`].
pub async fn begin(ctx: &Ctx, id: TerminationId) -> Result<(), ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| {
        let record = get_in(tx, id)?;
        if !record.termination.is_active() {
            return Ok(());
        }
        let today = today(tx);
        change_in(tx, &app, record, |record| Ok(record.termination.begin(today)?))?;
        Ok(())
    })
    .await
}
