//! Where the leaver gets the receipt when the address at work is gone.

use crate::domain::ids::TerminationId;
use crate::domain::text::EmailAddress;
use crate::services::{ServiceError, private_addresses};
use crate::web::auth::Caller;
use crate::web::extract::{Body, PathId};
use crate::web::problem::Problem;
use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A private address for a receipt.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"email": "anna@privat.example"})))]
pub struct PrivateAddressIn {
    /// The address. It is sealed, shown to nobody, and forgotten when the receipt has been sent.
    #[schema(value_type = String, min_length = 3, max_length = 254, write_only)]
    email: SecretString,
}

/// Whether there is a private address. The address itself is never here.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrivateAddressOut {
    /// Whether one is kept.
    is_given: bool,
    /// Since when.
    given_at: Option<DateTime<Utc>>,
}

/// Give the leaver's private address for the receipt
///
/// The receipt of the case goes there instead of to the address at work; at once, if the case is completed. An address
/// that is given again takes the place of the one before.
#[utoipa::path(
    put,
    path = "/v1/terminations/{id}/private-address",
    tag = "Terminations",
    operation_id = "private_addresses_give",
    params(("id" = uuid::Uuid, Path, description = "The case")),
    request_body = PrivateAddressIn,
    responses(
        (status = 204, description = "It is kept"),
        (status = 409, description = "The case was called off, or the holder has died", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub async fn give(
    caller: Caller,
    id: PathId<TerminationId>,
    body: Body<PrivateAddressIn>,
) -> Result<HttpResponse, Problem> {
    let address = EmailAddress::parse(body.value.email.expose_secret())
        .map_err(|error| ServiceError::invalid("/email", error.code, error.detail))?;
    private_addresses::give(&caller, id.0, address).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Forget the leaver's private address
#[utoipa::path(
    delete,
    path = "/v1/terminations/{id}/private-address",
    tag = "Terminations",
    operation_id = "private_addresses_forget",
    params(("id" = uuid::Uuid, Path, description = "The case")),
    responses((status = 204, description = "None is kept"))
)]
pub async fn forget(caller: Caller, id: PathId<TerminationId>) -> Result<HttpResponse, Problem> {
    private_addresses::withdraw(&caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Tell whether the leaver's private address is kept
#[utoipa::path(
    get,
    path = "/v1/terminations/{id}/private-address",
    tag = "Terminations",
    operation_id = "private_addresses_get",
    params(("id" = uuid::Uuid, Path, description = "The case")),
    responses((status = 200, description = "Whether it is", body = PrivateAddressOut))
)]
pub async fn get(caller: Caller, id: PathId<TerminationId>) -> Result<HttpResponse, Problem> {
    let given_at = private_addresses::given_at(&caller, id.0).await?;
    Ok(HttpResponse::Ok().json(PrivateAddressOut {
        is_given: given_at.is_some(),
        given_at,
    }))
}
