//! Destroys the sealed codes of a termination.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::TerminationId;
use crate::services::{ServiceError, codes};

/// What was destroyed stays destroyed, so doing it again does nothing.
pub(super) async fn execute(app: &App, termination: TerminationId, run: &Run) -> Result<(), JobError> {
    match codes::destroy(&run.ctx(app), termination).await {
        Ok(_) => Ok(()),
        Err(ServiceError::NotFound(what)) => Err(JobError::Permanent(format!("no such {what}"))),
        Err(error) => Err(JobError::Retry(error.to_string())),
    }
}
