//! Another issuer of access tokens: it publishes keys on a port of its own and signs what it is told to.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use handback::config::{IssuerConfig, RawSettings, load};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The audience of its tokens.
pub const AUDIENCE: &str = "https://handback.exempelkommunen.example";

/// The issuer.
pub struct TestIssuer {
    /// Its address, which is `iss` of its tokens.
    pub name: String,
    published: Arc<Mutex<Value>>,
    key: Ed25519KeyPair,
    kid: String,
}

impl TestIssuer {
    /// Starts it with one key.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let name = format!("http://{}", listener.local_addr().unwrap());
        let published = Arc::new(Mutex::new(json!({ "keys": [] })));
        tokio::spawn(serve(listener, Arc::clone(&published)));
        let mut issuer = Self {
            name,
            published,
            key: Ed25519KeyPair::generate().unwrap(),
            kid: String::new(),
        };
        issuer.rotate("first");
        issuer
    }

    /// Takes a new key into use and withdraws the old one.
    pub fn rotate(&mut self, kid: &str) {
        self.key = Ed25519KeyPair::generate().unwrap();
        kid.clone_into(&mut self.kid);
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref());
        *self.published.lock().unwrap() = json!({ "keys": [{ "kid": kid, "kty": "OKP", "crv": "Ed25519", "x": x, "alg": "EdDSA", "use": "sig" }] });
    }

    /// Publishes something else.
    pub fn publish(&self, document: Value) {
        *self.published.lock().unwrap() = document;
    }

    /// What a service needs to know to accept its tokens.
    pub fn config(&self) -> IssuerConfig {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("handback.toml");
        let name = &self.name;
        let text = format!(
            "[[issuers]]\nissuer = \"{name}\"\njwks_url = \"{name}/jwks\"\naudience = \"{AUDIENCE}\"\nalgorithms = [\"EdDSA\"]"
        );
        std::fs::write(&file, text).unwrap();
        let variable = ("HANDBACK_CONFIG".to_owned(), file.display().to_string());
        let (config, _) = load(&RawSettings::default(), [variable]).unwrap();
        config.token.issuers.into_iter().next().unwrap()
    }

    /// The claims of a good token for this client.
    pub fn claims(&self, client: &str, scope: &str, now: DateTime<Utc>) -> Value {
        let now = now.timestamp();
        json!({
            "iss": self.name, "aud": AUDIENCE, "sub": client, "client_id": client, "jti": "1", "iat": now,
            "exp": now + 3_600, "scope": scope,
        })
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

async fn serve(listener: TcpListener, published: Arc<Mutex<Value>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let published = Arc::clone(&published);
        tokio::spawn(async move {
            let mut request = [0; 4096];
            while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                let body = published.lock().unwrap().to_string();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
    }
}
