//! The API document: OpenAPI 3.1, made from the handlers and their types.
//!
//! What every operation of a kind can answer follows from what it takes and is added here, so that no
//! handler has to repeat it and none can forget it.

use super::problem::{MEDIA_TYPE, ProblemBody, ProblemType};
use super::{api, auth, docs, health};
use crate::domain::job::JobKind;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ArrayItems, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, OpenApi as Document, Ref, RefOr};
use utoipa::{IntoParams, Modify, OpenApi};

/// The name of the security scheme.
const SCHEME: &str = "oauth2";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Handback",
        description = "Follows the mobile devices of a municipal group from order to a proved return, reset and wipe.",
    ),
    tags(
        (name = "Organisation", description = "Legal entities, units, people and employments."),
        (name = "Devices", description = "Devices, subscriptions, and who has them."),
        (name = "Terminations", description = "Cases, from the end of an employment to the receipt."),
        (name = "Tasks", description = "What the desk is to do; change notices."),
        (name = "Codes", description = "Collected codes: sealed, read once, destroyed."),
        (name = "HR", description = "Employments, as the HR system delivers them."),
        (name = "Watching", description = "What was planned, sent, done and recorded."),
        (name = "Reports", description = "Numbers, as JSON or as a table."),
        (name = "MDM", description = "What MDM systems report about wipes."),
        (name = "Auth", description = "Access tokens."),
        (name = "Operations", description = "The service itself."),
    ),
    paths(
        api::employment_documents::put,
        api::employment_documents::post,
        api::snapshots::create,
        api::snapshots::list,
        api::snapshots::get,
        api::snapshots::approve,
        api::snapshots::reject,
        api::missing::list,
        api::missing::end,
        api::unmatched::list,
        api::unmatched::get,
        api::unmatched::resolve,
        api::messages::list,
        api::messages::get,
        api::messages::deliveries,
        api::messages::resend,
        api::messages::report_bounce,
        api::messages::timeline,
        api::jobs::list,
        api::jobs::get,
        api::jobs::resume,
        api::jobs::cancel,
        api::audit_events::list,
        api::legal_entities::create,
        api::legal_entities::list,
        api::legal_entities::get,
        api::legal_entities::update,
        api::schedules::get,
        api::schedules::set,
        api::schedules::versions,
        api::schedules::timelines,
        api::schedules::set_timeline,
        api::schedules::reset_timeline,
        api::sources::create,
        api::sources::list,
        api::sources::get,
        api::sources::update,
        api::units::create,
        api::units::list,
        api::units::get,
        api::units::update,
        api::unit_mergers::set,
        api::unit_mergers::withdraw,
        api::phone_hours::set,
        api::phone_hours::list,
        api::people::create,
        api::people::list,
        api::people::get,
        api::people::update,
        api::person_merges::create,
        api::person_merges::list,
        api::person_merges::undo,
        api::employments::list,
        api::employments::get,
        api::employments::versions,
        api::devices::create,
        api::devices::list,
        api::devices::get,
        api::devices::update,
        api::subscriptions::create,
        api::subscriptions::list,
        api::subscriptions::get,
        api::subscriptions::update,
        api::add_ons::create,
        api::add_ons::list_of_subscription,
        api::add_ons::list,
        api::add_ons::get,
        api::add_ons::update,
        api::add_ons::end,
        api::assignments::create,
        api::assignments::list,
        api::assignments::get,
        api::assignments::end,
        api::worklist::list,
        api::worklist::counts,
        api::reports::lead_times,
        api::reports::overdue,
        api::reports::reuse,
        api::reports::devices,
        api::reports::subscriptions,
        api::reports::signed_out,
        api::reports::rules,
        api::reports::not_returned,
        api::reports::hand_in_list,
        api::reports::receipt_list,
        api::tasks::create,
        api::tasks::list,
        api::tasks::get,
        api::tasks::update,
        api::tasks::finish,
        api::tasks::decline,
        api::terminations::list,
        api::terminations::get,
        api::terminations::work::settle,
        api::terminations::numbers::decide,
        api::terminations::numbers::request,
        api::terminations::outcomes::report,
        api::terminations::outcomes::police_report,
        api::terminations::outcomes::breach,
        api::terminations::outcomes::damage,
        api::terminations::outcomes::dispose,
        api::terminations::outcomes::withdraw,
        api::terminations::outcomes::approve,
        api::terminations::absence::open,
        api::terminations::absence::arrange,
        api::terminations::absence::hand_back,
        api::terminations::work::contradiction,
        api::terminations::delegate::delegate,
        api::terminations::delegate::end,
        api::terminations::work::hold,
        api::terminations::work::release,
        api::terminations::work::reopen,
        api::terminations::notes::create,
        api::terminations::notes::list,
        api::terminations::verify::verify,
        api::terminations::receipt::get,
        api::claims::list,
        api::claims::get,
        api::claims::settle,
        api::terminations::private_address::give,
        api::terminations::private_address::get,
        api::terminations::private_address::forget,
        api::receipt_keys::read,
        api::codes::answer,
        api::codes::list,
        api::codes::reveal,
        api::account_reviews::list,
        api::account_reviews::get,
        api::account_reviews::resolve,
        api::mdm::deliver,
        api::mdm::list,
        auth::token_endpoint::issue,
        docs::openapi,
        health::live,
        health::ready,
        health::metrics,
    ),
    servers((url = "/", description = "This service")),
    // A type that only a parameter has is not found by the library.
    components(schemas(ProblemBody, JobKind)),
    security(("oauth2" = [])),
    modifiers(&Standard),
)]
struct ApiDocument;

