//! `/v1/claims`: devices that have not come back long after they were due.

use crate::domain::claim::{Claim, ClaimEnding, ClaimSettlement, ClaimState, SetOff, SetOffBasis};
use crate::domain::ids::{ClaimId, DeviceId, ItemId, LegalEntityId, TerminationId, UnitId};
use crate::domain::termination::{ActorRole, Reason};
use crate::domain::text::looks_like_personal_number;
use crate::services::claims::{self, ClaimFilter, SettlementSaid};
use crate::web::auth::Caller;
use crate::web::etag::{of_version, respond_with_etag};
use crate::web::extract::{Body, IdempotencyKey, IfNoneMatch, ListQuery, PathId};
use crate::web::once::{Once, json};
use crate::web::page::{PageOut, PageParams};
use crate::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// A set-off against pay that was decided elsewhere. Here it is only recorded.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetOffBody {
    /// On which ground.
    basis: SetOffBasis,
    /// What shows it: the consent, the agreement or the decision.
    #[schema(min_length = 1, max_length = 200)]
    reference: String,
}

/// How a claim ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "ending": "employer_bears_cost",
    "decided_by": "Enhetschefen",
    "reason": "Telefonen är gammal, och innehavaren går inte att nå."
})))]
pub struct ClaimSettlementIn {
    /// In which way. `returned` is not said here: the check of the device says it.
    ending: ClaimEnding,
    /// Who decided: a name or a function.
    #[schema(min_length = 1, max_length = 200)]
    decided_by: String,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// What the insurer, the police or the authority calls it. Needed for `insurance`, `police_report` and
    /// `recovery_order`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    reference: Option<String>,
    /// The legal ground. Needed for `invoice_after_decision` and `recovery_order`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    legal_ground: Option<String>,
    /// How much, in öre. Needed for `invoice_after_decision`. It is recorded and sent nowhere.
    #[serde(default)]
    #[schema(maximum = 1_000_000_000)]
    amount_ore: Option<u64>,
    /// For `invoice_after_decision`: a set-off against pay that was decided elsewhere.
    #[serde(default)]
    set_off: Option<SetOffBody>,
}

/// What people wrote is not shown in logs.
impl fmt::Debug for ClaimSettlementIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimSettlementIn({})", self.ending)
    }
}

impl fmt::Debug for SetOffBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetOffBody({})", self.basis)
    }
}

/// How a claim ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimSettlementOut {
    /// In which way.
    ending: ClaimEnding,
    /// Who decided; null where nobody had to.
    #[schema(max_length = 200)]
    decided_by: Option<String>,
    /// Why.
    #[schema(max_length = 500)]
    reason: String,
    /// Whether the reason holds something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// What the insurer, the police or the authority calls it.
    #[schema(max_length = 200)]
    reference: Option<String>,
    /// The legal ground.
    #[schema(max_length = 500)]
    legal_ground: Option<String>,
    /// How much, in öre.
    amount_ore: Option<u64>,
    /// A set-off against pay that was decided elsewhere.
    set_off: Option<SetOffBody>,
    /// In which role it was recorded.
    role: ActorRole,
    /// The kind of actor.
    #[schema(max_length = 40)]
    actor_kind: String,
    /// The actor's id; empty for the service itself.
    #[schema(max_length = 40)]
    actor_id: String,
    /// When.
    at: DateTime<Utc>,
}

/// A claim.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: ClaimId,
    /// The number that people quote.
    #[schema(max_length = 20)]
    number: String,
    /// Where it stands.
    state: ClaimState,
    /// The case.
    #[schema(value_type = uuid::Uuid)]
    termination_id: TerminationId,
    /// The item of the case.
    #[schema(value_type = uuid::Uuid)]
    item_id: ItemId,
    /// The device.
    #[schema(value_type = uuid::Uuid)]
    device_id: DeviceId,
    /// Whose device it is.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The unit of the case.
    #[schema(value_type = uuid::Uuid)]
    unit_id: UnitId,
    /// The day on which the device was due back.
    return_by: NaiveDate,
    /// How it ended.
    settlement: Option<ClaimSettlementOut>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was opened.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

fn words(reason: &Reason) -> String {
    reason.as_str().to_owned()
}

impl From<&SetOff> for SetOffBody {
    fn from(set_off: &SetOff) -> Self {
        Self {
            basis: set_off.basis,
            reference: words(&set_off.reference),
        }
    }
}

