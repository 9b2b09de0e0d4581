//! The tasks of a case follow it: they come with it, move with its dates and go with it.

use super::{NewTask, closing, note_in, open_in, withdraw_about_in, withdraw_in, withdraw_one_in};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::ids::{ItemId, UnitId};
use crate::domain::task::{
    DiversionCause, Task, TaskFacts, TaskKind, TaskState, WantedTask, WithdrawReason, wanted_by,
    wanted_by_loss,
};
use crate::domain::termination::{CheckKind, CheckState, TerminationKind, TerminationRecord};
use crate::services::ServiceError;

/// Brings the tasks in line with a case that is new or has changed: opens what it asks for, moves what is due another
/// day, and withdraws what it no longer asks for. What has been done or declined is not asked for again.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn case_changed_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let wanted = wanted_by(&record.termination, local_date(tx.now()));
    let known = db::tasks::of_termination(tx, record.termination.id)?;
    let is_about = |task: &Task, want: &WantedTask| task.kind == want.kind && task.item_id == Some(want.item);
    for task in &known {
        let is_open = task.state == TaskState::Open && task.kind.follows_the_case();
        if is_open && !wanted.iter().any(|want| is_about(task, want)) {
            withdraw_one_in(tx, task.clone(), WithdrawReason::NotNeeded)?;
        }
    }
    for want in wanted {
        // A task that was withdrawn is asked for anew; one that was answered is not.
        let standing = known.iter().rfind(|task| {
            let is_standing = match task.state {
                TaskState::Open => true,
                TaskState::Withdrawn => false,
                TaskState::Done | TaskState::Declined => !task.kind.is_asked_anew(),
            };
            is_standing && is_about(task, &want)
        });
        match standing {
            Some(task) if task.state == TaskState::Open => move_in(tx, app, task, want)?,
            // Callers were told something that is true no more.
            Some(task) if task.state == TaskState::Done && task.facts != want.facts => {
                open_wanted_in(tx, app, record, want)?;
            }
            Some(_) => {}
            None => open_wanted_in(tx, app, record, want)?,
        }
    }
    Ok(())
}

fn open_wanted_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    want: WantedTask,
) -> Result<(), ServiceError> {
    let new = NewTask {
        day: want.day,
        facts: want.facts,
        ..NewTask::of_case(want.kind, record).about(want.item)
    };
    open_in(tx, app, new)?;
    Ok(())
}

fn move_in(tx: &mut Tx<'_>, app: &App, task: &Task, want: WantedTask) -> Result<(), ServiceError> {
    let soonest = app.calendar.roll_forward(local_date(tx.now()));
    let due_on = match want.day {
        Some(day) => app.calendar.roll_back(day).max(soonest),
        None => task.due_on,
    };
    // What is late stays late: that time passes is no reason to move it.
    let is_moved = due_on != task.due_on && !(task.due_on < soonest && due_on == soonest);
    if !is_moved && want.facts == task.facts {
        return Ok(());
    }
    let changed = Task {
        due_on: if is_moved { due_on } else { task.due_on },
        facts: want.facts,
        meta: task.meta.changed(tx.now()),
        ..task.clone()
    };
    db::tasks::update(tx, &changed)?;
    note_in(tx, "task.changed", &changed)
}

