//! Tasks: what the desk, or somebody by name, is to do. Change notices (ändringsanmälningar) that people send, and work
//! that cases make.
//!
//! A task is done because somebody says so, never because time has passed.

mod wanted;
mod words;

pub use wanted::{WantedTask, diversion, wanted_by, wanted_by_loss};
pub use words::{
    DiversionCause, EndAsker, EndClaim, NoticeKind, OrganisationChange, StaffChange, TaskKind, TaskState,
    WithdrawReason,
};

use super::calendar::Calendar;
use super::error::DomainError;
use super::ids::{AddOnId, ItemId, LegalEntityId, PersonId, SubscriptionId, TaskId, TerminationId, UnitId};
use super::record::Meta;
use super::termination::NumberTerms;
use super::text::looks_like_personal_number;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most characters that the words of a task have.
pub const TASK_TEXT_MAX_CHARS: usize = 1_000;
/// The most characters that phone hours have.
pub const PHONE_HOURS_MAX_CHARS: usize = 300;
/// The most characters that a reference has, such as the number of a ticket in the telephony system.
pub const REFERENCE_MAX_CHARS: usize = 100;

/// What a task knows beside what every task knows. It is part of what is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum TaskFacts {
    /// Nothing more.
    None,
    /// A change of staff.
    Staff {
        /// What changes.
        change: StaffChange,
        /// From which day.
        effective_on: NaiveDate,
        /// For a leave: the day on which the person is back, if that is known.
        return_on: Option<NaiveDate>,
    },
    /// A change of the organisation.
    Organisation {
        /// What changes.
        change: OrganisationChange,
        /// From which day.
        effective_on: NaiveDate,
    },
    /// Other phone hours (telefontider).
    PhoneHours {
        /// The new hours, in people's own words.
        hours: String,
        /// From which day.
        effective_on: NaiveDate,
    },
    /// What was decided about a number.
    Number {
        /// What happens to it, and on which terms.
        terms: NumberTerms,
        /// The day by which the operator has to release it, if it is to go to its holder.
        release_by: Option<NaiveDate>,
    },
    /// An add-on of a subscription.
    AddOn {
        /// The add-on.
        add_on: AddOnId,
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// A number is to be diverted (hänvisas).
    Diversion {
        /// Why: callers are told another thing for each.
        cause: DiversionCause,
        /// For a leave, and after it: the day on which the person is back, if that is known.
        return_on: Option<NaiveDate>,
    },
    /// Somebody says that the last day is wrong, or that the holder stays.
    EndQuestion {
        /// Who says so.
        by: EndAsker,
        /// What they say.
        says: EndClaim,
        /// The right last day, if they know it.
        last_day: Option<NaiveDate>,
    },
}

impl TaskFacts {
    /// The day from which the change counts.
    pub const fn effective_on(&self) -> Option<NaiveDate> {
        match self {
            Self::Staff { effective_on, .. }
            | Self::Organisation { effective_on, .. }
            | Self::PhoneHours { effective_on, .. } => Some(*effective_on),
            Self::None
            | Self::Number { .. }
            | Self::AddOn { .. }
            | Self::Diversion { .. }
            | Self::EndQuestion { .. } => None,
        }
    }
}

/// What people wrote is not shown.
impl fmt::Debug for TaskFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::None => "None",
            Self::Staff { .. } => "Staff",
            Self::Organisation { .. } => "Organisation",
            Self::PhoneHours { .. } => "PhoneHours",
            Self::Number { .. } => "Number",
            Self::AddOn { .. } => "AddOn",
            Self::Diversion { .. } => "Diversion",
            Self::EndQuestion { .. } => "EndQuestion",
        };
        f.debug_struct(name)
            .field("effective_on", &self.effective_on())
            .finish_non_exhaustive()
    }
}

/// How a task was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: DateTime<Utc>,
    /// The kind of actor, as [`crate::domain::actor::Actor::kind`] says it.
    pub by_kind: String,
    /// The actor's pseudonymous id; empty for the service itself.
    pub by_id: String,
}

/// One task. `Debug` hides what people wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The number that people read and quote: the receipt of who asked for it.
    pub number: String,
    /// What is to be done.
    pub kind: TaskKind,
    /// Where it stands.
    pub state: TaskState,
    /// Under which key no other task of the kind may be open; none for change notices.
    pub open_key: Option<String>,
    /// Who does it; the desk as a whole, if nobody in particular.
    pub owner_id: Option<PersonId>,
    /// The business day by which it is to be done.
    pub due_on: NaiveDate,
    /// The legal entity of the unit.
    pub legal_entity_id: LegalEntityId,
    /// The unit that it is about.
    pub unit_id: UnitId,
    /// The case that it belongs to.
    pub termination_id: Option<TerminationId>,
    /// The item of the case that it is about.
    pub item_id: Option<ItemId>,
    /// The person that it is about.
    pub person_id: Option<PersonId>,
    /// What its kind knows besides.
    pub facts: TaskFacts,
    /// People's own words.
    pub text: Option<String>,
    /// The kind of actor who made it, as [`crate::domain::actor::Actor::kind`] says it.
    pub actor_kind: String,
    /// The maker's pseudonymous id; empty for the service itself.
    pub actor_id: String,
    /// How it was closed; only while it is.
    pub closed: Option<Closing>,
    /// What whoever did it calls it, such as the number of a ticket in the telephony system.
    pub reference: Option<String>,
    /// Why it was declined or withdrawn.
    pub reason: Option<String>,
    /// Version and dates.
    pub meta: Meta,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("state", &self.state)
            .field("due_on", &self.due_on)
            .field("text", &self.text.is_some())
            .finish_non_exhaustive()
    }
}

