//! Writing a mail: looking up what it says, and making the finished bytes.

use super::asked::asked_role;
use super::recipients::{Recipient, resolve_in};
use crate::app::App;
use crate::crypto::token::OpaqueToken;
use crate::db::{self, DbConnection};
use crate::domain::action_link::{LinkAnswer, LinkPurpose};
use crate::domain::calendar::{Calendar, local_date};
use crate::domain::ids::{MessageId, PersonId, TerminationId};
use crate::domain::message::{Message, MessageState};
use crate::domain::termination::{Act, CheckKind, DeviceOutcome, TerminationKind};
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::integrations::mail::mime::Attachment;
use crate::integrations::mail::{OutgoingMail, mime};
use crate::mail::{
    self, Asked, Audience, Away, CaseFacts, DeviceFacts, Loss, MailView, Phone, RenderedMail, Sender, Step,
    SubscriptionFacts,
};
use crate::services::case::Case;
use crate::services::{ServiceError, end_questions, receipts};
use chrono::{DateTime, NaiveDate, Utc};

/// One mail about to be written.
pub(super) struct Draft<'a> {
    pub message: &'a Message,
    /// Whom it asks.
    pub addressee: &'a Recipient,
    /// Who gets this copy of it: the addressee, or somebody who is to know.
    pub reader: &'a Recipient,
    pub audience: Audience,
    pub link: Option<(LinkPurpose, &'a OpaqueToken)>,
}

/// A mail, written.
pub(super) struct Written {
    pub subject: String,
    pub mail: OutgoingMail,
}

/// Where a link leads.
fn link_url(app: &App, (purpose, token): (LinkPurpose, &OpaqueToken)) -> String {
    let page = match purpose {
        LinkPurpose::Confirm => "c",
        LinkPurpose::Status => "s",
    };
    format!("{}/{page}/{}", app.config.public_url, token.expose())
}

/// What the mail says.
///
/// # Errors
/// What the database reports, or a fault of ours.
pub(super) fn view_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    (all, draft): (&[Message], &Draft<'_>),
    now: DateTime<Utc>,
) -> Result<MailView, ServiceError> {
    Ok(MailView {
        language: draft.reader.language,
        sender: sender(app),
        recipient: mail::Recipient {
            name: draft.addressee.name.clone(),
            first_name: draft.addressee.first_name.clone(),
        },
        case: CaseFacts {
            hr_asked_on: end_questions::asked_on(connection, case.record.termination.id)?,
            ..facts(case)
        },
        audience: draft.audience,
        link: draft.link.map(|link| link_url(app, link)),
        instructions_url: app.config.mail.instructions_url.clone(),
        step: step_in(connection, app, case, (all, draft), now)?,
    })
}

/// Writes one mail.
///
/// # Errors
/// A fault of ours.
pub(super) fn single(view: &MailView) -> Result<RenderedMail, ServiceError> {
    mail::render(view).map_err(not_rendered)
}

/// Writes one mail about several cases.
///
/// # Errors
/// A fault of ours.
pub(super) fn digest(reader: &Recipient, views: &[&MailView]) -> Result<RenderedMail, ServiceError> {
    let reader = mail::Recipient {
        name: reader.name.clone(),
        first_name: reader.first_name.clone(),
    };
    mail::render_digest(&reader, views).map_err(not_rendered)
}

fn not_rendered(_: askama::Error) -> ServiceError {
    ServiceError::Internal("a mail cannot be rendered".to_owned())
}

/// How a mail travels.
pub(super) struct Cover<'a> {
    /// Whose id is in the `Message-ID`.
    pub id: MessageId,
    pub reader: &'a Recipient,
    /// The mail under which the mails of the case are grouped. A digest belongs to no one case.
    pub first: Option<MessageId>,
    /// What goes along with it.
    pub attachments: Vec<Attachment>,
}

/// Puts the written mail into the form of a mail. None when that cannot be done, such as for an address that mail cannot
/// carry.
pub(super) fn pack(
    app: &App,
    cover: &Cover<'_>,
    rendered: RenderedMail,
    now: DateTime<Utc>,
) -> Option<Written> {
    let subject = rendered.subject.clone();
    match mime::outgoing(&envelope(app, cover, rendered, now)) {
        Ok(mail) => Some(Written { subject, mail }),
        Err(error) => {
            tracing::warn!(message = %cover.id, %error, "a mail cannot be written");
            None
        }
    }
}

