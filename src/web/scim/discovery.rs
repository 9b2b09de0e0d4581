//! What there is (RFC 7644 §4).

use super::ScimError;
use super::query::parameter;
use super::resource::{base, list, written};
use crate::domain::scim;
use crate::web::problem::{Problem, ProblemType};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

/// What of the protocol there is.
pub(super) async fn config(request: HttpRequest) -> Result<HttpResponse, ScimError> {
    let body = scim::service_provider_config(&base(&request)?);
    Ok(written(HttpResponse::Ok(), &body))
}

/// All types of resources: one.
pub(super) async fn resource_types(request: HttpRequest) -> Result<HttpResponse, ScimError> {
    whole(&request, vec![scim::resource_type(&base(&request)?)])
}

/// One type of resources.
pub(super) async fn resource_type(request: HttpRequest) -> Result<HttpResponse, ScimError> {
    by_id(&request, vec![scim::resource_type(&base(&request)?)])
}

/// All schemas.
pub(super) async fn schemas(request: HttpRequest) -> Result<HttpResponse, ScimError> {
    whole(&request, scim::schemas(&base(&request)?))
}

/// One schema.
pub(super) async fn schema(request: HttpRequest) -> Result<HttpResponse, ScimError> {
    by_id(&request, scim::schemas(&base(&request)?))
}

/// A list that is always whole, and refuses to be filtered (RFC 7644 §4).
fn whole(request: &HttpRequest, resources: Vec<Value>) -> Result<HttpResponse, ScimError> {
    if parameter(request, "filter").is_some() {
        let problem = Problem::new(ProblemType::Forbidden).detail("This list cannot be filtered.");
        return Err(problem.into());
    }
    let total = i64::try_from(resources.len()).unwrap_or(i64::MAX);
    Ok(list(total, 1, resources))
}

fn by_id(request: &HttpRequest, resources: Vec<Value>) -> Result<HttpResponse, ScimError> {
    let id = request.match_info().query("id");
    let found = resources
        .iter()
        .find(|resource| resource.get("id").and_then(Value::as_str) == Some(id));
    match found {
        Some(resource) => Ok(written(HttpResponse::Ok(), resource)),
        None => Err(Problem::new(ProblemType::NotFound).into()),
    }
}
