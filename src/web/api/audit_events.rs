//! `/v1/audit-events`: who did what, when.

use crate::domain::ids::{AuditEntryId, TerminationId};
use crate::services::audit::{self, AuditEntry, AuditFilter};
use crate::web::auth::Caller;
use crate::web::extract::{ListQuery, text_filter};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One entry of the audit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac12000b",
    "at": "2026-12-17T09:12:00Z",
    "actor_kind": "link_holder",
    "actor_id": "01939e5c-5b6a-7c1e-8f00-0242ac12000c",
    "action": "termination.check_settled",
    "object_type": "termination",
    "object_id": "01939e5c-5b6b-7c1e-8f00-0242ac120002",
    "termination_id": "01939e5c-5b6b-7c1e-8f00-0242ac120002",
    "request_id": "01939e5c-5b6a-7c1e-8f00-0242ac12000d",
    "details": {"check": "returned", "state": "done", "role": "receiver"}
})))]
pub struct AuditEventOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: AuditEntryId,
    /// When it happened.
    at: DateTime<Utc>,
    /// What kind of actor did it: `service_account`, `link_holder`, `system` or `operator`.
    #[schema(max_length = 40)]
    actor_kind: String,
    /// The pseudonymous id of the actor.
    #[schema(max_length = 40)]
    actor_id: String,
    /// What happened: a stable word in the past tense.
    #[schema(max_length = 100)]
    action: String,
    /// What kind of thing it happened to.
    #[schema(max_length = 100)]
    object_type: String,
    /// Which one.
    #[schema(max_length = 200)]
    object_id: String,
    /// The termination that it belongs to.
    #[schema(value_type = Option<uuid::Uuid>)]
    termination_id: Option<TerminationId>,
    /// The request or the job run that did it.
    #[schema(max_length = 100)]
    request_id: String,
    /// Ids, words and numbers; null when they were erased.
    #[schema(value_type = Option<Object>)]
    details: Option<serde_json::Value>,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// Only about things of this kind.
    #[serde(default, deserialize_with = "text_filter::<1, 100, _>")]
    #[param(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    object_type: Option<String>,
    /// Only about the thing with this id.
    #[serde(default, deserialize_with = "text_filter::<1, 200, _>")]
    #[param(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    object_id: Option<String>,
    /// Only of this termination.
    #[param(value_type = Option<uuid::Uuid>)]
    termination_id: Option<TerminationId>,
    /// Only with this action.
    #[serde(default, deserialize_with = "text_filter::<1, 100, _>")]
    #[param(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    action: Option<String>,
}

impl From<&AuditParams> for AuditFilter {
    fn from(params: &AuditParams) -> Self {
        Self {
            object_type: params.object_type.clone(),
            object_id: params.object_id.clone(),
            termination_id: params.termination_id,
            action: params.action.clone(),
        }
    }
}

impl From<AuditEntry> for AuditEventOut {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor_kind: entry.actor_kind,
            actor_id: entry.actor_id,
            action: entry.action,
            object_type: entry.object_type,
            object_id: entry.object_id,
            termination_id: entry.termination_id,
            request_id: entry.request_id,
            details: entry.details,
        }
    }
}

/// List audit events
#[utoipa::path(
    get,
    path = "/v1/audit-events",
    tag = "Watching",
    operation_id = "audit_events_list",
    params(AuditParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<AuditEventOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<AuditParams>,
) -> Result<HttpResponse, Problem> {
    let page = audit::list(&caller, (&query.filter).into(), query.page(&request)?).await?;
    query.respond(&request, page.map(AuditEventOut::from))
}
