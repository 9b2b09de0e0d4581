//! What the receiver looks at before confirming, and what must be left as it is.

use super::common::{Hold, devices_where};
use crate::mail::format::{pick, say};
use crate::mail::letter::Block;
use crate::mail::noun::Thing;
use crate::mail::view::MailView;

/// What to look at before confirming.
pub(super) fn points_to_check(view: &MailView) -> Vec<String> {
    let language = view.language;
    let thing = Thing::of(&view.case, language);
    let (the, returned, has) = (thing.the(), thing.returned(), thing.has());
    let mut points = Vec::new();
    if thing.is_phone() {
        points.push(say!(
            language,
            "{the} och tillbehör är återlämnade",
            "{the} and accessories have been {returned}"
        ));
        points.push(
            pick(
                language,
                "arbetsmaterial är sparat",
                "work material has been saved",
            )
            .to_owned(),
        );
        points.extend(reset_points(view));
        points.push(
            pick(
                language,
                "koder är insamlade eller inte behövs",
                "codes have been collected or are not needed",
            )
            .to_owned(),
        );
    } else {
        points.push(say!(
            language,
            "{the} är {returned}",
            "{the} {has} been {returned}"
        ));
    }
    for subscription in &view.case.subscriptions {
        let number = subscription.number.show(language);
        points.push(say!(
            language,
            "det är bestämt vad som händer med numret {number}",
            "it has been decided what happens to the number {number}"
        ));
    }
    points
}

fn reset_points(view: &MailView) -> Vec<String> {
    let language = view.language;
    let held = devices_where(view, |device| device.hold);
    let free = devices_where(view, |device| !device.hold);
    let (the, each) = (
        Thing::of(&view.case, language).the(),
        Thing::of(&view.case, language).each(),
    );
    match Hold::of(&view.case) {
        Hold::None => vec![
            say!(
                language,
                "{each} är återställd, utan kontolås",
                "{each} has been reset, with no account lock"
            ),
            say!(language, "{each} är rensad", "{each} has been wiped"),
        ],
        Hold::Some => vec![
            say!(
                language,
                "återställning och rensning är gjord på {free}, utan kontolås",
                "reset and wipe are done on {free}, with no account lock"
            ),
            say!(
                language,
                "ingen rensar {held}; ta emot utan att ändra något, så hjälper vi dig",
                "nobody wipes {held}; take it back without changing anything and we will help you"
            ),
        ],
        Hold::All => vec![say!(
            language,
            "ingen rensar {the}; ta emot utan att ändra något, så hjälper vi dig",
            "nobody wipes {the}; take it back without changing anything and we will help you"
        )],
    }
}

/// Said in the reminders when something must not be wiped.
pub(super) fn keep_as_is(view: &MailView) -> Option<Block> {
    let held = devices_where(view, |device| device.hold);
    let text = say!(
        view.language,
        "Rensa inte {held}. Ta emot utan att ändra något, så hjälper vi dig.",
        "Do not wipe {held}. Take it back without changing anything and we will help you."
    );
    (Hold::of(&view.case) != Hold::None).then_some(Block::Paragraph(text))
}
