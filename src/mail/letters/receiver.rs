//! Letters to the receiver, and to the receiver's manager when nothing happens.

use super::checklist::{keep_as_is, points_to_check};
use super::common::{action, copy_notice, holder, holder_first, instructions, items, remaining};
use super::kind;
use crate::domain::language::Language;
use crate::domain::termination::TerminationKind;
use crate::mail::format::{amount, date, pick, say, sentence_case};
use crate::mail::letter::{Block, Letter};
use crate::mail::noun::Thing;
use crate::mail::view::{Asked, MailView};
use crate::mail::words::Check;
use chrono::NaiveDate;

/// Where a case goes that nobody confirms, and when.
pub(super) struct Next<'a> {
    pub level: &'a str,
    pub on: NaiveDate,
}

/// What has happened before a reminder.
pub(super) struct SoFar {
    /// How many reminders the reader has had.
    pub reminders: u32,
    /// Business days since the last day.
    pub business_days: u32,
}

/// What is said of a case that nobody confirmed.
pub(super) struct Late<'a> {
    pub asked: Option<&'a Asked>,
    pub remaining: &'a [Check],
    pub monthly_cost_ore: Option<u64>,
}

/// An end is coming; nothing to do yet.
pub(super) fn end_approaching(view: &MailView, return_by: NaiveDate) -> Letter {
    let language = view.language;
    let (number, the) = (&view.case.number, Thing::of(&view.case, language).the());
    let the_first = sentence_case(the);
    let (by, last_day) = (date(language, return_by), date(language, view.case.last_day));
    let (holder, holder_first) = (holder(view), holder_first(view));
    let request = say!(
        language,
        "{holder_first} ska lämna {the} till dig senast {by}. Sista dagen är {last_day}. Du behöver inte göra något nu.",
        "{holder_first} is to hand {the} to you by {by}. The last day is {last_day}. You do not need to do anything now."
    );
    let talk = say!(
        language,
        "Prata gärna med {holder} om vilket arbetsmaterial som ska sparas och vad som ska hända med telefonnumret.",
        "You may want to talk with {holder} about what work material to save and what should happen to the phone number."
    );
    let later = pick(
        language,
        "Vi mejlar dig en länk när det är dags att bekräfta. Stämmer inte datumet? Svara på det här mejlet.",
        "We will send you a link when it is time to confirm. Is the date wrong? Reply to this message.",
    );
    Letter {
        subject: say!(
            language,
            "{the_first} ska lämnas tillbaka senast {by} ({number})",
            "Return of {the} by {by} ({number})"
        ),
        short_subject: say!(
            language,
            "{the_first} ska lämnas tillbaka ({number})",
            "Return of {the} ({number})"
        ),
        heading: say!(language, "{the_first} ska lämnas tillbaka", "Return of {the}"),
        notice: None,
        blocks: vec![
            Block::Paragraph(request),
            items(view),
            Block::Paragraph(talk),
            Block::fixed(later),
        ],
    }
}

/// Confirm, through the link.
pub(super) fn confirm_return(view: &MailView, confirm_by: NaiveDate, coordinator: Option<&str>) -> Letter {
    let language = view.language;
    let thing = Thing::of(&view.case, language);
    let (number, the, returned) = (&view.case.number, thing.the(), thing.some_returned());
    let (by, last_day) = (date(language, confirm_by), date(language, view.case.last_day));
    let (holder, holder_first) = (holder(view), holder_first(view));
    // A mail that catches up late asks for a day after the last one.
    let has_passed = confirm_by > view.case.last_day;
    let had = pick(
        language,
        if has_passed { "hade" } else { "har" },
        if has_passed { "was" } else { "is" },
    );
    let request = kind::request(view, &by).unwrap_or_else(|| say!(
        language,
        "{holder_first} {had} sin sista dag {last_day}. Du ansvarar för att {the} kommer tillbaka. Bekräfta senast {by}.",
        "The last day of {holder} {had} {last_day}. You are responsible for getting {the} back. Please confirm by {by}."
    ));
    let mut blocks = vec![Block::Paragraph(request)];
    blocks.extend(kind::notes(view));
    blocks.extend(action(view, confirm_label(view)));
    blocks.push(items(view));
    blocks.push(Block::Bulleted {
        intro: pick(language, "Kontrollera att", "Check that"),
        items: points_to_check(view),
    });
    blocks.extend(instructions(view));
    blocks.push(Block::Paragraph(other_answers(view, coordinator)));
    Letter {
        subject: say!(
            language,
            "Bekräfta {returned} senast {by} ({number})",
            "Please confirm {returned} by {by} ({number})"
        ),
        short_subject: say!(
            language,
            "Bekräfta {returned} ({number})",
            "Please confirm {returned} ({number})"
        ),
        heading: say!(language, "Bekräfta {returned}", "Please confirm {returned}"),
        notice: copy_notice(view),
        blocks,
    }
}

