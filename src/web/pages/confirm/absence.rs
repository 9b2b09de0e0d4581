//! The questions about a leave: what becomes of the phone meanwhile, and that its holder has it again.

use super::answers::{DeviceQuestion, YesNo};
use super::device::Questions;
use crate::domain::language::Language;
use crate::domain::termination::AbsenceChoice;
use crate::mail::format::{date, pick};
use crate::web::pages::fields::{Field, TextKind};
use chrono::NaiveDate;

/// The leave that the page is about.
#[derive(Clone)]
pub struct AbsenceFacts {
    /// Its first day.
    pub from: NaiveDate,
    /// The first day on which the holder is back, if that is known.
    pub back_on: Option<NaiveDate>,
    /// Who may borrow a device: the value of the field, and the name.
    pub borrowers: Vec<(String, String)>,
}

impl AbsenceFacts {
    /// The rows about it, in place of those about a last day.
    pub(super) fn rows(&self, language: Language) -> Vec<(&'static str, String)> {
        let unknown = pick(language, "Inte känt än", "Not known yet").to_owned();
        let back = self.back_on.map_or(unknown, |day| date(language, day));
        vec![
            (
                pick(language, "Frånvarande från", "Away from"),
                date(language, self.from),
            ),
            (pick(language, "Åter", "Back on"), back),
        ]
    }
}

/// The fixed texts of the page that are others for a leave: heading, and what the answer about a wrong date is called.
pub(super) const fn heading(language: Language) -> &'static str {
    pick(
        language,
        "Telefonen under frånvaron",
        "The phone during the absence",
    )
}

/// What somebody answers whose dates are wrong.
pub(super) const fn wrong_date(language: Language) -> &'static str {
    pick(
        language,
        "Det blir ingen frånvaro, eller datumen är fel",
        "There is no absence, or the dates are wrong",
    )
}

impl Questions<'_> {
    /// What becomes of the phone; nobody to lend it to, no loan to choose.
    pub(super) fn plan(&self, leave: &AbsenceFacts) -> Vec<Field> {
        let language = self.builder.language;
        let can_lend = !leave.borrowers.is_empty();
        let choices = AbsenceChoice::ALL
            .iter()
            .filter(|choice| can_lend || **choice != AbsenceChoice::Lend)
            .map(|choice| (choice.as_str(), label(*choice, language).to_owned()));
        let legend = self.say(
            "Vad ska hända med telefonen under frånvaron?",
            "What should happen to the phone during the absence?",
        );
        let hint = self.say(
            "Om innehavaren behåller den behöver du inte svara på resten om den.",
            "If the holder keeps it you need not answer the rest about it.",
        );
        let group = self.builder.group(
            self.name(DeviceQuestion::Plan),
            legend,
            Some(hint.to_owned()),
            choices,
        );
        let mut fields = vec![Field::Radios(group)];
        if can_lend {
            fields.extend(self.loan(leave));
        }
        fields
    }

    fn loan(&self, leave: &AbsenceFacts) -> [Field; 2] {
        let only = self.say("Bara om den lånas ut.", "Only if it is lent.");
        let borrower = self.builder.group(
            self.name(DeviceQuestion::Borrower),
            self.say("Vem ska låna den?", "Who borrows it?"),
            Some(only.to_owned()),
            leave.borrowers.iter().cloned(),
        );
        let until = self.builder.text(
            self.name(DeviceQuestion::Until),
            TextKind::Date,
            self.say("Till och med vilken dag?", "Until which day?"),
            Some(only),
        );
        [Field::Select(borrower), Field::Text(until)]
    }

    /// What is asked only of a phone that somebody else gets.
    pub(super) fn for_others(&self) -> Field {
        Field::Notice(
            self.say(
                "Svara på resten bara om telefonen lånas ut eller lämnas till lagret. En telefon som innehavaren får tillbaka ska inte rensas.",
                "Answer the rest only if the phone is lent or goes to the stock. A phone that the holder gets back must not be wiped.",
            )
            .to_owned(),
        )
    }

    /// Where it is kept.
    pub(super) fn place(&self) -> Field {
        Field::Text(self.builder.text(
            self.name(DeviceQuestion::Place),
            TextKind::Line,
            self.say("Var förvaras den? (frivilligt)", "Where is it kept? (optional)"),
            Some(self.say("Till exempel ett låst skåp.", "For example a locked cabinet.")),
        ))
    }

    /// Whether its holder has it again.
    pub(super) fn handed_back(&self) -> Field {
        self.radios(
            DeviceQuestion::Back,
            self.say(
                "Har innehavaren fått tillbaka telefonen?",
                "Does the holder have the phone back?",
            ),
            None,
            YesNo::ALL,
            |answer| match answer {
                YesNo::Yes => (answer.as_str(), "Ja", "Yes"),
                YesNo::No => (answer.as_str(), "Nej, inte än", "No, not yet"),
            },
        )
    }
}

const fn label(choice: AbsenceChoice, language: Language) -> &'static str {
    match choice {
        AbsenceChoice::Keep => pick(language, "Innehavaren behåller den", "The holder keeps it"),
        AbsenceChoice::HandIn => pick(
            language,
            "Den lämnas in till mig och sparas till innehavaren",
            "It is handed in to me and put away for the holder",
        ),
        AbsenceChoice::Restock => pick(
            language,
            "Den lämnas in till lagret, och innehavaren får en annan sedan",
            "It is handed in to the stock, and the holder gets another one later",
        ),
        AbsenceChoice::Lend => pick(
            language,
            "Den lånas ut till någon annan i enheten",
            "It is lent to somebody else in the unit",
        ),
    }
}
