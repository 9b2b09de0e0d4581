//! The filled databases, and the programs on them.

use super::decks::{self, Deck, PAGE, links_per_run};
use super::process::{Process, free_address};
use super::rounds::{Group, Settings, Side, Target};
use super::seed::{self, EMPLOYMENTS, Seeded};
use super::store::Store;
use super::{client::Task, limits};
use anyhow::Context;
use clap::ValueEnum;
use limits::LimitKind;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// How often the start is measured.
const STARTS: usize = 5;
/// Requests per second and caller that the service lets through: its limiter works, and does not get in the way.
const PERMITTED: &str = "1000000";

/// The databases of one series.
pub struct World {
    store: Store,
    seeded: Seeded,
    /// Where the service listens, the same each time: its links name it.
    address: SocketAddr,
    token: String,
    /// Variables of the environment of the service.
    environment: Vec<(String, String)>,
}

/// The programs that run during a series.
pub struct Running<'w> {
    pub kind: &'static str,
    pub store: &'w Store,
    pub product: Process,
    limit: Process,
    bare: Process,
}

impl World {
    /// Fills the databases.
    ///
    /// # Errors
    /// They cannot be filled, or the service does not start.
    pub fn build(store: Store, settings: &Settings) -> anyhow::Result<Self> {
        let runs = settings.rounds + 1;
        let links = settings
            .connections
            .iter()
            .map(|count| links_per_run(*count) * runs);
        let seeded = seed::fill(&store, links.sum())?;
        limits::fill(limit_kind(&store), &store.limit_database(), &seeded.devices)?;
        let mut world = Self {
            store,
            seeded,
            address: free_address()?,
            token: String::new(),
            environment: settings.environment.clone(),
        };
        let (product, _) =
            Process::start(world.product(), world.address, &bytes(decks::get("/livez", None)))?;
        world.token = runtime()?.block_on(world.fetch_token())?;
        product.stop()?;
        Ok(world)
    }