/// Not confirmed yet.
pub(super) fn reminder_1(view: &MailView, confirm_by: NaiveDate, checks: &[Check]) -> Letter {
    let language = view.language;
    let thing = Thing::of(&view.case, language);
    let (number, the, returned, has) = (&view.case.number, thing.the(), thing.returned(), thing.has());
    let some_returned = thing.some_returned();
    let (by, last_day) = (date(language, confirm_by), date(language, view.case.last_day));
    let request = kind::asked_again(view, &by).unwrap_or_else(|| say!(
        language,
        "Vi har inte fått bekräftat att {the} är {returned}. Sista dagen var {last_day}. Bekräfta senast {by}.",
        "We have not had confirmation that {the} {has} been {returned}. The last day was {last_day}. Please confirm by {by}."
    ));
    let mut blocks = vec![Block::Paragraph(request)];
    blocks.extend(kind::notes(view));
    blocks.extend(action(view, confirm_label(view)));
    blocks.push(items(view));
    blocks.extend(keep_as_is(view));
    blocks.extend(remaining(language, checks));
    blocks.extend(instructions(view));
    if view.case.kind != TerminationKind::Deceased {
        blocks.push(Block::fixed(pick(
            language,
            "Fortsätter anställningen eller uppdraget? Svara att datumet är fel på samma sida, så kontrollerar vi det.",
            "Does the employment or assignment continue? Answer that the date is wrong on the same page and we will check it.",
        )));
    }
    Letter {
        subject: say!(
            language,
            "Påminnelse: bekräfta {some_returned} ({number})",
            "Reminder: please confirm {some_returned} ({number})"
        ),
        short_subject: say!(
            language,
            "Påminnelse: bekräfta ({number})",
            "Reminder: please confirm ({number})"
        ),
        heading: say!(
            language,
            "Påminnelse: bekräfta {some_returned}",
            "Reminder: please confirm {some_returned}"
        ),
        notice: copy_notice(view),
        blocks,
    }
}

/// Still not confirmed; says where the case goes next.
pub(super) fn reminder_2(
    view: &MailView,
    confirm_by: NaiveDate,
    checks: &[Check],
    so_far: &SoFar,
    next: &Next<'_>,
) -> Letter {
    let language = view.language;
    let thing = Thing::of(&view.case, language);
    let (number, the) = (&view.case.number, thing.the());
    let by = date(language, confirm_by);
    let request = kind::asked_again(view, &by).unwrap_or_else(|| still_open(view, &by, so_far.business_days));
    let mut blocks = vec![Block::Paragraph(request)];
    blocks.extend(kind::notes(view));
    blocks.extend(action(view, confirm_label(view)));
    blocks.push(items(view));
    blocks.extend(keep_as_is(view));
    blocks.extend(remaining(language, checks));
    blocks.push(Block::Numbered {
        intro: pick(language, "Gör ett av det här:", "Please do one of the following:"),
        items: three_ways(view),
    });
    blocks.extend(instructions(view));
    blocks.push(goes_further(language, (next.level, next.on)));
    let which = which_reminder(language, so_far.reminders);
    Letter {
        subject: say!(
            language,
            "{which}: bekräfta {the} ({number})",
            "{which}: please confirm {the} ({number})"
        ),
        short_subject: format!("{which} ({number})"),
        heading: say!(
            language,
            "{which}: bekräfta {the}",
            "{which}: please confirm {the}"
        ),
        notice: copy_notice(view),
        blocks,
    }
}

/// What a reminder is called that comes after so many others: the earlier ones may never have left.
const fn which_reminder(language: Language, earlier: u32) -> &'static str {
    match earlier {
        0 => pick(language, "Påminnelse", "Reminder"),
        1 => pick(language, "Andra påminnelsen", "Second reminder"),
        _ => pick(language, "Ny påminnelse", "Another reminder"),
    }
}

/// A new link, for an earlier one that no longer works.
pub(super) fn new_link(view: &MailView, confirm_by: NaiveDate, checks: &[Check]) -> Letter {
    let language = view.language;
    let (number, returned) = (&view.case.number, Thing::of(&view.case, language).some_returned());
    let by = date(language, confirm_by);
    let mut blocks = vec![Block::Paragraph(say!(
        language,
        "Här är en ny länk. Bekräfta senast {by}. Vi skickar den till dig, för någon ville använda en äldre länk i ärendet och du är den som ska svara nu.",
        "Here is a new link. Please confirm by {by}. We send it to you because somebody wanted to use an older link in the case and you are the one to answer now."
    ))];
    blocks.extend(kind::notes(view));
    blocks.extend(action(view, confirm_label(view)));
    blocks.push(items(view));
    blocks.extend(keep_as_is(view));
    blocks.extend(remaining(language, checks));
    blocks.extend(instructions(view));
    Letter {
        subject: say!(
            language,
            "Ny länk: bekräfta {returned} ({number})",
            "New link: please confirm {returned} ({number})"
        ),
        short_subject: say!(
            language,
            "Ny länk: bekräfta ({number})",
            "New link: please confirm ({number})"
        ),
        heading: say!(
            language,
            "Ny länk: bekräfta {returned}",
            "New link: please confirm {returned}"
        ),
        notice: copy_notice(view),
        blocks,
    }
}

