//! A caller that does not give up: the process behind the door may die and come back elsewhere.

use crate::support::program::client;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long the door may stay shut.
const PATIENCE: Duration = Duration::from_secs(90);

/// The way to the service, shared by all callers.
#[derive(Clone)]
pub struct Door {
    client: Client,
    token: String,
    /// Where the service is now.
    base: watch::Sender<String>,
    /// How many requests were answered.
    answered: watch::Sender<u64>,
}

/// An answer that reached us whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: String,
    /// Whether it is said to be the answer of an earlier request.
    pub is_replay: bool,
    /// Whether the request was sent before and broke off.
    pub is_retry: bool,
}

/// A request that can be sent again.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub path: String,
    pub key: Option<String>,
    pub body: Value,
}

impl Request {
    pub fn put(path: String, body: Value) -> Self {
        Self {
            method: Method::PUT,
            path,
            key: None,
            body,
        }
    }

    /// A POST that happens once.
    pub fn post(path: &str, key: String, body: Value) -> Self {
        Self {
            method: Method::POST,
            path: path.to_owned(),
            key: Some(key),
            body,
        }
    }
}

impl Answer {
    /// The body, if the request did well; else the test fails.
    #[track_caller]
    pub fn good(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Door {
    pub fn new(base: &str, token: String) -> Self {
        Self {
            client: client(),
            token,
            base: watch::Sender::new(base.to_owned()),
            answered: watch::Sender::new(0),
        }
    }

    /// The service is somewhere else now.
    pub fn moved(&self, base: &str) {
        self.base.send_replace(base.to_owned());
    }

    /// How many requests were answered so far.
    pub fn answered(&self) -> u64 {
        *self.answered.borrow()
    }

    /// Waits until so many requests were answered.
    pub async fn until_answered(&self, count: u64) {
        let mut answered = self.answered.subscribe();
        let enough = answered.wait_for(|answered| *answered >= count);
        timeout(PATIENCE, enough).await.expect("answers in time").unwrap();
    }

    /// Sends a request once.
    ///
    /// # Errors
    /// No whole answer came.
    pub async fn try_send(&self, request: &Request) -> reqwest::Result<Answer> {
        let base = self.base.borrow().clone();
        self.send_to(&base, request).await
    }

    /// Sends a request until it is answered. Whoever sends again without need fails the test.
    pub async fn send(&self, request: &Request) -> Answer {
        let mut door = self.base.subscribe();
        let mut is_retry = false;
        loop {
            let base = door.borrow_and_update().clone();
            if let Ok(answer) = self.send_to(&base, request).await {
                return Answer { is_retry, ..answer };
            }
            is_retry = true;
            let elsewhere = door.wait_for(|now| *now != base);
            timeout(PATIENCE, elsewhere)
                .await
                .expect("a request broke off although nobody killed the service")
                .unwrap();
        }
    }

    async fn send_to(&self, base: &str, request: &Request) -> reqwest::Result<Answer> {
        let mut builder = self
            .client
            .request(request.method.clone(), format!("{base}{}", request.path))
            .bearer_auth(&self.token);
        if let Some(key) = &request.key {
            builder = builder.header("idempotency-key", key);
        }
        if request.method != Method::GET {
            builder = builder.json(&request.body);
        }
        let answer = builder.send().await?;
        let status = answer.status();
        let is_replay = answer.headers().contains_key("idempotent-replayed");
        let body = answer.text().await?;
        assert!(
            !status.is_server_error(),
            "{} {}: {status} {body}",
            request.method,
            request.path
        );
        self.answered.send_modify(|count| *count += 1);
        Ok(Answer {
            status,
            body,
            is_replay,
            is_retry: false,
        })
    }

    /// All items of a list.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items: Vec<Value> = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            // The address of the next page is that of the service to the outside.
            next = page["next"]
                .as_str()
                .and_then(|next| next.find("/v1/").map(|from| next[from..].to_owned()));
        }
        items
    }

    /// GET, which must do well.
    pub async fn get(&self, path: &str) -> Value {
        let request = Request {
            method: Method::GET,
            path: path.to_owned(),
            key: None,
            body: Value::Null,
        };
        self.send(&request).await.good()
    }
}
