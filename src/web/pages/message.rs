//! Pages with only a message: a link that no longer works, and errors.

use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::mail::format::{pick, say};
use crate::text_enum;
use askama::Template;

/// The answer 410 to a link that is expired, used up, replaced or unknown. These look the same, so that
/// nobody can find out which links exist.
#[derive(Clone)]
pub struct GonePage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
}

text_enum! {
    /// What kind of error a page tells about.
    pub enum ErrorKind {
        /// 409: somebody else changed the case, or answered differently.
        Conflict = "conflict",
        /// 422: the request cannot be used.
        Invalid = "invalid",
        /// 403: the form did not come from our page, or the page was open too long.
        Refused = "refused",
        /// 404: there is no such page.
        NotFound = "not_found",
        /// 429: too many attempts.
        TooMany = "too_many",
        /// 503: the service cannot answer now.
        Unavailable = "unavailable",
        /// 500: a fault of ours.
        Fault = "fault",
    }
}

/// A page that says what went wrong and what to do.
#[derive(Clone)]
pub struct ErrorPage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// What went wrong.
    pub kind: ErrorKind,
    /// An id that the desk can search the log for.
    pub reference: Option<String>,
}

#[derive(Template)]
#[template(path = "message.html", config = "src/web/pages/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    paragraphs: Vec<&'static str>,
    call: String,
    reference_word: &'static str,
    reference: Option<&'a str>,
}

impl GonePage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        let heading = pick(language, "Länken går inte att använda", "The link cannot be used");
        let paragraphs = vec![
            pick(
                language,
                "Länken har gått ut, har ersatts av en nyare eller blev inte hel när den kopierades.",
                "The link has expired, has been replaced by a newer one, or was not copied whole.",
            ),
            pick(
                language,
                "Har du fått ett senare mejl i samma ärende? Använd länken i det.",
                "Have you had a later message about the same case? Use the link in that one.",
            ),
        ];
        let service = &self.site.service_name;
        let call = say!(
            language,
            "Annars hjälper {service} dig vidare. Ring",
            "Otherwise {service} will help you. Call"
        );
        let frame = Frame::new(language, &self.site, heading, None);
        Page {
            frame,
            heading,
            paragraphs,
            call,
            reference_word: "",
            reference: None,
        }
        .render()
    }
}

impl ErrorKind {
    /// Heading and explanation.
    const fn texts(self, language: Language) -> (&'static str, &'static str) {
        match self {
            Self::Conflict => (
                pick(language, "Ärendet har ändrats", "The case has changed"),
                pick(
                    language,
                    "Någon annan har svarat eller ändrat ärendet medan du hade sidan öppen. Ditt svar är inte sparat. Öppna länken i mejlet igen för att se vad som gäller nu.",
                    "Somebody else answered or changed the case while you had the page open. Your answer is not saved. Open the link in the message again to see what applies now.",
                ),
            ),
            Self::Invalid => (
                pick(
                    language,
                    "Svaret gick inte att läsa",
                    "The answer could not be read",
                ),
                pick(
                    language,
                    "Ditt svar är inte sparat. Öppna länken i mejlet igen och försök på nytt.",
                    "Your answer is not saved. Open the link in the message again and try once more.",
                ),
            ),
            Self::Refused => (
                pick(language, "Svaret togs inte emot", "The answer was not accepted"),
                pick(
                    language,
                    "Sidan kan ha varit öppen för länge. Ditt svar är inte sparat. Öppna länken i mejlet igen och försök på nytt.",
                    "The page may have been open too long. Your answer is not saved. Open the link in the message again and try once more.",
                ),
            ),
            Self::NotFound => (
                pick(language, "Sidan finns inte", "The page does not exist"),
                pick(
                    language,
                    "Kontrollera att hela adressen kom med.",
                    "Check that the whole address is there.",
                ),
            ),
            Self::TooMany => (
                pick(language, "För många försök", "Too many attempts"),
                pick(
                    language,
                    "Vänta några minuter och försök igen.",
                    "Wait a few minutes and try again.",
                ),
            ),
            Self::Unavailable => (
                pick(
                    language,
                    "Tjänsten kan inte svara just nu",
                    "The service cannot answer right now",
                ),
                pick(
                    language,
                    "Ditt svar är inte sparat. Försök igen om några minuter.",
                    "Your answer is not saved. Try again in a few minutes.",
                ),
            ),
            Self::Fault => (
                pick(
                    language,
                    "Något gick fel hos oss",
                    "Something went wrong on our side",
                ),
                pick(
                    language,
                    "Öppna länken i mejlet igen för att se om ditt svar sparades.",
                    "Open the link in the message again to see whether your answer was saved.",
                ),
            ),
        }
    }
}

impl ErrorPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        let (heading, text) = self.kind.texts(language);
        let service = &self.site.service_name;
        let call = say!(
            language,
            "Går det ändå inte? Ring {service}:",
            "Still not working? Call {service}:"
        );
        let frame = Frame::new(language, &self.site, heading, None);
        let reference_word = pick(language, "Uppge referensen", "Quote the reference");
        let reference = self.reference.as_deref();
        Page {
            frame,
            heading,
            paragraphs: vec![text],
            call,
            reference_word,
            reference,
        }
        .render()
    }
}
