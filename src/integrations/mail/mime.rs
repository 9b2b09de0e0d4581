//! Renders a message to bytes (RFC 5322, MIME). The same message gives the same bytes, always: nothing here is random
//! and nothing asks the time. Knows no text of its own.

use std::time::SystemTime;

use chrono::{DateTime, Datelike as _, Utc};
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{MultiPart, SinglePart};
use uuid::Uuid;

use super::{OutgoingMail, local_part};
use crate::config::{Mailbox, has_unsafe_characters};
use crate::domain::language::Language;

/// A message before it is rendered.
#[derive(Clone, Debug)]
pub struct Message {
    /// Sender, also where bounces go.
    pub from: Mailbox,
    /// Mailbox for answers, if not the sender.
    pub reply_to: Option<Mailbox>,
    /// Recipients; at least one.
    pub to: Vec<Mailbox>,
    /// Recipients of a copy.
    pub cc: Vec<Mailbox>,
    /// Subject, one line.
    pub subject: String,
    /// The message as plain text.
    pub text: String,
    /// The same message as HTML.
    pub html: String,
    /// The language of subject and message.
    pub language: Language,
    /// Message-ID with its angle brackets, see [`message_id`].
    pub message_id: String,
    /// When the message was written.
    pub date: DateTime<Utc>,
    /// Message-ID of the first mail about the same matter, under which mail programs group this one.
    pub in_reply_to: Option<String>,
    /// What goes along with it, in this order.
    pub attachments: Vec<Attachment>,
}

