//! The front door: the real server on a port of its own, and callers with tokens.

use super::db::TestDb;
use handback::app::App;
use handback::domain::actor::Scope;
use handback::jobs::{self, Deliveries, schedule};
use handback::services::{Ctx, service_accounts};
use handback::web::{self, State};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};

/// The server around a test's database.
pub struct TestServer<'t> {
    /// The database and the service behind it.
    pub db: &'t TestDb,
    /// Where the server listens, such as `http://127.0.0.1:4711`.
    pub base: String,
    app: App,
    client: Client,
    stop: actix_web::dev::ServerHandle,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// One system that calls the API.
pub struct TestCaller<'t> {
    server: &'t TestServer<'t>,
    token: String,
}

/// An answer, read to its end.
#[derive(Debug)]
#[must_use]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: String,
}

impl<'t> TestServer<'t> {
    /// Starts the server.
    pub fn start(db: &'t TestDb) -> Self {
        Self::start_app(db, db.app().clone())
    }

    /// Starts the server of a service that differs from the database's own in something.
    pub fn start_app(db: &'t TestDb, app: App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = web::server(State::new(app.clone()), listener).unwrap();
        let stop = server.handle();
        let serving = tokio::spawn(server);
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            db,
            base,
            app,
            client,
            stop,
            serving,
        }
    }

    /// Stops the server and waits for it.
    pub async fn stop(self) {
        self.stop.stop(true).await;
        self.serving.await.unwrap().unwrap();
    }

    /// A caller with a service account of its own.
    pub async fn caller(&self, scopes: &[Scope]) -> TestCaller<'_> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let ctx = Ctx::operator(self.db.app());
        let (account, secret) = service_accounts::create(&ctx, name, scopes.to_vec())
            .await
            .unwrap();
        let answer = self
            .client
            .post(format!("{}/oauth/token", self.base))
            .basic_auth(account.id, Some(secret.expose()))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap();
        let body: Value = answer.json().await.unwrap();
        TestCaller {
            server: self,
            token: body["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// Sends a request as it is, without a token.
    pub fn anonymous(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Runs every job and every sweep that is due at the service's time.
    pub async fn run_jobs(&self) -> jobs::Summary {
        jobs::run_due(&self.app, Deliveries, schedule::RECONCILERS, None)
            .await
            .unwrap()
    }
}

impl TestCaller<'_> {
    /// The caller's access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with the caller's token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.server.anonymous(method, path).bearer_auth(&self.token)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(body)).await
    }

    /// PUT with a JSON body and `If-Match`.
    pub async fn put_if(&self, path: &str, etag: &str, body: &Value) -> Answer {
        Answer::of(
            self.request(Method::PUT, path)
                .header("if-match", etag)
                .json(body),
        )
        .await
    }

    /// A POST with a fresh idempotency key, still without a body.
    pub fn fresh_post(&self, path: &str) -> reqwest::RequestBuilder {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let key = format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.request(Method::POST, path).header("idempotency-key", key)
    }

    /// POST with a JSON body and a fresh idempotency key.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.fresh_post(path).json(body)).await
    }

    /// PATCH with a JSON body and `If-Match`.
    pub async fn patch(&self, path: &str, etag: &str, body: &Value) -> Answer {
        Answer::of(
            self.request(Method::PATCH, path)
                .header("if-match", etag)
                .json(body),
        )
        .await
    }

    /// Every row of a list, walked page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await.expect(StatusCode::OK);
            rows.extend(page.json()["items"].as_array().unwrap().iter().cloned());
            next = self.next_of(&page);
        }
        rows
    }

    /// The path of the page after this one.
    pub fn next_of(&self, page: &Answer) -> Option<String> {
        let body = page.json();
        let path = body["next"]
            .as_str()?
            .strip_prefix(&self.server.db.app().config.public_url);
        Some(path.expect("lists link to the public address").to_owned())
    }

    /// POST that must make something; returns what it made.
    pub async fn make(&self, path: &str, body: &Value) -> Value {
        self.post(path, body).await.expect(StatusCode::CREATED).json()
    }
}

impl Answer {
    /// Sends the request and reads the answer.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Self {
            status,
            headers,
            body: answer.text().await.unwrap(),
        }
    }

    /// The answer, if it has this status; else the test fails with what came.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// A header; empty when it did not come.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What was refused, in one line: the status, then the code, or each place with what is wrong there.
    #[track_caller]
    pub fn refusal(&self) -> String {
        let body = self.json();
        if let Some(code) = body["code"].as_str() {
            return format!("{} {code}", self.status.as_u16());
        }
        let faults = body["errors"].as_array().into_iter().flatten();
        let listed: Vec<String> = faults
            .map(|fault| {
                let place = fault["pointer"].as_str().or(fault["parameter"].as_str());
                format!(
                    "{} {}",
                    place.unwrap_or_default(),
                    fault["code"].as_str().unwrap_or_default()
                )
            })
            .collect();
        format!("{} {}", self.status.as_u16(), listed.join(", "))
    }

    /// The entity tag.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.headers["etag"].to_str().unwrap().to_owned()
    }

    /// The refusal: the status, the type and the code of the problem, and the pointers of its errors.
    #[track_caller]
    pub fn problem(&self) -> Value {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.body
        );
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        let errors: Vec<Value> = body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| json!([error["pointer"], error["code"]]))
            .collect();
        json!({ "status": body["status"], "type": body["type"], "code": body["code"], "errors": errors })
    }
}
