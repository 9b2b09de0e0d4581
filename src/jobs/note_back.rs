//! Notes that a leave is over when its last day has passed.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::TerminationId;
use crate::services::terminations;

pub(super) async fn execute(app: &App, termination: TerminationId, run: &Run) -> Result<(), JobError> {
    terminations::note_back(&run.ctx(app), termination)
        .await
        .map_err(|error| JobError::Retry(error.to_string()))
}
