//! The questions about one device.

use super::DeviceItem;
use super::absence::AbsenceFacts;
use super::along::AlongQuestion;
use super::answers::{
    AccessoriesBack, DeviceQuestion, HaveDevice, RecordsSaved, YesNo, code_field, code_value_field,
    device_field,
};
use super::done_line;
use crate::domain::language::Language;
use crate::mail::format::{list, pick, say};
use crate::mail::words::{Check, CodeAnswer, CodeKind, Condition, SimAnswer};
use crate::web::pages::fields::{Builder, Field, Section, TextKind};

/// One device, with the questions that are open.
pub(super) fn section(
    builder: &Builder<'_>,
    (all, leave): (&[DeviceItem], Option<&AbsenceFacts>),
    index: usize,
    item: &DeviceItem,
) -> Section {
    let questions = Questions { builder, index };
    let asks = |check| item.open.contains(&check);
    let mut fields = Vec::new();
    fields.extend(item.along.map(|question| questions.along(question)));
    if item.along == Some(AlongQuestion::Accept) {
        return Section {
            heading: heading(builder.language, all, index, item),
            done: None,
            said: Vec::new(),
            fields,
        };
    }
    let plan = leave.filter(|_| asks(Check::Arrangement));
    if let Some(leave) = plan {
        fields.extend(questions.plan(leave));
    }
    if asks(Check::HandedBack) {
        fields.push(questions.handed_back());
    }
    if asks(Check::Returned) {
        fields.extend(questions.returned(leave.is_some()));
    }
    let asks_accessories = asks(Check::Accessories) && !item.accessories.is_empty();
    if plan.is_some() {
        // These come back whoever gets the phone.
        if asks_accessories {
            fields.extend(questions.accessories(&item.accessories));
        }
        fields.push(questions.for_others());
    }
    if asks(Check::RecordsSaved) {
        fields.push(questions.records());
    }
    let wipe = asks(Check::Reset) || asks(Check::Wiped);
    if wipe && item.hold {
        fields.push(Field::Notice(questions.keep()));
    }
    if asks(Check::Reset) && !item.hold {
        fields.push(questions.reset());
    }
    if asks(Check::Wiped) && !item.hold {
        fields.push(questions.wiped());
    }
    if asks_accessories && plan.is_none() {
        fields.extend(questions.accessories(&item.accessories));
    }
    if asks(Check::Sim) {
        fields.push(questions.sim());
    }
    if asks(Check::Codes) {
        fields.extend(questions.codes());
    }
    Section {
        heading: heading(builder.language, all, index, item),
        done: done_line(builder.language, &item.done),
        said: said(builder.language, item),
        fields,
    }
}

/// What the holder says. It settles nothing, so the receiver is asked to look.
fn said(language: Language, item: &DeviceItem) -> Vec<String> {
    let mut said = Vec::new();
    let declared: Vec<&str> = item
        .declared
        .iter()
        .filter(|check| **check != Check::Codes)
        .map(|check| check.text(language))
        .collect();
    if !declared.is_empty() {
        let names = list(language, &declared);
        said.push(say!(
            language,
            "Innehavaren säger att det här är klart: {names}. Kontrollera det själv.",
            "The holder says that this is done: {names}. Please check for yourself."
        ));
    }
    for (kind, answer) in &item.codes_said {
        let answer = match answer {
            CodeAnswer::Received => {
                pick(language, "lämnas med telefonen", "handed over with the phone").to_owned()
            }
            other => other.text(language).to_lowercase(),
        };
        let kind = kind.text(language);
        said.push(say!(
            language,
            "Enligt innehavaren: {kind} – {answer}.",
            "As the holder says: {kind} – {answer}."
        ));
    }
    said
}

/// The model, numbered when there are several, with the serial number where two would look the same.
fn heading(language: Language, all: &[DeviceItem], index: usize, item: &DeviceItem) -> String {
    let (place, count) = (index + 1, all.len());
    let alike = all.iter().filter(|other| other.model == item.model).count() > 1;
    let model = if alike {
        format!("{} ({})", item.model, item.serial_last4)
    } else {
        item.model.clone()
    };
    match count {
        1 => model,
        _ => say!(
            language,
            "Telefon {place} av {count}: {model}",
            "Phone {place} of {count}: {model}"
        ),
    }
}

/// Writes the fields of the device at one place of the list.
pub(super) struct Questions<'a> {
    pub(super) builder: &'a Builder<'a>,
    pub(super) index: usize,
}

