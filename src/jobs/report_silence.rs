//! Tells the desk that a directory's connection is silent.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::ScimConnectionId;
use crate::services::scim::silence::{self, Telling};
use uuid::Uuid;

pub(super) async fn execute(
    app: &App,
    (connection, alarm): (ScimConnectionId, Uuid),
    run: &Run,
) -> Result<(), JobError> {
    let told = silence::tell(&run.ctx(app), connection, alarm, || run.is_trusted())
        .await
        .map_err(|error| JobError::Retry(error.to_string()))?;
    match told {
        Telling::Done => Ok(()),
        Telling::Later(why) => Err(JobError::Retry(why)),
        Telling::Refused(why) => Err(JobError::Permanent(why)),
    }
}