    pub const fn kind(&self) -> &'static str {
        self.store.kind()
    }

    fn product(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handback"));
        command
            .arg("serve")
            // Settings of whoever measures are not to be measured.
            .env_clear()
            .env("HANDBACK_DATA_DIR", self.store.folder())
            .env("HANDBACK_DATABASE_URL", self.store.product_url())
            .env("HANDBACK_LISTEN", self.address.to_string())
            .env("HANDBACK_HTTP_RATE_LIMIT_PER_SECOND", PERMITTED)
            .env("HANDBACK_HTTP_RATE_LIMIT_BURST", PERMITTED)
            .envs(self.environment.iter().cloned())
            // Every line is written, and thrown away by the system.
            .stderr(Stdio::null());
        command
    }

    fn limit(&self, kind: LimitKind) -> anyhow::Result<Process> {
        let address = free_address()?;
        let word = kind.to_possible_value().context("a limit program")?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([
                "limit",
                "--kind",
                word.get_name(),
                "--listen",
                &address.to_string(),
            ])
            .args(["--database", &self.store.limit_database()]);
        let (process, _) = Process::start(command, address, &bytes(self.device("/devices", None)?))?;
        Ok(process)
    }

    /// The time from starting the service to its first answer to an authenticated read, in seconds; the migrations
    /// have run before.
    ///
    /// # Errors
    /// It does not start.
    pub fn time_starts(&self) -> anyhow::Result<Vec<f64>> {
        let probe = bytes(self.device("/v1/devices", Some(&self.token))?);
        let mut times = Vec::with_capacity(STARTS);
        for _ in 0..STARTS {
            let (product, took) = Process::start(self.product(), self.address, &probe)?;
            product.stop()?;
            times.push(took.as_secs_f64());
        }
        Ok(times)
    }

    /// Starts the service and the limit programs.
    ///
    /// # Errors
    /// One of them does not start.
    pub fn start(&self) -> anyhow::Result<Running<'_>> {
        let probe = bytes(self.device("/v1/devices", Some(&self.token))?);
        Ok(Running {
            kind: self.kind(),
            store: &self.store,
            product: Process::start(self.product(), self.address, &probe)?.0,
            limit: self.limit(limit_kind(&self.store))?,
            bare: self.limit(LimitKind::Bare)?,
        })
    }

    /// What is measured, in groups whose targets take turns.
    ///
    /// # Errors
    /// The service does not show its list.
    pub fn groups<'r>(&self, running: &'r Running<'_>) -> anyhow::Result<Vec<Group<'r>>> {
        let (bare, limit, product) = (&running.bare, &running.limit, &running.product);
        let target = |name, side, process, deck| Target {
            name,
            side,
            process,
            deck,
            writes: false,
        };
        let token = Some(self.token.as_str());
        let reads = |base, token| Deck::cycle(self.devices(|id| decks::get(&format!("{base}/{id}"), token)));
        let pages = (0..self.seeded.devices.len() / PAGE)
            .map(|page| decks::get(&format!("/devices?offset={}&limit={PAGE}", page * PAGE), None));
        let cursors = runtime()?.block_on(self.cursors())?;
        let cursors = cursors.iter().map(|path| decks::get(path, token));
        Ok(vec![
            Group {
                name: "read",
                targets: vec![
                    target("made up", Side::Bare, bare, reads("/devices", None)),
                    target("read one device", Side::Limit, limit, reads("/devices", None)),
                    target(
                        "read one device",
                        Side::Product,
                        product,
                        reads("/v1/devices", token),
                    ),
                ],
            },
            Group {
                name: "list",
                targets: vec![
                    target("list 50", Side::Limit, limit, Deck::cycle(pages.collect())),
                    target("list 50", Side::Product, product, Deck::cycle(cursors.collect())),
                ],
            },
            self.writes(limit, product)?,
        ])
    }

    /// The use cases that write, next to the write of the limit.
    fn writes<'r>(&self, limit: &'r Process, product: &'r Process) -> anyhow::Result<Group<'r>> {
        let write = |name, deck| Target {
            name,
            side: Side::Product,
            process: product,
            deck,
            writes: true,
        };
        let (token, seeded) = (&self.token, &self.seeded);
        Ok(Group {
            name: "write",
            targets: vec![
                Target {
                    side: Side::Limit,
                    process: limit,
                    ..write("one event", Deck::cycle(self.devices(decks::event)))
                },
                write("HR document applied", decks::documents(token, 0, seeded)),
                write(
                    "HR document, nothing out",
                    decks::documents(token, EMPLOYMENTS, seeded),
                ),
                write("HR document unchanged", decks::known_documents(token)?),
                write("check confirmed", decks::checks(token, seeded)),
                write("device assigned", decks::assignments(token, seeded)),
                write("confirmed by link", decks::answers(seeded)),
            ],
        })
    }

    fn devices(&self, request: impl Fn(&str) -> Task) -> Vec<Task> {
        self.seeded
            .devices
            .iter()
            .map(|device| request(&device.id))
            .collect()
    }

    fn device(&self, base: &str, token: Option<&str>) -> anyhow::Result<Task> {
        let device = self.seeded.devices.first().context("no devices")?;
        Ok(decks::get(&format!("{base}/{}", device.id), token))
    }

    async fn fetch_token(&self) -> anyhow::Result<String> {
        let answer = http()?
            .post(format!("http://{}/oauth/token", self.address))
            .basic_auth(&self.seeded.client_id, Some(&self.seeded.client_secret))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await?
            .error_for_status()?;
        let body: serde_json::Value = answer.json().await?;
        let token = body.get("access_token").and_then(serde_json::Value::as_str);
        Ok(token.context("no token")?.to_owned())
    }

    /// The path of every page of the list of devices.
    async fn cursors(&self) -> anyhow::Result<Vec<String>> {
        let (client, base) = (http()?, format!("http://{}", self.address));
        let mut paths = vec![format!("/v1/devices?limit={PAGE}")];
        while let Some(path) = paths.last() {
            let request = client.get(format!("{base}{path}")).bearer_auth(&self.token);
            let page: serde_json::Value = request.send().await?.error_for_status()?.json().await?;
            let Some(next) = page.get("next").and_then(serde_json::Value::as_str) else {
                break;
            };
            paths.push(next.strip_prefix(&base).context("a foreign address")?.to_owned());
        }
        // The last one is not full.
        paths.pop();
        Ok(paths)
    }
}

impl Running<'_> {
    /// User and system time of this program so far, that of its database included, in seconds.
    ///
    /// # Errors
    /// It is gone.
    pub fn cpu(&self, process: &Process) -> anyhow::Result<f64> {
        Ok(process.cpu()? + self.store.server_cpu()?)
    }
}

const fn limit_kind(store: &Store) -> LimitKind {
    if store.is_postgres() {
        LimitKind::Postgres
    } else {
        LimitKind::Sqlite
    }
}

fn bytes(task: Task) -> Vec<u8> {
    task.into_iter().flat_map(|step| step.request).collect()
}

fn http() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}
