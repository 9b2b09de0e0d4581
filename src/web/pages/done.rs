//! The page after an answer, and when a used link is opened again.

use super::confirm::CaseAnswer;
use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::mail::format::{date_time, list, pick, say};
use crate::mail::words::Check;
use askama::Template;
use chrono::{DateTime, Utc};

/// An item with checks that are not settled yet.
#[derive(Clone)]
pub struct OpenItem {
    /// The model or the number.
    pub label: String,
    /// What is not settled.
    pub checks: Vec<Check>,
}

/// The page.
#[derive(Clone)]
pub struct DonePage {
    /// The receiver's language.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// The same page in the other language.
    pub language_switch: Option<String>,
    /// The case number that people quote.
    pub case_number: String,
    /// What was answered.
    pub answer: CaseAnswer,
    /// The name of the person whose link was used.
    pub recorded_by: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Whether the link had been used before and nothing was recorded now.
    pub already_recorded: bool,
    /// To whom the case was handed over.
    pub handed_to: Option<String>,
    /// What is still open. Empty means that the case is complete.
    pub open: Vec<OpenItem>,
    /// Where the receipt is, once there is one.
    pub receipt_url: Option<String>,
}

#[derive(Template)]
#[template(path = "done.html", config = "src/web/pages/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    facts: Vec<(&'static str, String)>,
    next_heading: &'static str,
    next: String,
    open_heading: &'static str,
    open: Vec<String>,
    receipt_url: Option<&'a str>,
    show_receipt: &'static str,
    mistake: &'static str,
}

impl DonePage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        let heading = if self.already_recorded {
            pick(
                language,
                "Svaret är redan registrerat",
                "The answer is already recorded",
            )
        } else {
            pick(
                language,
                "Tack, svaret är registrerat",
                "Thank you, the answer is recorded",
            )
        };
        Page {
            frame: Frame::new(language, &self.site, heading, self.language_switch.as_deref()),
            heading,
            facts: self.facts(),
            next_heading: pick(language, "Det här händer nu", "What happens next"),
            next: self.next(),
            open_heading: pick(language, "Det här återstår", "What remains"),
            open: self.open.iter().map(|item| self.open_line(item)).collect(),
            receipt_url: self.receipt_url.as_deref(),
            show_receipt: pick(language, "Visa kvittensen", "Show the receipt"),
            mistake: pick(
                language,
                "Blev något fel? Ring oss, så rättar vi det.",
                "Was something wrong? Call us and we will correct it.",
            ),
        }
        .render()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let language = self.language;
        let name = &self.recorded_by;
        let answer = match self.answer {
            CaseAnswer::Confirm => pick(language, "Uppgifterna är bekräftade", "The facts are confirmed"),
            CaseAnswer::WrongDate => pick(
                language,
                "Anställningen fortsätter eller datumet är fel",
                "The employment continues or the date is wrong",
            ),
            CaseAnswer::HandOver => pick(language, "Ärendet är överlämnat", "The case is handed over"),
        };
        vec![
            (pick(language, "Ärende", "Case"), self.case_number.clone()),
            (pick(language, "Svar", "Answer"), answer.to_owned()),
            (
                pick(language, "Registrerat av", "Recorded by"),
                say!(
                    language,
                    "Den som hade länken till {name}",
                    "Holder of the link sent to {name}"
                ),
            ),
            (
                pick(language, "Tid", "Time"),
                date_time(language, self.recorded_at),
            ),
        ]
    }

    fn next(&self) -> String {
        let language = self.language;
        match self.answer {
            CaseAnswer::Confirm if self.open.is_empty() => pick(
                language,
                "Ärendet är klart. Kvittensen skickas till dig och till innehavaren.",
                "The case is done. The receipt is sent to you and to the holder.",
            )
            .to_owned(),
            CaseAnswer::Confirm => pick(
                language,
                "Ärendet är inte klart än. Kvittensen kommer när allt i listan är klart.",
                "The case is not done yet. The receipt comes when everything in the list is done.",
            )
            .to_owned(),
            CaseAnswer::WrongDate => {
                let desk = &self.site.service_name;
                say!(
                    language,
                    "{desk} kontrollerar datumet. Du behöver inte göra något mer nu.",
                    "{desk} checks the date. You do not need to do anything more now."
                )
            }
            CaseAnswer::HandOver => {
                let to = self.handed_to.as_ref().unwrap_or(&self.site.service_name);
                say!(
                    language,
                    "{to} tar över ärendet. Du behöver inte göra något mer.",
                    "{to} takes over the case. You do not need to do anything more."
                )
            }
        }
    }

    fn open_line(&self, item: &OpenItem) -> String {
        let names = item
            .checks
            .iter()
            .map(|check| check.text(self.language))
            .collect::<Vec<_>>();
        format!("{}: {}", item.label, list(self.language, &names))
    }
}
