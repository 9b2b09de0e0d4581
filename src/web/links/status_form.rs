//! Reading the form of the holder's page. A box that is not ticked takes back what was said; a question that was not
//! asked is not read, whatever was sent.

use super::form::{Form, Reader};
use crate::domain::holder_statement::{HolderAnswer, HolderTopic};
use crate::domain::note::NOTE_MAX_CHARS;
use crate::domain::termination::{CheckKind, CodeKind};
use crate::mail::words;
use crate::services::links::{EndSaid, HolderSays, HolderStatus};
use crate::web::pages::confirm::{FieldError, MESSAGE_FIELD, code_field};
use crate::web::pages::status::{
    DeviceTick, END_FIELD, EndAnswer, SubscriptionTick, device_tick, holds_code, offers, subscription_tick,
};

/// Reads what the holder says.
///
/// # Errors
/// Everything that is wrong, in the order of the page.
pub(super) fn read(form: &Form, status: &HolderStatus) -> Result<HolderSays, Vec<FieldError>> {
    let mut reader = Reader::of(form);
    let mut said = HolderSays::default();
    for (index, device) in status.devices.iter().enumerate() {
        for tick in DeviceTick::ALL {
            if !offers(status, index, *tick) {
                continue;
            }
            let is_ticked = reader.is_ticked(&device_tick(index, *tick));
            match meaning(*tick) {
                Meaning::Check(check) => said.checks.push((device.item, check, is_ticked)),
                Meaning::Topic(topic) => {
                    said.topics
                        .push((device.item, topic, is_ticked.then_some(HolderAnswer::Yes)));
                }
            }
        }
        if holds_code(device) {
            for kind in words::CodeKind::ALL {
                let answer = reader.choice::<words::CodeAnswer>(code_field(index, *kind), None);
                let answer = answer.map(|answer| HolderAnswer::Code(super::form::code_answer(answer)));
                said.topics.push((device.item, code_topic(*kind), answer));
            }
        }
    }
    for (index, subscription) in status.subscriptions.iter().enumerate() {
        for tick in SubscriptionTick::ALL {
            if !tick.is_offered(status, index) {
                continue;
            }
            let topic = match tick {
                SubscriptionTick::Voicemail => HolderTopic::VoicemailEmptied,
                SubscriptionTick::KeepNumber => HolderTopic::KeepNumber,
            };
            let is_ticked = reader.is_ticked(&subscription_tick(index, *tick));
            let answer = is_ticked.then_some(HolderAnswer::Yes);
            said.topics.push((subscription.item, topic, answer));
        }
    }
    said.end = match reader.choice::<EndAnswer>(END_FIELD.to_owned(), None) {
        Some(EndAnswer::Staying) => Some(EndSaid::Staying),
        Some(EndAnswer::WrongDate) => Some(EndSaid::WrongDate {
            last_day: reader.last_day(status.last_day),
        }),
        Some(EndAnswer::Right) => Some(EndSaid::Right),
        None => None,
    };
    said.message = reader.text(MESSAGE_FIELD.to_owned(), NOTE_MAX_CHARS);
    let errors = reader.errors();
    if errors.is_empty() { Ok(said) } else { Err(errors) }
}

/// What a box stands for.
enum Meaning {
    Check(CheckKind),
    Topic(HolderTopic),
}

const fn meaning(tick: DeviceTick) -> Meaning {
    match tick {
        DeviceTick::Records => Meaning::Check(CheckKind::RecordsSaved),
        DeviceTick::Private => Meaning::Topic(HolderTopic::PrivateMoved),
        DeviceTick::Identities => Meaning::Topic(HolderTopic::IdentitiesMoved),
        DeviceTick::Voicemail => Meaning::Topic(HolderTopic::VoicemailEmptied),
        DeviceTick::SignedOut => Meaning::Topic(HolderTopic::SignedOut),
        DeviceTick::Reset => Meaning::Check(CheckKind::Reset),
        DeviceTick::Wiped => Meaning::Check(CheckKind::Wiped),
        DeviceTick::Sim => Meaning::Check(CheckKind::Sim),
        DeviceTick::Accessories => Meaning::Check(CheckKind::Accessories),
    }
}

const fn code_topic(kind: words::CodeKind) -> HolderTopic {
    HolderTopic::of_code(match kind {
        words::CodeKind::ScreenLock => CodeKind::ScreenLock,
        words::CodeKind::SimPin => CodeKind::SimPin,
        words::CodeKind::Other => CodeKind::Other,
    })
}
