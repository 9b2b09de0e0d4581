//! Lists to print: what is to be handed in, with room to tick and sign, and what was received.

use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::domain::report::{HandInRow, Period, ReceiptRow};
use crate::domain::termination::{CheckState, DeviceOutcome, TerminationState};
use crate::mail::format::{date, date_time, list, pick, say};
use crate::mail::words::{self, Condition};
use askama::Template;
use chrono::{DateTime, Utc};

/// What every list has.
#[derive(Clone)]
pub struct ListFrame {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// The days that it is about.
    pub period: Period,
    /// When it was made.
    pub as_of: DateTime<Utc>,
}

/// What is to be handed in.
#[derive(Clone)]
pub struct HandInPage {
    /// What every list has.
    pub frame: ListFrame,
    /// The rows.
    pub rows: Vec<HandInRow>,
}

/// What was received.
#[derive(Clone)]
pub struct ReceiptListPage {
    /// What every list has.
    pub frame: ListFrame,
    /// The rows.
    pub rows: Vec<ReceiptRow>,
}

/// A cell of the table.
enum Cell {
    Text(String),
    /// Text that is not broken, such as a date.
    Fixed(String),
    /// A box to tick by hand.
    Box,
    /// Room to sign.
    Blank,
}

#[derive(Template)]
#[template(path = "list.html", config = "src/web/pages/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    heading: String,
    about: Vec<String>,
    empty: Option<&'static str>,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    signature: Option<&'static str>,
    room_to_tick: &'static str,
    room_to_sign: &'static str,
}

impl ListFrame {
    const fn say(&self, sv: &'static str, en: &'static str) -> &'static str {
        pick(self.language, sv, en)
    }

    fn days(&self) -> String {
        let (from, to) = (
            date(self.language, self.period.from),
            date(self.language, self.period.to),
        );
        if self.period.from == self.period.to {
            from
        } else {
            say!(self.language, "{from} till {to}", "{from} to {to}")
        }
    }

    fn nobody(&self) -> &'static str {
        self.say("(se ärendet)", "(see the case)")
    }

    fn page(
        &self,
        (heading, about): (String, Vec<String>),
        (columns, rows): (Vec<&'static str>, Vec<Vec<Cell>>),
        signature: Option<&'static str>,
    ) -> Result<String, askama::Error> {
        let empty = self.say("Det finns inget att visa.", "There is nothing to show.");
        Page {
            frame: Frame::new(self.language, &self.site, heading.clone(), None),
            heading,
            about,
            empty: rows.is_empty().then_some(empty),
            columns,
            rows,
            signature,
            room_to_tick: self.say("ruta att kryssa i", "box to tick"),
            room_to_sign: self.say("plats för datum och signatur", "room for date and signature"),
        }
        .render()
    }

    fn made(&self, count: usize) -> String {
        let at = date_time(self.language, self.as_of);
        match (self.language, count) {
            (Language::Sv, 1) => format!("1 rad. Utskriven {at}."),
            (Language::Sv, _) => format!("{count} rader. Utskriven {at}."),
            (Language::En, 1) => format!("1 row. Made {at}."),
            (Language::En, _) => format!("{count} rows. Made {at}."),
        }
    }
}

impl HandInPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let frame = &self.frame;
        let heading = frame.say("Att lämna in", "To be handed in").to_owned();
        let days = frame.days();
        let about = vec![
            say!(frame.language, "Sista dag: {days}.", "Last day: {days}."),
            frame.made(self.rows.len()),
        ];
        let columns = vec![
            frame.say("Enhet eller organ", "Unit or body"),
            frame.say("Innehavare", "Holder"),
            frame.say("Ärende", "Case"),
            frame.say("Lämnas in", "To hand in"),
            frame.say("Tillbehör", "Accessories"),
            frame.say("Senast", "By"),
            frame.say("Mottaget", "Received"),
            frame.say("Datum och signatur", "Date and signature"),
        ];
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        frame.page((heading, about), (columns, rows), None)
    }

    fn row(&self, row: &HandInRow) -> Vec<Cell> {
        let frame = &self.frame;
        let received = match row.state {
            CheckState::Open | CheckState::Declared => Cell::Box,
            CheckState::Done => Cell::Text(frame.say("Ja", "Yes").to_owned()),
            CheckState::NotApplicable => Cell::Text(frame.say("Behövs inte", "Not needed").to_owned()),
            CheckState::Deviation => Cell::Text(frame.say("Avvikelse", "Deviation").to_owned()),
        };
        vec![
            Cell::Text(row.unit.clone()),
            Cell::Text(row.holder.clone().unwrap_or_else(|| frame.nobody().to_owned())),
            Cell::Fixed(row.case_number.clone()),
            Cell::Text(self.what(row)),
            Cell::Text(list(frame.language, &row.accessories)),
            Cell::Fixed(row.return_by.to_string()),
            received,
            Cell::Blank,
        ]
    }

    fn what(&self, row: &HandInRow) -> String {
        let language = self.frame.language;
        let number = row.number.as_deref().unwrap_or_default();
        let Some(model) = &row.model else {
            return say!(
                language,
                "Sim-kort, abonnemang {number}",
                "SIM card, subscription {number}"
            );
        };
        let last4 = row.serial_last4.as_deref().unwrap_or_default();
        let keep = if row.is_held {
            pick(language, ". Rensa inte", ". Do not wipe")
        } else {
            ""
        };
        format!("{model} ({last4}){keep}")
    }
}

