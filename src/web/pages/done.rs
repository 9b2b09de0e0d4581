//! The page after an answer, and when a used link is opened again.

use super::confirm::CaseAnswer;
use super::frame::{Frame, Site};
use super::message::RenewForm;
use crate::domain::language::Language;
use crate::mail::format::{date, date_time, list, pick, say};
use crate::mail::words::Check;
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

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
    /// Whether the answer can be taken back.
    pub undo: Undo,
    /// Whether a new link can be asked for, to answer what remains.
    pub can_renew: bool,
    /// For a leave of which everything is known: the case rests until the holder is back, on this day if it is known.
    pub rests: Option<Option<NaiveDate>>,
    /// The value of the field [`super::confirm::CSRF_FIELD`].
    pub csrf: String,
}

/// Whether an answer can be taken back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// Before this time; whether the box was not ticked just now.
    Until(DateTime<Utc>, bool),
    /// The receipt has left.
    ReceiptSent,
    /// Not here.
    No,
}

/// The part of the page that takes the answer back.
struct UndoForm {
    heading: &'static str,
    text: String,
    error: Option<&'static str>,
    tick: &'static str,
    send: &'static str,
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
    csrf: &'a str,
    wrong: &'static str,
    undo: Option<UndoForm>,
    renew: Option<RenewForm>,
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
        let wrong = pick(language, "Fel", "Error");
        let undo = self.undo_form();
        let has_error = undo.as_ref().is_some_and(|form| form.error.is_some());
        let title = if has_error {
            format!("{wrong}: {heading}")
        } else {
            heading.to_owned()
        };
        Page {
            frame: Frame::new(language, &self.site, title, self.language_switch.as_deref()),
            heading,
            facts: self.facts(),
            next_heading: pick(language, "Det här händer nu", "What happens next"),
            next: self.next(),
            open_heading: pick(language, "Det här återstår", "What remains"),
            open: self.open.iter().map(|item| self.open_line(item)).collect(),
            receipt_url: self.receipt_url.as_deref(),
            show_receipt: pick(language, "Visa kvittensen", "Show the receipt"),
            mistake: self.mistake(),
            csrf: &self.csrf,
            wrong,
            undo,
            renew: self.can_renew.then(|| RenewForm::to_go_on(language)),
        }
        .render()
    }

    fn mistake(&self) -> &'static str {
        match self.undo {
            Undo::Until(..) => pick(
                self.language,
                "Är det något annat som är fel? Ring oss.",
                "Is something else wrong? Call us.",
            ),
            Undo::ReceiptSent => pick(
                self.language,
                "Ärendet är avslutat, så svaret kan inte ångras här. Blev något fel? Ring oss, så rättar vi det.",
                "The case is closed, so the answer cannot be undone here. Was something wrong? Call us and we will correct it.",
            ),
            Undo::No => pick(
                self.language,
                "Blev något fel? Ring oss, så rättar vi det.",
                "Was something wrong? Call us and we will correct it.",
            ),
        }
    }

    fn undo_form(&self) -> Option<UndoForm> {
        let language = self.language;
        let Undo::Until(until, is_unticked) = self.undo else {
            return None;
        };
        let until = date_time(language, until);
        let error = pick(
            language,
            "Markera rutan om du vill ångra svaret",
            "Tick the box if you want to undo the answer",
        );
        Some(UndoForm {
            heading: pick(language, "Svarade du fel?", "Was your answer wrong?"),
            text: say!(
                language,
                "Du kan ångra svaret till {until}. Då gäller det som gällde innan du svarade, och du kan svara på nytt.",
                "You can undo the answer until {until}. Then what applied before you answered applies again, and you can answer anew."
            ),
            error: is_unticked.then_some(error),
            tick: pick(
                language,
                "Ja, jag vill ångra svaret",
                "Yes, I want to undo the answer",
            ),
            send: pick(language, "Ångra svaret", "Undo the answer"),
        })
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let language = self.language;
        let name = &self.recorded_by;
        let answer = match self.answer {
            CaseAnswer::Confirm => pick(language, "Uppgifterna är mottagna", "The information is received"),
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
            CaseAnswer::Confirm if self.rests.is_some() => self.rest(),
            CaseAnswer::Confirm if self.open.is_empty() => pick(
                language,
                "Ärendet är klart. Du får kvittensen i ett mejl.",
                "The case is done. You get the receipt by e-mail.",
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

    /// What follows when nothing is asked before the holder is back.
    fn rest(&self) -> String {
        let language = self.language;
        let until = match self.rests.flatten() {
            Some(day) => {
                let day = date(language, day);
                say!(
                    language,
                    "Ärendet vilar tills innehavaren är åter {day}.",
                    "The case rests until the holder is back on {day}."
                )
            }
            None => pick(
                language,
                "Ärendet vilar tills innehavaren är åter.",
                "The case rests until the holder is back.",
            )
            .to_owned(),
        };
        let then = if self.open.is_empty() {
            pick(
                language,
                "Du behöver inte göra något mer.",
                "You do not need to do anything more.",
            )
        } else {
            pick(
                language,
                "Vi hör av oss innan, när telefonen ska lämnas tillbaka.",
                "We will write before that, when the phone is to be handed back.",
            )
        };
        format!("{until} {then}")
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
