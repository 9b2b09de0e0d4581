//! Letters to the service desk.

use super::common::{Hold, holder_first, items};
use crate::domain::language::Language;
use crate::domain::task::{EndAsker, EndClaim};
use crate::domain::termination::TerminationKind;
use crate::mail::format::{date, date_time, list, pick, say};
use crate::mail::letter::{Block, Letter};
use crate::mail::view::{EndQuestion, Loss, MailView, SilenceNotice};
use chrono::NaiveDate;

/// A device is lost or stolen: what to do at once.
pub(super) fn loss_reported(view: &MailView, loss: &Loss) -> Letter {
    let (language, number) = (view.language, &view.case.number);
    let what = match (loss.lost.is_empty(), loss.stolen.is_empty()) {
        (true, _) => pick(language, "Stulen telefon", "Stolen phone"),
        (false, true) => pick(language, "Borttappad telefon", "Lost phone"),
        (false, false) => pick(language, "Borttappad och stulen telefon", "Lost and stolen phone"),
    };
    let mut blocks = vec![Block::Paragraph(request(view, loss)), items(view)];
    blocks.push(Block::Numbered {
        intro: pick(
            language,
            "Gör så här, i den här ordningen:",
            "Do this, in this order:",
        ),
        items: steps(view, loss),
    });
    blocks.push(Block::fixed(pick(
        language,
        "Kommer telefonen till rätta? För in i ärendet att den är återlämnad, så ställs frågorna igen.",
        "Does the phone turn up? Enter in the case that it is returned, and the questions are asked again.",
    )));
    let heading = say!(language, "{what}: spärra nu", "{what}: block now");
    Letter {
        subject: format!("{heading} ({number})"),
        short_subject: format!("{what} ({number})"),
        heading,
        notice: None,
        blocks,
    }
}

fn request(view: &MailView, loss: &Loss) -> String {
    let language = view.language;
    let when = date_time(language, loss.reported_at);
    let mut said = Vec::new();
    if !loss.stolen.is_empty() {
        let devices = list(language, &loss.stolen);
        said.push(say!(language, "Stulen: {devices}.", "Stolen: {devices}."));
    }
    if !loss.lost.is_empty() {
        let devices = list(language, &loss.lost);
        said.push(say!(language, "Borttappad: {devices}.", "Lost: {devices}."));
    }
    let said = said.join(" ");
    let through = through(language, loss.reported_by.as_deref());
    let (holder, unit) = (holder_first(view), &view.case.unit);
    say!(
        language,
        "Spärra genast. {said} Anmält {when}{through}. {holder} på {unit} hade telefonen.",
        "Block at once. {said} Reported {when}{through}. {holder} at {unit} had the phone."
    )
}

/// Not "by": whoever had the link could answer.
fn through(language: Language, name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| {
        say!(
            language,
            " genom länken till {name}",
            " through the link sent to {name}"
        )
    })
}

fn steps(view: &MailView, loss: &Loss) -> Vec<String> {
    let language = view.language;
    let lock = if Hold::of(&view.case) == Hold::None {
        pick(
            language,
            "Lås telefonen i MDM och bestäm om den ska rensas på distans.",
            "Lock the phone in the MDM and decide whether to wipe it remotely.",
        )
    } else {
        pick(
            language,
            "Lås telefonen i MDM. Rensa inte: innehållet ska bevaras, och frågan måste avgöras först.",
            "Lock the phone in the MDM. Do not wipe: the content must be kept, and that must be decided first.",
        )
    };
    let mut steps = Vec::with_capacity(4);
    if !view.case.subscriptions.is_empty() {
        steps.push(pick(
            language,
            "Spärra abonnemanget och sim-kortet hos operatören.",
            "Block the subscription and the SIM card with the operator.",
        ));
    }
    steps.push(lock);
    if !loss.stolen.is_empty() {
        steps.push(pick(
            language,
            "Se till att stölden polisanmäls.",
            "See to it that the theft is reported to the police.",
        ));
    }
    steps.push(pick(
        language,
        "Bedöm om det är en personuppgiftsincident. Den ska i så fall anmälas till Integritetsskyddsmyndigheten inom 72 timmar.",
        "Assess whether it is a personal data breach. If so, it must be reported to the Swedish Authority for Privacy Protection within 72 hours.",
    ));
    steps.into_iter().map(str::to_owned).collect()
}

