//! The service around a test's database.

use chrono::{DateTime, Utc};
use handback::app::App;
use handback::clock::Clock;
use handback::config::Config;
use handback::crypto::keyring::Keyring;
use handback::db::DatabaseUrl;
use handback::integrations::mail::MemoryMailer;
use handback::startup;
use std::path::PathBuf;
use std::sync::Arc;

/// The instant at which every test begins: a Monday in winter, nine o'clock in Stockholm.
pub fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2027-01-11T08:00:00Z")
        .unwrap()
        .to_utc()
}

/// A service whose clock stands at [`start`] until the test moves it, and whose mail stays in memory.
pub fn app(url: &DatabaseUrl) -> (App, Arc<MemoryMailer>) {
    let (folder, text) = match url {
        DatabaseUrl::Sqlite(path) => (
            path.parent().unwrap().to_owned(),
            format!("sqlite:{}", path.display()),
        ),
        DatabaseUrl::Postgres(text) => (std::env::temp_dir().join("handback-it"), text.clone()),
    };
    let config = config(folder, &text);
    let mailer = Arc::new(MemoryMailer::default());
    let clock = Clock::fixed(start());
    let mut app = startup::assemble(config, url, clock, Keyring::for_tests()).unwrap();
    app.mailer = Arc::clone(&mailer) as Arc<_>;
    (app, mailer)
}

fn config(folder: PathBuf, url: &str) -> Config {
    let mut config = Config::for_tests(&folder, url);
    config.workers = 1;
    config.postgres.pool_size = 8;
    config.sqlite.readers = 8;
    config.http.rate_limit_per_second = 0;
    config
}
