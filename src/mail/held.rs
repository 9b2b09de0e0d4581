//! The one mail that is about no case: a delivery of a source is held, and somebody has to decide.

use super::format::{date_time, pick, say};
use super::letter::{Block, Frame, Letter, lay_out};
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
    let matter = (pick(language, "Leverans", "Delivery"), view.name.as_str());
    let frame = Frame::new(language, &view.sender.service_name, matter, &view.sender);
    lay_out(&frame, &letter(view))
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
