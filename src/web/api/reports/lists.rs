//! The lists that go along with the handing in: to print, to open in a spreadsheet, or as JSON.

use super::answer::{self, CsvFile, Format, reports_out};
use crate::domain::calendar::local_date;
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::language::Language;
use crate::domain::report::{HandInRow, Period, ReceiptRow, ReportScope};
use crate::domain::termination::TerminationKind;
use crate::mail::Phone;
use crate::services::reports::{self, ListScope};
use crate::web::auth::Caller;
use crate::web::extract::{Query, preferred};
use crate::web::pages::lists::{HandInPage, ListFrame, ReceiptListPage};
use crate::web::pages::{Site, style_sha256_base64};
use crate::web::problem::{Fault, Problem, ProblemType};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use utoipa::IntoParams;

/// How far ahead the list of what is to be handed in looks if nothing is said, in days.
const AHEAD_DAYS: u64 = 30;
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const PAGE: &str = "text/html";

/// Which part of what is to be handed in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HandInParams {
    /// The first last day; today if nothing is said.
    from: Option<NaiveDate>,
    /// The last last day; 30 days after the first if nothing is said.
    to: Option<NaiveDate>,
    /// Only cases of this kind, such as `mandate_end`.
    #[param(inline)]
    kind: Option<TerminationKind>,
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of this unit and those below it.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only of the units that this person coordinates.
    #[param(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
    /// Only what this person takes back.
    #[param(value_type = Option<uuid::Uuid>)]
    receiver_id: Option<PersonId>,
    /// The language of the page; Swedish if nothing is said.
    language: Option<Language>,
}

/// Which receipts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReceiptListParams {
    /// The first day; today if nothing is said.
    from: Option<NaiveDate>,
    /// The last day; the first if nothing is said.
    to: Option<NaiveDate>,
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of this unit and those below it.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only of the units that this person coordinates.
    #[param(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
    /// Only what was received through a link of this person.
    #[param(value_type = Option<uuid::Uuid>)]
    receiver_id: Option<PersonId>,
    /// The language of the page and of the deviations; Swedish if nothing is said.
    language: Option<Language>,
}

reports_out! {
    /// What is to be handed in, by unit and holder.
    HandInListOut of HandInRow;
    /// What was received, by unit and holder.
    ReceiptListOut of ReceiptRow;
}

/// The days of a list: from the first one, or a day that stands for it, on.
fn period(
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    (today, days): (NaiveDate, u64),
) -> Result<Period, Problem> {
    let from = from.unwrap_or(today);
    let to = to.unwrap_or_else(|| from.checked_add_days(Days::new(days)).unwrap_or(from));
    Period::new(Some(from), to).ok_or_else(|| {
        Problem::new(ProblemType::ValidationFailed).error(Fault::parameter(
            "from",
            "after_the_end",
            "A period ends on its first day or later.",
        ))
    })
}

/// The form that the caller likes best; JSON for those who do not say.
fn wanted(request: &HttpRequest) -> Result<&'static str, Problem> {
    preferred(request, &[JSON, CSV, PAGE]).ok_or_else(|| Problem::new(ProblemType::NotAcceptable))
}

/// The list, or what to do about one that is too long.
fn short_enough<R>(report: Option<R>) -> Result<R, Problem> {
    report.ok_or_else(|| {
        Problem::new(ProblemType::ValidationFailed).error(Fault::parameter(
            "to",
            "too_many_rows",
            "The list is too long to be made at once. Ask for fewer or later days, one legal entity or one unit.",
        ))
    })
}

/// List what is to be handed in, to tick and sign
///
/// One list of everybody whose last day is in a period, such as the councillors whose mandates end on one day: what each
/// hands in, by unit. Whose end was withdrawn, such as by a new mandate, is not in it.
#[utoipa::path(
    get,
    path = "/v1/reports/hand-in-list",
    tag = "Reports",
    operation_id = "reports_hand_in_list",
    params(HandInParams),
    responses((status = 200, description = "The list; as a table or a page to print when `Accept` prefers `text/csv` or `text/html`", content(
        (HandInListOut = "application/json"),
        (CsvFile = "text/csv"),
        (String = "text/html"),
    )))
)]
pub async fn hand_in_list(
    request: HttpRequest,
    caller: Caller,
    query: Query<HandInParams>,
) -> Result<HttpResponse, Problem> {
    let (format, query) = (wanted(&request)?, query.0);
    let today = local_date(caller.app.clock.now());
    let period = period(query.from, query.to, (today, AHEAD_DAYS))?;
    let scope = ListScope {
        place: ReportScope {
            legal_entity_id: query.legal_entity_id,
            unit_id: query.unit_id,
            coordinator_id: query.coordinator_id,
        },
        receiver_id: query.receiver_id,
    };
    let report = short_enough(reports::hand_in_list(&caller, scope, period, query.kind).await?)?;
    if format == PAGE {
        let frame = frame(&caller, query.language, (period, report.as_of));
        return page(
            HandInPage {
                frame,
                rows: report.rows,
            }
            .render(),
        );
    }
    written(format).answer("hand-in-list", &HandInListOut::from(report))
}

/// List what was received, as one receipt of a day
///
/// Who handed in what and when, who received it, and what is not as it should be, before and after the cases are complete.
#[utoipa::path(
    get,
    path = "/v1/reports/receipt-list",
    tag = "Reports",
    operation_id = "reports_receipt_list",
    params(ReceiptListParams),
    responses((status = 200, description = "The list; as a table or a page to print when `Accept` prefers `text/csv` or `text/html`", content(
        (ReceiptListOut = "application/json"),
        (CsvFile = "text/csv"),
        (String = "text/html"),
    )))
)]
pub async fn receipt_list(
    request: HttpRequest,
    caller: Caller,
    query: Query<ReceiptListParams>,
) -> Result<HttpResponse, Problem> {
    let (format, query) = (wanted(&request)?, query.0);
    let today = local_date(caller.app.clock.now());
    let period = period(query.from, query.to, (today, 0))?;
    let scope = ListScope {
        place: ReportScope {
            legal_entity_id: query.legal_entity_id,
            unit_id: query.unit_id,
            coordinator_id: query.coordinator_id,
        },
        receiver_id: query.receiver_id,
    };
    let language = query.language.unwrap_or_default();
    let report = short_enough(reports::receipt_list(&caller, scope, period, language).await?)?;
    if format == PAGE {
        let frame = frame(&caller, query.language, (period, report.as_of));
        return page(
            ReceiptListPage {
                frame,
                rows: report.rows,
            }
            .render(),
        );
    }
    written(format).answer("receipt-list", &ReceiptListOut::from(report))
}

fn written(format: &str) -> Format {
    if format == CSV { Format::Csv } else { Format::Json }
}

fn frame(
    caller: &Caller,
    language: Option<Language>,
    (period, as_of): (Period, chrono::DateTime<chrono::Utc>),
) -> ListFrame {
    let mail = &caller.app.config.mail;
    ListFrame {
        language: language.unwrap_or_default(),
        site: Site {
            service_name: mail.service_name.clone(),
            municipality: mail.municipality.clone(),
            help_phone: Phone::as_configured(&mail.phone),
            accessibility_url: None,
        },
        period,
        as_of,
    }
}

fn page(html: Result<String, askama::Error>) -> Result<HttpResponse, Problem> {
    let html = html.map_err(|error| Problem::internal(error.to_string()))?;
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        style_sha256_base64()
    );
    Ok(HttpResponse::Ok()
        .insert_header(("content-security-policy", policy))
        .insert_header(("vary", "accept"))
        .insert_header(("cache-control", "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html))
}
