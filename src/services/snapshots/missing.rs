//! Employments that complete snapshots leave out. Absence is no end: an export can lose a unit, and the people in it still
//! work here. So it takes two complete snapshots in a row, and then somebody who says so.

use crate::db;
use crate::db::missing::Missing;
use crate::domain::employment::{Employment, EmploymentDocument};
use crate::domain::ids::EmploymentId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::text::SourceName;
use crate::services::{Ctx, ServiceError, hr, references, trail};
use chrono::NaiveDate;
use serde_json::json;

/// How many complete snapshots in a row must leave an employment out before somebody can end it for that.
const OFTEN_ENOUGH: i32 = 2;
const NOT_MISSING: ServiceError = ServiceError::NotFound("missing employment");

/// One page of the employments that the last complete snapshots of a source left out although they go on.
///
/// # Errors
/// [`ServiceError::NotFound`] for a source that is not registered; as [`Ctx::read`].
pub async fn missing(
    ctx: &Ctx,
    source: SourceName,
    page: PageRequest,
) -> Result<Page<Missing>, ServiceError> {
    ctx.read(Action::ReadEmployment, move |connection| {
        super::source_in(connection, &source)?;
        Ok(db::missing::list(connection, &source, page)?)
    })
    .await
}

/// Ends an employment that its source no longer mentions: somebody has found out that it is over, and on which day. Its
/// case follows. Whatever the source says about it later counts again.
///
/// # Errors
/// [`ServiceError::NotFound`] for one that is not missing; [`ServiceError::Stale`] against the version of the employment;
/// [`ServiceError::Conflict`] `missing_once` until a second complete snapshot has left it out;
/// [`ServiceError::Invalid`] for a day before the first; as [`Ctx::write`].
pub async fn end_missing(
    ctx: &Ctx,
    (source, id): (SourceName, EmploymentId),
    expected: ExpectedVersion,
    end_date: NaiveDate,
) -> Result<Employment, ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::DecideDelivery, move |tx| {
        let source = super::source_in(tx, &source)?;
        let missing = db::missing::find(tx, id)?
            .filter(|missing| missing.source == source.name)
            .ok_or(NOT_MISSING)?;
        let employment = db::employments::find(tx, id)?.ok_or(NOT_MISSING)?;
        references::check_version(&expected, employment.meta)?;
        if missing.snapshots < OFTEN_ENOUGH {
            return Err(ServiceError::Conflict {
                code: "missing_once",
                detail: "Only one complete snapshot lacks it. Wait for the next one: an export can lose rows.",
            });
        }
        let document = EmploymentDocument {
            end_date: Some(end_date),
            ..employment.document.clone()
        };
        hr::validate(&document)?;
        let delivery = hr::deliver_anyway_in(tx, &app, (&source, &employment.external_id), &document)?;
        db::missing::clear(tx, &[id])?;
        let details = json!({ "source": source.name, "snapshots": missing.snapshots });
        trail::note(tx, "employment.missing_ended", id, details)?;
        Ok(delivery.employment)
    })
    .await
}
