//! The holder's page (`/s/{token}`): what to hand in, where it stands, and what the holder says.
//!
//! The boxes show what has been said, so that a program that sends the form as it is changes nothing. About the last day
//! nothing is preselected. Under a preservation hold nobody is asked to sign out, reset or wipe.

mod answers;
mod sections;

pub use answers::{
    DeviceTick, END_FIELD, EndAnswer, SubscriptionTick, device_tick, holds_code, offers, subscription_tick,
};

use super::confirm::{Entered, ErrorMessage, FieldError, YesNo, code_field};
use super::fields::{Builder, Field, Section, ShownError, TextKind};
use super::frame::{Frame, Site};
use crate::domain::holder_statement::{HolderAnswer, HolderTopic};
use crate::domain::language::Language;
use crate::domain::task::EndClaim;
use crate::domain::termination::CheckState;
use crate::mail::format::{date, date_time, list, pick, say};
use crate::mail::words::{Check, CodeKind};
use crate::services::links::{HolderQuestion, HolderStatus, HolderSubscription};
use answers::{code_topic, is_said, subscription_topic};
use askama::Template;

/// The page.
#[derive(Clone)]
pub struct StatusPage {
    /// The language of the page.
    pub language: Language,
    /// Whose page it is.
    pub site: Site,
    /// The same page in the other language.
    pub language_switch: Option<String>,
    /// Where the form is posted.
    pub action: String,
    /// The value of the field [`super::confirm::CSRF_FIELD`].
    pub csrf: String,
    /// Whether something was saved just now.
    pub is_saved: bool,
    /// What it shows.
    pub status: HolderStatus,
    /// What was entered before, when it was not accepted.
    pub entered: Option<Entered>,
    /// What was wrong with it.
    pub errors: Vec<FieldError>,
}

/// How one thing stands.
struct Standing {
    title: String,
    rows: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "status.html", config = "src/web/pages/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    wrong: &'static str,
    choose: &'static str,
    errors_heading: &'static str,
    errors: &'a [ShownError],
    saved: Option<String>,
    question: Option<String>,
    facts: Vec<(&'static str, String)>,
    keep: Option<&'static str>,
    instructions: Option<(&'static str, &'a str)>,
    standing_heading: &'static str,
    standing: Vec<Standing>,
    action: &'a str,
    csrf: &'a str,
    sections: Vec<Section>,
    settles_nothing: &'static str,
    send: &'static str,
}

impl StatusPage {
    const fn say(&self, sv: &'static str, en: &'static str) -> &'static str {
        pick(self.language, sv, en)
    }

    /// Writes the page.
    ///
    /// # Errors
    /// Only when the template cannot be written out.
    pub fn render(&self) -> Result<String, askama::Error> {
        let heading = match self.status.devices.len() {
            0 => self.say("Lämna tillbaka sim-kortet", "Return the SIM card"),
            1 => self.say("Lämna tillbaka mobiltelefonen", "Return the mobile phone"),
            _ => self.say("Lämna tillbaka mobiltelefonerna", "Return the mobile phones"),
        };
        let wrong = self.say("Fel", "Error");
        let errors: Vec<ShownError> = self.errors.iter().map(|error| self.shown(error)).collect();
        let title = if errors.is_empty() {
            heading.to_owned()
        } else {
            format!("{wrong}: {heading}")
        };
        let entered = self.entered.clone().unwrap_or_else(|| self.said());
        let builder = Builder {
            language: self.language,
            entered: &entered,
            errors: &errors,
        };
        let instructions = self.say("Så gör du, steg för steg", "How to do it, step by step");
        Page {
            frame: Frame::new(self.language, &self.site, title, self.language_switch.as_deref()),
            heading,
            wrong,
            choose: self.say("Välj", "Choose"),
            errors_heading: self.say("Något behöver rättas", "Something needs to be corrected"),
            errors: &errors,
            saved: self.is_saved.then(|| self.saved()),
            question: self.status.question.map(|question| self.question(question)),
            facts: self.facts(),
            keep: self.status.hold.then(|| {
                self.say(
                    "Rensa inte telefonen och logga inte ut från konton. Lämna in den som den är, så hjälper vi dig.",
                    "Do not wipe the phone and do not sign out of accounts. Hand it in as it is and we will help you.",
                )
            }),
            instructions: self
                .status
                .instructions_url
                .as_deref()
                .map(|url| (instructions, url)),
            standing_heading: self.say("Så långt har ärendet kommit", "Where the case stands"),
            standing: self.standing(),
            action: &self.action,
            csrf: &self.csrf,
            sections: self.sections(&builder),
            settles_nothing: self.say(
                "Du kan ändra det här ända tills allt är mottaget. Den som tar emot kontrollerar och bekräftar: ärendet blir inte klart av det du kryssar i.",
                "You can change this until everything is received. Whoever takes it back checks and confirms: nothing you tick closes the case.",
            ),
            send: self.say("Spara", "Save"),
        }
        .render()
    }

    fn shown(&self, error: &FieldError) -> ShownError {
        ShownError {
            field: error.field.clone(),
            text: error.message.text(self.language).to_owned(),
            may_be_sent_anyway: error.message == ErrorMessage::LooksSecret,
        }
    }

