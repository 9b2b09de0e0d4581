//! The shape of every mail, and its two layouts: plain text and HTML.
//!
//! Must not hold sentences of a particular mail; those are in `letters`.

use super::format::{pick, say};
use super::receipt::FactGroup;
use super::view::{MailView, Recipient, RenderedMail, Sender};
use crate::domain::language::Language;
use askama::Template;
use std::borrow::Cow;

/// Longest subject in characters: what fits on one line of a mail header (RFC 5322, section 2.1.1).
const SUBJECT_LIMIT: usize = 78;

/// A part of a letter.
#[derive(Clone)]
pub(super) enum Block {
    /// What the blocks after it are about.
    Heading(String),
    /// One of several cases under such a heading.
    Entry(FactGroup),
    /// Running text.
    Paragraph(String),
    /// The one thing to press.
    Action { label: Cow<'static, str>, url: String },
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
struct Frame<'a> {
    lang: &'static str,
    kind: &'static str,
    greeting: String,
    regards: &'static str,
    phone: &'a str,
    tel: String,
    questions: &'static str,
    /// What it is about, in a few words at the end.
    reference: String,
    sender: &'a Sender,
}

impl<'a> Frame<'a> {
    fn of(view: &'a MailView) -> Self {
        let number = &view.case.number;
        let reference = say!(view.language, "Ärende {number}", "Case {number}");
        Self::new(
            view.language,
            &view.sender,
            (&view.recipient.first_name, reference),
        )
    }

    fn new(language: Language, sender: &'a Sender, (name, reference): (&str, String)) -> Self {
        Self {
            lang: language.as_str(),
            kind: pick(language, "mejl", "e-mail"),
            greeting: match (language, name) {
                (Language::Sv, "") => "Hej!".to_owned(),
                (Language::En, "") => "Hello,".to_owned(),
                (Language::Sv, name) => format!("Hej {name}!"),
                (Language::En, name) => format!("Hello {name},"),
            },
            regards: pick(language, "Vänliga hälsningar", "Kind regards"),
            phone: sender.phone.show(language),
            tel: sender.phone.tel(),
            questions: pick(
                language,
                "svara på det här mejlet om du har frågor",
                "reply to this message if you have questions",
            ),
            reference,
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

/// Lays the letter of a case out.
pub(super) fn render(view: &MailView, letter: &Letter) -> Result<RenderedMail, askama::Error> {
    lay_out(letter, &Frame::of(view))
}

/// Lays a letter out that belongs to no case. It is addressed to whoever signs for the service.
pub(super) fn render_notice(
    language: Language,
    sender: &Sender,
    reference: &str,
    letter: &Letter,
) -> Result<RenderedMail, askama::Error> {
    render_to(
        language,
        sender,
        (&sender.service_name, reference.to_owned()),
        letter,
    )
}

/// The same, addressed to somebody.
pub(super) fn render_to(
    language: Language,
    sender: &Sender,
    (name, reference): (&str, String),
    letter: &Letter,
) -> Result<RenderedMail, askama::Error> {
    lay_out(letter, &Frame::new(language, sender, (name, reference)))
}

/// Lays a letter out that tells of several cases.
pub(super) fn render_digest(
    reader: &Recipient,
    views: &[&MailView],
    letter: &Letter,
) -> Result<RenderedMail, askama::Error> {
    let Some(first) = views.first() else {
        return Err(askama::Error::custom("a digest of nothing"));
    };
    let (language, count) = (first.language, views.len());
    let reference = say!(language, "{count} ärenden", "{count} cases");
    let frame = Frame::new(language, &first.sender, (&reader.first_name, reference));
    lay_out(letter, &frame)
}

fn lay_out(letter: &Letter, frame: &Frame<'_>) -> Result<RenderedMail, askama::Error> {
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