impl Questions<'_> {
    pub(super) const fn say(&self, sv: &'static str, en: &'static str) -> &'static str {
        pick(self.builder.language, sv, en)
    }

    pub(super) fn name(&self, question: DeviceQuestion) -> String {
        device_field(self.index, question)
    }

    pub(super) fn radios<T: Copy + 'static>(
        &self,
        question: DeviceQuestion,
        legend: &'static str,
        hint: Option<String>,
        answers: &'static [T],
        words: impl Fn(T) -> (&'static str, &'static str, &'static str),
    ) -> Field {
        let choices = answers.iter().map(|answer| {
            let (value, sv, en) = words(*answer);
            (value, self.say(sv, en).to_owned())
        });
        Field::Radios(self.builder.group(self.name(question), legend, hint, choices))
    }

    fn returned(&self, is_leave: bool) -> Vec<Field> {
        let legend = if is_leave {
            self.say(
                "Har telefonen lämnats in till dig?",
                "Has the phone been handed in to you?",
            )
        } else {
            self.say("Har du fått tillbaka telefonen?", "Do you have the phone back?")
        };
        let have = self.radios(
            DeviceQuestion::Have,
            legend,
            Some(
                self.say(
                    "Om du inte har telefonen behöver du inte svara på resten om den.",
                    "If you do not have the phone you need not answer the rest about it.",
                )
                .to_owned(),
            ),
            HaveDevice::ALL,
            |answer| match answer {
                HaveDevice::Yes => (answer.as_str(), "Ja, jag har telefonen", "Yes, I have the phone"),
                HaveDevice::NotYet => (answer.as_str(), "Nej, inte än", "No, not yet"),
                HaveDevice::Lost => (answer.as_str(), "Den är borta", "It is missing"),
                HaveDevice::Stolen => (answer.as_str(), "Den är stulen", "It is stolen"),
            },
        );
        let expected = self.builder.text(
            self.name(DeviceQuestion::Expected),
            TextKind::Date,
            self.say("När räknar du med att få den?", "When do you expect it?"),
            Some(self.say(
                "Bara om du svarar ”Nej, inte än”.",
                "Only if you answer “No, not yet”.",
            )),
        );
        let mut fields = vec![have, Field::Text(expected), self.serial(), self.condition()];
        if is_leave {
            fields.push(self.place());
        }
        fields
    }

    fn serial(&self) -> Field {
        Field::Text(self.builder.text(
            self.name(DeviceQuestion::Serial),
            TextKind::Serial,
            self.say(
                "De fyra sista tecknen i serienumret på telefonen",
                "The last four characters of the serial number on the phone",
            ),
            Some(self.say(
                "Läs av det på telefonen, inte i mejlet. Det står på startskärmen under ”i”, på baksidan eller i luckan för sim-kortet.",
                "Read it off the phone, not the message. It is on the set-up screen under “i”, on the back or in the SIM card tray.",
            )),
        ))
    }

    fn condition(&self) -> Field {
        let language = self.builder.language;
        let choices = Condition::ALL
            .iter()
            .map(|condition| (condition.as_str(), condition.text(language).to_owned()));
        let label = self.say("I vilket skick är telefonen?", "What condition is the phone in?");
        Field::Select(
            self.builder
                .group(self.name(DeviceQuestion::Condition), label, None, choices),
        )
    }

    fn records(&self) -> Field {
        self.radios(
            DeviceQuestion::Records,
            self.say("Är arbetsmaterialet sparat?", "Is work material saved?"),
            Some(
                self.say(
                    "Till exempel sms och bilder som ska bevaras.",
                    "For example text messages and pictures that must be kept.",
                )
                .to_owned(),
            ),
            RecordsSaved::ALL,
            |answer| match answer {
                RecordsSaved::Yes => (answer.as_str(), "Ja", "Yes"),
                RecordsSaved::Unknown => (answer.as_str(), "Vet inte", "I do not know"),
            },
        )
    }

    fn keep(&self) -> String {
        self.say(
            "Rensa inte telefonen. Den ska bevaras som den är. Ta emot den utan att återställa, så hjälper vi dig.",
            "Do not wipe the phone. It must be kept as it is. Take it back without resetting and we will help you.",
        )
        .to_owned()
    }

    fn reset(&self) -> Field {
        self.radios(
            DeviceQuestion::Reset,
            self.say(
                "Är telefonen återställd och utan kontolås?",
                "Has the phone been reset, with no account lock?",
            ),
            Some(
                self.say(
                    "Utan kontolås ber den inte om den tidigare användarens Apple-konto eller Google-konto.",
                    "With no account lock it does not ask for the previous user's Apple or Google account.",
                )
                .to_owned(),
            ),
            YesNo::ALL,
            |answer| match answer {
                YesNo::Yes => (answer.as_str(), "Ja", "Yes"),
                YesNo::No => (answer.as_str(), "Nej eller vet inte", "No, or I do not know"),
            },
        )
    }

    fn wiped(&self) -> Field {
        self.radios(
            DeviceQuestion::Wiped,
            self.say(
                "Har du själv sett att telefonen är rensad?",
                "Have you seen for yourself that the phone is wiped?",
            ),
            Some(
                self.say(
                    "En rensad telefon visar startskärmen, som hälsar välkommen och frågar efter språk.",
                    "A wiped phone shows the set-up screen, which says hello and asks for a language.",
                )
                .to_owned(),
            ),
            YesNo::ALL,
            |answer| match answer {
                YesNo::Yes => (
                    answer.as_str(),
                    "Ja, jag har sett startskärmen",
                    "Yes, I have seen the set-up screen",
                ),
                YesNo::No => (answer.as_str(), "Nej", "No"),
            },
        )
    }

    fn accessories(&self, accessories: &[String]) -> Vec<Field> {
        let names = list(self.builder.language, accessories);
        let back = self.radios(
            DeviceQuestion::Accessories,
            self.say("Är tillbehören tillbaka?", "Are the accessories back?"),
            Some(say!(
                self.builder.language,
                "Utlämnat: {names}.",
                "Handed out: {names}."
            )),
            AccessoriesBack::ALL,
            |answer| match answer {
                AccessoriesBack::All => (answer.as_str(), "Ja, alla", "Yes, all"),
                AccessoriesBack::SomeMissing => {
                    (answer.as_str(), "Nej, något saknas", "No, something is missing")
                }
            },
        );
        let note = self.builder.text(
            self.name(DeviceQuestion::AccessoriesNote),
            TextKind::Line,
            self.say("Vad saknas?", "What is missing?"),
            Some(self.say("Bara om något saknas.", "Only if something is missing.")),
        );
        vec![back, Field::Text(note)]
    }

    fn sim(&self) -> Field {
        let language = self.builder.language;
        let choices = SimAnswer::ALL
            .iter()
            .map(|answer| (answer.as_str(), answer.text(language).to_owned()));
        let label = self.say("Vad har hänt med sim-kortet?", "What became of the SIM card?");
        Field::Select(
            self.builder
                .group(self.name(DeviceQuestion::Sim), label, None, choices),
        )
    }

    fn codes(&self) -> Vec<Field> {
        let language = self.builder.language;
        let ask = |kind: &CodeKind| {
            let choices = CodeAnswer::ALL
                .iter()
                .map(|answer| (answer.as_str(), answer.text(language).to_owned()));
            Field::Select(self.builder.group(
                code_field(self.index, *kind),
                kind.text(language),
                None,
                choices,
            ))
        };
        let give = |kind: &CodeKind| {
            let name = kind.text(language);
            let label = say!(language, "{name} att lämna", "{name} to hand over");
            self.builder.text(
                code_value_field(self.index, *kind),
                TextKind::Code,
                label,
                None::<&str>,
            )
        };
        let mut fields = CodeKind::ALL.iter().map(ask).collect::<Vec<_>>();
        fields.push(Field::Codes {
            summary: self.say("Lämna en kod som behövs", "Hand over a code that is needed"),
            hint: self.codes_hint(),
            inputs: CodeKind::ALL.iter().map(give).collect(),
        });
        fields
    }

    /// Says again what was dropped: a code that was entered before an error has to be entered anew.
    fn codes_hint(&self) -> String {
        let hint = self.say(
            "Bara om det behövs. Koden lagras förseglat. Lämna aldrig koder till BankID, Freja eller annan e-legitimation.",
            "Only if it is needed. The code is stored sealed. Never hand over codes for BankID, Freja or any other electronic ID.",
        );
        let again = self.say(
            "Skriv in koden igen: vi visar den aldrig.",
            "Enter the code again: we never show it.",
        );
        if self.builder.errors.is_empty() {
            hint.to_owned()
        } else {
            format!("{again} {hint}")
        }
    }
}
