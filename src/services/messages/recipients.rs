//! Who has a role in a case right now. Asked when a mail is written and again when it is delivered, because
//! people change their posts while mails wait.

use crate::app::App;
use crate::config::Mailbox;
use crate::db::{self, DbConnection};
use crate::domain::delegation::Delegate;
use crate::domain::employment::{Employment, EmploymentKind};
use crate::domain::ids::{LegalEntityId, PersonId};
use crate::domain::language::Language;
use crate::domain::message::Message;
use crate::domain::person::Person;
use crate::domain::termination::TerminationKind;
use crate::domain::timeline::{MessageStep, RecipientRole};
use crate::mail::words::whoever_answers;
use crate::services::ServiceError;
use crate::services::case::Case;
use crate::services::{private_addresses, scim};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// How far up the tree of units is looked.
const DEPTH: usize = 32;

/// Whom a mail goes to.
#[derive(Clone)]
pub(in crate::services) struct Recipient {
    /// The person; nobody in particular at the service desk.
    pub person: Option<PersonId>,
    /// Full name, or that of the function.
    pub name: String,
    /// What they are called in a greeting.
    pub first_name: String,
    /// Where mail reaches them.
    pub address: Mailbox,
    /// The language that they are written to in.
    pub language: Language,
    /// The first of those before them who are there and cannot be written to: an address is missing, or mail to it
    /// came back.
    pub instead_of: Option<PersonId>,
}

/// Somebody who gets at most one ordinary mail a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reader {
    Person(PersonId),
    Desk,
}

impl Reader {
    pub(super) fn of(recipient: &Recipient) -> Self {
        recipient.person.map_or(Self::Desk, Self::Person)
    }

    /// As it is stored.
    pub(super) fn key(self) -> String {
        match self {
            Self::Person(id) => id.to_string(),
            Self::Desk => "desk".to_owned(),
        }
    }
}

/// Who gets a message: whoever has its role. The holder gets the receipt at the private address, if one was given for it.
pub(super) fn addressee_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    (message, today): (&Message, NaiveDate),
) -> Result<Option<Recipient>, ServiceError> {
    if message.step == MessageStep::ReceiptHolder
        && let Some(address) = private_addresses::mailbox_in(connection, app, case)?
    {
        let own = recipient(&case.holder);
        let greeted = || {
            case.holder
                .name
                .as_ref()
                .map_or("", |name| name.as_str())
                .to_owned()
        };
        return Ok(Some(Recipient {
            person: Some(case.holder.id),
            name: own.as_ref().map_or_else(greeted, |own| own.name.clone()),
            first_name: own.as_ref().map_or_else(greeted, |own| own.first_name.clone()),
            address,
            language: case.holder.language,
            instead_of: None,
        }));
    }
    resolve_in(connection, app, case, (message.to, today))
}

/// Who has the role. None when nobody can be written to. For all roles but the holder's, the next level, the
/// coordinator and at last the service desk stand in for somebody who has left or has no address.
///
/// Whoever a case is handed over to by name is the receiver. It goes further to the one to whom it would go without that,
/// and never to the one who is asked.
pub(in crate::services) fn resolve_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    (role, today): (RecipientRole, NaiveDate),
) -> Result<Option<Recipient>, ServiceError> {
    if role == RecipientRole::Holder {
        return reachable(connection, &case.holder);
    }
    let mut line = match role {
        RecipientRole::Receiver | RecipientRole::ReceiversManager => managers(connection, case, today)?,
        RecipientRole::Holder | RecipientRole::Coordinator | RecipientRole::Desk => Vec::new(),
    }
    .into_iter();
    if role == RecipientRole::ReceiversManager {
        // Whoever stands in as the receiver is passed by as well.
        first_present(connection, case, (&mut line, &mut None), today)?;
    }
    let delegate = case.record.delegate.and_then(Delegate::person);
    let mut candidates = Vec::new();
    if role == RecipientRole::Receiver {
        candidates.extend(delegate);
    }
    candidates.extend(line);
    if role != RecipientRole::Desk {
        candidates.extend(coordinators(connection, case)?);
    }
    if role == RecipientRole::ReceiversManager {
        candidates.retain(|id| Some(*id) != delegate);
    }
    let mut instead_of = None;
    let line = (&mut candidates.into_iter(), &mut instead_of);
    let found = first_present(connection, case, line, today)?;
    let found = found.or_else(|| desk(app, case.legal_entity.language));
    Ok(found.map(|found| Recipient { instead_of, ..found }))
}

/// The first of them who can be written to; and who was passed by although they are there.
fn first_present(
    connection: &mut DbConnection,
    case: &Case,
    (candidates, passed_by): (&mut impl Iterator<Item = PersonId>, &mut Option<PersonId>),
    today: NaiveDate,
) -> Result<Option<Recipient>, ServiceError> {
    for id in candidates {
        // Nobody receives from themselves, and nothing is mailed to somebody who is gone.
        if id == case.record.person_id || is_away(&db::employments::of_person(connection, id)?, today) {
            continue;
        }
        let Some(person) = db::people::find(connection, id)? else {
            continue;
        };
        let found = reachable(connection, &person)?;
        if found.is_some() {
            return Ok(found);
        }
        passed_by.get_or_insert(id);
    }
    Ok(None)
}

