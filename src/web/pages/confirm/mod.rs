//! The page behind an action link, where the receiver answers for a case (`/c/{token}`).
//!
//! Nothing is preselected, so that a program that presses the only button changes nothing. Only open
//! questions are asked. The service's handler decides what is required; this page shows what it found.

mod absence;
mod along;
mod answers;
mod device;
mod errors;
mod number;

pub use super::fields::Entered;
pub use absence::AbsenceFacts;
pub use along::AlongQuestion;
pub use answers::{
    ANSWER_FIELD, ANYWAY_SUFFIX, AccessoriesBack, COLLEAGUE_FIELD, CSRF_FIELD, CaseAnswer, DeviceQuestion,
    HaveDevice, MESSAGE_FIELD, NEW_LAST_DAY_FIELD, RecordsSaved, YesNo, anyway_field, code_field,
    code_value_field, device_field, number_field,
};
pub use errors::{ErrorMessage, FieldError};
pub use number::SubscriptionItem;

use super::fields::{Builder, Field, Section, ShownError, TextKind};
use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::mail::format::{date, date_time, list, pick, say};
use crate::mail::words::{Check, CodeAnswer, CodeKind};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

/// A device to answer for. Its place in the list makes the names of its fields.
#[derive(Clone)]
pub struct DeviceItem {
    /// Maker's model name.
    pub model: String,
    /// The last four characters of the serial number.
    pub serial_last4: String,
    /// Accessories that were handed out with it.
    pub accessories: Vec<String>,
    /// Checks to ask for. `LocksCleared` is asked for together with `Reset`, and `Number` and `Directory`
    /// are not about a device.
    pub open: Vec<Check>,
    /// Checks that are settled, to be shown as such.
    pub done: Vec<Check>,
    /// Whether a preservation hold forbids resetting and wiping: then neither is asked for.
    pub hold: bool,
    /// What is asked about its going along with a holder who moves.
    pub along: Option<AlongQuestion>,
    /// The open checks that the holder says are done.
    pub declared: Vec<Check>,
    /// What the holder says about each kind of code.
    pub codes_said: Vec<(CodeKind, CodeAnswer)>,
}

/// The page.
#[derive(Clone)]
pub struct ConfirmPage {
    /// The receiver's language.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// The same page in the other language.
    pub language_switch: Option<String>,
    /// Where the form is posted.
    pub action: String,
    /// The value of [`CSRF_FIELD`].
    pub csrf: String,
    /// The case number that people quote.
    pub case_number: String,
    /// Who hands in. `None` for a protected identity.
    pub holder_name: Option<String>,
    /// The last day of the employment or mandate, inclusive.
    pub last_day: NaiveDate,
    /// Last day for the holder to hand in.
    pub return_by: NaiveDate,
    /// Who takes over when the receiver hands the case over.
    pub coordinator: Option<String>,
    /// When an earlier answer was taken back.
    pub undone_at: Option<DateTime<Utc>>,
    /// Devices.
    pub devices: Vec<DeviceItem>,
    /// Subscriptions.
    pub subscriptions: Vec<SubscriptionItem>,
    /// The leave, for a case about one.
    pub absence: Option<AbsenceFacts>,
    /// What was entered before, when the answer was not accepted.
    pub entered: Entered,
    /// What was wrong with it, in the order of the page.
    pub errors: Vec<FieldError>,
}

/// The fixed texts of the page.
struct Texts {
    errors: &'static str,
    heading: &'static str,
    intro: &'static str,
    recorded: &'static str,
    send: &'static str,
}

#[derive(Template)]
#[template(path = "confirm.html", config = "src/web/pages/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    texts: Texts,
    wrong: &'static str,
    choose: &'static str,
    errors: &'a [ShownError],
    undone: Option<String>,
    facts: Vec<(&'static str, String)>,
    action: &'a str,
    csrf: &'a str,
    sections: Vec<Section>,
}

