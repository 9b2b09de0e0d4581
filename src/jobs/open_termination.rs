//! Opens a scheduled termination when its day has come.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::TerminationId;
use crate::services::terminations;

pub(super) async fn execute(app: &App, termination: TerminationId, run: &Run) -> Result<(), JobError> {
    terminations::begin(&run.ctx(app), termination)
        .await
        .map_err(|error| JobError::Retry(error.to_string()))
}
