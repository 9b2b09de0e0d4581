//! Hands one message to the mail server.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::MessageId;
use crate::services::messages::{self, Delivery};

pub(super) async fn execute(app: &App, message: MessageId, run: &Run) -> Result<(), JobError> {
    // By the lease: attempts are counted anew when a worker gives a job back, and when somebody resumes it.
    let is_first = run.lease.token == 1;
    let delivery = messages::deliver(&run.ctx(app), (message, is_first), || run.is_trusted())
        .await
        .map_err(|error| JobError::Retry(error.to_string()))?;
    match delivery {
        // A refusal is written down with the message, and whoever is to act on it is told.
        Delivery::Sent | Delivery::NotWanted | Delivery::Refused(_) => Ok(()),
        Delivery::Later(why) => Err(JobError::Retry(why)),
        Delivery::NotBefore(pause) => Err(JobError::Snooze(pause)),
    }
}
