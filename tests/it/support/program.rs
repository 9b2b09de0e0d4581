//! The real program: installed around an empty database, started, stopped and killed.

use super::db::Database;
use handback::db::DatabaseUrl;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// How long a start or a stop may take before the test is lost.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often is looked whether it has happened.
const GLANCE: Duration = Duration::from_millis(10);

/// The program with a data folder, a keyring and a database.
pub struct Installation {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

/// A process that serves. It is killed when it is dropped.
pub struct Running {
    child: Child,
    /// Where it listens, such as `http://127.0.0.1:4711`.
    pub base: String,
    log: PathBuf,
}

impl Installation {
    pub fn new(database: &Database) -> Self {
        let url = match database.url() {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data").display().to_string();
        Self {
            folder,
            settings: Vec::new(),
        }
        .with("--data-dir", data)
        .with("--database-url", url)
        // Tokens name this address, so that they outlive the process and its port.
        .with("--public-url", "http://handback.example")
        .with("--http-rate-limit-per-second", 0)
        .with("--workers", 2)
        .with("--mail-send-window", false)
        .with("--jobs-poll-seconds", 1)
        .with("--jobs-lease-seconds", 15)
    }

    /// Sets a setting by its flag; the last word counts.
    pub fn with(mut self, flag: &'static str, value: impl ToString) -> Self {
        self.settings.retain(|(known, _)| *known != flag);
        self.settings.push((flag, value.to_string()));
        self
    }

    /// The folder of the mails.
    pub fn mails(&self) -> PathBuf {
        self.folder.path().join("data/mail")
    }

    /// A command of the program, with nothing of our own surroundings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handback"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HANDBACK_")) {
            command.env_remove(name);
        }
        command.args(arguments);
        for (flag, value) in &self.settings {
            command.arg(format!("{flag}={value}"));
        }
        command
    }

    /// Runs a command to its end, which must be good.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> String {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{arguments:?}: {status}\n{said}");
        String::from_utf8(stdout).unwrap()
    }

    /// Starts to serve, with more flags, and waits until it is ready.
    pub async fn serve(&self, more: &[&str]) -> Running {
        let running = self.launch(more);
        running.ready().await;
        running
    }

    /// Starts to serve.
    pub fn launch(&self, more: &[&str]) -> Running {
        let (listen, log) = self.place();
        let stderr = File::create(&log).unwrap().into();
        self.spawn(&listen, more, (log, stderr))
    }

    /// Starts to serve where nobody reads what it logs.
    pub fn launch_unheard(&self) -> Running {
        let (listen, log) = self.place();
        let mut running = self.spawn(&listen, &[], (log, Stdio::piped()));
        drop(running.child.stderr.take());
        running
    }

    fn place(&self) -> (String, PathBuf) {
        let port = free_port();
        let log = self.folder.path().join(format!("log-{port}.txt"));
        (format!("127.0.0.1:{port}"), log)
    }

    fn spawn(&self, listen: &str, more: &[&str], (log, stderr): (PathBuf, Stdio)) -> Running {
        let child = self
            .command(&[&["serve", "--listen", listen], more].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Running {
            child,
            base: format!("http://{listen}"),
            log,
        }
    }

    /// An access token of a new service account that may do everything.
    pub async fn token(&self, door: &Running) -> String {
        let scopes = ["hr", "mdm", "desk", "admin"].map(|scope| format!("--scope={scope}"));
        let mut arguments = vec!["service-account", "create", "everybody", "--json"];
        arguments.extend(scopes.iter().map(String::as_str));
        let account: Value = serde_json::from_str(&self.run(&arguments)).unwrap();
        token_of(door, &account).await
    }
}

/// An access token of an account that was just created.
pub async fn token_of(door: &Running, account: &Value) -> String {
    let answer = client()
        .post(format!("{}/oauth/token", door.base))
        .basic_auth(
            account["client_id"].as_str().unwrap(),
            account["client_secret"].as_str(),
        )
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

impl Running {
    /// Waits until it is ready.
    pub async fn ready(&self) {
        let client = client();
        let asking = async {
            loop {
                let answer = client.get(format!("{}/readyz", self.base)).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                sleep(GLANCE).await;
            }
        };
        timeout(PATIENCE, asking).await.expect("ready in time");
    }

    /// Kills it as `kill -9` does: it learns nothing of it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Makes it stand still, without its knowing.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The numbers that it shows of itself.
    pub async fn metrics(&self) -> String {
        let answer = client().get(format!("{}/metrics", self.base)).send().await;
        answer.unwrap().text().await.unwrap()
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> ExitStatus {
        let ending = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                sleep(GLANCE).await;
            }
        };
        timeout(PATIENCE, ending).await.expect("ended in time")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended, and that is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// A client that keeps its connections, as a system that calls us does.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// Waits until it is so, or the test has failed.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            sleep(GLANCE).await;
        }
    };
    if timeout(PATIENCE, waiting).await.is_err() {
        panic!("not in time: {what}");
    }
}

/// The names of the mails in a folder.
pub fn mail_files(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".eml"))
        .collect()
}

/// A port below those that the system gives out by itself, so that nobody else gets it before we use it.
fn free_port() -> u16 {
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that were started one after the other begin far from each other.
    let offset = u16::try_from(std::process::id().wrapping_mul(331) % u32::from(COUNT)).unwrap();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (offset + number % COUNT) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
