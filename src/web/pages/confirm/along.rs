//! The question about a phone whose holder moves.

use super::answers::{DeviceQuestion, YesNo};
use super::device::Questions;
use crate::domain::language::Language;
use crate::mail::format::pick;
use crate::web::pages::fields::Field;

/// What is asked about a device of a move.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AlongQuestion {
    /// Whether it goes along or is handed back.
    Propose,
    /// Whether it is welcome where its holder goes on.
    Accept,
    /// Nothing: both legal entities decide with the service desk.
    Elsewhere,
}

/// The heading of the page on which somebody is asked to take a phone over.
pub(super) const fn heading(language: Language) -> &'static str {
    pick(language, "Får telefonen följa med?", "May the phone come along?")
}

impl Questions<'_> {
    /// The question, or how to go on without one.
    pub(super) fn along(&self, question: AlongQuestion) -> Field {
        match question {
            AlongQuestion::Propose => self.propose(),
            AlongQuestion::Accept => self.accept(),
            AlongQuestion::Elsewhere => Field::Notice(
                self.say(
                    "Innehavaren går vidare till ett annat bolag eller en annan nämnd. Då lämnas telefonen tillbaka. Ska den ändå följa med? Ring oss: båda sidor behöver godkänna det.",
                    "The holder moves on to another company or authority, so the phone is handed back. Should it go along all the same? Call us: both sides have to approve.",
                )
                .to_owned(),
            ),
        }
    }

    fn propose(&self) -> Field {
        let hint = self.say(
            "Följer den med frågar vi den nya chefen, och du behöver inte svara på resten om den. Ska den inte följa med? Ta emot den och svara på resten.",
            "If it goes along we ask the new manager, and you need not answer the rest about it. If not, take it back and answer the rest.",
        );
        self.radios(
            DeviceQuestion::Along,
            self.say(
                "Följer telefonen med till det nya uppdraget?",
                "Does the phone go along to the new work?",
            ),
            Some(hint.to_owned()),
            YesNo::ALL,
            |answer| match answer {
                YesNo::Yes => (answer.as_str(), "Ja, den följer med", "Yes, it goes along"),
                YesNo::No => (
                    answer.as_str(),
                    "Nej, den lämnas tillbaka hit",
                    "No, it is handed back here",
                ),
            },
        )
    }

    fn accept(&self) -> Field {
        let hint = self.say(
            "Den tidigare chefen säger att den kan följa med. Ingenting rensas. Svarar du nej lämnas den tillbaka dit.",
            "The former manager says that it can go along. Nothing is wiped. If you say no, it is handed back there.",
        );
        self.radios(
            DeviceQuestion::Along,
            self.say(
                "Får telefonen följa med till dig?",
                "May the phone come along to you?",
            ),
            Some(hint.to_owned()),
            YesNo::ALL,
            |answer| match answer {
                YesNo::Yes => (
                    answer.as_str(),
                    "Ja, jag tar över ansvaret för den",
                    "Yes, I take it over",
                ),
                YesNo::No => (answer.as_str(), "Nej", "No"),
            },
        )
    }
}