impl From<&ClaimSettlement> for ClaimSettlementOut {
    fn from(settlement: &ClaimSettlement) -> Self {
        Self {
            ending: settlement.ending,
            decided_by: settlement.decided_by.as_ref().map(words),
            reason: words(&settlement.reason),
            may_hold_personal_number: looks_like_personal_number(settlement.reason.as_str()),
            reference: settlement.reference.as_ref().map(words),
            legal_ground: settlement.legal_ground.as_ref().map(words),
            amount_ore: settlement.amount_ore,
            set_off: settlement.set_off.as_ref().map(SetOffBody::from),
            role: settlement.by.role,
            actor_kind: settlement.by.kind.clone(),
            actor_id: settlement.by.id.clone(),
            at: settlement.at,
        }
    }
}

impl From<&Claim> for ClaimOut {
    fn from(claim: &Claim) -> Self {
        Self {
            id: claim.id,
            number: claim.number.clone(),
            state: claim.state(),
            termination_id: claim.termination_id,
            item_id: claim.item_id,
            device_id: claim.device_id,
            legal_entity_id: claim.legal_entity_id,
            unit_id: claim.unit_id,
            return_by: claim.return_by,
            settlement: claim.settlement.as_ref().map(ClaimSettlementOut::from),
            version: claim.meta.version,
            created_at: claim.meta.created_at,
            updated_at: claim.meta.updated_at,
        }
    }
}

impl From<ClaimSettlementIn> for SettlementSaid {
    fn from(body: ClaimSettlementIn) -> Self {
        Self {
            ending: body.ending,
            decided_by: body.decided_by,
            reason: body.reason,
            reference: body.reference,
            legal_ground: body.legal_ground,
            amount_ore: body.amount_ore,
            set_off: body.set_off.map(|set_off| (set_off.basis, set_off.reference)),
        }
    }
}

/// Which claims.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClaimParams {
    /// Only in this state.
    state: Option<ClaimState>,
    /// Only of this termination.
    #[param(value_type = Option<uuid::Uuid>)]
    termination_id: Option<TerminationId>,
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
}

/// List claims
///
/// A claim opens by itself when a device has not come back `claim_after_days` days after it was due, and nobody knows
/// what became of it: it is not reported lost or stolen, and nothing is decided about it.
#[utoipa::path(
    get,
    path = "/v1/claims",
    tag = "Terminations",
    operation_id = "claims_list",
    params(ClaimParams, PageParams),
    responses((status = 200, description = "One page, the oldest first", body = PageOut<ClaimOut>, headers(
        ("Link" = String, description = "The address of the next page (RFC 8288), unless this is the last"),
    )))
)]
pub async fn list(
    request: HttpRequest,
    caller: Caller,
    query: ListQuery<ClaimParams>,
) -> Result<HttpResponse, Problem> {
    let filter = ClaimFilter {
        state: query.filter.state,
        termination_id: query.filter.termination_id,
        legal_entity_id: query.filter.legal_entity_id,
    };
    let page = claims::list(&caller, filter, query.page(&request)?).await?;
    query.respond(&request, page.map(|claim| ClaimOut::from(&claim)))
}

/// Read a claim
#[utoipa::path(
    get,
    path = "/v1/claims/{id}",
    tag = "Terminations",
    operation_id = "claims_get",
    params(("id" = uuid::Uuid, Path, description = "Its id"), IfNoneMatch),
    responses(
        (status = 200, description = "The claim", body = ClaimOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(request: HttpRequest, caller: Caller, id: PathId<ClaimId>) -> Result<HttpResponse, Problem> {
    let claim = claims::get(&caller, id.0).await?;
    respond_with_etag(&request, claim.meta.version, &ClaimOut::from(&claim))
}

/// End a claim
///
/// Once and for all. Nothing is invoiced, deducted or sent because of it: it is recorded what others decided and did.
#[utoipa::path(
    post,
    path = "/v1/claims/{id}/settlement",
    tag = "Terminations",
    operation_id = "claims_settle",
    params(("id" = uuid::Uuid, Path, description = "The claim"), IdempotencyKey),
    request_body = ClaimSettlementIn,
    responses((status = 200, description = "The claim as it is now", body = ClaimOut, headers(
        ("ETag" = String, description = "Its version"),
    )))
)]
pub async fn settle(
    request: HttpRequest,
    caller: Caller,
    id: PathId<ClaimId>,
    key: IdempotencyKey,
    body: Body<ClaimSettlementIn>,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&request, &caller, &key, &body.bytes, |claim: &Claim| {
        let mut reply = json(StatusCode::OK, &ClaimOut::from(claim))?;
        let tag = of_version(claim.meta.version);
        reply.headers.push(("etag".to_owned(), tag));
        Ok(reply)
    });
    once.respond(claims::settle(&caller, id.0, body.value.into(), once.recorder()).await)
}