impl ConfirmPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        let mut texts = texts(language);
        if self.absence.is_some() {
            texts.heading = absence::heading(language);
        }
        if self
            .devices
            .iter()
            .any(|device| device.along == Some(AlongQuestion::Accept))
        {
            texts.heading = along::heading(language);
        }
        let wrong = pick(language, "Fel", "Error");
        let errors = self.shown_errors();
        let title = if errors.is_empty() {
            texts.heading.to_owned()
        } else {
            format!("{wrong}: {}", texts.heading)
        };
        let builder = Builder {
            language,
            entered: &self.entered,
            errors: &errors,
        };
        Page {
            frame: Frame::new(language, &self.site, title, self.language_switch.as_deref()),
            texts,
            wrong,
            choose: pick(language, "Välj", "Choose"),
            errors: &errors,
            undone: self.undone(),
            facts: self.facts(),
            action: &self.action,
            csrf: &self.csrf,
            sections: self.sections(&builder),
        }
        .render()
    }

    fn undone(&self) -> Option<String> {
        let at = date_time(self.language, self.undone_at?);
        Some(say!(
            self.language,
            "Svaret ångrades {at}. Det gäller inte längre. Du kan svara på nytt här.",
            "The answer was undone {at}. It no longer applies. You can answer anew here."
        ))
    }

    /// The errors in words; with several items each says which one it is about.
    fn shown_errors(&self) -> Vec<ShownError> {
        let several = self.devices.len() + self.subscriptions.len() > 1;
        let shown = self.errors.iter().map(|error| {
            let text = error.message.text(self.language);
            let about = self.item_of(&error.field).filter(|_| several);
            let text = about.map_or_else(|| text.to_owned(), |item| format!("{text} ({item})"));
            ShownError {
                field: error.field.clone(),
                text,
                may_be_sent_anyway: error.message == ErrorMessage::LooksSecret,
            }
        });
        shown.collect()
    }

    /// The item that a field belongs to, by the prefix of its name.
    fn item_of(&self, field: &str) -> Option<String> {
        let (item, _) = field.split_once('_')?;
        if let Some(index) = item.strip_prefix('d') {
            return self
                .devices
                .get(index.parse::<usize>().ok()?)
                .map(|device| device.model.clone());
        }
        let index = item.strip_prefix('s')?.parse::<usize>().ok()?;
        self.subscriptions
            .get(index)
            .map(|subscription| subscription.number.show(self.language).to_owned())
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let language = self.language;
        let mut facts = vec![(pick(language, "Ärende", "Case"), self.case_number.clone())];
        if let Some(name) = &self.holder_name {
            facts.push((pick(language, "Innehavare", "Holder"), name.clone()));
        }
        match &self.absence {
            Some(leave) => facts.extend(leave.rows(language)),
            None => facts.push((
                pick(language, "Sista dag", "Last day"),
                date(language, self.last_day),
            )),
        }
        facts.push((
            pick(language, "Lämnas in senast", "Hand in by"),
            date(language, self.return_by),
        ));
        for device in &self.devices {
            let (model, last4) = (&device.model, &device.serial_last4);
            let text = say!(
                language,
                "{model}, serienummer slutar på {last4}",
                "{model}, serial number ends in {last4}"
            );
            facts.push((pick(language, "Telefon", "Phone"), text));
        }
        for subscription in &self.subscriptions {
            let number = subscription.number.show(language).to_owned();
            facts.push((pick(language, "Abonnemang", "Subscription"), number));
        }
        facts
    }

    fn sections(&self, builder: &Builder<'_>) -> Vec<Section> {
        let mut sections = vec![self.answer(builder)];
        for (index, item) in self.devices.iter().enumerate() {
            let about = (self.devices.as_slice(), self.absence.as_ref());
            sections.push(device::section(builder, about, index, item));
        }
        for (index, item) in self.subscriptions.iter().enumerate() {
            sections.push(number::section(builder, index, item));
        }
        sections.push(message(builder));
        sections
    }

    fn answer(&self, builder: &Builder<'_>) -> Section {
        let language = self.language;
        let hint = pick(
            language,
            "Väljer du något av de två sista behöver du inte fylla i resten.",
            "If you choose one of the last two you do not need to fill in the rest.",
        );
        let choices = CaseAnswer::ALL
            .iter()
            .map(|answer| (answer.as_str(), self.answer_label(*answer)));
        let legend = pick(language, "Vad vill du svara?", "What is your answer?");
        let group = builder.group(ANSWER_FIELD.to_owned(), legend, Some(hint.to_owned()), choices);
        let new_last_day = builder.text(
            NEW_LAST_DAY_FIELD.to_owned(),
            TextKind::Date,
            match self.absence {
                Some(_) => pick(
                    language,
                    "Rätt dag att vara åter, om du vet den",
                    "The right day to be back, if you know it",
                ),
                None => pick(
                    language,
                    "Rätt sista dag, om du vet den",
                    "The right last day, if you know it",
                ),
            },
            Some(pick(
                language,
                "Bara om datumet är fel.",
                "Only if the date is wrong.",
            )),
        );
        let to = self.takes_over();
        let colleague = builder.text(
            COLLEAGUE_FIELD.to_owned(),
            TextKind::Line,
            pick(
                language,
                "Jobbmejl till en kollega som tar över",
                "Work e-mail of a colleague who takes over",
            ),
            Some(say!(
                language,
                "Bara om du lämnar över. Lämnar du rutan tom går ärendet till {to}.",
                "Only if you hand over. If you leave this empty the case goes to {to}."
            )),
        );
        Section {
            heading: pick(language, "Ditt svar", "Your answer").to_owned(),
            done: None,
            said: Vec::new(),
            fields: vec![
                Field::Radios(group),
                Field::Text(new_last_day),
                Field::Text(colleague),
            ],
        }
    }

    fn takes_over(&self) -> &str {
        let to = self.coordinator.as_deref();
        to.unwrap_or_else(|| pick(self.language, "telefoniansvarig", "the coordinator"))
    }

    fn answer_label(&self, answer: CaseAnswer) -> String {
        let language = self.language;
        match answer {
            CaseAnswer::Confirm => {
                say!(
                    language,
                    "Jag bekräftar det jag fyller i nedan",
                    "I confirm what I fill in below"
                )
            }
            CaseAnswer::WrongDate if self.absence.is_some() => absence::wrong_date(language).to_owned(),
            CaseAnswer::WrongDate => say!(
                language,
                "Anställningen fortsätter eller datumet är fel",
                "The employment continues or the date is wrong"
            ),
            CaseAnswer::HandOver => say!(
                language,
                "Det här är inte min medarbetare, eller jag vill lämna över",
                "This is not my employee, or I want to hand over"
            ),
        }
    }
}

