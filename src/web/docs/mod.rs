//! `/openapi.yaml` and `/docs`: the contract, and a page to read and try it. The page is made of files in
//! this binary; it asks no other server for anything and has no inline script.

use super::problem::{Problem, ProblemType};
use super::state::State;
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;

const PAGE: &str = include_str!("index.html");
const INITIALIZER: &str = include_str!("initializer.js");

/// Looser than elsewhere in one point: Swagger UI sets styles from its script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Give this document
#[utoipa::path(get, path = "/openapi.yaml", tag = "Operations", operation_id = "openapi_read", security(()),
    responses((status = 200, description = "This document", body = Object, content_type = "application/yaml")))]
pub async fn openapi(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    Ok(HttpResponse::Ok()
        .content_type("application/yaml")
        .body(state.openapi.clone()))
}

/// The page.
pub async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", POLICY))
        .body(PAGE)
}

/// A file of the page.
pub async fn file(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let name = name.into_inner();
    if name == "initializer.js" {
        return Ok(asset("text/javascript; charset=utf-8").body(INITIALIZER));
    }
    let not_found = || Problem::new(ProblemType::NotFound);
    // Only what the page uses: the package has more, its own inline page among it.
    if !matches!(
        name.as_str(),
        "swagger-ui.css" | "swagger-ui-bundle.js" | "favicon-32x32.png"
    ) {
        return Err(not_found());
    }
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.yaml"));
    let file = utoipa_swagger_ui::serve(&name, config)
        .map_err(|error| Problem::internal(error.to_string()))?
        .ok_or_else(not_found)?;
    Ok(asset(&file.content_type).body(file.bytes.into_owned()))
}

fn asset(media_type: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(media_type)
        .insert_header(("cache-control", "public, max-age=3600"));
    response
}