impl ReceiptListPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let frame = &self.frame;
        let heading = frame.say("Kvittenslista", "List of receipts").to_owned();
        let days = frame.days();
        let about = vec![
            say!(frame.language, "Mottaget: {days}.", "Received: {days}."),
            frame.made(self.rows.len()),
        ];
        let columns = vec![
            frame.say("Enhet eller organ", "Unit or body"),
            frame.say("Innehavare", "Holder"),
            frame.say("Ärende", "Case"),
            frame.say("Telefon", "Phone"),
            frame.say("Vad som hände", "What happened"),
            frame.say("Datum", "Date"),
            frame.say("Mottaget av", "Received by"),
            frame.say("Avvikelser", "Deviations"),
            frame.say("Kvittens", "Receipt"),
        ];
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        let signature = frame.say(
            "Ort, datum och underskrift av den som tagit emot:",
            "Place, date and signature of whoever received this:",
        );
        frame.page((heading, about), (columns, rows), Some(signature))
    }

    fn row(&self, row: &ReceiptRow) -> Vec<Cell> {
        let frame = &self.frame;
        let text = |text: &str| Cell::Text(text.to_owned());
        vec![
            text(&row.unit),
            text(row.holder.as_deref().unwrap_or(frame.nobody())),
            Cell::Fixed(row.case_number.clone()),
            Cell::Text(format!("{} ({})", row.model, row.serial_last4)),
            Cell::Text(self.outcome(row)),
            Cell::Fixed(row.settled_on.to_string()),
            text(row.received_by.as_deref().unwrap_or_default()),
            Cell::Text(row.deviations.join(" ")),
            Cell::Text(self.receipt(row)),
        ]
    }

    fn outcome(&self, row: &ReceiptRow) -> String {
        let language = self.frame.language;
        let outcome = row.outcome.map_or_else(
            || self.frame.say("Inte återlämnad", "Not returned"),
            |outcome| word(outcome).text(language),
        );
        let condition = row.condition.as_deref().map(|condition| {
            let known = condition.parse::<Condition>();
            known.map_or_else(
                |_| condition.to_owned(),
                |known| known.text(language).to_lowercase(),
            )
        });
        match condition {
            Some(condition) => format!("{outcome}, {condition}"),
            None => outcome.to_owned(),
        }
    }

    fn receipt(&self, row: &ReceiptRow) -> String {
        match (&row.receipt_code, row.state) {
            (Some(code), _) => code.clone(),
            (None, TerminationState::Completed) => self.frame.say("Klar", "Completed").to_owned(),
            (None, _) => self
                .frame
                .say("Ärendet är inte klart än", "The case is not complete yet")
                .to_owned(),
        }
    }
}

const fn word(outcome: DeviceOutcome) -> words::DeviceOutcome {
    match outcome {
        DeviceOutcome::Returned => words::DeviceOutcome::Returned,
        DeviceOutcome::Transferred => words::DeviceOutcome::Transferred,
        DeviceOutcome::Lost => words::DeviceOutcome::Lost,
        DeviceOutcome::Stolen => words::DeviceOutcome::Stolen,
        DeviceOutcome::BoughtOut => words::DeviceOutcome::BoughtOut,
        DeviceOutcome::Destroyed => words::DeviceOutcome::Destroyed,
    }
}
