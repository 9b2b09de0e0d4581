//! A server of its own for every test.

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::access_token::AccessTokens;
use crate::crypto::keyring::Keyring;
use crate::crypto::token::ClientSecret;
use crate::db::{DbError, Stamp, Tx, migrations, service_accounts};
use crate::domain::actor::{Actor, Scope};
use crate::domain::ids::ServiceAccountId;
use crate::domain::record::Meta;
use crate::domain::service_account::{Credential, ServiceAccount};
use crate::integrations::mail::MemoryMailer;
use crate::startup;
use crate::web::{State, configure, routing, server_with};
use actix_web::HttpResponse;
use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use chrono::{DateTime, TimeDelta};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A running server.
pub struct Harness {
    pub app: App,
    pub address: SocketAddr,
    client: Client,
    handle: ServerHandle,
    _folder: TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

/// A service account of the test.
pub struct Account {
    pub id: ServiceAccountId,
    pub secret: ClientSecret,
}

impl Harness {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let mut config = Config::for_tests(folder.path(), &url);
        config.workers = 1;
        change(&mut config);
        let url = crate::db::DatabaseUrl::parse(&url).unwrap();
        migrations::run(&url).unwrap();
        let clock = Clock::fixed(DateTime::from_timestamp(1_795_000_000, 0).unwrap());
        let keyring = Keyring::for_tests();
        let tokens = AccessTokens::new(&keyring, "issuer", "audience", TimeDelta::hours(1)).unwrap();
        let mut app = startup::assemble(config, &url, clock, keyring).unwrap();
        app.tokens = Arc::new(tokens);
        app.mailer = Arc::new(MemoryMailer::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let recorder = crate::web::middleware::metrics_recorder()
            .unwrap()
            .build_recorder();
        let state = State::new(app.clone()).with_metrics(recorder.handle());
        let server = server_with(state, listener, routes).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let client = Client::builder().no_proxy().build().unwrap();
        Self {
            app,
            address,
            client,
            handle,
            _folder: folder,
        }
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    /// A service account with these scopes.
    pub async fn account(&self, scopes: &[Scope]) -> Account {
        let secret = ClientSecret::generate();
        let account = ServiceAccount {
            id: self.app.ids.next(),
            name: secret.expose().to_owned(),
            credential: Credential::Secret {
                hash: secret.hash().as_bytes().to_vec(),
            },
            scopes: scopes.to_vec(),
            revoked_at: None,
            meta: Meta::new(self.app.clock.now()),
        };
        let id = account.id;
        self.write(move |tx| service_accounts::insert(tx, &account)).await;
        Account { id, secret }
    }

    pub async fn write(&self, work: impl FnMut(&mut Tx<'_>) -> Result<(), DbError> + Send + 'static) {
        let stamp = Stamp {
            now: self.app.clock.now(),
            actor: Actor::Operator,
            request_id: "test".to_owned(),
            ids: self.app.ids.clone(),
            job_due: Arc::default(),
        };
        self.app.db.write(stamp, work).await.unwrap();
    }

    /// The access token of a fresh account with these scopes.
    pub async fn token(&self, scopes: &[Scope]) -> String {
        let account = self.account(scopes).await;
        self.token_of(&account).await
    }

    pub async fn token_of(&self, account: &Account) -> String {
        let (id, secret) = (account.id.to_string(), account.secret.expose());
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &id),
            ("client_secret", secret),
        ];
        let answer = send(self.request("POST", "/oauth/token").form(&form)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn admin(&self) -> String {
        self.token(&[Scope::Admin]).await
    }

    /// Sends bytes as they are and reads until the server closes or has been quiet for a while.
    pub async fn raw(&self, bytes: &[u8], quiet: Duration) -> (String, bool) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        let closed = loop {
            match tokio::time::timeout(quiet, stream.read(&mut chunk)).await {
                Ok(Ok(0)) | Ok(Err(_)) => break true,
                Ok(Ok(length)) => answer.extend_from_slice(&chunk[..length]),
                Err(_) => break false,
            }
        };
        (String::from_utf8_lossy(&answer).into_owned(), closed)
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts the shape of a problem and gives its slug.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["status"], self.status);
        assert!(body["title"].is_string());
        let instance = format!("urn:handback:request:{}", self.header("x-request-id"));
        assert_eq!(body["instance"], instance.as_str());
        let kind = body["type"].as_str().unwrap();
        kind.strip_prefix("urn:handback:problem:").unwrap().to_owned()
    }

    /// Asserts a problem of this status and type.
    pub fn is_problem(&self, status: u16, slug: &str) {
        assert_eq!(
            (self.status, self.problem().as_str()),
            (status, slug),
            "{}",
            self.text()
        );
    }
}

/// The route table with handlers that go wrong.
fn routes(config: &mut ServiceConfig) {
    config
        .service(routing::resource("/test/panic").get(routing::Access::Open, panics))
        .service(routing::resource("/test/slow").get(routing::Access::Open, never))
        .configure(configure);
}

async fn panics() -> HttpResponse {
    panic!("the secret word is swordfish");
}

async fn never() -> HttpResponse {
    std::future::pending().await
}
