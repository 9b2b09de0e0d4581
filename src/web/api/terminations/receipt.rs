//! The receipt of a completed case, for programs and for people.

use crate::config::Config;
use crate::domain::ids::TerminationId;
use crate::domain::language::Language;
use crate::domain::text::PhoneNumber;
use crate::domain::wipe::WipeLevel;
use crate::mail::receipt::{Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use crate::mail::words::{DeviceOutcome, Fact, FactLevel, NumberDecision};
use crate::mail::{Phone, pdf};
use crate::services::receipts;
use crate::web::auth::Caller;
use crate::web::extract::{PathId, Query};
use crate::web::pages::{ReceiptPage, Site, style_sha256_base64};
use crate::web::problem::{Problem, ProblemType};
use actix_web::http::header::{self, Header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The same in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextsOut {
    /// In Swedish.
    #[schema(max_length = 500)]
    sv: String,
    /// In English.
    #[schema(max_length = 500)]
    en: String,
}

impl TextsOut {
    fn of(text: impl Fn(Language) -> &'static str) -> Self {
        Self {
            sv: text(Language::Sv).to_owned(),
            en: text(Language::En).to_owned(),
        }
    }
}

/// How well something is known, and from whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofOut {
    /// How well.
    level: FactLevel,
    /// The same in words that claim no more.
    text: TextsOut,
    /// The day it was established.
    on: Option<NaiveDate>,
    /// The name of who established it.
    #[schema(max_length = 200)]
    by: Option<String>,
}

/// A device on the receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptDeviceOut {
    /// The model.
    #[schema(max_length = 200)]
    model: String,
    /// The last four characters of the serial number.
    #[schema(max_length = 4)]
    serial_last4: String,
    /// What became of it.
    outcome: DeviceOutcome,
    /// That it came back.
    returned: ProofOut,
    /// That it is reset.
    reset: ProofOut,
    /// That it is wiped.
    wiped: ProofOut,
    /// The lowest level of wipe that was enough, by the policy that the case was opened under.
    required_wipe_level: WipeLevel,
}

/// A subscription on the receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptSubscriptionOut {
    /// Its number.
    #[schema(max_length = 40)]
    number: String,
    /// What was decided.
    decision: Option<NumberDecision>,
    /// When that was carried out.
    carried_out_on: Option<NaiveDate>,
    /// When the telephony directory was updated.
    directory_updated_on: Option<NaiveDate>,
}

/// What was proved, and by whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptOut {
    /// The case number.
    #[schema(max_length = 40)]
    case_number: String,
    /// `Kvittens` or `Kvittens med avvikelse`.
    title: TextsOut,
    /// Whether anything is not as it should be.
    has_deviation: bool,
    /// Who handed in.
    #[schema(max_length = 200)]
    holder_name: Option<String>,
    /// The unit of the holder.
    #[schema(max_length = 200)]
    unit: String,
    /// The legal entity that issues the receipt.
    #[schema(max_length = 200)]
    issuer: String,
    /// When the case was completed.
    issued_at: DateTime<Utc>,
    /// The code that authenticity is checked with.
    #[schema(max_length = 40)]
    verification_code: String,
    /// Where anybody can do that, without signing in.
    #[schema(max_length = 2000)]
    verify_url: Option<String>,
    /// The devices.
    #[schema(max_items = 1000)]
    devices: Vec<ReceiptDeviceOut>,
    /// The subscriptions.
    #[schema(max_items = 1000)]
    subscriptions: Vec<ReceiptSubscriptionOut>,
    /// Deviations in the words of those who recorded them.
    #[schema(max_items = 1000)]
    deviations: Vec<String>,
}

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

fn proof(proof: &Proof, fact: Fact) -> ProofOut {
    ProofOut {
        level: proof.level,
        text: TextsOut::of(|language| proof.level.text(fact, language)),
        on: proof.on,
        by: proof.by.clone(),
    }
}

impl From<&ReceiptDevice> for ReceiptDeviceOut {
    fn from(device: &ReceiptDevice) -> Self {
        Self {
            model: device.model.clone(),
            serial_last4: device.serial_last4.clone(),
            outcome: device.outcome,
            returned: proof(&device.returned, Fact::Returned),
            reset: proof(&device.reset, Fact::Reset),
            wiped: proof(&device.wiped, Fact::Wiped),
            required_wipe_level: device.required_wipe,
        }
    }
}

impl From<&ReceiptSubscription> for ReceiptSubscriptionOut {
    fn from(subscription: &ReceiptSubscription) -> Self {
        Self {
            number: subscription.number.en.clone(),
            decision: subscription.decision,
            carried_out_on: subscription.carried_out_on,
            directory_updated_on: subscription.directory_updated_on,
        }
    }
}

impl From<&Receipt> for ReceiptOut {
    fn from(receipt: &Receipt) -> Self {
        Self {
            case_number: receipt.case_number.clone(),
            title: TextsOut::of(|language| receipt.title(language)),
            has_deviation: receipt.has_deviation(),
            holder_name: receipt.holder_name.clone(),
            unit: receipt.unit.clone(),
            issuer: receipt.issuer.clone(),
            issued_at: receipt.issued_at,
            verification_code: receipt.verification_code.clone(),
            verify_url: receipt.verify_url.clone(),
            devices: receipt.devices.iter().map(Into::into).collect(),
            subscriptions: receipt.subscriptions.iter().map(Into::into).collect(),
            deviations: receipt.deviations.clone(),
        }
    }
}

/// Read the receipt of a completed termination
#[utoipa::path(
    get,
    path = "/v1/terminations/{id}/receipt",
    tag = "Terminations",
    operation_id = "terminations_receipt",
    params(("id" = uuid::Uuid, Path, description = "The case"), ReceiptParams),
    responses(
        (status = 200, description = "The receipt; as a page or a tagged PDF when `Accept` prefers `text/html` or `application/pdf`", content(
            (ReceiptOut = "application/json"),
            (String = "text/html"),
            (PdfFile = "application/pdf"),
        )),
        (status = 406, description = "Neither JSON nor HTML nor PDF is accepted", body = crate::web::problem::ProblemBody<'static>, content_type = "application/problem+json"),
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
        Format::Json => Ok(HttpResponse::Ok().json(ReceiptOut::from(&receipt))),
        Format::Page => page(&caller.app.config, receipt, language),
        Format::Pdf => document(receipt, language).await,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Page,
    Pdf,
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
            _ => None,
        });
    format.ok_or_else(|| Problem::new(ProblemType::NotAcceptable))
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