impl Task {
    /// Whether the words of the task hold something in the shape of a personal identity number.
    pub fn may_hold_personal_number(&self) -> bool {
        let hours = match &self.facts {
            TaskFacts::PhoneHours { hours, .. } => Some(hours),
            TaskFacts::None
            | TaskFacts::Staff { .. }
            | TaskFacts::Organisation { .. }
            | TaskFacts::Number { .. }
            | TaskFacts::AddOn { .. }
            | TaskFacts::Diversion { .. }
            | TaskFacts::EndQuestion { .. } => None,
        };
        [
            self.text.as_ref(),
            self.reason.as_ref(),
            self.reference.as_ref(),
            hours,
        ]
        .into_iter()
        .flatten()
        .any(|words| looks_like_personal_number(words))
    }

    /// Whether it should have been done before today.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.state == TaskState::Open && self.due_on < today
    }

    /// The task is done.
    ///
    /// # Errors
    /// `InvalidTransition` unless it is open.
    pub fn finish(&mut self, closing: Closing, reference: Option<String>) -> Result<(), DomainError> {
        self.close(TaskState::Done, closing)?;
        self.reference = reference;
        Ok(())
    }

    /// The task will not be done, and here is why.
    ///
    /// # Errors
    /// `InvalidTransition` unless it is open.
    pub fn decline(&mut self, closing: Closing, reason: String) -> Result<(), DomainError> {
        self.close(TaskState::Declined, closing)?;
        self.reason = Some(reason);
        Ok(())
    }

    /// The task need not be done any more.
    ///
    /// # Errors
    /// `InvalidTransition` unless it is open.
    pub fn withdraw(&mut self, closing: Closing, reason: WithdrawReason) -> Result<(), DomainError> {
        self.close(TaskState::Withdrawn, closing)?;
        self.reason = Some(reason.as_str().to_owned());
        Ok(())
    }

    /// Refuses what only an open task allows.
    ///
    /// # Errors
    /// `InvalidTransition` unless it is open.
    pub const fn require_open(&self, command: &'static str) -> Result<(), DomainError> {
        match self.state {
            TaskState::Open => Ok(()),
            TaskState::Done | TaskState::Declined | TaskState::Withdrawn => {
                Err(DomainError::InvalidTransition {
                    entity: "task",
                    from: self.state.as_str(),
                    command,
                })
            }
        }
    }

    fn close(&mut self, state: TaskState, closing: Closing) -> Result<(), DomainError> {
        let command = match state {
            TaskState::Open => "open",
            TaskState::Done => "finish",
            TaskState::Declined => "decline",
            TaskState::Withdrawn => "withdraw",
        };
        self.require_open(command)?;
        self.meta = self.meta.changed(closing.at);
        self.state = state;
        self.closed = Some(closing);
        Ok(())
    }
}

/// The business day by which a task is to be done: the day the change counts from, or so many business days from today
/// as its kind is given; never before today.
pub fn due_on(kind: TaskKind, facts: &TaskFacts, today: NaiveDate, calendar: &Calendar) -> NaiveDate {
    let soonest = calendar.roll_forward(today);
    match facts.effective_on() {
        Some(day) => calendar.roll_back(day).max(soonest),
        None => calendar.add_business_days(soonest, kind.business_days()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn staff(effective_on: &str) -> TaskFacts {
        TaskFacts::Staff {
            change: StaffChange::New,
            effective_on: day(effective_on),
            return_on: None,
        }
    }

    #[test]
    fn a_change_is_due_on_the_business_day_before_it_counts_and_never_before_today() {
        let calendar = Calendar::swedish();
        let due = |facts: &TaskFacts| due_on(TaskKind::Staff, facts, day("2027-01-11"), &calendar);
        // A Sunday.
        assert_eq!(due(&staff("2027-02-28")), day("2027-02-26"));
        assert_eq!(due(&staff("2026-12-01")), day("2027-01-11"));
    }

    #[test]
    fn work_without_a_day_of_its_own_is_due_after_the_business_days_of_its_kind() {
        let calendar = Calendar::swedish();
        let due = |kind| due_on(kind, &TaskFacts::None, day("2027-01-16"), &calendar);
        // A Saturday: work at once is work on Monday.
        assert_eq!(due(TaskKind::BlockSubscription), day("2027-01-18"));
        assert_eq!(due(TaskKind::UnreachableRecipient), day("2027-01-19"));
    }

    #[test]
    fn every_notice_is_a_task_of_the_same_word() {
        for notice in NoticeKind::ALL {
            assert_eq!(TaskKind::from(*notice).as_str(), notice.as_str());
        }
    }
}
