//! A leave, and what becomes of devices meanwhile, as callers read it.

use super::ActOut;
use crate::domain::ids::EmploymentId;
use crate::domain::termination::{Absence, AbsenceChoice, AbsencePlan, Arrangement};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The leave that a case follows. Why somebody is away is not known.
#[derive(Debug, Serialize, ToSchema)]
pub struct AbsenceOut {
    /// Its first day.
    from: NaiveDate,
    /// The first day on which the holder is back; null while that is open.
    back_on: Option<NaiveDate>,
    /// Since when the holder is back; null while they are away.
    back_since: Option<DateTime<Utc>>,
    /// Whether the desk has told of it, and HR has not.
    is_by_desk: bool,
    /// Whether nothing is asked of anybody before the holder is back. Such a case is in no worklist of what is due.
    is_paused: bool,
}

/// What becomes of a device while its holder is away.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArrangementOut {
    /// The choice.
    choice: AbsenceChoice,
    /// For a loan: who borrows it.
    #[schema(value_type = Option<uuid::Uuid>)]
    employment_id: Option<EmploymentId>,
    /// For a loan: its last day.
    until: Option<NaiveDate>,
    /// Who said so, and when.
    by: ActOut,
    /// Who said that the holder has it again, and when; null while nobody has.
    handed_back: Option<ActOut>,
    /// Since when it is in stock or lent; null while it is not.
    let_go_at: Option<DateTime<Utc>>,
}

impl AbsenceOut {
    /// The leave as it is now.
    pub(super) const fn of(leave: Absence, is_paused: bool) -> Self {
        Self {
            from: leave.from,
            back_on: leave.back_on,
            back_since: leave.back_since,
            is_by_desk: leave.is_by_desk,
            is_paused,
        }
    }
}

impl From<&Arrangement> for ArrangementOut {
    fn from(arrangement: &Arrangement) -> Self {
        let (employment_id, until) = match arrangement.plan {
            AbsencePlan::Lend { employment, until } => (Some(employment), Some(until)),
            AbsencePlan::Keep | AbsencePlan::HandIn | AbsencePlan::Restock => (None, None),
        };
        Self {
            choice: arrangement.plan.choice(),
            employment_id,
            until,
            by: (&arrangement.act).into(),
            handed_back: arrangement.handed_back.as_ref().map(ActOut::from),
            let_go_at: arrangement.let_go_at,
        }
    }
}
