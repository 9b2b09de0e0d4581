//! A long leave of absence. Nothing ends with it: whoever answers for the case says for each device whether its holder
//! keeps it, whether it is put away for them, or whether somebody else gets it.
//!
//! The case follows the leave. It completes by rule when the holder is back and has again what was put away. A choice
//! settles only the checks that it makes moot, as not applicable with its word as the reason, so that another choice, or
//! the end of the employment, opens exactly those again.
//!
//! A phone that its holder gets back is neither reset nor wiped, and its codes are nobody's business. One that somebody
//! else gets is returned, reset and wiped to the level of the policy first, as at the end of an employment.

use super::check::{Act, Reason, Settlement};
use super::event::Event;
use super::item::Item;
use super::words::{AbsenceChoice, ActorRole, CheckKind, CheckState, DeviceOutcome, ItemKind, ReopenCause};
use super::{Blocker, Termination, TerminationKind};
use crate::domain::error::DomainError;
use crate::domain::ids::{EmploymentId, ItemId, TerminationId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The leave that a case follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Its first day.
    pub from: NaiveDate,
    /// The first day on which the holder is back, if that is known.
    pub back_on: Option<NaiveDate>,
    /// Since when the holder is back.
    pub back_since: Option<DateTime<Utc>>,
    /// Whether the desk has told of it, and HR has not.
    pub is_by_desk: bool,
}

/// What becomes of a device while its holder is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case", deny_unknown_fields)]
pub enum AbsencePlan {
    /// The holder keeps it.
    Keep,
    /// It is handed in, and put away for the holder.
    HandIn,
    /// It is handed in for good: somebody else may have it.
    Restock,
    /// It is lent.
    Lend {
        /// To whom.
        employment: EmploymentId,
        /// Until this day, inclusive.
        until: NaiveDate,
    },
}

/// What was said about a device, and how far it is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// What becomes of it.
    pub plan: AbsencePlan,
    /// Who said so, and when.
    pub act: Act,
    /// Who said that the holder has it again, and when.
    pub handed_back: Option<Act>,
    /// Since when it is no longer the holder's.
    pub let_go_at: Option<DateTime<Utc>>,
}

impl AbsencePlan {
    /// The word of it.
    pub const fn choice(self) -> AbsenceChoice {
        match self {
            Self::Keep => AbsenceChoice::Keep,
            Self::HandIn => AbsenceChoice::HandIn,
            Self::Restock => AbsenceChoice::Restock,
            Self::Lend { .. } => AbsenceChoice::Lend,
        }
    }

    /// Whether somebody else gets the device.
    pub const fn is_for_others(self) -> bool {
        match self {
            Self::Restock | Self::Lend { .. } => true,
            Self::Keep | Self::HandIn => false,
        }
    }

    /// The checks that are no questions.
    const fn moot(self) -> &'static [CheckKind] {
        match self {
            Self::Keep => CheckKind::of(ItemKind::Device),
            Self::HandIn => &[
                CheckKind::RecordsSaved,
                CheckKind::Reset,
                CheckKind::Wiped,
                CheckKind::LocksCleared,
                CheckKind::Codes,
                CheckKind::Sim,
            ],
            Self::Restock | Self::Lend { .. } => &[],
        }
    }
}

impl Termination {
    /// Whether the holder is on leave, as far as this case knows.
    pub fn is_holder_away(&self) -> bool {
        let is_back = self.absence.is_some_and(|absence| absence.back_since.is_some());
        self.kind == TerminationKind::Absence && !is_back
    }

    /// Whether nothing is asked of anybody until the holder is back.
    pub fn is_paused(&self) -> bool {
        let waits = |blocker: &Blocker| {
            matches!(
                blocker,
                Blocker::HolderAway | Blocker::NotHandedBack { .. } | Blocker::Held
            )
        };
        self.is_active() && self.is_holder_away() && self.blockers().iter().all(waits)
    }