/// The holder was sent home or has died: what to do at once.
pub(super) fn act_at_once(view: &MailView) -> Letter {
    let (language, number) = (view.language, &view.case.number);
    let has_died = view.case.kind == TerminationKind::Deceased;
    let heading = if has_died {
        pick(language, "Dödsfall: gör det här nu", "A death: do this now")
    } else {
        pick(language, "Slutar genast: spärra nu", "Leaves at once: block now")
    };
    let (holder, unit) = (holder_first(view), &view.case.unit);
    let last_day = date(language, view.case.last_day);
    let request = if has_died {
        say!(
            language,
            "{holder} på {unit} har gått bort. Skriv inte till de närstående: det är chefen som talar med dem.",
            "{holder} at {unit} has died. Do not write to the family: the manager talks with them."
        )
    } else {
        say!(
            language,
            "{holder} på {unit} slutar genast, med {last_day} som sista dag. Vi skriver inte till {holder} i förväg; det gör inte ni heller.",
            "{holder} at {unit} leaves at once, with {last_day} as the last day. We do not write to {holder} in advance; neither should you."
        )
    };
    let intro = pick(
        language,
        "Gör så här, i den här ordningen:",
        "Do this, in this order:",
    );
    Letter {
        subject: say!(
            language,
            "Gör det här nu i ärende {number}",
            "Do this now in case {number}"
        ),
        short_subject: say!(language, "Gör det här nu ({number})", "Do this now ({number})"),
        heading: heading.to_owned(),
        notice: None,
        blocks: vec![
            Block::Paragraph(request),
            items(view),
            Block::Numbered {
                intro,
                items: steps_at_once(view, has_died),
            },
        ],
    }
}

fn steps_at_once(view: &MailView, has_died: bool) -> Vec<String> {
    let language = view.language;
    let mut steps = Vec::with_capacity(3);
    if !view.case.devices.is_empty() {
        steps.push(pick(
            language,
            "Lås telefonen i MDM. Rensa inte: någon måste först bestämma vad som ska hända med innehållet.",
            "Lock the phone in the MDM. Do not wipe: somebody has to decide first what happens to the content.",
        ));
    }
    if !view.case.subscriptions.is_empty() {
        steps.push(if has_died {
            pick(
                language,
                "Behåll abonnemanget och koppla numret till en neutral hänvisning.",
                "Keep the subscription and divert the number to a neutral announcement.",
            )
        } else {
            pick(
                language,
                "Spärra abonnemanget och sim-kortet hos operatören. Koppla numret vidare om chefen vill det.",
                "Block the subscription and the SIM card with the operator. Divert the number if the manager wants that.",
            )
        });
    }
    steps.push(pick(
        language,
        "När innehållet är avgjort: häv bevarandespärren i ärendet och skriv vem som har bestämt.",
        "When somebody has decided about the content: release the hold in the case and say who has decided.",
    ));
    steps.into_iter().map(str::to_owned).collect()
}

/// Somebody says that the last day is wrong: HR is to be asked.
pub(super) fn end_questioned(view: &MailView, answer_by: NaiveDate, questions: &[EndQuestion]) -> Letter {
    let (language, number) = (view.language, &view.case.number);
    let (by, last_day) = (date(language, answer_by), date(language, view.case.last_day));
    let (holder, unit) = (holder_first(view), &view.case.unit);
    let tasks: Vec<&str> = questions.iter().map(|question| question.task.as_str()).collect();
    let tasks = list(language, &tasks);
    Letter {
        subject: say!(
            language,
            "Fråga HR om sista dagen i ärende {number} senast {by}",
            "Ask HR about the last day in case {number} by {by}"
        ),
        short_subject: say!(
            language,
            "Fråga HR om sista dagen ({number})",
            "Ask HR about the last day ({number})"
        ),
        heading: pick(language, "Fråga HR om sista dagen", "Ask HR about the last day").to_owned(),
        notice: None,
        blocks: vec![
            Block::Paragraph(say!(
                language,
                "Fråga HR senast {by} om sista dagen stämmer. {holder} på {unit} har {last_day} som sista dag i ärendet.",
                "Ask HR by {by} whether the last day is right. {holder} at {unit} has {last_day} as the last day in the case."
            )),
            what_is_said(language, questions),
            items(view),
            Block::fixed(pick(
                language,
                "Svaret ska komma från HR-systemet. När slutet flyttas eller tas bort där följer ärendet med, och frågan stängs av sig själv.",
                "The answer is to come from the HR system. When the end is moved or withdrawn there the case follows, and the question closes by itself.",
            )),
            Block::Paragraph(say!(
                language,
                "Står datumet fast? Klarmarkera {tasks}. Tills svaret kommer gäller datumen i ärendet, och påminnelserna säger att HR är tillfrågad.",
                "Does the date stand? Mark {tasks} as done. Until the answer comes the dates of the case apply, and the reminders say that HR has been asked."
            )),
        ],
    }
}

