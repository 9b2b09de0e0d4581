//! An issuer that changes its keys, fails and is asked too often.

use super::*;
use crate::config::{RawSettings, load};
use crate::crypto::access_token::tests::forge::Signer;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

const NOW: i64 = 1_790_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}

/// What the issuer publishes, whether it answers, and how often it was asked.
struct Published {
    keys: Mutex<Vec<Value>>,
    status: Mutex<&'static str>,
    asked: AtomicUsize,
    /// How many more answers may go out.
    gate: Semaphore,
}

struct Stage {
    published: Arc<Published>,
    issuers: Arc<Issuers>,
    name: String,
}

impl Stage {
    async fn new(keys: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let name = format!("http://{}", listener.local_addr().unwrap());
        let published = Arc::new(Published {
            keys: Mutex::new(keys),
            status: Mutex::new("200 OK"),
            asked: AtomicUsize::new(0),
            gate: Semaphore::new(1_000),
        });
        tokio::spawn(serve(listener, Arc::clone(&published)));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("handback.toml");
        let text = format!(
            "[[issuers]]\nissuer = \"{name}\"\njwks_url = \"{name}/jwks\"\naudience = \"us\"\nscopes = [\"api.hr=hr\", \"api.read=read\"]"
        );
        std::fs::write(&file, text).unwrap();
        let variable = ("HANDBACK_CONFIG".to_owned(), file.display().to_string());
        let config = load(&RawSettings::default(), [variable]).unwrap().0;
        let issuers = Arc::new(Issuers::new(&config.token.issuers).unwrap());
        Self {
            published,
            issuers,
            name,
        }
    }