/// Somebody handed the case over to the reader.
pub(super) fn handed_over(
    view: &MailView,
    confirm_by: NaiveDate,
    (by, checks): (Option<&str>, &[Check]),
) -> Letter {
    let language = view.language;
    let thing = Thing::of(&view.case, language);
    let (number, the, returned) = (&view.case.number, thing.the(), thing.some_returned());
    let (on, last_day) = (date(language, confirm_by), date(language, view.case.last_day));
    let holder_first = holder_first(view);
    let who = by.unwrap_or_else(|| pick(language, "Kundtjänsten", "The service desk"));
    let mut blocks = vec![Block::Paragraph(say!(
        language,
        "{who} har lämnat över det här ärendet till dig. Du ansvarar nu för att {the} kommer tillbaka. Bekräfta senast {on}. {holder_first} har {last_day} som sista dag.",
        "{who} has handed this case over to you. You are now responsible for getting {the} back. Please confirm by {on}. {holder_first} has {last_day} as the last day."
    ))];
    blocks.extend(kind::notes(view));
    blocks.extend(action(view, confirm_label(view)));
    blocks.push(items(view));
    blocks.push(Block::Bulleted {
        intro: pick(language, "Kontrollera att", "Check that"),
        items: points_to_check(view),
    });
    blocks.extend(remaining(language, checks));
    blocks.extend(instructions(view));
    blocks.push(Block::fixed(pick(
        language,
        "Kan du inte göra det själv? Lämna över ärendet på samma sida.",
        "Cannot do it yourself? Hand the case over on the same page.",
    )));
    Letter {
        subject: say!(
            language,
            "Överlämnat till dig: bekräfta {returned} ({number})",
            "Handed over to you: please confirm {returned} ({number})"
        ),
        short_subject: say!(
            language,
            "Överlämnat till dig: bekräfta ({number})",
            "Handed over to you: please confirm ({number})"
        ),
        heading: say!(
            language,
            "Överlämnat till dig: bekräfta {returned}",
            "Handed over to you: please confirm {returned}"
        ),
        notice: copy_notice(view),
        blocks,
    }
}

/// Nobody confirmed: decide.
pub(super) fn escalation(view: &MailView, decide_by: NaiveDate, late: &Late<'_>) -> Letter {
    let language = view.language;
    let number = &view.case.number;
    let by = date(language, decide_by);
    let why = kind::asked_again(view, &by).unwrap_or_else(|| why_escalated(view, &by, late.asked));
    let mut blocks = vec![Block::Paragraph(why)];
    blocks.extend(kind::notes(view));
    blocks.extend(action(
        view,
        pick(language, "Öppna ärendet och svara", "Open the case and answer"),
    ));
    blocks.push(items(view));
    blocks.extend(remaining(language, late.remaining));
    blocks.extend(late.monthly_cost_ore.map(|ore| cost(language, ore)));
    blocks.push(what_can_be_decided(language, view.link.is_some()));
    Letter {
        subject: say!(
            language,
            "Ärende {number} behöver ditt beslut senast {by}",
            "Case {number} needs your decision by {by}"
        ),
        short_subject: say!(
            language,
            "Ärende {number} behöver ditt beslut",
            "Case {number} needs your decision"
        ),
        heading: pick(
            language,
            "Ärendet behöver ditt beslut",
            "The case needs your decision",
        )
        .to_owned(),
        notice: copy_notice(view),
        blocks,
    }
}

/// What the one to whom a case goes can decide.
pub(super) fn what_can_be_decided(language: Language, has_link: bool) -> Block {
    Block::Bulleted {
        intro: if has_link {
            pick(
                language,
                "Det här kan du bestämma. Svara på sidan eller på det här mejlet:",
                "This is what you can decide. Answer on the page or by replying to this message:",
            )
        } else {
            pick(
                language,
                "Det här kan du bestämma. Svara på det här mejlet:",
                "This is what you can decide. Answer by replying to this message:",
            )
        },
        items: [
            pick(
                language,
                "utse någon som slutför ärendet",
                "appoint someone to complete the case",
            ),
            pick(
                language,
                "spärra abonnemang och telefon",
                "block the subscription and the phone",
            ),
            pick(
                language,
                "öppna ett ersättningsärende (inget dras från lön utan särskilt beslut)",
                "open a compensation case (nothing is deducted from pay without a separate decision)",
            ),
        ]
        .map(str::to_owned)
        .to_vec(),
    }
}

