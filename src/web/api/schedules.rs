//! `/v1/legal-entities/{id}/schedule` and `/timelines`: when a legal entity writes to people.

use crate::domain::ids::LegalEntityId;
use crate::domain::organisation::LegalEntity;
use crate::domain::schedule::{ClosedDay, QuietPeriod, Schedule};
use crate::domain::termination::TerminationKind;
use crate::domain::timeline::{MessageStep, Offset, RecipientRole, Timeline, TimelineRule};
use crate::services::legal_entities;
use crate::services::schedules::{self, Days, ScheduleVersion};
use crate::text_enum;
use crate::web::auth::Caller;
use crate::web::etag::{respond_with_etag, respond_with_record};
use crate::web::extract::{Body, IfMatch, IfNoneMatch, PathId};
use crate::web::problem::Problem;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A day on which nobody is at work, by local decision.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedDayBody {
    /// The day.
    date: NaiveDate,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
}

/// A time in which ordinary mail waits although people are at work.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietPeriodBody {
    /// The first day.
    from: NaiveDate,
    /// The last day, inclusive; at most three months after the first.
    to: NaiveDate,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
}

/// On which days a legal entity writes to people. What is left out is none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "sends_mail": true,
    "closed_days": [{"date": "2027-05-07", "label": "Klämdag efter Kristi himmelsfärdsdag"}],
    "quiet_periods": [{"from": "2027-07-05", "to": "2027-07-30", "label": "Sommaruppehåll"}]
})))]
pub struct ScheduleIn {
    /// Whether mails about its cases leave at all. What the service desk is to know at once leaves all the same.
    sends_mail: bool,
    /// Days that are no business days here, beside those of the law.
    #[serde(default)]
    #[schema(max_items = 400)]
    closed_days: Vec<ClosedDayBody>,
    /// Times in which ordinary mail waits.
    #[serde(default)]
    #[schema(max_items = 400)]
    quiet_periods: Vec<QuietPeriodBody>,
}

/// On which days a legal entity writes to people.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleOut {
    /// Whether mails about its cases leave at all.
    sends_mail: bool,
    /// Days that are no business days here, beside those of the law, by date.
    #[schema(max_items = 400)]
    closed_days: Vec<ClosedDayBody>,
    /// Times in which ordinary mail waits, by their first day.
    #[schema(max_items = 400)]
    quiet_periods: Vec<QuietPeriodBody>,
    /// The version of the legal entity.
    #[schema(minimum = 1)]
    version: i64,
}

text_enum! {
    /// What the distance of a mail from the day of return is counted in.
    pub enum OffsetUnit {
        /// Calendar days; a day that is no business day moves forward.
        Days = "days",
        /// Business days.
        BusinessDays = "business_days",
    }
}

/// One mail of a timeline.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineRuleBody {
    /// Which mail.
    step: MessageStep,
    /// Who is asked to act.
    to: RecipientRole,
    /// Who gets a copy.
    #[serde(default)]
    #[schema(max_items = 4)]
    copy_to: Vec<RecipientRole>,
    /// How far from the day of return, and for `hand_back` from the first day on which a holder is back from a leave;
    /// negative is before.
    #[schema(minimum = -365, maximum = 365)]
    offset: i64,
    /// In what that is counted.
    unit: OffsetUnit,
    /// How many business days after it is sent the mail asks for an answer; null for what is usual for this mail.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 60)]
    answer_within: Option<i64>,
}

/// A timeline: which mail goes to whom and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"rules": [
    {"step": "end_approaching", "to": "holder", "offset": -30, "unit": "days"},
    {"step": "confirm_return", "to": "receiver", "offset": -1, "unit": "business_days"},
    {"step": "reminder_1", "to": "receiver", "offset": 2, "unit": "business_days", "answer_within": 3}
]})))]
pub struct TimelineIn {
    /// The mails, each step and role once. One of them is `confirm_return`.
    #[schema(min_items = 1, max_items = 20)]
    rules: Vec<TimelineRuleBody>,
}

/// The timeline of a kind of case.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineOfKind {
    /// The kind of case.
    kind: TerminationKind,
    /// Whether it is the standard timeline, because the legal entity has none of its own.
    is_standard: bool,
    /// The mails.
    #[schema(max_items = 20)]
    rules: Vec<TimelineRuleBody>,
}

/// The timelines of a legal entity.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelinesOut {
    /// One for each kind of case.
    #[schema(max_items = 10)]
    items: Vec<TimelineOfKind>,
    /// The version of the legal entity.
    #[schema(minimum = 1)]
    version: i64,
}

