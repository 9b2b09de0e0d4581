//! The holder's page (`/s/{token}`): what to hand in, where it stands, and what the holder says.
//!
//! The boxes show what has been said, so that a program that sends the form as it is changes nothing. About the last day
//! nothing is preselected. Under a preservation hold nobody is asked to sign out, reset or wipe.

use super::confirm::{
    Entered, ErrorMessage, FieldError, MESSAGE_FIELD, NEW_LAST_DAY_FIELD, YesNo, code_field,
};
use super::fields::{Builder, Field, Section, ShownError, TextKind, Tick, Ticks};
use super::frame::{Frame, Site};
use crate::domain::holder_statement::{HolderAnswer, HolderTopic};
use crate::domain::language::Language;
use crate::domain::task::EndClaim;
use crate::domain::termination::{self, CheckState};
use crate::mail::format::{date, date_time, list, pick, say};
use crate::mail::words::{Check, CodeAnswer, CodeKind};
use crate::services::links::{HolderDevice, HolderQuestion, HolderStatus, HolderSubscription};
use crate::text_enum;
use askama::Template;

/// The field of [`EndAnswer`].
pub const END_FIELD: &str = "end";

text_enum! {
    /// What the holder says about the last day.
    pub enum EndAnswer {
        /// The holder goes on with us.
        Staying = "staying",
        /// The date is wrong.
        WrongDate = "wrong_date",
        /// The date is right after all.
        Right = "right",
    }
}

text_enum! {
    /// A box about a device, in the order of work.
    pub enum DeviceTick {
        /// What belongs to work is saved.
        Records = "records",
        /// Private content is moved.
        Private = "private",
        /// Electronic identities and sign-in apps are moved.
        Identities = "identities",
        /// Voicemail is empty.
        Voicemail = "voicemail",
        /// Signed out of the accounts.
        SignedOut = "signed_out",
        /// Reset.
        Reset = "reset",
        /// Wiped.
        Wiped = "wiped",
        /// SIM and memory card are with it or gone.
        Sim = "sim",
        /// The accessories are with it.
        Accessories = "accessories",
    }
}

text_enum! {
    /// A box about a subscription.
    pub enum SubscriptionTick {
        /// Voicemail is empty.
        Voicemail = "voicemail",
        /// The holder wants to keep the number.
        KeepNumber = "keep_number",
    }
}

/// The field of a box about the device at this place of the list, for example `d0_reset`.
pub fn device_tick(index: usize, tick: DeviceTick) -> String {
    format!("d{index}_{tick}")
}

/// The field of a box about the subscription at this place of the list, for example `s0_keep_number`.
pub fn subscription_tick(index: usize, tick: SubscriptionTick) -> String {
    format!("s{index}_{tick}")
}

/// Whether the box about the device at this place is on the page: not for what is settled, and not for what would destroy
/// what is to be preserved.
pub fn offers(status: &HolderStatus, index: usize, tick: DeviceTick) -> bool {
    let Some(device) = status.devices.get(index) else {
        return false;
    };
    let is_open = |check| device.state(check).is_some_and(|state| !state.is_settled());
    match tick {
        DeviceTick::Records => is_open(Check::RecordsSaved),
        DeviceTick::Private | DeviceTick::Identities => is_open(Check::Returned),
        // A voicemail belongs to no handset: asked once.
        DeviceTick::Voicemail => index == 0 && is_open(Check::Returned),
        DeviceTick::SignedOut => !status.hold && is_open(Check::Reset),
        DeviceTick::Reset => !status.hold && is_open(Check::Reset),
        DeviceTick::Wiped => !status.hold && is_open(Check::Wiped),
        DeviceTick::Sim => is_open(Check::Sim),
        DeviceTick::Accessories => !device.accessories.is_empty() && is_open(Check::Accessories),
    }
}

/// Whether the codes of a device are still a question.
pub fn holds_code(device: &HolderDevice) -> bool {
    device
        .state(Check::Codes)
        .is_some_and(|state| !state.is_settled())
}

