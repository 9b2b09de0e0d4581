//! Handing a case over: somebody else confirms, instead of whoever would be asked.

use super::ids::PersonId;
use super::timeline::RecipientRole;
use crate::text_enum;

text_enum! {
    /// Whom a case is handed over to, in one word.
    pub enum DelegateTo {
        /// One person by name.
        Person = "person",
        /// Whoever coordinates the telephones of the unit.
        Coordinator = "coordinator",
        /// The service desk.
        Desk = "desk",
    }
}

/// Whom a case is handed over to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delegate {
    /// This person, for as long as they are at work and can be written to.
    Person(PersonId),
    /// Whoever coordinates the telephones of the unit.
    Coordinator,
    /// The service desk.
    Desk,
}

impl Delegate {
    /// The role in which they are asked. A person stands in for the receiver.
    pub const fn role(self) -> RecipientRole {
        match self {
            Self::Person(_) => RecipientRole::Receiver,
            Self::Coordinator => RecipientRole::Coordinator,
            Self::Desk => RecipientRole::Desk,
        }
    }

    /// The word for it.
    pub const fn word(self) -> DelegateTo {
        match self {
            Self::Person(_) => DelegateTo::Person,
            Self::Coordinator => DelegateTo::Coordinator,
            Self::Desk => DelegateTo::Desk,
        }
    }

    /// The person, if it is one by name.
    pub const fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(id) => Some(id),
            Self::Coordinator | Self::Desk => None,
        }
    }

    /// From the word and the person; nothing if they do not go together.
    pub const fn of(word: DelegateTo, person: Option<PersonId>) -> Option<Self> {
        match (word, person) {
            (DelegateTo::Person, Some(id)) => Some(Self::Person(id)),
            (DelegateTo::Coordinator, None) => Some(Self::Coordinator),
            (DelegateTo::Desk, None) => Some(Self::Desk),
            (DelegateTo::Person, None) | (DelegateTo::Coordinator | DelegateTo::Desk, Some(_)) => None,
        }
    }
}
