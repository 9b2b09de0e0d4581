//! Plans the mails of the cases of a legal entity anew after its schedule changed.

use super::{JobError, Run};
use crate::app::App;
use crate::domain::ids::LegalEntityId;
use crate::services::schedules;

pub(super) async fn execute(app: &App, legal_entity: LegalEntityId, run: &Run) -> Result<(), JobError> {
    schedules::replan(&run.ctx(app), legal_entity)
        .await
        .map_err(|error| JobError::Retry(error.to_string()))?;
    Ok(())
}