fn envelope(app: &App, cover: &Cover<'_>, rendered: RenderedMail, now: DateTime<Utc>) -> mime::Message {
    let config = &app.config.mail;
    let domain = config.from.domain();
    let first = cover.first.filter(|first| *first != cover.id);
    mime::Message {
        from: config.from.clone(),
        reply_to: config.reply_to.clone(),
        to: vec![cover.reader.address.clone()],
        cc: Vec::new(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        language: cover.reader.language,
        message_id: mime::message_id(cover.id.into(), domain),
        date: now,
        in_reply_to: first.map(|first| mime::message_id(first.into(), domain)),
        attachments: cover.attachments.clone(),
    }
}

/// Who signs the mails.
pub(in crate::services) fn sender(app: &App) -> Sender {
    let mail = &app.config.mail;
    let reply_to = mail.reply_to.as_ref().unwrap_or(&mail.from);
    Sender {
        service_name: mail.service_name.clone(),
        municipality: mail.municipality.clone(),
        phone: Phone::as_configured(&mail.phone),
        reply_to: reply_to.address().to_owned(),
    }
}

fn facts(case: &Case) -> CaseFacts {
    let termination = &case.record.termination;
    let hold = termination.is_held();
    let devices = case.devices.iter().map(|found| DeviceFacts {
        model: found.device.model.clone(),
        serial_last4: found.device.serial.last_four().to_owned(),
        accessories: found.accessories.clone(),
        hold,
    });
    let subscriptions = case.subscriptions.iter().map(|found| SubscriptionFacts {
        number: Phone::of(&found.subscription.number),
    });
    CaseFacts {
        number: termination.number.clone(),
        kind: termination.kind,
        holder_name: case.holder.name.as_ref().map(|name| name.as_str().to_owned()),
        unit: case.unit.name.clone(),
        last_day: termination.end_on,
        devices: devices.collect(),
        subscriptions: subscriptions.collect(),
        is_proposed: termination.has_proposal(),
        away: termination
            .absence
            .filter(|_| termination.kind == TerminationKind::Absence)
            .map(|absence| Away {
                from: absence.from,
                back_on: absence.back_on,
            }),
        hr_asked_on: None,
    }
}

fn step_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    (all, draft): (&[Message], &Draft<'_>),
    now: DateTime<Utc>,
) -> Result<Step, ServiceError> {
    let today = local_date(now);
    let return_by = case.record.termination.return_by;
    let step = draft.message.step;
    let deadline = case.deadline((step, draft.message.to), today).unwrap_or(today);
    let name_of = |connection: &mut DbConnection, role| -> Result<Option<String>, ServiceError> {
        Ok(resolve_in(connection, app, case, (role, today))?.map(|found| found.name))
    };
    let desk = || app.config.mail.service_name.clone();
    Ok(match step {
        MessageStep::EndApproaching => Step::EndApproaching {
            hand_to: name_of(connection, case.record.asked_role())?.unwrap_or_else(desk),
            return_by: deadline,
            keep_number_by: Some(deadline),
        },
        MessageStep::EndApproachingReceiver => Step::EndApproachingReceiver { return_by: deadline },
        MessageStep::ReturnReminder => Step::ReturnReminder {
            hand_to: name_of(connection, case.record.asked_role())?.unwrap_or_else(desk),
            return_by: deadline,
        },
        MessageStep::ConfirmReturn => Step::ConfirmReturn {
            confirm_by: deadline,
            coordinator: name_of(connection, RecipientRole::Coordinator)?,
        },
        MessageStep::Reminder1 => Step::Reminder1 {
            confirm_by: deadline,
            remaining: case.left_for_receiver(),
        },
        MessageStep::NewLink => Step::NewLink {
            confirm_by: deadline,
            remaining: case.left_for_receiver(),
        },
        MessageStep::HandedOver => Step::HandedOver {
            confirm_by: deadline,
            by: handed_over_by(connection, case.record.termination.id)?,
            remaining: case.left_for_receiver(),
        },
        MessageStep::Reminder2 => Step::Reminder2 {
            confirm_by: deadline,
            earlier: reminders_sent(connection, all, draft.addressee.person)?,
            remaining: case.left_for_receiver(),
            business_days: business_days_between(&case.calendar(), return_by, today),
            next_level: name_of(connection, RecipientRole::ReceiversManager)?.unwrap_or_else(desk),
            escalates_on: escalation_day(all, deadline),
        },
        MessageStep::Escalation => Step::Escalation {
            decide_by: deadline,
            asked: asked_in(connection, app, case, (all, today))?,
            remaining: case.left_for_receiver(),
            monthly_cost_ore: monthly_cost(case),
        },
        MessageStep::HandBack => Step::HandBack {
            confirm_by: deadline,
            devices: put_away(case),
        },
        MessageStep::LossReported => loss_in(connection, case)?,
        MessageStep::ActAtOnce => Step::ActAtOnce,
        MessageStep::EndQuestioned => Step::EndQuestioned {
            answer_by: deadline,
            questions: end_questions::open_of(connection, case.record.termination.id)?,
        },
        MessageStep::ReceiptHolder | MessageStep::ReceiptReceiver => {
            let receipt = receipts::receipt_in(connection, app, case)?;
            if step == MessageStep::ReceiptHolder {
                Step::ReceiptHolder(receipt)
            } else {
                Step::ReceiptReceiver(receipt)
            }
        }
    })
}

/// The devices that the holder gets back after a leave.
fn put_away(case: &Case) -> Vec<String> {
    let waiting = case.to_hand_back();
    let named = case.devices.iter().filter(|found| waiting.contains(&found.item));
    named
        .map(|found| format!("{} ({})", found.device.model, found.device.serial.last_four()))
        .collect()
}

/// Who handed the case over last, by the link that they did it through; nobody by name, if the desk did.
fn handed_over_by(connection: &mut DbConnection, id: TerminationId) -> Result<Option<String>, ServiceError> {
    let links = db::action_links::of_termination(connection, id)?;
    let handed_over = links.iter().filter_map(|link| {
        let used = link.used.as_ref()?;
        (used.answer == LinkAnswer::HandOver).then_some((used.at, link.person_id))
    });
    let Some((_, person)) = handed_over.max() else {
        return Ok(None);
    };
    let person = db::people::find(connection, person)?;
    Ok(person.and_then(|person| person.open_name().map(|name| name.as_str().to_owned())))
}

/// Who is asked to confirm, and how often they were reminded; none when nobody is known.
fn asked_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    (all, today): (&[Message], NaiveDate),
) -> Result<Option<Asked>, ServiceError> {
    let links = db::action_links::of_termination(connection, case.record.termination.id)?;
    let role = asked_role(all, &links);
    let asked = resolve_in(connection, app, case, (role, today))?.filter(|found| found.person.is_some());
    let Some(asked) = asked else { return Ok(None) };
    Ok(Some(Asked {
        reminders: reminders_sent(connection, all, asked.person)?,
        name: asked.name,
    }))
}