/// The document. The same code gives the same document.
pub fn document() -> Document {
    ApiDocument::openapi()
}

/// The document as YAML. Empty only if the library cannot write its own document; a test reads it.
pub fn to_yaml() -> String {
    document().to_yaml().unwrap_or_default()
}

/// Adds what all operations share.
struct Standard;

impl Modify for Standard {
    fn modify(&self, document: &mut Document) {
        let introduction = document.info.description.take().unwrap_or_default();
        document.info.description = Some(format!(
            "{introduction}\n\n{CONVENTIONS}\n\n## Problems\n\n{}",
            ProblemType::reference()
        ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(SCHEME, security_scheme());
        for status in statuses() {
            components
                .responses
                .insert(component_name(status), RefOr::T(problem_response(status)));
        }
        name_rows(components);
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                complete(operation);
            }
        }
        forget_unused(document);
    }
}

/// Leaves out the shared responses that no operation refers to, such as that of a method which a path does not have.
fn forget_unused(document: &mut Document) {
    let mut used = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            used.extend(
                operation
                    .responses
                    .responses
                    .values()
                    .filter_map(|response| match response {
                        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().map(str::to_owned),
                        RefOr::T(_) => None,
                    }),
            );
        }
    }
    if let Some(components) = &mut document.components {
        components.responses.retain(|name, _| used.contains(name));
    }
}

const CONVENTIONS: &str = "## Conventions

- Every error is `application/problem+json` (RFC 9457); its `type` is one of the list below.
- A POST that creates or acts takes an `Idempotency-Key`. Repeated with the same key, it gets the first answer \
again, byte for byte, with `Idempotent-Replayed: true`. Keys are kept for 30 days.
- A record has an `ETag`. Edits send it as `If-Match`.
- PATCH takes a merge patch (RFC 7396): an absent member stays, null clears.
- Lists give `next`, the address of the next page, until there is none.
- Answers are JSON: an `Accept` that takes neither `application/json` nor `application/problem+json` is a 406. The \
receipt comes in other formats too, and reports as tables.
- Who lacks the scope gets 403, whatever the rest of the request is like.
- People's own words are kept as they are sent. Where they may hold a personal identity number, the answer says so in \
`may_hold_personal_number`, and no mail and no receipt repeats them. Leave such numbers out.
- Unknown members and parameters are refused. Ids are UUIDs; instants are UTC (RFC 3339); dates are dates.";

fn security_scheme() -> SecurityScheme {
    let scopes = [
        ("hr", "Deliver employment documents"),
        ("mdm", "Deliver MDM reports"),
        ("telephony", "Say what the telephony system has carried out"),
        (
            "desk",
            "Keep the register and work with terminations, codes included",
        ),
        ("read", "Read everything but codes"),
        (
            "protected",
            "Beside another scope: see who people with a protected identity are",
        ),
        ("admin", "Set up legal entities, sources and the service itself"),
    ];
    let flow = ClientCredentials::new("/oauth/token", Scopes::from_iter(scopes));
    SecurityScheme::OAuth2(OAuth2::with_description(
        [Flow::ClientCredentials(flow)],
        "Our own tokens, or those of an issuer that the operator has named.",
    ))
}