    /// Follows the leave. A holder who is back is away again if the leave goes on.
    ///
    /// # Errors
    /// `InvalidTransition` if the case is completed or cancelled, or is not about a leave.
    pub fn follow_leave(&mut self, leave: Absence, today: NaiveDate) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "follow_leave";
        self.require_active(COMMAND)?;
        self.require_absence(COMMAND)?;
        let before = self.absence;
        let is_over = leave.back_on.is_some_and(|day| day <= today);
        let back_since = before.and_then(|before| before.back_since).filter(|_| is_over);
        let after = Absence { back_since, ..leave };
        if before == Some(after) {
            return Ok(Vec::new());
        }
        self.absence = Some(after);
        Ok(vec![Event::LeaveMoved {
            termination: self.id,
            from: after.from,
            back_on: after.back_on,
        }])
    }

    /// Notes that the leave is over, if its last day has passed. On any other day nothing changes.
    ///
    /// # Errors
    /// `InvalidTransition` if the case is completed or cancelled.
    pub fn note_back(&mut self, today: NaiveDate, now: DateTime<Utc>) -> Result<Vec<Event>, DomainError> {
        self.require_active("note_back")?;
        let is_away = self.is_holder_away();
        let Some(absence) = self.absence.as_mut().filter(|_| is_away) else {
            return Ok(Vec::new());
        };
        if absence.back_on.is_none_or(|day| day > today) {
            return Ok(Vec::new());
        }
        absence.back_since = Some(now);
        Ok(vec![Event::HolderBack { termination: self.id }])
    }

    /// Says what becomes of a device while its holder is away.
    ///
    /// # Errors
    /// `NotAllowed`, `UnknownItem`, `UnknownCheck` for a subscription, `InvalidTransition` if the case is not active or
    /// not about a leave, the device is missing, or what was said before is carried out; `Conflict` if something else was
    /// said before and it is not the desk that corrects it, or somebody has decided what becomes of the device.
    pub fn arrange(&mut self, item: ItemId, plan: AbsencePlan, act: Act) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "arrange";
        act.require_answerable()?;
        let found = self.item(item)?;
        found.check(CheckKind::Returned)?;
        let known = found.arrangement.as_ref();
        if known.is_some_and(|known| known.plan == plan) {
            return Ok(Vec::new());
        }
        self.require_active(COMMAND)?;
        self.require_absence(COMMAND)?;
        found.require_here_to_arrange(COMMAND)?;
        if known.is_some() && !act.by.role.may_correct() {
            return Err(DomainError::Conflict);
        }

        let (termination, held, choice) = (self.id, self.is_held(), plan.choice());
        let found = self.item_mut(item)?;
        let before = found.arrangement.replace(Arrangement {
            plan,
            act: act.clone(),
            handed_back: None,
            let_go_at: None,
        });
        let mut events = vec![Event::Arranged {
            termination,
            item,
            choice,
        }];
        if let Some(before) = before {
            let because = Reason::from(before.plan.choice());
            let cause = ReopenCause::ArrangementChanged;
            events.extend(found.reopen_moot(termination, &because, (cause, &act)));
        }
        if plan == AbsencePlan::Keep {
            let cause = ReopenCause::ArrangementChanged;
            events.extend(found.went_back(termination, (cause, &act)));
        }
        events.extend(found.settle_arranged(termination));
        events.extend(found.apply_wipe_policy(termination, held, act.at));
        Ok(events)
    }

    /// Says that the holder has a device again that was put away.
    ///
    /// # Errors
    /// `NotAllowed`, `UnknownItem`, `UnknownCheck` for a subscription, `InvalidTransition` if the case is not active or
    /// not about a leave, or the device was not put away.
    pub fn hand_back(&mut self, item: ItemId, act: Act) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "hand_back";
        act.require_answerable()?;
        let found = self.item(item)?;
        found.check(CheckKind::Returned)?;
        let is_put_away = found.is_put_away();
        if found.is_handed_back() {
            return Ok(Vec::new());
        }
        self.require_active(COMMAND)?;
        self.require_absence(COMMAND)?;
        let termination = self.id;
        let found = self.item_mut(item)?;
        match found.arrangement.as_mut().filter(|_| is_put_away) {
            Some(arrangement) => arrangement.handed_back = Some(act),
            None => return Err(not_put_away(COMMAND)),
        }
        Ok(vec![Event::HandedBack { termination, item }])
    }

    /// Lets go of the devices that are for others and of which everything is settled: from now on they are in stock, or
    /// with whoever borrows them. There is no other way to that.
    pub fn let_go_if_ready(&mut self, now: DateTime<Utc>) -> Vec<Event> {
        if self.kind != TerminationKind::Absence || !self.is_active() || self.is_held() {
            return Vec::new();
        }
        let termination = self.id;
        let mut events = Vec::new();
        for item in self.items.iter_mut().filter(|item| item.may_be_let_go()) {
            let id = item.id;
            if let Some(arrangement) = item.arrangement.as_mut() {
                arrangement.let_go_at = Some(now);
                let choice = arrangement.plan.choice();
                events.push(Event::LetGo {
                    termination,
                    item: id,
                    choice,
                });
            }
        }
        events
    }

    /// What a change of the kind of case means for a leave. When the employment ends, everything that the leave made
    /// moot is asked, and nobody waits any more; what was settled stays settled.
    pub(super) fn leave_or_end(&mut self, from: TerminationKind, now: DateTime<Utc>) -> Vec<Event> {
        let (termination, held) = (self.id, self.is_held());
        let mut events = Vec::new();
        if self.kind == TerminationKind::Absence {
            for item in &mut self.items {
                events.extend(item.settle_for_leave(termination, now));
                events.extend(item.settle_arranged(termination));
            }
        } else if from == TerminationKind::Absence {
            self.absence = None;
            let act = Act::by_rule(ActorRole::System, now);
            for item in &mut self.items {
                events.extend(item.asked_after_all(termination, &act));
                events.extend(item.apply_wipe_policy(termination, held, now));
            }
        }
        events
    }

    /// What only a leave waits for, of one device.
    pub(super) fn blocker_of_leave(&self, item: &Item) -> Option<Blocker> {
        if self.kind != TerminationKind::Absence || item.kind != ItemKind::Device {
            return None;
        }
        let id = item.id;
        match item.plan() {
            None if item.is_missing() || item.disposal.is_some() => None,
            None => Some(Blocker::ArrangementMissing { item: id }),
            Some(_) if item.is_put_away() && !item.is_handed_back() => {
                Some(Blocker::NotHandedBack { item: id })
            }
            Some(_) => None,
        }
    }

    pub(super) fn require_absence(&self, command: &'static str) -> Result<(), DomainError> {
        if self.kind == TerminationKind::Absence {
            return Ok(());
        }
        Err(DomainError::InvalidTransition {
            entity: "termination",
            from: self.kind.as_str(),
            command,
        })
    }
}

