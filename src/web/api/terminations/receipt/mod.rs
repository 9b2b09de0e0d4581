//! The receipt of a completed case, for programs and for people.

mod bodies;

pub use bodies::{ReceiptOut, SignedReceiptOut};

use crate::app::App;
use crate::config::Config;
use crate::domain::ids::TerminationId;
use crate::domain::language::Language;
use crate::domain::text::PhoneNumber;
use crate::mail::receipt::Receipt;
use crate::mail::{Phone, pdf};
use crate::services::receipts;
use crate::web::auth::Caller;
use crate::web::extract::{PathId, Query};
use crate::web::pages::{ReceiptPage, Site, style_sha256_base64};
use crate::web::problem::{Problem, ProblemType};
use actix_web::http::header::{self, Header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The media type of a JWS in compact form (RFC 7515 §9.2.1).
const JOSE: &str = "application/jose";

/// A document in PDF.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(
    dead_code,
    reason = "it stands in the description of the API, in place of bytes"
)]
pub struct PdfFile(Vec<u8>);

/// How the receipt is to be written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReceiptParams {
    /// The language of the page and of what is written in one language; without it, that of the legal entity.
    language: Option<Language>,
}

/// Read the receipt of a completed termination
#[utoipa::path(
    get,
    path = "/v1/terminations/{id}/receipt",
    tag = "Terminations",
    operation_id = "terminations_receipt",
    params(("id" = uuid::Uuid, Path, description = "The case"), ReceiptParams),
    responses(
        (status = 200, description = "The receipt as it was issued; as a page, a tagged PDF or the signed receipt alone when `Accept` prefers `text/html`, `application/pdf` or `application/jose`", content(
            (SignedReceiptOut = "application/json"),
            (String = "text/html"),
            (PdfFile = "application/pdf"),
            (String = "application/jose"),
        )),
        (status = 406, description = "None of these formats is accepted", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "The case is not completed", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<TerminationId>,
    query: Query<ReceiptParams>,
) -> Result<HttpResponse, Problem> {
    let format = wanted(&request)?;
    let (receipt, language) = receipts::get(&caller, id.0, query.0.language).await?;
    match format {
        Format::Json => {
            let body = ReceiptOut::from(&receipt);
            let signed = receipts::sign(&caller.app, &body)?;
            Ok(HttpResponse::Ok()
                .insert_header(("vary", "accept"))
                .json(SignedReceiptOut::new(body, signed)))
        }
        Format::Signed => signed(&caller.app, &receipt),
        Format::Page => page(&caller.app.config, receipt, language),
        Format::Pdf => document(receipt, language).await,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Page,
    Pdf,
    Signed,
}

/// The form that the caller likes best; JSON for those who do not say.
fn wanted(request: &HttpRequest) -> Result<Format, Problem> {
    if !request.headers().contains_key("accept") {
        return Ok(Format::Json);
    }
    let accept = header::Accept::parse(request).map_err(|_| Problem::new(ProblemType::NotAcceptable))?;
    let format = accept
        .ranked()
        .into_iter()
        .find_map(|wanted| match wanted.essence_str() {
            "application/json" | "application/*" | "*/*" => Some(Format::Json),
            "text/html" | "text/*" => Some(Format::Page),
            "application/pdf" => Some(Format::Pdf),
            JOSE => Some(Format::Signed),
            _ => None,
        });
    format.ok_or_else(|| Problem::new(ProblemType::NotAcceptable))
}

/// The signed receipt alone: one line to keep in a file.
fn signed(app: &App, receipt: &Receipt) -> Result<HttpResponse, Problem> {
    let signed = receipts::sign(app, &ReceiptOut::from(receipt))?;
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", JOSE))
        .insert_header(("vary", "accept"))
        .body(signed))
}

/// The receipt to keep on file. Writing it takes some milliseconds of work, so it is done beside the requests.
async fn document(receipt: Receipt, language: Language) -> Result<HttpResponse, Problem> {
    let name = pdf::file_name(&receipt, language);
    let written = web::block(move || pdf::receipt(&receipt, language)).await;
    let bytes = written
        .map_err(|error| Problem::internal(error.to_string()))?
        .map_err(|error| Problem::internal(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("content-disposition", format!("inline; filename=\"{name}\"")))
        .insert_header(("content-language", language.as_str()))
        .insert_header(("vary", "accept"))
        .body(bytes))
}

fn page(config: &Config, receipt: Receipt, language: Language) -> Result<HttpResponse, Problem> {
    let phone = PhoneNumber::parse(&config.mail.phone);
    let help_phone = phone.map_or_else(
        |_| Phone {
            sv: config.mail.phone.clone(),
            en: config.mail.phone.clone(),
        },
        |phone| Phone {
            sv: phone.national(),
            en: phone.international(),
        },
    );
    let page = ReceiptPage {
        language,
        site: Site {
            service_name: config.mail.service_name.clone(),
            municipality: config.mail.municipality.clone(),
            help_phone,
            accessibility_url: None,
        },
        language_switch: None,
        receipt,
    };
    let html = page
        .render()
        .map_err(|error| Problem::internal(error.to_string()))?;
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        style_sha256_base64()
    );
    Ok(HttpResponse::Ok()
        .insert_header(("content-security-policy", policy))
        .insert_header(("vary", "accept"))
        .content_type("text/html; charset=utf-8")
        .body(html))
}
