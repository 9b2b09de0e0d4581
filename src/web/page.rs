//! Lists: one page at a time, with the address of the next.
//!
//! A cursor says after which row to go on. It is authenticated and bound to the list and its filters: one
//! that was changed or comes from elsewhere is refused instead of showing something unasked for.

use super::context::RequestContext;
use super::extract::ListQuery;
use super::problem::{Problem, ProblemType};
use super::state::State;
use crate::crypto::cursor;
use crate::crypto::digest::digest;
use crate::domain::page::{Page, PageRequest};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use uuid::Uuid;

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct PageOut<T> {
    /// The rows.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// The address of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri", max_length = 4096)]
    pub next: Option<String>,
    /// The address of this page.
    #[serde(rename = "self")]
    #[schema(format = "uri", max_length = 4096)]
    pub this: String,
}

/// The answer of a list that is always whole.
///
/// # Errors
/// The server was put together without state.
pub fn whole<U: Serialize>(request: &HttpRequest, items: Vec<U>) -> Result<HttpResponse, Problem> {
    let state = State::of(request)?;
    Ok(HttpResponse::Ok().json(PageOut {
        items,
        next: None,
        this: format!("{}{}", state.app.config.public_url, request.uri()),
    }))
}

impl<T> ListQuery<T> {
    /// Which page is asked for.
    ///
    /// # Errors
    /// The cursor is not one of this list with these filters.
    pub fn page(&self, request: &HttpRequest) -> Result<PageRequest, Problem> {
        let after = match &self.cursor {
            Some(text) => Some(self.read_cursor(request, text)?),
            None => None,
        };
        Ok(PageRequest {
            limit: self.limit,
            after,
        })
    }

    /// The answer: the rows, and where to go on.
    ///
    /// # Errors
    /// The server was put together without state.
    pub fn respond<U: Serialize>(
        &self,
        request: &HttpRequest,
        page: Page<U>,
    ) -> Result<HttpResponse, Problem> {
        let state = State::of(request)?;
        let base = &state.app.config.public_url;
        let next = page.next.map(|after| {
            let cursor = cursor::encode(&state.cursor_key, &self.payload(request, after));
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&self.others)
                .append_pair("cursor", &cursor)
                .finish();
            format!("{base}{}?{query}", request.path())
        });
        let mut answer = HttpResponse::Ok();
        if let Some(next) = &next {
            answer.insert_header(("link", format!("<{next}>; rel=\"next\"")));
        }
        Ok(answer.json(PageOut {
            items: page.items,
            next,
            this: format!("{base}{}", request.uri()),
        }))
    }

    fn read_cursor(&self, request: &HttpRequest, text: &str) -> Result<Uuid, Problem> {
        let state = State::of(request)?;
        let invalid = || Problem::new(ProblemType::CursorInvalid);
        let payload = cursor::decode(&state.cursor_key, text).ok_or_else(invalid)?;
        let id = payload
            .first_chunk::<16>()
            .copied()
            .map(Uuid::from_bytes)
            .ok_or_else(invalid)?;
        if payload == self.payload(request, id) {
            Ok(id)
        } else {
            Err(invalid())
        }
    }

    /// The id to go on after, and what it belongs to. The path tells apart two lists of one route.
    fn payload(&self, request: &HttpRequest, after: Uuid) -> Vec<u8> {
        let context = RequestContext::of(request);
        let route = context.map_or("", |context| context.route());
        let list = digest(&[route.as_bytes(), request.path().as_bytes(), &self.filter_digest()]);
        let mut payload = after.as_bytes().to_vec();
        payload.extend(list.iter().take(16));
        payload
    }
}

/// The parameters `limit` and `cursor`, for the API document. Name it in `params(PageParams)`.
pub struct PageParams;

impl utoipa::IntoParams for PageParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(1))
            .maximum(Some(200))
            .default(Some(serde_json::json!(50)));
        let cursor = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(2048))
            .pattern(Some("^[A-Za-z0-9_-]+$"));
        vec![
            ParameterBuilder::new()
                .name("limit")
                .parameter_in(ParameterIn::Query)
                .description(Some("How many rows at most."))
                .schema(Some(limit))
                .build(),
            ParameterBuilder::new()
                .name("cursor")
                .parameter_in(ParameterIn::Query)
                .description(Some(
                    "Where to go on: taken from `next` of the page before, never made up.",
                ))
                .schema(Some(cursor))
                .build(),
        ]
    }
}