const fn not_put_away(command: &'static str) -> DomainError {
    DomainError::InvalidTransition {
        entity: "device",
        from: "not_put_away",
        command,
    }
}

impl Item {
    /// What becomes of the device while its holder is away, if that was said.
    pub fn plan(&self) -> Option<AbsencePlan> {
        self.arrangement.as_ref().map(|arrangement| arrangement.plan)
    }

    /// Whether it is no longer the holder's although nothing ended.
    pub fn is_let_go(&self) -> bool {
        let arrangement = self.arrangement.as_ref();
        arrangement.is_some_and(|arrangement| arrangement.let_go_at.is_some())
    }

    /// Whether it is in the hands of the receiver, for the holder.
    pub fn is_put_away(&self) -> bool {
        self.plan() == Some(AbsencePlan::HandIn) && self.is(CheckKind::Returned, CheckState::Done)
    }

    /// Whether somebody has said that the holder has it again.
    pub fn is_handed_back(&self) -> bool {
        let arrangement = self.arrangement.as_ref();
        arrangement.is_some_and(|arrangement| arrangement.handed_back.is_some())
    }

    /// Whether it stays the holder's when a case about a leave completes.
    pub fn stays_with_holder(&self) -> bool {
        let is_gone = self.is_missing() || self.disposal.is_some();
        !is_gone && !self.plan().is_some_and(AbsencePlan::is_for_others)
    }