/// What was in force since a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleVersionOut {
    /// Since when.
    since: DateTime<Utc>,
    /// The days.
    days: ScheduleOut,
    /// The timelines that the legal entity had of its own.
    #[schema(max_items = 10)]
    timelines: Vec<TimelineOfKind>,
}

/// What has been in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleVersionsOut {
    /// The newest first.
    #[schema(max_items = 200)]
    items: Vec<ScheduleVersionOut>,
}

impl From<ScheduleIn> for Days {
    fn from(body: ScheduleIn) -> Self {
        let closed = body.closed_days.into_iter().map(|day| ClosedDay {
            date: day.date,
            label: day.label,
        });
        let quiet = body.quiet_periods.into_iter().map(|period| QuietPeriod {
            from: period.from,
            to: period.to,
            label: period.label,
        });
        Self {
            sends_mail: body.sends_mail,
            closed_days: closed.collect(),
            quiet_periods: quiet.collect(),
        }
    }
}

impl ScheduleOut {
    fn of(schedule: &Schedule, version: i64) -> Self {
        let closed = schedule.closed_days.iter().map(|day| ClosedDayBody {
            date: day.date,
            label: day.label.clone(),
        });
        let quiet = schedule.quiet_periods.iter().map(|period| QuietPeriodBody {
            from: period.from,
            to: period.to,
            label: period.label.clone(),
        });
        Self {
            sends_mail: schedule.sends_mail,
            closed_days: closed.collect(),
            quiet_periods: quiet.collect(),
            version,
        }
    }
}

impl From<TimelineRuleBody> for TimelineRule {
    fn from(body: TimelineRuleBody) -> Self {
        Self {
            step: body.step,
            to: body.to,
            copy_to: body.copy_to,
            offset: match body.unit {
                OffsetUnit::Days => Offset::Days(body.offset),
                OffsetUnit::BusinessDays => Offset::BusinessDays(body.offset),
            },
            answer_within: body.answer_within,
        }
    }
}

impl From<&TimelineRule> for TimelineRuleBody {
    fn from(rule: &TimelineRule) -> Self {
        let (offset, unit) = match rule.offset {
            Offset::Days(days) => (days, OffsetUnit::Days),
            Offset::BusinessDays(days) => (days, OffsetUnit::BusinessDays),
        };
        Self {
            step: rule.step,
            to: rule.to,
            copy_to: rule.copy_to.clone(),
            offset,
            unit,
            answer_within: rule.answer_within,
        }
    }
}

impl TimelineOfKind {
    fn of(schedule: &Schedule, kind: TerminationKind) -> Self {
        let timeline = schedule.timeline(kind);
        Self {
            kind,
            is_standard: !schedule.timelines.contains_key(&kind),
            rules: timeline.rules.iter().map(TimelineRuleBody::from).collect(),
        }
    }
}

impl From<&LegalEntity> for TimelinesOut {
    fn from(entity: &LegalEntity) -> Self {
        let kinds = TerminationKind::ALL.iter();
        Self {
            items: kinds
                .map(|kind| TimelineOfKind::of(&entity.schedule, *kind))
                .collect(),
            version: entity.meta.version,
        }
    }
}

impl From<ScheduleVersion> for ScheduleVersionOut {
    fn from(found: ScheduleVersion) -> Self {
        let own = found.schedule.timelines.keys();
        Self {
            since: found.since,
            days: ScheduleOut::of(&found.schedule, found.version),
            timelines: own
                .map(|kind| TimelineOfKind::of(&found.schedule, *kind))
                .collect(),
        }
    }
}

