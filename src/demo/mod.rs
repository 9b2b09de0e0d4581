//! `handback demo`: the service with invented data, to look at and to try.

mod data;
mod seed;
mod story;

use crate::app::App;
use crate::cli::{out, serve};
use crate::clock::Clock;
use crate::config::{Config, MailTransport, RawSettings};
use crate::crypto::token::ClientSecret;
use crate::db::instance_settings::DatabasePurpose;
use crate::domain::actor::Scope;
use crate::domain::calendar::local_date;
use crate::domain::ids::ServiceAccountId;
use crate::services::{Ctx, health, keys, receipts, service_accounts, sources};
use crate::startup::{self, Prepare, Started};
use anyhow::{Context, bail};
use chrono::Days;
use clap::Args;
use serde_json::json;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::sync::oneshot;

/// What the demonstration is asked for.
#[derive(Args)]
pub struct DemoArgs {
    /// The port to serve on; 0 takes any that is free.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder for the demonstration's database, keys and mails.
    #[arg(long, value_name = "DIR", default_value = "./data/demo")]
    data: PathBuf,
    /// Mail at once, not in the sending hours of business days.
    #[arg(long)]
    no_mail_window: bool,
    /// Print one line of JSON on standard output: base_url, source, client_id, client_secret, data_dir, mail_dir.
    #[arg(long)]
    json: bool,
    /// Play the main job through the real interface against a fresh database, say each step, and stop. The exit
    /// code is not 0 as soon as a step is not as it should be.
    #[arg(long)]
    story: bool,
}

/// Credentials that open everything in the demonstration.
pub(crate) struct Access {
    pub client_id: ServiceAccountId,
    pub secret: ClientSecret,
}

impl DemoArgs {
    /// The settings that make a service a demonstration.
    ///
    /// # Errors
    /// No port is free.
    pub fn settings(&self, settings: RawSettings) -> anyhow::Result<RawSettings> {
        // Links in mails name the port, so it must be known before anything else is.
        let port = if self.port == 0 || self.story {
            free_port()?
        } else {
            self.port
        };
        let at_once = self.no_mail_window || self.story;
        Ok(settings
            .with("data_dir", &self.data.display().to_string())
            .with("listen", &format!("127.0.0.1:{port}"))
            .with("mail.transport", "file")
            .with("mail.send_window", if at_once { "false" } else { "true" })
            .with(
                "mail.desk_address",
                "Kundtjänst telefoni <telefoni@exempelkommunen.example>",
            )
            .with("jobs.poll_seconds", "1"))
    }

    /// Runs the demonstration.
    ///
    /// # Errors
    /// It cannot be started, the database is one for real work, or a step of the story is not as it should be.
    pub fn run(&self, config: Config) -> anyhow::Result<ExitCode> {
        let Started { app, lock: _lock, .. } = startup::start(config, Clock::system(), Prepare::Serve)?;
        serve::block_on(async {
            keys::check_at_start(&app).await?;
            receipts::freeze_missing(&app).await?;
            prepare(&app, self.story).await?;
            let access = access(&app).await?;
            let listener = serve::listen(&app)?;
            if self.story {
                return play(app, listener, access).await;
            }
            self.tell(&app, &access)?;
            serve::run(app, listener, serve::stop_signal()?).await
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn tell(&self, app: &App, access: &Access) -> anyhow::Result<()> {
        if self.json {
            let line = json!({
                "base_url": app.config.public_url,
                "source": seed::EXAMPLE_SOURCE,
                "client_id": access.client_id,
                "client_secret": access.secret.expose(),
                "data_dir": app.config.data_dir,
                "mail_dir": mail_folder(app),
            });
            out::line(line)
        } else {
            out::line(things_to_try(app, access))
        }
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn mail_folder(app: &App) -> PathBuf {
    match &app.config.mail.transport {
        MailTransport::File { directory } => directory.clone(),
        MailTransport::Smtp(_) => PathBuf::new(),
    }
}

/// Fills a new database; leaves one that was filled before as it is.
async fn prepare(app: &App, must_be_fresh: bool) -> anyhow::Result<()> {
    let ctx = Ctx::operator(app);
    if health::mark_as_demo(&ctx).await? != DatabasePurpose::Demo {
        bail!(
            "this database is not a demonstration's. Choose another folder with --data, or another --database-url"
        );
    }
    if sources::list(&ctx).await?.is_empty() {
        seed::run(&ctx).await.context("filling the database")?;
    } else if must_be_fresh {
        bail!("the story needs a fresh database. Choose an empty folder with --data");
    }
    Ok(())
}

/// A new account at each start: a secret is not kept, so an old one cannot be shown again.
async fn access(app: &App) -> anyhow::Result<Access> {
    let name = format!("demo {}", app.clock.now().format("%Y-%m-%d %H:%M:%S%.6f"));
    let (account, secret) = service_accounts::create(&Ctx::operator(app), name, Scope::ALL.to_vec()).await?;
    Ok(Access {
        client_id: account.id,
        secret,
    })
}

/// Serves and plays at the same time; stops when the story ends.
async fn play(app: App, listener: TcpListener, access: Access) -> anyhow::Result<()> {
    let (ended, end) = oneshot::channel::<()>();
    let told = story::Stage::new(&app, &access, mail_folder(&app))?;
    let playing = actix_web::rt::spawn(async move {
        let result = told.play().await;
        drop(ended);
        result
    });
    serve::run(app, listener, async move {
        // Resolves when the other end is dropped, however the story ended.
        let _ = end.await;
    })
    .await?;
    playing.await.context("the story broke off")?
}

fn things_to_try(app: &App, access: &Access) -> String {
    let base = &app.config.public_url;
    let end = local_date(app.clock.now()) + Days::new(1);
    let document = seed::example_document(end).unwrap_or_default();
    let (source, employment) = (seed::EXAMPLE_SOURCE, seed::EXAMPLE_EMPLOYMENT);
    let (id, secret) = (access.client_id, access.secret.expose());
    let serial = seed::EXAMPLE_SERIAL;
    let hours = if app.config.mail.send_window {
        "\n                            on working days from 8 to 16; at once with --no-mail-window"
    } else {
        ""
    };
    format!(
        r#"
Handback with Exempelkommunen: invented people, invented phones. Nothing leaves this machine.

  API and its description   {base}/docs
  Mails that would be sent  {base}/demo/mailbox{hours}
  Files                     {folder}

Three things to try, in another terminal. First a token, good for an hour:

  TOKEN=$(curl -s -u '{id}:{secret}' -d grant_type=client_credentials {base}/oauth/token | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

1. HR says that an employment ends tomorrow. Then look into the mailbox:

  curl -s -X PUT {base}/v1/sources/{source}/employments/{employment} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{document}'

2. See what is outstanding:

  curl -s "{base}/v1/terminations?state=open" -H "Authorization: Bearer $TOKEN"

3. The MDM reports that the phone has erased itself:

  curl -s {base}/v1/mdm/reports -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"event_id":"demo-1","kind":"command_acknowledged","scope":"full_device","device":{{"serial":"{serial}"}}}}'

Ctrl-C stops. The data stays in the folder; delete it to begin anew.
"#,
        folder = app.config.data_dir.display(),
    )
}
