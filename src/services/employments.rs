//! Employments as they stand. They change only through what the HR system delivers.

use super::{Ctx, ServiceError};
use crate::db;
use crate::domain::employment::{Employment, EmploymentVersion};
use crate::domain::ids::EmploymentId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;

pub use crate::db::employments::EmploymentFilter;

/// One employment.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: EmploymentId) -> Result<Employment, ServiceError> {
    ctx.look_up(Action::ReadEmployment, move |connection| {
        db::employments::find(connection, id)?.ok_or(ServiceError::NotFound("employment"))
    })
    .await
}

/// One page of employments.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: EmploymentFilter,
    page: PageRequest,
) -> Result<Page<Employment>, ServiceError> {
    ctx.read(Action::ReadEmployment, move |connection| {
        Ok(db::employments::list(connection, &filter, page)?)
    })
    .await
}

/// The most versions that are shown.
const VERSIONS: i64 = 200;

/// What was known of an employment and since when: its newest versions, the newest first.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn versions(ctx: &Ctx, id: EmploymentId) -> Result<Vec<EmploymentVersion>, ServiceError> {
    ctx.read(Action::ReadEmployment, move |connection| {
        let found = db::employments::versions(connection, id, VERSIONS)?;
        if found.is_empty() {
            return Err(ServiceError::NotFound("employment"));
        }
        Ok(found)
    })
    .await
}
