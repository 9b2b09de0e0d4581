//! What can be wrong with an answer, in words that say what to do.

use crate::domain::language::Language;
use crate::mail::format::pick;
use crate::text_enum;

text_enum! {
    /// What is wrong with a field.
    pub enum ErrorMessage {
        /// No answer about the case.
        AnswerMissing = "answer_missing",
        /// No answer whether the device is back.
        HaveMissing = "have_missing",
        /// No serial number.
        SerialMissing = "serial_missing",
        /// The serial number is another device's.
        SerialMismatch = "serial_mismatch",
        /// No condition.
        ConditionMissing = "condition_missing",
        /// No answer about work material.
        RecordsMissing = "records_missing",
        /// No answer about the reset.
        ResetMissing = "reset_missing",
        /// No answer about the wipe.
        WipedMissing = "wiped_missing",
        /// No answer about the accessories.
        AccessoriesMissing = "accessories_missing",
        /// It is not said which accessory is missing.
        AccessoriesNoteMissing = "accessories_note_missing",
        /// No answer about the SIM card.
        SimMissing = "sim_missing",
        /// No answer about a code.
        CodeMissing = "code_missing",
        /// No decision about the number.
        NumberMissing = "number_missing",
        /// It is not said what becomes of a device during a leave.
        PlanMissing = "plan_missing",
        /// Nobody is named who borrows it.
        BorrowerMissing = "borrower_missing",
        /// No last day of a loan.
        UntilMissing = "until_missing",
        /// The last day of a loan is past, or the holder is back by then.
        UntilUnsuitable = "until_unsuitable",
        /// It is not said whether the holder has it again.
        BackMissing = "back_missing",
        /// It is not said whether a device goes along.
        AlongMissing = "along_missing",
        /// Nobody at the address can take the case over.
        ColleagueUnknown = "colleague_unknown",
        /// Not a date.
        DateInvalid = "date_invalid",
        /// The right last day is the one that is known, or far from it.
        LastDayUnsuitable = "last_day_unsuitable",
        /// Too long.
        TooLong = "too_long",
        /// Has characters that cannot be kept.
        TextInvalid = "text_invalid",
        /// Not one of the choices.
        ChoiceInvalid = "choice_invalid",
        /// Looks like a personal identity number. A warning: the writer may send it anyway.
        LooksSecret = "looks_secret",
        /// The page has been open too long.
        FormExpired = "form_expired",
    }
}

impl ErrorMessage {
    /// What to do about it.
    #[expect(clippy::too_many_lines, reason = "a table: two texts for each")]
    pub const fn text(self, language: Language) -> &'static str {
        let (sv, en) = match self {
            Self::AnswerMissing => ("Välj vad du vill svara", "Choose your answer"),
            Self::HaveMissing => (
                "Svara på om du har fått tillbaka telefonen",
                "Say whether you have the phone back",
            ),
            Self::SerialMissing => (
                "Fyll i de fyra sista tecknen i serienumret",
                "Enter the last four characters of the serial number",
            ),
            Self::SerialMismatch => (
                "Serienumret hör till en annan telefon. Läs av det igen på telefonen du har fått",
                "The serial number belongs to another phone. Read it again on the phone you were given",
            ),
            Self::ConditionMissing => (
                "Välj i vilket skick telefonen är",
                "Choose the condition of the phone",
            ),
            Self::RecordsMissing => (
                "Svara på om arbetsmaterialet är sparat",
                "Say whether work material is saved",
            ),
            Self::ResetMissing => (
                "Svara på om telefonen är återställd",
                "Say whether the phone has been reset",
            ),
            Self::WipedMissing => (
                "Svara på om du har sett startskärmen",
                "Say whether you have seen the set-up screen",
            ),
            Self::AccessoriesMissing => (
                "Svara på om tillbehören är tillbaka",
                "Say whether the accessories are back",
            ),
            Self::AccessoriesNoteMissing => ("Skriv vad som saknas", "Say what is missing"),
            Self::SimMissing => (
                "Välj vad som har hänt med sim-kortet",
                "Choose what became of the SIM card",
            ),
            Self::CodeMissing => ("Svara på om koden behövs", "Say whether the code is needed"),
            Self::NumberMissing => (
                "Välj vad som ska hända med numret",
                "Choose what happens to the number",
            ),
            Self::PlanMissing => (
                "Välj vad som ska hända med telefonen under frånvaron",
                "Choose what happens to the phone during the absence",
            ),
            Self::BorrowerMissing => ("Välj vem som ska låna telefonen", "Choose who borrows the phone"),
            Self::UntilMissing => (
                "Skriv till och med vilken dag telefonen lånas ut",
                "Write the last day of the loan",
            ),
            Self::UntilUnsuitable => (
                "Lånets sista dag ska vara i dag eller senare, och före den dag då innehavaren är åter",
                "The last day of the loan is today or later, and before the day on which the holder is back",
            ),
            Self::BackMissing => (
                "Svara på om innehavaren har fått tillbaka telefonen",
                "Say whether the holder has the phone back",
            ),
            Self::AlongMissing => (
                "Svara på om telefonen följer med",
                "Say whether the phone goes along",
            ),
            Self::ColleagueUnknown => (
                "Ärendet kan inte lämnas över till den adressen. Skriv jobbmejlen till en kollega i samma nämnd eller bolag, eller lämna rutan tom",
                "The case cannot be handed over to that address. Write the work e-mail of a colleague in the same committee or company, or leave it empty",
            ),
            Self::DateInvalid => (
                "Skriv datumet med år, månad och dag, till exempel 2027-03-31",
                "Write the date as year, month and day, for example 2027-03-31",
            ),
            Self::LastDayUnsuitable => (
                "Skriv den rätta sista dagen. Den ska vara en annan än den som står på sidan, och högst tio år ifrån den",
                "Write the right last day. It is another one than the one on this page, and at most ten years from it",
            ),
            Self::TooLong => (
                "Texten är för lång. Korta den",
                "The text is too long. Shorten it",
            ),
            Self::TextInvalid => (
                "Skriv om texten utan tabbar och osynliga tecken",
                "Write the text again without tabs and invisible characters",
            ),
            Self::ChoiceInvalid => ("Välj ett av svaren", "Choose one of the answers"),
            Self::LooksSecret => (
                "Texten ser ut att innehålla ett personnummer. Ta bort det, eller kryssa för att texten ska skickas ändå",
                "The text seems to hold a personal identity number. Remove it, or tick that the text is to be sent anyway",
            ),
            Self::FormExpired => (
                "Sidan var öppen för länge. Kontrollera svaren och skicka igen",
                "The page was open too long. Check the answers and send again",
            ),
        };
        pick(language, sv, en)
    }
}

/// A field that is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the field, as in `answers`.
    pub field: String,
    /// What is wrong with it.
    pub message: ErrorMessage,
}