/// The leave is over, or was called off: what callers were told of it is told no more. A diversion that nobody has set
/// yet need only be seen to be none.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn leave_over_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let back_on = record.termination.absence.and_then(|absence| absence.back_on);
    let facts = TaskFacts::Diversion {
        cause: DiversionCause::Back,
        return_on: back_on,
    };
    let known = db::tasks::of_termination(tx, record.termination.id)?;
    for item in record.termination.items.iter().map(|item| item.id) {
        let standing = known.iter().rfind(|task| {
            let is_about = task.kind == TaskKind::Diversion && task.item_id == Some(item);
            is_about && task.state != TaskState::Withdrawn
        });
        let want = WantedTask {
            kind: TaskKind::Diversion,
            item,
            facts: facts.clone(),
            day: back_on,
        };
        match standing {
            Some(task) if task.state == TaskState::Open => move_in(tx, app, task, want)?,
            Some(task) if task.state == TaskState::Done && task.facts != facts => {
                open_wanted_in(tx, app, record, want)?;
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// Withdraws what a closed case no longer asks for.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn case_closed_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    reason: WithdrawReason,
) -> Result<(), ServiceError> {
    let id = record.termination.id;
    if reason == WithdrawReason::Cancelled {
        withdraw_in(tx, id, None, reason)?;
        return match record.termination.kind {
            TerminationKind::Absence => leave_over_in(tx, app, record),
            _ => Ok(()),
        };
    }
    for kind in TaskKind::ALL.iter().filter(|kind| kind.is_moot_when_completed()) {
        withdraw_in(tx, id, Some(*kind), reason)?;
    }
    Ok(())
}

/// Brings the tasks in line with what is lost: every subscription of the case is blocked at once, and the MDM locks or
/// wipes the device, unless a hold says that it stays as it is. A device that came back needs nothing of the MDM.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn losses_changed_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(), ServiceError> {
    let termination = &record.termination;
    let known = db::tasks::of_termination(tx, termination.id)?;
    let wanted = wanted_by_loss(termination);
    for task in &known {
        let is_wanted = wanted
            .iter()
            .any(|(kind, item, _)| task.kind == *kind && task.item_id == Some(*item));
        if task.kind == TaskKind::ClearMdm && task.state == TaskState::Open && !is_wanted {
            withdraw_one_in(tx, task.clone(), WithdrawReason::NotNeeded)?;
        }
    }
    for (kind, item, since) in wanted {
        // Asked for once for each loss, whatever came of it.
        let is_asked = known.iter().any(|task| {
            let is_about = task.kind == kind && task.item_id == Some(item);
            is_about && task.state != TaskState::Withdrawn && task.meta.created_at >= since
        });
        if !is_asked {
            open_in(tx, app, NewTask::of_case(kind, record).about(item))?;
        }
    }
    Ok(())
}

/// Closes the tasks of a check that was settled. Whoever settles the one settles the other.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn check_settled_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (item, kind): (ItemId, CheckKind),
) -> Result<(), ServiceError> {
    let Ok(check) = record.termination.item(item).and_then(|item| item.check(kind)) else {
        return Ok(());
    };
    let all = db::tasks::of_termination(tx, record.termination.id)?;
    let open = all.into_iter().filter(|task| {
        task.kind.check() == Some(kind) && task.item_id == Some(item) && task.state == TaskState::Open
    });
    for mut task in open {
        let action = match check.state {
            CheckState::Done => {
                task.finish(closing(tx), None)?;
                "task.done"
            }
            CheckState::NotApplicable | CheckState::Deviation => {
                let reason = check.reason.as_ref().map(|reason| reason.as_str().to_owned());
                task.decline(closing(tx), reason.unwrap_or_default())?;
                "task.declined"
            }
            CheckState::Open | CheckState::Declared => continue,
        };
        db::tasks::update(tx, &task)?;
        note_in(tx, action, &task)?;
    }
    if kind == CheckKind::Number && check.state.is_settled() {
        let overdue = (TaskKind::TransferOverdue, WithdrawReason::Settled);
        withdraw_about_in(tx, (record.termination.id, item), overdue)?;
    }
    Ok(())
}

/// The unit has become part of another: what is to be done about the one is to be done about the other. Says how many tasks
/// went over.
///
/// # Errors
/// Only what the database reports.
pub(in crate::services) fn unit_merged_in(
    tx: &mut Tx<'_>,
    (from, into): (UnitId, UnitId),
) -> Result<usize, ServiceError> {
    let open = db::tasks::open_of_unit(tx, from)?;
    for task in &open {
        let changed = Task {
            unit_id: into,
            meta: task.meta.changed(tx.now()),
            ..task.clone()
        };
        db::tasks::update(tx, &changed)?;
        note_in(tx, "task.changed", &changed)?;
    }
    Ok(open.len())
}
