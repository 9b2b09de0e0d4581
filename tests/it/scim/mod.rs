//! The SCIM door, from outside.

mod corpus;
mod door;
mod meaning;

use super::support::db::TestDb;
use super::support::http::{Answer, TestServer};
use handback::app::App;
use handback::services::Ctx;
use handback::services::scim::connections::{self, NewConnection};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What a directory is let in with, unless a test says otherwise.
fn connection(name: &str) -> NewConnection {
    NewConnection {
        name: name.to_owned(),
        source: None,
        is_strict: false,
        expires_in: 30,
    }
}

/// A directory that keeps its accounts at a server.
struct Directory<'s, 't> {
    server: &'s TestServer<'t>,
    token: String,
}

impl<'s, 't> Directory<'s, 't> {
    async fn new(server: &'s TestServer<'t>) -> Self {
        Self::with(server, |_| {}).await
    }

    async fn with(server: &'s TestServer<'t>, change: impl FnOnce(&mut NewConnection)) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut new = connection(&format!("directory-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        change(&mut new);
        let (_, _, secret) = connections::create(&operator(server.db), new).await.unwrap();
        Self {
            server,
            token: secret.expose().to_owned(),
        }
    }

    /// A request below `/scim/v2`.
    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.server
            .anonymous(method, &format!("/scim/v2{path}"))
            .bearer_auth(&self.token)
            .header("content-type", "application/scim+json")
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).body(body.to_string())).await
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Makes an account; says its id.
    async fn make(&self, body: &Value) -> String {
        let made = self
            .send(Method::POST, "/Users", body)
            .await
            .expect(StatusCode::CREATED)
            .json();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Switches an account off or on, as Okta does.
    async fn switch(&self, id: &str, active: bool) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "value": { "active": active } }],
        });
        let answer = self.send(Method::PATCH, &format!("/Users/{id}"), &body).await;
        assert_eq!(answer.expect(StatusCode::OK).json()["active"], active);
    }
}

fn operator(db: &TestDb) -> Ctx {
    Ctx::operator(db.app())
}

/// Lets time pass.
fn later(app: &App, hours: i64) {
    app.clock.set(app.clock.now() + chrono::TimeDelta::hours(hours));
}