/// Lets the pages of lists refer to their rows: the library writes a generic argument out in full.
fn name_rows(components: &mut Components) {
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for (name, schema) in &mut components.schemas {
        let row = name
            .strip_prefix("PageOut_")
            .filter(|row| names.iter().any(|name| name == row));
        if let (Some(row), RefOr::T(Schema::Object(page))) = (row, schema)
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(row).into()));
        }
    }
}

/// The statuses of problems, each once.
fn statuses() -> Vec<u16> {
    let mut statuses: Vec<u16> = ProblemType::ALL.iter().map(|kind| kind.status()).collect();
    statuses.dedup();
    statuses
}

fn component_name(status: u16) -> String {
    format!("Problem{status}")
}

fn problem_response(status: u16) -> Response {
    let titles: Vec<&str> = ProblemType::ALL
        .iter()
        .filter(|kind| kind.status() == status)
        .map(|kind| kind.title())
        .collect();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let mut response = ResponseBuilder::new()
        .description(titles.join("; "))
        .content(MEDIA_TYPE, content);
    for (name, description) in headers_of(status) {
        let schema = utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(Type::String)
            .build();
        response = response.header(
            *name,
            HeaderBuilder::new()
                .schema(Some(schema))
                .description(Some(*description))
                .build(),
        );
    }
    response.build()
}

const fn headers_of(status: u16) -> &'static [(&'static str, &'static str)] {
    match status {
        401 => &[("WWW-Authenticate", "How to authenticate (RFC 6750)")],
        405 => &[("Allow", "The methods of the resource")],
        412 => &[("ETag", "The current version")],
        429 => &[
            ("Retry-After", "Seconds to wait"),
            ("RateLimit", "What is left, and until when"),
        ],
        503 => &[("Retry-After", "Seconds to wait")],
        _ => &[],
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        item.get.as_mut(),
        item.put.as_mut(),
        item.post.as_mut(),
        item.delete.as_mut(),
        item.patch.as_mut(),
    ]
    .into_iter()
    .flatten()
}

/// Adds the problems that follow from what the operation takes.
fn complete(operation: &mut Operation) {
    let has = |place: ParameterIn, name: Option<&str>| {
        let parameters = operation.parameters.iter().flatten();
        parameters
            .filter_map(|parameter| match parameter {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            })
            .filter(|parameter| parameter.parameter_in == place)
            .any(|parameter| name.is_none_or(|name| parameter.name.eq_ignore_ascii_case(name)))
    };
    let is_public = operation.security.is_some();
    let mut statuses = vec![429, 500, 503];
    if !is_public {
        statuses.extend([400, 401, 403, 406]);
    }
    if has(ParameterIn::Path, None) {
        statuses.push(404);
    }
    if has(ParameterIn::Header, Some("If-Match")) {
        statuses.extend([409, 412, 428]);
    }
    if has(ParameterIn::Header, Some("Idempotency-Key")) {
        statuses.extend([409, 422]);
    }
    if operation.request_body.is_some() {
        statuses.extend([408, 413]);
        if !is_public {
            statuses.extend([415, 422]);
        }
    }
    if has(ParameterIn::Query, Some("from")) && has(ParameterIn::Query, Some("to")) {
        // A period can end before it begins, which no schema can say.
        statuses.push(422);
    }
    let known: &mut BTreeMap<_, _> = &mut operation.responses.responses;
    for status in statuses {
        known
            .entry(status.to_string())
            .or_insert_with(|| RefOr::Ref(Ref::from_response_name(component_name(status))));
    }
}

