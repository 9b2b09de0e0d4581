//! Accounts as they are shown.

use super::query::tag;
use super::{MEDIA_TYPE, ROOT, ScimError};
use crate::domain::scim::{CORE, ENTERPRISE, LIST_RESPONSE, Projection, ScimUser};
use crate::services::scim::users::Found;
use crate::web::state::State;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

/// Where the door is, as clients see it.
///
/// # Errors
/// The server was put together without state.
pub(super) fn base(request: &HttpRequest) -> Result<String, ScimError> {
    let state = State::of(request)?;
    Ok(format!("{}{ROOT}", state.app.config.public_url))
}

/// The address of an account.
pub(super) fn location(base: &str, user: &ScimUser) -> String {
    format!("{base}/Users/{}", user.id)
}

/// The account with what is wanted of it.
pub(super) fn shown(base: &str, user: ScimUser, projection: &Projection) -> Value {
    let location = location(base, &user);
    let mut schemas = vec![CORE];
    if user.attributes.contains_key(ENTERPRISE) {
        schemas.push(ENTERPRISE);
    }
    let mut resource = Map::from_iter([
        ("schemas".to_owned(), json!(schemas)),
        ("id".to_owned(), user.id.to_string().into()),
    ]);
    resource.extend(user.attributes);
    let meta = json!({
        "resourceType": "User",
        "created": user.meta.created_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "lastModified": user.meta.updated_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "location": location,
        "version": tag(user.meta.version),
    });
    resource.insert("meta".to_owned(), meta);
    projection.of(resource).into()
}

/// An answer with one account.
pub(super) fn one(base: &str, status: StatusCode, user: ScimUser, projection: &Projection) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    answer.insert_header(("etag", tag(user.meta.version)));
    if status == StatusCode::CREATED {
        answer.insert_header(("location", location(base, &user)));
    }
    written(answer, &shown(base, user, projection))
}

/// An answer with a list of accounts.
pub(super) fn several(base: &str, found: Found, projection: &Projection) -> HttpResponse {
    let (total, start_index) = (found.total, found.start_index);
    let resources: Vec<Value> = found
        .users
        .into_iter()
        .map(|user| shown(base, user, projection))
        .collect();
    list(total, start_index, resources)
}

/// An answer with a list.
pub(super) fn list(total: i64, start_index: i64, resources: Vec<Value>) -> HttpResponse {
    let body = json!({
        "schemas": [LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    written(HttpResponse::Ok(), &body)
}

/// An answer with this body.
pub(super) fn written(mut answer: actix_web::HttpResponseBuilder, body: &Value) -> HttpResponse {
    answer.content_type(MEDIA_TYPE).body(body.to_string())
}
