//! Hands one message to the mail server.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::MessageId;

pub(super) async fn execute(_app: &App, _message: MessageId, _run: &Run) -> Result<(), JobError> {
    Err(JobError::Permanent("not built".to_owned()))
}