/// The person as a recipient, if there is an address that mail reaches, as far as we know.
fn reachable(connection: &mut DbConnection, person: &Person) -> Result<Option<Recipient>, ServiceError> {
    let is_unreachable = match &person.email {
        Some(email) => db::unreachable_addresses::is_marked(connection, person.id, email)?,
        None => true,
    };
    Ok(if is_unreachable { None } else { recipient(person) })
}

/// The coordinators of the unit and of those above it, the nearest first.
fn coordinators(connection: &mut DbConnection, case: &Case) -> Result<Vec<PersonId>, ServiceError> {
    let chain = db::units::with_ancestors(connection, case.employment.unit_id, DEPTH)?;
    Ok(chain.into_iter().filter_map(|unit| unit.coordinator_id).collect())
}

/// Who takes the devices back, if they are there. An elected representative hands in to the chancery of the legal
/// entity; of somebody who goes on in another employment, the manager there says whether what goes along is welcome.
fn nearest(connection: &mut DbConnection, case: &Case) -> Result<Option<PersonId>, ServiceError> {
    let employment = &case.employment;
    let other = match case.record.termination.kind {
        // The other side is asked once this one has said that something goes along.
        TerminationKind::Transfer if case.record.termination.has_proposal() => {
            let own = db::employments::of_person(connection, employment.person_id)?;
            let next = employment.continued_by(case.record.termination.end_on, &own);
            next.and_then(|next| next.manager_id)
        }
        _ if employment.document.kind == EmploymentKind::Elected => case.legal_entity.chancery_id,
        TerminationKind::Ordinary
        | TerminationKind::Immediate
        | TerminationKind::Deceased
        | TerminationKind::MandateEnd
        | TerminationKind::Transfer
        | TerminationKind::Absence => None,
    };
    Ok(other.or(employment.manager_id))
}

/// The line of managers above the holder, the nearest first. Two who lead each other end it. Whom HR names comes before
/// whom a directory names.
fn managers(
    connection: &mut DbConnection,
    case: &Case,
    today: NaiveDate,
) -> Result<Vec<PersonId>, ServiceError> {
    let mut line: Vec<PersonId> = Vec::new();
    let mut next = match nearest(connection, case)? {
        None => scim::known_manager(connection, case.record.person_id)?,
        named => named,
    };
    while let Some(manager) = next.filter(|id| line.len() < DEPTH && !line.contains(id)) {
        line.push(manager);
        let own = db::employments::of_person(connection, manager)?;
        next = match manager_by(own, case.employment.legal_entity_id, today) {
            None => scim::known_manager(connection, manager)?,
            named => named,
        };
    }
    Ok(line)
}

/// Who leads somebody with these employments: by one that is active today, and of the same legal entity, if there
/// are several. Somebody who has left was led by whoever leads their successor now, most likely.
fn manager_by(mut own: Vec<Employment>, entity: LegalEntityId, today: NaiveDate) -> Option<PersonId> {
    own.sort_by_key(|own| {
        let ended = own.document.end_date;
        (
            !own.is_active(today),
            own.legal_entity_id != entity,
            Reverse(ended),
        )
    });
    own.into_iter().find_map(|own| own.manager_id)
}

/// Whether somebody with these employments has left, is away for long, or has not come yet. No source may know
/// somebody at all, such as a coordinator whom an administrator registered: they are taken to be there.
pub(in crate::services) fn is_away(own: &[Employment], today: NaiveDate) -> bool {
    !own.is_empty() && !own.iter().any(|own| own.is_at_work(today))
}

/// Somebody by name, if there is an address.
pub(in crate::services) fn recipient(person: &Person) -> Option<Recipient> {
    let email = person.email.as_ref()?;
    let known = person.open_name().map(|name| name.as_str());
    let address = Mailbox::new(known, email.as_str()).ok()?;
    let (name, first_name) = match known {
        // The address would tell who it is.
        None if person.is_protected => (whoever_answers(person.language).to_owned(), String::new()),
        // Somebody who is known by their address only is greeted by it.
        None => (email.as_str().to_owned(), email.as_str().to_owned()),
        Some(name) => {
            let first = name.split_whitespace().next().unwrap_or(name);
            (name.to_owned(), first.to_owned())
        }
    };
    Some(Recipient {
        person: Some(person.id),
        name,
        first_name,
        address,
        language: person.language,
        instead_of: None,
    })
}

/// The service desk, if it has a mailbox.
pub(in crate::services) fn desk(app: &App, language: Language) -> Option<Recipient> {
    let mail = &app.config.mail;
    let address = mail.desk_address.clone()?;
    Some(Recipient {
        person: None,
        name: mail.service_name.clone(),
        first_name: mail.service_name.clone(),
        address,
        language,
        instead_of: None,
    })
}
