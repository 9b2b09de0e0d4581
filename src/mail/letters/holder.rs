//! Letters to the holder: hand in, in this order.

use super::common::{Hold, NO_IDENTITY_CODES, action, devices_where, instructions, items};
use super::kind::hr_is_asked;
use crate::mail::format::{date, pick, say};
use crate::mail::letter::{Block, Letter};
use crate::mail::noun::Thing;
use crate::mail::view::MailView;
use chrono::NaiveDate;

/// The end is known: everything to do, in order.
pub(super) fn end_approaching(
    view: &MailView,
    hand_to: &str,
    return_by: NaiveDate,
    keep_number_by: Option<NaiveDate>,
) -> Letter {
    let language = view.language;
    let (number, the) = (&view.case.number, Thing::of(&view.case, language).the());
    let by = date(language, return_by);
    let mut blocks = vec![Block::Paragraph(request(view, hand_to, &by)), items(view)];
    blocks.extend(hr_is_asked(view));
    blocks.extend(own_page(view));
    blocks.push(Block::Numbered {
        intro: pick(
            language,
            "Gör så här, i den här ordningen:",
            "Do this, in this order:",
        ),
        items: steps(view),
    });
    blocks.extend(instructions(view));
    blocks.push(Block::fixed(pick(
        language,
        NO_IDENTITY_CODES[0],
        NO_IDENTITY_CODES[1],
    )));
    blocks.push(Block::fixed(pick(
        language,
        "Du får en kvittens när allt är inlämnat.",
        "You will get a receipt when everything is handed in.",
    )));
    if let Some(day) = keep_number_by.filter(|_| !view.case.subscriptions.is_empty()) {
        let day = date(language, day);
        blocks.push(Block::Paragraph(match view.link {
            Some(_) => say!(
                language,
                "Vill du behålla ditt telefonnummer? Säg till på din sida senast {day}, innan abonnemanget avslutas.",
                "Want to keep your phone number? Say so on your page by {day}, before the subscription ends."
            ),
            None => say!(
                language,
                "Vill du behålla ditt telefonnummer? Fråga din chef senast {day}, innan abonnemanget avslutas.",
                "Want to keep your phone number? Ask your manager by {day}, before the subscription ends."
            ),
        }));
    }
    Letter {
        subject: say!(
            language,
            "Lämna tillbaka {the} senast {by} ({number})",
            "Please return {the} by {by} ({number})"
        ),
        short_subject: say!(
            language,
            "Lämna tillbaka {the} ({number})",
            "Please return {the} ({number})"
        ),
        heading: say!(language, "Lämna tillbaka {the}", "Please return {the}"),
        notice: None,
        blocks,
    }
}

/// Shortly before the last day.
pub(super) fn return_reminder(view: &MailView, hand_to: &str, return_by: NaiveDate) -> Letter {
    let language = view.language;
    let (number, the) = (&view.case.number, Thing::of(&view.case, language).the());
    let by = date(language, return_by);
    let mut blocks = vec![Block::Paragraph(request(view, hand_to, &by)), items(view)];
    blocks.extend(hr_is_asked(view));
    if Thing::of(&view.case, language).is_phone() {
        let mut before = vec![
            pick(
                language,
                "Spara det som hör till arbetet.",
                "Save what belongs to your work.",
            )
            .to_owned(),
        ];
        before.extend(reset_steps(view));
        blocks.push(Block::Bulleted {
            intro: pick(language, "Innan du lämnar in:", "Before you hand it in:"),
            items: before,
        });
    }
    blocks.extend(instructions(view));
    blocks.extend(own_page(view));
    Letter {
        subject: say!(
            language,
            "Påminnelse: lämna {the} senast {by} ({number})",
            "Reminder: please return {the} by {by} ({number})"
        ),
        short_subject: say!(
            language,
            "Påminnelse: lämna tillbaka {the} ({number})",
            "Reminder: please return {the} ({number})"
        ),
        heading: say!(
            language,
            "Påminnelse: lämna tillbaka {the}",
            "Reminder: please return {the}"
        ),
        notice: None,
        blocks,
    }
}

