//! The page on which anybody checks that a receipt is genuine. It says that, the date, and nothing else.

use super::frame::{Frame, Site};
use crate::domain::language::Language;
use crate::mail::format::{date, pick, say};
use askama::Template;
use chrono::NaiveDate;

/// What is known of a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has asked yet.
    NotAsked,
    /// The receipt is genuine, and issued on this day.
    Genuine(NaiveDate),
    /// It was genuine, and a newer one takes its place.
    Replaced,
    /// There is no such receipt.
    Unknown,
}

/// The page.
#[derive(Clone)]
pub struct VerifyPage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// Whether the visitor chose the language on the page.
    pub is_chosen: bool,
    /// What is known of the code.
    pub verdict: Verdict,
    /// What was typed, if it is to be typed again.
    pub typed: String,
}

#[derive(Template)]
#[template(path = "verify.html", config = "src/web/pages/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    /// `good`, `bad`, or nothing for a page without a verdict.
    tone: &'static str,
    paragraphs: Vec<String>,
    form_heading: &'static str,
    label: &'static str,
    hint: &'static str,
    send: &'static str,
    typed: &'a str,
    chosen: Option<Language>,
}

impl VerifyPage {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let language = self.language;
        let (heading, tone, paragraphs) = self.words();
        Page {
            frame: Frame::new(
                language,
                &self.site,
                heading,
                Some(pick(language, "?lang=en", "?lang=sv")),
            ),
            heading,
            tone,
            paragraphs,
            form_heading: match self.verdict {
                Verdict::NotAsked => "",
                Verdict::Genuine(_) | Verdict::Replaced => {
                    pick(language, "Kontrollera en annan kvittens", "Check another receipt")
                }
                Verdict::Unknown => pick(language, "Försök igen", "Try again"),
            },
            label: pick(language, "Kontrollkod", "Verification code"),
            hint: pick(
                language,
                "Koden har 20 tecken. Det går bra med små bokstäver och utan bindestreck.",
                "The code has 20 characters. Small letters are fine, and you can leave out the hyphens.",
            ),
            send: pick(language, "Kontrollera", "Check"),
            typed: &self.typed,
            chosen: self.is_chosen.then_some(language),
        }
        .render()
    }

    /// Heading, tone and explanation.
    fn words(&self) -> (&'static str, &'static str, Vec<String>) {
        let language = self.language;
        match self.verdict {
            Verdict::NotAsked => (
                pick(language, "Kontrollera en kvittens", "Check a receipt"),
                "",
                vec![pick(
                    language,
                    "Skriv kontrollkoden som står på kvittensen. Du får veta om kvittensen är äkta och när den utfärdades.",
                    "Enter the verification code on the receipt. You learn whether the receipt is genuine and when it was issued.",
                ).to_owned()],
            ),
            Verdict::Genuine(day) => {
                let day = date(language, day);
                (
                    pick(language, "Kvittensen är äkta", "The receipt is genuine"),
                    "good",
                    vec![
                        say!(language, "Den utfärdades {day}.", "It was issued on {day}."),
                        pick(
                            language,
                            "Kontrollera att det är samma datum som på kvittensen du har.",
                            "Check that the receipt you have shows the same date.",
                        )
                        .to_owned(),
                    ],
                )
            }
            Verdict::Replaced => (
                pick(
                    language,
                    "Kvittensen gäller inte längre",
                    "The receipt is no longer valid",
                ),
                "bad",
                vec![pick(
                    language,
                    "Den ersätts av en nyare kvittens.",
                    "It is replaced by a newer receipt.",
                )
                .to_owned()],
            ),
            Verdict::Unknown => (
                pick(
                    language,
                    "Det finns ingen kvittens med den koden",
                    "There is no receipt with that code",
                ),
                "bad",
                vec![pick(
                    language,
                    "Kontrollera att hela koden är rätt avskriven. Är den det har vi inte utfärdat kvittensen.",
                    "Check that the whole code is copied correctly. If it is, we did not issue the receipt.",
                )
                .to_owned()],
            ),
        }
    }
}