/// How many reminders have gone to somebody that asked them to answer. Copies, which ask for nothing, do not count,
/// and neither does what has not left.
fn reminders_sent(
    connection: &mut DbConnection,
    all: &[Message],
    person: Option<PersonId>,
) -> Result<u32, ServiceError> {
    let (Some(person), Some(first)) = (person, all.first()) else {
        return Ok(0);
    };
    let links = db::action_links::of_termination(connection, first.termination_id)?;
    let reminders = all.iter().filter(|message| {
        matches!(message.step, MessageStep::Reminder1 | MessageStep::Reminder2)
            && message.state == MessageState::Sent
            && links
                .iter()
                .any(|link| link.message_id == message.id && link.person_id == person)
    });
    Ok(u32::try_from(reminders.count()).unwrap_or(u32::MAX))
}

/// What the subscriptions of the case cost in a month. Nothing unless the cost of each is known: a part of it would
/// be taken for the whole.
fn monthly_cost(case: &Case) -> Option<u64> {
    let costs = case.subscriptions.iter().map(|found| {
        found
            .subscription
            .monthly_cost_ore
            .and_then(|ore| u64::try_from(ore).ok())
    });
    let total: u64 = costs.sum::<Option<u64>>()?;
    (!case.subscriptions.is_empty()).then_some(total)
}

/// The devices that are lost or stolen, as the latest report through a link has it.
fn loss_in(connection: &mut DbConnection, case: &Case) -> Result<Step, ServiceError> {
    let termination = &case.record.termination;
    let (mut lost, mut stolen) = (Vec::new(), Vec::new());
    let mut latest: Option<&Act> = None;
    for found in &case.devices {
        let item = termination.item(found.item)?;
        let name = format!("{} ({})", found.device.model, found.device.serial.last_four());
        match item.outcome {
            Some(DeviceOutcome::Lost) => lost.push(name),
            Some(DeviceOutcome::Stolen) => stolen.push(name),
            Some(
                DeviceOutcome::Returned
                | DeviceOutcome::Transferred
                | DeviceOutcome::BoughtOut
                | DeviceOutcome::Destroyed,
            )
            | None => continue,
        }
        let act = item.check(CheckKind::Returned)?.act.as_ref();
        latest = [latest, act].into_iter().flatten().max_by_key(|act| act.at);
    }
    let reported_by = match latest {
        Some(act) => receipts::link_owner(connection, act)?,
        None => None,
    };
    Ok(Step::LossReported(Loss {
        lost,
        stolen,
        reported_by,
        reported_at: latest.map_or(case.record.meta.updated_at, |act| act.at),
    }))
}

/// The day on which the case goes further; not before the deadline that is given now.
fn escalation_day(all: &[Message], deadline: NaiveDate) -> NaiveDate {
    all.iter()
        .filter(|message| message.step == MessageStep::Escalation && message.state == MessageState::Planned)
        .map(|message| local_date(message.due_at))
        .max()
        .map_or(deadline, |day| day.max(deadline))
}

/// How many business days have passed since a day; at most those of ten years.
fn business_days_between(calendar: &Calendar, from: NaiveDate, to: NaiveDate) -> u32 {
    let days = from.iter_days().skip(1).take(3_660).take_while(|day| *day <= to);
    let count = days.filter(|day| calendar.is_business_day(*day)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
