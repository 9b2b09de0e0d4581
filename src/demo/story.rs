//! The main job, played through the real interface.

use super::Access;
use crate::app::App;
use std::path::PathBuf;

/// Everything that the story needs.
pub(super) struct Stage {
    base: String,
    mails: PathBuf,
}

impl Stage {
    pub(super) fn new(app: &App, _access: &Access, mails: PathBuf) -> anyhow::Result<Self> {
        Ok(Self {
            base: app.config.public_url.clone(),
            mails,
        })
    }

    pub(super) async fn play(self) -> anyhow::Result<()> {
        println!("{} {}", self.base, self.mails.display());
        Ok(())
    }
}