fn texts(language: Language) -> Texts {
    Texts {
        errors: pick(
            language,
            "Något behöver rättas",
            "Something needs to be corrected",
        ),
        heading: pick(language, "Bekräfta återlämning", "Confirm the return"),
        intro: pick(
            language,
            "Svara på frågorna och skicka. Inget sparas förrän du skickar.",
            "Answer the questions and send. Nothing is saved until you send.",
        ),
        recorded: pick(
            language,
            "Vi sparar svaret, tiden och att det kom genom länken till dig.",
            "We save the answer, the time, and that it came through the link sent to you.",
        ),
        send: pick(language, "Skicka svaret", "Send the answer"),
    }
}

/// "Redan klart: återlämning och koder."
fn done_line(language: Language, checks: &[Check]) -> Option<String> {
    let names = list(
        language,
        &checks
            .iter()
            .map(|check| check.text(language))
            .collect::<Vec<_>>(),
    );
    (!checks.is_empty()).then(|| say!(language, "Redan klart: {names}.", "Already done: {names}."))
}

fn message(builder: &Builder<'_>) -> Section {
    let language = builder.language;
    let text = builder.text(
        MESSAGE_FIELD.to_owned(),
        TextKind::Long,
        pick(language, "Meddelande (frivilligt)", "Message (optional)"),
        Some(pick(
            language,
            "Skriv inte koder eller personnummer här.",
            "Do not write codes or personal identity numbers here.",
        )),
    );
    Section {
        heading: pick(
            language,
            "Något mer vi behöver veta?",
            "Anything else we need to know?",
        )
        .to_owned(),
        done: None,
        said: Vec::new(),
        fields: vec![Field::Text(text)],
    }
}
