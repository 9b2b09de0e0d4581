//! Destroys the sealed codes of a termination.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::TerminationId;

pub(super) async fn execute(_app: &App, _termination: TerminationId, _run: &Run) -> Result<(), JobError> {
    Err(JobError::Permanent("not built".to_owned()))
}