    fn token(&self, signer: &Signer, kid: &str, from: i64) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid });
        let claims = json!({
            "iss": self.name, "aud": "us", "sub": "c", "client_id": "c", "jti": "1", "iat": NOW + from,
            "exp": NOW + from + 3_600, "scope": "api.hr api.unknown hr",
        });
        signer.token(&header, &claims)
    }

    async fn verify(&self, token: &str, seconds: i64) -> Result<ExternalToken, ExternalRefusal> {
        self.issuers.verify(token, at(seconds)).await
    }

    fn publish(&self, keys: Vec<Value>) {
        *self.published.keys.lock().unwrap() = keys;
    }

    fn answer(&self, status: &'static str) {
        *self.published.status.lock().unwrap() = status;
    }

    fn asked(&self) -> usize {
        self.published.asked.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, published: Arc<Published>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let published = Arc::clone(&published);
        tokio::spawn(async move {
            let mut request = [0; 4096];
            while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                published.asked.fetch_add(1, Ordering::SeqCst);
                published.gate.acquire().await.unwrap().forget();
                let body = json!({ "keys": *published.keys.lock().unwrap() }).to_string();
                let status = *published.status.lock().unwrap();
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
    }
}

const UNKNOWN: ExternalRefusal = ExternalRefusal::Token(TokenError::UnknownKey);

#[tokio::test]
async fn keys_are_fetched_when_needed_and_kept_for_ten_minutes() {
    let signer = Signer::fresh("EdDSA");
    let stage = Stage::new(vec![signer.jwk("a")]).await;
    assert_eq!(stage.asked(), 0);
    let token = stage.token(&signer, "a", 0);
    let found = stage.verify(&token, 0).await.unwrap();
    // Words that mean nothing here allow nothing, and the issuer's words are not ours unless it says so.
    assert_eq!(found.scopes, [Scope::Hr]);
    assert_eq!((found.client_id.as_str(), found.good_until), ("c", at(600)));
    stage.verify(&token, 599).await.unwrap();
    assert_eq!(stage.asked(), 1);
    stage.verify(&token, 600).await.unwrap();
    assert_eq!(stage.asked(), 2);
}

#[tokio::test]
async fn a_new_key_is_accepted_after_one_look_and_a_withdrawn_one_dies_within_ten_minutes() {
    let (old, new) = (Signer::fresh("EdDSA"), Signer::fresh("EdDSA"));
    let stage = Stage::new(vec![old.jwk("old")]).await;
    let (with_old, with_new) = (stage.token(&old, "old", 0), stage.token(&new, "new", 0));
    stage.verify(&with_old, 0).await.unwrap();
    stage.publish(vec![new.jwk("new")]);
    stage.verify(&with_old, 31).await.unwrap();
    assert_eq!(stage.asked(), 1);
    stage.verify(&with_new, 31).await.unwrap();
    assert_eq!(stage.asked(), 2);
    assert_eq!(stage.verify(&with_old, 32).await, Err(UNKNOWN));
    let lone = Stage::new(vec![old.jwk("old")]).await;
    let token = lone.token(&old, "old", 0);
    lone.verify(&token, 0).await.unwrap();
    lone.publish(vec![]);
    assert_eq!(lone.verify(&token, 600).await, Err(UNKNOWN));
}

#[tokio::test]
async fn strangers_with_unknown_keys_make_us_ask_once_in_half_a_minute() {
    let (signer, stranger) = (Signer::fresh("EdDSA"), Signer::fresh("EdDSA"));
    let stage = Stage::new(vec![signer.jwk("a")]).await;
    let good = stage.token(&signer, "a", 0);
    stage.verify(&good, 0).await.unwrap();
    for n in 0..50 {
        let forged = stage.token(&stranger, &format!("k{n}"), 0);
        assert_eq!(stage.verify(&forged, n / 2).await, Err(UNKNOWN));
    }
    assert_eq!(stage.asked(), 1);
    assert_eq!(
        stage.verify(&stage.token(&stranger, "b", 0), 30).await,
        Err(UNKNOWN)
    );
    assert_eq!(stage.asked(), 2);
    stage.verify(&good, 31).await.unwrap();
}

#[tokio::test]
async fn an_outage_of_the_issuer_is_ridden_out_for_a_day() {
    let signer = Signer::fresh("EdDSA");
    let stage = Stage::new(vec![signer.jwk("a")]).await;
    stage.verify(&stage.token(&signer, "a", 0), 0).await.unwrap();
    stage.publish(vec![]);
    for (hours, answer) in [
        (1, "503 Service Unavailable"),
        (12, "302 Found"),
        (23, "500 Internal Server Error"),
    ] {
        stage.answer(answer);
        let seconds = hours * 3_600;
        let found = stage
            .verify(&stage.token(&signer, "a", seconds), seconds)
            .await
            .unwrap();
        assert!(found.good_until < at(seconds), "it is looked at again each time");
    }
    let day = 24 * 3_600;
    let late = stage.verify(&stage.token(&signer, "a", day), day).await;
    assert_eq!(late, Err(ExternalRefusal::NoKeys));
    stage.publish(vec![signer.jwk("a")]);
    stage.answer("200 OK");
    stage
        .verify(&stage.token(&signer, "a", day), day + 30)
        .await
        .unwrap();
}

#[tokio::test]
async fn one_request_fetches_and_the_others_wait_for_it_even_when_it_hangs_up() {
    let signer = Signer::fresh("EdDSA");
    let stage = Stage::new(vec![signer.jwk("a")]).await;
    stage.published.gate.forget_permits(1_000);
    let token = stage.token(&signer, "a", 0);
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let (issuers, token) = (Arc::clone(&stage.issuers), token.clone());
        waiting.push(tokio::spawn(async move { issuers.verify(&token, at(0)).await }));
    }
    while stage.asked() == 0 {
        tokio::task::yield_now().await;
    }
    for first in waiting.drain(..5) {
        first.abort();
    }
    stage.published.gate.add_permits(1_000);
    for other in waiting {
        other.await.unwrap().unwrap();
    }
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_neither_yes_nor_no() {
    let signer = Signer::fresh("EdDSA");
    let stage = Stage::new(vec![signer.jwk("a")]).await;
    stage.answer("503 Service Unavailable");
    let token = stage.token(&signer, "a", 0);
    assert_eq!(stage.verify(&token, 0).await, Err(ExternalRefusal::NoKeys));
    assert!(stage.issuers.claims_to_be_theirs(&token));
    let elsewhere = token.replacen('.', ".e30", 1);
    assert!(!stage.issuers.claims_to_be_theirs(&elsewhere));
}
