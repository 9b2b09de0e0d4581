//! A mail that is about no case: an add-on of a subscription has ended by itself, and whoever ordered it is told.

use super::format::{date, pick, say};
use super::letter::{Block, Letter, render_to};
use super::view::{Phone, RenderedMail, Sender};
use crate::domain::add_on::AddOnKind;
use crate::domain::language::Language;
use chrono::NaiveDate;

/// An add-on that has ended.
#[derive(Clone)]
pub struct EndedAddOn {
    /// The language of the mail.
    pub language: Language,
    /// Who signs.
    pub sender: Sender,
    /// What whoever is told is called in a greeting; empty for somebody whose name is not said.
    pub first_name: String,
    /// What it is.
    pub kind: AddOnKind,
    /// The number of its subscription, if that may be said.
    pub number: Option<Phone>,
    /// Its last day.
    pub last_day: NaiveDate,
}

/// Writes the mail. The same view gives the same bytes.
///
/// # Errors
/// As [`super::render`].
pub fn render_add_on_ended(view: &EndedAddOn) -> Result<RenderedMail, askama::Error> {
    let language = view.language;
    let kind = name(language, view.kind);
    let reference = say!(language, "Tilläggsfunktion {kind}", "Add-on {kind}");
    render_to(
        language,
        &view.sender,
        (&view.first_name, reference),
        &letter(view),
    )
}

fn letter(view: &EndedAddOn) -> Letter {
    let language = view.language;
    let (kind, last_day) = (name(language, view.kind), date(language, view.last_day));
    let on = view.number.as_ref().map_or_else(String::new, |number| {
        let number = number.show(language);
        say!(language, " på {number}", " on {number}")
    });
    let subject = say!(
        language,
        "Tilläggsfunktionen {kind} har upphört",
        "The add-on {kind} has ended"
    );
    Letter {
        short_subject: pick(language, "En tilläggsfunktion har upphört", "An add-on has ended").to_owned(),
        heading: subject.clone(),
        subject,
        notice: None,
        blocks: vec![
            Block::Paragraph(say!(
                language,
                "Tilläggsfunktionen {kind}{on} har upphört. Sista dagen var {last_day}. Du behöver inte göra något.",
                "The add-on {kind}{on} has ended. Its last day was {last_day}. You do not need to do anything."
            )),
            Block::fixed(pick(
                language,
                "Behövs den fortfarande? Svara på det här mejlet, så beställer kundtjänsten den på nytt.",
                "Is it still needed? Reply to this message, and the service desk orders it again.",
            )),
        ],
    }
}

const fn name(language: Language, kind: AddOnKind) -> &'static str {
    match kind {
        AddOnKind::ForeignCalls => pick(language, "utlandssamtal", "foreign calls"),
        AddOnKind::RoamingOutsideEu => pick(language, "roaming utanför EU", "roaming outside the EU"),
        AddOnKind::ExtraData => pick(language, "utökad surf", "extra data"),
        AddOnKind::DataSim => pick(language, "datakort", "data card"),
        AddOnKind::TwinSim => pick(language, "twin-SIM", "twin SIM"),
        AddOnKind::PremiumServices => {
            pick(language, "betalnummer och betal-SMS", "premium numbers and texts")
        }
        AddOnKind::MobileBroadband => pick(language, "mobilt bredband", "mobile broadband"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(language: Language) -> EndedAddOn {
        EndedAddOn {
            language,
            sender: Sender {
                service_name: "Kundtjänst telefoni".to_owned(),
                municipality: "Exempelkommunen".to_owned(),
                phone: Phone::as_configured("070-174 06 90"),
                reply_to: "telefoni@exempelkommunen.example".to_owned(),
            },
            first_name: "Maria".to_owned(),
            kind: AddOnKind::RoamingOutsideEu,
            number: Some(Phone::as_configured("070-174 06 05")),
            last_day: "2027-02-14".parse().unwrap(),
        }
    }

    #[test]
    fn the_mail_says_what_ended_and_when_and_what_to_do_if_it_is_needed() {
        let swedish = render_add_on_ended(&view(Language::Sv)).unwrap();
        assert_eq!(
            swedish.subject,
            "Tilläggsfunktionen roaming utanför EU har upphört"
        );
        assert!(swedish.text.starts_with(
            "Hej Maria!\n\nTilläggsfunktionen roaming utanför EU på 070-174 06 05 har upphört. Sista dagen var 14 februari 2027."
        ), "{}", swedish.text);
        let english = render_add_on_ended(&view(Language::En)).unwrap();
        assert!(
            english.text.contains("roaming outside the EU on ") && english.html.contains("14 February 2027")
        );
        let masked = EndedAddOn {
            number: None,
            ..view(Language::Sv)
        };
        assert!(
            !render_add_on_ended(&masked)
                .unwrap()
                .text
                .contains("070-174 06 05")
        );
    }

    #[test]
    fn every_subject_fits_on_one_line() {
        for kind in AddOnKind::ALL {
            for language in [Language::Sv, Language::En] {
                let mail = render_add_on_ended(&EndedAddOn {
                    kind: *kind,
                    ..view(language)
                });
                assert!(mail.unwrap().subject.contains(name(language, *kind)), "{kind}");
            }
        }
    }
}
