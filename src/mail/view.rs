//! What a mail is built from. Plain values that the caller has looked up; nothing here is fetched.
//!
//! None of these types has `Debug`: they carry names and the action link, which have no place in a log.

use super::receipt::Receipt;
use super::words::Check;
use crate::domain::language::Language;
use crate::domain::task::{EndAsker, EndClaim};
use crate::domain::termination::TerminationKind;
use crate::domain::text::PhoneNumber;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A telephone number as it is shown in each language, for example "070-174 06 05" and "+46 70 174 06 05".
/// It is shown as it is given: with no-break spaces it never breaks over two lines.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// National form, for Swedish text.
    pub sv: String,
    /// International form, for English text.
    pub en: String,
}

impl Phone {
    /// The number as it is written in each language.
    pub fn of(number: &PhoneNumber) -> Self {
        Self {
            sv: number.national(),
            en: number.international(),
        }
    }

    /// A number that somebody configured, which may be anything that people can dial.
    pub fn as_configured(text: &str) -> Self {
        let as_it_is = |_| Self {
            sv: text.to_owned(),
            en: text.to_owned(),
        };
        PhoneNumber::parse(text).map_or_else(as_it_is, |number| Self::of(&number))
    }

    /// The number as it is written in the language.
    pub fn show(&self, language: Language) -> &str {
        match language {
            Language::Sv => &self.sv,
            Language::En => &self.en,
        }
    }

    /// The same for a heading: a word joiner after the hyphen and spaces that do not break keep the number on one line.
    pub fn unbroken(&self, language: Language) -> String {
        self.show(language)
            .replace('-', "-\u{2060}")
            .replace(' ', "\u{a0}")
    }

    /// The target of a `tel:` link (RFC 3966), made of the international form.
    pub fn tel(&self) -> String {
        let digits = self.en.chars().filter(|c| c.is_ascii_digit() || *c == '+');
        format!("tel:{}", digits.collect::<String>())
    }
}

/// Who the mail comes from: the monitored function mailbox that signs it.
#[derive(Clone)]
pub struct Sender {
    /// The function that signs, for example "Kundtjänst telefoni".
    pub service_name: String,
    /// The municipality.
    pub municipality: String,
    /// The number to call with questions.
    pub phone: Phone,
    /// The address that answers arrive at.
    pub reply_to: String,
}

/// Whom the mail asks. In a copy this is still the person who got the original.
#[derive(Clone)]
pub struct Recipient {
    /// Full name.
    pub name: String,
    /// What the person is called in a greeting.
    pub first_name: String,
}

/// A device of the case.
#[derive(Clone)]
pub struct DeviceFacts {
    /// Maker's model name.
    pub model: String,
    /// The last four characters of the serial number.
    pub serial_last4: String,
    /// Accessories that were handed out with it.
    pub accessories: Vec<String>,
    /// Whether a preservation hold forbids resetting and wiping it.
    pub hold: bool,
}

/// A subscription of the case.
#[derive(Clone)]
pub struct SubscriptionFacts {
    /// Its number.
    pub number: Phone,
}

/// What every mail of a case may say about it.
#[derive(Clone)]
pub struct CaseFacts {
    /// The case number that people quote.
    pub number: String,
    /// Why there is a case.
    pub kind: TerminationKind,
    /// Who hands in. `None` for a protected identity: then mails to others carry the case number only.
    pub holder_name: Option<String>,
    /// The unit the holder belongs to.
    pub unit: String,
    /// The last day of the employment or mandate, inclusive.
    pub last_day: NaiveDate,
    /// Devices to hand in.
    pub devices: Vec<DeviceFacts>,
    /// Subscriptions to settle.
    pub subscriptions: Vec<SubscriptionFacts>,
    /// Whether one side of a move has said that something goes along, and the other is asked.
    pub is_proposed: bool,
    /// The leave, for a case about one.
    pub away: Option<Away>,
    /// Since when HR has been asked whether the last day is right; none while nobody asks.
    pub hr_asked_on: Option<NaiveDate>,
}

/// How long the holder is away. Why is nobody's business.
#[derive(Clone, Copy)]
pub struct Away {
    /// The first day.
    pub from: NaiveDate,
    /// The first day on which the holder is back, if that is known.
    pub back_on: Option<NaiveDate>,
}

