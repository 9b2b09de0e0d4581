//! The words that mails, pages and receipts share, in both languages.
//!
//! Each enum has stable words (form values) and a text per language. The texts say who saw what and
//! never more than that: a report of a machine is called a report, and a lost phone is never called wiped.

mod answers;
mod level;
mod outcome;

use crate::domain::language::Language;
use crate::mail::format::pick;
use crate::text_enum;

pub use answers::{CodeAnswer, CodeKind, Condition, DeviceOutcome, NumberDecision, SimAnswer, WipeMethod};
pub use level::{Fact, FactLevel};
pub use outcome::OutcomeFact;

/// Somebody who is not to be named, in "hand it to …" and "the message went to …".
pub const fn whoever_answers(language: Language) -> &'static str {
    pick(
        language,
        "den som tar emot i ärendet",
        "the one who receives in this case",
    )
}

text_enum! {
    /// A question about an item that a case asks.
    pub enum Check {
        /// What becomes of the device while its holder is away.
        Arrangement = "arrangement",
        /// What belongs to work is saved.
        RecordsSaved = "records_saved",
        /// The device is back.
        Returned = "returned",
        /// Accessories are back.
        Accessories = "accessories",
        /// Factory reset and released from accounts.
        Reset = "reset",
        /// Data is removed.
        Wiped = "wiped",
        /// Activation lock or factory reset protection is absent.
        LocksCleared = "locks_cleared",
        /// Each kind of code is answered.
        Codes = "codes",
        /// SIM, eSIM and memory card are settled.
        Sim = "sim",
        /// What happens to the number is decided and done.
        Number = "number",
        /// The telephony directory is updated.
        Directory = "directory",
        /// The holder has the device again that was put away.
        HandedBack = "handed_back",
    }
}

impl Check {
    /// The check as a noun, for lists of what remains or is done.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::Arrangement => pick(
                language,
                "besked om telefonen under frånvaron",
                "what happens to the phone during the absence",
            ),
            Self::HandedBack => pick(
                language,
                "att innehavaren får tillbaka telefonen",
                "handing the phone back to the holder",
            ),
            Self::RecordsSaved => pick(language, "sparat arbetsmaterial", "work material saved"),
            Self::Returned => pick(language, "återlämning", "return"),
            Self::Accessories => pick(language, "tillbehör", "accessories"),
            Self::Reset => pick(language, "återställning", "reset"),
            Self::Wiped => pick(language, "rensning", "wipe"),
            Self::LocksCleared => pick(language, "borttaget kontolås", "account lock removed"),
            Self::Codes => pick(language, "koder", "codes"),
            Self::Sim => pick(language, "sim-kort", "SIM card"),
            Self::Number => pick(
                language,
                "beslut om telefonnumret",
                "decision on the phone number",
            ),
            Self::Directory => pick(language, "katalog och växel", "telephone directory"),
        }
    }
}
