//! What a holder says about an item beside its checks. Nothing of it settles anything: it is what the receiver and the
//! desk are told, and what the holder sees again.

use super::ids::ItemId;
use super::termination::{CodeAnswer, CodeKind};
use crate::text_enum;
use chrono::{DateTime, Utc};

text_enum! {
    /// What a statement is about. One of each for an item.
    pub enum HolderTopic {
        /// Private content is moved.
        PrivateMoved = "private_moved",
        /// Electronic identities and sign-in apps are on another phone, and gone from this one.
        IdentitiesMoved = "identities_moved",
        /// Voicemail is empty, and the greeting is gone.
        VoicemailEmptied = "voicemail_emptied",
        /// Signed out of the accounts.
        SignedOut = "signed_out",
        /// The code that unlocks the screen.
        CodeScreenLock = "code_screen_lock",
        /// The PIN of the SIM.
        CodeSimPin = "code_sim_pin",
        /// Any other code.
        CodeOther = "code_other",
        /// The holder asks to keep the number.
        KeepNumber = "keep_number",
    }
}

impl HolderTopic {
    /// The topic of a kind of code.
    pub const fn of_code(kind: CodeKind) -> Self {
        match kind {
            CodeKind::ScreenLock => Self::CodeScreenLock,
            CodeKind::SimPin => Self::CodeSimPin,
            CodeKind::Other => Self::CodeOther,
        }
    }
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderAnswer {
    /// It is so.
    Yes,
    /// What becomes of a code.
    Code(CodeAnswer),
}

/// The word of a plain yes.
const YES: &str = "yes";

impl HolderAnswer {
    /// The stable word, as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => YES,
            Self::Code(answer) => answer.as_str(),
        }
    }

    /// The answer of a stored word; nothing for a word that is none.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            YES => Some(Self::Yes),
            _ => word.parse().ok().map(Self::Code),
        }
    }
}

/// What a holder said last about one topic of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderStatement {
    /// The item.
    pub item: ItemId,
    /// The topic.
    pub topic: HolderTopic,
    /// What was said.
    pub answer: HolderAnswer,
    /// When.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_read_back_as_it_was_stored() {
        let codes = CodeAnswer::ALL.iter().copied().map(HolderAnswer::Code);
        for answer in codes.chain([HolderAnswer::Yes]) {
            assert_eq!(HolderAnswer::parse(answer.as_str()), Some(answer));
        }
        assert_eq!(HolderAnswer::parse("no"), None);
    }
}
