//! The receipt: what was proved about each item of a case, and by whom, as rows of words.
//!
//! Must not round up. Whether the receipt is one "with deviation" is worked out from the facts
//! themselves, so a clean title can never stand above a lost phone.
//!
//! The facts are kept as JSON for as long as the receipt is: a member may be added, with a default, and none may change
//! its meaning.

mod rows;
#[cfg(test)]
mod tests;

pub use rows::FactGroup;

use super::format::pick;
use super::view::Phone;
use super::words::{
    CodeAnswer, CodeKind, Condition, DeviceOutcome, FactLevel, NumberDecision, OutcomeFact, SimAnswer,
    WipeMethod,
};
use crate::domain::language::Language;
use crate::domain::wipe::WipeLevel;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// How well something is known, since when and from whom.
#[derive(Clone, Serialize, Deserialize)]
pub struct Proof {
    /// How well.
    pub level: FactLevel,
    /// The day it was established.
    pub on: Option<NaiveDate>,
    /// The name or function of who established it.
    pub by: Option<String>,
}

/// One device of the receipt.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReceiptDevice {
    /// Maker's model name.
    pub model: String,
    /// The last four characters of the serial number.
    pub serial_last4: String,
    /// What became of it.
    pub outcome: DeviceOutcome,
    /// What else is known of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcome_facts: Vec<OutcomeFact>,
    /// That it came back.
    pub returned: Proof,
    /// In what condition.
    pub condition: Option<Condition>,
    /// That it is reset.
    pub reset: Proof,
    /// That it is wiped.
    pub wiped: Proof,
    /// The lowest level of wipe that was enough, by the policy that the case was opened under.
    pub required_wipe: WipeLevel,
    /// How it was wiped, if that is known.
    pub wipe_method: Option<WipeMethod>,
    /// The answer per kind of code.
    pub codes: Vec<(CodeKind, CodeAnswer)>,
    /// Accessories that were handed out, and whether each came back; nothing where nobody has said.
    pub accessories: Vec<(String, Option<bool>)>,
    /// What became of SIM and eSIM, if it was asked.
    pub sim: Option<SimAnswer>,
}

/// One subscription of the receipt.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReceiptSubscription {
    /// Its number.
    pub number: Phone,
    /// What was decided, if anything.
    pub decision: Option<NumberDecision>,
    /// When that was carried out.
    pub carried_out_on: Option<NaiveDate>,
    /// When the telephony directory was updated.
    pub directory_updated_on: Option<NaiveDate>,
    /// Whether it stays as it is, because its holder was only on leave.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stays: bool,
}

/// Why something is not as it should be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// In the words of who recorded it.
    Words(String),
    /// The receiver reported a loss and said no more.
    ReportedByReceiver,
    /// The words may hold a personal identity number, so they are not on the receipt.
    Withheld,
}

/// One thing that is not as it should be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Deviation {
    /// A check was settled as a deviation.
    Recorded {
        /// Why.
        cause: Cause,
    },
    /// The phone is damaged.
    Damaged {
        /// What is damaged.
        facts: Cause,
    },
    /// The holder refuses to give a code.
    CodeRefused {
        /// Which one.
        code: CodeKind,
    },
    /// The phone was heard of after it was said to be wiped.
    WipeContradicted {
        /// Why the case was closed in spite of it, if that was decided.
        closed: Option<Cause>,
    },
}

/// Everything a receipt says.
#[derive(Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// The case number that people quote.
    pub case_number: String,
    /// Who handed in. `None` for a protected identity.
    pub holder_name: Option<String>,
    /// The unit of the holder.
    pub unit: String,
    /// The legal entity that issues the receipt.
    pub issuer: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Devices.
    pub devices: Vec<ReceiptDevice>,
    /// Subscriptions.
    pub subscriptions: Vec<ReceiptSubscription>,
    /// What is not as it should be, beside what follows from the items.
    pub deviations: Vec<Deviation>,
    /// The code that authenticity is checked with. Kept beside the facts and not among them.
    #[serde(skip)]
    pub verification_code: String,
    /// Where it is checked. Not among the facts either: the service may move.
    #[serde(skip)]
    pub verify_url: Option<String>,
}

impl ReceiptDevice {
    /// Whether its holder has it still, or again: then nobody reset or wiped it.
    const fn is_with_holder(&self) -> bool {
        matches!(self.outcome, DeviceOutcome::Kept | DeviceOutcome::HandedBack)
    }

    fn has_deviation(&self) -> bool {
        let missing = match self.outcome {
            DeviceOutcome::Lost | DeviceOutcome::Stolen => true,
            DeviceOutcome::Returned
            | DeviceOutcome::Transferred
            | DeviceOutcome::BoughtOut
            | DeviceOutcome::Destroyed
            | DeviceOutcome::Kept
            | DeviceOutcome::HandedBack
            | DeviceOutcome::Lent => false,
        };
        missing
            || [&self.returned, &self.reset, &self.wiped]
                .iter()
                .any(|proof| proof.level.is_deviation())
            || self
                .outcome_facts
                .iter()
                .any(|fact| matches!(fact, OutcomeFact::Damage(_)))
            || self.codes.iter().any(|(_, answer)| answer.is_deviation())
            || self.accessories.iter().any(|(_, back)| *back == Some(false))
    }
}

impl ReceiptSubscription {
    /// Undecided, or decided and not done.
    const fn has_deviation(&self) -> bool {
        let is_settled =
            self.decision.is_some() && self.carried_out_on.is_some() && self.directory_updated_on.is_some();
        !self.stays && !is_settled
    }
}

impl Receipt {
    /// Whether anything of it is not as it should be.
    pub fn has_deviation(&self) -> bool {
        !self.deviations.is_empty()
            || self.devices.iter().any(ReceiptDevice::has_deviation)
            || self.subscriptions.iter().any(ReceiptSubscription::has_deviation)
    }

    /// "Kvittens" or "Kvittens med avvikelse".
    pub fn title(&self, language: Language) -> &'static str {
        if self.has_deviation() {
            pick(language, "Kvittens med avvikelse", "Receipt with deviation")
        } else {
            pick(language, "Kvittens", "Receipt")
        }
    }

    /// Whether there are devices and each of them was handed in.
    pub fn all_returned(&self) -> bool {
        !self.devices.is_empty()
            && self
                .devices
                .iter()
                .all(|device| device.outcome == DeviceOutcome::Returned)
    }
}
