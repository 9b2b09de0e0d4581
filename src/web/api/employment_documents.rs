//! `/v1/sources/{source}/employments/{external_id}` and `/v1/sources/{source}/employment-documents`: the HR door.

use crate::domain::employment::{
    DeliveryOutcome, EmploymentDocument, EmploymentKind, EmploymentState, EndKind, Leave, PersonReference,
};
use crate::domain::ids::{EmploymentId, TerminationId};
use crate::domain::language::Language;
use crate::domain::once::Reply;
use crate::domain::termination::TerminationState;
use crate::domain::text::{EmailAddress, ExternalId, PersonName, SourceName};
use crate::services::Violations;
use crate::services::hr::{self, Delivery};
use crate::web::auth::Caller;
use crate::web::etag;
use crate::web::extract::{Body, IdempotencyKey, PathId, present};
use crate::web::once::{Once, created, json, response};
use crate::web::problem::{Problem, ProblemType};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person, as the source names them. What is left out is not changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonReferenceIn {
    /// The source's id of the person. Never a personal identity number.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    external_id: String,
    /// Their name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Their e-mail address at work.
    #[serde(default)]
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// The language that they are written to in.
    #[serde(default)]
    language: Option<Language>,
    /// Whether their identity is protected (skyddade personuppgifter).
    #[serde(default)]
    is_protected: Option<bool>,
}

/// A leave of absence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveIn {
    /// The first day.
    from: NaiveDate,
    /// The last day, inclusive. Must be there: null says that the leave is open.
    #[serde(deserialize_with = "present")]
    #[schema(required = true, nullable = true)]
    to: Option<NaiveDate>,
}

/// The most leaves that one document names.
const MAX_LEAVES: usize = 100;

/// The full state of one employment. Dates are dates: a time of day is refused, not cut off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "person": {"external_id": "p-1001", "name": "Alva Exempel", "email": "alva.exempel@exempelkommunen.example"},
    "kind": "employee",
    "unit": "VO-12",
    "manager": {"external_id": "p-77"},
    "state": "active",
    "start_date": "2020-08-01",
    "end_date": "2026-12-31",
    "last_working_day": "2026-12-18",
    "sequence": 42,
    "occurred_at": "2026-11-20T09:15:00+01:00"
})))]
pub struct EmploymentDocumentIn {
    /// Who is employed.
    person: PersonReferenceIn,
    /// What kind of employment it is.
    kind: EmploymentKind,
    /// The source's id of the unit.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    unit: String,
    /// The nearest manager; null or left out where there is none.
    #[serde(default)]
    manager: Option<PersonReferenceIn>,
    /// `void` for an employment that should never have existed.
    state: EmploymentState,
    /// The first day.
    start_date: NaiveDate,
    /// The last day, inclusive. Must be there: null says that the employment is open-ended.
    #[serde(deserialize_with = "present")]
    #[schema(required = true, nullable = true)]
    end_date: Option<NaiveDate>,
    /// The last day at work, when that is earlier. Moves reminders, never the end.
    #[serde(default)]
    last_working_day: Option<NaiveDate>,
    /// How it ends. `immediate` for a suspension or a dismissal: the desk acts at once and the holder is not written to
    /// in advance. `deceased`: nobody writes to the holder or the relatives. In both, no phone is wiped before somebody
    /// has decided. Needs an end_date.
    #[serde(default)]
    #[schema(default = "ordinary")]
    end_kind: EndKind,
    /// The leaves of absence that are known, all of them. Nothing ends by them; whoever is away is not asked to take
    /// devices back. Only the dates: a reason is not wanted and is refused.
    #[serde(default)]
    #[schema(max_items = 100)]
    leave: Vec<LeaveIn>,
    /// Rises with every version of this employment. Orders the documents; time does not.
    #[schema(minimum = 0)]
    sequence: i64,
    /// When it happened in the source. For people and the audit.
    #[serde(default)]
    occurred_at: Option<DateTime<Utc>>,
}

/// The same document for senders that can only POST.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "external_id": "e-5001",
    "document": {
        "person": {"external_id": "p-1001"},
        "kind": "employee",
        "unit": "VO-12",
        "manager": null,
        "state": "active",
        "start_date": "2020-08-01",
        "end_date": null,
        "sequence": 41
    }
})))]
pub struct EmploymentDeliveryIn {
    /// The source's id of the employment.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    external_id: String,
    /// Its full state.
    document: EmploymentDocumentIn,
}

/// The termination that follows from the employment.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveredTerminationOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: TerminationId,
    /// The case number that people quote.
    #[schema(max_length = 12)]
    number: String,
    /// Where it stands.
    state: TerminationState,
}

/// What became of the document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "outcome": "applied",
    "employment_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "version": 3,
    "sequence": 42,
    "termination": {"id": "01939e5c-5b6b-7c1e-8f00-0242ac120002", "number": "HB-7K3F-9Q2M", "state": "scheduled"}
})))]
pub struct DeliveryOut {
    /// `applied`, `unchanged` or `stale`: each of them is a success, and the sender can go on.
    outcome: DeliveryOutcome,
    /// Our id of the employment.
    #[schema(value_type = uuid::Uuid)]
    employment_id: EmploymentId,
    /// Counts the applied documents.
    #[schema(minimum = 1)]
    version: i64,
    /// The sequence of the newest document that we know.
    #[schema(minimum = 0)]
    sequence: i64,
    /// The termination under way, if there is one. Nobody who holds nothing has one.
    termination: Option<DeliveredTerminationOut>,
}