    /// The checks for which nothing but a yes will do before somebody else gets the device.
    pub(super) fn must_be_done_to_lend(&self) -> &'static [CheckKind] {
        match self.plan() {
            Some(AbsencePlan::Lend { .. }) => &[CheckKind::Returned, CheckKind::Wiped],
            Some(AbsencePlan::Keep | AbsencePlan::HandIn | AbsencePlan::Restock) | None => &[],
        }
    }

    /// Refuses to say what becomes of a device that is not there, or of which it is carried out.
    fn require_here_to_arrange(&self, command: &'static str) -> Result<(), DomainError> {
        let refused = |entity, from| {
            Err(DomainError::InvalidTransition {
                entity,
                from,
                command,
            })
        };
        if self.is_missing() {
            return refused("device", "missing");
        }
        if self.disposal.is_some() {
            return Err(DomainError::Conflict);
        }
        match &self.arrangement {
            Some(known) if known.let_go_at.is_some() => refused("arrangement", "let_go"),
            Some(known) if known.handed_back.is_some() => refused("arrangement", "handed_back"),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses what would change a device that somebody else has by now.
    pub(super) fn require_not_let_go(&self, command: &'static str) -> Result<(), DomainError> {
        if self.is_let_go() {
            return Err(DomainError::InvalidTransition {
                entity: "item",
                from: "let_go",
                command,
            });
        }
        Ok(())
    }

    fn may_be_let_go(&self) -> bool {
        let is_for_others = self.plan().is_some_and(AbsencePlan::is_for_others);
        let is_back = self.outcome == Some(DeviceOutcome::Returned) && self.disposal.is_none();
        let is_settled = self
            .checks
            .iter()
            .all(|check| !check.mandatory || check.state.is_settled());
        let is_free = !self.is_let_go() && !self.is_blocked_by_contradiction();
        is_for_others && is_back && is_settled && is_free && self.not_done().is_empty()
    }

    /// A device that was handed in is with its holder again.
    fn went_back(&mut self, termination: TerminationId, (cause, act): (ReopenCause, &Act)) -> Vec<Event> {
        // What was decided about it since stands.
        if self.disposal.is_some() || !self.is(CheckKind::Returned, CheckState::Done) {
            return Vec::new();
        }
        (self.outcome, self.identity_confirmed) = (None, false);
        let reopened = self.reopen(termination, CheckKind::Returned, cause, act);
        let fell = self.fall_with_the_return(termination, act);
        reopened.into_iter().chain(fell).collect()
    }

    /// Settles what the arrangement makes moot, where nobody has answered.
    pub(super) fn settle_arranged(&mut self, termination: TerminationId) -> Vec<Event> {
        let Some(arrangement) = self.arrangement.clone() else {
            return Vec::new();
        };
        let (plan, act) = (arrangement.plan, arrangement.act);
        self.settle_as_moot(termination, plan.moot(), (Reason::from(plan.choice()), &act))
    }

    /// A subscription stays as it is during a leave: callers are diverted, and nothing is decided about the number.
    pub(super) fn settle_for_leave(&mut self, termination: TerminationId, now: DateTime<Utc>) -> Vec<Event> {
        if self.kind != ItemKind::Subscription {
            return Vec::new();
        }
        let act = Act::by_rule(ActorRole::System, now);
        let because = Reason::of_kind(TerminationKind::Absence);
        let all = CheckKind::of(ItemKind::Subscription);
        self.settle_as_moot(termination, all, (because, &act))
    }

    fn settle_as_moot(
        &mut self,
        termination: TerminationId,
        moot: &[CheckKind],
        (reason, act): (Reason, &Act),
    ) -> Vec<Event> {
        let open: Vec<CheckKind> = self
            .checks
            .iter()
            .filter(|check| moot.contains(&check.kind) && !check.state.is_settled())
            .map(|check| check.kind)
            .collect();
        let settle = |kind| self.write(termination, kind, Settlement::not_applicable(reason.clone()), act);
        open.into_iter().filter_map(settle).collect()
    }

    /// Opens again what was settled as moot for this reason.
    fn reopen_moot(
        &mut self,
        termination: TerminationId,
        because: &Reason,
        (cause, act): (ReopenCause, &Act),
    ) -> Vec<Event> {
        let settled_so = self.checks.iter().filter(|check| {
            check.state == CheckState::NotApplicable && check.reason.as_ref() == Some(because)
        });
        let settled_so: Vec<CheckKind> = settled_so.map(|check| check.kind).collect();
        let reopen = |kind| self.reopen(termination, kind, cause, act);
        settled_so.into_iter().filter_map(reopen).collect()
    }

    /// The employment ends: what the leave left open is asked, and a device that its holder has again is asked for. What
    /// was to become of it is past, unless somebody else has it by now.
    fn asked_after_all(&mut self, termination: TerminationId, act: &Act) -> Vec<Event> {
        let because = match self.kind {
            ItemKind::Subscription => Some(Reason::of_kind(TerminationKind::Absence)),
            ItemKind::Device => self.plan().map(|plan| Reason::from(plan.choice())),
        };
        let cause = ReopenCause::EmploymentEnds;
        let mut events = because.map_or_else(Vec::new, |because| {
            self.reopen_moot(termination, &because, (cause, act))
        });
        if self.is_handed_back() {
            events.extend(self.went_back(termination, (cause, act)));
        }
        if !self.is_let_go() {
            self.arrangement = None;
        }
        events
    }
}
