//! Destroys the sealed codes of a termination.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::TerminationId;
use crate::services::codes;

pub(super) async fn execute(app: &App, termination: TerminationId, run: &Run) -> Result<(), JobError> {
    codes::destroy(&run.ctx(app), termination)
        .await
        .map(|_| ())
        .map_err(|error| JobError::Retry(error.to_string()))
}