macro_rules! header_params {
    ($($(#[$doc:meta])* $extractor:path => $name:literal, $required:literal, $max:literal, $form:ident($value:expr), $example:literal, $description:literal;)+) => {$(
        $(#[$doc])*
        impl IntoParams for $extractor {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<utoipa::openapi::path::Parameter> {
                let schema = utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(Type::String)
                    .max_length(Some($max))
                    .$form(Some($value))
                    .examples([$example])
                    .build();
                let required = if $required { utoipa::openapi::Required::True } else { utoipa::openapi::Required::False };
                vec![
                    utoipa::openapi::path::ParameterBuilder::new()
                        .name($name)
                        .parameter_in(ParameterIn::Header)
                        .required(required)
                        .description(Some($description))
                        .schema(Some(schema))
                        .build(),
                ]
            }
        }
    )+};
}

/// A key as it is, or as the string of a structured field (RFC 9651 §3.3.3).
const KEY: &str = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;
/// A list of entity tags, or `*` (RFC 9110 §13.1): said by name, for it is more than a pattern can say simply.
fn tags() -> SchemaFormat {
    SchemaFormat::Custom("entity-tags".to_owned())
}

header_params! {
    super::extract::IdempotencyKey => "Idempotency-Key", true, 512, pattern(KEY), "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "A fresh UUID for every request that is meant to happen, the same one when it is repeated.";
    super::extract::IfMatch => "If-Match", true, 1000, format(tags()), "\"v3\"",
        "The ETag of the version that the edit is meant for.";
    super::extract::IfNoneMatch => "If-None-Match", false, 1000, format(tags()), "\"v3\"",
        "The ETag of the version that the caller has: if it is still the current one, the answer is 304.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_written_and_is_the_same_every_time() {
        let yaml = to_yaml();
        assert!(yaml.starts_with("openapi: 3.1.0\n"), "{yaml}");
        assert_eq!(yaml, to_yaml());
    }

    #[test]
    fn every_operation_promises_the_problems_that_it_can_answer_with() {
        let document = serde_json::to_value(document()).unwrap();
        let responses = |path: &str, method: &str| -> Vec<String> {
            let found = document["paths"][path][method]["responses"].as_object().unwrap();
            found.keys().cloned().collect()
        };
        assert_eq!(
            responses("/v1/legal-entities", "post"),
            [
                "201", "400", "401", "403", "406", "408", "409", "413", "415", "422", "429", "500", "503"
            ]
        );
        assert_eq!(
            responses("/v1/legal-entities/{id}", "patch"),
            [
                "200", "400", "401", "403", "404", "406", "408", "409", "412", "413", "415", "422", "428",
                "429", "500", "503"
            ]
        );
        let name = &document["paths"]["/v1/legal-entities"]["post"]["responses"]["422"]["$ref"];
        assert_eq!(name, "#/components/responses/Problem422");
        assert!(document["components"]["responses"]["Problem422"]["content"][MEDIA_TYPE].is_object());
    }

    #[test]
    fn every_reference_leads_somewhere_and_nothing_is_left_over() {
        fn references(value: &serde_json::Value, found: &mut BTreeSet<String>) {
            if let Some(target) = value["$ref"].as_str() {
                found.insert(target.trim_start_matches('#').to_owned());
            }
            let members = value.as_object().into_iter().flat_map(|object| object.values());
            let items = value.as_array().into_iter().flatten();
            members.chain(items).for_each(|inner| references(inner, found));
        }
        let document = serde_json::to_value(document()).unwrap();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for target in &found {
            assert!(document.pointer(target).is_some(), "{target}");
        }
        for kind in ["schemas", "responses"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                let target = format!("/components/{kind}/{name}");
                assert!(found.contains(&target), "{target} is not used");
            }
        }
    }

    #[test]
    fn enums_have_the_words_of_the_wire_and_pages_name_their_rows() {
        let document = serde_json::to_value(document()).unwrap();
        let words = &document["components"]["schemas"]["LegalEntityKind"]["enum"];
        assert_eq!(words, &serde_json::json!(["authority", "company"]));
        let rows = &document["components"]["schemas"]["PageOut_LegalEntityOut"]["properties"]["items"];
        assert_eq!(rows["items"]["$ref"], "#/components/schemas/LegalEntityOut");
    }

    #[test]
    fn request_bodies_are_closed_and_every_text_in_them_has_a_limit() {
        let document = serde_json::to_value(document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Some(reference) =
                    operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
                else {
                    continue;
                };
                let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
                assert_eq!(schema["additionalProperties"], false, "{method} {path}");
                for (name, member) in schema["properties"].as_object().unwrap() {
                    let is_text = member["type"] == "string" || member["type"][0] == "string";
                    let has_limit = ["maxLength", "enum", "format"]
                        .iter()
                        .any(|key| !member[key].is_null());
                    assert!(!is_text || has_limit, "{method} {path} {name}");
                }
            }
        }
    }
}
