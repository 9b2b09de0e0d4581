//! Collected codes: what became of them, that they are stored, and the one time that one is read.

use super::terminations::bodies::DeskRole;
use crate::domain::code::CodeRecord;
use crate::domain::ids::{CodeId, ItemId, TerminationId};
use crate::domain::termination::{CodeAnswer, CodeKind};
use crate::services::codes::{self, CodeStatement};
use crate::web::auth::Caller;
use crate::web::etag::respond_with_record;
use crate::web::extract::{Body, PathId};
use crate::web::problem::Problem;
use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of the codes of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"codes": [
    {"kind": "screen_lock", "answer": "received", "value": "17421742"},
    {"kind": "sim_pin", "answer": "not_applicable"}
]})))]
pub struct CodesIn {
    /// One answer for each kind, for as many kinds as you can answer.
    #[schema(min_items = 1, max_items = 3)]
    codes: Vec<CodeIn>,
    /// In which role you answer.
    #[serde(default)]
    role: DeskRole,
}

/// What became of one kind of code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeIn {
    /// Which code.
    kind: CodeKind,
    /// What became of it.
    answer: CodeAnswer,
    /// The code, if it was received and is to be kept. It is sealed, can be read once, and replaces one that is kept.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, write_only)]
    value: Option<SecretString>,
}

/// The answers of a device.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeAnswersOut {
    /// One for each kind that was answered.
    #[schema(max_items = 3)]
    codes: Vec<CodeAnswerOut>,
}

/// The answer for one kind of code.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeAnswerOut {
    /// Which code.
    pub(super) kind: CodeKind,
    /// What became of it.
    pub(super) answer: CodeAnswer,
}

/// That a code was stored, and what became of it. The code itself is never here.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: CodeId,
    /// The device of the case.
    #[schema(value_type = uuid::Uuid)]
    item_id: ItemId,
    /// Which code.
    kind: CodeKind,
    /// When it was stored.
    stored_at: DateTime<Utc>,
    /// When it was read; null while it was not.
    revealed_at: Option<DateTime<Utc>>,
    /// When it was destroyed or replaced; null while it is there.
    destroyed_at: Option<DateTime<Utc>>,
}

/// The stored codes of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodesOut {
    /// All of them, in the order of storing.
    #[schema(max_items = 1000)]
    items: Vec<CodeOut>,
}

/// Why a code is to be read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reason": "Telefonen behöver låsas upp för felsökning."})))]
pub struct RevealIn {
    /// Why. Kept in the audit.
    #[schema(min_length = 10, max_length = 500)]
    reason: String,
}

/// A code in clear.
#[derive(Serialize, ToSchema)]
pub struct RevealedCodeOut<'a> {
    /// Which code.
    kind: CodeKind,
    /// The code. It cannot be read again.
    #[schema(max_length = 200, read_only)]
    value: &'a str,
}

impl From<&CodeRecord> for CodeOut {
    fn from(code: &CodeRecord) -> Self {
        Self {
            id: code.id,
            item_id: code.item_id,
            kind: code.kind,
            stored_at: code.stored_at,
            revealed_at: code.revealed_at,
            destroyed_at: code.destroyed_at,
        }
    }
}

/// Answer for the codes of a device
///
/// Takes no `Idempotency-Key`: nothing may be kept of a request that carries a code, not even a digest. Sending it again
/// changes nothing but that a code is sealed anew.
#[utoipa::path(
    post,
    path = "/v1/terminations/{id}/items/{item}/codes",
    tag = "Codes",
    operation_id = "codes_answer",
    params(
        ("id" = uuid::Uuid, Path, description = "The case"),
        ("item" = uuid::Uuid, Path, description = "The device of the case"),
    ),
    request_body = CodesIn,
    responses((status = 200, description = "Every answer of the device", body = CodeAnswersOut, headers(
        ("ETag" = String, description = "The version of the case"),
    )))
)]
pub async fn answer(
    caller: Caller,
    path: PathId<(TerminationId, ItemId)>,
    body: Body<CodesIn>,
) -> Result<HttpResponse, Problem> {
    let role = body.value.role.into();
    let statements = body.value.codes.into_iter().map(|code| CodeStatement {
        kind: code.kind,
        answer: code.answer,
        value: code.value,
    });
    let record = codes::answer(&caller, path.0, statements.collect(), role).await?;
    let (_, item) = path.0;
    let item = record
        .termination
        .item(item)
        .map_err(crate::services::ServiceError::from)?;
    let answers = item.code_answers.iter().map(|(kind, answer)| CodeAnswerOut {
        kind: *kind,
        answer: *answer,
    });
    let codes = answers.collect();
    Ok(respond_with_record(
        record.meta.version,
        &CodeAnswersOut { codes },
    ))
}

/// List the stored codes of a case
#[utoipa::path(
    get,
    path = "/v1/terminations/{id}/codes",
    tag = "Codes",
    operation_id = "codes_list",
    params(("id" = uuid::Uuid, Path, description = "The case")),
    responses((status = 200, description = "That they exist, and never what they are", body = CodesOut))
)]
pub async fn list(caller: Caller, id: PathId<TerminationId>) -> Result<HttpResponse, Problem> {
    let found = codes::list(&caller, id.0).await?;
    let items = found.iter().map(CodeOut::from).collect();
    Ok(HttpResponse::Ok().json(CodesOut { items }))
}

/// Read a code, once
///
/// That it was read is on record before the answer leaves. An answer that is lost on the way is lost: there is no second
/// one, so no `Idempotency-Key` either. At most ten an hour for each account.
#[utoipa::path(
    post,
    path = "/v1/codes/{id}/reveal",
    tag = "Codes",
    operation_id = "codes_reveal",
    params(("id" = uuid::Uuid, Path, description = "The code")),
    request_body = RevealIn,
    responses(
        (status = 200, description = "The code", body = RevealedCodeOut<'static>, headers(
            ("Cache-Control" = String, description = "`no-store`"),
        )),
        (status = 410, description = "It was read before, or destroyed", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub async fn reveal(
    caller: Caller,
    id: PathId<CodeId>,
    body: Body<RevealIn>,
) -> Result<HttpResponse, Problem> {
    let code = codes::reveal(&caller, id.0, &body.value.reason).await?;
    let shown = RevealedCodeOut {
        kind: code.kind,
        value: code.value.expose_secret(),
    };
    Ok(HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(shown))
}