impl SubscriptionTick {
    /// Whether the box about the subscription at this place is on the page.
    pub fn is_offered(self, status: &HolderStatus, index: usize) -> bool {
        match self {
            Self::Voicemail => status.devices.is_empty(),
            Self::KeepNumber => status
                .subscriptions
                .get(index)
                .is_some_and(|subscription| subscription.decided.is_none()),
        }
    }
}

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
        let heading = self.say("Lämna tillbaka mobiltelefonen", "Return the mobile phone");
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
            CheckState::Declared => {
                self.say("Klart enligt dig, inte kontrollerat än", "Done as you say, not checked yet")
            }
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

    fn sections(&self, builder: &Builder<'_>) -> Vec<Section> {
        let mut sections = Vec::new();
        for (index, device) in self.status.devices.iter().enumerate() {
            sections.push(self.device(builder, index, device));
        }
        for (index, subscription) in self.status.subscriptions.iter().enumerate() {
            sections.push(self.subscription(builder, index, subscription));
        }
        sections.retain(|section| !section.fields.is_empty());
        sections.push(self.end(builder));
        sections
    }

    fn device(&self, builder: &Builder<'_>, index: usize, device: &HolderDevice) -> Section {
        let ticked = |name: String, label: String| Tick {
            chosen: !builder.entered.get(&name).is_empty(),
            label,
            name,
        };
        let offered = DeviceTick::ALL
            .iter()
            .filter(|tick| offers(&self.status, index, **tick));
        let boxes: Vec<Tick> = offered
            .map(|tick| ticked(device_tick(index, *tick), self.tick_label(*tick, device)))
            .collect();
        let mut fields = Vec::new();
        if !boxes.is_empty() {
            fields.push(Field::Ticks(Ticks {
                name: format!("d{index}_steps"),
                legend: self
                    .say(
                        "Gör det här, i den här ordningen, och kryssa för det som är klart",
                        "Do this, in this order, and tick what is done",
                    )
                    .to_owned(),
                hint: None,
                boxes,
            }));
        }
        if holds_code(device) {
            fields.push(Field::Notice(self.codes_notice().to_owned()));
            fields.extend(CodeKind::ALL.iter().map(|kind| self.code(builder, index, *kind)));
        }
        Section {
            heading: format!("{} ({})", device.model, device.serial_last4),
            done: None,
            said: Vec::new(),
            fields,
        }
    }

    fn tick_label(&self, tick: DeviceTick, device: &HolderDevice) -> String {
        let text = match tick {
            DeviceTick::Records => self.say(
                "Det som hör till arbetet är sparat i rätt system",
                "What belongs to work is saved in the right system",
            ),
            DeviceTick::Private => self.say(
                "Privata bilder och kontakter är flyttade",
                "Private pictures and contacts are moved",
            ),
            DeviceTick::Identities => self.say(
                "E-legitimation och inloggningsappar finns på min egen telefon och är borttagna här",
                "Electronic ID and sign-in apps are on my own phone and removed from this one",
            ),
            DeviceTick::Voicemail => self.say(
                "Röstbrevlådan är tömd och hälsningen borttagen",
                "Voicemail is empty and the greeting is deleted",
            ),
            DeviceTick::SignedOut => self.say(
                "Jag har loggat ut från Apple-konto eller Google-konto",
                "I have signed out of my Apple or Google account",
            ),
            DeviceTick::Reset => self.say("Telefonen är återställd", "The phone is reset"),
            DeviceTick::Wiped => self.say(
                "Telefonen är rensad och visar startskärmen",
                "The phone is wiped and shows the set-up screen",
            ),
            DeviceTick::Sim => self.say(
                "Sim-kort och minneskort är med, eller e-sim borttaget",
                "SIM card and memory card are with it, or the eSIM is deleted",
            ),
            DeviceTick::Accessories => {
                let names = list(self.language, &device.accessories);
                return say!(
                    self.language,
                    "Tillbehören är med: {names}",
                    "The accessories are with it: {names}"
                );
            }
        };
        text.to_owned()
    }

    const fn codes_notice(&self) -> &'static str {
        self.say(
            "Skriv inga koder här. Lämna dem till den som tar emot, och aldrig koder till BankID, Freja eller annan e-legitimation.",
            "Do not write any codes here. Give them to whoever takes the phone back, and never codes for BankID, Freja or any other electronic ID.",
        )
    }

    fn code(&self, builder: &Builder<'_>, index: usize, kind: CodeKind) -> Field {
        let answers: &[CodeAnswer] = if self.status.hold {
            &[CodeAnswer::Received, CodeAnswer::NotApplicable, CodeAnswer::Unknown]
        } else {
            &[
                CodeAnswer::Received,
                CodeAnswer::NotApplicable,
                CodeAnswer::NotNeededAfterWipe,
                CodeAnswer::Unknown,
            ]
        };
        let choices = answers.iter().map(|answer| {
            let text = match answer {
                CodeAnswer::Received => self.say("Jag lämnar den med telefonen", "I hand it over with the phone"),
                other => other.text(self.language),
            };
            (answer.as_str(), text.to_owned())
        });
        Field::Select(builder.group(code_field(index, kind), kind.text(self.language), None, choices))
    }

    fn subscription(
        &self,
        builder: &Builder<'_>,
        index: usize,
        subscription: &HolderSubscription,
    ) -> Section {
        let number = subscription.number.show(self.language);
        let offered = SubscriptionTick::ALL
            .iter()
            .filter(|tick| tick.is_offered(&self.status, index));
        let boxes: Vec<Tick> = offered
            .map(|tick| {
                let name = subscription_tick(index, *tick);
                let label = match tick {
                    SubscriptionTick::Voicemail => self.tick_voicemail(),
                    SubscriptionTick::KeepNumber => self.say(
                        "Jag vill behålla numret privat",
                        "I want to keep the number privately",
                    ),
                };
                Tick {
                    chosen: !builder.entered.get(&name).is_empty(),
                    label: label.to_owned(),
                    name,
                }
            })
            .collect();
        let heading = say!(self.language, "Abonnemang {number}", "Subscription {number}");
        let ticks = Ticks {
            name: format!("s{index}_wishes"),
            legend: self.say("Numret", "The number").to_owned(),
            hint: Some(
                self.say(
                    "Det är din chef eller kundtjänsten som bestämmer. Numret kan inte överlåtas efter att abonnemanget har avslutats.",
                    "Your manager or the service desk decides. The number cannot be transferred once the subscription has ended.",
                )
                .to_owned(),
            ),
            boxes,
        };
        Section {
            heading,
            done: None,
            said: Vec::new(),
            fields: if ticks.boxes.is_empty() {
                Vec::new()
            } else {
                vec![Field::Ticks(ticks)]
            },
        }
    }

    const fn tick_voicemail(&self) -> &'static str {
        self.say(
            "Röstbrevlådan är tömd och hälsningen borttagen",
            "Voicemail is empty and the greeting is deleted",
        )
    }

    fn end(&self, builder: &Builder<'_>) -> Section {
        let language = self.language;
        let last_day = date(language, self.status.last_day);
        let waits = self
            .status
            .question
            .is_some_and(|question| question.answered_at.is_none());
        let answers = EndAnswer::ALL
            .iter()
            .filter(|answer| waits || **answer != EndAnswer::Right);
        let choices = answers.map(|answer| {
            let text = match answer {
                EndAnswer::Staying => self.say("Jag ska fortsätta hos er", "I am staying with you"),
                EndAnswer::WrongDate => self.say("Datumet är fel", "The date is wrong"),
                EndAnswer::Right => {
                    self.say("Datumet stämmer, jag tar tillbaka frågan", "The date is right, I take the question back")
                }
            };
            (answer.as_str(), text.to_owned())
        });
        let legend = say!(
            language,
            "Vi har {last_day} som din sista dag. Välj bara om det inte stämmer:",
            "We have {last_day} as your last day. Choose only if that is wrong:"
        );
        let hint = self.say(
            "Vi frågar HR. Inget datum ändras förrän HR har svarat.",
            "We ask HR. No date changes before HR has answered.",
        );
        let group = builder.group(END_FIELD.to_owned(), legend, Some(hint.to_owned()), choices);
        let right = self.say("Rätt sista dag, om du vet den", "The right last day, if you know it");
        let hint = self.say("Bara om datumet är fel.", "Only if the date is wrong.");
        let last_day = builder.text(
            NEW_LAST_DAY_FIELD.to_owned(),
            TextKind::Date,
            right,
            Some(hint),
        );
        let message = builder.text(
            MESSAGE_FIELD.to_owned(),
            TextKind::Long,
            self.say("Meddelande (frivilligt)", "Message (optional)"),
            Some(self.say(
                "Skriv inte koder eller personnummer här.",
                "Do not write codes or personal identity numbers here.",
            )),
        );
        Section {
            heading: self.say("Stämmer datumet?", "Is the date right?").to_owned(),
            done: None,
            said: Vec::new(),
            fields: vec![Field::Radios(group), Field::Text(last_day), Field::Text(message)],
        }
    }
}

