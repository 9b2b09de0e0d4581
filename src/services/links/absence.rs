//! What a link asks about a leave: what becomes of each device meanwhile, who borrows one, and that its holder has it again.

use crate::db::{self, DbConnection};
use crate::domain::ids::EmploymentId;
use crate::domain::termination::{Blocker, CheckState, Item, TerminationKind};
use crate::mail::words::Check;
use crate::services::ServiceError;
use crate::services::case::Case;
use crate::services::messages::recipients::is_away;
use chrono::NaiveDate;

/// How many people are offered as borrowers. Somebody else is named to the desk.
const MAX_BORROWERS: usize = 100;

/// The leave that is asked about.
#[derive(Clone)]
pub struct AskedAbsence {
    /// Its first day.
    pub from: NaiveDate,
    /// The first day on which the holder is back, if that is known.
    pub back_on: Option<NaiveDate>,
    /// The day on which is asked.
    pub today: NaiveDate,
    /// Who may borrow a device: those who work in the unit of the holder, by name.
    pub borrowers: Vec<(EmploymentId, String)>,
}

/// The leave of the case, if it is about one.
pub(super) fn asked_in(
    connection: &mut DbConnection,
    case: &Case,
    today: NaiveDate,
) -> Result<Option<AskedAbsence>, ServiceError> {
    let termination = &case.record.termination;
    let is_leave = termination.kind == TerminationKind::Absence;
    let Some(absence) = termination.absence.filter(|_| is_leave) else {
        return Ok(None);
    };
    Ok(Some(AskedAbsence {
        from: absence.from,
        back_on: absence.back_on,
        today,
        borrowers: if case.lacks_arrangement() {
            borrowers(connection, case, today)?
        } else {
            Vec::new()
        },
    }))
}

/// Who works in the unit of the holder today. Nobody is named whose identity is protected.
fn borrowers(
    connection: &mut DbConnection,
    case: &Case,
    today: NaiveDate,
) -> Result<Vec<(EmploymentId, String)>, ServiceError> {
    let mut found = Vec::new();
    for employment in db::employments::of_unit(connection, case.employment.unit_id, MAX_BORROWERS)? {
        let is_holder = employment.person_id == case.record.person_id;
        let is_foreign = employment.legal_entity_id != case.record.legal_entity_id;
        if is_holder || is_foreign || is_away(std::slice::from_ref(&employment), today) {
            continue;
        }
        let person = db::people::find(connection, employment.person_id)?;
        let name = person.as_ref().and_then(|person| person.open_name());
        found.extend(name.map(|name| (employment.id, name.as_str().to_owned())));
    }
    found.sort_by(|one, other| (&one.1, one.0).cmp(&(&other.1, other.0)));
    Ok(found)
}

/// The questions about a device: those of its open checks, what becomes of it while nobody has said so, and whether its
/// holder has it again once it was put away.
pub(super) fn questions(case: &Case, item: &Item, mut open: Vec<Check>) -> Vec<Check> {
    let blockers = case.record.termination.blockers();
    if blockers.contains(&Blocker::ArrangementMissing { item: item.id }) {
        open.push(Check::Arrangement);
    }
    if blockers.contains(&Blocker::NotHandedBack { item: item.id }) {
        open.push(Check::HandedBack);
    }
    open
}

/// What is answered about a device. What a leave makes moot is no answer.
pub(super) fn answered(item: &Item, done: Vec<Check>) -> Vec<Check> {
    if item.arrangement.is_none() {
        return done;
    }
    let settled = item.checks.iter();
    let is_said = |check: &Check| {
        let found = settled
            .clone()
            .find(|found| crate::services::case::word(found.kind) == *check);
        found.is_some_and(|found| found.state != CheckState::NotApplicable)
    };
    done.into_iter().filter(is_said).collect()
}

/// What is left to do about a device, where that is not told by its checks.
pub(super) fn left(case: &Case, item: &Item) -> Option<Vec<Check>> {
    let blockers = case.record.termination.blockers();
    if blockers.contains(&Blocker::ArrangementMissing { item: item.id }) {
        return Some(vec![Check::Arrangement]);
    }
    blockers
        .contains(&Blocker::NotHandedBack { item: item.id })
        .then(|| vec![Check::HandedBack])
}

/// Whether the case waits for the holder alone, and until when.
pub(super) fn rests(case: &Case) -> Option<Option<NaiveDate>> {
    let termination = &case.record.termination;
    let back_on = termination.absence.and_then(|absence| absence.back_on);
    termination.is_paused().then_some(back_on)
}
