//! The mailbox of the demonstration: mails that were written but not sent anywhere.

use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::mail::format::{date_time, pick};
use askama::Template;
use chrono::{DateTime, Utc};

/// One captured mail in the list.
#[derive(Clone)]
pub struct MailboxRow {
    /// Its page.
    pub url: String,
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// The list of captured mails.
#[derive(Clone)]
pub struct MailboxPage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// Whether mail leaves in the sending hours only.
    pub has_sending_hours: bool,
    /// Newest first.
    pub mails: Vec<MailboxRow>,
}

/// One captured mail.
#[derive(Clone)]
pub struct MailPage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// The list.
    pub back_url: String,
    /// Subject.
    pub subject: String,
    /// The language of the mail.
    pub mail_language: Language,
    /// Headers, decoded, in order.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// Where the HTML part is served. It has inline styles: serve it with a policy of its own.
    pub html_src: Option<String>,
}

/// A row as it is shown.
struct Row<'a> {
    url: &'a str,
    to: &'a str,
    subject: &'a str,
    at: String,
}

#[derive(Template)]
#[template(path = "mailbox.html", config = "src/web/pages/askama.toml")]
struct List<'a> {
    frame: Frame<'a>,
    intro: &'static str,
    empty: &'static str,
    to: &'static str,
    mails: Vec<Row<'a>>,
}

/// A stretch of text, which may be a link as a whole.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    text: &'a str,
    link: bool,
}

#[derive(Template)]
#[template(path = "mail.html", config = "src/web/pages/askama.toml")]
struct Single<'a> {
    frame: Frame<'a>,
    back: &'static str,
    back_url: &'a str,
    heading: &'a str,
    headers: &'a [(String, String)],
    text_heading: &'static str,
    mail_lang: &'static str,
    pieces: Vec<Piece<'a>>,
    html_heading: &'static str,
    html_hint: &'static str,
    html_src: Option<&'a str>,
}

impl MailboxPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        let mails = self.mails.iter().map(|mail| Row {
            url: &mail.url,
            to: &mail.to,
            subject: &mail.subject,
            at: date_time(language, mail.at),
        });
        List {
            frame: Frame::new(language, &self.site, pick(language, "Brevlåda", "Mailbox"), None),
            intro: match self.has_sending_hours {
                true => pick(
                    language,
                    "Det här är en demonstration. Mejlen har inte skickats till någon. Nya mejl kommer på arbetsdagar mellan \
                     klockan 8 och 16.",
                    "This is a demonstration. The mails were not sent to anybody. New mails come on working days between \
                     8:00 and 16:00.",
                ),
                false => pick(
                    language,
                    "Det här är en demonstration. Mejlen har inte skickats till någon.",
                    "This is a demonstration. The mails were not sent to anybody.",
                ),
            },
            empty: pick(language, "Inga mejl än.", "No mails yet."),
            to: pick(language, "Till", "To"),
            mails: mails.collect(),
        }
        .render()
    }
}

impl MailPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        Single {
            frame: Frame::new(language, &self.site, self.subject.as_str(), None),
            back: pick(language, "Till brevlådan", "To the mailbox"),
            back_url: &self.back_url,
            heading: &self.subject,
            headers: &self.headers,
            text_heading: pick(language, "Textdelen", "The text part"),
            mail_lang: self.mail_language.as_str(),
            pieces: pieces(&self.text),
            html_heading: pick(language, "HTML-delen", "The HTML part"),
            html_hint: pick(
                language,
                "Visas i en låst ram. Använd länken i textdelen.",
                "Shown in a locked frame. Use the link in the text part.",
            ),
            html_src: self.html_src.as_deref(),
        }
        .render()
    }
}

/// Cuts the text so that each web address is a piece of its own.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let (before, from) = rest.split_at(start);
        let end = from.find(char::is_whitespace).unwrap_or(from.len());
        let (address, after) = from.split_at(end);
        let address = address.trim_end_matches(['.', ',', ')', ';']);
        pieces.push(Piece {
            text: before,
            link: false,
        });
        pieces.push(Piece {
            text: address,
            link: true,
        });
        rest = from.get(address.len()..).unwrap_or(after);
    }
    pieces.push(Piece {
        text: rest,
        link: false,
    });
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_a_text_becomes_a_link_without_the_stop_that_follows_it() {
        let found = pieces("Se http://a.example/c/x_1-2.\nOch https://b.example/ nu javascript:alert(1)");
        let links: Vec<_> = found
            .iter()
            .filter(|piece| piece.link)
            .map(|piece| piece.text)
            .collect();
        assert_eq!(links, ["http://a.example/c/x_1-2", "https://b.example/"]);
        let whole: String = found.iter().map(|piece| piece.text).collect();
        assert!(
            whole.ends_with(" nu javascript:alert(1)") && whole.starts_with("Se http://a.example/c/x_1-2.\n")
        );
    }
}