/// Which mail it is, with what only that mail says.
#[derive(Clone)]
pub enum Step {
    /// To the holder, when the end is known: how to hand in, in order.
    EndApproaching {
        /// Name of the person or function that takes the device back.
        hand_to: String,
        /// Last day to hand in.
        return_by: NaiveDate,
        /// Last day to ask for keeping the number, if that can be asked.
        keep_number_by: Option<NaiveDate>,
    },
    /// To the receiver, when the end is known. Asks for nothing yet and never carries a link.
    EndApproachingReceiver {
        /// Last day for the holder to hand in.
        return_by: NaiveDate,
    },
    /// To the holder, shortly before the last day.
    ReturnReminder {
        /// Name of the person or function that takes the device back.
        hand_to: String,
        /// Last day to hand in.
        return_by: NaiveDate,
    },
    /// To the receiver: confirm through the link.
    ConfirmReturn {
        /// Last day to confirm.
        confirm_by: NaiveDate,
        /// The coordinator to whom the case can be handed over.
        coordinator: Option<String>,
    },
    /// To the receiver: a new link, for an earlier one that no longer works.
    NewLink {
        /// Last day to confirm.
        confirm_by: NaiveDate,
        /// What is not settled.
        remaining: Vec<Check>,
    },
    /// To whoever somebody handed the case over to: confirm through the link.
    HandedOver {
        /// Last day to confirm.
        confirm_by: NaiveDate,
        /// Who handed it over; none when nobody is to be named.
        by: Option<String>,
        /// What is not settled.
        remaining: Vec<Check>,
    },
    /// To the receiver: not confirmed yet.
    Reminder1 {
        /// Last day to confirm.
        confirm_by: NaiveDate,
        /// What is not settled.
        remaining: Vec<Check>,
    },
    /// To the receiver, copy to the coordinator: still not confirmed.
    Reminder2 {
        /// Last day to confirm.
        confirm_by: NaiveDate,
        /// How many reminders the reader has had before.
        earlier: u32,
        /// What is not settled.
        remaining: Vec<Check>,
        /// Business days since the last day.
        business_days: u32,
        /// Who the case goes to next.
        next_level: String,
        /// When it goes there.
        escalates_on: NaiveDate,
    },
    /// To the receiver's manager; copies to coordinator and desk.
    Escalation {
        /// Last day to decide.
        decide_by: NaiveDate,
        /// Who should have confirmed; none when nobody is known.
        asked: Option<Asked>,
        /// What is not settled.
        remaining: Vec<Check>,
        /// What the subscriptions of the case cost in a month, in öre.
        monthly_cost_ore: Option<u64>,
    },
    /// To the receiver, before a leave ends: give back what was put away.
    HandBack {
        /// Last day to confirm.
        confirm_by: NaiveDate,
        /// Which devices, each as "Model (last four)".
        devices: Vec<String>,
    },
    /// The receipt, to the holder.
    ReceiptHolder(Receipt),
    /// The receipt, to the receiver.
    ReceiptReceiver(Receipt),
    /// To the service desk: a device is lost or stolen.
    LossReported(Loss),
    /// To the service desk: the holder was sent home or has died.
    ActAtOnce,
    /// To the service desk: somebody says that the last day is wrong.
    EndQuestioned {
        /// Last day to answer.
        answer_by: NaiveDate,
        /// Who says what.
        questions: Vec<EndQuestion>,
    },
}

/// What somebody says about the last day.
#[derive(Clone)]
pub struct EndQuestion {
    /// Who.
    pub by: EndAsker,
    /// What.
    pub says: EndClaim,
    /// The right last day, if they know it.
    pub last_day: Option<NaiveDate>,
    /// The number of the task.
    pub task: String,
}

/// Who should have confirmed.
#[derive(Clone)]
pub struct Asked {
    /// Full name.
    pub name: String,
    /// How many reminders they have been sent.
    pub reminders: u32,
}

/// What is lost or stolen, as somebody said through a link.
#[derive(Clone)]
pub struct Loss {
    /// The lost devices, each as "Model (last four)".
    pub lost: Vec<String>,
    /// The stolen devices, likewise.
    pub stolen: Vec<String>,
    /// The name of the person whose link was used.
    pub reported_by: Option<String>,
    /// When it was said.
    pub reported_at: DateTime<Utc>,
}

/// In which part somebody gets the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The one whom it asks.
    Addressee,
    /// Somebody who is to know that it was sent.
    Copy,
    /// The service desk, because nobody is known whom it could ask.
    StandIn,
}

/// One mail to write.
#[derive(Clone)]
pub struct MailView {
    /// The language of the person it goes to.
    pub language: Language,
    /// Who signs.
    pub sender: Sender,
    /// Whom it asks.
    pub recipient: Recipient,
    /// The case.
    pub case: CaseFacts,
    /// In which part it is read.
    pub audience: Audience,
    /// The personal action link. Only the one whom the mail asks gets one.
    pub link: Option<String>,
    /// Where the instruction for the act is, if there is one.
    pub instructions_url: Option<String>,
    /// Which mail.
    pub step: Step,
}

/// A mail, written.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// Subject: at most 78 characters, without names.
    pub subject: String,
    /// The `text/plain` part.
    pub text: String,
    /// The `text/html` part.
    pub html: String,
}

/// A directory's connection that is silent, for the mail to the desk.
#[derive(Clone)]
pub struct SilenceNotice {
    /// The language of the mail.
    pub language: Language,
    /// Who signs, and who is written to.
    pub sender: Sender,
    /// What people call the connection.
    pub connection: String,
    /// Since when.
    pub silent_since: DateTime<Utc>,
    /// Whether it has ever said anything.
    pub has_spoken: bool,
}
