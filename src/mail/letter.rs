//! The shape of every mail, and its two layouts: plain text and HTML.
//!
//! Must not hold sentences of a particular mail; those are in `letters`.

use super::format::pick;
use super::receipt::FactGroup;
use super::view::{MailView, RenderedMail, Sender};
use crate::domain::language::Language;
use askama::Template;

/// Longest subject in characters: what fits on one line of a mail header (RFC 5322, section 2.1.1).
const SUBJECT_LIMIT: usize = 78;

/// A part of a letter.
pub(super) enum Block {
    /// Running text.
    Paragraph(String),
    /// The one thing to press.
    Action { label: &'static str, url: String },
    /// Where to read more.
    Link { label: &'static str, url: String },
    /// One group per device or subscription.
    Facts(Vec<FactGroup>),
    /// Steps, in order.
    Numbered { intro: &'static str, items: Vec<String> },
    /// Points, in no order.
    Bulleted { intro: &'static str, items: Vec<String> },
}

impl Block {
    /// Running text that never changes.
    pub(super) fn fixed(text: &str) -> Self {
        Self::Paragraph(text.to_owned())
    }
}

/// A mail before it is laid out.
pub(super) struct Letter {
    /// Subject as wanted.
    pub subject: String,
    /// Subject to use when the wanted one is too long.
    pub short_subject: String,
    /// Heading of the HTML part.
    pub heading: String,
    /// Said before the greeting: that this is a copy.
    pub notice: Option<String>,
    /// The rest.
    pub blocks: Vec<Block>,
}

#[derive(Template)]
#[template(path = "mail.txt", config = "src/mail/askama.toml")]
struct TextPart<'a> {
    letter: &'a Letter,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "mail.html", config = "src/mail/askama.toml")]
struct HtmlPart<'a> {
    letter: &'a Letter,
    subject: &'a str,
    frame: &'a Frame<'a>,
}

/// What surrounds the blocks.
pub(super) struct Frame<'a> {
    lang: &'static str,
    kind: &'static str,
    greeting: String,
    regards: &'static str,
    phone: &'a str,
    tel: String,
    questions: &'static str,
    case_word: &'static str,
    case_number: &'a str,
    sender: &'a Sender,
}

impl<'a> Frame<'a> {
    fn of(view: &'a MailView) -> Self {
        let case = (pick(view.language, "Ärende", "Case"), view.case.number.as_str());
        Self::new(view.language, &view.recipient.first_name, case, &view.sender)
    }

    /// The frame of a mail about `matter`: what kind of thing it is, and its number or name.
    pub(super) fn new(
        language: Language,
        name: &str,
        matter: (&'static str, &'a str),
        sender: &'a Sender,
    ) -> Self {
        Self {
            lang: language.as_str(),
            kind: pick(language, "mejl", "e-mail"),
            greeting: match language {
                Language::Sv => format!("Hej {name}!"),
                Language::En => format!("Hello {name},"),
            },
            regards: pick(language, "Vänliga hälsningar", "Kind regards"),
            phone: sender.phone.show(language),
            tel: sender.phone.tel(),
            questions: pick(
                language,
                "svara på det här mejlet om du har frågor",
                "reply to this message if you have questions",
            ),
            case_word: matter.0,
            case_number: matter.1,
            sender,
        }
    }
}

/// The wanted subject, or the short one, cut to the limit.
fn subject(letter: &Letter) -> String {
    let fits = letter.subject.chars().count() <= SUBJECT_LIMIT;
    let chosen = if fits {
        &letter.subject
    } else {
        &letter.short_subject
    };
    chosen.chars().take(SUBJECT_LIMIT).collect()
}

/// Lays the letter out.
pub(super) fn render(view: &MailView, letter: &Letter) -> Result<RenderedMail, askama::Error> {
    lay_out(&Frame::of(view), letter)
}

/// Lays a letter out in its frame.
pub(super) fn lay_out(frame: &Frame<'_>, letter: &Letter) -> Result<RenderedMail, askama::Error> {
    let subject = subject(letter);
    let text = TextPart { letter, frame }.render()?;
    let html = HtmlPart {
        letter,
        subject: &subject,
        frame,
    }
    .render()?;
    Ok(RenderedMail { subject, text, html })
}
