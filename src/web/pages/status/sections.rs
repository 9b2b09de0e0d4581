//! What the form of the holder's page asks.

use super::StatusPage;
use super::answers::{
    DeviceTick, END_FIELD, EndAnswer, SubscriptionTick, device_tick, holds_code, offers, subscription_tick,
};
use crate::mail::format::{date, list, say};
use crate::mail::words::{CodeAnswer, CodeKind};
use crate::services::links::{HolderDevice, HolderSubscription};
use crate::web::pages::confirm::{MESSAGE_FIELD, NEW_LAST_DAY_FIELD, code_field};
use crate::web::pages::fields::{Builder, Field, Section, TextKind, Tick, Ticks};

impl StatusPage {
    pub(super) fn sections(&self, builder: &Builder<'_>) -> Vec<Section> {
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
            &[
                CodeAnswer::Received,
                CodeAnswer::NotApplicable,
                CodeAnswer::Unknown,
            ]
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
                CodeAnswer::Received => {
                    self.say("Jag lämnar den med telefonen", "I hand it over with the phone")
                }
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
        let number = subscription.number.unbroken(self.language);
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
                EndAnswer::Right => self.say(
                    "Datumet stämmer, jag tar tillbaka frågan",
                    "The date is right, I take the question back",
                ),
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
        let right = self.say(
            "Rätt sista dag, om du vet den",
            "The right last day, if you know it",
        );
        let hint = self.say("Bara om datumet är fel.", "Only if the date is wrong.");
        let last_day = builder.text(NEW_LAST_DAY_FIELD.to_owned(), TextKind::Date, right, Some(hint));
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
