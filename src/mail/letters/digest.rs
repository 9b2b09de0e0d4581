//! One mail about several cases: what to decide, what to answer, what is coming, and what is only to be known, in that
//! order. Each case that asks for something has a link of its own.

use super::checklist::keep_as_is;
use super::common::{copy_notice, holder_first, instructions, remaining};
use super::desk::what_is_said;
use super::receiver::{cost, goes_further, what_can_be_decided};
use super::{kind, write};
use crate::domain::language::Language;
use crate::domain::termination::TerminationKind;
use crate::mail::format::{date, list, pick, say};
use crate::mail::letter::{Block, Letter};
use crate::mail::receipt::FactGroup;
use crate::mail::view::{Audience, MailView, Step};
use chrono::NaiveDate;

/// In which part of a digest a case is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Decide,
    Answer,
    Coming,
    ToKnow,
}

impl Part {
    const ALL: [Self; 4] = [Self::Decide, Self::Answer, Self::Coming, Self::ToKnow];

    fn of(view: &MailView) -> Self {
        match (view.audience, &view.step) {
            (Audience::Copy, _) => Self::ToKnow,
            (Audience::Addressee | Audience::StandIn, Step::Escalation { .. }) => Self::Decide,
            (Audience::Addressee | Audience::StandIn, Step::EndApproachingReceiver { .. }) => Self::Coming,
            (Audience::Addressee | Audience::StandIn, _) => Self::Answer,
        }
    }

    fn heading(self, language: Language, count: usize) -> String {
        match (self, count) {
            (Self::Decide, 1) => pick(language, "Bestäm i ett ärende", "Decide in one case").to_owned(),
            (Self::Decide, _) => say!(language, "Bestäm i {count} ärenden", "Decide in {count} cases"),
            (Self::Answer, 1) => pick(language, "Svara i ett ärende", "Answer in one case").to_owned(),
            (Self::Answer, _) => say!(language, "Svara i {count} ärenden", "Answer in {count} cases"),
            (Self::Coming, _) => pick(
                language,
                "På gång: du behöver inte göra något nu",
                "Coming up: you do not need to do anything now",
            )
            .to_owned(),
            (Self::ToKnow, _) => pick(language, "För kännedom", "For information").to_owned(),
        }
    }
}

/// Writes the letter. The views are in the language of the reader.
pub(in crate::mail) fn digest(language: Language, views: &[&MailView]) -> Letter {
    let asking: Vec<&&MailView> = views
        .iter()
        .filter(|view| matches!(Part::of(view), Part::Decide | Part::Answer))
        .collect();
    let first_by = asking.iter().filter_map(|view| answer_by(view)).min();
    let (count, asked) = (views.len(), asking.len());
    let mut blocks = vec![Block::Paragraph(request(language, (count, asked), first_by))];
    for part in Part::ALL {
        let mut of_part: Vec<&MailView> = views
            .iter()
            .copied()
            .filter(|view| Part::of(view) == part)
            .collect();
        of_part.sort_by_key(|view| (answer_by(view), view.case.number.clone()));
        if of_part.is_empty() {
            continue;
        }
        blocks.push(Block::Heading(part.heading(language, of_part.len())));
        blocks.extend(of_part.iter().flat_map(|view| entry(view)));
        if part == Part::Decide {
            let has_link = of_part.iter().any(|view| view.link.is_some());
            blocks.push(what_can_be_decided(language, has_link));
        }
    }
    blocks.extend(views.first().and_then(|view| instructions(view)));
    let (subject, short_subject, heading) = titles(language, (count, asked), first_by);
    Letter {
        subject,
        short_subject,
        heading,
        notice: None,
        blocks,
    }
}

fn titles(
    language: Language,
    (count, asked): (usize, usize),
    first_by: Option<NaiveDate>,
) -> (String, String, String) {
    let known = say!(
        language,
        "{count} ärenden om mobiltelefoner, för kännedom",
        "{count} cases about mobile phones, for information"
    );
    let heading = match asked {
        0 => known,
        1 => pick(
            language,
            "Ett ärende väntar på ditt svar",
            "One case is waiting for your answer",
        )
        .to_owned(),
        _ => say!(
            language,
            "{asked} ärenden väntar på ditt svar",
            "{asked} cases are waiting for your answer"
        ),
    };
    let subject = match (asked, first_by.map(|by| date(language, by))) {
        (1, Some(by)) => say!(language, "{heading}, senast {by}", "{heading}, by {by}"),
        (2.., Some(by)) => say!(
            language,
            "{heading}, det första senast {by}",
            "{heading}, the first by {by}"
        ),
        _ => heading.clone(),
    };
    (subject, heading.clone(), heading)
}

