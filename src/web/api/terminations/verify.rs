//! A technician looks at a handset.

use super::bodies::IdentityIn;
use crate::domain::ids::{EvidenceId, ItemId, TerminationId};
use crate::domain::wipe::IdentityReading;
use crate::services::evidence::{self, Finding, Verification, Verified};
use crate::web::auth::Caller;
use crate::web::etag::of_version;
use crate::web::extract::{Body, IdempotencyKey, PathId};
use crate::web::once::{Once, json};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a technician saw, and on which handset.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "identity": {"imei": "490154203237518"},
    "reading": "dial_code",
    "finding": "erased",
    "locks_absent": true
})))]
pub struct VerificationIn {
    /// The identity, read off the handset itself.
    identity: IdentityIn,
    /// How it was read.
    reading: IdentityReading,
    /// What was found.
    finding: Finding,
    /// Whether no activation lock and no factory reset protection is left. A yes settles `locks_cleared` too.
    locks_absent: bool,
}

/// A verification as it was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationOut {
    /// The fact.
    #[schema(value_type = uuid::Uuid)]
    evidence_id: EvidenceId,
}

/// Verify that a handset is erased, or is not
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/verifications",
    tag = "Terminations",
    operation_id = "terminations_verify",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
        IdempotencyKey,
    ),
    request_body = VerificationIn,
    responses((status = 201, description = "Kept", body = VerificationOut, headers(
        ("ETag" = String, description = "The version of the case"),
    )))
)]
pub async fn verify(
    request: HttpRequest,
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    key: IdempotencyKey,
    body: Body<VerificationIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |verified: &Verified| {
        let out = VerificationOut {
            evidence_id: verified.evidence,
        };
        let mut reply = json(StatusCode::CREATED, &out)?;
        let tag = of_version(verified.record.meta.version);
        reply.headers.push(("etag".to_owned(), tag));
        Ok(reply)
    });
    let seen = Verification {
        identity: body.value.identity.into(),
        reading: body.value.reading,
        finding: body.value.finding,
        locks_absent: body.value.locks_absent,
    };
    once.respond(evidence::verify(&caller, path.0, seen, once.recorder()).await)
}