/// A file that goes along with a mail.
#[derive(Clone)]
pub struct Attachment {
    /// What it is called: letters, digits, hyphens and dots of ASCII.
    pub name: String,
    /// What it is.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What it says stays out of logs.
impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The message cannot be rendered. Names what is wrong with it, not what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailBuildError {
    /// A header would hold a line break, another control character, or one that turns the direction of text.
    #[error("the {0} holds control characters")]
    ControlCharacter(&'static str),
    /// Not a Message-ID.
    #[error("the {0} is not a message identifier")]
    MessageId(&'static str),
    /// An address that the mail library does not take.
    #[error("the {0} is not an address that mail can carry")]
    Address(&'static str),
    /// Nobody to send to.
    #[error("the message has no recipient")]
    NoRecipient,
    /// A file with a name or of a type that a mail cannot carry.
    #[error("an attachment has no usable name or type")]
    Attachment,
    /// A date before 1970 or after 9999.
    #[error("the date cannot be written in a mail")]
    Date,
}

/// The Message-ID of the mail with this id, `<id.handback@domain>`: the same for every try.
pub fn message_id(id: Uuid, domain: &str) -> String {
    format!("<{id}.handback@{domain}>")
}

/// Renders a message: plain text and HTML as alternatives, then what is attached, with the headers that keep
/// out-of-office answers away.
///
/// # Errors
/// [`MailBuildError`].
pub fn build(message: &Message) -> Result<Vec<u8>, MailBuildError> {
    check(message)?;
    let mut builder = lettre::Message::builder()
        .from(mailbox(&message.from, "From")?)
        .date(SystemTime::from(message.date))
        .message_id(Some(message.message_id.clone()));
    for to in &message.to {
        builder = builder.to(mailbox(to, "To")?);
    }
    for cc in &message.cc {
        builder = builder.cc(mailbox(cc, "Cc")?);
    }
    if let Some(reply_to) = &message.reply_to {
        builder = builder.reply_to(mailbox(reply_to, "Reply-To")?);
    }
    if let Some(first) = &message.in_reply_to {
        builder = builder.in_reply_to(first.clone()).references(first.clone());
    }
    let rendered = builder
        .subject(message.subject.as_str())
        .raw_header(header("Content-Language", message.language.as_str()))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply"))
        .multipart(body(message)?)
        .map_err(|_| MailBuildError::Address("From"))?;
    Ok(rendered.formatted())
}

/// Renders a message and addresses it: bounces to the sender, the mail to every recipient.
///
/// # Errors
/// [`MailBuildError`].
pub fn outgoing(message: &Message) -> Result<OutgoingMail, MailBuildError> {
    Ok(OutgoingMail {
        envelope_from: message.from.address().to_owned(),
        envelope_to: message
            .to
            .iter()
            .chain(&message.cc)
            .map(|to| to.address().to_owned())
            .collect(),
        raw: build(message)?,
        message_id: message.message_id.clone(),
    })
}

fn check(message: &Message) -> Result<(), MailBuildError> {
    if message.to.is_empty() {
        return Err(MailBuildError::NoRecipient);
    }
    if has_unsafe_characters(&message.subject) {
        return Err(MailBuildError::ControlCharacter("Subject"));
    }
    let ids = [
        ("Message-ID", Some(&message.message_id)),
        ("In-Reply-To", message.in_reply_to.as_ref()),
    ];
    if let Some((name, _)) = ids.iter().find(|(_, id)| id.is_some_and(|id| !is_message_id(id))) {
        return Err(MailBuildError::MessageId(name));
    }
    // Outside these years the library that writes the date panics.
    if (1970..=9999).contains(&message.date.year()) {
        Ok(())
    } else {
        Err(MailBuildError::Date)
    }
}

/// `msg-id` of RFC 5322 §3.6.4 in its plain form, short enough for one line.
fn is_message_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '(' | ')' | '"' | '\\' | ',');
    let inner = id
        .strip_prefix('<')
        .and_then(|id| id.strip_suffix('>'))
        .unwrap_or("");
    let two_parts = inner
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    two_parts && inner.chars().all(plain) && id.len() <= 250
}

fn mailbox(mailbox: &Mailbox, header: &'static str) -> Result<lettre::message::Mailbox, MailBuildError> {
    let address = mailbox
        .address()
        .parse()
        .map_err(|_| MailBuildError::Address(header))?;
    Ok(lettre::message::Mailbox::new(
        mailbox.name().map(str::to_owned),
        address,
    ))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The alternatives alone, or with the attachments after them.
fn body(message: &Message) -> Result<MultiPart, MailBuildError> {
    let id = &message.message_id;
    if message.attachments.is_empty() {
        return Ok(alternatives(message, &boundary(id, "")));
    }
    let text = alternatives(message, &boundary(id, ".a."));
    let mut mixed = MultiPart::mixed().boundary(boundary(id, ".m.")).multipart(text);
    for attachment in &message.attachments {
        mixed = mixed.singlepart(attached(attachment)?);
    }
    Ok(mixed)
}

/// Base64 whatever the content, so that no gateway changes a byte of it.
fn attached(attachment: &Attachment) -> Result<SinglePart, MailBuildError> {
    let name = &attachment.name;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(MailBuildError::Attachment);
    }
    let media_type = ContentType::parse(attachment.media_type).map_err(|_| MailBuildError::Attachment)?;
    Ok(SinglePart::builder()
        .header(media_type)
        .header(ContentDisposition::attachment(name))
        .header(ContentTransferEncoding::Base64)
        .body(attachment.bytes.clone()))
}

fn alternatives(message: &Message, boundary: &str) -> MultiPart {
    MultiPart::alternative()
        .boundary(boundary)
        .singlepart(part(ContentType::TEXT_PLAIN, &message.text))
        .singlepart(part(ContentType::TEXT_HTML, &message.html))
}

/// Quoted-printable whatever the text: always ASCII, never a long line, and never the `=_` that a boundary starts with.
fn part(content_type: ContentType, body: &str) -> SinglePart {
    let lines = body
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n");
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(lines)
}

/// Follows from the Message-ID, and cannot occur in a quoted-printable or base64 part (RFC 2045 §6.7). Of two marks of
/// the same length neither boundary begins with the other, which would end the outer part (RFC 2046 §5.1.2).
fn boundary(message_id: &str, mark: &str) -> String {
    let local = local_part(message_id).unwrap_or("");
    let plain: String = local
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(50)
        .collect();
    format!("=_{mark}{plain}")
}

#[cfg(test)]
mod tests {
    use mailparse::MailHeaderMap as _;

    use super::*;

    fn message() -> Message {
        Message {
            from: "Handback, telefoni <handback@exempelkommunen.example>"
                .parse()
                .unwrap(),
            reply_to: Some("telefoni@exempelkommunen.example".parse().unwrap()),
            to: vec!["Åsa Öberg <asa.oberg@exempelkommunen.example>".parse().unwrap()],
            cc: vec!["desk@exempelkommunen.example".parse().unwrap()],
            subject: "Påminnelse 2 av 3: mobil att lämna tillbaka, ärende 2025-0042, senast fredag"
                .to_owned(),
            text: "Hej!\n\nLämna mobilen.\r\n.\r\nMAIL FROM:<x@y>\rslut".to_owned(),
            html: "<p>Lämna mobilen.</p>".to_owned(),
            language: Language::Sv,
            message_id: message_id(Uuid::from_u128(7), "exempelkommunen.example"),
            date: DateTime::from_timestamp(1_766_649_600, 0).unwrap(),
            in_reply_to: Some("<first.handback@exempelkommunen.example>".to_owned()),
            attachments: Vec::new(),
        }
    }

    /// Bytes of every value, and more of them than a line takes.
    fn bytes() -> Vec<u8> {
        (0..=255).cycle().take(1_000).collect()
    }

    fn with_attachments() -> Message {
        let attachment = |name: &str, media_type, bytes| Attachment {
            name: name.to_owned(),
            media_type,
            bytes,
        };
        Message {
            attachments: vec![
                attachment(
                    "aterlamning.ics",
                    "text/calendar; charset=utf-8; method=PUBLISH",
                    "å\r\n".into(),
                ),
                attachment("kvittens-HB-1.pdf", "application/pdf", bytes()),
            ],
            ..message()
        }
    }

    /// The parts as a tree, with their types and names.
    fn tree(part: &mailparse::ParsedMail<'_>, depth: usize) -> String {
        let disposition = part.get_content_disposition();
        let name = disposition.params.get("filename").cloned().unwrap_or_default();
        let boundary = part.ctype.params.get("boundary").cloned().unwrap_or_default();
        let inner: String = part.subparts.iter().map(|part| tree(part, depth + 1)).collect();
        let line = format!("{} {boundary}{name}", part.ctype.mimetype);
        format!("{}{}\n{inner}", "  ".repeat(depth), line.trim_end())
    }

    #[test]
    fn attachments_come_after_the_message_and_arrive_byte_for_byte() {
        let raw = build(&with_attachments()).unwrap();
        assert!(raw.is_ascii() && raw.split(|&b| b == b'\n').all(|line| line.len() <= 998));
        assert_eq!(raw, build(&with_attachments()).unwrap());
        let parsed = mailparse::parse_mail(&raw).unwrap();
        insta::assert_snapshot!(tree(&parsed, 0), @r#"
        multipart/mixed =_.m.00000000000000000000000000000007handback
          multipart/alternative =_.a.00000000000000000000000000000007handback
            text/plain
            text/html
          text/calendar aterlamning.ics
          application/pdf kvittens-HB-1.pdf
        "#);
        assert_eq!(parsed.subparts[1].get_body().unwrap(), "å\r\n");
        assert_eq!(parsed.subparts[1].ctype.params["method"], "PUBLISH");
        assert_eq!(parsed.subparts[2].get_body_raw().unwrap(), bytes());
    }

    #[test]
    fn no_boundary_begins_with_another_and_none_is_in_a_part() {
        let raw = String::from_utf8(build(&with_attachments()).unwrap()).unwrap();
        let boundaries = [".a.", ".m."].map(|mark| boundary(&message().message_id, mark));
        for (one, other) in [(0, 1), (1, 0)] {
            assert!(!boundaries[one].starts_with(&boundaries[other]));
        }
        // Declared once; then before each part and after the last one.
        assert_eq!(raw.matches(&boundaries[0]).count(), 1 + 3);
        assert_eq!(raw.matches(&boundaries[1]).count(), 1 + 4);
        assert!(boundaries.iter().all(|boundary| boundary.len() <= 70));
    }

    #[test]
    fn a_name_that_could_leave_its_header_or_its_folder_is_refused() {
        for bad in ["", "a\r\nBcc: x@y.example", "../a.pdf", "a\"b.pdf", "å.pdf"] {
            let mut message = with_attachments();
            message.attachments[0].name = bad.to_owned();
            assert_eq!(build(&message), Err(MailBuildError::Attachment), "{bad:?}");
        }
    }

    #[test]
    fn the_same_message_gives_the_same_bytes() {
        assert_eq!(build(&message()).unwrap(), build(&message()).unwrap());
    }

    #[test]
    fn a_rendered_message_reads_back_with_exactly_the_expected_headers() {
        let raw = build(&message()).unwrap();
        assert!(raw.is_ascii() && raw.split(|&b| b == b'\n').all(|line| line.len() <= 998));
        let parsed = mailparse::parse_mail(&raw).unwrap();
        let headers: Vec<String> = parsed
            .headers
            .iter()
            .map(|h| format!("{}: {}", h.get_key(), h.get_value()))
            .collect();
        insta::assert_snapshot!(headers.join("\n"), @r#"
        From: Handback, telefoni <handback@exempelkommunen.example>
        Date: Thu, 25 Dec 2025 08:00:00 +0000
        Message-ID: <00000000-0000-0000-0000-000000000007.handback@exempelkommunen.example>
        To: Åsa Öberg <asa.oberg@exempelkommunen.example>
        Cc: desk@exempelkommunen.example
        Reply-To: telefoni@exempelkommunen.example
        In-Reply-To: <first.handback@exempelkommunen.example>
        References: <first.handback@exempelkommunen.example>
        Subject: Påminnelse 2 av 3: mobil att lämna tillbaka, ärende 2025-0042, senast fredag
        Content-Language: sv
        Auto-Submitted: auto-generated
        X-Auto-Response-Suppress: OOF, AutoReply
        MIME-Version: 1.0
        Content-Type: multipart/alternative; boundary="=_00000000000000000000000000000007handback"
        "#);
        let bodies: Vec<String> = parsed
            .subparts
            .iter()
            .map(|part| part.get_body().unwrap())
            .collect();
        assert_eq!(
            bodies[0].trim_end(),
            "Hej!\r\n\r\nLämna mobilen.\r\n.\r\nMAIL FROM:<x@y>\r\nslut"
        );
        assert_eq!(bodies[1].trim_end(), "<p>Lämna mobilen.</p>");
        let types: Vec<_> = parsed
            .subparts
            .iter()
            .map(|part| part.ctype.mimetype.as_str())
            .collect();
        assert_eq!(types, ["text/plain", "text/html"]);
        assert_eq!(parsed.headers.get_first_value("Subject"), Some(message().subject));
    }

    #[test]
    fn nothing_enters_a_header_that_could_end_it() {
        for bad in [
            "x\r\nBcc: a@b.example",
            "x\ny",
            "x\u{0}",
            "x\u{85}",
            "x\u{2028}y",
            "x\u{202e}y",
            "x\u{2066}y",
        ] {
            let subject = Message {
                subject: bad.to_owned(),
                ..message()
            };
            assert_eq!(
                build(&subject),
                Err(MailBuildError::ControlCharacter("Subject")),
                "{bad:?}"
            );
            let id = Message {
                message_id: format!("<{bad}@x>"),
                ..message()
            };
            assert_eq!(
                build(&id),
                Err(MailBuildError::MessageId("Message-ID")),
                "{bad:?}"
            );
            let first = Message {
                in_reply_to: Some(format!("<a@{bad}>")),
                ..message()
            };
            assert_eq!(
                build(&first),
                Err(MailBuildError::MessageId("In-Reply-To")),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_message_without_recipient_or_with_an_impossible_date_is_refused() {
        assert_eq!(
            build(&Message {
                to: vec![],
                ..message()
            }),
            Err(MailBuildError::NoRecipient)
        );
        for date in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert_eq!(build(&Message { date, ..message() }), Err(MailBuildError::Date));
        }
    }
}
