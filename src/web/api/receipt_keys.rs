//! The public keys of receipts, for strangers.

use crate::crypto::receipt_signature::ALGORITHM;
use crate::services::receipts::{PublishedKey, published_keys};
use crate::web::problem::Problem;
use crate::web::state::State;
use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of a set of keys (RFC 7517 §8.5.2).
const MEDIA_TYPE: &str = "application/jwk-set+json";

/// A public key (RFC 7517, RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptKeyOut {
    /// The family of the key.
    #[schema(example = "OKP", max_length = 10)]
    kty: &'static str,
    /// The curve.
    #[schema(example = "Ed25519", max_length = 20)]
    crv: &'static str,
    /// What the key is for: signatures.
    #[schema(example = "sig", max_length = 10)]
    r#use: &'static str,
    /// The algorithm.
    #[schema(example = "EdDSA", max_length = 10)]
    alg: &'static str,
    /// The id by which a signature names its key.
    #[schema(max_length = 32)]
    kid: String,
    /// The key: 32 bytes in base64url.
    #[schema(max_length = 43)]
    x: String,
}

/// A set of keys (RFC 7517 §5).
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptKeysOut {
    /// The keys.
    #[schema(max_items = 1000)]
    keys: Vec<ReceiptKeyOut>,
}

impl From<PublishedKey> for ReceiptKeyOut {
    fn from(key: PublishedKey) -> Self {
        Self {
            kty: "OKP",
            crv: "Ed25519",
            r#use: "sig",
            alg: ALGORITHM,
            kid: key.kid,
            x: URL_SAFE_NO_PAD.encode(key.public_key),
        }
    }
}

/// Give the keys that signed receipts are checked with
///
/// A key that signs no more stays in the set: what it signed stays genuine.
#[utoipa::path(
    get,
    path = "/.well-known/handback-receipts/jwks.json",
    tag = "Terminations",
    operation_id = "receipt_keys_read",
    security(()),
    responses((status = 200, description = "The keys", body = ReceiptKeysOut, content_type = "application/jwk-set+json"))
)]
pub async fn read(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let keys = published_keys(&state.app).await?;
    let keys = keys.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", MEDIA_TYPE))
        .insert_header(("cache-control", "public, max-age=3600"))
        .json(ReceiptKeysOut { keys }))
}
