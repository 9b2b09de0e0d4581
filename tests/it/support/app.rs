//! The service around a test's database.

use chrono::{DateTime, TimeDelta, Utc};
use handback::app::App;
use handback::clock::{Clock, Ids};
use handback::config::Config;
use handback::crypto::access_token::AccessTokens;
use handback::crypto::keyring::Keyring;
use handback::db::Db;
use handback::domain::calendar::Calendar;
use handback::integrations::mail::MemoryMailer;
use std::path::Path;
use std::sync::Arc;

/// The instant at which every test begins: a Monday in winter, nine o'clock in Stockholm.
pub fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2027-01-11T08:00:00Z")
        .unwrap()
        .to_utc()
}

/// A service whose clock stands at [`start`] until the test moves it.
pub fn app(db: Db) -> App {
    let clock = Clock::fixed(start());
    let keyring = Keyring::for_tests();
    let tokens = AccessTokens::new(&keyring, "issuer", "audience", TimeDelta::hours(1)).unwrap();
    App {
        db,
        ids: Ids::new(clock.clone()),
        clock,
        config: Arc::new(Config::for_tests(
            Path::new("/nowhere"),
            "sqlite:/nowhere/test.db",
        )),
        keyring: Arc::new(keyring),
        tokens: Arc::new(tokens),
        calendar: Arc::new(Calendar::swedish()),
        mailer: Arc::new(MemoryMailer::default()),
    }
}