fn request(language: Language, (count, asked): (usize, usize), first_by: Option<NaiveDate>) -> String {
    let Some(by) = first_by.map(|by| date(language, by)) else {
        return say!(
            language,
            "Det här mejlet handlar om {count} ärenden. Du behöver inte göra något nu.",
            "This message is about {count} cases. You do not need to do anything now."
        );
    };
    match asked {
        0 | 1 => say!(
            language,
            "Ett ärende behöver ditt svar senast {by}. Samma mejl tar upp det andra som är på gång.",
            "One case needs your answer by {by}. The same message covers what else is under way."
        ),
        _ => say!(
            language,
            "{asked} ärenden behöver ditt svar, det första senast {by}. Varje ärende har en egen länk.",
            "{asked} cases need your answer, the first by {by}. Each case has a link of its own."
        ),
    }
}

/// The day by which the mail asks for an answer.
fn answer_by(view: &MailView) -> Option<NaiveDate> {
    match view.step {
        Step::ConfirmReturn { confirm_by, .. }
        | Step::NewLink { confirm_by, .. }
        | Step::HandedOver { confirm_by, .. }
        | Step::Reminder1 { confirm_by, .. }
        | Step::Reminder2 { confirm_by, .. }
        | Step::HandBack { confirm_by, .. } => Some(confirm_by),
        Step::Escalation { decide_by, .. } => Some(decide_by),
        Step::EndQuestioned { answer_by, .. } => Some(answer_by),
        Step::EndApproachingReceiver { return_by }
        | Step::EndApproaching { return_by, .. }
        | Step::ReturnReminder { return_by, .. } => Some(return_by),
        Step::ReceiptHolder(_) | Step::ReceiptReceiver(_) | Step::LossReported(_) | Step::ActAtOnce => None,
    }
}

/// One case: what it is about, what is asked, and where to answer.
fn entry(view: &MailView) -> Vec<Block> {
    let letter = write(view);
    let mut blocks = vec![Block::Entry(about(view))];
    blocks.extend(copy_notice(view).map(Block::Paragraph));
    // A letter begins with what it asks for and by when.
    blocks.extend(
        letter
            .blocks
            .iter()
            .find(|block| matches!(block, Block::Paragraph(_)))
            .cloned(),
    );
    blocks.extend(kind::notes(view));
    blocks.extend(keep_as_is(view));
    blocks.extend(details(view));
    // The same words for each would not tell the links apart.
    let number = &view.case.number;
    blocks.extend(letter.blocks.into_iter().find_map(|block| match block {
        Block::Action { label, url } => Some(Block::Action {
            label: format!("{label} ({number})").into(),
            url,
        }),
        _ => None,
    }));
    blocks
}

fn about(view: &MailView) -> FactGroup {
    let language = view.language;
    let devices: Vec<String> = view
        .case
        .devices
        .iter()
        .map(|device| format!("{} ({})", device.model, device.serial_last4))
        .collect();
    let numbers: Vec<&str> = view
        .case
        .subscriptions
        .iter()
        .map(|subscription| subscription.number.show(language))
        .collect();
    let mut rows = vec![
        (pick(language, "Ärende", "Case"), view.case.number.clone()),
        (pick(language, "Enhet", "Unit"), view.case.unit.clone()),
    ];
    if !devices.is_empty() {
        rows.push((pick(language, "Telefon", "Phone"), list(language, &devices)));
    }
    if !numbers.is_empty() {
        rows.push((
            pick(language, "Telefonnummer", "Phone number"),
            list(language, &numbers),
        ));
    }
    FactGroup {
        title: holder_first(view),
        rows,
    }
}

/// What only some steps say.
fn details(view: &MailView) -> Vec<Block> {
    let language = view.language;
    let mut blocks = Vec::new();
    match &view.step {
        Step::Reminder1 {
            remaining: checks, ..
        }
        | Step::NewLink {
            remaining: checks, ..
        }
        | Step::HandedOver {
            remaining: checks, ..
        } => {
            blocks.extend(remaining(language, checks));
        }
        Step::Reminder2 {
            remaining: checks, ..
        } if view.case.kind == TerminationKind::Absence => blocks.extend(remaining(language, checks)),
        Step::Reminder2 {
            remaining: checks,
            next_level,
            escalates_on,
            ..
        } => {
            blocks.extend(remaining(language, checks));
            blocks.push(goes_further(language, (next_level, *escalates_on)));
        }
        Step::Escalation {
            remaining: checks,
            monthly_cost_ore,
            ..
        } => {
            blocks.extend(remaining(language, checks));
            blocks.extend(monthly_cost_ore.map(|ore| cost(language, ore)));
        }
        Step::EndQuestioned { questions, .. } => blocks.push(what_is_said(language, questions)),
        Step::EndApproaching { .. }
        | Step::EndApproachingReceiver { .. }
        | Step::ReturnReminder { .. }
        | Step::ConfirmReturn { .. }
        | Step::HandBack { .. }
        | Step::ReceiptHolder(_)
        | Step::ReceiptReceiver(_)
        | Step::LossReported(_)
        | Step::ActAtOnce => {}
    }
    blocks
}
