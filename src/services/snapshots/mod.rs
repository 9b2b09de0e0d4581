//! Snapshots: everything that a source knows at one instant, as one file, for systems that cannot number the versions of
//! an employment.
//!
//! The file is read and checked as a whole first (`read`); one bad row, and nothing of it is used. Then it is compared
//! with what is known, many rows at a time (`assess`): a row that says what is known costs one look and nothing else.
//! What looks wrong as a whole is held for somebody's decision (`decide`).
//!
//! Decision: the rows are not applied in the transaction that accepts the snapshot. Each of them is a use case of its
//! own, with cases, mails and audit, and twenty thousand of those in one transaction would keep every other writer of a
//! SQLite database waiting for many seconds, and pass the limits of time of a request. So accepting stores the rows that
//! differ, durably and all at once, and a job applies them some at a time, each row and the taking away of its stored
//! copy in one transaction (`apply`). A process that dies goes on where it was; until the snapshot is applied, no other
//! one of the source begins. A row that a rule forbids is kept among the unmatched documents and holds up nothing.

mod apply;
mod assess;
mod csv_rows;
mod decide;
mod json_rows;
mod missing;
mod read;
mod receive;
mod row;
mod tell;

pub use apply::{Progress, apply_next};
pub use assess::{Assessment, preview};
pub use decide::{approve, reject};
pub use json_rows::NOT_JSON;
pub use missing::{end_missing, missing};
pub use read::{AsOf, Charset, Delimiter, Format, Label, Parsed, read};
pub use receive::{Arrival, purge_rows, receive};
pub use row::{COLUMNS, ReadRow, is_required};
pub use tell::tell_held;

use super::{Ctx, ServiceError};
pub use crate::db::missing::Missing;
pub use crate::db::snapshots::SnapshotFilter;
use crate::db::{self, DbConnection};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::snapshot::Snapshot;
use crate::domain::source::{Source, SourceOrdering};
use crate::domain::text::{ExternalId, SourceName};

const NOT_FOUND: ServiceError = ServiceError::NotFound("snapshot");

/// One page of the snapshots of a source.
///
/// # Errors
/// [`ServiceError::NotFound`] for a source that is not registered; as [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: SnapshotFilter,
    page: PageRequest,
) -> Result<Page<Snapshot>, ServiceError> {
    ctx.read(Action::ReadEmployment, move |connection| {
        source_in(connection, &filter.source)?;
        Ok(db::snapshots::list(connection, &filter, page)?)
    })
    .await
}

/// The snapshot that a source calls this.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, source: SourceName, name: ExternalId) -> Result<Snapshot, ServiceError> {
    ctx.look_up(Action::ReadEmployment, move |connection| {
        db::snapshots::find_named(connection, &source, &name)?.ok_or(NOT_FOUND)
    })
    .await
}

/// A source whose documents come in snapshots.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `ordered_by_sequence`; as [`Ctx::read`].
pub async fn source(ctx: &Ctx, name: SourceName) -> Result<Source, ServiceError> {
    ctx.look_up(Action::DeliverEmployment, move |connection| {
        let source = source_in(connection, &name)?;
        if source.settings.ordering == SourceOrdering::Sequence {
            return Err(ServiceError::Conflict {
                code: "ordered_by_sequence",
                detail: "The documents of this source carry their own sequence. If they are to come in snapshots, set its ordering to snapshot first.",
            });
        }
        Ok(source)
    })
    .await
}

fn source_in(connection: &mut DbConnection, name: &SourceName) -> Result<Source, ServiceError> {
    db::sources::find(connection, name)?.ok_or(ServiceError::NotFound("source"))
}
