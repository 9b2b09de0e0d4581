//! The service as one value: what every use case needs from its surroundings. No logic.

use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::crypto::access_token::AccessTokens;
use crate::crypto::keyring::Keyring;
use crate::db::Db;
use crate::domain::calendar::Calendar;
use crate::domain::instance::Instance;
use crate::integrations::issuers::Issuers;
use crate::integrations::mail::Mailer;
use std::sync::Arc;
use tokio::sync::Notify;

/// The running service. Clones share everything.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// The configuration.
    pub config: Arc<Config>,
    /// The keys that all others are derived from.
    pub keyring: Arc<Keyring>,
    /// Issues and verifies access tokens.
    pub tokens: Arc<AccessTokens>,
    /// Others whose access tokens are accepted.
    pub issuers: Arc<Issuers>,
    /// Which days are business days.
    pub calendar: Arc<Calendar>,
    /// Hands over mail.
    pub mailer: Arc<dyn Mailer>,
    /// This process.
    pub instance: Arc<Instance>,
    /// Rings after a commit that left work for the job runner. It saves the wait for the next poll and
    /// promises nothing: the runner polls all the same.
    pub job_bell: Arc<Notify>,
}
