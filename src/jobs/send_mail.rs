//! Hands one message to the mail server.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::MessageId;
use crate::services::messages::{self, Delivery};

pub(super) async fn execute(app: &App, message: MessageId, run: &Run) -> Result<(), JobError> {
    let delivery = messages::deliver(&run.ctx(app), message, || run.is_trusted())
        .await
        .map_err(|error| JobError::Retry(error.to_string()))?;
    match delivery {
        Delivery::Sent | Delivery::NotWanted => Ok(()),
        Delivery::Later(why) => Err(JobError::Retry(why)),
        Delivery::Refused(why) => Err(JobError::Permanent(why)),
        Delivery::NotBefore(pause) => Err(JobError::Snooze(pause)),
    }
}