fn request(view: &MailView, hand_to: &str, by: &str) -> String {
    let the = Thing::of(&view.case, view.language).the();
    let last_day = date(view.language, view.case.last_day);
    say!(
        view.language,
        "Lämna {the} till {hand_to} senast {by}. Vi har {last_day} som din sista dag.",
        "Please return {the} to {hand_to} by {by}. We have {last_day} as your last day."
    )
}

/// How to say that the date is wrong: on the holder's page, or by answering the mail.
fn own_page(view: &MailView) -> Vec<Block> {
    let language = view.language;
    let label = pick(language, "Öppna din sida", "Open your page");
    let question = match view.link {
        Some(_) => pick(
            language,
            "Stämmer det inte, eller ska du fortsätta hos oss? Säg till på din sida, så frågar vi HR. Där kan du också se hur det går och bocka av vad du har gjort.",
            "Is that wrong, or are you staying with us? Tell us on your page and we will ask HR. There you can also see where things stand and tick off what you have done.",
        ),
        None => pick(
            language,
            "Stämmer det inte, eller ska du fortsätta hos oss? Svara på det här mejlet.",
            "Is that wrong, or are you staying with us? Reply to this message.",
        ),
    };
    let mut blocks = vec![Block::fixed(question)];
    blocks.extend(action(view, label));
    blocks
}

fn steps(view: &MailView) -> Vec<String> {
    let language = view.language;
    let greeting = pick(
        language,
        "Töm röstbrevlådan och ta bort ditt hälsningsmeddelande.",
        "Empty your voicemail and delete your greeting.",
    );
    if !Thing::of(&view.case, language).is_phone() {
        let hand_in = pick(language, "Lämna in sim-kortet.", "Hand in the SIM card.");
        return vec![greeting.to_owned(), hand_in.to_owned()];
    }
    let before = [
        pick(
            language,
            "Spara det som hör till arbetet, till exempel sms och bilder som ska bevaras, i rätt system. Fråga din chef om du är osäker.",
            "Save what belongs to your work, such as text messages and pictures that must be kept, in the right system. Ask your manager if unsure.",
        ),
        pick(
            language,
            "Kopiera privata bilder och kontakter som du vill ha kvar.",
            "Copy private pictures and contacts you want to keep.",
        ),
        pick(
            language,
            "Skaffa e-legitimation och inloggningsappar på din egen telefon och ta bort dem från den här.",
            "Set up your electronic ID and sign-in apps on your own phone and remove them from this one.",
        ),
        greeting,
    ];
    let hand_in = pick(
        language,
        "Lämna in telefon, sim-kort, laddare och tillbehör. Berätta för mottagaren om det finns koder som behövs. Skicka inga koder i mejl eller sms.",
        "Hand in phone, SIM card, charger and accessories. Tell the receiver if there are codes that are needed. Do not send codes by e-mail or text message.",
    );
    let mut steps = before.map(str::to_owned).to_vec();
    steps.extend(reset_steps(view));
    steps.push(hand_in.to_owned());
    steps
}

/// Sign out, reset and wipe, but for what must be kept as it is.
fn reset_steps(view: &MailView) -> Vec<String> {
    let language = view.language;
    let held = devices_where(view, |device| device.hold);
    let free = devices_where(view, |device| !device.hold);
    let the = Thing::of(&view.case, language).the();
    match Hold::of(&view.case) {
        Hold::None => vec![
            pick(
                language,
                "Logga ut från Apple-konto eller Google-konto.",
                "Sign out of your Apple or Google account.",
            )
            .to_owned(),
            say!(language, "Återställ och rensa {the}.", "Reset and wipe {the}."),
        ],
        Hold::Some => vec![
            say!(
                language,
                "Logga ut från Apple-konto eller Google-konto på {free}. Återställ och rensa sedan.",
                "Sign out of your Apple or Google account on {free}. Then reset and wipe."
            ),
            say!(
                language,
                "Rensa inte {held} och logga inte ut från konton där. Lämna in utan att återställa, så hjälper vi dig.",
                "Do not wipe {held} and do not sign out of accounts there. Hand in without resetting and we will help you."
            ),
        ],
        Hold::All => vec![say!(
            language,
            "Rensa inte {the} och logga inte ut från konton. Lämna in utan att återställa, så hjälper vi dig.",
            "Do not wipe {the} and do not sign out of accounts. Hand in without resetting and we will help you."
        )],
    }
}
