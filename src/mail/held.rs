//! A mail that is about no case: a delivery of a source is held, and somebody has to decide.

use super::format::{date_time, pick, say};
use super::letter::{Block, Letter, render_notice};
use super::view::{RenderedMail, Sender};
use crate::domain::language::Language;
use chrono::{DateTime, Utc};

/// Why a delivery is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBecause {
    /// It has far fewer rows than the one before.
    RowDrop {
        /// Rows now.
        rows: i64,
        /// Rows before.
        before: i64,
    },
    /// It ends far more employments than is likely at once.
    NewEnds {
        /// How many.
        ends: i64,
    },
}

/// A held delivery.
#[derive(Clone)]
pub struct HeldSnapshot {
    /// The language of the mail.
    pub language: Language,
    /// Who signs, and who gets it: the service desk.
    pub sender: Sender,
    /// What people call the source.
    pub source: String,
    /// What the source calls the delivery.
    pub name: String,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// Why it is held.
    pub reasons: Vec<HeldBecause>,
    /// Where it can be read.
    pub url: String,
}

/// Writes the mail. The same view gives the same bytes.
///
/// # Errors
/// As [`super::render`].
pub fn render_held(view: &HeldSnapshot) -> Result<RenderedMail, askama::Error> {
    let language = view.language;
    let name = &view.name;
    let reference = say!(language, "Leverans {name}", "Delivery {name}");
    render_notice(language, &view.sender, &reference, &letter(view))
}

fn letter(view: &HeldSnapshot) -> Letter {
    let language = view.language;
    let (source, when) = (&view.source, date_time(language, view.received_at));
    let reasons = view
        .reasons
        .iter()
        .map(|reason| said(language, *reason))
        .collect();
    let subject = pick(
        language,
        "En leverans från personalsystemet väntar på beslut",
        "A delivery from the HR system waits for a decision",
    );
    Letter {
        subject: subject.to_owned(),
        short_subject: subject.to_owned(),
        heading: subject.to_owned(),
        notice: None,
        blocks: vec![
            Block::Paragraph(say!(
                language,
                "Avgör om leveransen från {source}, mottagen {when}, ska användas. Ingenting i den har använts ännu.",
                "Decide whether the delivery from {source}, received {when}, is to be used. Nothing of it has been used yet."
            )),
            Block::Bulleted {
                intro: pick(language, "Den ser fel ut:", "It looks wrong:"),
                items: reasons,
            },
            Block::Numbered {
                intro: pick(language, "Gör så här:", "Do this:"),
                items: vec![
                    pick(
                        language,
                        "Fråga den som sköter personalsystemet om filen är hel och om så många verkligen slutar.",
                        "Ask whoever runs the HR system whether the file is whole and whether so many are really leaving.",
                    )
                    .to_owned(),
                    pick(
                        language,
                        "Är den rätt: godkänn den. Är den fel: avvisa den och be om en ny. Skriv varför.",
                        "If it is right, approve it. If it is wrong, reject it and ask for a new one. Say why.",
                    )
                    .to_owned(),
                ],
            },
            Block::Link {
                label: pick(language, "Leveransen", "The delivery"),
                url: view.url.clone(),
            },
        ],
    }
}

fn said(language: Language, reason: HeldBecause) -> String {
    match reason {
        HeldBecause::RowDrop { rows, before } => say!(
            language,
            "Den har {rows} rader, och den förra hade {before}.",
            "It has {rows} rows, and the one before had {before}."
        ),
        HeldBecause::NewEnds { ends } => say!(
            language,
            "Den avslutar {ends} anställningar som inte hade det slutdatumet förut.",
            "It ends {ends} employments that did not have that end date before."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Phone;

    #[test]
    fn the_mail_says_what_looks_wrong_and_what_to_decide() {
        let view = |language| HeldSnapshot {
            language,
            sender: Sender {
                service_name: "Kundtjänst telefoni".to_owned(),
                municipality: "Exempelkommunen".to_owned(),
                phone: Phone::as_configured("070-174 06 90"),
                reply_to: "telefoni@exempelkommunen.example".to_owned(),
            },
            source: "Personalsystemet".to_owned(),
            name: "2026-11-23".to_owned(),
            received_at: "2026-11-23T01:12:00Z".parse().unwrap(),
            reasons: vec![
                HeldBecause::RowDrop {
                    rows: 412,
                    before: 20_113,
                },
                HeldBecause::NewEnds { ends: 300 },
            ],
            url: "https://handback.example/v1/sources/hr/snapshots/2026-11-23".to_owned(),
        };
        let swedish = render_held(&view(Language::Sv)).unwrap();
        assert_eq!(
            swedish.subject,
            "En leverans från personalsystemet väntar på beslut"
        );
        assert!(swedish.text.starts_with(
            "Hej Kundtjänst telefoni!\n\nAvgör om leveransen från Personalsystemet, mottagen 23 november 2026 kl. 2.12,"
        ));
        let english = render_held(&view(Language::En)).unwrap();
        for said in [
            "- It has 412 rows, and the one before had 20113.",
            "- It ends 300 employments that did not have that end date before.",
            "The delivery: https://handback.example/v1/sources/hr/snapshots/2026-11-23",
            "Delivery 2026-11-23",
        ] {
            assert!(english.text.contains(said), "{said}: {}", english.text);
            assert!(
                english
                    .html
                    .contains(said.trim_start_matches("- ").split(": ").next().unwrap())
            );
        }
    }
}
