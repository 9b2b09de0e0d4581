//! Applies the rows of an accepted snapshot.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::SnapshotId;
use crate::services::snapshots;

pub(super) async fn execute(app: &App, snapshot: SnapshotId, run: &Run) -> Result<(), JobError> {
    loop {
        let progress = snapshots::apply_next(&run.ctx(app), snapshot)
            .await
            .map_err(|error| JobError::Retry(error.to_string()))?;
        if progress.is_finished {
            return Ok(());
        }
    }
}
