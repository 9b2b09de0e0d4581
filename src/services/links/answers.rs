//! What the receiver can say through a link, as values.
//!
//! None of them has `Debug`: they hold people's words and codes.

use crate::domain::action_link::LinkAnswer;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::termination::{AbsencePlan, CodeAnswer, CodeKind, NumberDecision};
use crate::domain::text::EmailAddress;
use crate::mail::words::{Condition, SimAnswer};
use chrono::NaiveDate;
use secrecy::SecretString;

/// An answer about a case. Texts are cleaned.
#[derive(Clone)]
pub struct Answer {
    /// What is answered.
    pub what: Said,
    /// A message in the writer's own words.
    pub message: Option<String>,
    /// A digest over everything that was entered but the codes, to tell a repeated answer from another one. Without
    /// the codes, because the four digits of a PIN are found from any digest of them.
    pub fingerprint: Vec<u8>,
}

/// What is answered.
#[derive(Clone)]
pub enum Said {
    /// These things are so.
    Confirm(Confirmation),
    /// The employment goes on, or ends on another day.
    WrongDate {
        /// The right last day, if it is known.
        last_day: Option<NaiveDate>,
    },
    /// Somebody else is to confirm.
    HandOver {
        /// The work address of a colleague; nothing for the coordinator.
        address: Option<EmailAddress>,
        /// Whose address that is, once it has been looked up.
        colleague: Option<PersonId>,
    },
}

/// What is said about the devices and subscriptions. What is left out stays open.
#[derive(Clone, Default)]
pub struct Confirmation {
    /// About devices.
    pub devices: Vec<DeviceAnswer>,
    /// About subscriptions.
    pub numbers: Vec<(ItemId, NumberDecision)>,
}

/// What is said about one device.
#[derive(Clone)]
pub struct DeviceAnswer {
    /// The item of the case.
    pub item: ItemId,
    /// For a leave: what becomes of it meanwhile; nothing when that was not asked.
    pub plan: Option<AbsencePlan>,
    /// For a leave: that its holder has it again.
    pub handed_back: bool,
    /// For a move: whether it goes along with its holder; nothing when that was not asked.
    pub along: Option<bool>,
    /// Whether it came back; nothing when that was not asked.
    pub possession: Option<Possession>,
    /// That what belongs to work is saved.
    pub records_saved: bool,
    /// That it is reset and without an account lock.
    pub reset: bool,
    /// That the set-up screen was seen after the wipe.
    pub wiped: bool,
    /// Whether the accessories are back.
    pub accessories: Option<Accessories>,
    /// What became of the SIM.
    pub sim: Option<SimAnswer>,
    /// What became of the codes.
    pub codes: Vec<CodeGiven>,
}

/// Whether a device came back.
#[derive(Clone)]
pub enum Possession {
    /// It is here.
    Here {
        /// The last four characters of the serial number, read off the device.
        serial_last4: String,
        /// In what condition it is.
        condition: Condition,
        /// Where it is kept, in the writer's words.
        place: Option<String>,
    },
    /// Not yet.
    NotYet {
        /// When it is expected.
        expected: Option<NaiveDate>,
    },
    /// Nobody knows where it is.
    Lost,
    /// Somebody took it.
    Stolen,
}

/// Whether the accessories are back.
#[derive(Clone)]
pub enum Accessories {
    /// All of them.
    All,
    /// Not all; what is missing, in the writer's words.
    Missing(String),
}

/// What became of one kind of code.
#[derive(Clone)]
pub struct CodeGiven {
    /// Which code.
    pub kind: CodeKind,
    /// What became of it.
    pub answer: CodeAnswer,
    /// The code itself, to be sealed.
    pub value: Option<SecretString>,
}

impl Answer {
    /// The one word for it.
    pub const fn word(&self) -> LinkAnswer {
        match self.what {
            Said::Confirm(_) => LinkAnswer::Confirm,
            Said::WrongDate { .. } => LinkAnswer::WrongDate,
            Said::HandOver { .. } => LinkAnswer::HandOver,
        }
    }
}