/// Where a case goes without an answer, and when.
pub(super) fn goes_further(language: Language, (level, on): (&str, NaiveDate)) -> Block {
    let on = date(language, on);
    Block::Paragraph(say!(
        language,
        "Utan svar går ärendet vidare till {level} den {on}.",
        "Without an answer the case goes to {level} on {on}."
    ))
}

/// What the subscriptions cost in a month.
pub(super) fn cost(language: Language, ore: u64) -> Block {
    let cost = amount(language, ore);
    Block::Paragraph(say!(
        language,
        "Månadskostnad för abonnemanget: {cost}.",
        "Monthly subscription cost: {cost}."
    ))
}

fn why_escalated(view: &MailView, by: &str, asked: Option<&Asked>) -> String {
    let thing = Thing::of(&view.case, view.language);
    let (some, has, returned) = (thing.some(), thing.has(), thing.returned());
    let (unit, last_day) = (&view.case.unit, date(view.language, view.case.last_day));
    let who = who_was_asked(view.language, asked);
    say!(
        view.language,
        "Vi har inte fått bekräftat att {some} på {unit} är {returned} efter att anställningen eller uppdraget upphörde {last_day}. Bestäm senast {by} vad som ska göras. {who}",
        "We have not had confirmation that {some} at {unit} {has} been {returned} after the employment or assignment ended on {last_day}. Please decide by {by} what to do. {who}"
    )
}

fn who_was_asked(language: Language, asked: Option<&Asked>) -> String {
    let Some(Asked { name, reminders }) = asked else {
        let nobody = pick(
            language,
            "Ingen som kan svara är känd i ärendet.",
            "Nobody is known in the case who could answer.",
        );
        return nobody.to_owned();
    };
    let had = match reminders {
        0 => pick(language, "inte fått någon påminnelse", "not had a reminder").to_owned(),
        1 => pick(language, "fått en påminnelse", "had one reminder").to_owned(),
        2 => pick(language, "fått två påminnelser", "had two reminders").to_owned(),
        count => say!(language, "fått {count} påminnelser", "had {count} reminders"),
    };
    say!(
        language,
        "{name}, som skulle svara, har {had}.",
        "{name}, who was to answer, has {had}."
    )
}

fn still_open(view: &MailView, by: &str, business_days: u32) -> String {
    let thing = Thing::of(&view.case, view.language);
    let (the, returned, has) = (thing.the(), thing.returned(), thing.has());
    let days = match business_days {
        1 => pick(view.language, "1 arbetsdag", "1 working day").to_owned(),
        _ => say!(
            view.language,
            "{business_days} arbetsdagar",
            "{business_days} working days"
        ),
    };
    say!(
        view.language,
        "Vi har fortfarande inte fått bekräftat att {the} är {returned}, {days} efter sista dagen. Svara senast {by}. En telefon eller ett sim-kort som inte är inlämnat kan ge obehöriga tillgång till information och kostar pengar varje månad.",
        "We have still not had confirmation that {the} {has} been {returned}, {days} after the last day. Please answer by {by}. A phone or SIM card that is not handed in can give others access to information and costs money every month."
    )
}

fn three_ways(view: &MailView) -> Vec<String> {
    let language = view.language;
    let missing = Thing::of(&view.case, language).it_is_missing();
    vec![
        pick(language, "Bekräfta återlämningen.", "Confirm the return.").to_owned(),
        pick(
            language,
            "Svara ”Nej, inte än” och ange när du räknar med återlämningen.",
            "Answer “No, not yet” and say when you expect the return.",
        )
        .to_owned(),
        say!(
            language,
            "Anmäl att {missing}, så spärrar vi abonnemanget.",
            "Report {missing} and we will block the subscription."
        ),
    ]
}

const fn confirm_label(view: &MailView) -> &'static str {
    pick(view.language, "Bekräfta återlämningen", "Confirm the return")
}

fn other_answers(view: &MailView, coordinator: Option<&str>) -> String {
    let missing = pick(
        view.language,
        "Är något borta eller trasigt? Svara det på sidan, så hjälper vi dig vidare.",
        "Is something missing or broken? Say so on the page and we will help.",
    );
    let coordinator =
        coordinator.unwrap_or_else(|| pick(view.language, "telefoniansvarig", "the coordinator"));
    say!(
        view.language,
        "{missing} Kan du inte göra det själv? Lämna över till {coordinator} på samma sida.",
        "{missing} Cannot do it yourself? Hand over to {coordinator} on the same page."
    )
}
