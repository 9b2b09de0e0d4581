//! Pieces that several letters share.

use crate::domain::language::Language;
use crate::mail::format::{list, pick, say, sentence_case};
use crate::mail::letter::Block;
use crate::mail::receipt::FactGroup;
use crate::mail::view::{Audience, CaseFacts, DeviceFacts, MailView};
use crate::mail::words::Check;

/// Never asked for, whatever happens to the phone.
pub(super) const NO_IDENTITY_CODES: [&str; 2] = [
    "Lämna aldrig ut koder till BankID, Freja eller annan e-legitimation, inte heller till oss.",
    "Never give anyone the codes for BankID, Freja or any other electronic ID, not even us.",
];

/// Which devices of the case must be kept as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    None,
    Some,
    All,
}

impl Hold {
    pub(super) fn of(case: &CaseFacts) -> Self {
        match case.devices.iter().filter(|device| device.hold).count() {
            0 => Self::None,
            held if held == case.devices.len() => Self::All,
            _ => Self::Some,
        }
    }
}

/// "iPhone 15 (7Q2K)" of each device for which the question is answered as wanted.
pub(super) fn devices_where(view: &MailView, wanted: impl Fn(&DeviceFacts) -> bool) -> String {
    let named = view.case.devices.iter().filter(|device| wanted(device));
    let named = named
        .map(|device| format!("{} ({})", device.model, device.serial_last4))
        .collect::<Vec<_>>();
    list(view.language, &named)
}

/// One group of rows per device and per subscription.
pub(super) fn items(view: &MailView) -> Block {
    let language = view.language;
    let devices = view.case.devices.iter().map(|device| {
        let mut rows = vec![(
            pick(language, "Serienummer slutar på", "Serial number ends in"),
            device.serial_last4.clone(),
        )];
        if !device.accessories.is_empty() {
            let names = list(language, &device.accessories);
            rows.push((pick(language, "Tillbehör", "Accessories"), names));
        }
        if device.hold {
            let keep = pick(language, "Rensa inte den här telefonen", "Do not wipe this phone");
            rows.push((pick(language, "Bevaras", "To be kept"), keep.to_owned()));
        }
        FactGroup {
            title: device.model.clone(),
            rows,
        }
    });
    let subscriptions = view.case.subscriptions.iter().map(|subscription| FactGroup {
        title: pick(language, "Abonnemang", "Subscription").to_owned(),
        rows: vec![(
            pick(language, "Telefonnummer", "Phone number"),
            subscription.number.show(language).to_owned(),
        )],
    });
    Block::Facts(devices.chain(subscriptions).collect())
}

/// The link with the act as its text; nothing in a copy, which says so on top.
pub(super) fn action(view: &MailView, label: &'static str) -> Option<Block> {
    view.link.clone().map(|url| Block::Action {
        label: label.into(),
        url,
    })
}

/// Where the instruction is.
pub(super) fn instructions(view: &MailView) -> Option<Block> {
    let label = pick(
        view.language,
        "Så gör du, steg för steg",
        "How to do it, step by step",
    );
    view.instructions_url
        .clone()
        .map(|url| Block::Link { label, url })
}

/// Said first to those whom the mail does not ask: why they get it.
pub(super) fn copy_notice(view: &MailView) -> Option<String> {
    let name = &view.recipient.name;
    match view.audience {
        Audience::Addressee => None,
        Audience::Copy => Some(say!(
            view.language,
            "Kopia för kännedom. Mejlet har gått till {name}, som kan svara på det.",
            "Copy for information. The message went to {name}, who can answer it."
        )),
        Audience::StandIn => Some(
            pick(
                view.language,
                "Ingen mottagare är känd i ärendet, så mejlet kommer till er. Se till att någon tar emot telefonen och att svaret förs in i ärendet.",
                "Nobody is known who could take the phone back, so this message comes to you. Please see to it that somebody does and that the answer is entered in the case.",
            )
            .to_owned(),
        ),
    }
}

/// "Anna Ek", or the case number for a protected identity.
pub(super) fn holder(view: &MailView) -> String {
    let number = &view.case.number;
    view.case.holder_name.clone().unwrap_or_else(|| {
        say!(
            view.language,
            "innehavaren i ärende {number}",
            "the holder in case {number}"
        )
    })
}

/// The holder at the beginning of a sentence.
pub(super) fn holder_first(view: &MailView) -> String {
    match view.case.holder_name {
        Some(_) => holder(view),
        None => sentence_case(&holder(view)),
    }
}

/// "Återstår: återlämning, rensning och koder."
pub(super) fn remaining(language: Language, checks: &[Check]) -> Option<Block> {
    if checks.is_empty() {
        return None;
    }
    let names = list(
        language,
        &checks
            .iter()
            .map(|check| check.text(language))
            .collect::<Vec<_>>(),
    );
    Some(Block::Paragraph(say!(
        language,
        "Återstår: {names}.",
        "Remaining: {names}."
    )))
}