/// Read on which days a legal entity writes to people
#[utoipa::path(
    get,
    path = "/v1/legal-entities/{id}/schedule",
    tag = "Organisation",
    operation_id = "schedules_get",
    params(("id" = uuid::Uuid, Path, description = "The legal entity"), IfNoneMatch),
    responses(
        (status = 200, description = "Its days", body = ScheduleOut, headers(
            ("ETag" = String, description = "The version of the legal entity"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn get(
    request: HttpRequest,
    caller: Caller,
    id: PathId<LegalEntityId>,
) -> Result<HttpResponse, Problem> {
    let entity = legal_entities::get(&caller, id.0).await?;
    let version = entity.meta.version;
    respond_with_etag(&request, version, &ScheduleOut::of(&entity.schedule, version))
}

/// Say on which days a legal entity writes to people
///
/// Counts for the cases under way as well: days of return move, and what is still to be mailed is planned anew.
#[utoipa::path(
    put,
    path = "/v1/legal-entities/{id}/schedule",
    tag = "Organisation",
    operation_id = "schedules_set",
    params(("id" = uuid::Uuid, Path, description = "The legal entity"), IfMatch),
    request_body = ScheduleIn,
    responses((status = 200, description = "As it is now", body = ScheduleOut, headers(
        ("ETag" = String, description = "The version of the legal entity"),
    )))
)]
pub async fn set(
    caller: Caller,
    id: PathId<LegalEntityId>,
    if_match: IfMatch,
    body: Body<ScheduleIn>,
) -> Result<HttpResponse, Problem> {
    let entity = schedules::set_days(&caller, id.0, if_match.0, body.value.into()).await?;
    let version = entity.meta.version;
    Ok(respond_with_record(
        version,
        &ScheduleOut::of(&entity.schedule, version),
    ))
}

/// List what schedules and timelines have been in force
///
/// Nothing before the first change: the law's calendar and the standard timelines counted.
#[utoipa::path(
    get,
    path = "/v1/legal-entities/{id}/schedule/versions",
    tag = "Organisation",
    operation_id = "schedules_list_versions",
    params(("id" = uuid::Uuid, Path, description = "The legal entity")),
    responses((status = 200, description = "The latest 200", body = ScheduleVersionsOut))
)]
pub async fn versions(caller: Caller, id: PathId<LegalEntityId>) -> Result<HttpResponse, Problem> {
    let items = schedules::versions(&caller, id.0).await?;
    Ok(HttpResponse::Ok().json(ScheduleVersionsOut {
        items: items.into_iter().map(ScheduleVersionOut::from).collect(),
    }))
}

/// Read which mail a legal entity sends to whom and when
#[utoipa::path(
    get,
    path = "/v1/legal-entities/{id}/timelines",
    tag = "Organisation",
    operation_id = "timelines_get",
    params(("id" = uuid::Uuid, Path, description = "The legal entity"), IfNoneMatch),
    responses(
        (status = 200, description = "Its timelines", body = TimelinesOut, headers(
            ("ETag" = String, description = "The version of the legal entity"),
        )),
        (status = 304, description = "The caller has this version already"),
    )
)]
pub async fn timelines(
    request: HttpRequest,
    caller: Caller,
    id: PathId<LegalEntityId>,
) -> Result<HttpResponse, Problem> {
    let entity = legal_entities::get(&caller, id.0).await?;
    respond_with_etag(&request, entity.meta.version, &TimelinesOut::from(&entity))
}

/// Give a kind of case a timeline of its own
///
/// Counts for the cases under way as well: what is still to be mailed is planned anew, and nobody gets again what they
/// have got.
#[utoipa::path(
    put,
    path = "/v1/legal-entities/{id}/timelines/{kind}",
    tag = "Organisation",
    operation_id = "timelines_set",
    params(
        ("id" = uuid::Uuid, Path, description = "The legal entity"),
        ("kind" = TerminationKind, Path, description = "The kind of case"),
        IfMatch,
    ),
    request_body = TimelineIn,
    responses((status = 200, description = "As they are now", body = TimelinesOut, headers(
        ("ETag" = String, description = "The version of the legal entity"),
    )))
)]
pub async fn set_timeline(
    caller: Caller,
    path: PathId<(LegalEntityId, TerminationKind)>,
    if_match: IfMatch,
    body: Body<TimelineIn>,
) -> Result<HttpResponse, Problem> {
    let (id, kind) = path.0;
    let rules = body.value.rules.into_iter().map(TimelineRule::from).collect();
    let change = (kind, Some(Timeline { rules }));
    let entity = schedules::set_timeline(&caller, id, if_match.0, change).await?;
    Ok(respond_with_record(
        entity.meta.version,
        &TimelinesOut::from(&entity),
    ))
}

/// Let the standard timeline count again
#[utoipa::path(
    delete,
    path = "/v1/legal-entities/{id}/timelines/{kind}",
    tag = "Organisation",
    operation_id = "timelines_reset",
    params(
        ("id" = uuid::Uuid, Path, description = "The legal entity"),
        ("kind" = TerminationKind, Path, description = "The kind of case"),
        IfMatch,
    ),
    responses((status = 200, description = "As they are now", body = TimelinesOut, headers(
        ("ETag" = String, description = "The version of the legal entity"),
    )))
)]
pub async fn reset_timeline(
    caller: Caller,
    path: PathId<(LegalEntityId, TerminationKind)>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let (id, kind) = path.0;
    let entity = schedules::set_timeline(&caller, id, if_match.0, (kind, None)).await?;
    Ok(respond_with_record(
        entity.meta.version,
        &TimelinesOut::from(&entity),
    ))
}