    fn saved(&self) -> String {
        match self.status.said_at {
            Some(at) => {
                let at = date_time(self.language, at);
                say!(
                    self.language,
                    "Tack, det är sparat. Senast ändrat {at}.",
                    "Thank you, it is saved. Last changed {at}."
                )
            }
            None => self
                .say("Tack, det är sparat.", "Thank you, it is saved.")
                .to_owned(),
        }
    }

    fn question(&self, question: HolderQuestion) -> String {
        let language = self.language;
        let last_day = date(language, self.status.last_day);
        if let Some(at) = question.answered_at {
            let at = date_time(language, at);
            return say!(
                language,
                "Din fråga om sista dagen besvarades {at}. Sista dagen är {last_day}.",
                "Your question about the last day was answered {at}. The last day is {last_day}."
            );
        }
        let at = date_time(language, question.asked_at);
        let said = match question.says {
            EndClaim::Staying => self.say("att du ska fortsätta hos oss", "that you are staying with us"),
            EndClaim::WrongDate => self.say("att datumet är fel", "that the date is wrong"),
        };
        let right = question.last_day.map_or_else(String::new, |day| {
            let day = date(language, day);
            say!(
                language,
                " Du angav {day} som rätt sista dag.",
                " You gave {day} as the right last day."
            )
        });
        say!(
            language,
            "Du har sagt {said} ({at}).{right} HR är tillfrågad. Tills svaret kommer gäller datumen här.",
            "You have said {said} ({at}).{right} HR has been asked. Until the answer comes the dates here apply."
        )
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (language, status) = (self.language, &self.status);
        let mut facts = vec![
            (self.say("Ärende", "Case"), status.number.clone()),
            (self.say("Sista dag", "Last day"), date(language, status.last_day)),
            (
                self.say("Lämnas in senast", "Hand in by"),
                date(language, status.return_by),
            ),
            (self.say("Lämnas till", "Hand in to"), status.hand_to.clone()),
        ];
        for device in &status.devices {
            let (model, last4) = (&device.model, &device.serial_last4);
            let mut text = say!(
                language,
                "{model}, serienummer slutar på {last4}",
                "{model}, serial number ends in {last4}"
            );
            if !device.accessories.is_empty() {
                let names = list(language, &device.accessories);
                text.push_str(&say!(language, ", med {names}", ", with {names}"));
            }
            facts.push((self.say("Telefon", "Phone"), text));
        }
        for subscription in &status.subscriptions {
            let number = subscription.number.show(language).to_owned();
            facts.push((self.say("Abonnemang", "Subscription"), number));
        }
        facts
    }

    fn standing(&self) -> Vec<Standing> {
        let shown = |check: Check| {
            let is_about_wiping = matches!(check, Check::Reset | Check::Wiped);
            check != Check::LocksCleared && !(self.status.hold && is_about_wiping)
        };
        let devices = self.status.devices.iter().map(|device| Standing {
            title: format!("{} ({})", device.model, device.serial_last4),
            rows: device
                .checks
                .iter()
                .filter(|(check, _)| shown(*check))
                .filter(|(check, _)| *check != Check::Accessories || !device.accessories.is_empty())
                .map(|(check, state)| (check.text(self.language), self.state(*state)))
                .collect(),
        });
        let subscriptions = self.status.subscriptions.iter().map(|subscription| Standing {
            title: subscription.number.show(self.language).to_owned(),
            rows: vec![(Check::Number.text(self.language), self.number(subscription))],
        });
        devices.chain(subscriptions).collect()
    }

    const fn state(&self, state: CheckState) -> &'static str {
        match state {
            CheckState::Open => self.say("Återstår", "Remains"),
            CheckState::Declared => self.say(
                "Klart enligt dig, inte kontrollerat än",
                "Done as you say, not checked yet",
            ),
            CheckState::Done => self.say("Klart", "Done"),
            CheckState::NotApplicable => self.say("Behövs inte", "Not needed"),
            CheckState::Deviation => self.say("Avvikelse", "Deviation"),
        }
    }

    fn number(&self, subscription: &HolderSubscription) -> &'static str {
        let is_wanted = subscription.said.contains_key(&HolderTopic::KeepNumber);
        match subscription.decided {
            Some(decision) => decision.text(self.language),
            None if is_wanted => self.say(
                "Du vill behålla numret, beslut återstår",
                "You want to keep the number, to be decided",
            ),
            None => self.say("Återstår", "Remains"),
        }
    }

    /// What has been said, as the form shows it.
    fn said(&self) -> Entered {
        let status = &self.status;
        let mut fields: Vec<(String, String)> = Vec::new();
        let yes = || YesNo::Yes.as_str().to_owned();
        for (index, device) in status.devices.iter().enumerate() {
            for tick in DeviceTick::ALL {
                if is_said(device, *tick) {
                    fields.push((device_tick(index, *tick), yes()));
                }
            }
            for kind in CodeKind::ALL {
                if let Some(HolderAnswer::Code(answer)) = device.said.get(&code_topic(*kind)) {
                    fields.push((code_field(index, *kind), answer.as_str().to_owned()));
                }
            }
        }
        for (index, subscription) in status.subscriptions.iter().enumerate() {
            for tick in SubscriptionTick::ALL {
                if subscription.said.contains_key(&subscription_topic(*tick)) {
                    fields.push((subscription_tick(index, *tick), yes()));
                }
            }
        }
        fields.into_iter().collect()
    }
}
