//! The names and values of the form: the same words for the page that asks and the handler that reads.

use crate::mail::words::CodeKind;
use crate::text_enum;

/// The hidden field that mirrors the cookie against cross-site requests.
pub const CSRF_FIELD: &str = "csrf";
/// The field of [`CaseAnswer`].
pub const ANSWER_FIELD: &str = "answer";
/// The field of the right last day (ISO 8601), wanted when the date is wrong. Optional.
pub const NEW_LAST_DAY_FIELD: &str = "new_last_day";
/// The field of the work address of a colleague who takes the case over. Optional; without it, the coordinator does.
pub const COLLEAGUE_FIELD: &str = "colleague";
/// The field of the free message. Optional.
pub const MESSAGE_FIELD: &str = "message";

/// What the names of boxes end with that say that a text is to be sent as it stands.
pub const ANYWAY_SUFFIX: &str = "_anyway";

text_enum! {
    /// What the receiver answers about the whole case.
    pub enum CaseAnswer {
        /// What is filled in is right.
        Confirm = "confirm",
        /// The employment goes on, or the date is wrong.
        WrongDate = "wrong_date",
        /// It is somebody else's to confirm.
        HandOver = "hand_over",
    }
}

text_enum! {
    /// A question about one device. Its field is named by [`device_field`].
    pub enum DeviceQuestion {
        /// A [`HaveDevice`].
        Have = "have",
        /// When the device is expected (ISO 8601), if it is not back. Optional.
        Expected = "expected",
        /// The last four characters of the serial number, read off the device. Required when it is back.
        Serial = "serial",
        /// A [`crate::mail::words::Condition`].
        Condition = "condition",
        /// A [`RecordsSaved`].
        Records = "records",
        /// A [`YesNo`]: reset, with no account lock.
        Reset = "reset",
        /// A [`YesNo`]: the set-up screen was seen after the wipe.
        Wiped = "wiped",
        /// An [`AccessoriesBack`].
        Accessories = "accessories",
        /// What is missing, in words.
        AccessoriesNote = "accessories_note",
        /// A [`crate::mail::words::SimAnswer`].
        Sim = "sim",
        /// For a move: a [`YesNo`]: it goes along with its holder, or is welcome.
        Along = "along",
        /// For a leave: an [`crate::domain::termination::AbsenceChoice`].
        Plan = "plan",
        /// For a loan: the employment of who borrows it.
        Borrower = "borrower",
        /// For a loan: its last day (ISO 8601).
        Until = "until",
        /// For a leave: where it is kept, in words. Optional.
        Place = "place",
        /// For a leave: a [`YesNo`]: the holder has it again.
        Back = "back",
    }
}

text_enum! {
    /// Whether the receiver has the device.
    pub enum HaveDevice {
        /// It is here.
        Yes = "yes",
        /// Not yet.
        NotYet = "not_yet",
        /// Lost.
        Lost = "lost",
        /// Stolen.
        Stolen = "stolen",
    }
}

text_enum! {
    /// A plain question.
    pub enum YesNo {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
    }
}

text_enum! {
    /// Whether what belongs to work is saved.
    pub enum RecordsSaved {
        /// Yes.
        Yes = "yes",
        /// Not known.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Whether the accessories are back.
    pub enum AccessoriesBack {
        /// All.
        All = "all",
        /// Not all.
        SomeMissing = "some_missing",
    }
}

/// The field of a question about the device at this place of the list, for example `d0_serial`.
pub fn device_field(index: usize, question: DeviceQuestion) -> String {
    format!("d{index}_{question}")
}

/// The field of a [`crate::mail::words::CodeAnswer`], for example `d0_code_sim_pin`.
pub fn code_field(index: usize, kind: CodeKind) -> String {
    format!("d{index}_code_{kind}")
}

/// The field of the code itself, for example `d0_code_sim_pin_value`. Optional, to be sealed, never shown again.
pub fn code_value_field(index: usize, kind: CodeKind) -> String {
    format!("d{index}_code_{kind}{}", super::super::fields::CODE_VALUE_SUFFIX)
}

/// The box that says that the text of a field is to be sent though it may hold a personal identity number; its value
/// is [`YesNo::Yes`]. The page has it only after the warning.
pub fn anyway_field(field: &str) -> String {
    format!("{field}{ANYWAY_SUFFIX}")
}

/// The field of a [`crate::mail::words::NumberDecision`] for the subscription at this place of the list.
pub fn number_field(index: usize) -> String {
    format!("s{index}_number")
}
