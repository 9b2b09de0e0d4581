//! Tells whoever ordered an add-on that it has ended.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::AddOnId;
use crate::services::add_ons::{self, Told};

pub(super) async fn execute(app: &App, add_on: AddOnId, run: &Run) -> Result<(), JobError> {
    let told = add_ons::tell_ended(&run.ctx(app), add_on, || run.is_trusted())
        .await
        .map_err(|error| JobError::Retry(error.to_string()))?;
    match told {
        Told::Sent | Told::NotWanted => Ok(()),
        Told::Later(why) => Err(JobError::Retry(why)),
        Told::Refused(why) => Err(JobError::Permanent(why)),
    }
}
