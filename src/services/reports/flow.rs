//! How the work flows: how long it takes, what is late, what is used again.

use super::{by_unit, tree};
use crate::db;
use crate::domain::calendar::local_date;
use crate::domain::policy::Action;
use crate::domain::report::{
    AgeGroup, LeadTimeRow, OverdueRow, Period, Report, ReportScope, ReuseRow, nearest_rank, percent,
};
use crate::services::{Ctx, ServiceError};
use chrono::NaiveDate;

/// Whole days from one day to another; none if the other is earlier.
fn days_between(from: NaiveDate, to: NaiveDate) -> u64 {
    u64::try_from((to - from).num_days()).unwrap_or(0)
}

/// How long it took from the last day of work to the completion of the case, for the cases completed in the period.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn lead_times(
    ctx: &Ctx,
    scope: ReportScope,
    period: Period,
) -> Result<Report<LeadTimeRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    ctx.read(Action::ReadReport, move |connection| {
        let tree = tree(connection)?;
        let completed = db::reports::completed(connection, period.bounds())?;
        let facts = completed
            .into_iter()
            .map(|(unit, return_by, at)| (unit, days_between(return_by, local_date(at))));
        let gathered = by_unit(&tree, &scope, facts, |all: &mut Vec<u64>, days| all.push(*days));
        let (rows, total) = gathered.finish(|unit_id, unit, mut days| {
            days.sort_unstable();
            LeadTimeRow {
                unit_id,
                unit,
                number: days.len() as u64,
                median_days: nearest_rank(&days, 50),
                p90_days: nearest_rank(&days, 90),
            }
        });
        Ok(Report {
            as_of,
            period: Some(period),
            counted: "Calendar days from the day on which the devices were due back (the last day of work, or the \
                      business day before it) to the day of completion; 0 for what was completed earlier. Cases \
                      completed in the period, but for leaves, with which nothing ends. Percentiles by nearest rank.",
            rows,
            total,
        })
    })
    .await
}

#[derive(Default)]
struct Ages {
    groups: [u64; 4],
    oldest: Option<u64>,
}

/// The cases under way whose devices should be back, by how late they are.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn overdue(ctx: &Ctx, scope: ReportScope) -> Result<Report<OverdueRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    let today = local_date(as_of);
    ctx.read(Action::ReadReport, move |connection| {
        let tree = tree(connection)?;
        let facts = db::reports::overdue(connection, today)?
            .into_iter()
            .map(|(unit, return_by, number)| (unit, (days_between(return_by, today), number)));
        let gathered = by_unit(&tree, &scope, facts, |ages: &mut Ages, (days, number)| {
            let [week, month, quarter, longer] = &mut ages.groups;
            *match AgeGroup::of(*days) {
                AgeGroup::Week => week,
                AgeGroup::Month => month,
                AgeGroup::Quarter => quarter,
                AgeGroup::Longer => longer,
            } += number;
            ages.oldest = ages.oldest.max(Some(*days));
        });
        let (rows, total) = gathered.finish(|unit_id, unit, ages| {
            let [week, month, quarter, longer] = ages.groups;
            OverdueRow {
                unit_id,
                unit,
                number: ages.groups.iter().sum(),
                days_1_to_7: week,
                days_8_to_30: month,
                days_31_to_90: quarter,
                days_over_90: longer,
                oldest_days: ages.oldest,
            }
        });
        Ok(Report {
            as_of,
            period: None,
            counted: "Calendar days from the day on which the devices were due back to today. Cases under way, but for \
                      those about a leave in which nothing is to be done before the holder is back.",
            rows,
            total,
        })
    })
    .await
}

/// How many of the devices that came back in the period have been handed out again.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn reuse(ctx: &Ctx, scope: ReportScope, period: Period) -> Result<Report<ReuseRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    ctx.read(Action::ReadReport, move |connection| {
        let tree = tree(connection)?;
        let facts = db::reports::returned(connection, period.bounds())?
            .into_iter()
            .map(|(unit, is_reused, number)| (unit, (is_reused, number)));
        let gathered = by_unit(&tree, &scope, facts, |(returned, reused), (is_reused, number)| {
            *returned += number;
            *reused += if *is_reused { *number } else { 0 };
        });
        let (rows, total) = gathered.finish(|unit_id, unit, (returned, reused)| ReuseRow {
            unit_id,
            unit,
            returned,
            reused,
            share_percent: percent(reused, returned),
        });
        Ok(Report {
            as_of,
            period: Some(period),
            counted: "Devices that came back in the period, at the completion of a case or in the course of an \
                      employment, by the unit of who had them; one that came back twice counts twice. Handed out \
                      again: to anybody, by now.",
            rows,
            total,
        })
    })
    .await
}
