//! Employments as they stand. They change only through what the HR system delivers.

use super::{Ctx, ServiceError};
use crate::db;
use crate::domain::employment::Employment;
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