/// Who says what about the last day.
pub(super) fn what_is_said(language: Language, questions: &[EndQuestion]) -> Block {
    let said = questions.iter().map(|question| {
        let who = match question.by {
            EndAsker::Holder => pick(language, "Innehavaren", "The holder"),
            EndAsker::Receiver => pick(language, "Mottagaren", "The receiver"),
        };
        let what = match question.says {
            EndClaim::Staying => pick(language, "fortsätter hos oss", "stays with us"),
            EndClaim::WrongDate => pick(language, "datumet är fel", "the date is wrong"),
        };
        let day = question.last_day.map_or_else(String::new, |day| {
            let day = date(language, day);
            say!(
                language,
                ", rätt sista dag är {day}",
                ", the right last day is {day}"
            )
        });
        format!("{who}: {what}{day}.")
    });
    Block::Bulleted {
        intro: pick(language, "Det här har sagts:", "This has been said:"),
        items: said.collect(),
    }
}

/// A directory says nothing any more: somebody who leaves may not be heard of.
pub(in crate::mail) fn connection_silent(notice: &SilenceNotice) -> Letter {
    let (language, name) = (notice.language, &notice.connection);
    let since = date_time(language, notice.silent_since);
    let silence = if notice.has_spoken {
        say!(
            language,
            "Anslutningen {name} har inte hört av sig sedan {since}.",
            "The connection {name} has said nothing since {since}."
        )
    } else {
        say!(
            language,
            "Anslutningen {name} skapades {since} och har aldrig hört av sig.",
            "The connection {name} was made {since} and has never said anything."
        )
    };
    let request = say!(
        language,
        "Be den som sköter katalogen att se efter varför. {silence}",
        "Ask whoever looks after the directory to find out why. {silence}"
    );
    let steps = [
        pick(
            language,
            "Se i katalogens provisionering om den är pausad eller i karantän.",
            "See in the provisioning of the directory whether it is paused or in quarantine.",
        ),
        pick(
            language,
            "Har nyckeln gått ut? `handback scim-connection list` visar det, och `rotate` gör en ny.",
            "Has the token expired? `handback scim-connection list` shows it, and `rotate` makes a new one.",
        ),
        pick(
            language,
            "Används anslutningen inte längre? Dra in den med `handback scim-connection revoke`.",
            "Is the connection no longer used? Revoke it with `handback scim-connection revoke`.",
        ),
    ];
    let heading = say!(
        language,
        "Katalogen {name} är tyst",
        "The directory {name} is silent"
    );
    Letter {
        subject: heading.clone(),
        short_subject: pick(language, "En katalog är tyst", "A directory is silent").to_owned(),
        heading,
        notice: None,
        blocks: vec![
            Block::Paragraph(request),
            Block::Numbered {
                intro: pick(language, "Gör så här:", "Do this:"),
                items: steps.into_iter().map(str::to_owned).collect(),
            },
            Block::fixed(pick(
                language,
                "Det som HR-systemet säger kommer fram ändå. Men konton som stängs märks inte här förrän katalogen hörs igen.",
                "What the HR system says arrives all the same. But accounts that are closed are not noticed here until the directory is heard again.",
            )),
        ],
    }
}
