//! The receipt as a letter.

use crate::mail::format::{pick, say};
use crate::mail::letter::{Block, Letter};
use crate::mail::noun::Thing;
use crate::mail::receipt::Receipt;
use crate::mail::view::MailView;

/// To the one who handed in.
pub(super) fn to_holder(view: &MailView, receipt: &Receipt) -> Letter {
    let opening = if receipt.has_deviation() {
        pick(
            view.language,
            "Ärendet är avslutat med avvikelse. Här är din kvittens. Spara den.",
            "The case is closed with a deviation. Here is your receipt. Please keep it.",
        )
    } else {
        pick(
            view.language,
            "Tack, allt är klart. Här är din kvittens. Spara den.",
            "Thank you, everything is done. Here is your receipt. Please keep it.",
        )
    };
    letter(view, receipt, opening)
}

/// To the one who took it back.
pub(super) fn to_receiver(view: &MailView, receipt: &Receipt) -> Letter {
    let opening = if receipt.has_deviation() {
        pick(
            view.language,
            "Ärendet är avslutat med avvikelse. Du behöver inte göra något mer.",
            "The case is closed with a deviation. You do not need to do anything more.",
        )
    } else {
        pick(
            view.language,
            "Tack, ärendet är klart. Du behöver inte göra något mer.",
            "Thank you, the case is done. You do not need to do anything more.",
        )
    };
    letter(view, receipt, opening)
}

fn letter(view: &MailView, receipt: &Receipt, opening: &str) -> Letter {
    let language = view.language;
    let mut groups = vec![receipt.case_rows(language)];
    groups.extend(receipt.item_rows(language));
    let mut blocks = vec![Block::fixed(opening), Block::Facts(groups)];
    if !receipt.deviations.is_empty() {
        blocks.push(Block::Bulleted {
            intro: pick(language, "Avvikelser:", "Deviations:"),
            items: receipt.deviation_texts(language),
        });
    }
    if let Some(url) = view.link.clone() {
        blocks.push(Block::Action {
            label: pick(language, "Visa kvittensen", "Show the receipt").into(),
            url,
        });
    }
    if let Some(url) = receipt.verify_url.clone() {
        let label = pick(
            language,
            "Kontrollera att kvittensen är äkta",
            "Check that the receipt is genuine",
        );
        blocks.push(Block::Link { label, url });
    }
    blocks.push(Block::fixed(pick(
        language,
        "Stämmer något inte? Svara på det här mejlet.",
        "Is something wrong? Reply to this message.",
    )));
    let (subject, short_subject) = subjects(view, receipt);
    Letter {
        subject,
        short_subject,
        heading: receipt.title(language).to_owned(),
        notice: None,
        blocks,
    }
}

/// A clean receipt says what came back; one with a deviation does not claim that anything did.
fn subjects(view: &MailView, receipt: &Receipt) -> (String, String) {
    let language = view.language;
    let thing = Thing::of(&view.case, language);
    let (title, number) = (receipt.title(language), &view.case.number);
    let short = format!("{title} ({number})");
    let (the, returned, has) = (thing.the(), thing.returned(), thing.has());
    let plain = !receipt.has_deviation() && receipt.all_returned();
    let long = say!(
        language,
        "{title}: {the} är {returned} ({number})",
        "{title}: {the} {has} been {returned} ({number})"
    );
    if plain {
        (long, short)
    } else {
        (short.clone(), short)
    }
}
