//! Pages with only a message: a link that no longer works, and errors.

use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::mail::format::{date_time, pick, say};
use crate::text_enum;
use askama::Template;
use chrono::{DateTime, Utc};

/// The answer 410 to a link that is expired, used up, replaced or unknown. These look the same, so that
/// nobody can find out which links exist.
#[derive(Clone)]
pub struct GonePage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// The value of the form's csrf field.
    pub csrf: String,
    /// Whether a new link can be asked for.
    pub can_renew: bool,
}

/// The answer to somebody who asked for a new link.
#[derive(Clone)]
pub struct RenewedPage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// What came of it.
    pub outcome: Renewed,
}

/// What came of asking for a new link. Says nothing of who gets it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// It leaves at this time, or has left; at once, where there is none. Said of links that never were, too.
    OnItsWay(Option<DateTime<Utc>>),
    /// The case is closed, or nothing is left to answer.
    NothingToAnswer,
}

/// The part of a page that asks for a new link.
pub(super) struct RenewForm {
    pub heading: &'static str,
    pub text: &'static str,
    pub send: &'static str,
}

impl RenewForm {
    fn for_dead_link(language: Language) -> Self {
        Self {
            heading: pick(language, "Behöver du en ny länk?", "Do you need a new link?"),
            text: pick(
                language,
                "Vi mejlar en ny länk till den som ska svara i ärendet nu. Den går alltid till adressen som vi redan har.",
                "We e-mail a new link to the person who is to answer in the case now. It always goes to the address that we already have.",
            ),
            send: pick(language, "Skicka en ny länk", "Send a new link"),
        }
    }

    pub(super) fn to_go_on(language: Language) -> Self {
        Self {
            heading: pick(
                language,
                "Vill du svara på det som återstår?",
                "Do you want to answer what remains?",
            ),
            ..Self::for_dead_link(language)
        }
    }
}

text_enum! {
    /// What kind of error a page tells about.
    pub enum ErrorKind {
        /// 409: somebody else changed the case, or answered differently.
        Conflict = "conflict",
        /// 409: the answer has had its effect and cannot be taken back here.
        TooLateToUndo = "too_late_to_undo",
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
    paragraphs: Vec<&'a str>,
    call: String,
    reference_word: &'static str,
    reference: Option<&'a str>,
    csrf: &'a str,
    renew: Option<RenewForm>,
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
        let switch = switch(language);
        let frame = Frame::new(language, &self.site, heading, Some(switch));
        Page {
            frame,
            heading,
            paragraphs,
            call,
            reference_word: "",
            reference: None,
            csrf: &self.csrf,
            renew: self.can_renew.then(|| RenewForm::for_dead_link(language)),
        }
        .render()
    }
}

/// The same page in the other language. The address is left out, because all dead links look the same.
const fn switch(language: Language) -> &'static str {
    pick(language, "?lang=en", "?lang=sv")
}

impl RenewedPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        let (heading, text) = match self.outcome {
            Renewed::OnItsWay(_) => (
                pick(language, "En ny länk är på väg", "A new link is on its way"),
                self.when(),
            ),
            Renewed::NothingToAnswer => (
                pick(language, "Ingen ny länk behövs", "No new link is needed"),
                pick(
                    language,
                    "Ärendet är avslutat, eller så är allt som går att svara på redan besvarat. Därför skickar vi ingen länk.",
                    "The case is closed, or everything that could be answered has been answered. So we send no link.",
                )
                .to_owned(),
            ),
        };
        let service = &self.site.service_name;
        let call = match self.outcome {
            Renewed::OnItsWay(_) => say!(
                language,
                "Kommer det inget mejl? Ring {service}:",
                "Does no message come? Call {service}:"
            ),
            Renewed::NothingToAnswer => say!(
                language,
                "Stämmer det inte? Ring {service}:",
                "Is that wrong? Call {service}:"
            ),
        };
        Page {
            frame: Frame::new(language, &self.site, heading, None),
            heading,
            paragraphs: vec![text.as_str()],
            call,
            reference_word: "",
            reference: None,
            csrf: "",
            renew: None,
        }
        .render()
    }

    /// Conditional, so that it tells nothing of a link that never was one.
    fn when(&self) -> String {
        let language = self.language;
        let at = match self.outcome {
            Renewed::OnItsWay(Some(at)) => Some(date_time(language, at)),
            Renewed::OnItsWay(None) | Renewed::NothingToAnswer => None,
        };
        match at {
            Some(at) => say!(
                language,
                "Om ärendet är öppet mejlar vi länken {at} till den som ska svara nu.",
                "If the case is open, we e-mail the link on {at} to the person who is to answer now."
            ),
            None => pick(
                language,
                "Om ärendet är öppet kommer mejlet inom några minuter till den som ska svara nu.",
                "If the case is open, the message reaches the person who is to answer now within a few minutes.",
            )
            .to_owned(),
        }
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
            Self::TooLateToUndo => too_late_to_undo(language),
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

const fn too_late_to_undo(language: Language) -> (&'static str, &'static str) {
    (
        pick(
            language,
            "Svaret kan inte ångras här",
            "The answer cannot be undone here",
        ),
        pick(
            language,
            "Ärendet är avslutat och kvittensen är skickad, eller så har ärendet gått vidare sedan du svarade. Ditt svar gäller. Kundtjänsten kan öppna ärendet igen och rätta det.",
            "The case is closed and the receipt is sent, or the case has moved on since you answered. Your answer stands. The service desk can open the case again and correct it.",
        ),
    )
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
        let call = match self.kind {
            ErrorKind::TooLateToUndo => say!(language, "Ring {service}:", "Call {service}:"),
            ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Refused
            | ErrorKind::NotFound
            | ErrorKind::TooMany
            | ErrorKind::Unavailable
            | ErrorKind::Fault => say!(
                language,
                "Går det ändå inte? Ring {service}:",
                "Still not working? Call {service}:"
            ),
        };
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
            csrf: "",
            renew: None,
        }
        .render()
    }
}
