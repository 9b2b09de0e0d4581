//! Letters about a leave: what becomes of the phone while its holder is away, and that they get it back. Why somebody is
//! away is not known, and not asked.

use super::checklist::keep_as_is;
use super::common::{action, copy_notice, holder, holder_first, items, remaining};
use crate::domain::language::Language;
use crate::domain::termination::TerminationKind;
use crate::mail::format::{date, list, pick, say, sentence_case};
use crate::mail::letter::{Block, Letter};
use crate::mail::noun::Thing;
use crate::mail::view::{MailView, Step};
use crate::mail::words::Check;
use chrono::NaiveDate;

/// The letter, where the case is about a leave and has words of its own.
pub(super) fn letter(view: &MailView) -> Option<Letter> {
    if view.case.kind != TerminationKind::Absence {
        return None;
    }
    match &view.step {
        Step::ConfirmReturn { confirm_by, .. } => Some(ask(view, *confirm_by, &[])),
        Step::NewLink {
            confirm_by,
            remaining,
        }
        | Step::Reminder1 {
            confirm_by,
            remaining,
        }
        | Step::Reminder2 {
            confirm_by,
            remaining,
            ..
        } if remaining.iter().any(|check| *check != Check::HandedBack) => {
            Some(ask(view, *confirm_by, remaining))
        }
        Step::NewLink { confirm_by, .. } => Some(hand_back(view, *confirm_by, &[])),
        Step::HandBack { confirm_by, devices } => Some(hand_back(view, *confirm_by, devices)),
        _ => None,
    }
}

/// "Anna Ek är frånvarande från och med 1 februari 2027 till och med 31 augusti 2027."
fn away(view: &MailView) -> String {
    let (language, holder_first) = (view.language, holder_first(view));
    let Some(away) = view.case.away else {
        return say!(
            language,
            "{holder_first} är frånvarande.",
            "{holder_first} is away."
        );
    };
    let from = date(language, away.from);
    match away.back_on.and_then(|back| back.pred_opt()) {
        Some(to) => {
            let to = date(language, to);
            say!(
                language,
                "{holder_first} är frånvarande från och med {from} till och med {to}.",
                "{holder_first} is away from {from} to {to}."
            )
        }
        None => say!(
            language,
            "{holder_first} är frånvarande från och med {from}. När det slutar vet vi inte än.",
            "{holder_first} is away from {from}. We do not know yet for how long."
        ),
    }
}

fn ask(view: &MailView, by: NaiveDate, checks: &[Check]) -> Letter {
    let language = view.language;
    let thing = Thing::of(&view.case, language);
    let (number, the) = (&view.case.number, thing.the());
    let by = date(language, by);
    let lacks_word = checks.is_empty() || checks.contains(&Check::Arrangement);
    let request = if lacks_word {
        say!(
            language,
            "Svara senast {by} vad som ska hända med {the} under tiden.",
            "Please answer by {by} what should happen to {the} meanwhile."
        )
    } else {
        say!(
            language,
            "Bekräfta senast {by} att {the} är inlämnad.",
            "Please confirm by {by} that {the} has been handed in."
        )
    };
    let mut blocks = vec![Block::Paragraph(format!("{} {request}", away(view)))];
    blocks.extend(action(
        view,
        pick(language, "Svara om telefonen", "Answer about the phone"),
    ));
    blocks.push(items(view));
    if lacks_word {
        blocks.push(choices(language));
    }
    blocks.extend(keep_as_is(view));
    blocks.extend(remaining(language, checks));
    blocks.push(Block::fixed(pick(
        language,
        "Ska den lämnas in? Gör det före frånvaron. Under frånvaron påminner vi inte. Vi hör av oss när det är dags att lämna tillbaka den.",
        "Is it to be handed in? Do it before the absence. During the absence we send no reminders. We will write when it is time to hand it back.",
    )));
    let the_first = sentence_case(the);
    let heading = say!(
        language,
        "{the_first} under frånvaron",
        "{the_first} during the absence"
    );
    Letter {
        subject: say!(
            language,
            "Svara om {the} senast {by} ({number})",
            "Please answer about {the} by {by} ({number})"
        ),
        short_subject: say!(
            language,
            "Svara om {the} ({number})",
            "Please answer about {the} ({number})"
        ),
        heading,
        notice: copy_notice(view),
        blocks,
    }
}

/// What there is to choose from.
fn choices(language: Language) -> Block {
    Block::Bulleted {
        intro: pick(
            language,
            "Du kan välja att telefonen",
            "You can choose that the phone",
        ),
        items: [
            pick(language, "behålls av innehavaren", "is kept by the holder"),
            pick(
                language,
                "lämnas in och sparas till innehavaren, utan att rensas",
                "is handed in and put away for the holder, without being wiped",
            ),
            pick(
                language,
                "lånas ut till någon annan, när den är återställd och rensad",
                "is lent to somebody else, once it is reset and wiped",
            ),
            pick(
                language,
                "lämnas in till lagret, när den är återställd och rensad",
                "is handed in to the stock, once it is reset and wiped",
            ),
        ]
        .map(str::to_owned)
        .to_vec(),
    }
}

/// The leave ends: what was put away goes back to its holder.
fn hand_back(view: &MailView, by: NaiveDate, devices: &[String]) -> Letter {
    let language = view.language;
    let (number, holder, by) = (&view.case.number, holder(view), date(language, by));
    let the = match devices {
        [] => Thing::of(&view.case, language).the().to_owned(),
        named => list(language, named),
    };
    let when = match view.case.away.and_then(|away| away.back_on) {
        Some(back_on) => {
            let back_on = date(language, back_on);
            let holder_first = holder_first(view);
            say!(
                language,
                "{holder_first} är åter {back_on}.",
                "{holder_first} is back on {back_on}."
            )
        }
        None => away(view),
    };
    let request = say!(
        language,
        "{when} Lämna då tillbaka {the} och bekräfta det senast {by}.",
        "{when} Please hand {the} back then, and confirm it by {by}."
    );
    let mut blocks = vec![Block::Paragraph(request)];
    blocks.extend(action(
        view,
        pick(
            language,
            "Bekräfta att telefonen är tillbaka",
            "Confirm that the phone is back",
        ),
    ));
    blocks.push(items(view));
    blocks.push(Block::Paragraph(say!(
        language,
        "Har dagen ändrats? Då behöver du inte göra något nu. Vi får den nya dagen från personalsystemet och hör av oss igen. Vi har inte skrivit till {holder}.",
        "Has the day changed? Then you do not need to do anything now. We get the new day from the HR system and write again. We have not written to {holder}."
    )));
    Letter {
        subject: say!(
            language,
            "Lämna tillbaka telefonen till innehavaren senast {by} ({number})",
            "Please hand the phone back to its holder by {by} ({number})"
        ),
        short_subject: say!(
            language,
            "Lämna tillbaka telefonen ({number})",
            "Please hand the phone back ({number})"
        ),
        heading: pick(
            language,
            "Lämna tillbaka telefonen till innehavaren",
            "Hand the phone back to its holder",
        )
        .to_owned(),
        notice: copy_notice(view),
        blocks,
    }
}