fn is_said(device: &HolderDevice, tick: DeviceTick) -> bool {
    let declared = |check| device.state(check) == Some(CheckState::Declared);
    let said = |topic| device.said.contains_key(&topic);
    match tick {
        DeviceTick::Records => declared(Check::RecordsSaved),
        DeviceTick::Private => said(HolderTopic::PrivateMoved),
        DeviceTick::Identities => said(HolderTopic::IdentitiesMoved),
        DeviceTick::Voicemail => said(HolderTopic::VoicemailEmptied),
        DeviceTick::SignedOut => said(HolderTopic::SignedOut),
        DeviceTick::Reset => declared(Check::Reset),
        DeviceTick::Wiped => declared(Check::Wiped),
        DeviceTick::Sim => declared(Check::Sim),
        DeviceTick::Accessories => declared(Check::Accessories),
    }
}

const fn code_topic(kind: CodeKind) -> HolderTopic {
    HolderTopic::of_code(match kind {
        CodeKind::ScreenLock => termination::CodeKind::ScreenLock,
        CodeKind::SimPin => termination::CodeKind::SimPin,
        CodeKind::Other => termination::CodeKind::Other,
    })
}

const fn subscription_topic(tick: SubscriptionTick) -> HolderTopic {
    match tick {
        SubscriptionTick::Voicemail => HolderTopic::VoicemailEmptied,
        SubscriptionTick::KeepNumber => HolderTopic::KeepNumber,
    }
}