impl From<&Delivery> for DeliveryOut {
    fn from(delivery: &Delivery) -> Self {
        Self {
            outcome: delivery.outcome,
            employment_id: delivery.employment.id,
            version: delivery.employment.meta.version,
            sequence: delivery.employment.document.sequence,
            termination: delivery
                .termination
                .as_ref()
                .map(|found| DeliveredTerminationOut {
                    id: found.id,
                    number: found.number.clone(),
                    state: found.state,
                }),
        }
    }
}

/// Deliver an employment
///
/// The body is the full current state of one employment, never a change. Deliver it as often as you like:
/// documents are ordered by their `sequence`, and what is not newer has no effect.
#[utoipa::path(
    put,
    path = "/v1/sources/{source}/employments/{external_id}",
    tag = "HR",
    operation_id = "employments_deliver",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        ("external_id" = String, Path, description = "The source's id of the employment", max_length = 128,
            pattern = "^[A-Za-z0-9._:@-]+$"),
    ),
    request_body = EmploymentDocumentIn,
    responses(
        (status = 200, description = "Applied, unchanged or stale", body = DeliveryOut, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 201, description = "Applied; the employment was not known before", body = DeliveryOut, headers(
            ("Location" = String, description = "Its address"),
            ("ETag" = String, description = "Its version"),
        )),
        (status = 409, description = "The sequence came with another content", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub async fn put(
    caller: Caller,
    path: PathId<(SourceName, ExternalId)>,
    body: Body<EmploymentDocumentIn>,
) -> Result<HttpResponse, Problem> {
    let (source, external_id) = path.0;
    let mut violations = Violations::default();
    let document = document(body.value, "", &mut violations);
    let document = violations.finish_with(document)?;
    let delivery = hr::deliver(&caller, source, external_id, document).await?;
    render(&delivery).map(response)
}

/// Deliver an employment by POST
///
/// For senders that cannot PUT. The same document, the same rules.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/employment-documents",
    tag = "HR",
    operation_id = "employment_documents_create",
    params(
        ("source" = String, Path, description = "The name of the source", max_length = 40, pattern = "^[a-z0-9-]+$"),
        IdempotencyKey,
    ),
    request_body = EmploymentDeliveryIn,
    responses(
        (status = 200, description = "Applied, unchanged or stale", body = DeliveryOut, headers(
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
        )),
        (status = 201, description = "Applied; the employment was not known before", body = DeliveryOut, headers(
            ("Location" = String, description = "Its address"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer of an earlier request"),
        )),
    )
)]
pub async fn post(
    request: HttpRequest,
    caller: Caller,
    source: PathId<SourceName>,
    key: IdempotencyKey,
    body: Body<EmploymentDeliveryIn>,
) -> Result<HttpResponse, Problem> {
    let mut violations = Violations::default();
    let external_id = violations.take("/external_id", ExternalId::parse(&body.value.external_id));
    let document = document(body.value.document, "/document", &mut violations);
    let (external_id, document) = violations.finish_with(external_id.zip(document))?;
    let once = Once::new(&request, &caller, &key, &body.bytes, render);
    once.respond(hr::deliver_once(&caller, (source.0, external_id), document, once.recorder()).await)
}

/// The answer to a delivery. A sequence that came with another content is a conflict for somebody to look at.
fn render(delivery: &Delivery) -> Result<Reply, Problem> {
    if delivery.outcome == DeliveryOutcome::Conflict {
        return Err(Problem::new(ProblemType::Conflict).code("sequence_conflict").detail(
            "This sequence was delivered before with another content. Nothing has changed. Deliver the current state with a higher sequence.",
        ));
    }
    let version = delivery.employment.meta.version;
    let body = DeliveryOut::from(delivery);
    if delivery.is_new {
        return created(
            format!("/v1/employments/{}", delivery.employment.id),
            version,
            &body,
        );
    }
    let mut reply = json(StatusCode::OK, &body)?;
    reply.headers.push(("etag".to_owned(), etag::of_version(version)));
    Ok(reply)
}

/// The parsed document, or nothing and a note of everything that is wrong with it.
fn document(body: EmploymentDocumentIn, at: &str, violations: &mut Violations) -> Option<EmploymentDocument> {
    let employed = person(body.person, &format!("{at}/person"), violations);
    let manager = body
        .manager
        .map(|manager| person(manager, &format!("{at}/manager"), violations));
    let unit = violations.take(format!("{at}/unit"), ExternalId::parse(&body.unit));
    if body.leave.len() > MAX_LEAVES {
        violations.add(
            format!("{at}/leave"),
            "too_many",
            "A document names at most 100 leaves.",
        );
        return None;
    }
    let mut leave: Vec<Leave> = body
        .leave
        .iter()
        .map(|leave| Leave {
            from: leave.from,
            to: leave.to,
        })
        .collect();
    // Two documents that name the same leaves in another order say the same.
    leave.sort_unstable();
    Some(EmploymentDocument {
        person: employed?,
        kind: body.kind,
        unit: unit?,
        manager: match manager {
            Some(manager) => Some(manager?),
            None => None,
        },
        state: body.state,
        start_date: body.start_date,
        end_date: body.end_date,
        last_working_day: body.last_working_day,
        end_kind: body.end_kind,
        leave,
        sequence: body.sequence,
        occurred_at: body.occurred_at,
    })
}

fn person(body: PersonReferenceIn, at: &str, violations: &mut Violations) -> Option<PersonReference> {
    let external_id = violations.take(format!("{at}/external_id"), ExternalId::parse(&body.external_id));
    let name = violations.take_optional(format!("{at}/name"), body.name, PersonName::parse);
    let email = violations.take_optional(format!("{at}/email"), body.email, EmailAddress::parse);
    Some(PersonReference {
        external_id: external_id?,
        name,
        email,
        language: body.language,
        is_protected: body.is_protected,
    })
}
