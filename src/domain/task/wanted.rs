//! Which tasks a case asks of the desk.

use super::{DiversionCause, TaskFacts, TaskKind};
use crate::domain::ids::ItemId;
use crate::domain::termination::{CheckKind, Item, ItemKind, NumberTerms, Termination, TerminationKind};
use chrono::{DateTime, NaiveDate, Utc};

/// A task that a case asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedTask {
    /// What is to be done.
    pub kind: TaskKind,
    /// About which item.
    pub item: ItemId,
    /// What the kind knows besides.
    pub facts: TaskFacts,
    /// By when, before it is made a business day; none for what is to be done at once.
    pub day: Option<NaiveDate>,
}

/// What a case that is under way asks for today, for each of its subscriptions: an entry in the directory, what was
/// decided about the number, a diversion, and a block where somebody was sent home.
pub fn wanted_by(termination: &Termination, today: NaiveDate) -> Vec<WantedTask> {
    if !termination.is_active() {
        return Vec::new();
    }
    let return_by = Some(termination.return_by);
    let mut wanted = Vec::new();
    for item in termination
        .items
        .iter()
        .filter(|item| item.kind == ItemKind::Subscription)
    {
        let is_entered = item
            .check(CheckKind::Directory)
            .is_ok_and(|check| check.state.is_settled());
        let task = |kind, facts, day| WantedTask {
            kind,
            item: item.id,
            facts,
            day,
        };
        if !is_entered {
            wanted.push(task(TaskKind::Directory, TaskFacts::None, return_by));
        }
        wanted.extend(number_work(termination, item, today));
        if let Some((facts, day)) = diversion(termination) {
            wanted.push(task(TaskKind::Diversion, facts, day));
        }
        if termination.kind == TerminationKind::Immediate {
            wanted.push(task(TaskKind::BlockSubscription, TaskFacts::None, None));
        }
    }
    wanted
}

/// What is to be done about the number, until that is settled. That time runs out terminates nothing: it is asked what is
/// to happen instead.
fn number_work(termination: &Termination, item: &Item, today: NaiveDate) -> Vec<WantedTask> {
    let is_open = item
        .check(CheckKind::Number)
        .is_ok_and(|check| !check.state.is_settled());
    let Some(ruling) = item.number.as_ref().filter(|_| is_open) else {
        return Vec::new();
    };
    let (terms, release_by) = (ruling.terms, termination.release_by(item));
    let task = |kind, day| WantedTask {
        kind,
        item: item.id,
        facts: TaskFacts::Number { terms, release_by },
        day,
    };
    let return_by = termination.return_by;
    match terms {
        NumberTerms::Terminate { last_day } => {
            let day = last_day.unwrap_or(return_by);
            vec![task(TaskKind::TerminateSubscription, Some(day))]
        }
        NumberTerms::Move { .. } => vec![task(TaskKind::MoveNumber, Some(return_by))],
        NumberTerms::TransferToPrivate => {
            let is_late = release_by.is_some_and(|day| day < today);
            let late = is_late.then(|| task(TaskKind::TransferOverdue, None));
            let transfer = task(TaskKind::NumberTransfer, release_by);
            std::iter::once(transfer).chain(late).collect()
        }
        NumberTerms::Reuse => Vec::new(),
    }
}

/// What the devices that are lost or stolen ask for: each task with the item that it is about, and since when the device
/// is reported as gone. The MDM lets alone what a hold preserves.
pub fn wanted_by_loss(termination: &Termination) -> Vec<(TaskKind, ItemId, DateTime<Utc>)> {
    let gone = termination.items.iter().filter(|item| item.is_missing());
    let gone: Vec<_> = gone
        .filter_map(|item| item.loss.as_ref().map(|loss| (item.id, loss.reported_at)))
        .collect();
    let Some(first) = gone.iter().map(|(_, since)| *since).min() else {
        return Vec::new();
    };
    let subscriptions = termination
        .items
        .iter()
        .filter(|item| item.kind == ItemKind::Subscription);
    let blocks = subscriptions.map(|item| (TaskKind::BlockSubscription, item.id, first));
    let devices = gone.iter().filter(|_| !termination.is_held());
    let clears = devices.map(|(item, since)| (TaskKind::ClearMdm, *item, *since));
    blocks.chain(clears).collect()
}

/// How a case wants its numbers diverted, and by when; after a leave, no longer.
pub fn diversion(termination: &Termination) -> Option<(TaskFacts, Option<NaiveDate>)> {
    let away = termination.is_holder_away();
    let back_on = termination.absence.and_then(|absence| absence.back_on);
    let (cause, day) = match diversion_cause(termination.kind)? {
        DiversionCause::Leave if !away => (DiversionCause::Back, back_on),
        cause => (cause, Some(termination.return_by)),
    };
    let return_on = match cause {
        DiversionCause::Leave | DiversionCause::Back => back_on,
        DiversionCause::Ended | DiversionCause::Neutral => None,
    };
    Some((TaskFacts::Diversion { cause, return_on }, day))
}

/// What callers are told. The number of somebody who moves inside the group goes with them or is settled there.
const fn diversion_cause(kind: TerminationKind) -> Option<DiversionCause> {
    match kind {
        TerminationKind::Ordinary | TerminationKind::Immediate | TerminationKind::MandateEnd => {
            Some(DiversionCause::Ended)
        }
        TerminationKind::Deceased => Some(DiversionCause::Neutral),
        TerminationKind::Absence => Some(DiversionCause::Leave),
        TerminationKind::Transfer => None,
    }
}

impl TaskKind {
    /// Whether a case asks for it by itself (see [`wanted_by`]), and may stop asking. What somebody reported as lost is
    /// blocked although the kind of case does not ask for it, so a block is not taken back.
    pub const fn follows_the_case(self) -> bool {
        match self {
            Self::Directory | Self::Diversion | Self::TransferOverdue => true,
            _ => self.is_asked_anew(),
        }
    }

    /// Whether a case asks for it again although it was done: the number was decided about anew since.
    pub const fn is_asked_anew(self) -> bool {
        matches!(self.check(), Some(CheckKind::Number))
    }
}
