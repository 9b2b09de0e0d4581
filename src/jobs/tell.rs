//! Notices of the service itself: what has happened that somebody should know, and that is no step of a case.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::{AddOnId, ScimConnectionId, SnapshotId};
use crate::services::notices::Told;
use crate::services::{ServiceError, add_ons, scim::silence, snapshots};
use uuid::Uuid;

/// Tells whoever ordered an add-on that it has ended.
pub(super) async fn add_on_ended(app: &App, add_on: AddOnId, run: &Run) -> Result<(), JobError> {
    ended(add_ons::tell_ended(&run.ctx(app), add_on, || run.is_trusted()).await)
}

/// Tells the service desk that a snapshot is held.
pub(super) async fn snapshot_held(app: &App, snapshot: SnapshotId, run: &Run) -> Result<(), JobError> {
    ended(snapshots::tell_held(&run.ctx(app), snapshot, || run.is_trusted()).await)
}

/// Tells the desk that a directory's connection is silent.
pub(super) async fn connection_silent(
    app: &App,
    (connection, alarm): (ScimConnectionId, Uuid),
    run: &Run,
) -> Result<(), JobError> {
    ended(silence::tell(&run.ctx(app), connection, alarm, || run.is_trusted()).await)
}

/// What the telling means for the job.
fn ended(told: Result<Told, ServiceError>) -> Result<(), JobError> {
    match told {
        Ok(Told::Sent | Told::NotWanted) => Ok(()),
        Ok(Told::Later(why)) => Err(JobError::Retry(why)),
        Ok(Told::Refused(why)) => Err(JobError::Permanent(why)),
        Err(error) => Err(JobError::Retry(error.to_string())),
    }
}
