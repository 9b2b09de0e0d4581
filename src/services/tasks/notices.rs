//! Change notices (ändringsanmälningar): what coordinators and managers tell the desk.

use super::{NewTask, open_in};
use crate::db::{self, Tx};
use crate::domain::ids::{PersonId, UnitId};
use crate::domain::policy::Action;
use crate::domain::task::{
    NoticeKind, OrganisationChange, PHONE_HOURS_MAX_CHARS, StaffChange, TASK_TEXT_MAX_CHARS, Task, TaskFacts,
};
use crate::domain::text::clean_text;
use crate::services::{Ctx, Recorded, Recorder, ServiceError, Violations, references};
use chrono::NaiveDate;

/// What each kind of notice says. Exactly the one of the kind may be there, and must be, but for other changes.
#[derive(Clone, Default)]
pub struct NoticeFacts {
    /// The change, from which day, and for a leave until which day, the day of the return.
    pub staff: Option<(StaffChange, NaiveDate, Option<NaiveDate>)>,
    /// The change, and from which day.
    pub organisation: Option<(OrganisationChange, NaiveDate)>,
    /// The new hours, and from which day.
    pub phone_hours: Option<(String, NaiveDate)>,
}

/// What a change notice is made of.
#[derive(Clone)]
pub struct NewNotice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The unit.
    pub unit_id: UnitId,
    /// The person, if we know them.
    pub person_id: Option<PersonId>,
    /// What the kind says.
    pub facts: NoticeFacts,
    /// The sender's own words.
    pub text: Option<String>,
}

/// Takes a change notice; the number of the task is the sender's receipt.
///
/// # Errors
/// [`ServiceError::Invalid`] for members that the kind does not have or lacks, texts that break rules and references
/// that do not exist; as [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<Task>,
    new: NewNotice,
) -> Result<Recorded<Task>, ServiceError> {
    let app = ctx.app.clone();
    ctx.write_once(Action::ReportChange, recorder, move |tx| {
        let task = checked_in(tx, &new)?;
        open_in(tx, &app, task)
    })
    .await
}

fn checked_in(tx: &mut Tx<'_>, new: &NewNotice) -> Result<NewTask, ServiceError> {
    let mut violations = Violations::default();
    let facts = checked_facts(new, &mut violations);
    let text = violations.take_optional("/text", new.text.clone(), |text| {
        clean_text(text, TASK_TEXT_MAX_CHARS)
    });
    if new.kind == NoticeKind::Other && new.text.is_none() {
        violations.add("/text", "text_missing", "Say in a few words what changes.");
    }
    let unit = db::units::find(tx, new.unit_id)?;
    match &unit {
        Some(unit) => references::not_merged(unit, "/unit_id", &mut violations),
        None => violations.add("/unit_id", "unknown_unit", "There is no unit with this id."),
    }
    if let Some(id) = new.person_id {
        references::person(tx, id, "/person_id", &mut violations)?;
    }
    violations.finish_with(facts.zip(unit).map(|(facts, unit)| NewTask {
        kind: new.kind.into(),
        legal_entity_id: unit.legal_entity_id,
        unit_id: unit.id,
        termination: None,
        item: None,
        person: new.person_id,
        subject: String::new(),
        owner: None,
        day: None,
        facts,
        text,
    }))
}

fn checked_facts(new: &NewNotice, violations: &mut Violations) -> Option<TaskFacts> {
    let given = &new.facts;
    for (kind, pointer, is_given) in [
        (NoticeKind::Staff, "/staff", given.staff.is_some()),
        (
            NoticeKind::Organisation,
            "/organisation",
            given.organisation.is_some(),
        ),
        (
            NoticeKind::PhoneHours,
            "/phone_hours",
            given.phone_hours.is_some(),
        ),
    ] {
        if is_given && kind != new.kind {
            violations.add(
                pointer,
                "other_kind",
                "A notice of this kind does not have this member.",
            );
        } else if !is_given && kind == new.kind {
            violations.add(pointer, "missing", "A notice of this kind needs this member.");
        }
    }
    match new.kind {
        NoticeKind::Staff => given.staff.map(|(change, effective_on, return_on)| {
            check_return((change, effective_on, return_on), violations);
            TaskFacts::Staff {
                change,
                effective_on,
                return_on,
            }
        }),
        NoticeKind::Organisation => given
            .organisation
            .map(|(change, effective_on)| TaskFacts::Organisation { change, effective_on }),
        NoticeKind::PhoneHours => given.phone_hours.as_ref().and_then(|(hours, effective_on)| {
            let hours = clean_text(hours, PHONE_HOURS_MAX_CHARS);
            let hours = violations.take("/phone_hours/hours", hours)?;
            let effective_on = *effective_on;
            Some(TaskFacts::PhoneHours { hours, effective_on })
        }),
        NoticeKind::Other => Some(TaskFacts::None),
    }
}

fn check_return(
    (change, effective_on, return_on): (StaffChange, NaiveDate, Option<NaiveDate>),
    violations: &mut Violations,
) {
    let Some(return_on) = return_on else { return };
    if change != StaffChange::Leave {
        let detail = "Only whoever is on leave has a day of return.";
        violations.add("/staff/return_on", "other_kind", detail);
    } else if return_on <= effective_on {
        let detail = "The day of return comes after the first day of the leave.";
        violations.add("/staff/return_on", "dates_order", detail);
    }
}
