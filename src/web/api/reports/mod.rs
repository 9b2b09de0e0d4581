//! `/v1/reports`: numbers about the work, and no names of people; and the lists that go along with the handing in, which
//! name those who hand in.

mod answer;
mod lists;

pub use lists::*;

use crate::domain::calendar::local_date;
use crate::domain::ids::{LegalEntityId, PersonId, UnitId};
use crate::domain::report::{
    DeviceRow, LeadTimeRow, NotReturnedRow, OverdueRow, Period, ReportScope, ReuseRow, RulesRow,
    SignedOutRow, SubscriptionRow,
};
use crate::services::reports;
use crate::web::auth::Caller;
use crate::web::extract::Query;
use crate::web::problem::{Fault, Problem, ProblemType};
use actix_web::{HttpRequest, HttpResponse};
use answer::{CsvFile, Format, reports_out};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which part of the organisation.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of this unit and those below it.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only of the units that this person coordinates.
    #[param(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
}

impl ReportParams {
    const fn scope(&self) -> ReportScope {
        ReportScope {
            legal_entity_id: self.legal_entity_id,
            unit_id: self.unit_id,
            coordinator_id: self.coordinator_id,
        }
    }
}

/// Which part of the organisation, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodParams {
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of this unit and those below it.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only of the units that this person coordinates.
    #[param(value_type = Option<uuid::Uuid>)]
    coordinator_id: Option<PersonId>,
    /// The first day of the period; without it, the period is the year up to its last day.
    from: Option<NaiveDate>,
    /// The last day of the period; today if nothing is said.
    to: Option<NaiveDate>,
}

impl PeriodParams {
    const fn scope(&self) -> ReportScope {
        ReportScope {
            legal_entity_id: self.legal_entity_id,
            unit_id: self.unit_id,
            coordinator_id: self.coordinator_id,
        }
    }

    fn period(&self, today: NaiveDate) -> Result<Period, Problem> {
        Period::new(self.from, self.to.unwrap_or(today)).ok_or_else(|| {
            // Each day alone is well formed, so this is a broken rule, as two such days in a body would be.
            Problem::new(ProblemType::ValidationFailed).error(Fault::parameter(
                "from",
                "after_the_end",
                "A period ends on its first day or later.",
            ))
        })
    }
}

/// Which legal entity.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RulesParams {
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
}

reports_out! {
    /// How long cases took, by unit.
    LeadTimesOut of LeadTimeRow;
    /// How late cases are, by unit.
    OverdueOut of OverdueRow;
    /// What was used again, by unit.
    ReuseOut of ReuseRow;
    /// Which devices there are, by legal entity.
    DevicesReportOut of DeviceRow;
    /// Which subscriptions there are, by legal entity.
    SubscriptionsReportOut of SubscriptionRow;
    /// What is signed out, by legal entity and kind of employment.
    SignedOutOut of SignedOutRow;
    /// Which rules there are, by legal entity.
    RulesOut of RulesRow;
    /// What is not back, by unit.
    NotReturnedOut of NotReturnedRow;
}

/// Report how long it takes from the last day of work to the completion of the case
#[utoipa::path(
    get,
    path = "/v1/reports/lead-times",
    tag = "Reports",
    operation_id = "reports_lead_times",
    params(PeriodParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (LeadTimesOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn lead_times(
    request: HttpRequest,
    caller: Caller,
    query: Query<PeriodParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let period = query.0.period(local_date(caller.app.clock.now()))?;
    let report = reports::lead_times(&caller, query.0.scope(), period).await?;
    format.answer("lead-times", &LeadTimesOut::from(report))
}

/// Report how late the cases are whose devices should be back
#[utoipa::path(
    get,
    path = "/v1/reports/overdue",
    tag = "Reports",
    operation_id = "reports_overdue",
    params(ReportParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (OverdueOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn overdue(
    request: HttpRequest,
    caller: Caller,
    query: Query<ReportParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let report = reports::overdue(&caller, query.0.scope()).await?;
    format.answer("overdue", &OverdueOut::from(report))
}

/// Report how many of the devices that came back have been handed out again
#[utoipa::path(
    get,
    path = "/v1/reports/reuse",
    tag = "Reports",
    operation_id = "reports_reuse",
    params(PeriodParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (ReuseOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn reuse(
    request: HttpRequest,
    caller: Caller,
    query: Query<PeriodParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let period = query.0.period(local_date(caller.app.clock.now()))?;
    let report = reports::reuse(&caller, query.0.scope(), period).await?;
    format.answer("reuse", &ReuseOut::from(report))
}

/// Report which telephones and tablets there are
#[utoipa::path(
    get,
    path = "/v1/reports/devices",
    tag = "Reports",
    operation_id = "reports_devices",
    params(ReportParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (DevicesReportOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn devices(
    request: HttpRequest,
    caller: Caller,
    query: Query<ReportParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let report = reports::devices(&caller, query.0.scope()).await?;
    format.answer("devices", &DevicesReportOut::from(report))
}

/// Report which subscriptions there are
#[utoipa::path(
    get,
    path = "/v1/reports/subscriptions",
    tag = "Reports",
    operation_id = "reports_subscriptions",
    params(ReportParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (SubscriptionsReportOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn subscriptions(
    request: HttpRequest,
    caller: Caller,
    query: Query<ReportParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let report = reports::subscriptions(&caller, query.0.scope()).await?;
    format.answer("subscriptions", &SubscriptionsReportOut::from(report))
}

/// Report what is signed out, by kind of employment
#[utoipa::path(
    get,
    path = "/v1/reports/signed-out",
    tag = "Reports",
    operation_id = "reports_signed_out",
    params(ReportParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (SignedOutOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn signed_out(
    request: HttpRequest,
    caller: Caller,
    query: Query<ReportParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let report = reports::signed_out(&caller, query.0.scope()).await?;
    format.answer("signed-out", &SignedOutOut::from(report))
}

/// Report which rules for return and exchange there are
#[utoipa::path(
    get,
    path = "/v1/reports/rules",
    tag = "Reports",
    operation_id = "reports_rules",
    params(RulesParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (RulesOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn rules(
    request: HttpRequest,
    caller: Caller,
    query: Query<RulesParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let report = reports::rules(&caller, query.0.legal_entity_id).await?;
    format.answer("rules", &RulesOut::from(report))
}

/// Report what is with people who are no longer entitled to it
#[utoipa::path(
    get,
    path = "/v1/reports/not-returned",
    tag = "Reports",
    operation_id = "reports_not_returned",
    params(ReportParams),
    responses((status = 200, description = "The report; as a table when `Accept` prefers `text/csv`", content(
        (NotReturnedOut = "application/json"),
        (CsvFile = "text/csv"),
    )))
)]
pub async fn not_returned(
    request: HttpRequest,
    caller: Caller,
    query: Query<ReportParams>,
) -> Result<HttpResponse, Problem> {
    let format = Format::of(&request)?;
    let report = reports::not_returned(&caller, query.0.scope()).await?;
    format.answer("not-returned", &NotReturnedOut::from(report))
}
