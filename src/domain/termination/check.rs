//! One question of an item, its answer, and who gave it.

use super::words::{ActorRole, Answer, CheckKind, CheckState, IdentityMatch, TerminationKind};
use crate::domain::actor::Actor;
use crate::domain::error::DomainError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who acted, without a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActedBy {
    /// In which role.
    pub role: ActorRole,
    /// The kind of actor, as [`Actor::kind`] says it.
    pub kind: String,
    /// The actor's pseudonymous id, as [`Actor::id`] says it; empty for the service itself.
    pub id: String,
}

impl ActedBy {
    /// The actor in a role.
    pub fn new(role: ActorRole, actor: &Actor) -> Self {
        Self {
            role,
            kind: actor.kind().to_owned(),
            id: actor.id(),
        }
    }
}

/// Who acts, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Who.
    pub by: ActedBy,
    /// When.
    pub at: DateTime<Utc>,
}

impl Act {
    /// The actor acts in a role at a time.
    pub fn new(role: ActorRole, actor: &Actor, at: DateTime<Utc>) -> Self {
        Self {
            by: ActedBy::new(role, actor),
            at,
        }
    }

    /// A rule of the domain acts: in the role of the MDM if the rule builds on what the MDM reported.
    pub(super) fn by_rule(role: ActorRole, at: DateTime<Utc>) -> Self {
        Self::new(role, &Actor::System, at)
    }

    /// Refuses everybody but those who may change what others have answered.
    pub(super) const fn require_may_correct(&self) -> Result<(), DomainError> {
        if self.by.role.may_correct() {
            Ok(())
        } else {
            Err(DomainError::NotAllowed { role: self.by.role })
        }
    }

    /// Refuses the holder and the machines, who settle nothing and decide nothing.
    pub(super) const fn require_answerable(&self) -> Result<(), DomainError> {
        if self.by.role.is_answerable() {
            Ok(())
        } else {
            Err(DomainError::NotAllowed { role: self.by.role })
        }
    }
}

/// Why: a text that is not empty. People write it, so it may name people, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

impl Reason {
    /// The reason of a hold that comes with the kind of case: the word of the kind.
    pub(super) fn of_kind(kind: TerminationKind) -> Self {
        Self(kind.as_str().to_owned())
    }

    /// The text without the white space around it.
    ///
    /// # Errors
    /// `NeedsReason` if nothing remains.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let text = text.trim();
        if text.is_empty() {
            Err(DomainError::NeedsReason)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<super::words::ReopenCause> for Reason {
    fn from(cause: super::words::ReopenCause) -> Self {
        Self(cause.as_str().to_owned())
    }
}

impl From<super::words::DeviceOutcome> for Reason {
    fn from(outcome: super::words::DeviceOutcome) -> Self {
        Self(outcome.as_str().to_owned())
    }
}

impl From<super::words::AbsenceChoice> for Reason {
    fn from(choice: super::words::AbsenceChoice) -> Self {
        Self(choice.as_str().to_owned())
    }
}

impl TryFrom<String> for Reason {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reason({} characters)", self.0.chars().count())
    }
}

/// A decision somebody made: why, who and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Why.
    pub reason: Reason,
    /// Who and when.
    pub act: Act,
}

/// What the one who settled a check wrote down. `Debug` shows only what is present, since people wrote it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// In which condition the device is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How it was done or seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note")
            .field("place", &self.place.is_some())
            .field("condition", &self.condition.is_some())
            .field("method", &self.method.is_some())
            .finish()
    }
}

/// One question of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which question.
    pub kind: CheckKind,
    /// Where it stands.
    pub state: CheckState,
    /// Whether the case cannot complete without it.
    pub mandatory: bool,
    /// Who brought it to this state, and when; nothing while nobody has touched it.
    pub act: Option<Act>,
    /// Why it does not apply, deviates or is open again.
    pub reason: Option<Reason>,
    /// What the one who settled it wrote down.
    pub note: Note,
}

/// An answer to a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The answer.
    pub answer: Answer,
    /// Why; mandatory unless it is done.
    pub reason: Option<Reason>,
    /// What the one who answers wrote down.
    pub note: Note,
    /// For a return: whether the handset was identified as the right one.
    pub identity: Option<IdentityMatch>,
}

impl Settlement {
    /// It is done.
    pub fn done() -> Self {
        Self {
            answer: Answer::Done,
            reason: None,
            note: Note::default(),
            identity: None,
        }
    }

    /// It came back, and it is the right one or not.
    pub fn returned(identity: IdentityMatch) -> Self {
        Self {
            identity: Some(identity),
            ..Self::done()
        }
    }

    /// It is not done and will not be.
    pub fn deviation(reason: Reason) -> Self {
        Self {
            answer: Answer::Deviation,
            reason: Some(reason),
            ..Self::done()
        }
    }

    /// The question does not arise.
    pub fn not_applicable(reason: Reason) -> Self {
        Self {
            answer: Answer::NotApplicable,
            reason: Some(reason),
            ..Self::done()
        }
    }

    /// Refuses an answer without the reason it needs.
    pub(super) const fn require_reason(&self) -> Result<(), DomainError> {
        match (self.answer, &self.reason) {
            (Answer::Done, _) | (Answer::NotApplicable | Answer::Deviation, Some(_)) => Ok(()),
            (Answer::NotApplicable | Answer::Deviation, None) => Err(DomainError::NeedsReason),
        }
    }
}

impl Check {
    /// Whether the check already says exactly this, so that saying it again changes nothing.
    pub(super) fn says(&self, settlement: &Settlement) -> bool {
        self.state == settlement.answer.into()
            && self.reason == settlement.reason
            && self.note == settlement.note
    }

    /// Whether a rule settled it, and no person has answered.
    pub(super) fn was_settled_by_rule(&self) -> bool {
        self.state.is_settled() && self.act.as_ref().is_some_and(|act| !act.by.role.is_answerable())
    }
}
