//! Tells the service desk that a snapshot is held.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::SnapshotId;
use crate::services::snapshots::{self, Told};

pub(super) async fn execute(app: &App, snapshot: SnapshotId, run: &Run) -> Result<(), JobError> {
    let told = snapshots::tell_held(&run.ctx(app), snapshot, || run.is_trusted())
        .await
        .map_err(|error| JobError::Retry(error.to_string()))?;
    match told {
        Told::Sent | Told::NotWanted => Ok(()),
        Told::Later(why) => Err(JobError::Retry(why)),
        Told::Refused(why) => Err(JobError::Permanent(why)),
    }
}
